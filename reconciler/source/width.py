"""How many requests of one batch are under way at a time: what Graph and its network seem to bear (graph.md §5)."""

from __future__ import annotations

FIRST = 4
MOST = 8
_SLOWER = 4.0
_AS_QUICK = 2.0


class Width:
    """Between 1 and MOST. Not safe to share between threads: whoever hands out the requests asks it and tells it.

    One more whenever as many answers in a row as are under way came about as quickly as the quickest; one less where
    so many came four times slower, which says that they only wait for each other; half where Graph asked to slow down,
    once for all requests that were under way at that moment.
    """

    def __init__(self) -> None:
        self.now = FIRST
        self._best = float("inf")
        self._quick = 0
        self._slow = 0
        self._slowed_at = 0
        self._begun = 0

    def begin(self) -> int:
        """A request begins. Gives its number, to be told with its answer."""
        self._begun += 1
        return self._begun

    def answered(self, number: int, seconds: float, *, throttled: bool) -> None:
        """A full request of the batch was answered after so many seconds, one item of it throttled or none."""
        if throttled:
            if number > self._slowed_at:
                self.now = max(1, self.now // 2)
                self._slowed_at = self._begun
                self._quick = self._slow = 0
            return
        self._best = min(self._best, seconds)
        self._quick = self._quick + 1 if seconds <= self._best * _AS_QUICK else 0
        self._slow = self._slow + 1 if seconds > self._best * _SLOWER else 0
        if self._quick >= self.now:
            self.now = min(MOST, self.now + 1)
            self._quick = 0
        elif self._slow >= self.now:
            self.now = max(2, self.now - 1)
            self._slow = 0
