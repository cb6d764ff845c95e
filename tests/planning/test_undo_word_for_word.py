"""What an undo leaves, in the words a person reads."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reconciler.model.plan import Change

from .test_undo import Undone, disabled, handed_over, leave, ran, undo
from .world import World, id_of, mark


def seat_of(world: World, key: str):  # type: ignore[no-untyped-def]
    return next(seat for seat in world.seats.values() if seat.login.startswith(f"{key}@"))


def survives(world: World) -> Undone:
    run = disabled(world)
    world.caller_login = "ann@x.example"
    return undo(world, run)


def survives_by_the_login_before(world: World) -> Undone:
    """Only what the run says of the login before names somebody who is never written."""
    world.person("ann", "field", mail="new@x.example", upn="a@x.example")
    world.node("ann", mark("ann"))
    run = ran(world)
    assert [change.before for change in run[0].changes if change.field == "login"] == ["ann@x.example"]
    world.protected = ("ann@*",)
    return undo(world, run)


def protected(world: World) -> Undone:
    run = disabled(world)
    world.protected = ("ann@*",)
    return undo(world, run)


def group_made(world: World) -> Undone:
    world.mapping("fresh", node=False, create_group=True, permissions_from=("field",))
    return undo(world, [item.model_copy(update={"outcome": "unknown"}) for item in ran(world)])


def node_gone(world: World) -> Undone:
    run = disabled(world)
    del world.seats[seat_of(world, "ann").id]
    return undo(world, run)


def created_and_gone(world: World) -> Undone:
    world.person("new", "field")
    run = ran(world)
    del world.seats[max(world.seats)]
    return undo(world, run)


def linked_twice(world: World) -> Undone:
    world.person("new", "field")
    run = ran(world)
    world.node("twin", mark("new"))
    return undo(world, run)


def told_otherwise(world: World) -> Undone:
    run = disabled(world)
    seat = seat_of(world, "ann")
    world.told[seat.id] = seat.details()._replace(name="Somebody Else")
    return undo(world, run)


def changed_twice(world: World) -> Undone:
    world.both("ann", name="Ann Old")
    run = ran(world)
    seat = seat_of(world, "ann")
    seat.name, seat.login = "By Hand", "hand@x.example"
    return undo(world, run)


def sso_id_in_another_case(world: World) -> Undone:
    """An SSO ID is compared letter by letter (D20)."""
    run = disabled(world)
    seat_of(world, "ann").sso = "ANN"
    return undo(
        world,
        [run[0].model_copy(update={"changes": (Change(field="sso_id", before="x", after="ann"), *run[0].changes)})],
    )


def sso_id_with_a_blank(world: World) -> Undone:
    """The blank is a part of it as well."""
    world.both("ann", sso="x")
    world.settings["use_email_as_sso_id"] = True
    run = [item for item in ran(world) if item.subject.entra_id == id_of("ann")]
    seat_of(world, "ann").sso += " "
    return undo(world, run)


def login_changed_twice(world: World) -> Undone:
    world.person("ann", "field", mail="new@x.example", upn="a@x.example")
    world.node("ann", mark("ann"))
    run = ran(world)
    seat_of(world, "new").login = "hand@x.example"
    return undo(world, run)


def login_blanked_since(world: World) -> Undone:
    run = disabled(world)
    seat_of(world, "ann").login = ""
    return undo(world, run)


def said_without_a_login(world: World) -> Undone:
    run = disabled(world)
    nobody = run[0].subject.model_copy(update={"login": None})
    return undo(world, [run[0].model_copy(update={"subject": nobody})])


def licence_taken_since(world: World) -> Undone:
    run = disabled(world)
    said = Change(field="mobile_license", before=False, after=True)
    return undo(world, [run[0].model_copy(update={"changes": (said, *run[0].changes)})])


def moved(world: World) -> list:  # type: ignore[type-arg]
    world.both("ann")
    leave(world, "ann")
    world.members["other"].append("ann")
    run = [item for item in ran(world) if item.subject.entra_id == id_of("ann")]
    leave(world, "ann", "other")
    return run


def group_gone(world: World) -> Undone:
    run = moved(world)
    return undo(
        world, [item.model_copy(update={"group": item.group.model_copy(update={"before": "gone"})}) for item in run]
    )


def two_groups(world: World) -> Undone:
    run = moved(world)
    world.group("field")
    return undo(world, run)


def not_linked(world: World, text: str = "") -> Undone:
    run = disabled(world)
    changed = tuple(c.model_copy(update={"after": text}) if c.field == "description" else c for c in run[0].changes)
    seat_of(world, "ann").description = text
    return undo(world, [run[0].model_copy(update={"changes": changed})])


def two_markers(world: World) -> Undone:
    return not_linked(world, f"{mark('ann', off=True)} {mark('ann', off=True)._replace(owner='ffff')}")


def another_owner(world: World) -> Undone:
    return not_linked(world, str(mark("ann", off=True)._replace(owner="ffff")))


def login_taken(world: World) -> Undone:
    run = handed_over(world)
    world.node("ann2", login="ann@x.example")
    return undo(world, [item for item in run if item.subject.entra_id == id_of("ann")])


def rehired(world: World) -> Undone:
    world.person("ann", "field")
    world.node("ann", mark("old", off=True), status="Disabled")
    run = ran(world)
    leave(world, "ann")
    return undo(world, run)


def wanted_again(world: World) -> Undone:
    world.both("ann", name="Ann Old")
    leave(world, "ann")
    world.members["other"].append("ann")
    return undo(world, ran(world))


def wanted_again_where_they_are(world: World) -> Undone:
    world.both("ann", name="Ann Old")
    return undo(world, ran(world))


def login_wanted_again(world: World) -> Undone:
    world.person("ann", "field", mail="new@x.example", upn="a@x.example")
    world.node("ann", mark("ann"))
    return undo(world, ran(world))


def moved_in_part(world: World) -> Undone:
    """The name failed, and they are where they should be."""
    world.both("ann", name="Ann Old")
    leave(world, "ann")
    world.members["other"].append("ann")
    run = [item.model_copy(update={"outcome": "failed"}) for item in ran(world, applied=False)]
    seat_of(world, "ann").parent = world.place("other")
    return undo(world, run)


def partly(world: World) -> Undone:
    world.both("ann", name="Ann Old")
    run = [item.model_copy(update={"outcome": "failed"}) for item in ran(world)]
    return undo(world, run)


@pytest.mark.parametrize(
    ("made", "why", "message"),
    [
        (survives, "kept", "the account holder, a master administrator or the identity this runs as is never written"),
        (survives_by_the_login_before, "kept", "protected by the file"),
        (protected, "kept", "protected by the file"),
        (group_made, "stays", "groups are never deleted; delete it in the Admin Center"),
        (node_gone, "stale", "gone"),
        (created_and_gone, "stale", "Rescue shows nobody with this link"),
        (linked_twice, "stale", "2 nodes carry the link of this person"),
        (told_otherwise, "stale", "the tree and getUser say different things of them"),
        (changed_twice, "stale", "changed since: name, login"),
        (sso_id_in_another_case, "stale", "changed since: SSO ID"),
        (sso_id_with_a_blank, "stale", "changed since: SSO ID"),
        (login_changed_twice, "stale", "changed since: login"),
        (login_blanked_since, "stale", "changed since: login"),
        (said_without_a_login, "stale", "changed since: login"),
        (licence_taken_since, "stale", "changed since: mobile license"),
        (group_gone, "stale", "the group they came from, gone, is not there any more"),
        (two_groups, "stale", "the group they came from, field, is not the only one of that name"),
        (not_linked, "kept", "nothing in Rescue links them any more"),
        (two_markers, "kept", "two markers in one text"),
        (another_owner, "kept", "linked by another owner, ffff"),
        (login_taken, "stale", "the login ann@x.example is not free: node {ann2} has it now"),
        (rehired, "stays", "the password of whoever had the node before is not known"),
        (
            wanted_again,
            "again",
            "mappings.yaml would do it again (update+move: direct member of other); revert it, or `hold` them first",
        ),
        (
            wanted_again_where_they_are,
            "again",
            "mappings.yaml would do it again (update: direct member of field); revert it, or `hold` them first",
        ),
        (
            login_wanted_again,
            "again",
            "mappings.yaml would do it again (update: direct member of field); revert it, or `hold` them first",
        ),
        (moved_in_part, "partly", "the run says failed, and something of it shows; look at it by hand"),
        (partly, "partly", "the run says failed, and something of it shows; look at it by hand"),
    ],
    ids=lambda said: said.__name__ if callable(said) else "",
)
def test_what_is_left_is_told_in_these_words(
    world: World, made: Callable[[World], Undone], why: str, message: str
) -> None:
    world.mapping("other")
    world.both("kim")
    found = made(world)
    nodes = {seat.login.partition("@")[0]: seat.id for seat in world.seats.values()}
    if "{ann2}" in message:
        message = message.format(ann2=max(nodes.values()))
    assert found.message(why) == message
    assert found.undo.whole == (why == "stays")


def test_what_comes_after_something_that_stays_is_taken_back_too(world: World) -> None:
    world.mapping("fresh", node=False, create_group=True, permissions_from=("field",))
    for key in ("ann", "bob", "kim"):
        world.both(key)
    leave(world, "ann")
    leave(world, "bob")
    run = ran(world)
    assert [item.verbs for item in run] == [("create_group",), ("disable",), ("disable",)]
    del world.seats[seat_of(world, "ann").id]
    world.members["field"] += ["ann", "bob"]
    made = undo(world, run)
    assert (made.verbs, made.left) == ({"bob": "enable"}, ["stale ann", "stays fresh"])
