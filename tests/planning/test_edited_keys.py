"""The keys an edit edits, in the words of the file, from two files as people write them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reconciler.config.load import parse_mappings
from reconciler.config.words import words_of_nothing
from reconciler.model.plan import Edit
from reconciler.planning.edited_keys import edited_keys, with_people
from reconciler.render.edits import edit_words

TENANT = "8d2f4c1e-0000-4000-8000-2b7f3d9a1c55"
GROUPS = {key: f"{key * 8}-0000-4000-8000-000000000000" for key in "abcd"}


def pair(key: str, **said: Any) -> dict[str, Any]:
    return {"name": f"m-{key}", "entra_group": GROUPS[key], "rescue_group": f"EMEA/{key}"} | said


def file_of(**said: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "version": 1,
        "entra": {"tenant_id": TENANT},
        "rescue": {"account_id": 7},
        "mappings": [pair("a"), pair("b")],
    }
    return base | said


def words(file: dict[str, Any]) -> Any:
    return parse_mappings("f.yaml", json.dumps(file).encode(), tenant_id=None).words


def edits(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return [edit_words(edit) for edit in edited_keys(words(before), words(after))]


DAY = {"until": "2027-01-31"}
PERMIT = {"guard": "max_removals", "actions": ["5be0c1d29a7f0013"], "until": "2026-12-01"}
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "nothing": ({}, {}, []),
    "a key against its default": (
        {},
        {"settings": {"use_upn_as_email": True}},
        ["settings.use_upn_as_email: false -> true"],
    ),
    "a default written out is no edit": ({}, {"settings": {"use_upn_as_email": False}}, []),
    "a number becomes a share": (
        {"guards": {"max_moves": 5}},
        {"guards": {"max_moves": "20%"}},
        ["guards.max_moves: 5 -> 20%"],
    ),
    "a pace": (
        {"rescue": {"account_id": 7, "requests_per_second": 5}},
        {"rescue": {"account_id": 7, "requests_per_second": 2.5}},
        ["rescue.requests_per_second: 5 -> 2.5"],
    ),
    "seats for the first time": (
        {},
        {"rescue": {"account_id": 7, "technician_seats": 120}},
        ["rescue.technician_seats: added: 120"],
    ),
    "a key of a mapping against what it inherited": (
        {"defaults": {"mobile_license": "release"}},
        {"defaults": {"mobile_license": "release"}, "mappings": [pair("a", mobile_license="award"), pair("b")]},
        ["mappings.m-a.mobile_license: release -> award"],
    ),
    "defaults are told once, and not of those who inherit": (
        {},
        {"defaults": {"full_sync": False}},
        ["defaults.full_sync: true -> false"],
    ),
    "a key taken out of a mapping falls back": (
        {"mappings": [pair("a", priority=5), pair("b")]},
        {},
        ["mappings.m-a.priority: 5 -> 100"],
    ),
    "a mapping comes": (
        {},
        {"mappings": [pair("a"), pair("b"), pair("c")]},
        [f"mappings.m-c: added: {GROUPS['c']} to EMEA/c"],
    ),
    "a mapping goes": ({}, {"mappings": [pair("b")]}, [f"mappings.m-a: removed, was {GROUPS['a']} to EMEA/a"]),
    "a mapping is called otherwise": (
        {},
        {"mappings": [pair("a", name="other"), pair("b")]},
        ["mappings.other.name: m-a -> other"],
    ),
    "another Rescue group": (
        {},
        {"mappings": [pair("a", rescue_group=["EMEA", "x", "y"]), pair("b")]},
        ["mappings.m-a.rescue_group: EMEA/a -> EMEA/x/y"],
    ),
    "another Entra group under the same name": (
        {},
        {"mappings": [pair("a", entra_group={"id": GROUPS["c"], "name": "C"}), pair("b")]},
        [f"mappings.m-a.entra_group: {GROUPS['a']} -> C ({GROUPS['c']})"],
    ),
    "replaces": (
        {},
        {"mappings": [pair("a", replaces=[GROUPS["c"], GROUPS["d"]]), pair("b")]},
        [f'mappings.m-a.replaces: "" -> {GROUPS["c"]}, {GROUPS["d"]}'],
    ),
    "order means nothing": ({}, {"mappings": [pair("b"), pair("a")]}, []),
    "an override comes, another lasts longer": (
        {"overrides": [{"login": "a@x", "action": "hold"} | DAY]},
        {
            "overrides": [
                {"login": "b@x", "action": "include", "mapping": "m-a"} | DAY,
                {"login": "a@x", "action": "hold", "until": "2027-02-28"},
            ]
        },
        [
            "overrides.a@x (hold).until: 2027-01-31 -> 2027-02-28",
            "overrides.b@x (include): added: include in m-a until 2027-01-31",
        ],
    ),
    "two permits for one guard": (
        {"permits": [PERMIT]},
        {"permits": [PERMIT, PERMIT | {"actions": ["00" * 8, "11" * 8]}]},
        ["permits.max_removals (2): added: 2 actions until 2026-12-01"],
    ),
    "protected": (
        {"protected": ["a@x"]},
        {"protected": ["*@y"]},
        ["protected: added: *@y", "protected: removed, was a@x"],
    ),
    "retired": (
        {"retired": [{"entra_group": GROUPS["d"].upper(), "people": "keep"}]},
        {"retired": [{"entra_group": GROUPS["d"], "people": "disable"}]},
        [f"retired.{GROUPS['d']}.people: keep -> disable"],
    ),
    "a permit": ({}, {"permits": [PERMIT]}, ["permits.max_removals: added: 1 action until 2026-12-01"]),
    "sections in the order of the file": (
        {},
        {"guards": {"max_moves": "off"}, "settings": {"adopt": "never"}, "defaults": {"priority": 1}},
        ["settings.adopt: login -> never", "guards.max_moves: 30% -> off", "defaults.priority: 100 -> 1"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_edits_are_told_in_the_words_of_the_file(case: str) -> None:
    before, after, told = CASES[case]
    assert edits(file_of(**before), file_of(**after)) == told


@pytest.mark.parametrize("case", CASES)
def test_the_way_back_edits_the_same_keys(case: str) -> None:
    before, after, _ = CASES[case]
    there = {(edit.before, edit.after) for edit in edited_keys(words(file_of(**before)), words(file_of(**after)))}
    back = {(edit.after, edit.before) for edit in edited_keys(words(file_of(**after)), words(file_of(**before)))}
    assert there == back


def test_a_missing_file_is_one_without_mappings_for_the_same_account() -> None:
    after = words(file_of(settings={"adopt": "never"}, rescue={"account_id": 7, "owner": "cafe"}))
    assert [edit.key for edit in edited_keys(words_of_nothing(after), after)] == [
        "settings.adopt", "mappings.m-a", "mappings.m-b",
    ]  # fmt: skip


def test_of_a_file_that_grew_by_much_each_mapping_is_told() -> None:
    many = [pair("a", name=f"m-{number:02}", entra_group=f"{number:08}-{GROUPS['a'][9:]}") for number in range(40)]
    told = edits(file_of(mappings=[]), file_of(mappings=many))
    assert [line.partition(":")[0] for line in told] == [f"mappings.m-{number:02}" for number in range(40)]


def test_names_that_mean_something_to_a_differ_are_only_names() -> None:
    after = file_of(mappings=[pair("a", name="__private"), pair("b", name="root['x'].y")])
    assert edits(file_of(mappings=[]), after) == [
        f"mappings.__private: added: {GROUPS['a']} to EMEA/a",
        f"mappings.root['x'].y: added: {GROUPS['b']} to EMEA/b",
    ]


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        (["settings.adopt"], {"settings.adopt": 61}),
        (
            ["settings.adopt", "guards.max_moves", "permits.max_moves", "overrides.a (hold).reason"],
            {"settings.adopt": 61},
        ),
        (["settings.adopt", "settings.guests"], {}),
        (["guards.max_moves"], {}),
        (["mappings.a.name", "mappings.a.priority"], {"mappings.a.priority": 61}),
    ],
    ids=["one key", "one beside idle ones", "two", "idle ones alone", "a new name beside it"],
)  # fmt: skip
def test_people_are_told_of_the_one_key_that_can_have_caused_it(keys: list[str], told: dict[str, int]) -> None:
    made = with_people(tuple(Edit(key=key, before="x", after="y") for key in keys), 61)
    assert {edit.key: edit.people for edit in made if edit.people is not None} == told
