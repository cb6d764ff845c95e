"""What a sandbox was asked and what it held after each write, seen from inside its server: nothing slips by between.

It sees every client, also one in another process, and can do something else just before a call is answered: what a
person in the Admin Center or in Entra does meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from reconciler.sandbox.app import Application, Reply
from reconciler.sandbox.messages import Request

from .world import WRITES, World

Nodes = dict[int, dict[str, Any]]


@dataclass
class Meanwhile:
    """`act` is done once, when the `nth` request that holds all of `words` comes in, before it is answered."""

    words: str
    """Parts of path, query and body, with blanks between."""
    nth: int
    act: Callable[[World], None]
    met: int = 0

    def meets(self, request: Request) -> bool:
        said = f"{request.path}?{request.query}&{request.body.decode()}&".lower()
        self.met += all(word in said for word in self.words.lower().split())
        return self.met == self.nth


@dataclass
class Journal:
    """`moments`: every node by id, before the first call and after each write that was sent."""

    made: World
    moments: list[tuple[str, Nodes]] = field(default_factory=list)
    meanwhile: list[Meanwhile] = field(default_factory=list)

    def note(self, call: str) -> None:
        self.moments.append((call, {row["id"]: row for row in self.made.box.state.nodes()}))

    def pairs(self) -> Iterator[tuple[str, Nodes, Nodes]]:
        """Each write with the nodes before and after it."""
        for (_, before), (call, after) in zip(self.moments, self.moments[1:], strict=False):
            yield call, before, after

    def written(self) -> set[int]:
        """The ids of all nodes that changed or came."""
        return {id for _, before, after in self.pairs() for id, row in after.items() if before.get(id) != row}


@contextmanager
def journal(made: World) -> Iterator[Journal]:
    """Keeps the journal of one world while the `with` lasts."""
    kept = Journal(made)
    kept.note("")
    replied = Application.reply

    def reply(application: Application, request: Request) -> Reply:
        for other in [one for one in kept.meanwhile if one.meets(request)]:
            kept.meanwhile.remove(other)
            other.act(made)
        answer = replied(application, request)
        call = request.path.rpartition("/")[2].removesuffix(".aspx")
        if call.lower() in WRITES:
            kept.note(call)
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Application, "reply", reply)
        yield kept
