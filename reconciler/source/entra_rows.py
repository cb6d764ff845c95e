"""Records of Graph -> people and groups. Pure, and unforgiving: what is not whole has a reason, not a default (D17)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.model.directory import Person

LIMITED = "members come without accountEnabled or userPrincipalName: the app may lack User.Read.All"
MEMBER_FIELDS = "id,displayName,userPrincipalName,mail,accountEnabled,userType"
"""What is asked of a person."""
_USER = "#microsoft.graph.user"
_GROUP = "#microsoft.graph.group"


class Persons:
    """Everybody read so far, each once, by id. Groups that share a person get the same object.

    Rows of one person that differ come from a reading torn by a change; so that the order of answers does not matter,
    one that is disabled wins, then the greater by name, UPN, mail and guest.
    """

    def __init__(self) -> None:
        self._by_id: dict[str, Person] = {}

    def __getitem__(self, id_: str) -> Person:
        return self._by_id[id_]

    def add(self, person: Person) -> str:
        """Keep this row or the one known; return the id, one string object for all that hold it."""
        known = self._by_id.setdefault(person.id, person)
        if known is not person and known != person:
            self._by_id[known.id] = known = max(known, person, key=_precedence)
        return known.id


def _precedence(person: Person) -> tuple[bool, str, str, str, bool]:
    return not person.enabled, person.name, person.upn, person.mail or "", person.guest


class Roll:
    """The direct members of one group, gathered page by page."""

    def __init__(self, persons: Persons) -> None:
        self._persons = persons
        self.people: dict[str, None] = {}
        self.nested: dict[str, None] = {}
        self.others: set[str] = set()

    def clear(self) -> None:
        """Forget it all: the collection was started again."""
        self.people.clear()
        self.nested.clear()
        self.others.clear()

    def add(self, rows: Iterable[object]) -> str:
        """Take a page. Returns why it makes the group unreadable, empty where all is well."""
        people, keep = self.people, self._persons.add
        for row in rows:
            if not isinstance(row, dict) or not isinstance(row.get("id"), str) or not row["id"]:
                return "a member comes without an id"
            kind = row.get("@odata.type")
            name = kind if kind == _USER else kind.lower() if isinstance(kind, str) else ""
            # A row that does not say what it is counts as a user only if it has a user's name.
            if name == _USER or (not name and row.get("userPrincipalName")):
                person = read_person(row)
                if isinstance(person, str):
                    return person
                people[keep(person)] = None
            elif not name:
                return "a member comes without its type"
            elif name == _GROUP:
                self.nested[row["id"].lower()] = None
            else:
                self.others.add(row["id"].lower())
        return ""


def read_person(row: Mapping[str, Any]) -> Person | str:
    """A user's row, or why it cannot be used. Limited information shows as nulls, never as an error (graph.md §3)."""
    field = row.get
    upn, enabled, mail, name, kind = (
        field("userPrincipalName"), field("accountEnabled"), field("mail"), field("displayName"), field("userType")
    )  # fmt: skip
    if not isinstance(upn, str) or not upn or not isinstance(enabled, bool):
        return LIMITED
    if not (
        (mail is None or isinstance(mail, str))
        and (name is None or isinstance(name, str))
        and (kind is None or isinstance(kind, str))
    ):
        return "a member comes with a field that is not text"
    return Person(
        row["id"].lower(),
        name or "",
        upn,
        upn if mail == upn else mail or None,  # the same text is held once
        enabled,
        kind is not None and kind.lower() == "guest",
    )
