"""What weighs more than what when Entra groups are paired with Rescue groups, at its limits."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.directory import Person, UnreadGroup
from reconciler.planning.propose.likeness import likeness
from reconciler.planning.propose.pairing import choose_candidates, sample_logins

from .test_pairing import Account, entra, found_groups, group_id, mails, marked, pairs, person

# -- who is asked for, and which groups are read ----------------------------------------------------------------------


def test_at_least_two_of_each_group_are_asked_for() -> None:
    account = Account()
    for place in ("a", "b", "c"):
        account.group(place, *mails(*(f"{place}{number}" for number in range(5))))
    assert sample_logins(account.places(), at_most=3) == mails("a0", "a2", "b0", "b2", "c0", "c2")


def test_two_people_with_one_login_of_whom_one_is_linked_are_both_there() -> None:
    account = Account().group("Desk", marked("a", "G"), *mails("a"))
    assert [one.login for one in account.places()[0].people] == mails("a", "a")


def chosen(account: Account, names: list[str], memberships: dict[str, list[str]], at_most: int = 99) -> list[str]:
    """Names of the candidates; `memberships`: key of a person -> names."""
    of = {group_id(name): name for name in names}
    asked = {f"{key}@mail.x": [group_id(name) for name in groups] for key, groups in memberships.items()}
    return [of[id_] for id_ in choose_candidates(account.places(), found_groups(*names), asked, at_most=at_most)]


def test_of_groups_called_alike_the_three_likest_are_read() -> None:
    account = Account().group("EMEA Desk Night", *mails("b"))
    names = ["Desk", "EMEA", "EMEA Desk Night Two Three", "EMEA Desk Night", "EMEA Desk Night Two"]
    assert chosen(account, names, {}) == ["EMEA Desk Night", "EMEA Desk Night Two", "EMEA Desk Night Two Three"]
    assert chosen(account, names[::-1], {}) == chosen(account, names, {})


def test_a_name_like_the_group_above_is_read_too() -> None:
    account = Account().group("EMEA").group("EMEA/Desk", *mails("a"))
    places = [place for place in account.places() if place.text == "EMEA/Desk"]
    listed = found_groups("EMEA Finance")
    assert choose_candidates(places, listed, {}, at_most=9) == [group_id("EMEA Finance")]


def test_of_the_groups_that_hold_the_sample_four_are_read_and_the_fullest_are_meant() -> None:
    """All five hold half of the people or more; of equals the likest name stays, and comes first.

    "Two", which holds most, has the last id of all.
    """
    account = Account().group("Desk", *mails("a", "b", "c", "d"))
    names = ["Two", "Desk One", "Desk", "Full", "Desk One Two", "One"]
    memberships = {
        "a": ["Two", "Desk One", "Desk One Two", "Full", "One"],
        "b": ["Two", "Desk One", "Desk One Two", "Full"],
        "c": ["Two"],
        "d": [],
    }
    read = chosen(account, names, memberships)
    assert read[:4] == ["Desk One", "Desk One Two", *sorted(["Two", "Full"], key=group_id)]
    assert read[4:] == ["Desk"], "by its name"
    more = {key: [*groups, "One"] if key == "b" else groups for key, groups in memberships.items()}
    last = min(["Full", "One"], key=group_id)
    fullest = sorted(["Two", last], key=group_id)
    assert chosen(account, names, more) == ["Desk One", "Desk One Two", *fullest, "Desk"]


def test_who_holds_fewer_than_half_of_those_recognised_is_not_read() -> None:
    account = Account().group("Desk", *mails("a", "b", "c", "unknown"))
    assert chosen(account, ["G"], {"a": ["G"], "b": [], "c": []}) == []
    assert chosen(account, ["G"], {"a": ["G"], "b": []}) == ["G"]


def test_the_groups_that_our_links_name_come_first_wherever_the_links_are() -> None:
    account = Account().group("Desk", marked("a", "G")).group("Field", marked("b", "H")).group("Yard", *mails("c"))
    read = chosen(account, ["I", "G", "H"], {"c": ["I"]})
    assert read == [*sorted(["G", "H"], key=group_id), "I"]


def test_the_likest_of_two_places_counts() -> None:
    """G is unlike the one Rescue group and like the other; H is a little like one."""
    account = Account().group("Desk", *mails("a")).group("G Team", *mails("b")).group("H Desk Field", *mails("c"))
    memberships = {"a": ["G"], "b": ["G"], "c": ["H"]}
    assert chosen(account, ["G", "H"], memberships) == ["G", "H"]
    account.seats.reverse()
    assert chosen(account, ["H", "G"], memberships) == ["G", "H"]


# -- which pair is the better one -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["A", "Z"])
def test_of_two_groups_with_the_same_people_the_likest_name_is_meant(name: str) -> None:
    found = Account().group("Desk", *mails("a", "b")).propose(entra(name, "a", "b"), entra("Desk", "a", "b"))
    assert pairs(found) == {"Desk": "Desk"}


def test_people_weigh_more_than_an_equal_name() -> None:
    found = (
        Account().group("Desk", *mails("a", "b")).propose(entra("Desk", "a", "b", "c", "d"), entra("Other", "a", "b"))
    )
    assert pairs(found) == {"Desk": "Other"}


def test_an_equal_name_weighs_more_than_few_people() -> None:
    found = (
        Account()
        .group("Desk", *mails("a", "b", "c", "d"))
        .propose(entra("Desk", "a", "b", "c", "d", "e"), entra("Other", "a", "b", "c", "d"))
    )
    assert pairs(found) == {"Desk": "Desk"}


def test_what_a_file_has_managed_before_comes_first_however_the_rest_is() -> None:
    here = [marked(key, "G") for key in "ab"]
    found = (
        Account()
        .group("Desk", *here)
        .propose(entra("G", "a", "b", *(f"p{number}" for number in range(40))), entra("Desk", "a", "b"))
    )
    assert pairs(found) == {"Desk": "G"}
    assert found.pairs[0].reason == (
        "2 of 2 technicians of Desk are members (it has 42); 2 carry this pair's link already"
    )


def test_half_of_the_people_linked_is_not_managed_before() -> None:
    found = Account().group("Desk", marked("a", "G"), *mails("b")).propose(entra("G", "a", "b"))
    assert (found.pairs[0].linked, found.pairs[0].reason) == (
        False,
        "2 of 2 technicians of Desk are members (it has 2)",
    )


def test_people_weigh_more_than_a_name_for_nobody() -> None:
    """An empty group of that very name does not take the pair of those who are members."""
    account = Account().group("Old").group("Old/Desk").group("Field", *mails("a", "b"))
    found = account.propose(entra("Old Desk", "a", "b", "c", "d"))
    assert pairs(found) == {"Field": "Old Desk"}


@pytest.mark.parametrize(("others", "fits"), [(4, True), (5, False)])
def test_at_most_three_times_as_many_are_in_a_group_with_another_name(others: int, fits: bool) -> None:
    found = Account().group("Desk", *mails("a", "b")).propose(entra("G", "a", "b", *(f"p{n}" for n in range(others))))
    assert bool(found.pairs) == fits


@pytest.mark.parametrize(("name", "fits"), [("Desk Two", True), ("Desk Two Three", False)])
def test_half_a_name_lets_a_larger_group_pass(name: str, fits: bool) -> None:
    found = Account().group("Desk", *mails("a")).propose(entra(name, "a", *(f"p{n}" for n in range(40))))
    assert bool(found.pairs) == fits


@pytest.mark.parametrize(("keys", "fits"), [("ab", True), ("a", False)])
def test_half_of_the_people_are_enough(keys: str, fits: bool) -> None:
    found = Account().group("Desk", *mails("a", "b", "c", "d")).propose(entra("Desk", *keys))
    assert bool(found.pairs) == fits


# -- what the pairs tell of logins and SSO IDs ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("people", "members", "upn"),
    [
        ([*mails("a", "b"), "c@upn.x"], ["a", "b", "c"], False),
        (["a@upn.x", "b@upn.x", *mails("c", "d")], ["a", "b"], True),
        (["a@upn.x", "b@x", "c@x"], ["a", *(person(key, mail=f"{key}@x", upn=f"{key}@x") for key in "bc")], True),
        (["a@upn.x", *mails("b")], ["a", "b"], False),
    ],
    ids=["more mails", "strangers", "whose mail and UPN are one", "as many of both"],
)
def test_upns_are_logins_where_more_people_are_recognised_by_them(
    people: list[str], members: list[Person | str], upn: bool
) -> None:
    found = Account().group("Desk", *people).propose(entra("G", *members))
    assert len(found.pairs) == 1
    assert found.upn_as_login == upn


SAME: dict[str, Any] = {"upn": "a@x", "mail": "a@x"}


@pytest.mark.parametrize(
    ("first", "second", "rule"),
    [
        ("upn", None, None),
        ("upn", "none of both", None),
        ("upn", "upn", "upn"),
        ("mail", "mail", "mail"),
    ],
)
def test_most_links_have_to_agree_on_an_sso_rule(first: str, second: str | None, rule: str | None) -> None:
    ssos = {"upn": "{}@upn.x", "mail": "{}@mail.x", "none of both": "{}", None: None}
    here = [
        marked(key, "G", sso=None if (text := ssos[said]) is None else text.format(key))
        for key, said in (("a", first), ("b", second))
    ]
    assert Account().group("Desk", *here).propose(entra("G", "a", "b")).pairs[0].sso == rule


def test_where_mail_and_upn_are_one_the_rule_is_the_upns() -> None:
    found = Account().group("Desk", marked("a", "G", sso="a@x")).propose(entra("G", person("a", **SAME)))
    assert found.pairs[0].sso == "upn"


# -- why there is no pair ---------------------------------------------------------------------------------------------


def reasons(account: Account, *groups: Any) -> dict[str, str]:
    return {one.place.text: one.reason for one in account.propose(*groups).left}


def test_a_group_with_nothing_in_common_is_not_named() -> None:
    account = Account().group("Desk", *mails("a")).group("Empty")
    assert reasons(account, entra("Misc", "b")) == {
        "Desk": "no Entra group shares people with it",
        "Empty": "nobody enabled is in it, and no name is alike",
    }


def test_of_two_empty_groups_of_one_name_the_second_is_told() -> None:
    account = Account().group("APAC").group("APAC/Desk").group("EMEA").group("EMEA/Desk")
    found = account.propose(entra("Desk"))
    assert pairs(found) == {"APAC/Desk": "Desk"}
    assert reasons(account, entra("Desk"))["EMEA/Desk"] == (
        "Desk fits, and is the pair of another Rescue group already"
    )


def test_what_would_not_fit_anyway_is_not_said_to_be_taken() -> None:
    account = Account().group("One", *mails("a", "b", "c")).group("Two", *mails("a", "x", "y"))
    assert reasons(account, entra("G", "a", "b", "c")) == {
        "Two": "no Entra group fits well; the nearest is G: 1 of 3 technicians of Two is a member (it has 3)"
    }


def test_every_group_that_may_fit_and_could_not_be_read_is_named() -> None:
    unread = [
        UnreadGroup(group_id(name), name, "429") for name in ("Desk Two", "Desk Two Three", "Desk")
    ]  # the second is not alike enough
    assert reasons(Account().group("Desk", *mails("a")), *unread) == {
        "Desk": "Desk Two could not be read: 429; Desk could not be read: 429"
    }


def test_names_without_any_word_are_not_alike() -> None:
    assert likeness("...", ("--",)) == 0
