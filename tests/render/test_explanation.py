"""An explanation as text: each fact has its words, and what is not so is not said."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.explanation import How, NodeSeen
from reconciler.model.plan import make_finding
from reconciler.render.explanation import render_explanation

from .test_reports_of_one import an_explanation

USUAL = an_explanation()
PERSON = USUAL.people[0]
ROLE = PERSON.roles[0]


def whole(**said: Any) -> str:
    return render_explanation(USUAL.model_copy(update=said))


def person(**said: Any) -> str:
    return whole(people=(PERSON.model_copy(update=said),))


def member(*hows: How) -> str:
    """Somebody of whom each of these is so, each of a group that is called by it and by its place."""
    usual = PERSON.memberships[0]
    return person(
        memberships=tuple(
            usual.model_copy(update={"how": how, "entra_group": f"{how} {number}", "path": ()})
            for number, how in enumerate(hows)
        )
    )


def role(**said: Any) -> str:
    return person(roles=(ROLE.model_copy(update=said),))


def usual_node() -> NodeSeen:
    assert ROLE.node is not None
    return ROLE.node


def node(**said: Any) -> str:
    return role(node=usual_node().model_copy(update=said))


def marker(**said: Any) -> str:
    return node(markers=(usual_node().markers[0].model_copy(update=said),))


@pytest.mark.parametrize(
    ("hows", "said", "unsaid"),
    [
        (["direct", "none"], ["In         direct 0, a direct member: technician", "Not in     none 1\n"], ["(none of"]),
        (["direct", "nested"], ["direct 0, a", "nested 1, only through groups inside it"], ["Not in", "Unknown"]),
        (["none"], ["Not in     none 0 (none of the mapped groups)"], ["Unknown", "In  "]),
        (["none", "unknown", "unknown"], ["Not in     none 0\n", "Unknown    whether in unknown 1, unknown 2: "], []),
        (["included"], ["In         included 0, counted in by an override"], ["priority"]),
        (["direct", "direct"], ["priority 100"], []),
        (["none"] * 10, ["none 6, none 7"], ["none 8", "none 9"]),
    ],
    ids=["one of two", "in all", "in none", "unreadable ones", "one mapping", "two mappings", "more than fit"],
)  # fmt: skip
def test_groups(hows: list[How], said: list[str], unsaid: list[str]) -> None:
    shown = member(*hows)
    assert [text for text in said if text not in shown] == []
    assert [text for text in unsaid if text in shown] == []


@pytest.mark.parametrize(
    ("shown", "said", "unsaid"),
    [
        pytest.param(node, 'SSO ID "Helpdesk", with a mobile licence', "no mobile licence", id="as it is"),
        pytest.param(lambda: node(mobile=False), "no mobile licence", "with a mobile licence", id="no licence"),
        pytest.param(lambda: node(sso_id=None, mobile=None), "could not be read", "mobile licence", id="not read"),
        pytest.param(lambda: node(enabled=False), "Helpdesk, disabled", "(Offline)", id="disabled"),
        pytest.param(lambda: node(group=None), "technician, node 337366", "Rescue     technician in", id="in no group"),
        pytest.param(lambda: node(login="", name=""), "login (none)", "login \n", id="blank"),
        pytest.param(lambda: node(markers=()), "Marker     none", "owner", id="unmarked"),
        pytest.param(lambda: role(node=None), "Rescue     no node as technician", "Marker", id="no node"),
        pytest.param(lambda: marker(off=False), "no: not disabled by us", "!off): disabled", id="not off"),
        pytest.param(lambda: marker(mapping=None), "6a1d0c7e: no mapping of this", "6a1d0c7e: Helpdesk", id="orphaned"),
        pytest.param(lambda: marker(ours=False, mapping=None), "another owner's: never", "this file's", id="not ours"),
    ],
)  # fmt: skip
def test_what_rescue_shows(shown: Any, said: str, unsaid: str) -> None:
    text = shown()
    assert said in text
    assert unsaid not in text


@pytest.mark.parametrize(
    ("shown", "said", "unsaid"),
    [
        pytest.param(lambda: role(actions=(), needs=()), "Would change: nothing\n", "Once this is done", id="nothing"),
        pytest.param(lambda: role(needs=()), "Would change\n", "Once this is done", id="waits for nobody"),
        pytest.param(role, "Once this is done\n", "if guards did not", id="waits for somebody"),
        pytest.param(lambda: whole(guards_refuse=True), "(if guards did not refuse", "Would change\n", id="refused"),
        pytest.param(
            lambda: role(held=("a",)), "Would change (held back: a guard lets no removal through)", "refuse", id="held"
        ),
        pytest.param(lambda: role(findings=()), "Would change", "Findings", id="no finding"),
    ],
)
def test_what_would_change(shown: Any, said: str, unsaid: str) -> None:
    text = shown()
    assert said in text
    assert unsaid not in text


def test_findings_have_a_sign_and_the_mapping_they_are_about() -> None:
    told = role(
        findings=(make_finding("frozen", "gone", mapping="desk"), make_finding("kept_disabled", "by hand", login="a"))
    )
    assert told.endswith("Findings\n  ! frozen  [desk] gone\n  i kept_disabled  by hand\n")


def test_without_an_account_entra_s_answer_stands_there() -> None:
    shown = person(entra=None, entra_note="nobody has this address")
    assert shown.startswith("Entra      nobody has this address\n")
    assert "object id" not in shown


def test_nobody_and_several() -> None:
    nobody = whole(people=(), tried=("the groups: nobody has it", "Rescue: nobody has it"))
    assert nobody == (
        "Helpdesk: unknown in Entra and in Rescue. Looked among:\n"
        "  * the groups: nobody has it\n  * Rescue: nobody has it\n"
    )
    assert whole(people=(PERSON, PERSON)).startswith("Helpdesk means 2 people:\n\nEntra      Helpdesk")
