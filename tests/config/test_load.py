"""`load_mappings` on whole files: the effective configuration, or every problem at once."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.config.load import load_mappings, parse_mappings
from reconciler.config.settle import nfc
from reconciler.config.yaml_lines import MAX_PROBLEMS
from reconciler.errors import InputError
from reconciler.model.hierarchy import Role
from reconciler.model.mappings import EntraGroupName, Mappings

EXAMPLES = Path(__file__).parents[1] / "examples"
TENANT = "8d2f4c1e-0000-4000-8000-2b7f3d9a1c55"
HEAD = "version: 1\nrescue: {account_id: 1234567}\n"


def load(text: str, tenant_id: str | None = TENANT) -> Mappings:
    return parse_mappings("m.yaml", text.encode(), tenant_id=tenant_id)


def problems(text: str, tenant_id: str | None = TENANT) -> list[str]:
    with pytest.raises(InputError) as caught:
        load(text, tenant_id)
    return caught.value.lines()


def test_the_example_of_the_specification_means_what_it_says() -> None:
    found = load_mappings(EXAMPLES / "good" / "product.yaml", tenant_id=None)
    assert found.owner == "8d2f"
    mapping = found.mappings[0]
    assert mapping.entra_group == EntraGroupName("6a1d0c7e-0000-4000-8000-9f4e2b8d7c10", "Helpdesk EMEA")
    assert (mapping.rescue_group, mapping.role, mapping.nested) == (("EMEA", "Helpdesk"), Role.TECHNICIAN, "mirror")
    assert found.overrides[0].until == date(2027, 1, 31)
    assert found.permits[0].actions == frozenset({"5be0c1d29a7f0013"})


def test_built_in_defaults_depend_on_role_and_full_sync() -> None:
    found = load(
        f"""{HEAD}mappings:
  - {{entra_group: Plain, rescue_group: A}}
  - {{entra_group: " Without ", rescue_group: [B, C/D], full_sync: false}}
  - {{entra_group: 6A1D0C7E-0000-4000-8000-9f4e2b8d7c10, rescue_group: 337364, role: admin}}
"""
    )
    plain, without, admin = found.mappings
    assert (plain.nested, plain.create_missing, plain.role) == ("mirror", True, Role.TECHNICIAN)
    assert (plain.mobile_license, plain.upn_as_sso_id, plain.create_group, plain.allow_empty, plain.priority) == (
        "keep",
        False,
        False,
        False,
        100,
    )
    assert (plain.name, plain.entra_group, plain.line) == ("A", EntraGroupName(None, "Plain"), 4)
    assert (without.nested, without.create_missing, without.name) == ("flatten", False, "B/C/D")
    assert (without.rescue_group, without.entra_group.name, str(without.entra_group)) == (
        ("B", "C/D"),
        "Without",
        "Without",
    )
    assert (admin.nested, admin.create_missing, admin.name) == ("direct", True, "node 337364")
    assert (admin.entra_group.id, admin.rescue_group_text) == ("6a1d0c7e-0000-4000-8000-9f4e2b8d7c10", "node 337364")


def test_a_mapping_overrides_what_defaults_say_and_null_takes_it_away() -> None:
    found = load(
        f"""{HEAD}defaults:
  {{full_sync: false, create_missing: true, priority: 0, permissions_from: T / S, nested: direct}}
mappings:
  - {{entra_group: a, rescue_group: A}}
  - {{entra_group: b, rescue_group: B, full_sync: true, priority: -1, permissions_from: null, nested: flatten}}
  - {{entra_group: c, rescue_group: C, permissions_from: X, create_missing: false}}
"""
    )
    one, two, three = found.mappings
    assert (one.full_sync, one.create_missing, one.priority, one.permissions_from) == (False, True, 0, ("T", "S"))
    assert (one.nested, two.nested) == ("direct", "flatten")
    assert (two.full_sync, two.create_missing, two.priority, two.permissions_from) == (True, True, -1, None)
    assert (three.permissions_from, three.create_missing) == (("X",), False)


@pytest.mark.parametrize(
    ("entra", "environment", "owner", "tenant"),
    [
        ("", None, "", None),
        ("", TENANT.upper(), "8d2f", TENANT),
        ("entra: {tenant_id: ABCD4c1e-0000-4000-8000-2b7f3d9a1c55}\n", TENANT, "abcd", "abcd" + TENANT[4:]),
        ("entra: {tenant_id: 8D2F4C1E-0000-4000-8000-2b7f3d9a1c55}\n", TENANT, "8d2f", TENANT),
        ("entra: {cloud: china}\n", "", "", None),
    ],
)
def test_the_owner_comes_from_the_tenant_that_counts(
    entra: str, environment: str | None, owner: str, tenant: str | None
) -> None:
    found = load(f"{HEAD}{entra}mappings: []\n", environment)
    assert (found.owner, found.tenant_id) == (owner, tenant)


def test_an_owner_that_is_written_is_used_in_lower_case() -> None:
    assert load("version: 1\nrescue: {account_id: 1, owner: Contoso-1}\nmappings: []\n").owner == "contoso-1"


OLD = "7b2e1d8f-0000-4000-8000-a05f3c9e8d21"
OLDER = "8c3f2e90-0000-4000-8000-b1604dafae32"
BASE = f"""{HEAD}protected: [a@contoso.example, b@contoso.example]
mappings:
  - {{name: one, entra_group: 6a1d0c7e-0000-4000-8000-9f4e2b8d7c10, rescue_group: A/B}}
  - {{name: two, entra_group: Zürich, rescue_group: C, replaces: [{OLD}, {OLDER}]}}
overrides:
  - {{login: temp@contoso.example, action: exclude, until: 2027-01-31}}
  - {{login: more@contoso.example, action: hold, until: 2027-01-31}}
permits:
  - {{guard: max_moves, actions: ["0000000000000001", "0000000000000002"], until: 2027-01-31}}
"""


@pytest.mark.parametrize(
    "other",
    [
        BASE.replace("\nmappings", "\n# a comment\n\nmappings"),
        BASE.replace("a@contoso.example, b@contoso.example", "B@Contoso.example, a@contoso.example"),
        BASE.replace("6a1d0c7e", "6A1D0C7E"),
        BASE.replace("6a1d0c7e-0000-4000-8000-9f4e2b8d7c10", "{id: 6a1d0c7e-0000-4000-8000-9f4e2b8d7c10}"),
        BASE.replace("Zürich", "Zu\u0308rich"),
        BASE.replace("rescue_group: A/B", "rescue_group: [A, B]"),
        BASE.replace("account_id: 1234567", "account_id: 1234567, requests_per_second: 1, owner: 8D2F"),
        BASE.replace("until: 2027-01-31}", "until: 2027-01-31, reason: why}"),
        BASE.replace('"0000000000000001", "0000000000000002"', '"0000000000000002", "0000000000000001"'),
        BASE.replace("{guard", "{reason: x, guard"),
        BASE.replace("\nmappings:", "\ndefaults: {full_sync: true, role: technician, priority: 100}\nmappings:"),
        BASE.replace("\nmappings:", "\nsettings: {adopt: login}\nlimits: {groups: 5}\nmappings:"),
        BASE.replace(f"{OLD}, {OLDER}", f"{OLDER}, {OLD}"),
        BASE.replace("\nmappings:", f"\nentra: {{tenant_id: {TENANT}}}\nmappings:"),
    ],
)  # fmt: skip
def test_what_cannot_change_a_plan_is_not_in_the_digest(other: str) -> None:
    assert other != BASE
    assert load(other).config_digest == load(BASE).config_digest


def test_the_order_of_entries_is_not_in_the_digest() -> None:
    lines = BASE.splitlines()
    swapped = [*lines[:4], lines[5], lines[4], lines[6], lines[8], lines[7], *lines[9:]]
    assert load("\n".join(swapped)).config_digest == load(BASE).config_digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("1234567", "1234568"),
        ("name: one", "name: uno"),
        ("rescue_group: C", "rescue_group: c"),
        ("rescue_group: C", "rescue_group: 337364"),
        ("rescue_group: C", "rescue_group: C, nested: flatten"),
        ("rescue_group: C", "rescue_group: C, priority: 99"),
        ("b@contoso", "c@contoso"),
        ("exclude", "hold"),
        ("2027-01-31}", "2027-02-01}"),
        ("0000000000000002", "0000000000000003"),
        ("max_moves", "max_creates"),
        ("\nmappings:", "\nsettings: {guests: include}\nmappings:"),
        ("\nmappings:", "\nlimits: {members: 5}\nmappings:"),
        ("\nmappings:", "\nguards: {max_moves: 29%}\nmappings:"),
        ("\nmappings:", "\nentra: {cloud: us-gov}\nmappings:"),
        ("account_id: 1234567", "account_id: 1234567, region: eu"),
        ("account_id: 1234567", "account_id: 1234567, owner: other"),
        ("account_id: 1234567", "account_id: 1234567, mobile_seats: 1"),
        (f", {OLDER}", ""),
        ("overrides:", "retired: [{entra_group: 9d403fa1-0000-4000-8000-c2715eb0bf43, people: keep}]\noverrides:"),
    ],
)
def test_what_can_change_a_plan_is_in_the_digest(old: str, new: str) -> None:
    assert old in BASE
    assert load(BASE.replace(old, new)).config_digest != load(BASE).config_digest


def test_lines_are_those_of_the_first_key() -> None:
    found = load(
        f"""{HEAD}
mappings:
  -
    # a comment
    entra_group: a
    rescue_group: A
overrides:
  - {{login: a@contoso.example, action: hold, until: 2027-01-31}}
retired:
  - people: keep
    entra_group: 9D403fa1-0000-4000-8000-c2715eb0bf43
permits:
  - guard: max_moves
    actions: ["0000000000000001"]
    until: 2027-01-31
"""
    )
    assert found.mappings[0].line == 7
    assert (found.overrides[0].line, found.retired[0].line, found.permits[0].line) == (10, 12, 15)
    assert found.retired[0].entra_group == "9d403fa1-0000-4000-8000-c2715eb0bf43"


def test_two_overrides_in_one_line_for_one_person_are_found() -> None:
    entry = "{login: a@contoso.example, action: hold, until: 2027-01-31}"
    (line,) = problems(f"{HEAD}mappings: []\noverrides: [{entry}, {entry}]\n")
    assert line.startswith('m.yaml:4:82: "a@contoso.example" has an override in line 4 already')


def test_every_problem_is_told_up_to_some_hundreds() -> None:
    lines = problems(HEAD + "mappings:\n" + "  - {}\n" * 1000)
    assert len(lines) == MAX_PROBLEMS + 1
    assert "or more like these follow" in lines[-1]
    assert len(problems(HEAD + "mappings:\n" + "  - {}\n" * 200)) == 400


def test_a_refused_value_is_not_told_again() -> None:
    assert problems(f"{HEAD}mappings: *all\n") == [
        "m.yaml:3:11: *all repeats a value from elsewhere, which is not followed; write the value out, or put what "
        "mappings share under `defaults:`"
    ]
    (line,) = problems("!all {}\n")
    assert line.startswith("m.yaml:1:1: the tag !all")


def test_unsound_defaults_leave_the_checks_of_what_is_inherited_out() -> None:
    lines = problems(
        f"""{HEAD}defaults: {{role: boss}}
settings: {{initial_password: generate}}
mappings:
  - {{entra_group: a, rescue_group: A, create_group: true}}
  - {{entra_group: a, rescue_group: A}}
"""
    )
    assert [line.split(";")[0] for line in lines] == [
        'm.yaml:3:18: defaults.role cannot be "boss"',
        'm.yaml:7:5: the name "A", which is its rescue_group, is also that of the mapping in line 6',
        'm.yaml:7:19: the Entra group "a" is already mapped in line 6',
    ]


def test_pydantic_would_be_heard_if_the_schema_let_something_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.config.load.schema_problems", lambda _: [])
    assert problems("version: 1\nrescue: {account_id: x}\nmappings: [{entra_group: a}]\n") == [
        "m.yaml:2:22: rescue.account_id: Input should be a valid integer; see schema/",
        "m.yaml:3:12: this mapping: Field required; see schema/",
    ]


def read_error(path: str | Path) -> str:
    with pytest.raises(InputError) as caught:
        load_mappings(path, tenant_id=None)
    (line,) = caught.value.lines()
    assert caught.value.exit_code == 2
    return line


def test_files_that_cannot_be_read_are_input_errors(tmp_path: Path) -> None:
    assert read_error(tmp_path / "none.yaml").startswith(f"{tmp_path}/none.yaml: there is no such file; ")
    assert read_error(tmp_path).startswith(f"{tmp_path}: this is a directory; ")
    assert read_error(f"{tmp_path}/none.yaml/x").startswith(f"{tmp_path}/none.yaml/x: there is no such file; ")
    (tmp_path / "file").write_bytes(b"")
    assert "cannot be read (Not a directory)" in read_error(f"{tmp_path}/file/x")
    assert "cannot be read (embedded null byte)" in read_error("a\0b")
    assert "cannot be read (File name too long)" in read_error("x" * 5000)
    assert read_error("").startswith("(no name): this is a directory")


def test_a_file_without_the_right_to_read_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)  # root may read everything, so modes prove nothing
    assert "this file may not be read" in read_error(tmp_path / "file")


def test_a_file_too_large_is_not_even_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    large = tmp_path / "large.yaml"
    with large.open("wb") as stream:
        stream.truncate(10_000_000)
    monkeypatch.setattr("reconciler.config.load.read_yaml", None)
    assert read_error(large) == f"{large}: this file is larger than 2 MB; name a mappings file"
    assert "larger than 2 MB" in read_error("/dev/zero")  # says its size is 0


def words(*choices: str) -> st.SearchStrategy[str]:
    return st.sampled_from(choices)


NAME = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="/"), min_size=1, max_size=12)
MAPPING = st.fixed_dictionaries(
    {"rescue_group": st.lists(NAME, min_size=1, max_size=3) | st.integers(min_value=1)},
    optional={
        "full_sync": st.booleans(),
        "nested": words("flatten", "direct"),
        "mobile_license": words("award", "release", "keep"),
        "upn_as_sso_id": st.booleans(),
        "create_missing": st.booleans(),
        "allow_empty": st.booleans(),
        "priority": st.integers(-1000, 1000),
    },
)
FILE = st.fixed_dictionaries(
    {
        "version": st.just(1),
        "rescue": st.fixed_dictionaries(
            {"account_id": st.integers(min_value=1)},
            optional={"requests_per_second": st.floats(0.1, 100), "owner": words("a", "B")},
        ),
        "mappings": st.lists(MAPPING, max_size=5),
    },
    optional={
        "entra": st.fixed_dictionaries({}, optional={"cloud": words("global", "china"), "tenant_id": st.just(TENANT)}),
        "settings": st.fixed_dictionaries({}, optional={"guests": words("skip"), "adopt_admins": st.booleans()}),
        "guards": st.fixed_dictionaries(
            {},
            optional={
                "max_moves": st.integers(0, 99) | st.integers(0, 100).map(lambda n: f"{n}%") | st.just("off"),
                "min_admins": st.integers(0, 9) | st.just("off"),
            },
        ),
        "protected": st.lists(NAME, max_size=3),
    },
)  # fmt: skip


class _Quoting(yaml.SafeDumper):
    """Quotes every text: PyYAML writes by YAML 1.1, in which a name like `0E0` needs none."""


_Quoting.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # machines are busy
@given(FILE, st.booleans())
def test_a_valid_configuration_means_the_same_in_any_style(value: dict[str, Any], flow: bool) -> None:
    for number, mapping in enumerate(value["mappings"]):
        mapping |= {"name": f"m{number}", "entra_group": str(UUID(int=(number + 1) << 96))}
    texts = [
        json.dumps(value, ensure_ascii=False),
        json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True),
        yaml.dump(value, Dumper=_Quoting, default_flow_style=flow, allow_unicode=True, sort_keys=flow),
    ]
    found = [parse_mappings("f", text.encode(), tenant_id=None) for text in texts[:2]]
    assert found[0].config_digest == found[1].config_digest
    assert [item.name for item in found[0].mappings] == [item["name"] for item in value["mappings"]]
    for item, said in zip(found[0].mappings, value["mappings"], strict=True):
        group = said["rescue_group"]
        assert item.rescue_group == (group if isinstance(group, int) else tuple(map(nfc, group)))
    assert found[0].requests_per_second == value["rescue"].get("requests_per_second", 5)
    assert parse_mappings("f", texts[2].encode(), tenant_id=None).config_digest == found[0].config_digest


@pytest.mark.parametrize("said", ["\\n::error::x", "\\u202e", "x" * 61], ids=["a line break", "a turn", "too long"])
def test_what_a_remedy_repeats_stays_one_short_line(said: str) -> None:
    with pytest.raises(InputError) as refused:
        parse_mappings("f", f'version: 1\nmappings: "{said}"\n'.encode(), tenant_id=None)
    [line] = [line for line in refused.value.lines() if "write a list" in line]
    assert line.isprintable()
    assert len(line) < 140


def test_of_hundreds_of_warnings_the_first_are_told() -> None:
    found = load(f"{HEAD}mappings: []\nprotected: [{', '.join(f'p{number}' for number in range(1000))}]\n")
    assert len(found.warnings) == MAX_PROBLEMS + 1
