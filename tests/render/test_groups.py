"""Groups that are created, among the people who are put into them."""

from __future__ import annotations

from reconciler.model.plan import Action, ActionOutcome, Change, Place, Subject, Summary, Verb
from reconciler.render import markdown, text
from reconciler.render.table import action_lines
from reconciler.render.words import counts

from .plans import an_action, nothing_to_do, some_outcomes

PATH = "EMEA/Helpdesk/Night `shift`"
GROUP = Action(
    id="00000000000000b1",
    verbs=("create_group",),
    role="technician",
    mapping="helpdesk-emea",
    subject=Subject(entra_id="0" * 36, name="Night `shift`", path=PATH),
    group=Place(after=PATH),
    changes=(
        Change(field="name", after="Night `shift`"),
        Change(field="description", after="[entra-group:…]"),
    ),
    reason="no such Rescue group yet for Helpdesk EMEA > Night `shift`",
    line=12,
)
CREATE: Verb = "create"
PERSON = an_action("new@contoso.example", CREATE, place=PATH, before=None)


def test_a_group_stands_above_its_people() -> None:
    assert text.action_lines([GROUP, PERSON], "mappings.yaml") == [
        f"{PATH}   mappings.yaml:12",
        "  + create  group                            no such Rescue group yet for Helpdesk EMEA > Night `shift`",
        "  + create  technician  new@contoso.example  direct member of Helpdesk EMEA",
        "",
    ]


def test_groups_are_counted_apart_from_people() -> None:
    assert counts(Summary(create_group=2, create=1)) == "2 groups to create, 1 to create"


def test_markdown_shows_it_as_a_gain() -> None:
    plan = nothing_to_do().model_copy(update={"actions": (GROUP, PERSON)})
    shown = markdown.render_plan(plan, "mappings.yaml")
    assert "\n+ create  group" in shown
    assert f"@@ {PATH}   mappings.yaml:12 @@" in shown


def test_in_a_table_it_goes_by_its_path_and_takes_no_seat() -> None:
    lines = list(action_lines(GROUP))
    assert {(line.action, line.name, line.email, line.effect, line.rule) for line in lines} == {
        ("create group", PATH, None, None, "D2")
    }


def test_an_outcome_names_the_group_by_its_path() -> None:
    fields = {name: getattr(GROUP, name) for name in Action.model_fields}
    failed = ActionOutcome(**fields, outcome="failed", message="no")
    assert text.outcome_line(failed) == f"  ✗ failed   create  group  {PATH}: no"
    shown = text.render_outcomes(some_outcomes().model_copy(update={"actions": (failed,)}))
    assert PATH in shown
