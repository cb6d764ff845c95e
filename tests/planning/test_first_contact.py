"""First contact with somebody already in Rescue; logins and names (D5, D6, D12, D16, D20)."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest

from reconciler.model.hierarchy import NodeType

from .world import ADMINISTRATORS, World, id_of, mark

# -- D5 ----------------------------------------------------------------------------------------------------


def test_D5_adopted_by_login_with_nothing_but_the_link(world: World) -> None:
    world.person("ann", "field").node("ann", description="hand-written", login="ANN@X.example")
    made = world.plan()
    assert made.verbs == {"ANN": "adopt"}
    assert made.changes("ann") == {"description": ("hand-written", f"hand-written {mark('ann')}")}
    assert not made.action("ann").removal


def test_D5_adopted_and_put_right_in_one_action(world: World) -> None:
    world.group("elsewhere")
    world.person("ann", "field", name="New").node("ann", group="elsewhere")
    assert world.plan().verbs == {"ann": "adopt update move"}


def test_D5_a_disabled_member_is_adopted_disabled_and_marked_off(world: World) -> None:
    world.person("ann", "field", enabled=False, name="New").node("ann", mobile=True)
    made = world.plan()
    assert made.verbs == {"ann": "adopt disable"}
    assert made.action("ann").removal
    assert made.changes("ann") == {
        "mobile_license": (True, False),
        "enabled": (True, False),
        "description": ("", str(mark("ann", off=True))),
    }


@pytest.mark.parametrize(("sso", "print_of"), [("ann@x.example", "ann@x.example"), ("other", None)])
def test_D5_the_print_of_a_disabled_member_says_what_was_read(sso: str, print_of: str | None) -> None:
    world = World().mapping("field", upn_as_sso_id=True).person("ann", "field", enabled=False)
    world.node("ann", sso=sso)
    assert world.plan().changes("ann")["description"][1] == str(mark("ann", sso=print_of, off=True))


def test_D5_an_unmarked_disabled_node_is_kept_disabled(world: World) -> None:
    world.settings["reenable"] = "always"
    world.person("ann", "field").node("ann", status="Disabled")
    made = world.plan()
    assert (made.verbs, made.codes) == ({}, ["kept_disabled ann"])
    assert (made.plan.summary.kept_disabled, made.plan.summary.blocked) == (1, 0)


@pytest.mark.parametrize("enabled", [True, False])
def test_D5_adopt_never_reports_and_does_nothing(world: World, enabled: bool) -> None:
    world.settings["adopt"] = "never"
    world.person("ann", "field", enabled=enabled).node("ann")
    made = world.plan()
    assert (made.verbs, made.codes) == ({}, ["adopt_blocked ann"])
    assert made.plan.summary.blocked == 1


@pytest.mark.parametrize("alias", ["upn@x.example", "Old.Name@x.example"])
@pytest.mark.parametrize("status", ["Offline", "Disabled"])
def test_D5_another_address_of_theirs_is_a_possible_rename(world: World, alias: str, status: str) -> None:
    world.person("ann", "field", upn="upn@x.example")
    world.aliases["ann"] = frozenset({"ann@x.example", "old.name@X.example"})
    world.node("old", login=alias, status=status)
    made = world.plan()
    assert made.verbs == {}
    assert "possible_rename ann" in made.codes
    assert made.asked_for("addresses") == {id_of("ann")}


@pytest.mark.parametrize("marker", [mark("eve"), mark("eve", owner="beef")])
def test_D5_an_address_on_somebody_elses_node_is_no_rename(world: World, marker: Any) -> None:
    world.both("eve", marker=marker, login="alias@x.example")
    world.person("eve", mail="alias@x.example")
    world.person("ann", "field")
    world.aliases["ann"] = frozenset({"alias@x.example"})
    assert world.plan().verbs["ann"] == "create"


def test_D5_addresses_that_cannot_be_read_block_the_creation(world: World) -> None:
    world.person("ann", "field").aliases["ann"] = None
    made = world.plan()
    assert (made.verbs, made.codes) == ({}, ["unconfirmed ann"])


def test_D5_addresses_are_read_only_for_people_about_to_be_created(world: World) -> None:
    world.both("in sync")
    world.both("renamed", name="Old")
    world.person("adopted", "field").node("adopted")
    world.person("disabled", "field", enabled=False)
    world.person("new", "field")
    assert world.plan().asked_for("addresses") == {id_of("new")}


def test_D5_a_foreign_owners_marker_on_the_wanted_login_is_never_written(world: World) -> None:
    world.person("ann", "field").node("ann", mark("eve", owner="beef"))
    made = world.plan()
    assert (made.verbs, made.codes) == ({}, ["blocked_login ann"])


def test_D5_one_login_on_two_nodes_is_not_adopted(world: World) -> None:
    world.person("ann", "field")
    world.node("ann")
    world.node("ann", login="Ann@x.example")
    made = world.plan()
    assert (made.verbs, made.codes) == ({}, ["blocked_login ann"])


def test_D5_a_disabled_member_takes_no_node_from_an_enabled_one(world: World) -> None:
    """One node, one action: the login is the enabled person's, and whose the node was is for a human to say."""
    world.person("ann", "field").person("old", "field", enabled=False, mail="ann@x.example")
    world.node("ann")
    made = world.plan()
    assert made.verbs == {"ann": "adopt"}
    assert made.action("ann").subject.entra_id == id_of("ann")
    assert made.codes == ["duplicate_login ann"]


def test_D5_two_disabled_members_of_one_login_are_nobody(world: World) -> None:
    world.person("old", "field", enabled=False, mail="a@x.example")
    world.person("older", "field", enabled=False, mail="A@x.example")
    world.node("a")
    made = world.plan()
    assert made.verbs == {}
    assert {code.lower() for code in made.codes} == {"duplicate_login a"}
    assert len(made.codes) == 2


def test_D5_a_disabled_member_with_a_bad_name_or_in_conflict_is_not_adopted(world: World) -> None:
    world.mapping("other")
    world.person("bad", "field", enabled=False, name="<").node("bad")
    world.person("torn", "field", "other", enabled=False).node("torn")
    made = world.plan()
    assert (made.verbs, made.codes) == ({}, ["bad_name bad", "conflict torn"])


@pytest.mark.parametrize("row", ["nobody", "marked", "disabled", "no login", "frozen"])
def test_D5_a_disabled_member_without_an_unmarked_node_is_no_news(world: World, row: str) -> None:
    world.mapping("lost", node=False)
    mail = None if row == "no login" else "a@x.y"
    world.person("ann", "lost" if row == "frozen" else "field", enabled=False, mail=mail)
    if row == "marked":
        world.node("eve", mark("eve", owner="beef"), login="a@x.y")
    elif row in ("disabled", "frozen"):
        world.node("a", login="a@x.y", status="Offline" if row == "frozen" else "Disabled")
    made = world.plan()
    assert made.verbs == {}
    assert [code for code in made.codes if not code.startswith("frozen")] == []


# -- D6 ----------------------------------------------------------------------------------------------------


def test_D6_only_enabled_unmarked_people_nobody_explains_in_healthy_groups(world: World) -> None:
    world.mapping("lost").mapping("lost2", node=False, rescue_group=("lost",))
    world.person("lea", "lost2").node("kim", mark("kim", "lost"), group="lost", status="Disabled")
    world.group("elsewhere")
    world.node("stray")
    world.node("off", status="Disabled")
    world.node("foreign", mark("foreign", owner="beef"))
    world.node("far", group="elsewhere")
    world.node("half", group="lost")
    world.node("blank", login="", name="")
    world.person("guest", "field", guest=True).node("guest")
    world.person("upn", "field", upn="other@x.example", mail=None).node("upn", login="other@x.example")
    made = world.plan()
    assert [code for code in made.codes if code.startswith("unmanaged")] == ["unmanaged stray"]
    assert made.plan.summary.unmanaged == 1
    assert "stray" not in made.verbs


# -- D12 ----------------------------------------------------------------------------------------------------


def admin(world: World, login: str) -> None:
    world.node("admin", parent=ADMINISTRATORS, type=NodeType.ADMINISTRATOR, login=login)


def test_D12_a_second_node_is_not_created(world: World) -> None:
    world.person("ann", "field")
    admin(world, "Ann@x.example")
    made = world.plan()
    assert (made.verbs, made.codes) == ({}, ["both_roles ann"])


def test_D12_existing_nodes_are_kept_up_but_for_the_login(world: World) -> None:
    world.person("ann", "field", mail="new@x.example", name="New")
    world.node("ann", mark("ann"), login="old@x.example")
    admin(world, "old@x.example")
    made = world.plan()
    assert made.verbs == {"old": "update"}
    assert set(made.changes("ann")) == {"name"}
    assert made.codes == ["both_roles old"]


def test_D12_with_nothing_else_to_change_there_is_no_action(world: World) -> None:
    world.person("ann", "field", mail="new@x.example").node("ann", mark("ann"), login="old@x.example")
    admin(world, "old@x.example")
    made = world.plan()
    assert (made.verbs, made.codes) == ({}, ["both_roles old"])


def test_D12_an_unmarked_node_beside_an_admin_is_adopted(world: World) -> None:
    world.person("ann", "field").node("ann")
    admin(world, "ann@x.example")
    assert world.plan().verbs == {"ann": "adopt"}


# -- D16 ----------------------------------------------------------------------------------------------------


def renamed(world: World, key: str, mail: str, *groups: str, **said: Any) -> Any:
    """Somebody whose node still has their key as login, and whose mail is another now."""
    world.person(key, *(groups or ("field",)), mail=f"{mail}@x.example")
    return world.node(key, said.pop("marker", mark(key)), **said)


def test_D16_a_login_changes_on_the_same_node(world: World) -> None:
    renamed(world, "ann", "ann.new")
    made = world.plan()
    assert made.verbs == {"ann": "update"}
    assert made.changes("ann") == {"login": ("ann@x.example", "ann.new@x.example")}


def test_D16_the_giver_is_written_first_and_depends_on_outranks_stages(world: World) -> None:
    """The giver only moves in a later stage than the update that waits for them; and a newcomer comes last."""
    world.mapping("other")
    renamed(world, "b", "c", group="other")
    renamed(world, "a", "b")
    world.person("n", "field", mail="a@x.example")
    made = world.plan()
    assert [action.subject.login for action in made.plan.actions] == ["b@x.example", "a@x.example", "a@x.example"]
    chain = [made.action(key) for key in ("b", "a", "n")]
    assert chain[0].depends_on == ()
    assert chain[1].depends_on == (chain[0].id,)
    assert chain[2].depends_on == (chain[1].id,)


def test_D16_a_chain_of_thousands_is_settled(world: World) -> None:
    for number in range(2000):
        renamed(world, f"p{number}", f"p{number + 1}")
    made = world.plan()
    assert [a.subject.login for a in made.plan.actions] == [f"p{n}@x.example" for n in reversed(range(2000))]


@pytest.mark.parametrize("ring", [2, 3])
def test_D16_a_ring_is_blocked_whole_and_so_is_everybody_behind_it(world: World, ring: int) -> None:
    for number in range(ring):
        renamed(world, f"p{number}", f"p{(number + 1) % ring}")
    renamed(world, "behind", "p0")
    made = world.plan()
    # two people want p0's login then, which is trouble of its own
    assert made.verbs == {}
    world.people.pop("behind")
    world.members["field"].remove("behind")
    world.seats.popitem()
    made = world.plan()
    assert made.verbs == {}
    assert made.codes == [f"blocked_login p{number}" for number in range(ring)]
    assert "held by the technician p" in made.plan.findings[0].message


@pytest.mark.parametrize("trouble", ["bad name", "frozen", "held", "disabled", "stays", "conflict", "no address"])
def test_D16_a_giver_who_is_not_written_blocks_whoever_waits(world: World, trouble: str) -> None:
    renamed(world, "ann", "b")
    world.mapping("other")
    match trouble:
        case "bad name":
            renamed(world, "b", "c")
            world.person("b", mail="c@x.example", name="<")
        case "frozen":
            world.mapping("lost", node=False)
            renamed(world, "b", "c", "lost", marker=mark("b", "lost"))
        case "held":
            renamed(world, "b", "c")
            world.override(id_of("b"), "hold")
        case "disabled":
            renamed(world, "b", "c", marker=mark("b", off=True), status="Disabled")
        case "stays":
            renamed(world, "b", "c")
            admin(world, "b@x.example")
        case "conflict":
            renamed(world, "b", "c", "field", "other")
        case "no address":
            renamed(world, "b", "c")
            world.person("b", mail=None)
    made = world.plan()
    assert "ann" not in made.verbs
    assert "blocked_login ann" in made.codes
    assert "(node 100" in made.message("blocked_login")


def test_D16_whoever_waits_for_somebody_blocked_is_blocked_too(world: World) -> None:
    renamed(world, "a", "b")
    renamed(world, "b", "c")
    renamed(world, "c", "d")
    world.person("c", mail="d@x.example", name="<")
    made = world.plan()
    assert made.verbs == {}
    assert made.codes == ["bad_name c", "blocked_login a", "blocked_login b"]


@pytest.mark.parametrize("holder", ["unmarked", "foreign", "troubled", "admin"])
def test_D16_addresses_on_nodes_of_others_are_blocked_naming_the_holder(world: World, holder: str) -> None:
    renamed(world, "ann", "b")
    match holder:
        case "unmarked":
            world.node("b")
        case "foreign":
            world.node("b", mark("b", owner="beef"))
        case "troubled":
            world.node("b", f"{mark('b')} {mark('c')}", status="Disabled")
        case "admin":
            admin(world, "b@x.example")
    made = world.plan()
    assert "ann" not in made.verbs
    kind = "administrator" if holder == "admin" else "disabled technician" if holder == "troubled" else "technician"
    assert f"held by the {kind} b@x.example (node 1001)" in made.message("blocked_login")


def test_D16_a_newcomer_does_not_get_a_leavers_login(world: World) -> None:
    world.node("old", mark("old"), login="ann@x.example")
    world.person("ann", "field")
    made = world.plan()
    assert made.verbs == {"ann": "disable"}
    assert made.codes == ["blocked_login ann"]


SAME = [("a@x.example", "A@x.example"), ("é@x.example", unicodedata.normalize("NFD", "É@x.example"))]


@pytest.mark.parametrize("pair", SAME)
def test_D16_two_wanted_people_with_one_login_are_both_left_alone(world: World, pair: tuple[str, str]) -> None:
    world.person("ann", "field", mail=pair[0]).person("eve", "field", mail=pair[1])
    world.node("ann", mark("ann"), login="old@x.example")
    made = world.plan()
    assert made.verbs == {}
    assert sorted(code.split()[0] for code in made.codes) == ["duplicate_login", "duplicate_login"]
    assert made.plan.has_errors


def test_D16_whoever_is_in_sync_hears_of_the_other_one_too(world: World) -> None:
    world.both("ann")
    world.person("eve", "field", mail="ann@x.example")
    made = world.plan()
    assert (made.verbs, made.codes) == ({}, ["duplicate_login ann", "duplicate_login ann"])
    assert made.plan.summary.blocked == 2


@pytest.mark.parametrize("second", ["lost", "conflict"])
def test_D16_somebody_undecided_has_a_login_too(world: World, second: str) -> None:
    world.mapping("lost", node=False).mapping("other").person("kim", "other")
    world.person("ann", "field")
    world.person("eve", *(["lost"] if second == "lost" else ["field", "other"]), mail="ann@x.example")
    made = world.plan()
    assert "ann" not in made.verbs
    assert "duplicate_login ann" in made.codes


def test_D16_somebody_left_out_has_none(world: World) -> None:
    world.person("ann", "field").person("eve", "field", mail="ann@x.example", guest=True)
    assert world.plan().verbs == {"ann": "create"}


@pytest.mark.parametrize("mail", [None, "", "  ", "a<b@x.example", "a\ud800@x.example", "a\x00@x.example"])
def test_D16_no_usable_address_is_never_blanked(world: World, mail: str | None) -> None:
    world.person("ann", "field", mail=mail, name="New").node("ann", mark("ann"))
    made = world.plan()
    assert (made.verbs, made.codes) == ({}, ["no_login ann"])


def test_D16_the_switch_to_upn(world: World) -> None:
    world.settings["use_upn_as_email"] = True
    world.person("ann", "field", upn="ann.u@x.example", mail=None)
    world.node("ann", mark("ann"))
    assert world.plan().changes("ann") == {"login": ("ann@x.example", "ann.u@x.example")}


def test_R21_a_guests_ext_name_is_neither_login_nor_sso_id() -> None:
    world = World(settings={"use_upn_as_email": True, "guests": "include"}).mapping("field", upn_as_sso_id=True)
    world.person("ann", "field", guest=True, upn="ann_x.example#EXT#@t.example")
    made = world.plan()
    assert (made.verbs, made.codes) == ({}, ["no_login ann_x.example#EXT#"])
    world.settings["use_upn_as_email"] = False
    assert world.plan().changes("ann").keys() == {"login", "name", "enabled", "description"}


# -- D20 ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entra", "rescue"),
    [
        ("Ann Other", "  Ann \t Other "),
        ("Zoë", unicodedata.normalize("NFD", "Zoë")),
        (unicodedata.normalize("NFD", "Zoë"), "Zoë"),
        ("Ann\u00a0Other", "Ann Other"),
    ],
)
@pytest.mark.parametrize("refresh", ["auto", "full"])
def test_D20_equal_names(world: World, entra: str, rescue: str, refresh: Any) -> None:
    world.person("ann", "field", name=entra).node("ann", mark("ann"), name=rescue)
    made = world.plan(refresh)
    assert made.verbs == {}
    assert made.plan.summary.unchanged == 1


@pytest.mark.parametrize("rescue", ["ann other", "Ann  Othe", "AnnOther"])
def test_D20_unequal_names(world: World, rescue: str) -> None:
    world.person("ann", "field", name="Ann Other").node("ann", mark("ann"), name=rescue)
    assert world.plan().changes("ann") == {"name": (rescue, "Ann Other")}


@pytest.mark.parametrize("login", ["ANN@X.EXAMPLE", " ann@x.example"])
def test_D20_equal_logins(world: World, login: str) -> None:
    world.both("ann", login=login)
    assert world.plan().verbs == {}


def test_D20_sso_ids_are_exact() -> None:
    world = World().mapping("field", upn_as_sso_id=True)
    world.both("ann", marker=mark("ann", sso="Ann@x.example"), sso="Ann@x.example")
    made = world.plan()
    assert made.changes("ann")["sso_id"] == ("Ann@x.example", "ann@x.example")


BAD_NAMES = ["", " ", "\t", "a\x00b"]
BAD_NAMES += ["a\x1fb", "a\tb", "a\nb", "a\x7fb", "a\x9fb", "a\ud800b", "a<b", "a&#65;", "\u2028"]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_D20_bad_names_are_never_written(world: World, name: str) -> None:
    world.person("ann", "field", name=name).node("ann", mark("ann"))
    world.person("new", "field", name=name)
    world.person("met", "field", name=name).node("met")
    made = world.plan()
    assert (made.verbs, made.codes) == ({}, ["bad_name ann", "bad_name met", "bad_name new"])
    assert made.asked == []


@pytest.mark.parametrize("name", ["a & b", "a > b", "#1", "ﷺ", "O'Hara", "&amp;"])
def test_D20_good_names(world: World, name: str) -> None:
    world.person("ann", "field", name=name)
    assert world.plan().verbs == {"ann": "create"}
