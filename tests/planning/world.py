"""A small Entra, a small Rescue and a small file as values, and the questions of planning answered from them.

People, mappings and groups go by short keys: `ann` signs in as `ann@x.example`, the mapping `field` has the Entra group
and the Rescue group `field`. Everything else is what an ordinary company has, unless a test says otherwise.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from reconciler.model.directory import Account, Directory, Group, NoPerson, Person, UnreadGroup, Whereabouts
from reconciler.model.file import Guards, Limits, Settings
from reconciler.model.hierarchy import Caller, Details, Node, NodeType, Role, Tree
from reconciler.model.mappings import EntraGroupName, Mapping, Mappings, Override, Permit, Retired
from reconciler.model.marker import Marker, print_of, with_marker
from reconciler.model.plan import Action, Plan, Refresh
from reconciler.model.readings import Questions, Readings
from reconciler.planning.planner import make_plan

OWNER = "8d2f"
TODAY = date(2026, 11, 22)
ROUNDS = 8
ADMIN = "boss@x.example"
ROOT, MASTERS, ADMINISTRATORS, TECHNICIANS = 1, 2, 3, 4


def id_of(key: str) -> str:
    """The object id behind a key; a group's differs from a person's of the same name."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, key))


def group_id(mapping: str) -> str:
    return id_of(f"group {mapping}")


def mark(
    key: str, mapping: str = "field", *, sso: str | None = None, off: bool = False, owner: str = OWNER, m: Any = None
) -> Marker:
    """The marker of a person for a mapping."""
    return Marker(owner, id_of(key), group_id(mapping)[:8], print_of(sso), m, off)


@dataclass
class Seat:
    """One person node of Rescue, with what only getUser shows."""

    id: int
    parent: int
    name: str
    login: str
    description: str = ""
    status: str = "Offline"
    type: str = NodeType.TECHNICIAN
    sso: str = ""
    mobile: bool = False
    holder: bool = False

    def node(self) -> Node:
        return Node(self.id, self.parent, self.name, self.login, self.description, self.status, self.type)

    def details(self) -> Details:
        return Details(
            self.id,
            self.name,
            self.name,
            self.login,
            self.sso,
            self.description,
            self.type,
            self.mobile,
            False,
            self.holder,
            self.status,
        )


@dataclass
class Outcome:
    """A plan, and what it took to make it."""

    plan: Plan
    asked: list[Questions]

    @property
    def verbs(self) -> dict[str, str]:
        """First part of the login -> verbs."""
        return {(a.subject.login or "").split("@")[0]: " ".join(a.verbs) for a in self.plan.actions}

    @property
    def codes(self) -> list[str]:
        """`code who` of every finding but those about mappings, sorted."""
        return sorted(f"{f.code} {(f.login or f.mapping or '').split('@')[0]}" for f in self.plan.findings)

    def action(self, key: str) -> Action:
        """The one action of a person: by key, or by login."""
        found = [a for a in self.plan.actions if a.subject.entra_id == id_of(key)]
        assert len(found) == 1
        return found[0]

    def changes(self, key: str) -> dict[str, tuple[Any, Any]]:
        return {change.field: (change.before, change.after) for change in self.action(key).changes}

    def message(self, code: str) -> str:
        found = [finding.message for finding in self.plan.findings if finding.code == code]
        assert len(found) == 1, found
        return found[0]

    def asked_for(self, kind: str) -> set[Any]:
        """Everything asked under one kind of question, in all rounds."""
        return set().union(*(getattr(questions, kind) for questions in self.asked))


@dataclass
class World:
    """Both sides and the file. `plan` answers what planning asks."""

    settings: dict[str, Any] = field(default_factory=dict)
    guards: dict[str, Any] = field(default_factory=dict)
    technician_seats: int | None = None
    mobile_seats: int | None = None
    protected: tuple[str, ...] = ()
    overrides: list[Override] = field(default_factory=list)
    permits: list[Permit] = field(default_factory=list)
    retired: list[Retired] = field(default_factory=list)
    mappings: list[Mapping] = field(default_factory=list)
    people: dict[str, Person] = field(default_factory=dict)
    members: dict[str, list[str]] = field(default_factory=dict)
    """Mapping -> object ids."""
    unread: dict[str, UnreadGroup] = field(default_factory=dict)
    nested: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Group -> ids of the groups in it."""
    inner: list[str] = field(default_factory=list)
    """Groups that are no mapping's."""
    names: dict[str, str] = field(default_factory=dict)
    """What a group is called in Entra, where it is not its key."""
    group_nodes: dict[str, Node] = field(default_factory=dict)
    seats: dict[int, Seat] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    """What Entra says by object id, where it is not what `people` says."""
    groups_of: dict[str, frozenset[str] | None] = field(default_factory=dict)
    """What getMemberGroups says, where it is not the mapped groups they are in."""
    aliases: dict[str, frozenset[str] | None] = field(default_factory=dict)
    unnamed: dict[str, NoPerson] = field(default_factory=dict)
    """What is said of people the file includes, where it is not what `people` says."""
    again: dict[str, Group | UnreadGroup] = field(default_factory=dict)
    told: dict[int, Details | None] = field(default_factory=dict)
    """What getUser says, where it is not what the tree says."""
    tenant_confirmed: bool | None = True
    caller_login: str = ADMIN

    # -- building ---------------------------------------------------------------------------------------------------

    def mapping(self, name: str = "field", *, node: bool = True, **said: Any) -> World:
        """A mapping with its Entra group and, unless `node` is False, its Rescue group."""
        values: dict[str, Any] = {
            "name": name,
            "entra_group": EntraGroupName(group_id(name), None),
            "rescue_group": (name,),
            "role": Role.TECHNICIAN,
            "full_sync": True,
            "nested": "direct",
            "mobile_license": "keep",
            "upn_as_sso_id": False,
            "create_missing": True,
            "create_group": False,
            "permissions_from": None,
            "replaces": (),
            "allow_empty": False,
            "priority": 100,
            "line": 10 * (len(self.mappings) + 1),
        }
        self.mappings.append(Mapping(**{**values, **said}))
        self.members.setdefault(name, [])
        if node:
            admin = self.mappings[-1].role is Role.ADMIN
            self.group(name, *((ADMINISTRATORS, NodeType.ADMINISTRATOR_GROUP) if admin else ()))
        return self

    def nest(self, outer: str, *inner: str, **called: str) -> World:
        """Entra groups, by key, that are in another one; `called`: key and name of those that are named otherwise."""
        for key in (*inner, *called):
            self.nested[outer] = (*self.nested.get(outer, ()), group_id(key))
            self.members.setdefault(key, [])
            if key not in self.inner and all(mapping.name != key for mapping in self.mappings):
                self.inner.append(key)
        self.names.update(called)
        return self

    def group(
        self, name: str, parent: int = TECHNICIANS, kind: str = NodeType.TECHNICIAN_GROUP, description: str = ""
    ) -> int:
        """A Rescue group node; its id."""
        node = Node(100 + len(self.group_nodes), parent, name, "", description, "Offline", kind)
        self.group_nodes[f"{parent}/{name}/{node.id}"] = node
        return node.id

    def is_admin_group(self, node_id: int) -> bool:
        return any(node.id == node_id and node.parent == ADMINISTRATORS for node in self.group_nodes.values())

    def place(self, name: str) -> int:
        return next(node.id for node in self.group_nodes.values() if node.name == name)

    def person(self, key: str, *groups: str, **said: Any) -> World:
        """Somebody in Entra, a direct member of these groups."""
        login = f"{key}@x.example"
        values: dict[str, Any] = {"name": key.title(), "upn": login, "mail": login, "enabled": True, "guest": False}
        self.people[key] = Person(id_of(key), **{**values, **said})
        for group in groups:
            self.members[group].append(key)
        return self

    def node(self, key: str, marker: Marker | str | None = None, **said: Any) -> Seat:
        """Somebody in Rescue: in the group of the same name as `group` (default: field), in its role."""
        group = said.pop("group", "field")
        if isinstance(marker, Marker):
            said["description"] = with_marker(said.get("description", ""), marker)
        elif marker:
            said["description"] = marker
        values: dict[str, Any] = {"name": key.title(), "login": f"{key}@x.example", "parent": None}
        values.update(said)
        if values["parent"] is None:
            values["parent"] = self.place(group)
        if self.is_admin_group(values["parent"]):
            values.setdefault("type", NodeType.ADMINISTRATOR)
        seat = Seat(id=values.pop("id", 1000 + len(self.seats)), **values)
        self.seats[seat.id] = seat
        return seat

    def both(self, key: str, group: str = "field", *, marker: Marker | None = None, **said: Any) -> Seat:
        """Somebody in sync on both sides; `said` is about their node."""
        self.person(key, group)
        return self.node(key, marker or mark(key, group), group=group, **said)

    def override(self, login: str, action: str = "exclude", until: date = TODAY, mapping: str | None = None) -> World:
        self.overrides.append(Override(login, action, until, None, mapping, 90 + len(self.overrides)))
        return self

    # -- the values planning sees -----------------------------------------------------------------------------------

    def file(self) -> Mappings:
        return Mappings(
            file="mappings.yaml",
            tenant_id="8d2f4c1e-0000-4000-8000-2b7f3d9a1c55",
            cloud="global",
            region="us",
            account_id=1,
            owner=OWNER,
            technician_seats=self.technician_seats,
            mobile_seats=self.mobile_seats,
            requests_per_second=5.0,
            settings=Settings(**self.settings),
            limits=Limits(),
            guards=Guards(**{"small_team": 0, **dict.fromkeys(LOOSE, "off"), **self.guards}),
            protected=self.protected,
            mappings=tuple(self.mappings),
            overrides=tuple(self.overrides),
            retired=tuple(self.retired),
            permits=tuple(self.permits),
            config_digest="c" * 64,
            warnings=(),
        )

    def entra_group(self, name: str) -> Group:
        members = tuple(self.people[key] for key in self.members[name])
        return Group(group_id(name), self.names.get(name, name), members, self.nested.get(name, ()))

    def tree(self) -> Tree:
        fixed = [
            Node(ROOT, None, "Company", "", "", "Offline", NodeType.ROOT),
            Node(MASTERS, ROOT, "Masters", "", "", "Offline", NodeType.MASTER_ADMINISTRATORS),
            Node(ADMINISTRATORS, ROOT, "Administrators", "", "", "Offline", NodeType.ADMINISTRATORS),
            Node(TECHNICIANS, ROOT, "Technicians", "", "", "Offline", NodeType.TECHNICIANS),
            Node(5, MASTERS, "Boss", ADMIN, "", "Online", NodeType.MASTER_ADMINISTRATOR),
        ]
        return Tree([*fixed, *self.group_nodes.values(), *(seat.node() for seat in self.seats.values())])

    def readings(self, refresh: Refresh = "auto") -> Readings:
        groups = {m.name: self.unread.get(m.name) or self.entra_group(m.name) for m in self.mappings}
        boss = Seat(5, MASTERS, "Boss", self.caller_login, type="MasterAdministrator", holder=True).details()
        caller = Caller(1, "Company", self.caller_login, 5, boss)
        nested = {group_id(key): self.unread.get(key) or self.entra_group(key) for key in self.inner}
        directory = Directory(groups, self.tenant_confirmed, nested=nested)
        return Readings(directory, self.tree(), caller, refresh)

    # -- planning ---------------------------------------------------------------------------------------------------

    def plan(self, refresh: Refresh = "auto", *, today: date = TODAY, readings: Readings | None = None) -> Outcome:
        file, now = self.file(), readings or self.readings(refresh)
        asked: list[Questions] = []
        for _ in range(ROUNDS):
            made = make_plan(file, now, today=today, made_at=f"{today}T00:00:00Z")
            if isinstance(made, Plan):
                return Outcome(made, asked)
            assert made
            asked.append(made)
            now = self.answer(made, now)
        raise AssertionError(f"still asking after {ROUNDS} rounds: {made}")

    def answer(self, asked: Questions, readings: Readings) -> Readings:
        """What a reader would give: only what was asked for, and never for nothing."""
        assert asked.groups_of <= asked.accounts
        by_id = {person.id: key for key, person in self.people.items()}
        group_names = {group_id(name): name for name in self.members}
        boss = {readings.caller.details.id: readings.caller.details}
        details = {
            id_: self.told[id_] if id_ in self.told else boss.get(id_) or self.seats[id_].details()
            for id_ in sorted(asked.details)
        }
        return replace(
            readings,
            details={**readings.details, **details},
            whereabouts={
                **readings.whereabouts,
                **{id_: self._whereabouts(id_, by_id, id_ in asked.groups_of) for id_ in asked.accounts},
            },
            addresses={**readings.addresses, **{id_: self._addresses(by_id[id_]) for id_ in asked.addresses}},
            included={**readings.included, **{name: self._named(name) for name in asked.included}},
            again={
                **readings.again,
                **{id_: self.again.get(id_) or self.entra_group(group_names[id_]) for id_ in asked.again},
            },
        )

    def _whereabouts(self, id_: str, by_id: dict[str, str], with_groups: bool) -> Whereabouts:
        key = by_id.get(id_)
        if key is None:
            account = self.accounts.get(id_, Account.GONE)
        else:
            account = self.accounts.get(key) or (Account.ENABLED if self.people[key].enabled else Account.DISABLED)
        if not with_groups or account is Account.GONE:
            return Whereabouts(account, groups_asked=with_groups)
        mapped = {group_id(name) for name, keys in self.members.items() if key in keys}
        for _ in self.nested:
            mapped |= {group_id(outer) for outer, inner in self.nested.items() if mapped & set(inner)}
        return Whereabouts(account, self.groups_of.get(key or "", frozenset(mapped)), groups_asked=True)

    def _named(self, name: str) -> Person | NoPerson:
        """Whom Entra shows under a UPN or object id."""
        if name in self.unnamed:
            return self.unnamed[name]
        found = [person for person in self.people.values() if name in (person.id, person.upn)]
        return found[0] if found else NoPerson("nobody", gone=True)

    def _addresses(self, key: str) -> frozenset[str] | None:
        person = self.people[key]
        return self.aliases.get(key, frozenset(a for a in (person.mail, person.upn) if a))

    # -- applying ---------------------------------------------------------------------------------------------------

    def apply(self, actions: Iterable[Action]) -> None:
        """Does what a plan says, as a Rescue that keeps logins unique and takes every write."""
        made: dict[int | None, int] = {}
        for planned in actions:
            action = planned
            if action.group_id in made or action.parent_id in made:
                parents = {"group_id": action.group_id, "parent_id": action.parent_id}
                action = action.model_copy(update={key: made.get(node, node) for key, node in parents.items()})
            if "create_group" in action.verbs:
                made[planned.group_id] = self._make_group(action)
                continue
            if "create" in action.verbs and action.subject.node_id is None:
                new = max([999, *self.seats]) + 1
                kind = NodeType.ADMINISTRATOR if action.role == "admin" else NodeType.TECHNICIAN
                self.seats[new] = Seat(new, action.group_id or 0, "", "", type=kind)
                seat = self.seats[new]
            else:
                seat = self.seats[action.subject.node_id or 0]
            if "move" in action.verbs or "create" in action.verbs:
                seat.parent = action.group_id or 0
            for change in action.changes:
                match change.field:
                    case "login":
                        taken = [
                            s
                            for s in self.seats.values()
                            if s.login.lower() == str(change.after).lower() and s.type == seat.type
                        ]
                        assert not taken, "a login was written before it was free"
                        seat.login = str(change.after)
                    case "name":
                        seat.name = str(change.after)
                    case "sso_id":
                        seat.sso = str(change.after)
                    case "mobile_license":
                        seat.mobile = bool(change.after)
                    case "enabled":
                        seat.status = "Offline" if change.after else "Disabled"
                    case "description":
                        seat.description = str(change.after)

    def _make_group(self, action: Action) -> int:
        blank = action.subject.node_id
        for key, node in list(self.group_nodes.items()):
            if node.id == blank:
                del self.group_nodes[key]
        new = 100 + len(self.group_nodes) if blank is None else blank
        while blank is None and any(node.id == new for node in self.group_nodes.values()):
            new += 1
        name, text = str(action.after("name")), str(action.after("description"))
        node = Node(new, action.parent_id, name, "", text, "Offline", NodeType.TECHNICIAN_GROUP)
        self.group_nodes[f"{node.parent}/{name}/{new}"] = node
        return new


LOOSE = ("max_removals", "max_removals_per_mapping", "max_moves", "max_identity_changes", "max_creates")
