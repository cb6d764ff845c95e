"""Rescue groups: their paths, mappings that share one, and those that may be created (D11, D13)."""

from __future__ import annotations

from reconciler.config.checks.parts import Pair, Parts, Remarks
from reconciler.config.messages import shown
from reconciler.config.settle import nfc, path_of
from reconciler.config.yaml_lines import Place
from reconciler.model.hierarchy import Role
from reconciler.model.mappings import Mapping


def check_rescue_groups(parts: Parts, remarks: Remarks) -> None:
    """Paths have no empty step; a number in quotes is warned of, which is a name and no node id (D13)."""
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


def check_shared_groups(parts: Parts, remarks: Remarks) -> None:
    """Mappings of one Rescue group are of one role; what would be a conflict of theirs is warned of (D11)."""
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


def check_group_creation(parts: Parts, remarks: Remarks) -> None:
    """A group at the top that may be created says whose permissions it gets (D13)."""
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
