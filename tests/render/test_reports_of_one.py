"""Checkups and explanations as text: whole outputs in `tests/golden/`, hostile texts, and lines of 100 columns."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.model.checkup import Answered, Checkup, Section, doubtful, failed, passed, unchecked
from reconciler.model.explanation import (
    Decided,
    EntraSeen,
    Explanation,
    MarkerRead,
    Membership,
    NodeSeen,
    PersonExplained,
    RoleExplained,
)
from reconciler.model.plan import make_finding
from reconciler.render.checkup import render_checkup, render_checkup_json
from reconciler.render.explanation import render_explanation, render_explanation_json
from reconciler.render.safe import width
from reconciler.render.wrapping import COLUMNS, hanging

from . import plans

GOLDEN = Path(__file__).parents[1] / "golden"
HOSTILE = "x\x1b[2J\u202e\r\n::error::`<b> " + "::stop-commands::x ##[group]y " * 12


def a_checkup(text: str = "Helpdesk") -> Checkup:
    """One check of each verdict, each with `text` in it."""
    return Checkup(
        file="mappings.yaml",
        sections=(
            Section(title="File", checks=(passed("file", f"mappings.yaml is valid: {text}"),)),
            Section(
                title="Entra",
                checks=(
                    failed(
                        "credential", f"no complete credential:\n  a secret lacks {text}\n  a token lacks it", "set one"
                    ),
                    doubtful(
                        f"group of {text}", "it is readable, and empty", f"write allow_empty: true for {text} " * 3
                    ),
                    unchecked("clock", f"Graph sent no date: {text}"),
                ),
            ),
        ),
        by_hand=("Admin Center > Global Settings: look.",),
        probe=(
            Answered(question="1. how answers are laid out", lines=("getUser: HTTP 200", "    OK, then a blank line")),
        ),
    )


def an_explanation(text: str = "Helpdesk") -> Explanation:
    """One person in Entra and Rescue who would be written, and whose every text is `text`."""
    action = plans.an_action(f"{text}@contoso.example", "update")
    entra_id = "1d1ef05f-ca69-4bb8-8a96-6102cb8ad553"
    marker = MarkerRead(
        text=f"[entra:8d2f:{entra_id}@6a1d0c7e#7ad438b0+m!off]",
        owner="8d2f",
        ours=True,
        entra_id=entra_id,
        mapping_prefix="6a1d0c7e",
        mapping=text,
        line=41,
        print="7ad438b0",
        print_means="of the SSO ID that Rescue shows",
        licence_means="given (+m)",
        off=True,
    )
    membership = Membership(
        mapping=text,
        line=41,
        role="technician",
        priority=100,
        entra_group=text,
        rescue_group=f"EMEA/{text}",
        state="ok",
        why="",
        how="direct",
        path=(text,),
    )
    node = NodeSeen(
        id=337366,
        kind="technician",
        login=f"{text}@contoso.example",
        name=text,
        group=f"EMEA/{text}",
        enabled=True,
        status="Offline",
        sso_id=text,
        mobile=True,
        markers=(marker,),
    )
    return Explanation(
        asked=text,
        file="mappings.yaml",
        sso_verified="auto",
        guards_refuse=False,
        people=(
            PersonExplained(
                entra=EntraSeen(id=entra_id, name=text, upn=text, mail=None, enabled=True, guest=True),
                entra_note="",
                memberships=(membership, membership.model_copy(update={"how": "none", "mapping": "other"})),
                exceptions=(f"override of line 80: hold, until 2027-01-31 ({text})",),
                roles=(
                    RoleExplained(
                        role="technician",
                        node=node,
                        decided=Decided(rules=("D20", "R54"), text=f"update: direct member of {text}"),
                        actions=(action,),
                        needs=(action,),
                        findings=(make_finding("kept_disabled", f"{text} was found", mapping=text, login=text),),
                    ),
                ),
            ),
        ),
        tried=(),
    )


OUTPUTS: dict[str, Callable[[], str]] = {
    "checkup.txt": lambda: render_checkup(a_checkup()),
    "explanation.txt": lambda: render_explanation(an_explanation()),
}


@pytest.mark.parametrize("name", OUTPUTS)
def test_output_is_as_reviewed(name: str, request: pytest.FixtureRequest) -> None:
    made = OUTPUTS[name]()
    if request.config.getoption("--update-golden"):
        (GOLDEN / name).write_text(made, encoding="utf-8")
    assert made == (GOLDEN / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("probed", [True, False])
def test_a_checkup_answers_the_open_questions_only_where_it_asked_them(probed: bool) -> None:
    checkup = a_checkup() if probed else a_checkup().model_copy(update={"probe": None})
    assert ("1. how answers are laid out" in render_checkup(checkup)) is probed


@pytest.mark.parametrize(
    "made",
    [
        lambda text: render_checkup(a_checkup(text)),
        lambda text: render_explanation(an_explanation(text)),
    ],
)
def test_nothing_foreign_acts_in_the_terminal(made: Callable[[str], str]) -> None:
    shown = made(HOSTILE)
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "\r" not in shown
    assert not any(line.lstrip().startswith(("::", "##[")) for line in shown.splitlines())


def test_json_can_be_read_back() -> None:
    for text in ("Helpdesk", HOSTILE, "\ud800"):
        assert Checkup.model_validate_json(render_checkup_json(a_checkup(text))) == a_checkup(text)
        assert Explanation.model_validate_json(render_explanation_json(an_explanation(text))) == an_explanation(text)


def test_lines_keep_their_width_and_lose_no_word() -> None:
    dice = random.Random(7)  # noqa: S311
    for _ in range(500):
        words = ["".join(dice.choices("ab한é", k=dice.randint(1, 30))) for _ in range(dice.randint(0, 40))]
        lines = hanging("first:  ", " ".join(words), "    ")
        assert all(width(line) <= COLUMNS for line in lines)
        assert " ".join(lines).split() == ["first:", *words]
        assert all(line == line.rstrip() for line in lines)
        assert all(line.startswith("    ") for line in lines[1:])


def test_a_word_longer_than_a_line_is_left_whole() -> None:
    assert hanging("a ", "x" * 300, "  ") == ["a " + "x" * 300]
