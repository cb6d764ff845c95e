"""One collection on its way through its pages (graph.md §2). Pure: somebody else sends and waits.

Complete or not at all: a page that is not a page, a link to elsewhere, links that run in a circle end it with a reason
and never with what happened to be read (product.md D17).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reconciler.source.graph_batch import BatchAnswer

_RESTARTS = 3
_PAGES = 10_000


@dataclass(frozen=True, slots=True)
class Page:
    """Rows as they came. `first`: the collection begins here, forget what was kept of an earlier try."""

    rows: list[object]
    first: bool


class Listing:
    """What to ask next, and what the answer means. `next` is None when nothing is left to ask; then see `why`."""

    def __init__(self, first: str) -> None:
        self._first = first
        self._links = {first}
        self._restarts = 0
        self._begins = True
        self.next: str | None = first
        self.why = ""
        """Why the collection cannot be trusted; empty while all is well."""
        self.status = 200
        """The status that ended it, 200 where it was none."""

    @property
    def complete(self) -> bool:
        return self.next is None and not self.why

    def stop(self, why: str, status: int = 200) -> None:
        """Ask no more: the collection is not to be trusted."""
        self.next, self.why, self.status = None, why, status

    def accept(self, answer: BatchAnswer, relative: Callable[[str], str | None]) -> Page:
        """Take the answer to `next`. `relative` turns a link into what may be asked, None where it leads elsewhere.

        Follows links as they are, also past an empty page; a page token that expired starts the collection again, three
        times at most (graph.md §2).
        """
        begins, self._begins = self._begins, False
        if answer.status == 400 and answer.code == "Directory_ExpiredPageToken" and self._restarts < _RESTARTS:
            self._restarts += 1
            self._links = {self._first}
            self._begins = True
            self.next = self._first
            return Page([], first=True)
        body = answer.body
        if answer.status != 200:
            self.stop(answer.clause(), answer.status)
        elif not isinstance(body, dict) or not isinstance(body.get("value"), list):
            self.stop("Graph answered with something that is not a page of a list")
        else:
            self._follow(body.get("@odata.nextLink"), relative)
            if not self.why:
                return Page(body["value"], first=begins)
        return Page([], first=begins)

    def _follow(self, link: object, relative: Callable[[str], str | None]) -> None:
        if link is None:
            self.next = None
            return
        onward = relative(link) if isinstance(link, str) and link else None
        if onward is None:
            self.stop("the link to the next page leads elsewhere")
        elif onward in self._links:
            self.stop("the links from page to page run in a circle")
        elif len(self._links) >= _PAGES:
            self.stop(f"the list does not end within {_PAGES} pages")
        else:
            self._links.add(onward)
            self.next = onward
