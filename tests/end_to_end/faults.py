"""Every point of one run of the company at which something can go wrong, and everything that can.

A point is one call of the undisturbed run: what it is for, its method, and the how manieth call of that method it is.
`CASES` is the whole product; `chosen` takes at least one point for every purpose and fault, the same ones every time.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Point(NamedTuple):
    """`side` rescue: a call. `side` graph: a $batch, or with `item` one question of it (a regular expression)."""

    purpose: str
    method: str
    nth: int
    side: str = "rescue"
    item: str = ""

    @property
    def writes(self) -> bool:
        return self.method.startswith(("set", "create", "move"))


@dataclass(frozen=True)
class Fault:
    """`parts` for the sandbox; or the process is killed, `kill` the call has its effect (`before`, `after`).

    A reading has no effect: `after` it means that all of its answer but the very end is there. To be killed when the
    end is there as well is to be killed before the next call.

    `password`: the command signs in with e-mail and password, so that there is a session to renew. `silence`: seconds
    after which it gives a server up that says nothing.
    """

    name: str
    parts: dict[str, Any] = field(default_factory=dict)
    kill: str = ""
    password: bool = False
    silence: float = 0

    @property
    def fatal(self) -> bool:
        """Words about ourselves, and nothing to renew: the run ends."""
        return self.parts.get("token") in ("NOTLOGGEDIN", "INVALID_SECRETAUTHCODE") and not self.password


SILENCE = 1.2


def fault(name: str, effect: str, *, password: bool = False, **parts: Any) -> Fault:
    silence = SILENCE if effect in ("stall", "stall_body") else 0
    return Fault(name, {"effect": effect, **parts}, password=password, silence=silence)


KILLS = (Fault("kill before", kill="before"), Fault("kill after", kill="after"))
WRITE_FAULTS = (
    *KILLS,
    fault("drop before", "drop_before"),
    fault("drop after", "drop_after"),
    fault("ERROR before", "error_before"),
    fault("ERROR after", "error_after"),
    fault("429", "status", status=429),
    fault("429 with Retry-After", "status", status=429, retry_after=2),
    fault("429 for long", "status", status=429, times=5),
    fault("503", "status", status=503),
    fault("503 after", "status", status=503, after=True),
    fault("HTML", "html"),
    fault("HTML after", "html", after=True),
    fault("silence", "stall"),
    fault("silence after", "stall", after=True),
    fault("body stalls", "stall_body", keep=1),
    fault("body cut", "truncate", keep=1, length="lying"),
    fault("redirect", "redirect", location="https://elsewhere.example/"),
    fault("NOTLOGGEDIN", "token", token="NOTLOGGEDIN"),
    fault("NOTLOGGEDIN with password", "token", token="NOTLOGGEDIN", password=True),
    fault("INVALID_SECRETAUTHCODE", "token", token="INVALID_SECRETAUTHCODE"),
    fault("POLLRATEEXCEEDED", "token", token="POLLRATEEXCEEDED"),
    fault("a new word", "token", token="INVALIDPARAM_MOONPHASE"),
)
REPEATED = {"POLLRATEEXCEEDED", "429", "429 with Retry-After", "NOTLOGGEDIN with password"}
"""Nothing was done, so the write is sent again; but one that creates, which is sent once whatever the answer."""
FOUND = {"drop after", "ERROR after", "503 after", "HTML after", "silence after", "body stalls", "body cut"}
"""With an effect and without an answer. After a creation the tree shows the node, and it goes on (D14); after an award
the licence is read back, and is there (D22)."""
FOREVER = 1_000_000
READ_FAULTS = (
    *KILLS,
    fault("drop", "drop_before"),
    fault("drop after", "drop_after"),
    fault("ERROR", "error_before"),
    fault("ERROR for ever", "error_before", times=FOREVER),
    fault("HTML", "html"),
    fault("429", "status", status=429),
    fault("429 with Retry-After", "status", status=429, retry_after=2),
    fault("503", "status", status=503),
    fault("503 for ever", "status", status=503, times=FOREVER),
    fault("half", "truncate", keep=0.5),
    fault("half, chunked", "truncate", keep=0.5, length="none"),
    fault("half, then the end", "truncate", keep=0.5, length="lying"),
    fault("nine tenths", "truncate", keep=0.9),
    fault("three bytes", "truncate", keep=3),
    fault("body stalls", "stall_body"),
    fault("trickle", "slow", seconds=0.1, trickle=True),
    fault("NOTLOGGEDIN", "token", token="NOTLOGGEDIN"),
    fault("NOTLOGGEDIN with password", "token", token="NOTLOGGEDIN", password=True),
    fault("INVALID_SECRETAUTHCODE", "token", token="INVALID_SECRETAUTHCODE"),
)
_BATCH = (
    ("drop", {"effect": "drop_before"}),
    ("drop after", {"effect": "drop_after"}),
    ("500", {"effect": "error_before"}),
    ("HTML", {"effect": "html"}),
    ("429", {"effect": "status", "status": 429}),
    ("429 with Retry-After", {"effect": "status", "status": 429, "retry_after": 1}),
    ("503", {"effect": "status", "status": 503}),
    ("401", {"effect": "status", "status": 401}),
    ("403", {"effect": "status", "status": 403}),
    ("half", {"effect": "truncate", "keep": 0.5}),
    ("body stalls", {"effect": "stall_body"}),
)
_ITEM = (
    ("500", {"effect": "error_before"}),
    ("HTML", {"effect": "html"}),
    ("429 with Retry-After", {"effect": "status", "status": 429, "retry_after": 1}),
    ("403", {"effect": "status", "status": 403}),
    ("404", {"effect": "status", "status": 404}),
    ("page token expired", {"effect": "expired_token"}),
    ("empty", {"effect": "empty"}),
)
BATCH_FAULTS = (
    *KILLS,
    *(fault(name, **parts) for name, parts in _BATCH),
    *(fault(f"{name} for ever", **parts, times=FOREVER) for name, parts in _BATCH if name != "body stalls"),
)
ITEM_FAULTS = tuple(fault(name, **parts) for name, parts in _ITEM) + tuple(
    fault(f"{name} for ever", **parts, times=FOREVER) for name, parts in _ITEM
)

_RUN = """
tree: getHierarchy_v2
account: getAccount
caller: getUser_v2
people: getUser_v2 x16
tree again: getHierarchy_v2
group: getGroup_v2 x2
set group: setGroup_v2
group read back: getGroup_v2
create group: createGroup
set group: setGroup_v2
group read back: getGroup_v2
just before: getUser_v2
disable: setUser_v2
first read back: getUser_v2
just before: getUser_v2
disable: setUser_v2
just before: getUser_v2
disable: setUser_v2
just before: getUser_v2
update: setUser_v2
just before: getUser_v2
update: setUser_v2
tree again: getHierarchy_v2
just before: getUser_v2
move: moveNode
update after move: setUser_v2
just before: getUser_v2
update: setUser_v2
tree again: getHierarchy_v2
just before: getUser_v2
move: moveNode
just before: getUser_v2
move: moveNode
update after move: setUser_v2
just before: getUser_v2
move: moveNode
just before: getUser_v2
move: moveNode
just before: getUser_v2
enable: setUser_v2
just before: getUser_v2
enable: setUser_v2
tree again: getHierarchy_v2
login: getUser_v3
blank before: getUser_v2
fill: setUser_v2
blank after: getUser_v2
login: getUser_v3
create: createUser
set new: setUser_v2
login: getUser_v3
create: createUser
set new: setUser_v2
login: getUser_v3
create: createUser
set new: setUser_v2
login: getUser_v3
create: createUser
set new: setUser_v2
login: getUser_v3
create: createUser
set new: setUser_v2
award before: getUser_v2
award: setUser_v2
award after: getUser_v2
award before: getUser_v2
award: setUser_v2
award after: getUser_v2
last tree: getHierarchy_v2
"""


def points(run: str) -> tuple[Point, ...]:
    """A run as text: a line `purpose: method` for each call, ` x16` for that many."""
    counted: Counter[str] = Counter()
    found = []
    for line in run.strip().splitlines():
        purpose, _, call = line.partition(": ")
        method, _, times = call.partition(" x")
        for _ in range(int(times or 1)):
            counted[method] += 1
            found.append(Point(purpose, method, counted[method]))
    return tuple(found)


CALLS = points(_RUN)
"""Every call to Rescue of the undisturbed run, in order."""
_GROUP = "/groups/[^/]*"
QUESTIONS = (
    *(Point("batch", "$batch", number, "graph") for number in range(1, 8)),
    *(Point("a group", "item", number, "graph", rf"{_GROUP}\?") for number in range(1, 6)),
    *(Point("members", "item", number, "graph", rf"{_GROUP}/members\?(?!.*skiptoken)") for number in range(1, 6)),
    *(Point("next page", "item", number, "graph", "skiptoken") for number in range(1, 5)),
    *(Point("a leaver", "item", number, "graph", r"/users/[^/]*accountEnabled") for number in range(1, 3)),
    *(Point("groups of a leaver", "item", number, "graph", "getMemberGroups") for number in range(1, 3)),
    *(Point("addresses", "item", number, "graph", "proxyAddresses") for number in range(1, 7)),
)
"""Every question to Entra of that run, where a page holds four rows: first by $batch, then one by one."""


class Case(NamedTuple):
    """One fault at one point."""

    point: Point
    fault: Fault

    @property
    def name(self) -> str:
        return f"{self.point.purpose} {self.point.nth}: {self.fault.name}".replace(" ", "-")


def faults_at(point: Point) -> tuple[Fault, ...]:
    if point.side == "graph":
        return ITEM_FAULTS if point.item else BATCH_FAULTS
    return WRITE_FAULTS if point.writes else READ_FAULTS


CASES = tuple(Case(point, wrong) for point in (*CALLS, *QUESTIONS) for wrong in faults_at(point))


ALIKE = {
    "account": "before the plan",
    "caller": "before the plan",
    "people": "before the plan",
    "login": "just before",
    "group": "just before",
    "blank before": "just before",
    "award before": "just before",
    "group read back": "read back",
    "first read back": "read back",
    "blank after": "read back",
    "award after": "read back",
    "update after move": "update",
}


def kind_of(case: Case) -> tuple[str, str]:
    """What `chosen` takes one of: for a write its verb and the fault, for a reading a little less exactly."""
    name = case.fault.name
    if not case.point.writes and not name.startswith("empty"):
        name = name.removesuffix(" for ever").partition(",")[0]
    return ALIKE.get(case.point.purpose, case.point.purpose), name


def chosen() -> list[Case]:
    """The cases of this run: all of them where FAULTS=all, else one of every kind."""
    if os.environ.get("FAULTS") == "all":
        return list(CASES)
    by_kind: dict[tuple[str, str], list[Case]] = {}
    for case in CASES:
        by_kind.setdefault(kind_of(case), []).append(case)
    return [random.Random(" ".join(kind)).choice(cases) for kind, cases in by_kind.items()]  # noqa: S311
