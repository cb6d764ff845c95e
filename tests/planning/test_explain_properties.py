"""What holds of the explanations of any company: nothing of its plan is left out, nobody is left without a reason."""

from __future__ import annotations

from hypothesis import given

from reconciler.model.plan import Plan
from reconciler.planning.explain.explaining import Looked, explain_person
from reconciler.planning.planner import make_plan

from .test_properties import KEYS, drawn, worlds
from .world import TODAY, World, id_of


@given(worlds())
@drawn(40)
def test_every_action_is_told_and_everybody_has_a_reason(world: World) -> None:
    """Under the person's object id exactly once; of those Entra does not know, under their login."""
    file, now = world.file(), world.readings()
    while not isinstance(made := make_plan(file, now, today=TODAY, made_at=f"{TODAY}T00:00:00Z"), Plan):
        now = world.answer(made, now)
    actions = [action for action in made.actions if action.subject.path is None]
    told: dict[str, list[str]] = {action.id: [] for action in actions}
    for name in sorted({*map(id_of, KEYS), *(str(action.subject.login) for action in actions)}):
        for person in explain_person(name, file, now, made, Looked({}, {}), today=TODAY).people:
            for role in person.roles:
                assert role.decided.rules
                assert "nothing in the plan is about them" not in role.decided.text
                assert "nothing is done this time" not in role.decided.text
                for action in role.actions:
                    told[action.id].append(name)
    for action in actions:
        assert told[action.id]
        assert told[action.id].count(action.subject.entra_id or "") == (action.subject.entra_id is not None)
