"""The JSON Schemas: equal to the checked-in files, tidy, and of one mind with the models."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from reconciler.config.messages import schema_accepts
from reconciler.config.schema import DRAFT, mappings_schema, schema_files, schema_text
from reconciler.model.file import MappingsFile

ROOT = Path(__file__).parents[2]
NAMES = ["mappings.schema.json", "plan.schema.json", "outcomes.schema.json"]


@pytest.mark.parametrize("name", NAMES)
def test_the_checked_in_schema_is_that_of_the_models(name: str) -> None:
    """If this fails: `make schema`, and read the difference."""
    assert (ROOT / "schema" / name).read_text(encoding="utf-8") == schema_text(schema_files()[name])


@pytest.mark.parametrize("name", NAMES)
def test_schemas_are_valid_and_without_noise(name: str) -> None:
    schema = schema_files()[name]
    Draft202012Validator.check_schema(schema)
    assert (schema["$schema"], schema["$id"]) == (DRAFT, f"urn:rescue-reconciler:schema:{name.split('.')[0]}")
    text = schema_text({**schema, "title": ""})
    assert text.count('"title": "') == 1
    assert '"default": null' not in text


def test_every_key_of_the_file_has_a_description() -> None:
    schema = mappings_schema()
    for model in (schema, *schema["$defs"].values()):
        for key, item in model["properties"].items():
            target = schema["$defs"][item["$ref"].rpartition("/")[2]] if "$ref" in item else item
            assert item.get("description") or target.get("description"), key


def test_null_is_a_value_of_one_key_only() -> None:
    schema = mappings_schema()
    nullable = {
        key
        for model in (schema, *schema["$defs"].values())
        for key, item in model["properties"].items()
        if {"type": "null"} in item.get("anyOf", [])
    }
    assert nullable == {"permissions_from"}


def test_schemas_are_written_into_a_new_folder(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "reconciler.config.schema", str(tmp_path / "new")], check=True)
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == sorted(NAMES)
    assert json.loads((tmp_path / "new" / NAMES[0]).read_text(encoding="utf-8")) == mappings_schema()


WHOLE = yaml.safe_load(
    """
version: 1
entra: {tenant_id: 8d2f4c1e-0000-4000-8000-2b7f3d9a1c55, cloud: global}
rescue: {region: us, account_id: 1, owner: 8d2f, technician_seats: 1, mobile_seats: 0, requests_per_second: 5}
settings: {use_upn_as_email: false, adopt: login, initial_password: env, guests: skip}
limits: {groups: 1, members: 1}
guards: {max_removals: 20%, max_moves: 1, max_creates: "off", min_admins: 2, small_team: 1, on_violation: refuse}
protected: [a]
defaults: {role: technician, full_sync: true, nested: mirror, permissions_from: null, priority: 1}
mappings:
- {name: a, entra_group: {id: 6a1d0c7e-0000-4000-8000-9f4e2b8d7c10, name: b}, rescue_group: A, create_group: true,
   replaces: [6a1d0c7e-0000-4000-8000-9f4e2b8d7c10], mobile_license: keep, allow_empty: true, permissions_from: b}
- {entra_group: a, rescue_group: [A, B]}
- {entra_group: a, rescue_group: 1}
overrides: [{login: a, action: include, until: '2027-01-31', reason: b, mapping: c}]
retired: [{entra_group: 6a1d0c7e-0000-4000-8000-9f4e2b8d7c10, people: keep}]
permits: [{guard: max_moves, actions: [0000000000000000a], reason: x, until: '2027-01-31'}]
""".replace("0000000000000000a", "'000000000000000a'")
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in inner for place in places(item, (*path, key)))]


ODD = [
    None, True, False, 0, 1, -1, 2, 1.0, 0.5, 100.5, 10**30, "", " ", "\u00a0", "\u200b", "\u3000x", "a", "a\n", "\n",
    "a\x00", "a\x1f", "\x85", "a\u2028", "\x1c", "\ufeff", "off", "20%", "20%\n", "100%", "101%", "020%", "2٠%",
    "2027-01-31", "2027-01-31\n", "2027-13-01", "٢027-01-31", "true", "1", "mirror", "admin", "contoso.example",
    "6A1D0C7E-0000-4000-8000-9f4e2b8d7c10", "6a1d0c7e-0000-4000-8000-9f4e2b8d7c10\n", "contoso.", "000000000000000a\n",
    "K", "\U0001f600", [], [""], ["a"], ["a", 1], [[]], {}, {"id": None}, {"name": "a"}, {"a": 1}, {"version": 1},
]  # fmt: skip


def models_accept(value: Any) -> bool:
    try:
        MappingsFile.model_validate(value)
    except ValidationError:
        return False
    return True


def test_the_whole_file_is_accepted_by_both() -> None:
    assert schema_accepts(WHOLE)
    assert models_accept(WHOLE)


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_an_odd_value_at_any_place_is_judged_alike(odd: Any) -> None:
    for path in places(WHOLE):
        value = changed(path, odd, False)
        assert schema_accepts(value) == models_accept(value), path


@pytest.mark.parametrize("odd", [None, 1, "a", {}], ids=repr)
def test_an_odd_value_beside_any_place_is_judged_alike(odd: Any) -> None:
    for path in places(WHOLE):
        value = changed(path, odd, True)
        assert schema_accepts(value) == models_accept(value), path


def test_a_key_taken_out_anywhere_is_judged_alike() -> None:
    for path in places(WHOLE)[1:]:
        value = copy.deepcopy(WHOLE)
        del around(value, path)[path[-1]]
        assert schema_accepts(value) == models_accept(value), path


ANY = st.recursive(
    st.sampled_from(ODD[:30]) | st.text(max_size=3) | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "name", "rescue_group", "entra_group", "x"]), inner, max_size=3)
    ),
    max_leaves=4,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # machines are busy
@given(st.sampled_from(places(WHOLE)), ANY)
def test_any_value_at_any_place_is_judged_alike(path: tuple[Any, ...], odd: Any) -> None:
    value = changed(path, odd, False)
    assert schema_accepts(value) == models_accept(value)


def around(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path[:-1]:
        value = value[step]
    return value


def changed(path: tuple[Any, ...], odd: Any, extra: bool) -> Any:
    """The whole file with an odd value at a path, or (`extra`) beside it."""
    if not path:
        return odd
    value = copy.deepcopy(WHOLE)
    inside = around(value, path)
    if not extra:
        inside[path[-1]] = odd
    elif isinstance(inside, list):
        inside.append(odd)
    else:
        inside[f"{path[-1]}_"] = odd
    return value
