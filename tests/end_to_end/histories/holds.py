"""What holds after every single write, and when nothing is left to do. Asked of the sandbox's nodes alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from tests.end_to_end.world import SYNC, upn

from .company import GUARDED

OURS = re.compile(r"\[entra:8d2f:([0-9a-f-]{36})@([0-9a-f]{8})#[0-9a-f]{8}(?:[+~-]m)?(!off)?\]", re.IGNORECASE)
ANYBODYS = re.compile(r"\[entra:[^\]]*\]", re.IGNORECASE)
ROLES = {"Technician": "technician", "Administrator": "admin"}
Nodes = dict[int, dict[str, Any]]


@dataclass(frozen=True)
class Moment:
    """What was so when a run began: the nodes, who was wanted, every address of Entra, and what the file allows."""

    before: Nodes
    wanted: dict[str, dict[str, set[str]]]
    known: set[str]
    mapped: set[int]
    seats: int | None
    disables_unmanaged: bool
    undoing: bool


def check_moment(moment: Moment, now: Nodes) -> None:
    """Holds after every single write of the run."""
    before = moment.before
    assert before.keys() <= now.keys(), "somebody was deleted"
    was, are = (sum(r["enabled"] for r in rows.values() if r["type"] == "Technician") for rows in (before, now))
    assert moment.seats is None or are <= max(moment.seats, was), f"{are} of {moment.seats} seats"
    for node, row in now.items():
        old = before.get(node)
        if old == row:
            continue
        if row["type"] not in ROLES:
            blank = old is None or (not old["name"] and not old["description"])
            assert blank, f"the group {row['name']} was written"
            assert row["type"] == "TechnicianGroup"
        elif old is None:
            check_new(moment, row)
        else:
            check_written(moment, old, row)


def check_new(moment: Moment, row: dict[str, Any]) -> None:
    """A node that was made: half-made still, or somebody's whom the file wants in this role."""
    addresses = set().union(*moment.wanted[ROLES[row["type"]]].values())
    assert not row["email"] or row["email"].casefold() in addresses, f"{row['email']} was let in"


def check_written(moment: Moment, old: dict[str, Any], row: dict[str, Any]) -> None:
    """A node that was there."""
    assert row["email"] not in (SYNC, upn(GUARDED)), "whoever must not be written was"
    ours, theirs = OURS.search(old["description"]), ANYBODYS.search(old["description"])
    assert ours or not theirs, "another owner's node was written"
    blank = not old["email"] and not old["description"]
    if not (ours or blank or old["email"].casefold() in moment.known):
        check_stranger(moment, old, row)
        return
    bare = (blank and not row["email"]) or (moment.undoing and "[entra" not in row["description"])
    if not bare and not ANYBODYS.search(row["description"]):
        check_stranger(moment, old, row)
        return
    assert len(ANYBODYS.findall(row["description"])) == (0 if bare else 1)
    link = OURS.search(row["description"])
    wanted = moment.wanted[ROLES[row["type"]]]
    if old["enabled"] and not row["enabled"]:
        assert link is not None
        assert link[1] not in wanted, f"{row['email']} is wanted and was locked out"
    if row["enabled"] and not old["enabled"] and not moment.undoing:
        assert link is not None
        assert link[1] in wanted, f"{row['email']} is not wanted and was let in"


def check_stranger(moment: Moment, old: dict[str, Any], row: dict[str, Any]) -> None:
    """Whom nobody linked: at the most disabled, where the file says so (D6), and enabled again by an undo."""
    assert moment.disables_unmanaged or moment.undoing, f"{old['email']}, whom nobody linked, was written"
    assert row["type"] == "Technician"
    assert row["parent"] in moment.mapped, "a stranger outside the mapped groups was written"
    assert old["email"].casefold() not in set().union(*moment.wanted["technician"].values())
    meant = dict.fromkeys(("enabled", "status", "mobile"))
    assert row | meant == old | meant, "of a stranger more was written than the status"


def check_everybody(state: Any) -> None:
    """Holds when nothing is left to do."""
    accounts = {person["id"]: person["enabled"] for person in state.people()}
    links: dict[tuple[str, str], int] = {}
    logins: dict[tuple[str, str], int] = {}
    for row in state.nodes():
        if row["type"] not in ROLES:
            continue
        assert row["email"] or row["description"], "a blank node was left"
        login = (row["type"], row["email"].casefold())
        logins[login] = logins.get(login, 0) + 1
        link = OURS.search(row["description"])
        if link is None or row["email"] == upn(GUARDED):
            continue
        person = (row["type"], link[1])
        links[person] = links.get(person, 0) + 1
        if row["enabled"]:
            assert accounts.get(link[1]), f"{row['email']} is no enabled account of Entra and still let in"
    assert max(links.values(), default=1) == 1, "somebody is there twice"
    assert max(logins.values(), default=1) == 1, "two have one login"
    groups = [(row["parent"], row["name"]) for row in state.nodes() if row["type"] == "TechnicianGroup"]
    assert len(groups) == len(set(groups)), "two groups beside each other have one name"
    assert all(name for _, name in groups), "a blank group was left"
