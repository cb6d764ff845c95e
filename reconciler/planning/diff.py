"""One person as they should be against one node as it is -> an Action, or none (D20).

Where two values are equal under that comparison the actual one stands on both sides, so a plan never shows a change
that is none. Only this file knows the types of deepdiff, which compares two files.
"""

from __future__ import annotations

from collections.abc import Mapping as Record
from typing import NamedTuple

from reconciler.model.hierarchy import Details, Node, Role, Tree
from reconciler.model.mappings import Mapping
from reconciler.model.marker import NO_PRINT, Licence, Marker, find_marker, find_markers, print_of, with_marker
from reconciler.model.plan import VERBS, Action, Change, FieldName, Place, Subject, Verb, person_action_id
from reconciler.model.text import normal_login, normal_text
from reconciler.model.words import Word
from reconciler.planning.desired import Wanted

FIELDS: tuple[FieldName, ...] = ("login", "name", "sso_id", "mobile_license", "enabled", "description")
_BOOKKEEPING = frozenset({"description"})
_TURNS: tuple[tuple[Verb, bool], ...] = (("enable", True), ("disable", False))


class Difference(NamedTuple):
    """How one node differs from what it should be. `moves_to` None: it sits in the right group."""

    changes: tuple[Change, ...]
    moves_to: int | None

    def __bool__(self) -> bool:
        return bool(self.changes) or self.moves_to is not None


def looks_right(wanted: Wanted, node: Node, marker: Marker) -> bool:
    """The cheap comparison: does the bulk read show nothing to change? No object is made for equals.

    Of somebody in no trouble: whether there is a login to be had is not looked at.
    """
    if marker.off or marker.mapping != wanted.paired.prefix or not node.enabled:
        return False
    if not wanted.paired.mapping.full_sync:
        return marker.print == NO_PRINT and marker.licence is None
    return (
        node.parent == wanted.node
        and (node.name == wanted.name or normal_text(node.name) == wanted.name)
        and (node.login == wanted.login or normal_login(node.login) == wanted.key)
        and marker.print == print_of(wanted.sso_id)
    )


def diff_person(
    wanted: Wanted, actual: Details, parent: int | None, marker: Marker, *, login: bool = True
) -> Difference:
    """What has to change on an existing node. `login` False: the login is left alone (D12).

    Fields come in the order of FIELDS. SSO IDs and logins are never blanked. Without full sync only status and marker
    are looked at, and nobody is moved (D10).
    """
    before = record_of(actual)
    after = dict(before)
    after["enabled"] = True
    after["description"] = _marked(actual.description, marker)
    if not wanted.full_sync:
        return Difference(_changes(before, after), None)
    if login and wanted.login is not None and normal_login(actual.login) != wanted.key:
        after["login"] = wanted.login
    if normal_text(actual.name) != wanted.name:
        after["name"] = wanted.name
    if wanted.sso_id is not None and actual.sso_id != wanted.sso_id:
        after["sso_id"] = wanted.sso_id
    return Difference(_changes(before, after), wanted.node if parent != wanted.node else None)


def diff_leaver(actual: Details, marker: Marker) -> Difference:
    """Disabled in place, the mobile licence released in the same write (D8, R69). Nothing else of them is touched."""
    before = record_of(actual)
    description = _marked(actual.description, marker)
    after = {**before, "enabled": False, "mobile_license": False, "description": description}
    return Difference(_changes(before, after), None)


def diff_returned(actual: Details, marker: Marker) -> Difference:
    """Enabled in place (D11). Nothing else of them is touched."""
    before = record_of(actual)
    after = {**before, "enabled": True, "description": _marked(actual.description, marker)}
    return Difference(_changes(before, after), None)


def diff_unmanaged(actual: Details) -> Difference:
    """`diff_leaver` for somebody who has no Entra account to be marked with (D6)."""
    before = record_of(actual)
    return Difference(_changes(before, {**before, "enabled": False, "mobile_license": False}), None)


def diff_newcomer(wanted: Wanted, marker: Marker) -> tuple[Change, ...]:
    """Every field a new person gets; before them there was nothing."""
    after: dict[FieldName, str | bool] = {"login": wanted.login or "", "name": wanted.name}
    if wanted.sso_id is not None:
        after["sso_id"] = wanted.sso_id
    after["enabled"] = True
    after["description"] = str(marker)
    return tuple(Change(field=field, after=value) for field, value in after.items())


def make_action(
    role: Role,
    tree: Tree,
    *,
    entra_id: str | None,
    mapping: Mapping | None,
    node: Node | None,
    login: str,
    name: str,
    difference: Difference,
    reason: str,
    lead: Verb | None = None,
    twice: bool = False,
    creates_in: int | None = None,
) -> Action:
    """The action that makes a difference true.

    `lead` is the verb the rules gave (adopt, create, enable, disable); `update` and `move` follow from the difference.
    """
    verbs: set[Verb] = {lead} if lead else set()
    if difference.moves_to is not None:
        verbs.add("move")
    if lead == "adopt":
        verbs |= {verb for verb, enabled in _TURNS if _becomes(difference, enabled=enabled)}
    parent = node.parent if node is not None else None
    target = (
        creates_in if creates_in is not None else difference.moves_to if difference.moves_to is not None else parent
    )
    return Action(
        id=person_action_id(role, entra_id, node.id if node else None, twice=twice),
        verbs=_with_update(verbs, difference.changes),
        role=role.value,
        mapping=mapping.name if mapping else None,
        subject=Subject(
            entra_id=entra_id,
            login=login,
            name=name,
            node_id=node.id if node else None,
            presence=node.status if node else None,
        ),
        group=Place(before=tree.path_text(parent), after=tree.path_text(target)),
        changes=difference.changes,
        reason=reason,
        line=mapping.line if mapping else None,
        removal="disable" in verbs,
        group_id=target,
    )


class Differing(NamedTuple):
    """One key that two files say different things of; a whole entry (`key` None) that only one of them has."""

    place: str
    key: str | None
    before: Word
    after: Word


def diff_words(before: Record[str, Record[str, Word]], after: Record[str, Record[str, Word]]) -> list[Differing]:
    """Every difference between two files, place -> key -> word, by place and key. An entry only one has is one."""
    from deepdiff import DeepDiff  # 80 ms to import, and most plans have no base

    old_words, new_words = dict(before), dict(after)
    found = DeepDiff(old_words, new_words, view="tree", threshold_to_diff_deeper=0)
    differing = set()
    for levels in found.values():
        for level in levels:
            place, *keys = level.path(output_format="list")
            key = keys[0] if keys else None
            old, new = (words.get(place, {}).get(key) if key else None for words in (before, after))
            differing.add(Differing(place, key, old, new))
    return sorted(differing)


def with_licence(action: Action, actual: Details | None, mobile: bool | None, licence: Licence | None) -> Action:
    """The same action, leaving the mobile flag as `mobile` (None: as it is) and the marker saying `licence`.

    `actual` None: somebody new. Verbs follow.
    """
    before = record_of(actual) if actual is not None else {}
    changed = {change.field: change for change in action.changes}
    text = str(changed["description"].after) if "description" in changed else str(before["description"])
    marker = find_marker(text)
    assert marker is not None  # noqa: S101 - whoever is written is marked
    after: dict[FieldName, str | bool] = {"description": _marked(text, marker._replace(licence=licence))}
    if mobile is not None and (actual is not None or mobile):
        after["mobile_license"] = mobile
    for field, value in after.items():
        changed.pop(field, None)
        if before.get(field) != value:
            changed[field] = Change(field=field, before=before.get(field), after=value)
    changes = tuple(changed[field] for field in FIELDS if field in changed)
    return action.model_copy(update={"changes": changes, "verbs": _with_update(set(action.verbs), changes)})


def _with_update(verbs: set[Verb], changes: tuple[Change, ...]) -> tuple[Verb, ...]:
    """The verbs in their order, with `update` where something changes that none of them tells."""
    fields = {change.field for change in changes}
    told_by_verb = _BOOKKEEPING | {"enabled"} | ({"mobile_license"} if "disable" in verbs else set())
    if "create" not in verbs and (fields - told_by_verb or (fields and not verbs)):
        verbs = verbs | {"update"}
    return tuple(verb for verb in VERBS if verb in verbs)


def _marked(text: str, marker: Marker) -> str:
    """The text with this marker and no other; as it is where it says so already, in whatever case."""
    return text if find_markers(text) == {marker} else with_marker(text, marker)


def record_of(actual: Details) -> dict[FieldName, str | bool]:
    """The fields a plan may change, as they are."""
    return {
        "login": actual.login,
        "name": actual.name,
        "sso_id": actual.sso_id,
        "mobile_license": actual.mobile,
        "enabled": actual.enabled,
        "description": actual.description,
    }


def _changes(before: Record[FieldName, str | bool], after: Record[FieldName, str | bool]) -> tuple[Change, ...]:
    return tuple(
        Change(field=field, before=before[field], after=after[field])
        for field in FIELDS
        if before[field] != after[field]
    )


def _becomes(difference: Difference, *, enabled: bool) -> bool:
    return any(change.field == "enabled" and change.after is enabled for change in difference.changes)
