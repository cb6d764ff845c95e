"""The UPN beside each person (R77): shown where it was read, and nothing else is touched by it."""

from __future__ import annotations

from reconciler.model.plan import plan_digest

from .world import World, mark


def test_people_who_were_read_have_their_upn_and_others_none() -> None:
    world = World().mapping("field")
    world.person("new", "field")
    world.node("left", mark("left"))
    plan = world.plan().plan
    assert [(action.verbs[0], action.subject.login, action.subject.upn) for action in plan.actions] == [
        ("disable", "left@x.example", None),
        ("create", "new@x.example", "new@x.example"),
    ]


def test_the_upn_is_in_no_digest() -> None:
    world = World().mapping("field")
    world.person("new", "field")
    plan = world.plan().plan
    bare = [
        action.model_copy(update={"subject": action.subject.model_copy(update={"upn": None})})
        for action in plan.actions
    ]
    assert plan_digest(bare) == plan.digest


def test_people_of_nested_groups_have_theirs() -> None:
    world = World().mapping("field", nested="flatten").nest("field", "a").person("new", "a")
    assert world.plan().action("new").subject.upn == "new@x.example"
