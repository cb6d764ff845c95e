"""The company of the histories: how it begins, the file it is run with, and who is wanted where."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize

from tests.end_to_end.world import ACCOUNT, TENANT, World, entra, guid, marker, scenario, upn, world

KEYS = ("ada", "bob", "cyn", "dan", "eve")
GROUPS = ("desk", "field", "staff")
NESTED = ("tier", "night")
"""Entra groups that nothing is mapped to, to be put into others."""
PLACES = {"desk": "Desk", "field": "Field", "staff": "Regional"}
GUARDED = "boss"
KEY, GROUP = st.sampled_from(KEYS), st.sampled_from(GROUPS)
TEAM = st.sampled_from(("desk", "field"))
ANY_GROUP = st.sampled_from((*GROUPS, *NESTED))
OFF = dict.fromkeys(
    (
        "max_removals", "max_removals_per_mapping", "max_moves", "max_identity_changes", "max_creates",
        "max_group_creates", "max_admin_grants", "min_admins",
    ),
    "off",
)  # fmt: skip


class Company(RuleBasedStateMachine):
    """Both systems, the file as a value, and what it wants, worked out here once more from the decisions alone."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.made: World
        self.ids: dict[str, str] = {}
        self.file: dict[str, Any] = {}
        self.steps = 0
        self.last: dict[str, Any] = {}

    @initialize(linked=st.booleans(), members=st.lists(TEAM, min_size=len(KEYS), max_size=len(KEYS)))
    def founded(self, linked: bool, members: list[str]) -> None:
        """Everybody is in one group, linked in Rescue or waiting to be adopted; strangers stand beside them."""
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.ids = {key: guid(key) for key in KEYS}
        belong = {group: [key for key, own in zip(KEYS, members, strict=True) if own == group] for group in PLACES}
        people = {key: entra(key) for key in (*KEYS, GUARDED, "spare", "chief")}
        tree = {
            PLACES[group]: [
                {"name": key.title(), "email": upn(key), "description": marker(key, group) if linked else "hired"}
                for key in belong[group]
            ]
            for group in ("desk", "field")
        }
        tree["Desk"].append({"name": "Boss", "email": upn(GUARDED), "description": marker(GUARDED, "gone")})
        tree["Attic"] = [
            {"name": "Uma", "email": "uma@elsewhere.example", "description": "not ours"},
            {
                "name": "Kin",
                "email": "kin@elsewhere.example",
                "description": marker("kin", "x").replace("8d2f", "ffff"),
            },
        ]
        admins = [
            {"name": "Chief", "email": upn("chief"), "description": marker("chief", "staff")},
            {"name": "Adi", "email": "adi@elsewhere.example"},
        ]
        groups = {
            "desk": [*belong["desk"], GUARDED], "field": belong["field"], "staff": ["chief"], "third": ["spare"],
            "tier": [], "night": [],
        }  # fmt: skip
        self.file = {
            "settings": {},
            "rescue": {},
            "guards": {},
            "permits": [],
            "mappings": {group: {"rescue_group": PLACES[group]} for group in GROUPS},
        }
        self.file["mappings"]["staff"]["role"] = "admin"
        more = {"administrators": [{"group": "Regional", "people": admins}]}
        text = scenario(people, groups, tree, rescue_more=more)
        self.made = self.stack.enter_context(world(text, "", folder))
        self.write_file()
        self.begin()

    def begin(self) -> None:
        """The first run of the history."""
        raise NotImplementedError

    def teardown(self) -> None:
        self.stack.close()

    def mapped(self) -> dict[str, dict[str, Any]]:
        """What the file says of each mapping, by Entra group; what cannot go together is left out."""
        found = {}
        for group, said in self.file["mappings"].items():
            said = {"nested": "direct"} | said
            if said.get("full_sync") is False:
                said = {name: value for name, value in said.items() if not name.startswith("create_group")}
                said["nested"] = said["nested"].replace("mirror", "flatten")
            if said.get("create_group"):
                said["permissions_from"] = "Attic"
            found[group] = said
        found["third"] = {"rescue_group": "Attic"}
        return found

    def write_file(self) -> None:
        self.made.file.write_text(
            yaml.safe_dump(
                {
                    "version": 1,
                    "entra": {"tenant_id": TENANT},
                    "rescue": {"account_id": ACCOUNT, "requests_per_second": 100, **self.file["rescue"]},
                    "settings": self.file["settings"],
                    "guards": OFF | self.file["guards"],
                    "protected": [upn(GUARDED)],
                    "mappings": [
                        {"name": group, "entra_group": {"id": guid(group)}, **said}
                        for group, said in self.mapped().items()
                    ],
                    "permits": self.file["permits"],
                }
            ),
            encoding="utf-8",
        )

    @property
    def state(self) -> Any:
        return self.made.box.state

    def technicians(self) -> list[dict[str, Any]]:
        return [row for row in self.state.nodes() if row["type"] == "Technician"]

    # -- who is wanted -------------------------------------------------------------------------------------------

    def wanted(self) -> dict[str, dict[str, set[str]]]:
        """By role: object id -> every address, of people with an enabled account who are in a mapping's group (D1)."""
        mapped = self.mapped()
        inside: dict[str, set[str]] = {"technician": set(), "admin": set()}
        for group, said in mapped.items():
            known, waiting = {guid(group)}, [guid(group)]
            while waiting:
                members = self.state.members(waiting.pop())
                inside[said.get("role", "technician")].update(members)
                if said.get("nested", "direct") != "direct":
                    fresh = {member for member in members if member in self.nests()} - known - set(map(guid, mapped))
                    known |= fresh
                    waiting += fresh
        return {
            role: {
                person["id"]: self.addresses(person)
                for person in self.state.people()
                if person["enabled"] and person["id"] in ids
            }
            for role, ids in inside.items()
        }

    @staticmethod
    def nests() -> set[str]:
        return {guid(group) for group in (*GROUPS, *NESTED)}

    @staticmethod
    def addresses(person: dict[str, Any]) -> set[str]:
        return {str(address).casefold() for address in (person["mail"], person["upn"]) if address}
