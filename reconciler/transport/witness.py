"""What a channel saw of the other side on the way: how many answers, how many of them refusals to be asked so fast, and
how far its clock is from ours. For `doctor` only: nothing is decided by it, and nothing in it came from a body.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import UTC, datetime

from reconciler.transport.answers import date_of


class Witness:
    """Numbers about one channel. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._said: tuple[str, datetime] | None = None
        self.answers = 0
        self.throttled = 0
        """Answers with HTTP 429."""
        self.seconds: list[float] = []
        """How long each of the first thousand answers took."""

    def note(self, status: int, headers: Mapping[str, str], seconds: float) -> None:
        """One answer. Keys of `headers` are lower case."""
        with self._lock:
            self.answers += 1
            self.throttled += status == 429
            if len(self.seconds) < 1000:
                self.seconds.append(seconds)
            if "date" in headers:
                self._said = headers["date"], datetime.now(UTC)

    @property
    def ahead(self) -> float | None:
        """Seconds by which our clock is ahead of the other side's, by its latest `Date`; None where it sent none."""
        if self._said is None:
            return None
        theirs = date_of(self._said[0])
        return None if theirs is None else (self._said[1] - theirs).total_seconds()
