"""Groups of both sides for somebody who chooses among them: as text for a terminal, or as JSON for a program."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.model.choices import FoundGroup, Licences, MemberCount, RescueGroup, Search
from reconciler.model.hierarchy import Role
from reconciler.render.safe import padded, visible, width
from reconciler.render.words import many

TITLES = {Role.TECHNICIAN: "Technicians", Role.ADMIN: "Administrators"}
Counts = Mapping[str, MemberCount | None]


def render_search(search: Search, counts: Counts, *, shown: int) -> str:
    """One line a group, the first `shown` of them, and how many more there are. Empty where nothing was found."""
    if not search.groups:
        return ""
    rows = [("NAME", "OBJECT ID", "KIND", "MEMBERS")]
    rows += [
        (visible(group.name), group.id, kind_words(group), member_words(group, counts.get(group.id)))
        for group in search.groups[:shown]
    ]
    left = len(search.groups) - shown
    return table(rows) + (f"... and {left} more; a longer term finds fewer\n" if left > 0 else "")


def search_as_json(search: Search, counts: Counts, term: str) -> str:
    """Everything found; `members` is null where it was not counted."""
    groups = [
        {
            "id": group.id,
            "name": group.name,
            "kind": group.kind,
            "dynamic": group.dynamic,
            "hidden_membership": group.hidden,
            "members": _members_as_json(counts.get(group.id)),
        }
        for group in search.groups
    ]
    found = {"term": term, "complete": search.complete, "looked_at": search.looked_at, "groups": groups}
    return json.dumps(found, ensure_ascii=False, indent=2) + "\n"


def kind_words(group: FoundGroup) -> str:
    """`security, dynamic`."""
    return f"{group.kind}, dynamic" if group.dynamic else group.kind


def member_words(group: FoundGroup, count: MemberCount | None) -> str:
    """`12 people, 2 groups`; `hidden` and `not known` where there is no number."""
    if group.hidden:
        return "hidden membership"
    if count is None:
        return "not known"
    people = ("more than " if count.more else "") + many(count.people, "person")
    return f"{people}, {many(count.groups, 'group')}" if count.groups else people


def render_tree(
    organization: str,
    account_id: int,
    groups: Mapping[Role, Sequence[RescueGroup]],
    licences: Mapping[int, Licences] | None = None,
) -> str:
    """Both trees with node ids, and with `licences` the add-ons of the people directly in each group."""
    lines = [f"{visible(organization)}, account {account_id}", ""]
    for role, listed in groups.items():
        heads = ("NODE", "ENABLED", "DISABLED", *(("MOBILE", "RPAT") if licences is not None else ()))
        rows = [(TITLES[role], *heads)]
        for group in listed:
            name = "(directly below)" if not group.path else "  " * len(group.path) + visible(group.path[-1])
            more = () if licences is None else _licence_columns(licences.get(group.node_id))
            rows.append((name, str(group.node_id), str(group.enabled), str(group.disabled), *more))
        lines += table(rows).splitlines()
        lines += [f"  ! {remark}" for remark in _twins(listed)]
        lines.append("")
    return "\n".join(lines[:-1]) + "\n"


def tree_as_json(
    organization: str,
    account_id: int,
    groups: Mapping[Role, Sequence[RescueGroup]],
    licences: Mapping[int, Licences] | None = None,
) -> str:
    """The same for a program; `mobile` and `rpat` are null where nobody asked."""
    listed: list[dict[str, Any]] = []
    for role, of_role in groups.items():
        for group in of_role:
            known = None if licences is None else licences.get(group.node_id, Licences(0, 0, rpat_known=True))
            listed.append(
                {
                    "node_id": group.node_id,
                    "role": str(role),
                    "path": list(group.path),
                    "path_is_unique": not group.ambiguous,
                    "enabled": group.enabled,
                    "disabled": group.disabled,
                    "mobile": known.mobile if known else None,
                    "rpat": known.rpat if known and known.rpat_known else None,
                }
            )
    found = {"account_id": account_id, "organization": organization, "groups": listed}
    return json.dumps(found, ensure_ascii=False, indent=2) + "\n"


def table(rows: Sequence[Sequence[str]]) -> str:
    """Columns aligned by terminal width, two blanks between them."""
    columns = [max(width(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(padded(cell, size) for cell, size in zip(row, columns, strict=True)).rstrip() for row in rows]
    return "".join(f"{line}\n" for line in lines)


def _licence_columns(known: Licences | None) -> tuple[str, str]:
    if known is None:
        return "0", "0"
    return str(known.mobile), str(known.rpat) if known.rpat_known else "?"


def _twins(groups: Sequence[RescueGroup]) -> list[str]:
    paths = dict.fromkeys("/".join(group.path) for group in groups if group.ambiguous)
    return [f"{visible(path)} is there more than once: write the node id as rescue_group" for path in paths]


def _members_as_json(count: MemberCount | None) -> dict[str, Any] | None:
    return None if count is None else {"people": count.people, "groups": count.groups, "more": count.more}
