"""Directories and accounts to measure on: a state file for the sandbox, and the mappings.yaml that belongs to it.

    python -m bench.worlds SHAPE FOLDER       in a process of its own, so that whoever measures stays small

Everybody is in sync: marker, login, name and place are what the plan wants. SSO IDs are managed, so that a print is
worked out for everybody. Where groups overlap, each has a priority of its own and the first group has the person.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TENANT = "8d2f4c1e-0000-4000-8000-2b7f3d9a1c55"
OWNER = TENANT[:4]
_FIRST = ("Mira", "Lena", "Jürgen", "Ana", "Tomas", "Zoë", "Ravi", "Chen", "Olu", "Kim", "Pia", "Sam", "Eva", "Ali")
_LAST = ("Holt", "Brandt", "Ivers", "Novak", "Silva", "Meyer", "Khan", "Rossi", "Berg", "Lund", "Adeyemi", "Cruz")


@dataclass(frozen=True, slots=True)
class Shape:
    """So many groups of so many members each; `people` 0: nobody is in two of them."""

    name: str
    groups: int
    members: int
    people: int = 0

    @property
    def memberships(self) -> int:
        return self.groups * self.members

    @property
    def everybody(self) -> int:
        return self.people or self.memberships

    def members_of(self, group: int) -> Iterator[int]:
        """The numbers of the people in a group; where groups overlap, each begins a little after the one before."""
        begin = group * self.everybody // self.groups
        return ((begin + place) % self.everybody for place in range(self.members))


SHAPES = {
    shape.name: shape
    for shape in (
        Shape("usual", 20, 25),
        Shape("100x100", 100, 100),
        Shape("316x316", 316, 316),
        Shape("999x999", 999, 999),
        Shape("overlapping", 999, 999, people=100_000),
    )
}


def group_id(group: int) -> str:
    """Group ids differ in their first eight digits, as a file's must (D3)."""
    return f"{0x6A000000 + group * 7919:08x}-0000-4000-8000-{group:012x}"


def person_id(person: int) -> str:
    return f"{person * 2654435761 % 2**32:08x}-0000-4000-8000-{person:012x}"


def name_of(person: int) -> str:
    return f"{_FIRST[person % len(_FIRST)]} {_LAST[person % len(_LAST)]} {person}"


def login_of(person: int) -> str:
    return f"{_LAST[person % len(_LAST)].lower()}.{person}@contoso.example"


def marker_of(person: int, group: int) -> str:
    """The link as we would have written it, worked out here by the letter of D3."""
    sso = hashlib.sha256(login_of(person).encode()).hexdigest()[:8]
    return f"[entra:{OWNER}:{person_id(person)}@{group_id(group)[:8]}#{sso}]"


def write_mappings(shape: Shape, file: Path) -> None:
    """The file: each group onto a Rescue group of its own."""
    lines = [
        "version: 1",
        f"entra: {{tenant_id: {TENANT}}}",
        "rescue: {account_id: 1234567, requests_per_second: 100}",
        "defaults: {full_sync: true, upn_as_sso_id: true}",
        "mappings:",
    ]
    for group in range(shape.groups):
        lines += [
            f"  - entra_group: {{id: {group_id(group)}, name: Group {group:04}}}",
            f"    rescue_group: G{group:04}",
            f"    priority: {group + 1}",
        ]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_state(shape: Shape, file: Path) -> None:
    """The sandbox's state, filled in bulk."""
    from reconciler.sandbox import SandboxState, parse_scenario
    from reconciler.sandbox.loading import load

    with SandboxState(file) as state, state.transaction():
        load(state, parse_scenario(_scenario(shape)))
        state.add_people(
            (person_id(person), name_of(person), login_of(person), login_of(person), True)
            for person in range(shape.everybody)
        )
        state.add_members(
            (group_id(group), person_id(person)) for group in range(shape.groups) for person in shape.members_of(group)
        )
        nodes = {node["name"]: node["id"] for node in state.nodes()}
        placed = bytearray(shape.everybody)
        for group in range(shape.groups):
            here = [person for person in shape.members_of(group) if not placed[person]]
            for person in here:
                placed[person] = 1
            state.add_technicians(
                nodes[f"G{group:04}"],
                [(name_of(person), login_of(person), marker_of(person, group)) for person in here],
            )


def _scenario(shape: Shape) -> str:
    lines = [f"tenant: {{id: {TENANT}, domain: contoso.example}}", "groups:"]
    lines += [f"  g{group}: {{id: {group_id(group)}, name: Group {group:04}}}" for group in range(shape.groups)]
    lines += ["rescue:", "  master_administrators:", "  - {name: Sync, email: sync@contoso.example}", "  technicians:"]
    lines += [f"  - {{group: G{group:04}}}" for group in range(shape.groups)]
    return "\n".join(lines) + "\n"


def main() -> None:
    shape, folder = SHAPES[sys.argv[1]], Path(sys.argv[2])
    write_mappings(shape, folder / "mappings.yaml")
    (folder / "groups.txt").write_text("".join(f"{group_id(group)}\n" for group in range(shape.groups)))
    write_state(shape, folder / "state.db")


if __name__ == "__main__":
    main()
