"""Who is told apart as in sync before any rule is tried, and who is not although the bulk read looks right."""

from __future__ import annotations

import pytest

from reconciler.model.marker import Licence

from .world import World, mark


def _in_sync() -> World:
    world = World().mapping("field")
    world.person("ann", "field").node("ann", mark("ann"))
    return world


def _told(world: World) -> tuple[int, list[str], dict[str, str]]:
    made = world.plan()
    return made.plan.summary.unchanged, made.codes, made.verbs


def test_somebody_in_sync_is_counted_and_nothing_else() -> None:
    assert _told(_in_sync()) == (1, [], {})


def test_two_markers_of_one_person_in_a_text_are_no_sync_though_one_of_them_is_right() -> None:
    world = World().mapping("field")
    world.person("ann", "field").node("ann", f"{mark('ann')} {mark('ann', 'gone')}")
    assert _told(world) == (0, ["marker_bad ann"], {})


@pytest.mark.parametrize("second", ["other", "zed"], ids=["before", "after"])
def test_a_marker_on_two_nodes_is_reported_whichever_of_them_is_right(second: str) -> None:
    world = World().mapping("field")
    world.person("ann", "field")
    for id_, login in sorted([(1000, "ann"), (999 if second == "other" else 1001, second)]):
        world.node("ann", mark("ann"), id=id_, login=f"{login}@x.example")
    unchanged, codes, verbs = _told(world)
    assert (unchanged, [code.split()[0] for code in codes], verbs) == (1, ["marker_twice"], {})


@pytest.mark.parametrize(
    ("said", "code"), [({"mail": "same@x.example"}, "duplicate_login"), ({"upn": "same@x.example"}, "duplicate_sso")]
)
def test_what_two_people_would_have_is_in_sync_with_neither(said: dict[str, str], code: str) -> None:
    world = World().mapping("field", upn_as_sso_id=True)
    for key in ("ann", "bea"):
        login = said.get("mail", f"{key}@x.example")
        sso = said.get("upn", f"{key}@x.example")
        world.person(key, "field", **said).node(key, mark(key, sso=sso), login=login, sso=sso)
    unchanged, codes, verbs = _told(world)
    assert (unchanged, {found.split()[0] for found in codes}, verbs) == (0, {code}, {})


def test_a_name_that_cannot_be_written_is_in_sync_with_nobody() -> None:
    world = World().mapping("field")
    world.person("ann", "field", name="<b>").node("ann", mark("ann"), name="<b>")
    assert _told(world) == (0, ["bad_name ann"], {})


def test_everybody_in_sync_is_counted() -> None:
    world = _in_sync()
    world.both("bea")
    world.both("cat")
    assert _told(world) == (3, [], {})


def test_D4_a_full_refresh_looks_at_everybody_linked_or_not() -> None:
    world = _in_sync()
    world.person("new", "field")
    world.node("left", mark("left"))
    made = world.plan("full")
    assert (made.verbs, made.plan.summary.unchanged) == ({"left": "disable", "new": "create"}, 1)


@pytest.mark.parametrize(
    ("mobile_license", "before", "verbs"),
    [
        ("award", None, {"ann": "update"}),
        ("award", Licence.GIVEN, {}),
        ("release", None, {"ann": "update"}),
        ("keep", Licence.GIVEN, {"ann": "update"}),
        ("keep", None, {}),
    ],
    ids=["to be awarded", "awarded", "to be released", "no longer managed", "never managed"],
)
def test_whose_licence_is_managed_or_was_is_looked_at_though_all_else_is_right(
    mobile_license: str, before: Licence | None, verbs: dict[str, str]
) -> None:
    world = World().mapping("field", mobile_license=mobile_license)
    world.both("ann", marker=mark("ann", m=before), mobile=before is Licence.GIVEN)
    assert world.plan().verbs == verbs


def test_D11_of_three_mappings_the_best_has_somebody_and_three_equal_ones_nobody() -> None:
    world = World().mapping("a", priority=3).mapping("b", priority=2).mapping("c", priority=1)
    world.person("ann", "a", "b", "c").node("ann", mark("ann", "c"), group="c")
    assert _told(world) == (1, [], {})
    world = World().mapping("a").mapping("b").mapping("c")
    world.person("ann", "a", "b", "c").node("ann", mark("ann", "c"), group="c")
    assert sorted(world.plan().message("conflict").rpartition(": ")[2].split(", ")) == ["a", "b", "c"]


@pytest.mark.parametrize(
    "said",
    [{"name": " Ann \t"}, {"login": "ANN@x.example"}, {"name": "Ann\u00a0"}],
    ids=["blanks and a tab", "capitals", "a blank that is none"],
)
def test_D20_another_dress_of_the_same_name_or_login_is_in_sync_and_nobody_is_asked_for(said: dict[str, str]) -> None:
    world = World().mapping("field")
    world.both("ann", **said)
    made = world.plan()
    assert (made.asked, made.plan.summary.unchanged) == ([], 1)
