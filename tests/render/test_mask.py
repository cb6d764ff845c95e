"""--mask: nobody's login or name is left, whatever they are called; ids, groups and numbers are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.plan import Change, Plan
from reconciler.render import json_plan, text
from reconciler.render.annotations import plan_annotations
from reconciler.render.comment import Links, render_outcomes_comment, render_plan_comment
from reconciler.render.mask import Masker, mask_login, mask_name

from . import plans


@pytest.mark.parametrize(
    ("login", "masked"),
    [
        ("m.holt@contoso.example", "m***@contoso.example"),
        ("@contoso.example", "***@contoso.example"),
        ("a@b@c.example", "a***@c.example"),
        ("mholt", "m***"),
        ("", ""),
    ],
)
def test_logins(login: str, masked: str) -> None:
    assert mask_login(login) == masked


@pytest.mark.parametrize(("name", "masked"), [("Mira Holt", "M***"), ("陳大文", "陳***"), (" ", " ")])
def test_names(name: str, masked: str) -> None:
    assert mask_name(name) == masked


def about(name: str, login: str) -> Plan:
    plan = plans.one_of_everything()
    said = f"held by {login} ({name}), once {name}."
    action = plans.an_action(
        login, "update", reason=said,
        changes=(Change(field="name", before=name, after=name), Change(field="sso_id", before=login, after=name),
                 Change(field="description", before=f"{name}: note", after=None)),
    )  # fmt: skip
    action = action.model_copy(update={"subject": action.subject.model_copy(update={"name": name})})
    finding = plan.findings[1].model_copy(update={"login": login, "message": said})
    seats = plan.seats.technician.model_copy(update={"without": (login,)})
    return plan.model_copy(
        update={"actions": (action,), "stopped": (action,), "findings": (finding,),
                "seats": plan.seats.model_copy(update={"technician": seats})}
    )  # fmt: skip


NAMES = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=6, max_size=20).filter(
    lambda name: len(set(name.strip())) > 3 and name.strip().isprintable()
)


@given(NAMES, st.text("qxz", min_size=6, max_size=12))
def test_no_output_of_a_masked_plan_holds_login_or_name(name: str, mailbox: str) -> None:
    name = f"Qz{name.strip()}zQ"
    plan = Masker().plan(about(name, f"{mailbox}@contoso.example"))
    outcomes = Masker().outcomes(
        plans.some_outcomes().model_copy(
            update={
                "actions": tuple(
                    plans.some_outcomes().actions[1].model_copy(update={**dict(action), "message": action.reason})
                    for action in about(name, f"{mailbox}@contoso.example").actions
                ),
                "findings": about(name, f"{mailbox}@contoso.example").findings,
            }
        )
    )
    for made in (
        text.render_plan(plan, "f"),
        render_plan_comment(plan, "f", Links()),
        "\n".join(plan_annotations(plan, "f", {})),
        text.render_outcomes(outcomes),
        render_outcomes_comment(outcomes, "f", Links()),
        json_plan.render_json(plan),
        str(plan.model_dump()),
    ):
        assert mailbox not in made
        assert name not in made
        assert name[1:-1] not in made


def test_masked_outcomes_name_nobody_and_keep_their_results() -> None:
    outcomes = plans.some_outcomes().model_copy(
        update={
            "error": "left@contoso.example stopped it",
            "stopped": (plans.an_action("kept@contoso.example", "move"),),
        }
    )
    masked = Masker().outcomes(outcomes)
    shown = json_plan.render_json(masked)
    assert not [action.subject.login for action in outcomes.actions if action.subject.login in shown]
    assert "kept@" not in shown
    assert masked.error == "l***@contoso.example stopped it"
    assert [action.outcome for action in masked.actions] == [action.outcome for action in outcomes.actions]
    assert Masker().outcomes(plans.some_outcomes()).error is None


def test_ids_groups_and_digests_stay() -> None:
    plan = plans.one_of_everything()
    masked = Masker().plan(plan)
    assert [action.id for action in masked.actions] == [action.id for action in plan.actions]
    assert [action.group for action in masked.actions] == [action.group for action in plan.actions]
    assert (masked.digest, masked.guards) == (plan.digest, plan.guards)
    shown = [state.model_copy(update={"not_created": ()}) for state in masked.mappings]
    assert shown == [state.model_copy(update={"not_created": ()}) for state in plan.mappings]
    assert masked.mappings[0].not_created == ("n***@contoso.example",)


def test_a_group_is_nobodys_name() -> None:
    plan = plans.one_of_everything()
    group = plan.actions[0].model_copy(
        update={"subject": plan.actions[0].subject.model_copy(
            update={"path": "EMEA/Helpdesk", "login": None, "name": "Helpdesk EMEA"})}
    )  # fmt: skip
    masked = Masker().plan(plan.model_copy(update={"actions": (group,)})).actions[0]
    assert (masked.subject.name, masked.reason) == ("Helpdesk EMEA", group.reason)


def test_text_with_addresses_of_people_nobody_told_about() -> None:
    masker = Masker()
    assert masker.text("moved to x.y@contoso.example, says a@b.example.") == (
        "moved to x***@contoso.example, says a***@b.example."
    )
    assert masker.text(masker.text("see x.y@contoso.example")) == "see x***@contoso.example"
    assert masker.text("nothing here @ all") == "nothing here @ all"


def test_a_value_of_texts_is_masked_to_its_last_one() -> None:
    told = Masker().value(("a.b@contoso.example", ("c.d@contoso.example", 3)))
    assert told == ("a***@contoso.example", ("c***@contoso.example", 3))


def test_a_name_inside_a_longer_word_is_that_word() -> None:
    masker = Masker()
    masker.learn(about("Ann", "ann@contoso.example"))
    assert masker.text("Ann and Anna, Ann's") == "A*** and Anna, A***'s"


def test_names_begin_with_anything() -> None:
    masker = Masker()
    masker.learn(about("(ext.) Mira  Holt", "m@contoso.example"))
    assert masker.text("asked (ext.) Mira  Holt, or (ext.) Mira Holt") == "asked (***, or (***"
