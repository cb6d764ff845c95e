"""The pairs of the original's wizard (R16, R26, R27): search, pick by number on both sides, switches of each mapping.

Over a draft in memory: nothing is written here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from reconciler.cli.wizard.ask import Refused, ask, ask_word, ask_yes, numbered, numbers_in, tell
from reconciler.cli.wizard.draft import FileDraft
from reconciler.cli.wizard.importing import entra_group_value, rescue_group_value
from reconciler.config.settle import entra_group_of
from reconciler.config.write import Entry
from reconciler.errors import ReconcilerError
from reconciler.model.choices import FoundGroup, MemberCount, RescueGroup
from reconciler.model.hierarchy import Role, Tree
from reconciler.planning.propose.likeness import likeness
from reconciler.planning.propose.rescue_groups import list_groups
from reconciler.render.safe import visible
from reconciler.source.graph_client import GraphClient

SHOWN = 40
"""Rows of a list on the screen; a longer one is narrowed down by a part of the name."""
_NESTED = {
    "mirror": "become Rescue groups of the same name below this one",
    "flatten": "their people come into this Rescue group",
    "direct": "are left out: only direct members count",
}
_LICENCES = {
    "keep": "leave the mobile licence of everybody as it is",
    "award": "each member gets one, if available",
    "release": "take it from members who hold one",
}


class PairQuestions:
    """Adds, changes and removes pairs of the draft, over what both sides have."""

    def __init__(self, draft: FileDraft, client: GraphClient, tree: Tree) -> None:
        self._draft = draft
        self._client = client
        self._groups = {role: [group for group in list_groups(tree, role) if group.path] for role in Role}

    def explain(self) -> None:
        """The reasons of pairs that were proposed, and what was not."""
        for entry in self._draft.entries:
            if entry.comments:
                tell(f"\n  {self._title(entry)}\n      {visible(entry.comments[0])}")
        tell()
        for line in self._draft.tail:
            tell(f"  {visible(line[2:])}")

    def run(self) -> None:
        """Until the person is done."""
        if not self._draft.entries:
            tell("\nPairs: an Entra group and the Rescue group its people belong in", strong=True)
            self._add()
        while True:
            tell("\nPairs", strong=True)
            numbered([self._row(entry) for entry in self._draft.entries]) if self._draft.entries else tell("  none yet")
            verb, numbers = ask(
                "add, change N, remove N, or done", self._command, "done" if self._draft.entries else "add"
            )
            if verb == "done":
                return
            if verb == "add":
                self._add()
            elif verb == "change":
                for number in numbers:
                    entry = self._draft.entries[number - 1]
                    tell(f"\n{self._title(entry)}", strong=True)
                    value = self._switches(dict(entry.value), fresh=entry.origin is None)
                    self._draft.entries[number - 1] = Entry(value, entry.origin, entry.comments)
            else:
                gone = set(numbers)
                kept = [entry for number, entry in enumerate(self._draft.entries, 1) if number not in gone]
                for number in numbers:
                    tell(f"  removed: {self._title(self._draft.entries[number - 1])}")
                if any(self._draft.entries[number - 1].origin is not None for number in numbers):
                    tell("  Its people stay as they are; plans report them as orphaned until `retired` says otherwise.")
                self._draft.entries[:] = kept

    def _command(self, answer: str) -> tuple[str, list[int]]:
        word, _, rest = answer.lower().partition(" ")
        verbs = [verb for verb in ("add", "change", "remove", "done") if word and verb.startswith(word)]
        if len(verbs) != 1:
            raise Refused("write add, change 2, remove 1 3, or done")
        verb = verbs[0]
        if verb in ("add", "done"):
            return verb, []
        if not rest.strip():
            raise Refused(f"which one? write {verb} and its number")
        return verb, numbers_in(rest, len(self._draft.entries))

    def _add(self) -> None:
        roles = {Role.TECHNICIAN: "Technician groups", Role.ADMIN: "Administrator groups"}
        role = Role(ask_word("Which kind", {str(role): text for role, text in roles.items()}, "technician"))
        if not self._groups[role]:
            tell(f"  Rescue has no {role} groups; make one in the Admin Center first.")
            return
        for group in self._search():
            if group.hidden:
                tell(f"  The membership of {visible(group.name)} is hidden: it takes Member.Read.Hidden to read it.")
            place = self._choose_place(group, role)
            if place is None:
                continue
            value: dict[str, Any] = {
                "entra_group": entra_group_value(group.id, group.name),
                "rescue_group": rescue_group_value(place),
                "role": str(role),
            }
            name = self._free_name(value)
            self._draft.entries.append(Entry(self._switches({"name": name, **value} if name else value, fresh=True)))

    def _search(self) -> list[FoundGroup]:
        """Entra groups chosen by number; none where the person gives up."""
        from reconciler.source.entra_search import fetch_groups_like, fetch_member_counts

        while True:
            term = ask("Search Entra groups (a part of the name; empty: back)", lambda answer: answer, "")
            if not term:
                return []
            try:
                search = fetch_groups_like(self._client, term)
                found = search.groups[:SHOWN]
                counts = fetch_member_counts(self._client, found)
            except ReconcilerError as failed:  # the answers so far are not lost for it
                tell(f"  {visible(str(failed))}\n  {failed.advice}")
                continue
            if not search.complete:
                tell(f"  More than the {search.looked_at} groups looked at; of the others only those that begin so.")
            if not found:
                tell(f"  No Entra group has {term!r} in its name ({search.looked_at} looked at).")
                continue
            self._show_found(found, counts)
            if len(search.groups) > len(found):
                tell(f"  ... and {len(search.groups) - len(found)} more; a longer term finds fewer")
            chosen = ask("Which, by number (empty: search again)", self._free_groups(found), "")
            if chosen:
                return chosen

    def _show_found(self, found: Sequence[FoundGroup], counts: Mapping[str, MemberCount | None]) -> None:
        from reconciler.render.choices import kind_words, member_words

        rows = []
        for group in found:
            paired = self._draft.pair_of(group.id, group.name)
            note = f"paired with {_place_text(paired)}" if paired else ""
            members = member_words(group, counts.get(group.id))
            rows.append((visible(group.name), group.id, kind_words(group), members, note))
        numbered(rows)

    def _free_groups(self, found: Sequence[FoundGroup]) -> Callable[[str], list[FoundGroup]]:
        def take(answer: str) -> list[FoundGroup]:
            if not answer:
                return []
            chosen = [found[number - 1] for number in numbers_in(answer, len(found))]
            for group in chosen:
                if self._draft.pair_of(group.id, group.name):
                    raise Refused(f"{visible(group.name)} has a pair already; each Entra group has one")
            return chosen

        return take

    def _choose_place(self, group: FoundGroup, role: Role) -> RescueGroup | None:
        """A Rescue group by its number, the likeliest name as the default; a part of a name narrows the list."""
        everything = self._groups[role]
        shown = (
            everything
            if len(everything) <= SHOWN
            else sorted(everything, key=lambda place: -likeness(group.name, place.path))[:SHOWN]
        )
        tell(f"\nRescue group for {visible(group.name)}", strong=True)
        while True:
            best = max(shown, key=lambda place: (likeness(group.name, place.path), -place.node_id))
            default = str(shown.index(best) + 1) if likeness(group.name, best.path) >= 0.5 else ""
            numbered([_place_row(place) for place in shown])
            if len(shown) < len(everything):
                tell(f"  {len(shown)} of {len(everything)} groups; a part of a name shows others")
            current = shown

            def take(answer: str, current: Sequence[RescueGroup] = current) -> RescueGroup | list[RescueGroup] | None:
                if answer in ("", "0"):
                    return None
                if answer.isdigit():
                    return current[_one(answer, len(current)) - 1]
                narrowed = [one for one in everything if answer.casefold() in "/".join(one.path).casefold()]
                if not narrowed:
                    raise Refused(f"no Rescue group has {answer!r} in its path")
                return narrowed[:SHOWN]

            chosen = ask("Which, by number, or a part of its name (0: none)", take, default)
            if not isinstance(chosen, list):
                return chosen
            shown = chosen

    def _switches(self, value: dict[str, Any], *, fresh: bool) -> dict[str, Any]:
        """The switches of one mapping, its present ones as defaults; a new one says `nested` in any case."""
        technician = self._draft.effective(value, "role", "technician") == "technician"
        full = ask_yes(
            "Full group synchronization: names, logins, SSO IDs and groups follow Entra too (no: only who is enabled)?",
            bool(self._draft.effective(value, "full_sync", True)),
        )
        value = self._draft.with_switch(value, "full_sync", full, True)
        words = dict(_NESTED)
        if not (technician and full):
            del words["mirror"]
        usual = "mirror" if technician and full else "flatten" if technician else "direct"
        nested = self._draft.effective(value, "nested", usual)
        nested = ask_word("Groups inside the Entra group", words, nested if nested in words else usual)
        value = self._draft.with_switch(value, "nested", nested, None if fresh else usual)
        if technician and full:
            licence = self._draft.effective(value, "mobile_license", "keep")
            licence = ask_word("Mobile licence", _LICENCES, licence)
            value = self._draft.with_switch(value, "mobile_license", licence, "keep")
        if full:
            upn = ask_yes("Use the UPN as SSO ID?", bool(self._draft.effective(value, "upn_as_sso_id", False)))
            value = self._draft.with_switch(value, "upn_as_sso_id", upn, False)
        else:
            for key in ("mobile_license", "upn_as_sso_id"):
                value.pop(key, None)
        return value

    def _row(self, entry: Entry) -> tuple[str, str, str]:
        value = entry.value
        full = self._draft.effective(value, "full_sync", True)
        role = self._draft.effective(value, "role", "technician")
        switches = [role, "full sync" if full else "status only", str(self._draft.effective(value, "nested", ""))]
        licence = self._draft.effective(value, "mobile_license", "keep")
        switches += [f"mobile: {licence}"] if licence != "keep" else []
        switches += ["UPN as SSO ID"] if self._draft.effective(value, "upn_as_sso_id", False) else []
        return _group_text(value), f"-> {_place_text(value)}", ", ".join(word for word in switches if word)

    def _title(self, entry: Entry) -> str:
        return f"{_group_text(entry.value)} -> {_place_text(entry.value)}"

    def _free_name(self, value: Mapping[str, Any]) -> str | None:
        """A label, only where the Rescue group, which is the default one, is taken."""
        taken = {str(entry.value.get("name") or _place_text(entry.value)) for entry in self._draft.entries}
        if _place_text(value) not in taken:
            return None
        name = f"{_place_text(value)} ({_group_text(value)})"
        return name if name not in taken else f"{name} {value['entra_group']['id'][:8]}"


def _one(answer: str, highest: int) -> int:
    numbers = numbers_in(answer, highest)
    return numbers[0]


def _group_text(value: Mapping[str, Any]) -> str:
    return visible(str(entra_group_of(_as_words(value["entra_group"]))))


def _as_words(said: Any) -> Any:
    from reconciler.model.file import EntraGroup

    return said if isinstance(said, str) else EntraGroup.model_validate(said)


def _place_text(value: Mapping[str, Any]) -> str:
    said = value["rescue_group"]
    if isinstance(said, int):
        return f"node {said}"
    return visible("/".join(said) if isinstance(said, list) else said)


def _place_row(place: RescueGroup) -> tuple[str, str, str]:
    people = f"{place.enabled} enabled" + (f", {place.disabled} disabled" if place.disabled else "")
    return "  " * (len(place.path) - 1) + visible(place.path[-1]), f"node {place.node_id}", people
