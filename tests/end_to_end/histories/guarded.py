"""Guards at work: the same step is tried without them first, and what it did is counted and taken back.

So it is known from Rescue alone what a guard has to say: one more than the limit and nothing is written, else all is.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.end_to_end.world import guid, upn

from .company import GROUPS, KEY, NESTED
from .holds import OURS
from .living import Living

ROLES = {"Technician": "technician", "Administrator": "admin", "TechnicianGroup": "technician"}
GUARDS = {
    "off": ("max_removals", "max_removals_per_mapping"),
    "out": ("max_removals", "max_removals_per_mapping"),
    "over": ("max_moves",),
    "hired again": ("max_identity_changes",),
    "new": ("max_creates",),
    "appointed": ("max_admin_grants",),
    "nested": ("max_group_creates",),
}
"""What can happen, and the guards that are about it."""
REMOVALS = GUARDS["off"]

PEOPLE = ("Technician", "Administrator")
Row = dict[str, Any]
Counts = Counter[tuple[str, str | None]]
"""By role, and for a guard that is judged by mapping by the first digits of the mapping's Entra group."""


class Guarded(Living):
    """One rule: something happens to some people while a guard is on."""

    @rule(
        keys=st.lists(KEY, min_size=1, max_size=4, unique=True),
        what=st.sampled_from([(how, guard) for how, guards in GUARDS.items() for guard in guards]),
        then=st.sampled_from(["held", "permitted", "refused"]),
    )
    def guarded(self, keys: list[str], what: tuple[str, str], then: str) -> None:
        how, guard = what
        self.happens(keys, how)
        before = self.nodes()
        saved = self.made.save_rescue()
        done = self.run_undisturbed("auto")
        counts = self.counted(guard, before)
        actions = [item for item in done["actions"] if self.is_counted(guard, item)]
        assert len(actions) == sum(counts.values()), (actions, counts)
        most = max(counts.values(), default=0)
        event(f"{guard}: {min(most, 2)}")
        for limit in [most - 1, most] if most else [0]:
            self.made.restore_rescue(saved)
            assert self.nodes() == before
            self.file["guards"] = {guard: limit}
            if limit < most and then == "held":
                self.file["guards"]["on_violation"] = "hold_removals"
            if limit < most and then == "permitted":
                ids = list({(item["role"], item["mapping"]): item["id"] for item in actions}.values())
                self.file["permits"] = [{"guard": guard, "actions": ids, "reason": "tried", "until": "2099-12-31"}]
            self.write_file()
            self.check_verdict(guard, limit, counts, before)
            self.file["guards"], self.file["permits"] = {}, []
        self.write_file()
        self.lives(None, "auto")

    def happens(self, keys: list[str], how: str) -> None:
        """To the people of these keys; new ones come beside them, as many as there are keys."""
        known = [key for key in keys if key in self.ids]
        if how == "off":
            for key in known:
                self.state.set_person(self.ids[key], enabled=False)
        elif how in ("out", "over"):
            for key in known:
                self.put(self.ids[key], "field" if how == "over" else None)
        elif how == "hired again":
            for key in known:
                self.state.delete_person(self.ids.pop(key))
                self.ids[key] = self.comes(key)
                self.put(self.ids[key], "desk")
        elif how in ("new", "appointed"):
            for key in keys:
                self.put(self.comes(f"{key}{self.steps}"), "desk" if how == "new" else "staff")
        else:
            self.file["mappings"].setdefault("desk", {"rescue_group": "Desk"})
            self.file["mappings"]["desk"].update(nested="mirror", create_group=True, full_sync=True)
            self.write_file()
            for group in NESTED[: len(keys)]:
                self.state.add_member(guid("desk"), guid(group))
                self.put(self.comes(f"{group}{self.steps}"), group)

    def comes(self, key: str) -> str:
        """Somebody with this address, whom Entra has not known so far."""
        self.steps += 1
        return str(self.state.add_person(guid(f"{key} {self.steps}"), name=key.title(), upn=upn(key), mail=upn(key)))

    def put(self, person: str, to: str | None) -> None:
        for group in (*GROUPS, *NESTED):
            self.state.remove_member(guid(group), person)
        if to is not None:
            self.state.add_member(guid(to), person)

    def counted(self, guard: str, before: dict[int, Row]) -> Counts:
        """How many nodes the run did to what the guard is about, as the tree itself shows it."""
        found: Counts = Counter()
        living = {guid(group)[:8] for group in self.mapped()}
        for node, new in self.nodes().items():
            old = before.get(node)
            if new["type"] not in ROLES or not did(guard, old, new):
                continue
            link = OURS.search(new["description"])
            mapping = link[2] if link and guard == "max_removals_per_mapping" else None
            if guard != "max_removals_per_mapping" or mapping in living:
                found[ROLES[new["type"]], mapping] += 1
        return found

    @staticmethod
    def is_counted(guard: str, item: dict[str, Any]) -> bool:
        """Is an action of the outcomes one that the guard is about?"""
        changed = any(change["before"] and change["field"] in ("login", "sso_id") for change in item["changes"])
        verbs = set(item["verbs"])
        rehired = {"adopt", "enable"} <= verbs
        return {
            "max_removals": bool(item["removal"]),
            "max_removals_per_mapping": bool(item["removal"]) and item["mapping"] is not None,
            "max_moves": "move" in verbs,
            "max_identity_changes": rehired or (changed and "adopt" not in verbs),
            "max_creates": "create" in verbs,
            "max_admin_grants": item["role"] == "admin" and bool(verbs & {"create", "enable", "move"}),
            "max_group_creates": "create_group" in verbs,
        }[guard]

    def check_verdict(self, guard: str, limit: int, counts: Counts, before: dict[int, Row]) -> None:
        too_many = max(counts.values(), default=0) > limit and not self.file["permits"]
        held = "on_violation" in self.file["guards"] and guard in REMOVALS
        event(f"guard: {'permitted' if self.file['permits'] else 'too many' if too_many else 'within'}")
        done = self.watched("auto", None)
        assert done is not None
        assert (done.code == 4) == (too_many and not held), (done.code, counts, done.out)
        if done.code == 4:
            assert self.nodes() == before, "a guard refused and something was written"
            assert done.results == {"held"}
        elif too_many:
            assert done.code == 6
            assert not self.counted("max_removals", before), "a removal was held, and done"
        else:
            assert done.results <= {"done"}
            assert self.counted(guard, before) == counts


def did(guard: str, old: Row | None, new: Row) -> bool:
    """Is what became of a node what this guard is about (§6)? `old` None: the node was made."""
    if guard in REMOVALS:
        return old is not None and old["enabled"] and not new["enabled"]
    if guard == "max_creates":
        return old is None and new["type"] in PEOPLE
    if guard == "max_group_creates":
        return old is None and new["type"] not in PEOPLE
    if guard == "max_admin_grants":
        grants = old is None or (new["enabled"] and not old["enabled"]) or old["parent"] != new["parent"]
        return new["type"] == "Administrator" and grants
    if old is None or new["type"] not in PEOPLE:
        return False
    if guard == "max_moves":
        return bool(old["parent"] != new["parent"])
    was, now = OURS.search(old["description"]), OURS.search(new["description"])
    if was is None or now is None:  # whoever is only adopted keeps who they are (§6)
        return False
    return was[1] != now[1] or any(old[field] and old[field] != new[field] for field in ("email", "sso_id"))
