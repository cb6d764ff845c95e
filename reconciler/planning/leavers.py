"""Whether somebody who is linked and not wanted has really left (D8). The most careful question of the program.

Nobody is a leaver because a reading was short: a disabled account in the row, a rule that left them out, or an answer
about the person themselves is needed. What cannot be answered is `unconfirmed`, and they keep their access.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from reconciler.model.directory import Account, Group
from reconciler.planning.desired import Paired
from reconciler.planning.people import People


class Standing(Enum):
    """What is known of a linked person."""

    PRESENT = "present"
    """Still somewhere in what was read; the other rules decide."""
    CERTAIN = "certain leaver"
    """Account disabled or gone."""
    LEAVER = "leaver"
    UNCONFIRMED = "unconfirmed"
    MOVED = "reading moved"
    ASKED = "asked"
    """A question was put; decide in the next pass."""


class Verdict(NamedTuple):
    standing: Standing
    reason: str = ""


def judge_account(people: People, entra_id: str, *, with_groups: bool) -> Verdict:
    """Is this person a certain leaver? PRESENT where not; asks about people no group showed.

    `with_groups`: their memberships will be needed as well, so they are asked for in the same batch.
    """
    row = people.rows.get(entra_id)
    if row is not None:
        if row.enabled:
            return Verdict(Standing.PRESENT)
        return Verdict(Standing.CERTAIN, "account disabled in Entra")
    known = people.readings.whereabouts.get(entra_id)
    if known is None:
        people.questions.accounts.add(entra_id)
        if with_groups:
            people.questions.groups_of.add(entra_id)
        return Verdict(Standing.ASKED)
    if known.account is Account.DISABLED:
        return Verdict(Standing.CERTAIN, "account disabled in Entra")
    if known.account is Account.GONE:
        if not any(isinstance(group, Group) for group in people.readings.directory.groups.values()):
            return Verdict(Standing.UNCONFIRMED, "Entra says the account does not exist, but no mapped group was read")
        if people.readings.directory.tenant_confirmed is False:
            return Verdict(
                Standing.UNCONFIRMED, "Entra says the account does not exist, but the token is another tenant's"
            )
        return Verdict(Standing.CERTAIN, "account no longer exists in Entra")
    if known.account is Account.UNKNOWN:
        return Verdict(Standing.UNCONFIRMED, "Entra did not say whether the account is enabled")
    return Verdict(Standing.PRESENT)


def judge_membership(people: People, entra_id: str, own: Paired) -> Verdict:
    """Has somebody whose account lives left every mapping of the role? `own`: the healthy mapping of their marker."""
    left_out = people.left_out.get(entra_id)
    if left_out is not None:
        return Verdict(Standing.LEAVER, left_out)
    places = people.places_of(entra_id)
    if places:  # all of them frozen: a healthy one would want them
        return Verdict(Standing.UNCONFIRMED, f"in {places[0].entra_name}, whose mapping is frozen")
    known = people.readings.whereabouts.get(entra_id)
    if known is None or not known.groups_asked:
        people.questions.accounts.add(entra_id)
        people.questions.groups_of.add(entra_id)
        return Verdict(Standing.ASKED)
    if known.groups is None:
        return Verdict(Standing.UNCONFIRMED, "Entra did not say which groups they are in")
    for item in people.paired:
        if item.frozen is None:
            continue
        if item.hidden or item.entra_id is None or not known.groups.isdisjoint(item.group_ids):
            return Verdict(Standing.UNCONFIRMED, f"may be in {item.entra_name}, whose mapping is frozen")
    return _read_again(people, entra_id, own, known.groups)


def _read_again(people: People, entra_id: str, own: Paired, groups: frozenset[str]) -> Verdict:
    """Are they in one of ours after all (none of them frozen): a torn reading, or a member only through nesting?

    Every group read for the mapping that holds them by Entra's word is read once more. A group newly nested in one of
    them, where the mapping follows nesting, is a torn reading as well. Where no group that the mapping does not follow
    explains what Entra says of them, it contradicts itself: a list that is short twice in a row is no proof.
    """
    again = people.readings.again
    missing = {group_id for item in people.paired for group_id in groups & item.group_ids} - again.keys()
    if missing:
        people.questions.again |= missing
        return Verdict(Standing.ASKED)
    unexplained = None
    for item in people.paired:
        inside, below = groups & item.group_ids, set[str]()
        for group in (again[group_id] for group_id in sorted(inside)):
            if not isinstance(group, Group):
                return Verdict(Standing.UNCONFIRMED, f"{item.entra_name} could not be read again: {group.why}")
            if any(member.id == entra_id for member in group.members):
                return Verdict(Standing.MOVED, f"is in {group.name} now and was not a moment ago")
            if _nests_anew(item, group, groups):
                return Verdict(Standing.MOVED, f"{group.name} holds another group now than a moment ago")
            below.update(group.nested)
        if inside and groups.isdisjoint(below - item.group_ids):
            unexplained = item
    if unexplained is not None:
        why = f"Entra says that they are in {unexplained.entra_name}, and does not show them there"
        return Verdict(Standing.UNCONFIRMED, why)
    return Verdict(Standing.LEAVER, f"left {own.entra_name}")


def _nests_anew(item: Paired, again: Group, groups: frozenset[str]) -> bool:
    """Whether a group the mapping follows holds one now, with the person in it, that it did not hold a moment ago."""
    if item.walk is None or item.mapping.nested == "direct":
        return False
    before = {inner for met in item.walk.met if met.group.id == again.id for inner in met.group.nested}
    return not groups.isdisjoint(set(again.nested) - before)
