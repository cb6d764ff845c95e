"""Which rule a line of a plan comes from: a decision (D..), a section (§..) or an observed rule of the original (R..).

The numbers are those of the design documents. A plan says what is done and not which of several rules of one kind led
there; where they cannot be told apart the number of the decision above them stands, and never a guess.
"""

from __future__ import annotations

from reconciler.model.plan import Action, FieldName
from reconciler.model.rules import RULES_OF_FINDINGS

_OF_FIELDS: dict[FieldName, str] = {
    "login": "R55",
    "name": "R54",
    "sso_id": "D21",
    "mobile_license": "D22",
    "description": "D3",
}


def rule_of_finding(code: str) -> str:
    """Empty for a code that has no rule of its own."""
    return RULES_OF_FINDINGS.get(code, ("",))[0]


def rule_of_verb(action: Action) -> str:
    """Why the action is there at all."""
    if "adopt" in action.verbs:
        return "D16" if "enable" in action.verbs else "D5"
    if "create_group" in action.verbs:
        return "D2"
    if "create" in action.verbs:
        return "R43"
    if "enable" in action.verbs:
        return "R52"
    if "disable" in action.verbs:
        return _of_disable(action)
    return "R30" if action.verbs == ("move",) else "R44"


def rule_of_change(action: Action, field: FieldName) -> str:
    """The rule of one changed field: that of the verb where the verb says it already."""
    if field == "mobile_license" and action.removal:
        return "R51"
    if {"create", "create_group"} & set(action.verbs) or field == "enabled":
        return rule_of_verb(action)
    return _OF_FIELDS[field]


def rule_of_move() -> str:
    """Moved by hand, moved in Entra or mapped elsewhere: each is the hierarchy made equal."""
    return "R30"


def _of_disable(action: Action) -> str:
    if action.subject.entra_id is None:
        return "D6"
    return "D8" if action.mapping is not None else "D7"
