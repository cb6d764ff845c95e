"""What happens to mappings.yaml, and the run that is taken back."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from .company import GROUP, PLACES, TEAM
from .living import REFRESH, TROUBLE, Living, Trouble


class InTheFile(Living):
    """Rules about edits of the file."""

    @rule(
        group=TEAM,
        change=st.sampled_from(
            [
                {"nested": "mirror"},
                {"nested": "flatten"},
                {"nested": "mirror", "create_group": True},
                {"create_group": False},
                {"mobile_license": "award"},
                {"mobile_license": "release"},
                {"mobile_license": "keep"},
                {"upn_as_sso_id": True},
                {"upn_as_sso_id": False},
                {"rescue_group": "Attic"},
                {"rescue_group": "Field"},
                {"rescue_group": "Desk"},
                {"priority": 5},
                {"priority": 100},
                {"full_sync": False},
                {"full_sync": True},
            ]
        ),
        trouble=TROUBLE,
        refresh=REFRESH,
    )
    def mapping_edited(self, group: str, change: dict[str, Any], trouble: Trouble | None, refresh: str) -> None:
        self.mapping_edited_to(group, change)
        self.lives(trouble, refresh)

    def mapping_edited_to(self, group: str, change: dict[str, Any]) -> None:
        said = {"role": "admin"} if group == "staff" else {}
        self.file["mappings"].setdefault(group, {"rescue_group": PLACES[group], **said}).update(change)
        self.write_file()

    @rule(change=st.sampled_from([{"nested": "flatten"}, {"nested": "direct"}, {"priority": 5}]), trouble=TROUBLE)
    def admins_edited(self, change: dict[str, Any], trouble: Trouble | None) -> None:
        self.mapping_edited_to("staff", change)
        self.lives(trouble, "auto")

    @precondition(lambda self: len(self.file.get("mappings", ())) > 1)
    @rule(group=GROUP, trouble=TROUBLE, refresh=REFRESH)
    def mapping_deleted(self, group: str, trouble: Trouble | None, refresh: str) -> None:
        self.file["mappings"].pop(group, None)
        self.write_file()
        self.lives(trouble, refresh)

    @rule(
        change=st.sampled_from(
            [
                ("settings", {"adopt": "never"}),
                ("settings", {"adopt": "aliases"}),
                ("settings", {"reenable": "always"}),
                ("settings", {"unmanaged": "disable"}),
                ("settings", {"adopt_admins": True}),
                ("settings", {}),
                ("rescue", {"technician_seats": 5}),
                ("rescue", {"technician_seats": 8, "mobile_seats": 1}),
                ("rescue", {}),
            ]
        ),
        trouble=TROUBLE,
        refresh=REFRESH,
    )
    def file_edited(self, change: tuple[str, dict[str, Any]], trouble: Trouble | None, refresh: str) -> None:
        self.file[change[0]] = dict(change[1])
        self.write_file()
        self.lives(trouble, refresh)

    @precondition(lambda self: bool(self.last))
    @rule(change=st.sampled_from([None, {"rescue_group": "Attic"}, {"upn_as_sso_id": True}]), group=TEAM)
    def regretted(self, change: dict[str, Any] | None, group: str) -> None:
        """The latest run is undone, perhaps after a wrong edit of the file that is taken back."""
        before = json.dumps(self.file["mappings"])
        if change is not None and group in self.file["mappings"]:
            self.file["mappings"][group].update(change)
            self.write_file()
            self.lives(None, "auto")
            self.file["mappings"] = json.loads(before)
            self.write_file()
        (self.made.folder / "last.json").write_text(json.dumps(self.last))
        done = self.watched("auto", None, undo="last.json")
        assert done is not None
        assert done.code in (0, 6), done.err
        assert done.results <= {"done"}, done.out
        event("undone: something" if done.results else "undone: nothing")
        self.lives(None, "auto")
