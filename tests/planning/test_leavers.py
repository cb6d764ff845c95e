"""Who has left, and who only seems to have (D7, D8, D17)."""

from __future__ import annotations

import pytest

from reconciler.model.directory import Account, Group, UnreadGroup
from reconciler.model.hierarchy import NodeType
from reconciler.model.marker import Licence

from .world import ADMINISTRATORS, World, group_id, id_of, mark

GONE, DISABLED, ENABLED, UNKNOWN = Account.GONE, Account.DISABLED, Account.ENABLED, Account.UNKNOWN


def unread(name: str, *, hidden: bool = False, known: bool = True) -> UnreadGroup:
    return UnreadGroup(group_id(name) if known else None, name, "short of a page", hidden)


@pytest.fixture
def left(world: World) -> World:
    """Ann is marked for `field` and in none of its groups; kim keeps the group from being empty."""
    world.both("kim")
    world.person("ann")
    world.node("ann", mark("ann"))
    return world


def test_D8_in_none_of_ours_is_a_leaver(left: World) -> None:
    left.groups_of["ann"] = frozenset({"some other group"})
    made = left.plan()
    assert made.verbs == {"ann": "disable"}
    assert made.action("ann").reason == "left field"
    assert made.asked_for("accounts") == made.asked_for("groups_of") == {id_of("ann")}


@pytest.mark.parametrize(
    ("account", "reason"), [(DISABLED, "account disabled in Entra"), (GONE, "account no longer exists in Entra")]
)
def test_D8_disabled_or_gone_is_a_certain_leaver(left: World, account: Account, reason: str) -> None:
    left.accounts["ann"] = account
    made = left.plan()
    assert made.action("ann").reason == reason


def test_D8_disabled_in_the_member_row_is_a_certain_leaver_nobody_is_asked_about(left: World) -> None:
    left.person("ann", "field", enabled=False)
    made = left.plan()
    assert made.action("ann").reason == "account disabled in Entra"
    assert made.asked_for("accounts") == set()


@pytest.mark.parametrize("groups", [None, frozenset[str]()])
def test_D8_an_unknown_account_is_kept_whatever_its_groups(left: World, groups: frozenset[str] | None) -> None:
    left.accounts["ann"] = UNKNOWN
    left.groups_of["ann"] = groups
    made = left.plan()
    assert (made.verbs, made.codes) == ({}, ["unconfirmed ann"])
    assert made.message("unconfirmed") == "kept: Entra did not say whether the account is enabled"
    assert made.plan.has_errors
    assert made.plan.summary.blocked == 1


def test_D8_unknown_groups_are_unconfirmed(left: World) -> None:
    left.groups_of["ann"] = None
    made = left.plan()
    assert (made.verbs, made.codes) == ({}, ["unconfirmed ann"])
    assert made.message("unconfirmed") == "kept: Entra did not say which groups they are in"


@pytest.mark.parametrize(("confirmed", "verbs"), [(True, "disable"), (None, "disable"), (False, None)])
def test_D8_a_404_is_believed_of_the_configured_tenant_only(left: World, confirmed: bool, verbs: str | None) -> None:
    left.accounts["ann"] = GONE
    left.tenant_confirmed = confirmed
    made = left.plan()
    assert made.verbs.get("ann") == verbs
    assert ("unconfirmed ann" in made.codes) == (verbs is None)
    if verbs is None:
        why = "kept: Entra says the account does not exist, but the token is another tenant's"
        assert made.message("unconfirmed") == why


def test_D8_a_404_is_not_believed_while_no_mapped_group_was_read(left: World) -> None:
    left.accounts["ann"] = GONE
    left.unread["field"] = unread("field")
    made = left.plan()
    assert made.verbs == {}
    assert made.codes == ["frozen field", "unconfirmed ann"]
    assert made.message("unconfirmed") == "kept: Entra says the account does not exist, but no mapped group was read"


def test_D8_a_disabled_account_is_believed_without_any_group_read(left: World) -> None:
    left.accounts["ann"] = DISABLED
    left.unread["field"] = unread("field")
    assert left.plan().verbs == {"ann": "disable"}


def test_D8_whom_exclude_leaves_out_is_a_leaver_at_once(left: World) -> None:
    left.members["field"].append("ann")
    left.override("ann@x.example", "exclude")
    made = left.plan()
    assert made.verbs == {"ann": "disable"}
    assert made.action("ann").reason == "excluded until 2026-11-22 by an override (line 90)"
    assert made.asked_for("accounts") == set()


def test_D8_a_guest_is_a_leaver_at_once(left: World) -> None:
    left.person("ann", "field", guest=True)
    made = left.plan()
    assert made.verbs == {"ann": "disable"}
    assert made.action("ann").reason == "a guest, and guests are skipped"
    assert made.asked_for("accounts") == set()


def test_D8_a_guest_counts_with_guests_include(left: World) -> None:
    left.settings["guests"] = "include"
    left.person("ann", "field", guest=True, upn="ann_x#EXT#@tenant.example")
    assert left.plan().verbs == {}


@pytest.mark.parametrize("where", ["groups", "hidden", "nameless", "row"])
def test_D8_whoever_may_be_in_a_frozen_mapping_is_unconfirmed(left: World, where: str) -> None:
    left.mapping("other", node=where != "row")
    if where == "row":  # read whole, and frozen because its Rescue group is missing
        left.members["other"].append("ann")
    else:
        left.unread["other"] = unread("other", hidden=where == "hidden", known=where != "nameless")
        left.groups_of["ann"] = frozenset({group_id("other")} if where == "groups" else {"none of ours"})
    made = left.plan()
    assert made.verbs == {}
    assert made.codes == ["frozen other", "unconfirmed ann"]
    said = (
        "in other, whose mapping is frozen"
        if where == "row"
        else f"may be in {group_id('other')}, whose mapping is frozen"
    )
    assert made.message("unconfirmed") == f"kept: {said}"


def test_D8_a_frozen_mapping_that_does_not_hold_them_keeps_nobody(left: World) -> None:
    left.mapping("other").unread["other"] = unread("other")
    left.groups_of["ann"] = frozenset()
    assert left.plan().verbs == {"ann": "disable"}


def test_D8_in_one_of_ours_after_all_is_a_torn_reading(left: World) -> None:
    left.groups_of["ann"] = frozenset({group_id("field")})
    left.again[group_id("field")] = Group(group_id("field"), "field", (left.people["ann"],))
    made = left.plan()
    assert (made.verbs, made.codes) == ({}, ["reading_moved ann"])
    assert made.message("reading_moved") == "nothing this time: is in field now and was not a moment ago"
    assert made.asked_for("again") == {group_id("field")}
    assert not made.plan.has_errors


def test_D8_a_member_only_through_nesting_is_a_leaver(left: World) -> None:
    left.nest("field", "a")
    left.groups_of["ann"] = frozenset({group_id("field"), group_id("a")})
    assert left.plan().verbs == {"ann": "disable"}


def test_D8_a_list_that_is_short_twice_is_no_proof(left: World) -> None:
    """Entra says that ann is in the group, nothing nested in it explains that, and it does not list her: kept."""
    left.groups_of["ann"] = frozenset({group_id("field")})
    made = left.plan()
    assert (made.verbs, made.codes) == ({}, ["unconfirmed ann"])
    said = "kept: Entra says that they are in field, and does not show them there"
    assert made.message("unconfirmed") == said
    left.nest("field", "a")
    assert left.plan().codes == ["unconfirmed ann"], "she is not in the nested group either"


def test_D8_a_group_that_cannot_be_read_again_is_unconfirmed(left: World) -> None:
    left.groups_of["ann"] = frozenset({group_id("field")})
    left.again[group_id("field")] = unread("field")
    made = left.plan()
    assert (made.verbs, made.codes) == ({}, ["unconfirmed ann"])
    assert made.message("unconfirmed") == "kept: field could not be read again: short of a page"


def test_D8_a_group_nested_since_that_the_mapping_does_not_follow_explains_them(left: World) -> None:
    """`nested: direct`: whoever is in the group only by way of another, old or new, has left."""
    left.nest("field", "a")
    new = id_of("a group nobody has read")
    left.groups_of["ann"] = frozenset({group_id("field"), new})
    top = left.entra_group("field")
    left.again[group_id("field")] = Group(top.id, top.name, top.members, (*top.nested, new))
    assert left.plan().verbs == {"ann": "disable"}


def test_D8_every_group_of_ours_is_read_again_in_one_go(left: World) -> None:
    left.mapping("other").person("eve", "other").nest("field", "a").nest("other", "a")
    left.groups_of["ann"] = frozenset({group_id("field"), group_id("other"), group_id("a")})
    made = left.plan()
    assert made.verbs["ann"] == "disable"
    assert [questions.again for questions in made.asked if questions.again] == [{group_id("field"), group_id("other")}]


def test_D8_the_groups_of_several_people_are_read_again_in_one_go(left: World) -> None:
    left.mapping("other").both("eve", "other")
    left.person("bob").node("bob", mark("bob", "other"), group="other")
    left.groups_of |= {"ann": frozenset({group_id("field")}), "bob": frozenset({group_id("other")})}
    made = left.plan()
    assert [questions.again for questions in made.asked if questions.again] == [{group_id("field"), group_id("other")}]


def test_D8_somebody_of_a_healthy_mapping_who_is_now_in_another_is_moved(left: World) -> None:
    left.mapping("other").person("ann", "other")
    assert left.plan().verbs == {"ann": "move"}


def test_D7_an_orphan_is_reported_and_asked_for_by_id_alone(left: World) -> None:
    left.person("eve").node("eve", mark("eve", "deleted"))
    made = left.plan()
    assert "eve" not in made.verbs
    assert "orphaned eve" in made.codes
    assert id_of("eve") in made.asked_for("accounts") - made.asked_for("groups_of")
    assert not made.plan.has_errors


@pytest.mark.parametrize("account", [DISABLED, GONE])
def test_D7_an_orphan_is_disabled_as_a_certain_leaver(world: World, account: Account) -> None:
    world.both("kim")
    world.person("eve").node("eve", mark("eve", "deleted"))
    world.accounts["eve"] = account
    made = world.plan()
    assert made.verbs == {"eve": "disable"}
    assert made.action("eve").mapping is None


def test_D7_an_orphan_nobody_can_ask_about_is_unconfirmed_too(world: World) -> None:
    world.person("eve").node("eve", mark("eve", "deleted"))
    world.accounts["eve"] = UNKNOWN
    assert world.plan().codes == ["orphaned eve", "unconfirmed eve"]


def test_D7_an_orphan_whom_a_mapping_wants_is_its_own_again(world: World) -> None:
    world.person("eve", "field").node("eve", mark("eve", "deleted"))
    made = world.plan()
    assert made.verbs == {"eve": "update"}
    assert set(made.changes("eve")) == {"description"}


@pytest.mark.parametrize("status", ["Disabled"])
def test_D7_a_disabled_orphan_is_no_news(world: World, status: str) -> None:
    world.node("eve", mark("eve", "deleted"), status=status)
    made = world.plan()
    assert (made.verbs, made.codes, made.asked) == ({}, [], [])


def test_D17_a_marker_that_fits_nothing_known_counts_as_a_mapping_whose_group_id_is_unknown(world: World) -> None:
    world.both("kim")
    world.mapping("lost").unread["lost"] = unread("lost", known=False)
    world.person("eve").node("eve", mark("eve", "lost"), group="lost", name="Old")
    made = world.plan()
    assert (made.verbs, made.codes) == ({}, ["frozen lost"])
    world.accounts["eve"] = DISABLED
    made = world.plan()
    assert made.verbs == {"eve": "disable"}
    assert made.action("eve").mapping == "lost"
    assert {g.mapping: g.of for g in made.plan.guards if g.mapping} == {"field": 1, "lost": 1}


def test_D17_an_unknown_group_id_leaves_the_people_of_other_mappings_alone(world: World) -> None:
    world.both("kim", name="Old")
    world.mapping("lost").unread["lost"] = unread("lost", known=False)
    assert world.plan().verbs == {"kim": "update"}


def test_D17_empty_while_people_are_marked_is_frozen(world: World) -> None:
    world.person("ann").node("ann", mark("ann"))
    made = world.plan()
    assert (made.verbs, made.codes) == ({}, ["frozen field"])
    assert made.plan.mappings[0].state == "frozen"
    assert made.plan.summary.frozen_mappings == 1
    assert made.plan.has_errors


def test_D17_empty_while_only_disabled_people_are_marked_is_frozen_too(world: World) -> None:
    world.person("ann").node("ann", mark("ann", off=True), status="Disabled")
    assert world.plan().codes == ["frozen field"]


def test_D17_empty_with_nobody_marked_is_fine(world: World) -> None:
    world.node("stray", mark("stray", owner="beef"))
    made = world.plan()
    assert (made.verbs, made.codes, made.plan.mappings[0].state) == ({}, [], "ok")


def test_D17_allow_empty_means_it() -> None:
    world = World().mapping("field", allow_empty=True).person("ann")
    world.node("ann", mark("ann"))
    assert world.plan().verbs == {"ann": "disable"}


def test_D17_nothing_is_written_for_whoever_a_frozen_mapping_marks(world: World) -> None:
    """Neither by the mapping itself nor by a healthy one that wants them as well."""
    world.mapping("other", priority=1)
    world.person("ann", "other").node("ann", mark("ann"), name="Old")
    world.unread["field"] = unread("field")
    made = world.plan()
    assert (made.verbs, made.codes) == ({}, ["frozen field"])


def test_D17_a_missing_rescue_group_freezes_the_mapping_and_its_certain_leavers_go() -> None:
    world = World().mapping("field", node=False)
    world.group("elsewhere")
    world.person("ann", "field", enabled=False).node("ann", mark("ann"), group="elsewhere")
    world.person("kim", "field").node("kim", mark("kim"), group="elsewhere", name="Old")
    made = world.plan()
    assert made.verbs == {"ann": "disable"}
    assert made.codes == ["frozen field"]


def test_D8_memberships_are_asked_for_where_only_the_account_was(world: World) -> None:
    """Her administrator is an orphan, asked for by id alone; then it shows that her technician holds a licence."""
    world.mapping("desk", mobile_license="award").both("kim", "desk", marker=mark("kim", "desk", m=Licence.GIVEN))
    world.seats[1000].mobile = True
    world.person("ann")
    world.node("ann", mark("ann", "deleted"), parent=ADMINISTRATORS, type=NodeType.ADMINISTRATOR)
    world.node("ann", mark("ann", "desk", off=True), group="desk", status="Disabled", mobile=True)
    made = world.plan("full")
    assert made.codes == ["orphaned ann"]
    assert [(action.role, action.verbs) for action in made.plan.actions] == [("technician", ("update",))]
    assert [(asked.accounts, asked.groups_of) for asked in made.asked] == [
        ({id_of("ann")}, set()),
        ({id_of("ann")}, {id_of("ann")}),
    ]
