"""Why a plan says nothing about somebody: in sync, waiting, already out, or none of ours. For `explain`."""

from __future__ import annotations

from collections.abc import Container, Sequence

from reconciler.model.directory import Account
from reconciler.model.explanation import Decided, Membership, NodeSeen
from reconciler.model.mappings import Mappings


def quiet_reason(
    *,
    role: str,
    seen: NodeSeen | None,
    account: Account | None,
    left_out: str | None,
    kept: bool,
    memberships: Sequence[Membership],
    elsewhere: Sequence[Membership],
    unseen: Container[str],
    is_alias: bool,
    mappings: Mappings,
) -> Decided:
    """The rule that made planning leave one role of a person as it is.

    `memberships`: of that role, `elsewhere`: of the other; `kept`: the file keeps those of the mapping in their marker,
    which it retires; `unseen`: mappings whose people are not all known; `is_alias`: their login is another address of
    a member.
    """
    direct = [item for item in memberships if item.counts]
    healthy = [item for item in direct if item.state == "ok"]
    wanted = min(healthy, key=lambda item: (item.priority, not _is_marked_for(seen, item)), default=None)
    if account is not Account.ENABLED or left_out is not None:
        wanted = None
    better = _better_frozen(wanted, memberships, unseen) if wanted is not None else None
    if seen is None:
        return _without_node(wanted, better, account, left_out, memberships, mappings)
    if not any(marker.ours for marker in seen.markers):
        return _unmarked(seen, better, left_out, direct, is_alias=is_alias)
    frozen = [item for item in memberships if item.state == "frozen" and _is_marked_for(seen, item)]
    if frozen:
        return _decided(f"marked for {frozen[0].mapping}, which is frozen: {frozen[0].why}", "D17", "R24", "R25")
    if wanted is not None and better is not None and not _is_marked_for(seen, wanted):
        return _waits_until(better)
    if wanted is not None and seen.enabled:
        return _in_sync(wanted, mappings)
    if not seen.enabled:
        by = "by us" if any(marker.off for marker in seen.markers) else "by a person"
        why = f"no {role} mapping wants them"
        if direct and account is Account.DISABLED:
            why = "their account is disabled in Entra"
        elif direct and left_out is not None:
            why = {"exclude": "an override excludes them", "guest": "guests are skipped (settings.guests)"}[left_out]
        return _decided(f"{why}, and they are disabled already ({by}); they stay", "D8", "R50")
    if kept:
        return _decided("marked for an Entra group that is retired, whose people are kept: left as they are", "D7")
    other = next((item for item in elsewhere if item.counts), None)
    if other is not None:
        text = f"no {role} mapping wants them; to be {other.role} by {other.mapping}, and until then left as they are"
        return _decided(text, "D12", "R41")
    return _decided("left alone; nothing in the plan is about them", "D8")


def _in_sync(wanted: Membership, mappings: Mappings) -> Decided:
    if any(item.name == wanted.mapping and not item.full_sync for item in mappings.mappings):
        text = f"in sync: wanted by {wanted.mapping}, and enabled; full_sync: false follows nothing else of them"
        return _decided(text, "D10", "R31")
    return _decided(f"in sync: wanted by {wanted.mapping} and as wanted; nothing to do", "D3", "D4")


def _without_node(
    wanted: Membership | None,
    better: Membership | None,
    account: Account | None,
    left_out: str | None,
    memberships: Sequence[Membership],
    mappings: Mappings,
) -> Decided:
    inside = [item for item in memberships if item.counts]
    if account is Account.DISABLED and inside:
        return _decided("not in Rescue, and the account is disabled in Entra: not created", "R22")
    if left_out == "exclude":
        return _decided("not in Rescue, and an override excludes them: not created", "§2 overrides")
    if left_out == "guest" and inside:
        return _decided("a guest account, and guests are skipped (settings.guests)", "R21")
    if wanted is not None and better is not None:
        return _waits_until(better)
    if wanted is not None:
        mapping = next(item for item in mappings.mappings if item.name == wanted.mapping)
        if not mapping.create_missing:
            return _decided(f"not in Rescue, and {wanted.mapping} creates nobody (create_missing: false)", "D10", "R32")
        return _decided(f"wanted by {wanted.mapping}; nothing is done this time", "D14")
    if inside:
        return _waits_for(inside[0])
    nested = [item for item in memberships if item.how == "nested"]
    if nested:
        return _decided(
            f"in {nested[0].entra_group} only through groups inside it, which {nested[0].mapping} does not follow "
            "(nested)",
            "D1",
            "R19",
        )
    if any(item.how == "unknown" for item in memberships):
        return _decided("whether a mapped group holds them could not be found out", "D17")
    return _decided("in none of the mapped Entra groups, and not in Rescue", "R17")


def _unmarked(
    seen: NodeSeen, better: Membership | None, left_out: str | None, inside: Sequence[Membership], *, is_alias: bool
) -> Decided:
    """A node that carries no marker of ours and that no rule adopted."""
    if seen.markers:
        return _decided(f"marked by another owner ({seen.markers[0].owner}): never written by this file", "D3")
    if not seen.enabled:
        return _decided("disabled, and without a marker of ours: left as it is", "D5")
    if left_out == "exclude":
        return _decided("not linked, and an override excludes them: not adopted", "§2 overrides")
    if better is not None:
        return _waits_until(better)
    frozen = [item for item in inside if item.state == "frozen"]
    if frozen:
        return _waits_for(frozen[0])
    if inside:
        return _decided("not linked to an Entra account, and not adopted", "D5")
    if is_alias:
        return _decided("not linked; another address of theirs is a member's, so they are not unmanaged", "D6")
    text = "no mapping wants them, and their Rescue group is none of a healthy mapping with full sync: not ours"
    return _decided(text, "D6", "R60")


def _waits_until(better: Membership) -> Decided:
    return _decided(f"waits until {better.mapping}, which comes first and is frozen, can be read", "D11", "D17")


def _waits_for(item: Membership) -> Decided:
    return _decided(f"waits for {item.mapping}, which is frozen: {item.why}", "D17", "R24", "R25")


def _better_frozen(wanted: Membership, memberships: Sequence[Membership], unseen: Container[str]) -> Membership | None:
    """A frozen mapping before the wanted one that has them, or for which everybody waits (D11)."""
    frozen = [item for item in memberships if item.state == "frozen" and item.priority < wanted.priority]
    before = [item for item in frozen if item.counts or item.mapping in unseen]
    return min(before, key=lambda item: item.how == "none", default=None)


def _is_marked_for(seen: NodeSeen | None, item: Membership) -> bool:
    return seen is not None and any(marker.mapping == item.mapping for marker in seen.markers)


def _decided(text: str, *rules: str) -> Decided:
    return Decided(rules=rules, text=text)
