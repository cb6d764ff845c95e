"""Scripted faults: which request, how often, and what happens instead."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass
class Fault:
    """For the next `times` requests that fit. `kind`:

    `status`        `status`, `headers` and `message` as said
    `rate`          403 with the headers of a primary limit that ends in `seconds`
    `secondary`     403 with Retry-After (left out where `seconds` is None)
    `secondary429`  the same as 429
    `drop`          the connection is closed before anything is done
    `drop_after`    it is done, and the connection closed without an answer
    `error_after`   it is done, and answered with 502
    `html`          200 and a page of HTML
    """

    kind: str
    method: str = ".*"
    path: str = ".*"
    times: int = 1
    skip: int = 0
    status: int = 500
    seconds: int | None = 1
    message: str = "Server Error"
    headers: Mapping[str, str] = field(default_factory=dict)

    def fits(self, method: str, path: str) -> bool:
        """Counts down; true while it is to happen."""
        if self.times <= 0 or not re.fullmatch(self.method, method) or not re.search(self.path, path):
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1
        return True

    def answer(self) -> tuple[int, dict[str, str], object]:
        """Status, headers and JSON of an answer that stands for the real one."""
        docs = "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api"
        if self.kind == "rate":
            reset = int(time.time()) + (self.seconds or 0)
            headers = {"x-ratelimit-limit": "1000", "x-ratelimit-remaining": "0", "x-ratelimit-reset": str(reset)}
            return 403, headers, {"message": "API rate limit exceeded for installation.", "documentation_url": docs}
        if self.kind.startswith("secondary"):
            headers = {"retry-after": str(self.seconds)} if self.seconds is not None else {}
            status = 429 if self.kind.endswith("429") else 403
            message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
            return status, headers, {"message": message, "documentation_url": docs}
        return self.status, dict(self.headers), {"message": self.message}
