"""Guards at work: the same step is tried without them first, and what it did is counted and taken back.

So it is known from Rescue alone what a guard has to say: one more than the limit and nothing is written, else all is.
"""

from __future__ import annotations

from typing import Any

from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.end_to_end.world import guid

from .company import GROUPS, KEY, NESTED
from .living import Living

ROLES = ("Technician", "Administrator")
COUNTS = {
    "max_removals": lambda old, new: old["enabled"] and not new["enabled"],
    "max_moves": lambda old, new: old["parent"] != new["parent"],
}


class Guarded(Living):
    """One rule: people leave or move while a guard is on."""

    @rule(
        keys=st.lists(KEY, min_size=1, max_size=4, unique=True),
        how=st.sampled_from(["off", "out", "over"]),
        then=st.sampled_from(["held", "permitted", "refused"]),
    )
    def guarded(self, keys: list[str], how: str, then: str) -> None:
        guard = "max_moves" if how == "over" else "max_removals"
        self.happens(keys, how)
        before = self.nodes()
        saved = self.save_rescue()
        done = self.run_undisturbed("auto")
        counts = self.counted(guard, before)
        actions = [item for item in done["actions"] if self.counts(guard, item)]
        assert len(actions) == sum(counts.values()), (actions, counts)
        most = max(counts.values())
        for limit in [most - 1, most] if most else [0]:
            self.restore_rescue(saved)
            assert self.nodes() == before
            self.file["guards"] = {guard: limit}
            if limit < most and then == "held":
                self.file["guards"]["on_violation"] = "hold_removals"
            if limit < most and then == "permitted":
                ids = list({item["role"]: item["id"] for item in actions}.values())  # one of each role is enough
                self.file["permits"] = [{"guard": guard, "actions": ids, "reason": "tried", "until": "2099-12-31"}]
            self.write_file()
            self.check_verdict(guard, limit, counts, before)
            self.file["guards"], self.file["permits"] = {}, []
        self.write_file()
        self.lives(None, "auto")

    def happens(self, keys: list[str], how: str) -> None:
        """Accounts are disabled, people leave every group, or all go over to the field."""
        for key in [key for key in keys if key in self.ids]:
            if how == "off":
                self.state.set_person(self.ids[key], enabled=False)
                continue
            for group in (*GROUPS, *NESTED):
                self.state.remove_member(guid(group), self.ids[key])
            if how == "over":
                self.state.add_member(guid("field"), self.ids[key])

    def counted(self, guard: str, before: dict[int, dict[str, Any]]) -> dict[str, int]:
        """By role, how many nodes the run without guards did to what the guard is about."""
        now = self.nodes()
        return {
            role: sum(COUNTS[guard](old, now[id]) for id, old in before.items() if old["type"] == role)
            for role in ROLES
        }

    @staticmethod
    def counts(guard: str, item: dict[str, Any]) -> bool:
        return bool(item["removal"]) if guard == "max_removals" else "move" in item["verbs"]

    def check_verdict(self, guard: str, limit: int, counts: dict[str, int], before: dict[int, dict[str, Any]]) -> None:
        too_many = max(counts.values()) > limit and not self.file["permits"]
        held = "on_violation" in self.file["guards"] and guard == "max_removals"
        event(f"guard: {'permitted' if self.file['permits'] else 'too many' if too_many else 'within'}")
        done = self.watched("auto", None)
        assert done is not None
        assert (done.code == 4) == (too_many and not held), (done.code, counts, done.out)
        if done.code == 4:
            assert self.nodes() == before, "a guard refused and something was written"
            assert done.results == {"held"}
        elif too_many:
            assert done.code == 6
            assert sum(self.counted("max_removals", before).values()) == 0, "a removal was held, and done"
        else:
            assert done.results <= {"done"}
            assert self.counted(guard, before) == counts

    def save_rescue(self) -> list[list[dict[str, Any]]]:
        return [[dict(row) for row in self.state.rows(f"SELECT * FROM {table}")] for table in ("nodes", "meta")]  # noqa: S608

    def restore_rescue(self, saved: list[list[dict[str, Any]]]) -> None:
        with self.state.transaction():
            for table, rows in zip(("nodes", "meta"), saved, strict=True):
                self.state.execute(f"DELETE FROM {table}")  # noqa: S608
                for row in rows:
                    marks = ", ".join("?" * len(row))
                    self.state.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", *row.values())  # noqa: S608
