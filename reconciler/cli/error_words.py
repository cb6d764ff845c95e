"""An error as people read it."""

from __future__ import annotations

import click

from reconciler.errors import ReconcilerError


def report_error(error: ReconcilerError) -> None:
    """What happened and what to do, on stderr."""
    from reconciler.render.safe import visible

    for line in str(error).splitlines() or [type(error).__name__]:
        click.echo(f"error: {visible(line)}", err=True)
    if error.advice:
        click.echo(f"  -> {visible(error.advice)}", err=True)
