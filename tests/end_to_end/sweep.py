"""One fault at one point: a run in trouble, then the undisturbed command, twice at the most; and what must hold.

What holds is asked of the sandbox, write by write, and of every byte that was shown or kept: never of the plan.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from . import company
from .faults import FOUND, REPEATED, Case
from .journal import Journal, Nodes, journal
from .world import Done, World, tree_of, world

PASSWORD = "Sync-Pw-2026"
Picture = list[tuple[Any, ...]]


def picture(made: World) -> Picture:
    """All of Rescue as a value: in place of node ids paths, and beside everything visible who has a password."""
    nodes = {row["id"]: row for row in made.box.state.nodes()}
    more = [
        (row["type"], row["name"], row["email"], row["has_password"], row["permissions"], row["locked"])
        for row in nodes.values()
    ]
    return [*tree_of(made.box), *sorted(more)]


@contextmanager
def at_work(folder: Path, *, password: bool = False) -> Iterator[Journal]:
    """The company before the run, watched."""
    with world(company.company(), company.FILE, folder) as made, journal(made) as kept:
        if password:
            made.env |= {"RESCUE_EMAIL": "sync@contoso.example", "RESCUE_PASSWORD": PASSWORD}
            del made.env["RESCUE_API_TOKEN"]
        yield kept


class Undisturbed:
    """What a run in which nothing goes wrong leaves behind, and whom it wrote."""

    def __init__(self, folder: Path) -> None:
        with at_work(folder) as kept:
            assert apply(kept.made).code == 0
            check_moments(kept)
            self.picture = picture(kept.made)
            self.before = set(kept.moments[0][1])
            self.written = kept.written()
            self.moments = kept.moments
            self.calls = [entry["call"] for entry in kept.made.calls()]


def try_case(case: Case, folder: Path, wanted: Undisturbed) -> None:
    """The whole of one case. AssertionError where something does not hold."""
    with at_work(folder, password=case.fault.password) as kept:
        made = kept.made
        start = picture(made)
        if case.point.side == "graph":
            made.box.state.set_switch("largest_page", "4")
        if case.fault.kill:
            killed(kept, case, wanted)
        else:
            disturbed(kept, case, start, wanted)
        made.box.state.clear_faults()
        # Of a licence that Rescue answered with ERROR the marker says that it was refused; `full` tries it again (D22).
        finish(kept, wanted, *(["--refresh", "full"] if case.point.purpose == "award" else []))


def disturbed(kept: Journal, case: Case, start: Picture, wanted: Undisturbed) -> None:
    made, point = kept.made, case.point
    where = {"item": point.item} if point.item else {"method": point.method.replace("$", r"\$")}
    made.box.state.add_fault(side=point.side, nth=point.nth, **where, **case.fault.parts)
    made.silence = case.fault.silence
    done = apply(made)
    made.silence = 0
    assert any(fault["fired"] for fault in made.box.state.faults()), "the fault was met by no call"
    assert done.code in (0, 1, 6), (done.code, done.err)
    if done.code == 1:
        assert len(kept.moments) == 1, "exit code 1 and something was written"
        assert picture(made) == start
    if done.code == 0 and case.fault.parts["effect"] != "empty":
        assert picture(made) == wanted.picture, "the command says that all is done"
    assert set(picture(made)) <= set(start) | set(wanted.picture) or point.side == "rescue"
    assert done.outcomes is None or done.outcomes["exit_code"] == done.code
    if point.writes:
        check_told(case, done, made)


def check_told(case: Case, done: Done, made: World) -> None:
    """What the run in trouble says of itself where one write went wrong."""
    creates = case.point.method.startswith("create")
    repeated = case.fault.name in REPEATED and not creates
    found = case.fault.name in FOUND and (creates or case.point.purpose == "award")
    if case.fault.fatal:
        assert done.err.count("warning: the run ended") == 1, done.err
        assert made.calls()[-1]["fault"] == "token", "something was sent after the refusal"
        assert "failed" in done.results
    assert (done.code == 0) == (repeated or found), (done.code, done.results, done.err)


def killed(kept: Journal, case: Case, wanted: Undisturbed) -> None:
    """A process of its own, killed at the call. Up to a reading it wrote what an undisturbed run writes up to there."""
    made, point, after = kept.made, case.point, case.fault.kill == "after"
    how: dict[str, Any] = {"effect": "stall", "after": after}
    if after and not point.writes:
        how = {"effect": "stall_body", "keep": 0.99}
    made.box.state.add_fault(side=point.side, method=point.method.replace("$", r"\$"), nth=point.nth, **how)
    process = made.start("apply", "--yes", "--out", "outcomes.json")
    made.await_request(lambda entry: "fault" in entry, process)
    made.kill(process)
    if not point.writes:
        assert kept.moments == wanted.moments[: len(kept.moments)]


def finish(kept: Journal, wanted: Undisturbed, *words: str) -> None:
    """The undisturbed command, twice at most; then everything is as if nothing had happened."""
    first = apply(kept.made, *words)
    assert first.code in (0, 6), first.err
    if first.code:
        second = apply(kept.made, *words)
        assert second.code == 0, second.out + second.err
    assert picture(kept.made) == wanted.picture
    check_moments(kept)
    extra = kept.written() & wanted.before - wanted.written
    assert not extra, f"nodes {extra} were written, and an undisturbed run leaves them alone"
    last = kept.made.call("plan", "--detailed-exitcode")
    assert last.code == 0, last.out


def apply(made: World, *words: str) -> Done:
    """One run in this process, every byte of it looked at."""
    done = made.apply("--log-file", "run.log", *words)
    texts = [done.out, done.err, *(made.folder / name for name in ("run.log", "outcomes.json"))]
    for text in texts:
        said = text if isinstance(text, str) else text.read_text(encoding="utf-8") if text.exists() else ""
        for name in ("RESCUE_API_TOKEN", "GRAPH_ACCESS_TOKEN", "RESCUE_INITIAL_PASSWORD", "RESCUE_PASSWORD"):
            secret = made.env.get(name)
            assert secret is None or secret not in said, f"{name} was shown"
    return done


def check_moments(kept: Journal) -> None:
    """Holds after every single write."""
    for call, before, now in kept.pairs():
        assert before.keys() <= now.keys(), f"{call}: somebody was deleted"
        technicians = [row for row in now.values() if row["type"] == "Technician"]
        seats = sum(row["enabled"] for row in technicians)
        assert seats <= company.SEATS, f"{call}: {seats} of {company.SEATS} seats"
        licences = sum(row["mobile"] for row in technicians)
        assert licences <= company.LICENCES, f"{call}: {licences} of {company.LICENCES} licences"
        logins = Counter((row["type"], row["email"].casefold()) for row in technicians if row["email"])
        assert max(logins.values()) == 1, f"{call}: two have one login"
        check_status(call, before, now)


def check_status(call: str, before: Nodes, now: Nodes) -> None:
    """Leavers lose their status and nobody else does; nobody gets it who left."""
    for node, row in now.items():
        old = before.get(node)
        if old is None or old["enabled"] == row["enabled"]:
            continue
        if row["enabled"]:
            assert row["email"] not in company.LEAVERS, f"{call}: {row['email']} was let in"
        else:
            assert row["email"] in company.LEAVERS, f"{call}: {row['email']} was locked out"
