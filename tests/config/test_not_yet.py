"""Every row of the table of what this version cannot act on: found where it stands, and not where it says nothing."""

from __future__ import annotations

import pytest

from reconciler.config.load import parse_mappings
from reconciler.config.not_yet import ROWS
from reconciler.model.mappings import NotYet

FILE = """version: 1
rescue: {account_id: 1, owner: a%(rescue)s}
settings: {guests: include, reenable: always, use_email_as_sso_id: true%(settings)s}
guards: {max_moves: 1%(guards)s}
defaults: {priority: 1%(defaults)s}
mappings:
  - {name: m, entra_group: 6a1d0c7e-0000-4000-8000-9f4e2b8d7c10, rescue_group: A/B%(mappings)s}
overrides:
  - {login: a@contoso.example, action: %(overrides)s, until: 2027-01-31}
retired: %(retired)s
protected: [a@contoso.example]
limits: {members: 5}
permits: [{guard: max_moves, actions: ["0000000000000001"], until: 2027-01-31}]
"""
NOTHING = dict.fromkeys(["rescue", "settings", "guards", "defaults", "mappings"], "") | {
    "overrides": "hold",
    "retired": "[]",
}
LINES = {"rescue": 2, "settings": 3, "guards": 4, "defaults": 5, "mappings": 7, "overrides": 9, "retired": 10}

REFUSED = []
ACTED_ON = [
    ("rescue", "requests_per_second: 1"),
    ("rescue", "technician_seats: 0"),
    ("rescue", "mobile_seats: 20"),
    ("rescue", "region: eu"),
    ("settings", "adopt: login"),
    ("settings", "adopt: never"),
    ("settings", "adopt: aliases"),
    ("settings", "adopt_admins: false"),
    ("settings", "unmanaged: report"),
    ("settings", "unmanaged: disable"),
    ("settings", "initial_password: env"),
    ("settings", "initial_password: generate"),
    ("settings", "use_upn_as_email: true"),
    ("guards", "on_violation: refuse"),
    ("guards", "on_violation: hold_removals"),
    ("guards", "max_removals: 5"),
    *[
        (place, said)
        for place in ("defaults", "mappings")
        for said in (
            "role: technician",
            "full_sync: true",
            "full_sync: false",
            "nested: direct",
            "nested: mirror",
            "nested: flatten",
            "mobile_license: keep",
            "mobile_license: award",
            "mobile_license: release",
            "create_group: true",
            "create_group: false",
            "permissions_from: T",
            "permissions_from: null",
            "create_missing: true",
            "create_missing: false",
            "allow_empty: true",
            "upn_as_sso_id: true",
        )
    ],
    ("mappings", "replaces: [7b2e1d8f-0000-4000-8000-a05f3c9e8d21]"),
    ("retired", "[{entra_group: 8c3f2e90-0000-4000-8000-b1604dafae32, people: keep}]"),
    ("overrides", "exclude"),
    ("overrides", "include, mapping: m"),
]


def found(place: str, said: str) -> tuple[NotYet, ...]:
    joined = said if place in ("overrides", "retired") else f", {said}"
    return parse_mappings("m", (FILE % (NOTHING | {place: joined})).encode(), tenant_id=None).not_yet


def test_what_is_acted_on_is_not_named() -> None:
    assert parse_mappings("m", (FILE % NOTHING).encode(), tenant_id=None).not_yet == ()


@pytest.mark.parametrize(("place", "said", "key"), REFUSED)
def test_what_cannot_be_acted_on_is_named_at_its_key(place: str, said: str, key: str) -> None:
    (item,) = found(place, said)
    line = (FILE % (NOTHING | {place: said if place in ("overrides", "retired") else f", {said}"})).splitlines()
    assert (item.key, item.line) == (key, LINES[place])
    name = {"overrides": "action:"}.get(place, said.split()[0])
    assert line[item.line - 1][item.column - 1 :].startswith(name)
    assert item.remedy


@pytest.mark.parametrize(("place", "said"), ACTED_ON)
def test_a_default_written_out_is_not_named(place: str, said: str) -> None:
    assert found(place, said) == ()


def test_every_row_is_tried() -> None:
    rows = {".".join(step for step in row.path if step not in ("*", "mappings")) for row in ROWS}
    assert rows == {key.split(":")[0] for _, _, key in REFUSED}


def test_a_line_says_where_what_and_what_to_write() -> None:
    text = FILE % (NOTHING | {"mappings": ", mobile_license: award"})
    assert parse_mappings("dir/m.yaml", text.encode(), tenant_id=None).not_yet_lines == (
        "dir/m.yaml:7:85: mobile_license: award is not supported yet; write keep",
    )
