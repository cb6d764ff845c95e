"""A snapshot of Entra: groups, people, membership. A group is known whole or not known at all, never half (D17).

A million people are held at once, so a person is a NamedTuple: immutable, and a third of the cost of a frozen dataclass
to make. Groups that share a person share the object.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple


class Person(NamedTuple):
    """One Entra user as a member row gave it. Text is as Entra has it; `id` is lower case."""

    id: str
    name: str
    upn: str
    mail: str | None
    enabled: bool
    guest: bool


class NoPerson(NamedTuple):
    """Somebody the file names by UPN or object id, whom Entra did not show whole."""

    why: str
    """One clause for the finding."""
    gone: bool = False
    """Entra answered that nobody is called so; otherwise it is not known."""


@dataclass(frozen=True, slots=True)
class Group:
    """One Entra group, read whole: every page, no null field that matters."""

    id: str
    name: str
    members: tuple[Person, ...]
    """Direct user members, each once, in the order read."""
    nested: tuple[str, ...] = ()
    """Ids of the groups that are direct members."""
    others: int = 0
    """Members that are no users and no groups: devices, contacts, service principals. Ignored and counted (R20)."""


@dataclass(frozen=True, slots=True)
class UnreadGroup:
    """A group that could not be trusted in this run: its mapping is frozen (D17)."""

    id: str | None
    """Its object id, lower case; None while the id itself is not known (a name that fits none or several)."""
    name: str | None
    why: str
    """One clause for the finding, such as `the group does not exist (404)`."""
    hidden: bool = False
    """Membership is hidden and may not be read."""


class Account(Enum):
    """What `GET /users/{id}` said of somebody who is in none of the groups read."""

    ENABLED = "enabled"
    DISABLED = "disabled"
    GONE = "gone"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """The answer about one person by object id (D8)."""

    account: Account
    groups: frozenset[str] | None = None
    """All groups they are in, transitively, lower case; None where that was not asked or could not be answered."""
    groups_asked: bool = field(default=False, compare=False)
    """Whether that was asked at all: a later round may still need it."""


@dataclass(frozen=True, slots=True)
class Directory:
    """Everything read from Entra in one run before questions are asked."""

    groups: Mapping[str, Group | UnreadGroup]
    """By mapping name, one entry for every mapping of the file."""
    tenant_confirmed: bool | None = None
    """Whether the token's `tid` is the configured tenant; None where the token cannot be read or no tenant is set."""
    notes: tuple[str, ...] = field(default=())
    """Remarks that change nothing, such as a name beside an id that is no longer the group's."""
    nested: Mapping[str, Group | UnreadGroup] = field(default_factory=dict)
    """By id, every group that is nested, at any depth, below the group of a mapping that follows nesting (D1). The
    groups of mappings are not among them: each is a boundary."""
