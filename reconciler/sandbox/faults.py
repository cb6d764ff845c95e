"""Scripted faults: which call goes wrong, and how.

A fault says where (`side`, `method`), when (`nth`, `times`), for whom (`match`) and what (`effect`):

    side        rescue | graph | authority
    method      rescue: the method's name in any case, `*` and `?` stand for letters; default: every method
                graph, authority: a regular expression found in the path with its query (`/groups/.*/members`)
    item        graph: a regular expression found in the URL of an item of a $batch; then `method` is not looked at
    nth         the first call it meets, counted among the calls that match (default 1)
    times       how many calls it meets from there on (default: 1 with nth, else every call)
    match       rescue: parameters that must have these values, in any case: {node: 337366}
    effect      drop_before   the connection ends without an answer, nothing was done
                drop_after    the same, but it was done
                error_before  the word ERROR (graph: 500), nothing was done
                error_after   the same, but it was done
                token         the business word in `token`, nothing was done unless `after: true`
                status        the HTTP status in `status` and `retry_after` (seconds) if given; not done unless `after`
                html          a sign-in page with status 200, nothing was done unless `after: true`
                slow          answered after `seconds`; with `trickle: true` the body comes in pieces over that time
                truncate      the body is cut after `keep` (a share below 1, or bytes; default 0.5); `length` says how:
                              honest (Content-Length of what is sent), none (chunked), lying (connection ends short)
                expired_token 400 Directory_ExpiredPageToken
                redirect      302 to `location`
                stall         no answer at all until the client gives up; nothing was done unless `after: true`
                stall_body    the answer begins, `keep` of its body comes, and then nothing until the client gives up
                empty         graph: 200 and a list without a row, whatever the list holds

In an item of a $batch the effects are: error_before, error_after, status, html, expired_token, empty.
"""

from __future__ import annotations

import fnmatch
import json
import re
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

from reconciler.errors import UsageError

if TYPE_CHECKING:
    from .store import Store

SIDES = ("rescue", "graph", "authority")
EFFECTS = (
    "drop_before", "drop_after", "error_before", "error_after", "token", "status", "html", "slow", "truncate",
    "expired_token", "redirect", "stall", "stall_body", "empty",
)  # fmt: skip
ITEM_EFFECTS = ("error_before", "error_after", "status", "html", "expired_token", "empty")
LENGTHS = ("honest", "none", "lying")


@dataclass(frozen=True, slots=True)
class Fault:
    """One scripted fault; the fields are those of the module's table."""

    side: str
    effect: str
    method: str = ""
    item: str = ""
    nth: int = 0
    times: int = 0
    match: dict[str, str] = field(default_factory=dict)
    token: str = ""
    status: int = 0
    retry_after: float | None = None
    seconds: float = 1.0
    trickle: bool = False
    keep: float = 0.5
    length: str = "honest"
    location: str = ""
    after: bool = False

    def check(self) -> Fault:
        """Return the fault itself; UsageError when its parts don't fit together."""
        if self.side not in SIDES:
            raise UsageError(f"a fault's side is one of {', '.join(SIDES)}, not {self.side!r}")
        if self.effect not in EFFECTS:
            raise UsageError(f"{self.effect!r} is no effect of a fault; one of {', '.join(EFFECTS)}")
        if self.item and (self.side != "graph" or self.effect not in ITEM_EFFECTS):
            raise UsageError(f"an item of a $batch can only fail by {', '.join(ITEM_EFFECTS)}, on the side graph")
        if self.effect == "empty" and self.side != "graph":
            raise UsageError("the effect empty is one of the side graph")
        if self.length not in LENGTHS:
            raise UsageError(f"a fault's length is one of {', '.join(LENGTHS)}, not {self.length!r}")
        for needed, effect in (("token", "token"), ("status", "status"), ("location", "redirect")):
            if self.effect == effect and not getattr(self, needed):
                raise UsageError(f"the effect {effect} needs `{needed}`")
        for pattern in (self.item, "" if self.side == "rescue" else self.method):
            try:
                re.compile(pattern)
            except re.error as error:
                raise UsageError(f"{pattern!r} is no regular expression: {error}") from error
        return self

    @property
    def done(self) -> bool:
        """True where the call has its effect although the answer is spoilt."""
        return self.after or self.effect in ("drop_after", "error_after", "slow", "truncate", "stall_body")

    def meets(self, method: str, target: str, parameters: dict[str, str]) -> bool:
        """True if a call is one of those meant: `method` of Rescue, `target` of the others."""
        if self.side == "rescue":
            named = not self.method or fnmatch.fnmatchcase(method.lower(), self.method.lower())
        else:
            named = re.search(self.method, target, re.IGNORECASE) is not None
        wanted = {name.lower(): str(value).casefold() for name, value in self.match.items()}
        return named and all(parameters.get(name, "").casefold() == value for name, value in wanted.items())


def make_fault(**parts: Any) -> Fault:
    """A checked fault from its named parts; UsageError for an unknown part."""
    unknown = sorted(set(parts) - {part.name for part in fields(Fault)})
    if unknown:
        raise UsageError(f"a fault has no {', '.join(unknown)}")
    return Fault(**parts).check()


def save_fault(store: Store, fault: Fault) -> None:
    """Add a fault to the script; earlier ones are asked first."""
    definition = json.dumps(asdict(fault))
    store.execute("INSERT INTO faults (definition, calls, fired) VALUES (?, 0, 0)", definition)


def take_fault(
    store: Store,
    side: str,
    method: str = "",
    target: str = "",
    parameters: dict[str, str] | None = None,
    item: str = "",
) -> Fault | None:
    """Count this call against every fault that means it, and return the first that is due, or None."""
    due: Fault | None = None
    for row in store.rows("SELECT * FROM faults ORDER BY key"):
        fault = Fault(**json.loads(row["definition"]))
        if fault.side != side or bool(fault.item) != bool(item):
            continue
        if item:
            met = re.search(fault.item, item, re.IGNORECASE) is not None
        else:
            met = fault.meets(method, target, parameters or {})
        if not met:
            continue
        calls = row["calls"] + 1
        times = fault.times or (1 if fault.nth else 0)
        fires = due is None and calls >= max(1, fault.nth) and (not times or row["fired"] < times)
        store.execute("UPDATE faults SET calls = ?, fired = ? WHERE key = ?", calls, row["fired"] + fires, row["key"])
        if fires:
            due = fault
    return due
