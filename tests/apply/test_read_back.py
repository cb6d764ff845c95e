"""The first write of a run, read back: losses, delays, and what the server stored otherwise (D15, D20)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reconciler.apply.applier import SETTLE_FOR
from reconciler.errors import TargetError
from reconciler.model.hierarchy import Details

from .rescue_double import DEAD, DOWN, REFUSED, Rescue, act, carry_out, create, mark, message, person, results

LOSSES: dict[str, tuple[Callable[[Details], Details], str]] = {
    "nick": (lambda record: record._replace(nick=""), "the nick 'Nick 5' became ''"),
    "SSO ID": (lambda record: record._replace(sso_id=""), "the SSO ID 'sso' became ''"),
    "mobile": (lambda record: record._replace(mobile=False), "the mobile licence True became False"),
    "rpat": (lambda record: record._replace(rpat=False), "the remote access licence True became False"),
    "rpat not shown": (lambda record: record._replace(rpat=None), "the remote access licence True became None"),
    "login": (lambda record: record._replace(login="X@y.example"), "the login 'p5@x.example' became 'x@y.example'"),
    "type": (lambda record: record._replace(type="Robot"), "the type 'technician' became 'robot'"),
    "status": (lambda record: record._replace(status="Disabled"), "the status 'enabled' became 'disabled'"),
    "other text": (lambda record: record._replace(description=mark(5)), "the description 'by hand' became ''"),
    "marker gone": (
        lambda record: record._replace(description="by hand"),
        "to do: the marker was not stored whole: 'by hand'",
    ),
    "marker cut": (
        lambda record: record._replace(description=record.description[:14]),
        "to do: the description 'by hand' became 'by hand [entra'; the marker was not stored whole: 'by hand [entra'",
    ),
    "marker changed": (
        lambda record: record._replace(description=f"by hand {mark(6)}"),
        f"to do: the marker was not stored whole: 'by hand {mark(6)}'",
    ),
    "two markers": (
        lambda record: record._replace(description=f"by hand {mark(5)}{mark(6)}"),
        f"the marker was not stored whole: 'by hand {mark(5)}{mark(6)}'",
    ),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_a_loss_at_the_first_write_ends_the_run(loss: str) -> None:
    mangle, words = LOSSES[loss]
    full = person(5, sso_id="sso", mobile=True, rpat=True, description=f"by hand {mark(5)}")
    rescue = Rescue(full, person(6))
    rescue.mangle = mangle
    run = carry_out(rescue, act(5, "update", name="X"), act(6, "update", name="X"), create("n@x.example"))
    assert results(run) == ["failed", "skipped", "skipped"]
    assert message(run).startswith("writing p5@x.example did what it was not meant to do: ")
    assert message(run).endswith(words)
    assert run.stopped == (
        f"the run ended: {message(run)} (no further write was made; compare this person in the Admin Center with the "
        "plan)"
    )
    assert rescue.writes == ["set 5"]
    assert rescue.clock.now >= SETTLE_FOR
    assert isinstance(run.fatal, TargetError)


def test_the_same_loss_later_is_left_to_the_last_reading() -> None:
    rescue = Rescue(person(5), person(6))

    def lose() -> None:
        rescue.mangle = lambda record: record._replace(nick="")

    rescue.on["set"] = [None, lose]
    run = carry_out(rescue, act(5, "update", name="X"), act(6, "update", name="X"))
    assert results(run) == ["done", "done"]


def test_a_field_that_the_server_never_showed_is_no_loss() -> None:
    rescue = Rescue(person(5, rpat=None))
    rescue.mangle = lambda record: record._replace(rpat=False)
    assert results(carry_out(rescue, act(5, "update", name="X"))) == ["done"]


@pytest.mark.parametrize("reads", [1, 3, 19])
def test_a_write_may_take_a_while_to_show(reads: int) -> None:
    rescue = Rescue(person(5, description=mark(5)), person(6))
    rescue.delay = reads
    run = carry_out(rescue, act(5, "update", description=mark(5, off=True), name="X"))
    assert results(run) == ["done"]
    assert rescue.calls.count("get 5") == reads + 2


def test_a_marker_that_does_not_show_in_time_ends_the_run() -> None:
    rescue = Rescue(person(5, description=mark(5)), person(6))
    rescue.delay = 50
    run = carry_out(rescue, act(5, "disable", description=mark(5, off=True), enabled=False), act(6, "update", name="X"))
    assert results(run) == ["failed", "skipped"]
    assert "the marker was not stored whole" in message(run)


def test_a_person_who_is_gone_after_the_write_ends_the_run() -> None:
    rescue = Rescue(person(5), person(6))
    rescue.on["get"] = [None, lambda: rescue.people.pop(5)]
    run = carry_out(rescue, act(5, "update", name="X"), act(6, "update", name="X"))
    assert results(run) == ["failed", "skipped"]
    assert message(run) == ("writing p5@x.example did what it was not meant to do: the person cannot be read any more")


@pytest.mark.parametrize("trouble", [DOWN, DEAD, REFUSED])
def test_a_first_write_that_cannot_be_looked_at_is_unknown_and_the_last(trouble: Exception) -> None:
    rescue = Rescue(person(5), person(6))
    rescue.on["get"] = [None, trouble]
    run = carry_out(rescue, act(5, "update", name="X"), act(6, "update", name="X"))
    assert results(run) == ["unknown", "skipped"]
    assert message(run) == f"written, but it could not be read back: {trouble}"
    assert run.fatal is trouble


@pytest.mark.parametrize(
    ("mangle", "words"),
    [
        (lambda record: record._replace(name=record.name.upper()), "server stored the name 'NEW NAME'"),
        (lambda record: record._replace(sso_id="cut"), "server stored the SSO ID 'cut'"),
        (
            lambda record: record._replace(name="Name 5", sso_id=""),
            "server stored the name 'Name 5'; server stored the SSO ID ''",
        ),
    ],
)
def test_what_the_server_stored_differently_fails_and_the_run_goes_on(
    mangle: Callable[[Details], Details], words: str
) -> None:
    rescue = Rescue(person(5, description=mark(5)), person(6))
    rescue.mangle = mangle
    rescue.on["set"] = [None, lambda: setattr(rescue, "mangle", lambda record: record)]
    run = carry_out(rescue, act(5, "update", name="New Name", sso_id="sso"), act(6, "update", name="Y"))
    assert (results(run), message(run)) == (["failed", "done"], words)
    assert rescue.writes == ["set 5", "set 6"]


@pytest.mark.parametrize(
    ("stored", "proof"),
    [((), False), (("sso_id",), True), (("description",), True)],
    ids=["nothing", "a field", "a text"],
)
def test_a_write_of_which_nothing_shows_proves_nothing(stored: tuple[str, ...], proof: bool) -> None:
    """So the next one is looked at as well; one of which something shows is proof enough."""
    before = {node: person(node, description=mark(node)) for node in (5, 6, 7)}
    rescue = Rescue(*before.values())
    rescue.mangle = lambda record: (
        before[5]._replace(**{name: getattr(record, name) for name in stored}) if record.id == 5 else record
    )
    changed = act(5, "update", name="X", sso_id="sso", description=mark(5) if "description" not in stored else mark(6))
    run = carry_out(rescue, changed, *(act(node, "update", name="X") for node in (6, 7)))
    assert results(run) == ["failed", "done", "done"]
    seen = ["get 6", "set 6"] if proof else ["get 6", "set 6", "get 6"]
    assert rescue.calls[-len(seen) - 2 :] == [*seen, "get 7", "set 7"]
