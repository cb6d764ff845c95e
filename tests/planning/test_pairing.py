"""Which Entra group is proposed for which Rescue group, and with which reason."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from time import process_time
from typing import Any

import pytest

from reconciler.model.choices import FoundGroup
from reconciler.model.directory import Group, Person, UnreadGroup
from reconciler.model.hierarchy import NodeType, Role, Tree
from reconciler.model.marker import Marker, print_of
from reconciler.planning.propose.likeness import likeness
from reconciler.planning.propose.pairing import Proposals, choose_candidates, list_places, propose_pairs, sample_logins
from reconciler.planning.propose.rescue_groups import list_groups

from .world import ADMINISTRATORS, MASTERS, OWNER, ROOT, TECHNICIANS, Seat, id_of


def group_id(name: str) -> str:
    return id_of(f"entra {name}")


def person(key: str, **said: Any) -> Person:
    return Person(
        id_of(key), key.title(), said.get("upn", f"{key}@upn.x"), said.get("mail", f"{key}@mail.x"), True, False
    )


def entra(name: str, *members: Person | str) -> Group:
    people = [member if isinstance(member, Person) else person(member) for member in members]
    return Group(group_id(name), name, tuple(people))


@dataclass
class Account:
    """A Rescue tree by paths; people are logins, or (login, description) or whole seats."""

    seats: list[Seat] = field(default_factory=list)
    nodes: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.seats += [
            Seat(ROOT, 0, "Root", "", type=NodeType.ROOT),
            Seat(MASTERS, ROOT, "M", "", type=NodeType.MASTER_ADMINISTRATORS),
            Seat(ADMINISTRATORS, ROOT, "A", "", type=NodeType.ADMINISTRATORS),
            Seat(TECHNICIANS, ROOT, "T", "", type=NodeType.TECHNICIANS),
        ]

    def group(self, path: str, *people: str | tuple[str, str], role: Role = Role.TECHNICIAN, **said: Any) -> Account:
        above, _, name = path.rpartition("/")
        top = TECHNICIANS if role is Role.TECHNICIAN else ADMINISTRATORS
        parent = self.nodes[f"{role}{above}"] if above else top
        kind = NodeType.TECHNICIAN_GROUP if role is Role.TECHNICIAN else NodeType.ADMINISTRATOR_GROUP
        here = self.nodes[f"{role}{path}"] = 100 + len(self.seats)
        self.seats.append(Seat(here, parent, name, "", type=kind))
        person_type = NodeType.TECHNICIAN if role is Role.TECHNICIAN else NodeType.ADMINISTRATOR
        for one in people:
            login, text = one if isinstance(one, tuple) else (one, "")
            at = 100 + len(self.seats)
            self.seats.append(Seat(at, here, login, login, text, type=person_type, **said))
        return self

    def tree(self) -> Tree:
        return Tree(seat.node() if seat.id != ROOT else seat.node()._replace(parent=None) for seat in self.seats)

    def places(self, role: Role = Role.TECHNICIAN) -> list[Any]:
        tree = self.tree()
        return list_places(tree, list_groups(tree, role), OWNER)

    def propose(self, *groups: Group | UnreadGroup, role: Role = Role.TECHNICIAN) -> Proposals:
        return propose_pairs(self.places(role), {group.id or "": group for group in groups})


def pairs(found: Proposals) -> dict[str, str]:
    return {pair.place.text: pair.group.name for pair in found.pairs}


def mails(*keys: str) -> list[str]:
    return [f"{key}@mail.x" for key in keys]


def marked(key: str, group: str, *, sso: str | None = None, owner: str = OWNER) -> tuple[str, str]:
    return f"{key}@mail.x", f"text {Marker(owner, id_of(key), group_id(group)[:8], print_of(sso))}"


def test_shared_members_make_a_pair_and_are_its_reason() -> None:
    found = Account().group("Desk", *mails("a", "b", "c")).propose(entra("SG-4711", "a", "b", "d"))
    assert pairs(found) == {"Desk": "SG-4711"}
    assert found.pairs[0].reason == "2 of 3 technicians of Desk are members (it has 3)"
    assert (found.pairs[0].linked, found.pairs[0].sso, found.upn_as_login) == (False, None, False)


@pytest.mark.parametrize("login", ["A@Mail.X", " a@mail.x", "a@upn.x", "A@UPN.X"])
def test_a_login_is_recognised_by_mail_and_by_upn_in_any_case(login: str) -> None:
    assert pairs(Account().group("Desk", login).propose(entra("G", "a"))) == {"Desk": "G"}


def test_a_group_of_everybody_is_nobodys_pair() -> None:
    everybody = [f"p{number}" for number in range(200)]
    account = Account().group("Desk", *mails("a", "b")).group("Field", *mails("c", "d"))
    found = account.propose(entra("Everybody", "a", "b", "c", "d", *everybody), entra("X1", "a", "b"))
    assert pairs(found) == {"Desk": "X1"}
    assert found.left[0].reason == (
        "no Entra group fits well; the nearest is Everybody: 2 of 2 technicians of Field are members (it has 204)"
    )


def test_an_equal_name_lets_a_larger_group_pass() -> None:
    many = [f"p{number}" for number in range(30)]
    found = (
        Account()
        .group("EMEA")
        .group("EMEA/Desk", *mails("a", "b"))
        .propose(entra("sg-rescue-emea-desk", "a", "b", *many))
    )
    assert pairs(found) == {"EMEA/Desk": "sg-rescue-emea-desk"}


def test_a_minority_is_no_pair_whatever_the_names() -> None:
    found = Account().group("Desk", *mails("a", "b", "c")).propose(entra("Desk", "a"))
    assert pairs(found) == {}
    assert "1 of 3 technicians of Desk is a member" in found.left[0].reason


def test_an_equal_name_without_a_shared_member_is_no_pair() -> None:
    found = Account().group("Desk", *mails("a")).propose(entra("Desk", "b"))
    assert [one.reason for one in found.left] == ["no Entra group shares people with it; the nearest name is Desk"]


def test_an_empty_group_is_paired_by_its_name_only() -> None:
    account = Account().group("EMEA").group("EMEA/Help Desk").group("EMEA/Other")
    found = account.propose(entra("Help-Desk EMEA", "a"), entra("Misc", "b"))
    assert pairs(found) == {"EMEA/Help Desk": "Help-Desk EMEA"}
    assert found.pairs[0].reason == "the names are alike; nobody enabled is in EMEA/Help Desk yet"
    assert {one.place.text: one.reason for one in found.left}[
        "EMEA/Other"
    ] == "nobody enabled is in it, and no name is alike"


def test_disabled_and_blank_people_are_no_evidence() -> None:
    account = Account().group("Desk", *mails("a", "b", "c"), status="Disabled").group("Field", "", *mails("d"))
    assert [len(place.people) for place in account.places()] == [0, 1]


def test_each_entra_group_and_each_rescue_group_has_one_pair_the_best_one() -> None:
    account = Account().group("One", *mails("a", "b", "c")).group("Two", *mails("a", "b"))
    found = account.propose(entra("G", "a", "b", "c"))
    assert pairs(found) == {"One": "G"}
    assert found.left[0].reason == "G fits, and is the pair of another Rescue group already"


def test_groups_whose_ids_begin_alike_are_not_both_proposed() -> None:
    first, second = entra("G", "a"), entra("H", "b")
    second = Group(first.id[:8] + second.id[8:], "H", second.members)
    found = Account().group("One", *mails("a")).group("Two", *mails("b")).propose(first, second)
    assert len(found.pairs) == 1


@pytest.mark.parametrize(("sso", "rule"), [("a@upn.x", "upn"), ("a@mail.x", "mail"), ("other", None), (None, None)])
def test_the_links_of_an_earlier_file_tell_the_pair_and_its_sso_rule(sso: str | None, rule: str | None) -> None:
    account = Account().group("Desk", marked("a", "G", sso=sso))
    found = account.propose(entra("G", "a", "x", "y", "z", "q"), entra("H", "a"))
    assert pairs(found) == {"Desk": "G"}
    assert found.pairs[0].reason.endswith("; 1 carry this pair's link already")
    assert (found.pairs[0].linked, found.pairs[0].sso) == (True, rule)


def test_a_link_survives_a_changed_login_and_another_owners_means_nothing() -> None:
    here = ("old@mail.x", marked("a", "G")[1])
    assert pairs(Account().group("Desk", here).propose(entra("G", "a"))) == {"Desk": "G"}
    other = ("old@mail.x", marked("a", "G", owner="ffff")[1])
    assert pairs(Account().group("Desk", other).propose(entra("G", "a"))) == {}


def test_upns_as_logins_are_noticed() -> None:
    account = Account().group("Desk", "a@upn.x", "b@upn.x", "c@mail.x")
    assert account.propose(entra("G", "a", "b", "c")).upn_as_login
    assert not Account().group("Desk", "a@upn.x").propose(entra("G", person("a", mail="a@upn.x"))).upn_as_login


def test_a_group_that_may_fit_and_could_not_be_read_is_named() -> None:
    unread = UnreadGroup(group_id("Desk"), "Desk", "its membership is hidden", hidden=True)
    found = Account().group("Desk", *mails("a")).propose(unread)
    assert found.left[0].reason == "Desk could not be read: its membership is hidden"


def test_administrators_are_told_as_such() -> None:
    account = Account().group("Boss", *mails("a"), role=Role.ADMIN)
    found = account.propose(entra("Admins", "a"), role=Role.ADMIN)
    assert found.pairs[0].reason == "1 of 1 administrators of Boss is a member (it has 1)"


def test_the_order_of_what_was_read_does_not_matter() -> None:
    rng = random.Random(4)  # noqa: S311 - a seeded order, no secret
    account = Account()
    for number in range(6):
        account.group(f"G{number}", *mails(*(f"p{rng.randrange(20)}" for _ in range(6))))
    groups = [entra(f"E{number}", *{f"p{rng.randrange(20)}" for _ in range(7)}) for number in range(8)]
    first = account.propose(*groups)
    for _ in range(5):
        rng.shuffle(groups)
        rng.shuffle(account.seats)
        again = account.propose(*groups)
        assert pairs(again) == pairs(first)
        assert [one.reason for one in again.left] == [one.reason for one in first.left]


def found_groups(*names: str) -> list[FoundGroup]:
    return [FoundGroup(group_id(name), name, "security", dynamic=False, hidden=False) for name in names]


def test_candidates_are_linked_ones_then_where_the_sample_is_then_names() -> None:
    account = Account().group("Desk", marked("a", "Linked"), *mails("b", "c"))
    listed = found_groups("Desk", "Desk two", "Finance", "Linked", "Members", "Few")
    memberships = {f"{key}@mail.x": [group_id("Members")] for key in "ab"} | {
        "c@mail.x": [group_id("Few"), group_id("Members")]
    }
    chosen = choose_candidates(account.places(), listed, memberships, at_most=99)
    assert chosen == [group_id(name) for name in ("Linked", "Members", "Desk", "Desk two")]
    assert choose_candidates(account.places(), listed, memberships, at_most=2) == chosen[:2]


def test_a_candidate_that_the_listing_did_not_reach_is_found_through_its_members() -> None:
    account = Account().group("Desk", *mails("a"))
    assert choose_candidates(account.places(), [], {"a@mail.x": ["beyond"]}, at_most=9) == ["beyond"]


def test_the_sample_is_bounded_and_spread() -> None:
    account = Account().group("One", *mails(*(f"p{number:02}" for number in range(50)))).group("Two", *mails("z"))
    asked = sample_logins(account.places(), at_most=20)
    assert len(asked) == 11
    assert asked[0] == "p00@mail.x"
    assert asked[9] == "p45@mail.x"
    assert "z@mail.x" in asked
    assert sample_logins(Account().group("One").places(), at_most=20) == []


def test_a_large_tenant_is_no_matter() -> None:
    account = Account()
    for number in range(300):
        account.group(f"Region {number} Desk", *mails(f"a{number}", f"b{number}"))
    listed = found_groups(*(f"Unit {number} Desk" for number in range(4000)))
    groups = [entra(f"Unit {number} Desk", *(f"m{number}.{one}" for one in range(200))) for number in range(200)]
    started = process_time()
    places = account.places()
    choose_candidates(places, listed, {}, at_most=400)
    propose_pairs(places, {group.id: group for group in groups})
    assert process_time() - started < 60  # every group against every other would be an hour


@pytest.mark.parametrize(
    ("name", "path", "low", "high"),
    [
        ("Helpdesk EMEA", ("EMEA", "Helpdesk"), 1, 1),
        ("sg-rescue-EMEA_helpdesk", ("EMEA", "Helpdesk"), 1, 1),
        ("EmeaHelpdesk", ("Emea", "Helpdesk"), 1, 1),
        ("E\u0301quipe", ("ÉQUIPE",), 1, 1),
        ("Helpdesk", ("EMEA", "Helpdesk"), 0.9, 0.9),
        ("Field Service EMEA", ("EMEA", "Field"), 0.6, 0.7),
        ("Rescue Technicians", ("Technicians",), 0, 0.6),
        ("Finance", ("EMEA", "Helpdesk"), 0, 0),
        ("...", ("EMEA",), 0, 0),
        ("Desk", (), 0, 0),
    ],
)
def test_likeness_of_names(name: str, path: tuple[str, ...], low: float, high: float) -> None:
    assert low <= likeness(name, path) <= high
