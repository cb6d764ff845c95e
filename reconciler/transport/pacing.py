"""When the next request may go."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Pacer:
    """Gives each request a time of its own, `rate` a second, and none while the service asked for a pause."""

    def __init__(self, rate: float | None, sleep: Callable[[float], None], clock: Callable[[], float]) -> None:
        self._interval = 1 / rate if rate else 0.0
        self._sleep = sleep
        self._clock = clock
        self._lock = threading.Lock()
        self._free = self._held = clock()

    def hold(self, seconds: float) -> None:
        """No request of any thread begins before then."""
        with self._lock:
            self._held = max(self._held, self._clock() + seconds)

    def held_for(self) -> float:
        with self._lock:
            return self._held - self._clock()

    def wait(self) -> None:
        while True:
            with self._lock:
                now = self._clock()
                turn = max(now, self._free, self._held)
                self._free = turn + self._interval
            if turn > now:
                self._sleep(turn - now)
            with self._lock:
                if self._held <= turn:  # else a pause was announced while we slept
                    return
