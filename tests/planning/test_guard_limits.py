"""Every guard of §6 at its limit and one beyond, for teams of nobody, one, nine, ten and 998,001 people.

The guards are asked directly, with numbers for a population and one action many times over: nothing else could show a
limit that is off by one among a million.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from reconciler.model.file import Guards
from reconciler.model.hierarchy import Role
from reconciler.model.mappings import Permit
from reconciler.model.plan import Action, Change, Guard, Place, Subject
from reconciler.planning.admins import AdminCount
from reconciler.planning.guards import Population, judge_guards

from .world import TODAY

MILLION = 998_001
SIZES = (0, 1, 9, 10, MILLION)
NOBODY = AdminCount(frozenset())


def action(guard: str, number: int = 0, role: Role = Role.TECHNICIAN, mapping: str | None = "field") -> Action:
    """One that a guard counts, and no other guard but those about the same verb."""
    verbs = {
        "max_removals": ("disable",),
        "max_removals_per_mapping": ("disable",),
        "max_moves": ("move",),
        "max_identity_changes": ("update",),
        "max_creates": ("create",),
        "max_group_creates": ("create_group",),
        "max_admin_grants": ("create",),
        "min_admins": ("disable",),
    }[guard]
    return Action(
        id=f"{number:016x}",
        verbs=verbs,
        role=role.value,
        mapping=mapping,
        subject=Subject(entra_id=None, login="ann@x.example", name="Ann", node_id=number),
        group=Place(before=None, after=None),
        changes=(Change(field="login", before="a@x.example", after="b@x.example"),) if verbs == ("update",) else (),
        reason="drawn",
        removal=verbs == ("disable",),
    )


def judged(
    guard: str,
    limit: int | str,
    of: int,
    counted: int | list[Action],
    *,
    permits: tuple[Permit, ...] = (),
    admins: AdminCount = NOBODY,
    today: date = TODAY,
    **said: int,
) -> Guard:
    """The verdict on a plan of so many actions of one kind, for `of` people who are all of one mapping."""
    role = Role.ADMIN if guard in ("max_admin_grants", "min_admins") else Role.TECHNICIAN
    actions = [action(guard, role=role)] * counted if isinstance(counted, int) else counted
    guards = Guards(**{guard: limit, **said})
    population = Population(of, {"field": of}, of)
    verdicts = judge_guards(actions, {role: population}, admins, guards, permits, today)
    (found,) = [verdict for verdict in verdicts if verdict.name == guard]
    return found


def holds_exactly(guard: str, limit: int | str, of: int, most: int, **said: int) -> None:
    """Passes with `most` actions, refuses one more and names all of them."""
    at, beyond = (judged(guard, limit, of, counted, **said) for counted in (most, most + 1))
    assert (at.passed, at.limit, at.measured, at.actions) == (True, most, most, ())
    assert (beyond.passed, beyond.limit, beyond.measured, len(beyond.actions)) == (False, most, most + 1, most + 1)


BY_SHARE = ("max_removals", "max_removals_per_mapping", "max_moves", "max_identity_changes", "max_group_creates")
ALL = (*BY_SHARE, "max_creates", "max_admin_grants")

# share, small_team -> the most that passes among nobody, one, nine, ten and 998,001 people
SHARES = {
    "nothing": ("0%", 0, (0, 0, 0, 0, 0)),
    "nothing, but two of a small team": ("0%", 10, (2, 2, 2, 0, 0)),
    "one in a hundred": ("1%", 0, (0, 0, 0, 0, 9980)),
    "one in a hundred, but two of a small team": ("1%", 10, (2, 2, 2, 0, 9980)),
    "of small teams that end at nine": ("10%", 9, (2, 2, 0, 1, 99_800)),
    "of small teams that end at eleven": ("10%", 11, (2, 2, 2, 2, 99_800)),
    "more than two of a small team": ("50%", 10, (2, 2, 4, 5, 499_000)),
    "everybody": ("100%", 0, (0, 1, 9, 10, MILLION)),
}


@pytest.mark.parametrize("guard", [*BY_SHARE, "max_admin_grants"])
@pytest.mark.parametrize("case", SHARES)
def test_a_share_is_rounded_down_and_small_teams_may_two(guard: str, case: str) -> None:
    share, small_team, most = SHARES[case]
    for of, allowed in zip(SIZES, most, strict=True):
        if allowed < 20_000:
            holds_exactly(guard, share, of, allowed, small_team=small_team)
        else:
            verdict = judged(guard, share, of, 1, small_team=small_team)
            assert (verdict.limit, verdict.of, verdict.passed) == (allowed, of, True)


@pytest.mark.parametrize("guard", BY_SHARE)
def test_a_million_of_a_million(guard: str) -> None:
    holds_exactly(guard, "20%", MILLION, 199_600)


@pytest.mark.parametrize(
    ("share", "of", "most"),
    [("29%", 100, 29), ("57%", 100, 57), ("58%", 50, 29), ("7%", 100, 7), ("33%", 10, 3), ("99%", MILLION, 988_020)],
)
def test_shares_are_whole_numbers_throughout(share: str, of: int, most: int) -> None:
    """29 % of 100 is 28.999999999999996 for a machine that computes it in fractions."""
    assert judged("max_moves", share, of, 0, small_team=0).limit == most


@pytest.mark.parametrize(
    ("share", "most"),
    [("0%", (50, 50, 50, 50, 50)), ("50%", (50, 50, 50, 50, 499_000)), ("100%", (50, 50, 50, 50, MILLION))],
)
def test_a_share_of_creations_is_never_less_than_fifty(share: str, most: tuple[int, ...]) -> None:
    for of, allowed in zip(SIZES, most, strict=True):
        verdict = judged("max_creates", share, of, 1)
        assert verdict.limit == (None if of == 0 else allowed)
        if of and allowed == 50:
            holds_exactly("max_creates", share, of, 50)


@pytest.mark.parametrize(("of", "most"), [(100, 50), (101, 50), (102, 51)])
def test_the_floor_of_creations_ends_where_the_share_passes_it(of: int, most: int) -> None:
    holds_exactly("max_creates", "50%", of, most)


@pytest.mark.parametrize("guard", ALL)
@pytest.mark.parametrize("of", SIZES)
@pytest.mark.parametrize("most", [0, 1, 3])
def test_a_number_is_a_number_for_a_team_of_any_size(guard: str, of: int, most: int) -> None:
    if guard == "max_creates" and of == 0:
        assert judged(guard, most, of, most + 1).limit is None, "the first run creates everybody"
    else:
        holds_exactly(guard, most, of, most, small_team=10)


@pytest.mark.parametrize("guard", ALL)
@pytest.mark.parametrize("of", SIZES)
def test_off_lets_everything_through_and_says_how_much(guard: str, of: int) -> None:
    verdict = judged(guard, "off", of, 9)
    assert (verdict.passed, verdict.limit, verdict.measured, verdict.of) == (True, None, 9, of)


# guard -> how many it counts of one action of each kind there is
COUNTED = {
    Role.TECHNICIAN: {
        "max_removals": 1,
        "max_removals_per_mapping": 1,
        "max_moves": 1,
        "max_identity_changes": 1,
        "max_creates": 1,
        "max_group_creates": 1,
    },
    Role.ADMIN: {
        "max_removals": 1,
        "max_removals_per_mapping": 1,
        "max_moves": 1,
        "max_identity_changes": 1,
        "max_creates": 1,
        "max_admin_grants": 3,  # create, enable and move give an administrator rights
        "min_admins": 0,  # nobody is left
    },
}


@pytest.mark.parametrize("role", Role)
def test_every_guard_counts_its_own_kind_of_action_and_no_other(role: Role) -> None:
    kinds = ("max_removals", "max_moves", "max_identity_changes", "max_creates", "max_group_creates")
    enables = action("max_moves", 8, role).model_copy(update={"verbs": ("enable",)})
    actions = [*(action(kind, number, role) for number, kind in enumerate(kinds)), enables]
    verdicts = judge_guards(actions, {role: Population(10, {"field": 10}, 10)}, NOBODY, Guards(), (), TODAY)
    assert {verdict.name: verdict.measured for verdict in verdicts} == COUNTED[role]


def test_a_removal_of_another_mapping_or_of_none_is_not_of_this_one() -> None:
    gone = [
        action("max_removals", 1),
        action("max_removals", 2, mapping="desk"),
        action("max_removals", 3, mapping=None),
    ]
    assert judged("max_removals_per_mapping", 0, 10, gone).measured == 1
    assert judged("max_removals", 2, 10, gone).measured == 3


@pytest.mark.parametrize("guard", ["max_removals", "max_removals_per_mapping", "max_moves", "max_identity_changes"])
def test_roles_are_judged_apart(guard: str) -> None:
    """Twelve of each role at a limit of twelve: they are never added up."""
    actions = [action(guard, number, role) for number in range(12) for role in Role]
    populations = {role: Population(of, {"field": of}, of) for role, of in ((Role.TECHNICIAN, 60), (Role.ADMIN, 50))}
    verdicts = judge_guards(actions, populations, NOBODY, Guards(**{guard: "20%"}), (), TODAY)
    found = {
        verdict.role: (verdict.measured, verdict.limit, verdict.passed) for verdict in verdicts if verdict.name == guard
    }
    assert found == {"technician": (12, 12, True), "admin": (12, 10, False)}


def test_groups_of_administrators_are_not_judged_for_they_are_never_created() -> None:
    populations = {role: Population(1, {}, 1) for role in Role}
    verdicts = judge_guards([], populations, NOBODY, Guards(), (), TODAY)
    assert [(verdict.name, verdict.role) for verdict in verdicts] == [
        ("max_removals", "technician"),
        ("max_moves", "technician"),
        ("max_identity_changes", "technician"),
        ("max_creates", "technician"),
        ("max_group_creates", "technician"),
        ("max_removals", "admin"),
        ("max_moves", "admin"),
        ("max_identity_changes", "admin"),
        ("max_creates", "admin"),
        ("max_admin_grants", "admin"),
        ("min_admins", "admin"),
    ]


# -- min_admins -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("leaving", [1, 2, 9, 10, 1000])
@pytest.mark.parametrize("least", [0, 1, 2, 10])
def test_min_admins_at_the_limit_and_one_beyond(leaving: int, least: int) -> None:
    gone = [action("min_admins", number, Role.ADMIN) for number in range(leaving)]
    for spare, passed in ((0, True), (-1, False)):
        before = leaving + least + spare
        if before < leaving:
            continue
        verdict = judged("min_admins", least, before, gone, admins=AdminCount(frozenset(range(before))))
        assert (verdict.passed, verdict.measured, verdict.of, verdict.limit) == (passed, least + spare, before, least)
        assert len(verdict.actions) == (0 if passed else leaving)


def test_min_admins_whoever_does_not_count_takes_nobody_away() -> None:
    """The account holder, say: among the removed, but never among those counted."""
    gone = [action("min_admins", number, Role.ADMIN) for number in (1, 99)]
    verdict = judged("min_admins", 2, 3, gone, admins=AdminCount(frozenset({1, 2, 3})))
    assert (verdict.measured, verdict.passed) == (2, True)


@pytest.mark.parametrize("left", [0, 1, 2])
def test_min_admins_is_judged_only_on_plans_that_disable_one(left: int) -> None:
    grants = [action("max_admin_grants", 7, Role.ADMIN)]
    verdict = judged("min_admins", 2, left, grants, admins=AdminCount(frozenset(range(left))))
    assert (verdict.passed, verdict.limit, verdict.measured) == (True, None, left)


# -- permits ----------------------------------------------------------------------------------------------------------

ENDED = TODAY - timedelta(days=1)


def ids(*numbers: int) -> frozenset[str]:
    return frozenset(f"{number:016x}" for number in numbers)


def permit(guard: str, *numbers: int, until: date = TODAY) -> Permit:
    return Permit(guard, ids(*numbers), None, until, 7)


# five actions, 0 to 4, at a limit of two: three have to be listed
PERMITS = {
    "none": ([], 0),
    "one id too few": ([(0, 1)], 2),
    "just enough": ([(0, 1, 2)], 3),
    "all of them": ([(0, 1, 2, 3, 4)], 5),
    "ids nobody has": ([(0, 1, 77, 78, 79)], 2),
    "one id twice": ([(0, 1), (1,)], 2),
    "several entries add up": ([(0, 1), (2,)], 3),
}


@pytest.mark.parametrize("guard", ALL)
@pytest.mark.parametrize("case", PERMITS)
def test_a_permit_spares_exactly_the_actions_it_lists(guard: str, case: str) -> None:
    listed, permitted = PERMITS[case]
    role = Role.ADMIN if guard == "max_admin_grants" else Role.TECHNICIAN
    actions = [action(guard, number, role) for number in range(5)]
    verdict = judged(guard, 2, 10, actions, permits=tuple(permit(guard, *numbers) for numbers in listed))
    assert (verdict.measured, verdict.permitted, verdict.passed) == (5 - permitted, permitted, permitted >= 3)
    spared = {f"{number:016x}" for numbers in listed for number in numbers}
    rest = tuple(action.id for action in actions if action.id not in spared)
    assert verdict.actions == (() if verdict.passed else rest)


@pytest.mark.parametrize("guard", ALL)
def test_a_permit_counts_on_its_last_day_and_not_on_the_next(guard: str) -> None:
    for today, passed in ((TODAY, True), (TODAY + timedelta(days=1), False)):
        assert judged(guard, 0, 10, 1, permits=(permit(guard, 0),), today=today).passed is passed


@pytest.mark.parametrize("guard", ALL)
def test_an_ended_permit_takes_nothing_from_one_in_force(guard: str) -> None:
    role = Role.ADMIN if guard == "max_admin_grants" else Role.TECHNICIAN
    actions = [action(guard, number, role) for number in range(2)]
    both = (permit(guard, 1, until=ENDED), permit(guard, 0), permit(guard, 1, until=ENDED))
    verdict = judged(guard, 0, 10, actions, permits=both)
    assert (verdict.permitted, verdict.passed, verdict.actions) == (1, False, (actions[1].id,))


@pytest.mark.parametrize("guard", ALL)
def test_a_permit_of_every_other_guard_spares_nothing(guard: str) -> None:
    others = tuple(permit(name, 0) for name in (*ALL, "min_admins") if name != guard)
    verdict = judged(guard, 0, 10, 1, permits=others)
    assert (verdict.permitted, verdict.passed) == (0, False)


@pytest.mark.parametrize("guard", ALL)
def test_a_permit_used_before_covers_the_same_action_again_and_nobody_new(guard: str) -> None:
    """The run that died half way plans again with fewer actions; a joiner in between is not on the list (§6)."""
    role = Role.ADMIN if guard == "max_admin_grants" else Role.TECHNICIAN
    listed = (permit(guard, 0, 1, 2),)
    assert judged(guard, 0, 10, [action(guard, number, role) for number in (0, 1, 2)], permits=listed).passed
    assert judged(guard, 0, 10, [action(guard, 2, role)], permits=listed).passed
    joined = judged(guard, 0, 10, [action(guard, number, role) for number in (2, 3)], permits=listed)
    assert (joined.passed, joined.permitted, joined.measured) == (False, 1, 1)


@pytest.mark.parametrize(
    ("listed", "left", "passed"), [((), 1, False), ((0,), 2, True), ((0, 1, 2), 4, True), ((9,), 1, False)]
)
def test_a_permit_for_min_admins_spares_those_it_lists(listed: tuple[int, ...], left: int, passed: bool) -> None:
    gone = [action("min_admins", number, Role.ADMIN) for number in range(3)]
    permits = (permit("min_admins", *listed),)
    verdict = judged("min_admins", 2, 4, gone, admins=AdminCount(frozenset(range(4))), permits=permits)
    assert (verdict.measured, verdict.passed) == (left, passed)
    assert verdict.permitted == len([number for number in listed if number < 3])


def test_min_admins_off_lets_the_last_one_go() -> None:
    gone = [action("min_admins", 0, Role.ADMIN)]
    verdict = judged("min_admins", "off", 1, gone, admins=AdminCount(frozenset({0})))
    assert (verdict.passed, verdict.limit, verdict.measured) == (True, None, 0)


def test_min_admins_is_not_judged_on_removals_that_are_all_permitted() -> None:
    """Too few are left either way; each of those who go was reviewed."""
    gone = [action("min_admins", 0, Role.ADMIN)]
    admins = AdminCount(frozenset({0}))
    verdict = judged("min_admins", 2, 1, gone, admins=admins, permits=(permit("min_admins", 0),))
    assert (verdict.passed, verdict.measured, verdict.permitted) == (True, 1, 1)
