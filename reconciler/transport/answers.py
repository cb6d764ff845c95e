"""What an exchange ends in: an answer, or an error that says whether the request may have arrived."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from reconciler.errors import ReconcilerError

_SECONDS = re.compile(r"\d{1,9}(?:\.\d{1,9})?")


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """What the service answered. Keys of `headers` are lower case, repeated fields joined by `, `, Set-Cookie by LF."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        return f"Answer(status={self.status}, {len(self.body)} bytes)"


class TransportError(ReconcilerError):
    """No usable answer. `sent`: the request may have reached the service, and what became of it is not known."""

    def __init__(self, message: str, *, sent: bool, advice: str | None = None) -> None:
        super().__init__(message, advice=advice)
        self.sent = sent


class TooLarge(TransportError):
    """The answer is over the size limit: the next one would be, too."""


def fields_of(headers: httpx.Headers) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in headers.multi_items():
        glue = "\n" if name == "set-cookie" else ", "
        found[name] = found[name] + glue + value if name in found else value
    return found


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait as an answer (or an item of a batch) says, None where it says nothing usable. Keys lower case.

    A date is held against the answer's own `Date`, else against our clock.
    """
    said = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(said):
        return float(said)
    until = date_of(said)
    if until is None:
        return None
    return max(0.0, (until - (date_of(headers.get("date", "")) or datetime.now(UTC))).total_seconds())


def date_of(text: str) -> datetime | None:
    """An HTTP date, in UTC where it names no zone; None for anything else."""
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found
