"""One benchmark a file: `SMALL` says whether it ends within a few seconds, `measure(bench)` yields its lines."""
