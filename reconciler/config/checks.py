"""What no schema can see: keys that contradict each other, one thing named twice, names nothing bears.

Each check looks at the sound parts of the file only, so that one mistake is not reported a second time as its
consequence. A problem makes the file invalid; a warning is something valid that is probably not meant.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches

from reconciler.config.messages import shown
from reconciler.config.settle import is_guid, nfc, path_of, settled_owner
from reconciler.config.yaml_lines import Document, Path, Place
from reconciler.errors import Problem
from reconciler.model import file as words
from reconciler.model.hierarchy import Role
from reconciler.model.mappings import Mapping
from reconciler.model.text import normal_login

_ALMOST_AN_ID = re.compile(r"[{(]?[0-9A-Fa-f][0-9A-Fa-f-]{28,42}[)}]?\Z")


@dataclass(frozen=True, slots=True)
class Pair:
    """A sound mapping: its index in the file, its words, and what they mean."""

    index: int
    said: words.Mapping
    mapping: Mapping

    @property
    def path(self) -> Path:
        return ("mappings", self.index)


@dataclass(slots=True)
class Parts:
    """The sound parts of a file. A section that is wrong in itself is None; an entry that is wrong is left out."""

    document: Document
    tenant_id: str | None
    """What the environment says."""
    entra: words.EntraSection | None
    rescue: words.RescueSection | None
    settings: words.Settings | None
    limits: words.Limits | None
    guards: words.Guards | None
    defaults: words.MappingKeys | None
    protected: list[tuple[int, str]]
    pairs: list[Pair]
    overrides: list[tuple[int, words.Override]]
    retired: list[tuple[int, words.Retired]]
    permits: list[tuple[int, words.Permit]]
    mappings_written: int
    """How many mappings the file holds, sound or not."""

    @property
    def tenant(self) -> str | None:
        """The tenant that counts: the file's word before the environment's."""
        said = self.entra.tenant_id if self.entra else None
        return (said or self.tenant_id or "").lower() or None


@dataclass(slots=True)
class Remarks:
    """What the checks found, in any order."""

    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    def problem(self, place: Place, message: str, remedy: str) -> None:
        self.problems.append(Problem(*place, message, remedy))

    def warning(self, place: Place, message: str, remedy: str = "") -> None:
        self.warnings.append(Problem(*place, message, remedy))


def check_parts(parts: Parts) -> Remarks:
    """Runs every check."""
    remarks = Remarks()
    for check in (
        _check_count,
        _check_names,
        _check_entra_groups,
        _check_markers,
        _check_rescue_groups,
        _check_shared_groups,
        _check_roles,
        _check_group_creation,
        _check_sso,
        _check_owner,
        _check_overrides,
        _check_permits,
        _check_guards,
        _check_protected,
    ):
        check(parts, remarks)
    return remarks


def _check_count(parts: Parts, remarks: Remarks) -> None:
    written = parts.mappings_written
    if parts.limits and written > parts.limits.groups:
        remarks.problem(
            parts.document.value_place(("mappings", parts.limits.groups)),
            f"{written} mappings are more than limits.groups allows, which is {parts.limits.groups}",
            "take mappings out, or raise limits.groups",
        )
    if written == 0 and ("mappings",) in parts.document.values:
        remarks.warning(parts.document.key_place(("mappings",)), "there are no mappings, so nothing is managed")


def _check_names(parts: Parts, remarks: Remarks) -> None:
    seen: dict[str, Pair] = {}
    for pair in parts.pairs:
        name = pair.mapping.name
        first = seen.setdefault(name, pair)
        if first is not pair:
            given = "" if pair.said.name else ", which is its rescue_group,"
            remarks.problem(
                parts.document.value_place((*pair.path, "name")),
                f"the name {shown(name)}{given} is also that of the mapping in line {first.mapping.line}",
                "give each mapping a name: of its own",
            )


def _check_entra_groups(parts: Parts, remarks: Remarks) -> None:
    by_id: dict[str, Pair] = {}
    by_name: dict[str, Pair] = {}
    beside: dict[str, Pair] = {}
    for pair in parts.pairs:
        group, path = pair.mapping.entra_group, (*pair.path, "entra_group")
        place = parts.document.value_place(path)
        if group.id:
            first = by_id.setdefault(group.id, pair)
            if group.name and first is pair:
                beside.setdefault(group.name, pair)
        else:
            first = by_name.setdefault(group.name or "", pair)
        if first is not pair:
            remarks.problem(
                place,
                f"the Entra group {shown(str(group.id or group.name))} is already mapped in line {first.mapping.line}",
                "keep one of the two mappings",
            )
        if not group.id and group.name and _ALMOST_AN_ID.match(group.name):
            remarks.warning(
                place,
                f"{shown(group.name)} looks like an object id but is none, so it is read as a display name",
                "write it like 6a1d0c7e-0000-4000-8000-9f4e2b8d7c10",
            )
    for name in beside.keys() & by_name.keys():
        first, second = sorted((beside[name], by_name[name]), key=lambda pair: pair.index)
        remarks.warning(
            parts.document.value_place((*second.path, "entra_group")),
            f"the Entra group {shown(name)} may be the one mapped in line {first.mapping.line}",
            "keep one of the two mappings, or write both by id",
        )


def _check_markers(parts: Parts, remarks: Remarks) -> None:
    """A marker names its mapping by the first 8 hex digits of a group id: every one must lead to one place (D3, D7)."""
    document = parts.document
    living = {pair.mapping.entra_group.id: pair for pair in parts.pairs if pair.mapping.entra_group.id}
    retired: dict[str, int] = {}
    for index, entry in parts.retired:
        group, path = entry.entra_group.lower(), ("retired", index, "entra_group")
        place = document.value_place(path)
        if group in living:
            line = living[group].mapping.line
            remarks.problem(
                place,
                f"{group} is retired but mapped in line {line}",
                "take the mapping out, or this entry",
            )
        if group in retired:
            remarks.problem(place, f"{group} is already retired in line {retired[group]}", "keep one of the two")
        retired.setdefault(group, place.line)
    replaced: dict[str, tuple[int, int]] = {}
    for pair in parts.pairs:
        for number, group in enumerate(pair.mapping.replaces):
            place = document.value_place((*pair.path, "replaces", number))
            if group in living:
                remarks.problem(
                    place,
                    f"{group} cannot be replaced, it is the group of the mapping in line {living[group].mapping.line}",
                    "take it out of replaces, or that mapping out of the file",
                )
            if group in retired:
                remarks.problem(
                    place, f"{group} is replaced here and retired in line {retired[group]}", "say one of the two"
                )
            if group in replaced:
                index, line = replaced[group]
                where = "twice here" if index == pair.index else f"already in line {line}"
                remarks.problem(place, f"{group} is replaced {where}", "keep one of them")
            replaced.setdefault(group, (pair.index, place.line))
    _check_short_ids(parts, remarks)


def _check_short_ids(parts: Parts, remarks: Remarks) -> None:
    groups: list[tuple[str, Path, Path]] = []
    for pair in parts.pairs:
        if pair.mapping.entra_group.id:
            groups.append((pair.mapping.entra_group.id, pair.path, (*pair.path, "entra_group")))
        groups += [
            (group, pair.path, (*pair.path, "replaces", number)) for number, group in enumerate(pair.mapping.replaces)
        ]
    groups += [
        (entry.entra_group.lower(), ("retired", index), ("retired", index, "entra_group"))
        for index, entry in parts.retired
    ]
    seen: dict[str, tuple[str, Path, Path]] = {}
    for group, owner, path in groups:
        first, first_owner, first_path = seen.setdefault(group[:8], (group, owner, path))
        if group != first and owner != first_owner:
            remarks.problem(
                parts.document.value_place(path),
                f"the Entra groups {group} and {first} (line {parts.document.value_place(first_path).line}) begin with "
                "the same 8 digits, so markers could not tell them apart",
                "use another Entra group for one of them",
            )


def _check_rescue_groups(parts: Parts, remarks: Remarks) -> None:
    for pair in parts.pairs:
        said, place = pair.said.rescue_group, parts.document.value_place((*pair.path, "rescue_group"))
        if isinstance(said, str):
            _check_path_text(said, place, remarks)
            if said.strip().isdigit():
                remarks.warning(
                    place,
                    f"{shown(said)} in quotes is the name of a group",
                    f"write {said.strip()} without quotes if it is a node id",
                )
        if pair.said.permissions_from is not None:
            own = parts.document.value_place((*pair.path, "permissions_from"))
            _check_path_text(pair.said.permissions_from, own, remarks)
    if parts.defaults and parts.defaults.permissions_from is not None:
        place = parts.document.value_place(("defaults", "permissions_from"))
        _check_path_text(parts.defaults.permissions_from, place, remarks)


def _check_path_text(text: str, place: Place, remarks: Remarks) -> None:
    names = path_of(text)
    if not all(names):
        rest = ", ".join(name for name in names if name)
        remarks.problem(
            place,
            f"{shown(text)} has an empty name before, after or between slashes",
            f"take the slash out, or write a list of names, like [{rest or 'EMEA, Help/Desk'}]",
        )


def _check_shared_groups(parts: Parts, remarks: Remarks) -> None:
    if parts.defaults is None:
        return
    seen: dict[tuple[str, ...] | int, Pair] = {}
    folded: dict[tuple[Role, tuple[str, ...]], Pair] = {}
    for pair in parts.pairs:
        group, role = pair.mapping.rescue_group, pair.mapping.role
        place = parts.document.value_place((*pair.path, "rescue_group"))
        first = seen.setdefault(group, pair)
        if first.mapping.role is not role:
            remarks.problem(
                place,
                f"this Rescue group has role {role} here and role {first.mapping.role} in line {first.mapping.line}",
                "keep one of the two; if they are two groups of one name, write a node id for one of them",
            )
        elif first is not pair and _differ(first.mapping, pair.mapping):
            remarks.warning(
                place,
                f"people in both this mapping and that of line {first.mapping.line} are in conflict: one Rescue group, "
                "one priority, different settings",
                "give one of them a lower priority:",
            )
        if isinstance(group, tuple):
            other = folded.setdefault((role, tuple(nfc(name.casefold()) for name in group)), pair)
            if other.mapping.rescue_group != group:
                remarks.warning(
                    place,
                    f"{shown(pair.mapping.rescue_group_text)} differs from {shown(other.mapping.rescue_group_text)} in "
                    f"line {other.mapping.line} by case only",
                    "write both alike if they are one group",
                )


def _differ(one: Mapping, other: Mapping) -> bool:
    settings = [(item.full_sync, item.mobile_license, item.upn_as_sso_id) for item in (one, other)]
    return one.priority == other.priority and settings[0] != settings[1]


def _check_roles(parts: Parts, remarks: Remarks) -> None:
    """Keys that the role, or full_sync, rules out (D1, D2, D10, D13)."""
    for pair in parts.pairs if parts.defaults else ():
        mapping = pair.mapping
        if mapping.role is Role.ADMIN:
            if not mapping.entra_group.id:
                remarks.problem(
                    parts.document.value_place((*pair.path, "entra_group")),
                    "a mapping with role admin names its Entra group by display name",
                    "write the group's object id",
                )
            if mapping.nested == "mirror":
                _rule_out(parts, remarks, pair, "nested", "mirror is for technicians", "direct or flatten", "role")
            if mapping.mobile_license != "keep":
                message = f"{mapping.mobile_license} is for technicians"
                _rule_out(parts, remarks, pair, "mobile_license", message, "keep", "role")
            if mapping.create_group:
                message = "administrator groups are never created"
                _rule_out(parts, remarks, pair, "create_group", message, "false", "role")
            if mapping.permissions_from is not None:
                message = "administrator groups are never created"
                _rule_out(parts, remarks, pair, "permissions_from", message, "null", "role")
        elif not mapping.full_sync:
            if mapping.nested == "mirror":
                message = "mirror needs full_sync: true"
                _rule_out(parts, remarks, pair, "nested", message, "flatten or direct", "full_sync")
            for key, useless in (("create_group", mapping.create_group), ("upn_as_sso_id", mapping.upn_as_sso_id)):
                if useless and key in pair.said.model_fields_set:
                    place = parts.document.key_place((*pair.path, key))
                    remarks.warning(place, f"{key} has no effect without full_sync")
            if mapping.mobile_license == "award" and pair.said.mobile_license:
                place = parts.document.key_place((*pair.path, "mobile_license"))
                remarks.warning(place, "mobile_license: award has no effect without full_sync")


def _rule_out(parts: Parts, remarks: Remarks, pair: Pair, key: str, why: str, instead: str, cause: str) -> None:
    """A key that another one, `cause`, rules out: told where the mapping says either of them."""
    keys = parts.document.keys
    if (*pair.path, key) in keys:
        remarks.problem(parts.document.value_place((*pair.path, key)), f"{key}: {why}", f"write {instead}")
        return
    place = parts.document.key_place((*pair.path, cause))
    remarks.problem(place, f"{key} is inherited from defaults: {why}", f"write {key}: {instead} in this mapping")


def _check_group_creation(parts: Parts, remarks: Remarks) -> None:
    for pair in parts.pairs if parts.defaults else ():
        mapping, group = pair.mapping, pair.mapping.rescue_group
        if mapping.role is Role.ADMIN:
            continue
        top = isinstance(group, tuple) and len(group) == 1
        if mapping.create_group and top and mapping.permissions_from is None:
            remarks.problem(
                parts.document.key_place((*pair.path, "create_group")),
                f"create_group for {shown(mapping.rescue_group_text)}, a group at the top, lacks permissions_from",
                "add permissions_from: with the path of a group whose permissions it gets",
            )
        if mapping.create_group and mapping.permissions_from == group:
            remarks.problem(
                parts.document.value_place((*pair.path, "permissions_from")),
                "permissions_from is the group that may have to be created",
                "name another group",
            )
        if pair.said.permissions_from is not None and not (mapping.create_group and top):
            why = "below another group it gets that one's" if mapping.create_group else "create_group is not true"
            remarks.warning(
                parts.document.key_place((*pair.path, "permissions_from")),
                f"permissions_from has no effect: {why}",
                "take it out",
            )


def _check_sso(parts: Parts, remarks: Remarks) -> None:
    if parts.settings is None or parts.defaults is None:
        return
    by_email = parts.settings.use_email_as_sso_id
    both: dict[Place, None] = {}
    without: list[str] = []
    for pair in parts.pairs:
        mapping = pair.mapping
        if by_email and mapping.upn_as_sso_id and mapping.full_sync:
            own = (*pair.path, "upn_as_sso_id")
            both[parts.document.key_place(own if own in parts.document.keys else ("defaults", "upn_as_sso_id"))] = None
        if _creates_without_sso(mapping, by_email=by_email):
            without.append(mapping.name)
    for place in both:
        remarks.warning(place, "upn_as_sso_id and settings.use_email_as_sso_id both apply; upn_as_sso_id wins")
    if parts.settings.initial_password == "generate" and without:  # noqa: S105
        more = f" and {len(without) - 3} more" if len(without) > 3 else ""
        remarks.problem(
            parts.document.value_place(("settings", "initial_password")),
            f"generate needs an SSO ID rule, and full_sync, on every mapping that creates people; "
            f"{', '.join(map(shown, without[:3]))}{more} would get people who can never sign in",
            "write settings.use_email_as_sso_id: true, or upn_as_sso_id: true there, or env here",
        )


def _creates_without_sso(mapping: Mapping, *, by_email: bool) -> bool:
    """Would people of this mapping begin without an SSO ID? Without full_sync everybody does (D3, D19)."""
    if not mapping.create_missing:
        return False
    return not mapping.full_sync or not (by_email or mapping.upn_as_sso_id)


def _check_owner(parts: Parts, remarks: Remarks) -> None:
    said = parts.entra.tenant_id if parts.entra else None
    place = parts.document.value_place(("entra", "tenant_id"))
    if said and parts.tenant_id and said.lower() != parts.tenant_id.lower():
        if is_guid(said) and is_guid(parts.tenant_id):
            remarks.warning(
                place, f"AZURE_TENANT_ID names another tenant, {parts.tenant_id}; this one, {said}, is used"
            )
        else:
            remarks.warning(place, f"AZURE_TENANT_ID says {shown(parts.tenant_id)}; what stands here is used")
    if parts.entra and parts.rescue and settled_owner(parts.rescue.owner, parts.tenant) is None:
        where = "entra.tenant_id" if said else "AZURE_TENANT_ID"
        remarks.problem(
            parts.document.key_place(("rescue",)),
            f"rescue lacks owner, which has no default while {where} is not an object id",
            "add owner: with a short tag that no other tenant uses in this account",
        )


def _check_overrides(parts: Parts, remarks: Remarks) -> None:
    names = {pair.mapping.name for pair in parts.pairs}
    all_known = len(parts.pairs) == parts.mappings_written
    seen: dict[str, Place] = {}
    for index, entry in parts.overrides:
        path: Path = ("overrides", index)
        place = parts.document.value_place((*path, "login"))
        first = seen.setdefault(normal_login(entry.login), place)
        if first != place:
            remarks.problem(
                place, f"{shown(entry.login)} has an override in line {first.line} already", "keep one of the two"
            )
        elif "@" not in entry.login and not (entry.action == "include" and is_guid(entry.login.strip())):
            remarks.warning(place, f"{shown(entry.login)} is no address, so nobody can have it as login")
        if entry.action == "include" and entry.mapping is None:
            remarks.problem(
                parts.document.value_place(path),
                "include lacks mapping",
                "add mapping: with the name of the mapping they count in",
            )
        elif entry.action != "include" and entry.mapping is not None:
            remarks.problem(
                parts.document.key_place((*path, "mapping")),
                f"mapping means nothing with {entry.action}",
                "take it out",
            )
        elif entry.mapping is not None and nfc(entry.mapping.strip()) not in names and all_known:
            close = get_close_matches(entry.mapping[:200], names, 1)
            remarks.problem(
                parts.document.value_place((*path, "mapping")),
                f"no mapping has the name {shown(entry.mapping)}",
                f"write {close[0]}" if close else "write the name of one that is in the file",
            )
        _check_day(parts, (*path, "until"), entry.until, remarks)


def _check_permits(parts: Parts, remarks: Remarks) -> None:
    seen: dict[tuple[str, str], int] = {}
    for index, entry in parts.permits:
        for number, action in enumerate(entry.actions):
            place = parts.document.value_place(("permits", index, "actions", number))
            if (entry.guard, action) in seen:
                remarks.problem(
                    place,
                    f"action {action} is already permitted for {entry.guard} in line {seen[entry.guard, action]}",
                    "keep one of the two",
                )
            seen.setdefault((entry.guard, action), place.line)
        _check_day(parts, ("permits", index, "until"), entry.until, remarks)


def _check_day(parts: Parts, path: Path, text: str, remarks: Remarks) -> None:
    try:
        date.fromisoformat(text)
    except ValueError:
        remarks.problem(
            parts.document.value_place(path), f"{text} is not a day of the calendar", "write a day like 2027-01-31"
        )


def _check_guards(parts: Parts, remarks: Remarks) -> None:
    """Nothing switches a guard off silently (§6)."""
    for name, limit in parts.guards or ():
        if limit in ("off", "100%"):
            said = "is off" if limit == "off" else "at 100% never refuses"
            remarks.warning(parts.document.value_place(("guards", name)), f"the guard {name} {said}")


def _check_protected(parts: Parts, remarks: Remarks) -> None:
    for index, login in parts.protected:
        place = parts.document.value_place(("protected", index))
        if not login.strip(" *"):
            remarks.warning(place, f"{shown(login)} protects everybody, so nothing is ever written")
        elif "@" not in login and "*" not in login:
            remarks.warning(place, f"{shown(login)} is no address, so nobody can have it as login")
