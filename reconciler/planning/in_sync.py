"""Who is in sync, told apart from everybody else before any rule is tried: most people of most plans.

Linked by one marker that stands in no doubt, wanted, enabled, as wanted in all the bulk read shows, and nothing wrong
with what they are wanted as. Whatever rule would have them, there is nothing to do. No answer to a question changes it.
"""

from __future__ import annotations

from typing import NamedTuple

from reconciler.planning.desired import Wanted
from reconciler.planning.diff import looks_right
from reconciler.planning.identity import find_trouble
from reconciler.planning.matching import Link
from reconciler.planning.people import People


class InSync(NamedTuple):
    """`unchanged`: how many are in sync. `rest`: everybody else of the role, linked or in a group, by object id."""

    unchanged: int
    licensed: tuple[tuple[Wanted, Link], ...]
    """Those in sync whose mobile licence their mapping manages, or an earlier one did."""
    rest: tuple[str, ...]


def is_in_sync(people: People, wanted: Wanted, link: Link) -> bool:
    """Is there nothing to do for this person, as far as the bulk read shows? `wanted` is theirs in this role."""
    return looks_right(wanted, link.node, link.marker) and (
        not wanted.paired.mapping.full_sync or find_trouble(people, wanted) is None
    )


def tell_apart(people: People) -> InSync:
    """Tests everybody of a role. With `--refresh full` nobody passes: their records are looked at first (D4)."""
    linked, rows = people.matches.linked, people.rows
    if people.readings.refresh == "full":
        return InSync(0, (), tuple(sorted(linked.keys() | rows.keys())))
    unchanged = 0
    licensed = []
    rest = []
    for entra_id, links in linked.items():
        link, wanted = links[0], people.wanted.get(entra_id)
        if isinstance(wanted, Wanted) and len(links) == 1 and not link.doubtful and is_in_sync(people, wanted, link):
            unchanged += 1
            if link.marker.licence is not None or wanted.paired.mapping.mobile_license != "keep":
                licensed.append((wanted, link))
        else:
            rest.append(entra_id)
    rest += rows.keys() - linked.keys()
    return InSync(unchanged, tuple(licensed), tuple(sorted(rest)))
