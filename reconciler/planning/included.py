"""`overrides: include`: single people who count as members of a mapping for a time (product.md §2).

They may be in no group that is read, so Entra is asked for them by name. Whoever it does not show whole is reported,
and nobody is shortened for it: a would-be leaver who may be the one meant stays. An included person is no proof that
the Entra group was read right, so a group that is empty while people are marked for it freezes all the same (D17).
"""

from __future__ import annotations

from reconciler.model.directory import NoPerson, Person
from reconciler.model.mappings import Override
from reconciler.model.text import normal_login
from reconciler.planning.desired import Paired
from reconciler.planning.overrides import InForce
from reconciler.planning.people import NotIncluded, People


def place_included(people: People, included: InForce) -> None:
    """Puts everybody included in a mapping of this role where they count, beside the members. Asks for the unknown."""
    overrides = included.overrides
    by_name: dict[str | None, Paired] = {item.mapping.name: item for item in people.paired}
    ids = {normal_login(row.upn): row.id for row in people.rows.values()} if overrides else {}
    for override in overrides:
        paired = by_name.get(override.mapping)
        if paired is None:
            continue
        name = normal_login(override.login)
        person = people.rows.get(ids.get(name, name)) or _answer(people, override)
        if isinstance(person, NoPerson):
            people.not_included.append(NotIncluded(override, paired, person))
        elif person is not None and paired not in people.places_of(person.id):
            people.included[person.id, paired.mapping.name] = override
            people.place(paired, (person,))


def report_included(people: People) -> None:
    """A finding for each override that has no effect because of what Entra says of the person."""
    for override, paired, answer in people.not_included:
        _report(people, override, paired, normal_login(override.login), answer.why)
    by_name = {item.mapping.name: item for item in people.paired}
    for (entra_id, mapping), override in people.included.items():
        if not people.rows[entra_id].enabled:
            _report(people, override, by_name[mapping], entra_id, "the account is disabled in Entra")


def may_be_included(people: People, entra_id: str, login: str) -> Override | None:
    """The override that may mean somebody who seems to have left, where Entra did not show whom it means.

    `login`: of their node. A UPN nobody has may be an old one of theirs; one not answered for may be anybody's.
    """
    if entra_id in people.left_out:
        return None
    for override, _, answer in people.not_included:
        name = normal_login(override.login)
        mine = name in (entra_id, normal_login(login))
        if mine or ("@" in name and not answer.gone):
            return override
    return None


def _answer(people: People, override: Override) -> Person | NoPerson | None:
    """What Entra says of the person named; None while it was not asked."""
    asked = override.login.strip()
    answer = people.readings.included.get(asked)
    if answer is None:
        people.questions.included.add(asked)
    return answer


def _report(people: People, override: Override, paired: Paired, who: str, why: str) -> None:
    message = f"the include of line {override.line} has no effect: {why}"
    people.block("unconfirmed", message, who, mapping=paired.mapping, login=override.login)
