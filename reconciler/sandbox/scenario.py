"""A scenario: what a sandbox starts with, read strictly from YAML. Every problem is found at once, with its place.

    tenant:
      id: 8d2f4c1e-0000-4000-8000-2b7f3d9a1c55     # required
      domain: contoso.example                      # a second name of the tenant at the authority
      client_id: ...                               # the app; has a default, as have client_secret and
      roles: [GroupMember.Read.All, User.Read.All] # the roles its tokens carry
    people:                                        # Entra users, by a key of your own
      mira: {id: UUID, name: Mira Holt, upn: m.holt@contoso.example, mail: m.holt@contoso.example,
             enabled: true, guest: false, deleted: false, more: {department: Service}}
                                                   # id: made from the key if left out; mail: null for none, and the
                                                   # UPN if left out; more: Graph's property names
    objects:                                       # other members
      laptop: {kind: device, name: LT-0042}        # device | servicePrincipal | orgContact; id, more
    groups:
      helpdesk: {id: UUID, name: Helpdesk, members: [mira, laptop, otherGroup], more: {visibility: HiddenMembership}}
    rescue:
      account_id: 1234567
      organization: Contoso
      technician_seats: 120                        # 0 or left out: no limit; likewise mobile_seats
      password_policy: good                        # good | strong | excellent
      token_owner: sync@contoso.example            # whose the API token is; default: the first master administrator
      sso_password: ...                            # for requestAuthCodeSSO
      foreign_addresses: [taken@elsewhere.example] # in use by another account
      master_administrators: [PERSON, ...]
      administrators: [PERSON or GROUP, ...]
      technicians: [GROUP, ...]
    switches: {create_layout: one_line}            # switches.py
    faults: [{side: rescue, method: setUser, nth: 2, effect: drop_after}]     # faults.py

PERSON: {person: KEY} takes name and e-mail of an Entra user; name, email, nick, sso_id, description, status (Disabled,
Offline, Online, Busy, Away), mobile, rpat, account_holder, password, id go before that or stand alone.
GROUP: {group: NAME, id, description, status, permissions: [..], locked: [..], people: [PERSON, ..],
groups: [GROUP, ..], links: [ADMINISTRATOR'S ADDRESS, ..]}; permissions left out are the
parent's, for a top group a usual choice.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from importlib import resources
from pathlib import Path
from typing import Any

from reconciler.errors import InputError, UsageError

from .constants import DEFAULT_ROLES, KINDS, PERMISSIONS, PRESENCE
from .faults import Fault, make_fault
from .switches import check_switch
from .yaml_nodes import Place, Reader

NAMESPACE = uuid.UUID("6a1d0c7e-0000-4000-8000-9f4e2b8d7c10")
STATUSES = ("Disabled", *PRESENCE)
USUAL = (
    "RemoteControl", "RemoteView", "SendFile", "ReceiveFile", "ViewSystemInformation", "RebootClientComputer",
    "SessionRecording", "FileManagement",
)  # fmt: skip


@dataclass(slots=True)
class EntraObject:
    """A user or another object of the directory."""

    key: str
    id: str
    kind: str
    name: str | None
    upn: str | None = None
    mail: str | None = None
    enabled: bool | None = None
    guest: bool = False
    deleted: bool = False
    more: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class EntraGroup:
    """A group and the keys of its members."""

    key: str
    id: str
    name: str
    members: list[str]
    more: dict[str, Any]


@dataclass(slots=True)
class RescuePerson:
    """A node of a person."""

    values: dict[str, Any]
    id: int | None


@dataclass(slots=True)
class RescueGroup:
    """A group of the tree with all below it."""

    values: dict[str, Any]
    id: int | None
    people: list[RescuePerson]
    groups: list[RescueGroup]
    links: list[str]


@dataclass(slots=True)
class Scenario:
    """A checked scenario; `loading.load` fills a state from it."""

    tenant: dict[str, Any]
    objects: list[EntraObject] = field(default_factory=list)
    groups: list[EntraGroup] = field(default_factory=list)
    account: dict[str, Any] = field(default_factory=dict)
    sso_password: str = ""
    foreign_addresses: list[str] = field(default_factory=list)
    master_administrators: list[RescuePerson] = field(default_factory=list)
    administrators: list[RescuePerson | RescueGroup] = field(default_factory=list)
    technicians: list[RescueGroup] = field(default_factory=list)
    switches: dict[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def load_scenario(path: str | Path) -> Scenario:
    """Read a scenario file. InputError with every problem in it; UsageError if it can't be read at all."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the scenario {path} cannot be read: {error}") from error
    return parse_scenario(text, str(path))


def sample_scenario() -> Scenario:
    """The sample account that comes with the package."""
    text = resources.files("reconciler.sandbox").joinpath("sample.yaml").read_text(encoding="utf-8")
    return parse_scenario(text, "sample.yaml")


def parse_scenario(text: str, name: str = "scenario") -> Scenario:
    """Read a scenario from YAML text; `name` is what messages call it."""
    reader = Reader(text, name)
    scenario = _Builder(reader).build()
    if reader.problems:
        raise InputError(name, reader.problems)
    return scenario


class _Builder:
    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.objects: dict[str, EntraObject] = {}
        self.ids: dict[str, str] = {}

    def build(self) -> Scenario:
        top = self.reader.mapping(
            self.reader.top, "tenant people objects groups rescue switches faults", required="tenant"
        )
        scenario = Scenario(self._tenant(top.get("tenant")))
        self._objects(scenario, top)
        self._groups(scenario, top.get("groups"))
        self._rescue(scenario, top.get("rescue"))
        for key, place in self.reader.entries(top.get("switches")):
            try:
                scenario.switches[key] = check_switch(key, self.reader.text(place))
            except UsageError as error:
                self.reader.problem(place, str(error))
        for place in self.reader.items(top.get("faults")):
            self._fault(scenario, place)
        return scenario

    def _tenant(self, place: Place | None) -> dict[str, Any]:
        found = self.reader.mapping(place, "id domain client_id client_secret roles", required="id")
        read = self.reader
        return {
            "id": self._uuid(found.get("id"), ""),
            "domain": read.text(found.get("domain")),
            "client_id": read.text(found.get("client_id")) or "5b9a3f00-0000-4000-8000-00000000a44a",
            "client_secret": read.text(found.get("client_secret")) or "sandbox-client-secret",
            "roles": read.texts(found.get("roles")) if "roles" in found else list(DEFAULT_ROLES),
        }

    # --- Entra ----------------------------------------------------------------------------------------------------

    def _objects(self, scenario: Scenario, top: dict[str, Place]) -> None:
        read = self.reader
        for key, place in read.entries(top.get("people")):
            found = read.mapping(place, "id name upn mail enabled guest deleted more", required="name upn")
            upn = read.text_or_null(found.get("upn"))
            person = EntraObject(
                key=key,
                id=self._uuid(found.get("id"), key),
                kind="user",
                name=read.text_or_null(found.get("name")),
                upn=upn,
                mail=read.text_or_null(found.get("mail")) if "mail" in found else upn,
                enabled=read.truth_or_null(found["enabled"]) if "enabled" in found else True,
                guest=read.truth(found.get("guest")),
                deleted=read.truth(found.get("deleted")),
                more=read.plain(found.get("more")),
            )
            self._known(person, place)
            scenario.objects.append(person)
        for key, place in read.entries(top.get("objects")):
            found = read.mapping(place, "id kind name more", required="kind name")
            kind = read.choice(found.get("kind"), KINDS[2:])
            thing = EntraObject(key, self._uuid(found.get("id"), key), kind, read.text(found.get("name")))
            thing.more = read.plain(found.get("more"))
            self._known(thing, place)
            scenario.objects.append(thing)

    def _known(self, thing: EntraObject, place: Place) -> None:
        if thing.key in self.objects:
            self.reader.problem(place, f"{thing.key} stands here twice")
        if thing.id in self.ids:
            self.reader.problem(place, f"{thing.key} has the id of {self.ids[thing.id]}")
        self.objects[thing.key] = thing
        self.ids[thing.id] = thing.key

    def _groups(self, scenario: Scenario, place: Place | None) -> None:
        read = self.reader
        keys = {key for key, _ in read.entries(place, quiet=True)}
        for key, entry in read.entries(place):
            found = read.mapping(entry, "id name members more", required="name")
            group = EntraGroup(
                key, self._uuid(found.get("id"), key), read.text(found.get("name")), [], read.plain(found.get("more"))
            )
            if key in self.objects or group.id in self.ids:
                read.problem(entry, f"the key or id of {key} is taken")
            self.ids[group.id] = key
            for member in read.items(found.get("members")):
                name = read.text(member)
                if name not in self.objects and name not in keys:
                    read.problem(member, f"there is no {name!r} among people, objects and groups")
                elif name in group.members:
                    read.problem(member, f"{name} is a member twice")
                else:
                    group.members.append(name)
            scenario.groups.append(group)

    def _uuid(self, place: Place | None, key: str) -> str:
        if place is None:
            return str(uuid.uuid5(NAMESPACE, key))
        text = self.reader.text(place)
        try:
            return str(uuid.UUID(text))
        except ValueError:
            self.reader.problem(place, f"{text!r} is no UUID")
            return str(uuid.uuid5(NAMESPACE, text))

    # --- Rescue ---------------------------------------------------------------------------------------------------

    def _rescue(self, scenario: Scenario, place: Place | None) -> None:
        read = self.reader
        names = (
            "account_id organization technician_seats mobile_seats password_policy token_owner sso_password "
            "foreign_addresses master_administrators administrators technicians"
        )
        found = read.mapping(place, names)
        for name in ("account_id", "technician_seats", "mobile_seats"):
            if name in found:
                scenario.account[name] = read.number(found[name])
        for name in ("organization", "token_owner"):
            if name in found:
                scenario.account[name] = read.text(found[name])
        if "password_policy" in found:
            scenario.account["password_policy"] = read.choice(found["password_policy"], ("good", "strong", "excellent"))
        scenario.sso_password = read.text(found.get("sso_password"))
        scenario.foreign_addresses = read.texts(found.get("foreign_addresses"))
        scenario.master_administrators = [self._person(item) for item in read.items(found.get("master_administrators"))]
        for item in read.items(found.get("administrators")):
            is_group = "group" in dict(read.entries(item, quiet=True))
            scenario.administrators.append(self._group(item, ()) if is_group else self._person(item))
        scenario.technicians = [self._group(item, USUAL) for item in read.items(found.get("technicians"))]

    def _person(self, place: Place) -> RescuePerson:
        read = self.reader
        names = "person name email nick sso_id description status mobile rpat account_holder password id"
        found = read.mapping(place, names)
        values: dict[str, Any] = {}
        if "person" in found:
            entra = self.objects.get(read.text(found["person"]))
            if entra is None or entra.kind != "user":
                read.problem(found["person"], f"there is no {read.text(found['person'])!r} among people")
            else:
                values = {"name": entra.name or "", "email": entra.mail or entra.upn or ""}
        for name in ("name", "email", "nick", "sso_id", "description", "password"):
            if name in found:
                values[name] = read.text(found[name])
        for name in ("mobile", "rpat", "account_holder"):
            if name in found:
                values[name] = read.truth(found[name])
        if "status" in found:
            values["status"] = read.choice(found["status"], STATUSES)
        values.setdefault("nick", values.get("name", ""))
        return RescuePerson(values, read.number(found["id"]) if "id" in found else None)

    def _group(self, place: Place, permissions: Iterable[str]) -> RescueGroup:
        read = self.reader
        found = read.mapping(
            place, "group id description status permissions locked people groups links", required="group"
        )
        chosen = read.texts(found["permissions"]) if "permissions" in found else list(permissions)
        for name in chosen:
            if name not in PERMISSIONS:
                read.problem(place, f"there is no permission {name!r}")
        values: dict[str, Any] = {"name": read.text(found.get("group")), "permissions": chosen}
        values["description"] = read.text(found.get("description"))
        values["locked"] = read.texts(found.get("locked"))
        if "status" in found:
            values["status"] = read.choice(found["status"], STATUSES)
        return RescueGroup(
            values,
            read.number(found["id"]) if "id" in found else None,
            [self._person(item) for item in read.items(found.get("people"))],
            [self._group(item, chosen) for item in read.items(found.get("groups"))],
            read.texts(found.get("links")),
        )

    def _fault(self, scenario: Scenario, place: Place) -> None:
        kinds = {part.name: part.type for part in fields(Fault)}
        plain = self.reader.plain(place)
        for name in ("method", "item", "token", "location"):
            if name in plain:
                plain[name] = str(plain[name])
        if isinstance(plain.get("match"), dict):
            plain["match"] = {str(name): str(value) for name, value in plain["match"].items()}
        try:
            unknown = sorted(set(plain) - set(kinds))
            if unknown:
                raise UsageError(f"a fault has no {', '.join(unknown)}")
            scenario.faults.append(make_fault(**plain))
        except (UsageError, TypeError) as error:
            self.reader.problem(place, str(error))
