"""What a person does in the Admin Center."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.end_to_end.world import upn

from .company import GUARDED
from .living import REFRESH, TROUBLE, Living, Trouble


class ByHand(Living):
    """Rules about hand edits in Rescue."""

    @rule(
        which=st.integers(0, 9),
        edit=st.sampled_from(
            [
                {"name": "By Hand"},
                {"enabled": False},
                {"enabled": True},
                {"mobile": True},
                {"sso_id": "by-hand"},
                {"place": "Attic"},
                {"place": "Field"},
                {"email": "hand@contoso.example"},
                {"text": "shift: late"},
                {"description": ""},
            ]
        ),
        trouble=TROUBLE,
        refresh=REFRESH,
    )
    def edited_by_hand(self, which: int, edit: dict[str, Any], trouble: Trouble | None, refresh: str) -> None:
        nodes = [row for row in self.technicians() if row["email"] != upn(GUARDED)]
        row, fields = nodes[which % len(nodes)], dict(edit)
        if "place" in fields:
            fields["parent"] = self.state.node_by_path(fields.pop("place"))["id"]
        if "text" in fields:
            fields["description"] = f"{fields.pop('text')} {row['description']}"
        taken = {other["email"] for other in self.technicians()}
        if fields.get("email") not in taken:
            self.state.set_node(row["id"], **fields)
        self.lives(trouble, refresh)

    @rule(place=st.sampled_from(["Desk", "Field", "Attic"]), trouble=TROUBLE)
    def stranger(self, place: str, trouble: Trouble | None) -> None:
        """Somebody whom Entra does not know gets a node."""
        self.steps += 1
        email = f"stranger{self.steps}@elsewhere.example"
        self.state.add_node(self.state.node_by_path(place)["id"], "Technician", name="Stranger", email=email)
        self.lives(trouble, "auto")
