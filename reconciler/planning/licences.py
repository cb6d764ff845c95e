"""Mobile licences: who keeps, gets, waits for and gives back one, and what their marker says of it (D22, D3, D4).

`+m` the licence is theirs; `-m` it is not: released, or all this file may award are taken, or an award is on its way;
`~m` Rescue refused it, or said yes and did not keep it. No m where a mapping keeps out of it or full sync is off.

Awarding: holders keep theirs, then priority, then login, as far as `mobile_seats` goes. Whoever was refused keeps the
place in that queue, so that two runs agree, and is tried again with `--refresh full`, or as far as this plan releases
licences. Releasing: in the write that disables, or moves somebody from an awarding mapping to one that keeps.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from reconciler.model.hierarchy import Node, Role
from reconciler.model.mappings import Mapping
from reconciler.model.marker import Licence, Marker
from reconciler.model.plan import Action, Finding, SeatCount, make_finding
from reconciler.model.text import sort_key
from reconciler.planning.decisions import Claim, Decisions
from reconciler.planning.diff import Difference, make_action, with_licence
from reconciler.planning.people import People
from reconciler.planning.seats import rank_by_priority


class Licensed(NamedTuple):
    """The same actions with what they do about licences, new ones for people in sync but for theirs, and the count."""

    actions: list[Action]
    seats: SeatCount
    findings: tuple[Finding, ...]
    changed: int
    """People in sync until here who now have an action."""


class _Wish(NamedTuple):
    """What is to become of one claim. `mobile` None: the flag stays as it is, or is not known and nobody asks."""

    mobile: bool | None
    licence: Licence | None


def settle_licences(decisions: Decisions, actions: Sequence[Action]) -> Licensed:
    """Decides about every claim whose action is among `actions`, or which has none. Asks for people to be written."""
    by_id = {action.id: action for action in actions}
    claims = [claim for claim in decisions.claims if claim.action is None or claim.action in by_id]
    wishes = [(claim, _without_award(decisions.people, claim)) for claim in claims if not _awards(claim)]
    awarding = sorted((claim for claim in claims if _awards(claim)), key=_rank)
    made = _write(decisions, by_id, wishes)
    freed = {action.subject.node_id for action in by_id.values() if action.releases}
    holders = _holders(decisions.people, claims, awarding) | freed
    given, findings = _share_out(decisions.people, awarding, len(holders - freed), len(freed))
    made += _write(decisions, by_id, given)
    taken = sum(action.awards for action in by_id.values())
    seats = SeatCount(
        bought=decisions.people.mappings.mobile_seats,
        before=len(holders),
        freed=len(freed),
        taken=taken,
        after=len(holders) - len(freed) + taken,
        without=tuple(str(finding.login) for finding in findings),
    )
    return Licensed(list(by_id.values()), seats, tuple(findings), made)


def recount_licences(planned: SeatCount, going: Iterable[Action], mappings: Iterable[Mapping]) -> SeatCount:
    """The forecast for the actions that go on while a guard holds removals back: what those held is not free (R67)."""
    going = [action for action in going if action.role == Role.TECHNICIAN.value]
    freed = sum(action.releases for action in going)
    awards = sorted((action for action in going if action.awards), key=rank_by_priority(mappings))
    free = len(awards) if planned.bought is None else max(0, planned.bought - planned.before + freed)
    taken = len(awards[:free])
    without = (*planned.without, *(str(action.subject.login) for action in awards[free:]))
    after = planned.before - freed + taken
    return planned.model_copy(update={"freed": freed, "taken": taken, "after": after, "without": without})


def after_leaving(marker: Marker, mapping: Mapping | None) -> Licence | None:
    """What the marker of somebody says whose licence is released because they leave. `mapping`: of that marker."""
    if mapping is None:
        return Licence.NOT_GIVEN if marker.licence else None
    return Licence.NOT_GIVEN if manages(mapping) else None


def manages(mapping: Mapping) -> bool:
    """Whether markers of this mapping say something of the mobile licence (D3)."""
    return mapping.full_sync and mapping.mobile_license != "keep"


def rank_awards(actions: Iterable[Action], mappings: Iterable[Mapping]) -> tuple[str, ...]:
    """The ids of the actions that award, in the order in which they are to be tried."""
    return tuple(action.id for action in sorted(filter(lambda a: a.awards, actions), key=rank_by_priority(mappings)))


def _share_out(
    people: People, awarding: Sequence[Claim], held: int, freed: int
) -> tuple[list[tuple[Claim, _Wish]], list[Finding]]:
    """Who gets a licence, and a finding for everybody who wants one and does not.

    `held`: licences that stay with somebody; `freed`: those this plan releases.
    """
    bought = people.mappings.mobile_seats
    free = len(awarding) if bought is None else max(0, bought - held)
    again = len(awarding) if people.readings.refresh == "full" else freed
    wishes = []
    findings = []
    kept = 0
    for claim in awarding:
        refused = claim.marker is not None and claim.marker.licence is Licence.REFUSED
        if _holds(people, claim):
            wishes.append((claim, _Wish(None, Licence.GIVEN)))
            continue
        if not free:
            waiting = f" or wait for {kept} whom Rescue refused" if kept else ""
            why = f"all {bought} this file may award (rescue.mobile_seats) are taken{waiting}"
        elif refused and not again:
            why = "Rescue refused it; tried again with --refresh full, or once a licence is released"
        else:
            wishes.append((claim, _Wish(True, Licence.GIVEN)))
            again -= refused
            free -= 1
            continue
        kept += refused and free > 0
        free -= free > 0  # whoever was refused keeps their place, so that the next run awards nobody else
        wishes.append((claim, _Wish(None, Licence.REFUSED if refused else Licence.NOT_GIVEN)))
        findings.append(
            make_finding(
                "no_mobile_seat",
                f"no mobile licence: {why}",
                mapping=claim.wanted.paired.mapping.name,
                login=claim.wanted.login,
            )
        )
    return wishes, findings


def _without_award(people: People, claim: Claim) -> _Wish:
    """For a mapping that awards nothing, or whose members' attributes are their own (D10)."""
    mapping, marker = claim.wanted.paired.mapping, claim.marker
    if mapping.mobile_license == "release":
        return _Wish(False, Licence.NOT_GIVEN if mapping.full_sync else None)
    if mapping.mobile_license == "award" or marker is None or marker.licence is not Licence.GIVEN:
        return _Wish(None, None)
    left = people.mapping_of(marker)
    leaving = left is None or left.mapping.mobile_license != "keep"
    return _Wish(False if leaving else None, None)


def _write(decisions: Decisions, by_id: dict[str, Action], wishes: Iterable[tuple[Claim, _Wish]]) -> int:
    """Puts what is wished into the actions, or makes one; how many were made."""
    made = 0
    for claim, wish in wishes:
        if claim.action is not None:
            actual = decisions.people.details(claim.node) if claim.node is not None else None
            by_id[claim.action] = with_licence(by_id[claim.action], actual, *wish)
        elif (
            claim.node is not None
            and claim.marker is not None
            and (action := _action_for(decisions, claim, claim.node, claim.marker, wish))
        ):
            by_id[action.id] = action
            made += 1
    return made


def _action_for(decisions: Decisions, claim: Claim, node: Node, marker: Marker, wish: _Wish) -> Action | None:
    """The action for somebody in sync but for their licence, or None. Asks for their record first (D4)."""
    people = decisions.people
    if marker.licence is wish.licence and node.id not in people.readings.details:
        return None
    actual = decisions.confirmed(claim.wanted.person.id, node)
    if actual is None:
        return None
    action = make_action(
        people.role,
        decisions.tree,
        entra_id=claim.wanted.person.id,
        mapping=claim.wanted.paired.mapping,
        node=node,
        login=node.login,
        name=claim.wanted.name,
        difference=Difference((), None),
        reason=decisions.reason(claim.wanted),
        twice=claim.twice,
    )
    action = with_licence(action, actual, *wish)
    return action if action.changes else None


def _holders(people: People, claims: Sequence[Claim], awarding: Sequence[Claim]) -> set[int]:
    """The nodes of everybody who holds a licence this file awards or awarded, before the plan."""
    claimed = {claim.node.id for claim in claims if claim.node is not None}
    holders = {claim.node.id for claim in awarding if claim.node is not None and _holds(people, claim)}
    for links in people.matches.linked.values():
        for link in links:
            if link.marker.licence is Licence.GIVEN and link.node.id not in claimed:
                known = people.details(link.node)
                if known is None or known.mobile:
                    holders.add(link.node.id)
    return holders


def _holds(people: People, claim: Claim) -> bool:
    """Whether somebody has a licence, by their record. Whoever has one by the marker and was not read never claims."""
    known = people.details(claim.node) if claim.node is not None else None
    return known is not None and known.mobile


def _awards(claim: Claim) -> bool:
    mapping = claim.wanted.paired.mapping
    return mapping.mobile_license == "award" and mapping.full_sync


def _rank(claim: Claim) -> tuple[int, str, str]:
    wanted = claim.wanted
    return wanted.paired.mapping.priority, sort_key(str(wanted.login)), wanted.person.id
