"""Entra groups: each is mapped once, and every marker leads to one place (D3, D7)."""

from __future__ import annotations

import re

from reconciler.config.checks.parts import Pair, Parts, Remarks
from reconciler.config.messages import shown
from reconciler.config.yaml_lines import Path

_ALMOST_AN_ID = re.compile(r"[{(]?[0-9A-Fa-f][0-9A-Fa-f-]{28,42}[)}]?\Z")


def check_entra_groups(parts: Parts, remarks: Remarks) -> None:
    """No Entra group is mapped twice, by id or by name; a name that is nearly an id is warned of."""
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


def check_markers(parts: Parts, remarks: Remarks) -> None:
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
