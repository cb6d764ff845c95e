"""The one way out: time-outs, repeats, pace, sizes, and secrets kept out of every trace.

A `Channel` speaks to one host. Reads are repeated while that can help; a write is sent once, and a `TransportError`
says whether it may have arrived (house-style.md "Applying is best effort"). Redirects are never followed, cookies never
kept: what the service answered is what the caller sees. No query, header, form value or body is ever in a log line, an
exception or a `repr` (house-style.md "Errors and exit codes"); httpx and httpcore, which log addresses, are quietened.
"""

from __future__ import annotations

from reconciler.transport.answers import Answer, TransportError, retry_after
from reconciler.transport.channel import Channel

__all__ = ["Answer", "Channel", "TransportError", "retry_after"]
