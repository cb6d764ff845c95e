"""The plan: actions, findings, guards, digests; and what became of it. `schema/plan.schema.json` is made from here.

A plan is one value, made first; every output is rendered from it (product.md §4). Field names are edges other programs
depend on: minor versions only add. No secret is ever in one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.dataclasses import dataclass
from pydantic.fields import FieldInfo

from reconciler.model.canonical import digest_of
from reconciler.model.text import encodable

Verb = Literal["create_group", "adopt", "create", "enable", "disable", "update", "move"]
VERBS: tuple[Verb, ...] = ("create_group", "adopt", "create", "enable", "disable", "update", "move")
FieldName = Literal["login", "name", "sso_id", "mobile_license", "enabled", "description"]
Refresh = Literal["auto", "full", "bulk"]
Result = Literal["done", "failed", "skipped", "stale", "unknown", "held"]
RoleName = Literal["technician", "admin"]
Text = Annotated[str, AfterValidator(encodable)]
"""Text from outside; JSON cannot hold the lone surrogates that Entra's answers can."""

ERROR_CODES = frozenset(
    "frozen group_clash marker_bad marker_twice bad_name duplicate_login duplicate_sso half_made role_change "
    "unconfirmed leaver_kept".split()
)
WARNING_CODES = frozenset(
    "adopt_blocked blocked_login both_roles conflict cycle edit_waiting expired group_gone group_missing group_moved "
    "group_renamed guest kept_disabled no_login no_mobile_seat no_seat orphaned possible_rename protected "
    "reading_moved unmanaged".split()
)


_TOLERANT = ConfigDict(extra="ignore")


class PlanModel(BaseModel):
    """Minor versions add fields, so a reader passes over those it does not know (§4)."""

    model_config = ConfigDict(frozen=True, **_TOLERANT)


class Part:
    """A piece of an action. There are eight of an action, so they hold nothing but their fields."""

    __slots__ = ()

    def model_copy(self, *, update: Mapping[str, Any]) -> Self:
        """The same with other values, which are not checked again: like that of a model."""
        copy = object.__new__(type(self))
        for name, value in {**self.model_dump(), **update}.items():
            object.__setattr__(copy, name, value)
        return copy

    def model_dump(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in fields_of(type(self))}


def fields_of(part: type[Part]) -> Mapping[str, FieldInfo]:
    """The fields of a kind of piece, in their order, as a model's `model_fields`."""
    found: Mapping[str, FieldInfo] = part.__pydantic_fields__  # type: ignore[attr-defined]
    return found


@dataclass(frozen=True, slots=True, kw_only=True, config=_TOLERANT)
class Subject(Part):
    """Whom or what an action is about. People have a login (null for nobody yet known), groups a path.

    `upn` is what a member row gave; null for people in no group that was read.
    """

    entra_id: str | None = None
    login: Text | None = None
    upn: Text | None = None
    name: Text | None = None
    node_id: int | None = None
    presence: str | None = None
    path: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True, config=_TOLERANT)
class Place(Part):
    """The Rescue group before and after, as a path below the role's category; null: none."""

    before: Text | None = None
    after: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True, config=_TOLERANT)
class Change(Part):
    field: FieldName
    before: str | bool | None = None
    after: str | bool | None = None


class Action(PlanModel):
    """What happens to one person in one role, or to one group, as a reviewer can approve it."""

    id: str
    verbs: tuple[Verb, ...]
    role: RoleName
    mapping: Text | None
    origin: Literal["edit", "pending"] | None = None
    subject: Subject
    group: Place
    changes: tuple[Change, ...] = ()
    reason: Text
    line: int | None = None
    removal: bool = False
    depends_on: tuple[str, ...] = ()
    group_id: int | None = Field(default=None, exclude=True, repr=False)
    """Node id of `group.after`, for apply; not part of the plan's JSON. A negative one stands for a group that an
    action of the same plan creates: that action has the same number here."""
    parent_id: int | None = Field(default=None, exclude=True, repr=False)
    """Below which node a group is created; negative as above. Not part of the plan's JSON."""
    permissions_of: int | None = Field(default=None, exclude=True, repr=False)
    """Node id of the group whose permissions a created group gets; negative as above. Not part of the plan's JSON."""

    @property
    def rehires(self) -> bool:
        """Gives the node of somebody gone to a new person (D16): no other adoption enables."""
        return "adopt" in self.verbs and "enable" in self.verbs

    @property
    def sets_password(self) -> bool:
        """Whether a new person comes to the node, who gets the initial password (D16, D19)."""
        return "create" in self.verbs or self.rehires

    def after(self, field: FieldName) -> str | bool | None:
        """The new value of a field, or None where the action does not change it."""
        return next((change.after for change in self.changes if change.field == field), None)

    @property
    def takes_seat(self) -> bool:
        """Whether it leaves one more technician enabled; filling an enabled blank does not (D14, R64)."""
        if self.role != "technician":
            return False
        blank_is_enabled = self.subject.node_id is not None and (self.subject.presence or "").lower() != "disabled"
        return "enable" in self.verbs or ("create" in self.verbs and not blank_is_enabled)

    @property
    def frees_seat(self) -> bool:
        return self.role == "technician" and "disable" in self.verbs

    @property
    def awards(self) -> bool:
        """Whether it gives a mobile licence, which is a write of its own in the last stage (D22)."""
        return self.after("mobile_license") is True

    @property
    def releases(self) -> bool:
        """Whether it takes a mobile licence back."""
        return self.after("mobile_license") is False


class Finding(PlanModel):
    """Something a reader should know and no action tells. Only errors touch the exit code."""

    code: str
    severity: Literal["error", "warning"]
    mapping: Text | None = None
    login: Text | None = None
    message: Text


class MappingState(PlanModel):
    name: Text
    state: Literal["ok", "frozen"]
    entra_group: Text
    rescue_group: Text
    members: int | None
    """People in the group and, where nesting is followed, in those nested in it, each once; null while it is unread."""
    not_created: tuple[Text, ...] = ()
    """Logins of members who have nobody in Rescue and whom `create_missing: false` leaves so (R32)."""


class Guard(PlanModel):
    """One guard's verdict. `limit` null: switched off, or not judged."""

    name: str
    role: RoleName
    mapping: Text | None = None
    passed: bool
    measured: int
    of: int
    limit: int | None
    permitted: int = 0
    actions: tuple[str, ...] = ()
    """Ids of the actions counted, where the guard did not pass: what a permit would have to list."""


class SeatCount(PlanModel):
    """Seats, or mobile licences, before and after a plan. `bought` null: the file does not say, so all may be had."""

    bought: int | None = None
    before: int = 0
    freed: int = 0
    taken: int = 0
    after: int = 0
    without: tuple[Text, ...] = ()
    """Logins of those who get none: `no_seat`, `no_mobile_seat`."""


class Seats(PlanModel):
    technician: SeatCount
    mobile: SeatCount


class Summary(PlanModel):
    """Each action counted at its first verb; `changes_total` counts actions."""

    create_group: int = 0
    adopt: int = 0
    create: int = 0
    enable: int = 0
    update: int = 0
    move: int = 0
    disable: int = 0
    changes_total: int = 0
    unchanged: int = 0
    unmanaged: int = 0
    blocked: int = 0
    kept_disabled: int = 0
    frozen_mappings: int = 0


class Edit(PlanModel):
    """One key of the file that the edit changes, in the words of the file; an entry of a list may come or go whole.

    `before` null: the key, or the whole entry, is new; `after` null: it is gone.
    """

    key: Text
    before: Text | bool | int | float | None = None
    after: Text | bool | int | float | None = None
    people: int | None = None
    """How many people of whom something is done or stopped by it; null where that cannot be told of one key alone."""


class Plan(PlanModel):
    format_version: Literal["1.0"] = "1.0"
    digest: str
    edit_digest: str | None = None
    config_digest: str
    made_at: str
    sso_verified: Refresh
    summary: Summary
    seats: Seats
    actions: tuple[Action, ...]
    stopped: tuple[Action, ...] = ()
    findings: tuple[Finding, ...]
    mappings: tuple[MappingState, ...]
    guards: tuple[Guard, ...]
    held: tuple[str, ...] = ()
    """Ids of the actions that apply holds back (`on_violation: hold_removals`); the digest and the counts have them."""
    edits: tuple[Edit, ...] = ()
    """What the edit edits, where there is a base; empty without one."""
    rescue_read_at: str | None = None
    """When Rescue was read, where that was an earlier run (`--readings`); null: in this one."""
    only: tuple[Text, ...] = ()
    """The mappings that are shown (`--only`); empty: all. What cannot be told of a part is that of the whole plan."""

    @property
    def violations(self) -> tuple[Guard, ...]:
        return tuple(guard for guard in self.guards if not guard.passed)

    @property
    def refused(self) -> bool:
        """Whether a guard lets nothing of the plan be written (exit 4)."""
        return bool(self.violations) and not self.held

    @property
    def let_through(self) -> tuple[Action, ...]:
        """The actions that apply tries: all but those held back."""
        held = frozenset(self.held)
        return tuple(action for action in self.actions if action.id not in held)

    @property
    def has_errors(self) -> bool:
        """True when a finding of severity error makes the run end with 6."""
        return any(finding.severity == "error" for finding in self.findings)


class ActionOutcome(Action):
    """The plan's action and what became of it."""

    outcome: Result
    message: str


class Outcomes(PlanModel):
    """What one apply did: `apply --out`. Written in every case, also when nothing was (exit 4, 5, a signal)."""

    format_version: Literal["1.0"] = "1.0"
    digest: str | None
    """Of the plan; null where the run ended before it had one. Nothing was written then."""
    edit_digest: str | None = None
    account_id: int | None
    """Null where not even the file could be read."""
    exit_code: int
    error: Text | None = None
    """What ended the run before it had done all it could, as it was told."""
    started_at: str
    ended_at: str
    converged: bool | None
    """Whether the last reading equals the plan; null when nothing was read again."""
    actions: tuple[ActionOutcome, ...]
    findings: tuple[Finding, ...] = ()
    guards: tuple[Guard, ...] = ()
    edits: tuple[Edit, ...] = ()
    """What the edit edits, where there was a base; as in the plan."""
    stopped: tuple[Action, ...] = ()


def make_finding(code: str, message: str, *, mapping: str | None = None, login: str | None = None) -> Finding:
    """A finding with the severity its code has in product.md §4. Raises KeyError for a code that is not there."""
    if code not in ERROR_CODES and code not in WARNING_CODES:
        raise KeyError(code)
    severity: Literal["error", "warning"] = "error" if code in ERROR_CODES else "warning"
    return Finding(code=code, severity=severity, mapping=mapping, login=login, message=message)


def person_action_id(role: str, entra_id: str | None, node_id: int | None, *, twice: bool = False) -> str:
    """16 hex digits (§4). `twice`: one marker is on two nodes, so the node id is hashed as well."""
    key = f"{role}\0{entra_id}" if entra_id else f"{role}\0node:{node_id}"
    if twice and entra_id:
        key += f"\0node:{node_id}"
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def group_action_id(role: str, path: str) -> str:
    """16 hex digits (§4)."""
    return hashlib.sha256(f"group\0{role}\0{path}".encode("utf-8", "surrogatepass")).hexdigest()[:16]


def plan_digest(actions: Iterable[Action]) -> str:
    """The digest of §4: before guards hold anything; no clock, no run number, no input order."""
    rows = []
    for action in actions:
        subject = action.subject
        who = subject.entra_id
        if subject.path is not None:
            who = f"path:{subject.path}"
        elif who is None:
            who = f"node:{subject.node_id}"
        rows.append(
            (
                (action.role, who, str(subject.node_id)),
                {
                    "role": action.role,
                    "verbs": list(action.verbs),
                    "entra_id": subject.entra_id,
                    "node_id": subject.node_id,
                    "group": action.group.model_dump(),
                    "changes": [change.model_dump() for change in sorted(action.changes, key=lambda c: c.field)],
                },
            )
        )
    rows.sort(key=lambda row: row[0])
    return digest_of([row for _, row in rows])
