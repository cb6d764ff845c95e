"""Seats and licences in companies drawn at random: the forecast is what happens, and no limit is ever passed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.hierarchy import NodeType
from reconciler.model.marker import Licence, find_markers, with_marker
from reconciler.planning.licences import rank_awards

from .test_properties import drawn, worlds
from .world import World

TAKEN = {"no_seat", "no_mobile_seat"}


@st.composite
def licensed(draw: st.DrawFn, *, ordinary: bool = True) -> World:
    """A company whose mappings award, release and keep, with markers that say anything and seats that run out."""
    world = draw(worlds(ordinary=ordinary))
    modes: Any = st.sampled_from(["award", "award", "release", "keep"])
    world.mappings = [replace(mapping, mobile_license=draw(modes)) for mapping in world.mappings]
    world.technician_seats = draw(st.sampled_from([None, *range(9)]))
    world.mobile_seats = draw(st.sampled_from([None, *range(6)]))
    for seat in world.seats.values():
        said = draw(st.sampled_from([None, Licence.GIVEN, Licence.GIVEN, Licence.NOT_GIVEN, Licence.REFUSED]))
        markers = find_markers(seat.description)
        if len(markers) == 1 and seat.type == NodeType.TECHNICIAN:
            seat.description = with_marker(seat.description, next(iter(markers))._replace(licence=said))
            seat.mobile = said is Licence.GIVEN or (seat.mobile and draw(st.booleans()))
    return world


def enabled(world: World) -> int:
    return sum(seat.type == NodeType.TECHNICIAN and seat.status != "Disabled" for seat in world.seats.values())


def marked_as_given(world: World) -> int:
    markers = (find_markers(seat.description) for seat in world.seats.values() if seat.type == NodeType.TECHNICIAN)
    return sum(any(marker.licence is Licence.GIVEN for marker in found) for found in markers)


@given(licensed(), st.sampled_from(["auto", "full", "bulk"]))
@drawn(100)
def test_the_forecast_is_what_happens_and_nothing_is_left(world: World, refresh: Any) -> None:
    first = world.plan(refresh).plan
    seats = first.seats
    assert seats.technician.before == enabled(world)
    world.apply(first.actions)
    assert seats.technician.after == enabled(world)
    assert seats.mobile.after == seats.mobile.before - seats.mobile.freed + seats.mobile.taken == marked_as_given(world)
    assert seats.technician.bought is None or seats.technician.after <= max(seats.technician.bought, enabled(world))
    second = world.plan(refresh)
    assert second.plan.actions == ()
    assert {f.login for f in second.plan.findings if f.code in TAKEN} == {
        f.login for f in first.findings if f.code in TAKEN
    }
    assert refresh == "full" or second.asked_for("details") == set(), "nothing to change, and somebody asked"
    world.apply(world.plan("full").plan.actions)
    assert world.plan("full").plan.actions == ()


@given(licensed(ordinary=False), st.sampled_from(["auto", "full", "bulk"]))
@drawn(100)
def test_no_limit_is_passed_at_any_moment(world: World, refresh: Any) -> None:
    plan = world.plan(refresh).plan
    technicians, mobile = plan.seats.technician, plan.seats.mobile
    in_use, held = technicians.before, mobile.before
    for action in plan.actions:
        if action.role != "technician":
            continue
        in_use += action.takes_seat - action.frees_seat
        held -= action.releases
        if action.takes_seat and technicians.bought is not None:
            assert in_use <= technicians.bought
    for _ in rank_awards(plan.actions, world.mappings):
        held += 1
        assert mobile.bought is None or held <= mobile.bought
    assert (in_use, held) == (technicians.after, mobile.after)
    without = [finding.login for finding in plan.findings if finding.code == "no_seat"]
    assert sorted(without, key=str) == sorted(technicians.without, key=str)
    assert not without or technicians.after == technicians.bought or technicians.before > (technicians.bought or 0)
