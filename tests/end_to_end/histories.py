"""Random histories of a company: people come, go, marry, swap addresses; somebody edits Rescue, or the file; runs die.

After every step the command runs until nothing is left to do, which must take two runs at the most once the trouble is
over. Every write of every run is watched as it happens, and what holds is asked of the sandbox, never of the plan: the
one who checks shares no code with the one who decides.
"""

from __future__ import annotations

import json
import re
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from hypothesis import event, note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from reconciler.target.rescue_client import RescueClient

from .world import ACCOUNT, SYNC, TENANT, Done, World, entra, guid, marker, scenario, upn, world

KEYS = ("ada", "bob", "cyn", "dan", "eve")
GROUPS = ("desk", "field")
PLACES = {"desk": "Desk", "field": "Field"}
GUARDED = "boss"
OURS = re.compile(r"\[entra:8d2f:([0-9a-f-]{36})@([0-9a-f]{8})#[0-9a-f]{8}(?:[+~-]m)?(!off)?\]", re.IGNORECASE)
ANYBODYS = re.compile(r"\[entra:[^\]]*\]", re.IGNORECASE)
KEY, GROUP = st.sampled_from(KEYS), st.sampled_from(GROUPS)
ADDRESS = st.sampled_from([*KEYS, "fox"])
OFF = dict.fromkeys(("max_removals", "max_removals_per_mapping", "max_moves", "max_identity_changes"), "off")


class Trouble(NamedTuple):
    """What goes wrong in one run. `nth`: at which write it dies, before or after the write has its effect."""

    nth: int = 0
    after: bool = False
    fault: dict[str, Any] | None = None


FAULTS = st.builds(
    lambda effect, nth, method: {"side": "rescue", "method": method, "nth": nth, "effect": effect},
    st.sampled_from(["drop_before", "drop_after", "error_before", "error_after", "html"]),
    st.integers(1, 3),
    st.sampled_from(["setUser*", "createUser", "moveNode", "getUser_v2"]),
) | st.sampled_from(
    [
        {"side": "rescue", "method": "getHierarchy_v2", "nth": 1, "effect": "truncate", "keep": 0.6},
        {"side": "graph", "method": "/members", "nth": 1, "effect": "error_before"},
        {"side": "rescue", "method": "setUser*", "nth": 2, "effect": "token", "token": "NOTLOGGEDIN"},
    ]
)
TROUBLE = (
    st.none()
    | st.tuples(st.integers(1, 4), st.booleans()).map(lambda drawn: Trouble(*drawn))
    | FAULTS.map(lambda fault: Trouble(fault=fault))
)
REFUSED = st.sampled_from(["error_before", "drop_before", "html"]).map(
    lambda effect: Trouble(fault={"side": "rescue", "method": "setUser*", "nth": 1, "effect": effect})
)
"""The first write of the run, which is a disable where there is one, comes to nothing."""
REFRESH = st.sampled_from(["auto", "auto", "auto", "full"])


class Dies(BaseException):
    """As if the process were killed: nothing of ours expects it."""


class Histories(RuleBasedStateMachine):
    """One company and its two systems, from an account in sync."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.made: World
        self.ids: dict[str, str] = {}
        self.file: dict[str, Any] = {}
        self.steps = 0
        self.last: dict[str, Any] = {}

    @initialize(linked=st.booleans(), members=st.lists(GROUP, min_size=len(KEYS), max_size=len(KEYS)))
    def founded(self, linked: bool, members: list[str]) -> None:
        """Everybody is in one group, linked in Rescue or waiting to be adopted; strangers stand beside them."""
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.ids = {key: guid(key) for key in KEYS}
        belong = {group: [key for key, own in zip(KEYS, members, strict=True) if own == group] for group in GROUPS}
        people = {key: entra(key) for key in (*KEYS, GUARDED, "spare")}
        tree = {
            PLACES[group]: [
                {"name": key.title(), "email": upn(key), "description": marker(key, group) if linked else "hired"}
                for key in keys
            ]
            for group, keys in belong.items()
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
        groups = {"desk": [*belong["desk"], GUARDED], "field": belong["field"], "third": ["spare"]}
        self.file = {
            "settings": {},
            "rescue": {},
            "mappings": {group: {"rescue_group": PLACES[group]} for group in GROUPS},
        }
        self.made = self.stack.enter_context(world(scenario(people, groups, tree), "", folder))
        self.write_file()
        self.lives(None, "auto")

    def teardown(self) -> None:
        self.stack.close()

    # -- what happens in Entra ----------------------------------------------------------------------------------

    @rule(key=KEY, group=GROUP, trouble=TROUBLE, refresh=REFRESH)
    def joins(self, key: str, group: str, trouble: Trouble | None, refresh: str) -> None:
        if key in self.ids:
            self.state.add_member(guid(group), self.ids[key])
        self.lives(trouble, refresh)

    @rule(key=KEY, group=GROUP, trouble=TROUBLE, refresh=REFRESH)
    def leaves(self, key: str, group: str, trouble: Trouble | None, refresh: str) -> None:
        if key in self.ids:
            self.state.remove_member(guid(group), self.ids[key])
        self.lives(trouble, refresh)

    @rule(keys=st.lists(KEY, min_size=1, unique=True), to=GROUP, trouble=TROUBLE, refresh=REFRESH)
    def moves(self, keys: list[str], to: str, trouble: Trouble | None, refresh: str) -> None:
        for key in keys:
            if key in self.ids:
                for group in GROUPS:
                    self.state.remove_member(guid(group), self.ids[key])
                self.state.add_member(guid(to), self.ids[key])
        self.lives(trouble, refresh)

    @rule(key=KEY, name=st.sampled_from(["Ana Ñ", "Bo  B", "Type:Technician"]), trouble=TROUBLE, refresh=REFRESH)
    def renamed(self, key: str, name: str, trouble: Trouble | None, refresh: str) -> None:
        if key in self.ids:
            self.state.set_person(self.ids[key], name=f"{name} {key}")
        self.lives(trouble, refresh)

    @rule(key=KEY, enabled=st.booleans(), trouble=TROUBLE, refresh=REFRESH)
    def account(self, key: str, enabled: bool, trouble: Trouble | None, refresh: str) -> None:
        if key in self.ids:
            self.state.set_person(self.ids[key], enabled=enabled)
        self.lives(trouble, refresh)

    @rule(key=KEY, group=GROUP, comes_back=st.booleans(), trouble=TROUBLE, refresh=REFRESH)
    def deleted(self, key: str, group: str, comes_back: bool, trouble: Trouble | None, refresh: str) -> None:
        """Gone, and perhaps hired again at once or later: with a new object id and the same address."""
        if key in self.ids:
            self.state.delete_person(self.ids.pop(key))
        if comes_back:
            self.steps += 1
            known = {person["upn"] for person in self.state.people()}
            assert upn(key) not in known
            fresh = self.state.add_person(guid(f"{key} {self.steps}"), name=key.title(), upn=upn(key), mail=upn(key))
            self.ids[key] = fresh
            self.state.add_member(guid(group), fresh)
        self.lives(trouble, refresh)

    @rule(key=KEY, group=GROUP, trouble=TROUBLE | REFUSED, refresh=REFRESH)
    def replaced(self, key: str, group: str, trouble: Trouble | None, refresh: str) -> None:
        """Somebody new takes the seat of somebody who leaves, and there is no other."""
        self.steps += 1
        new = f"n{self.steps}"
        self.state.add_person(guid(new), name=new, upn=upn(new), mail=upn(new))
        self.state.add_member(guid(group), guid(new))
        if key in self.ids:
            self.state.set_person(self.ids[key], enabled=False)
        self.file["rescue"]["technician_seats"] = sum(row["enabled"] for row in self.technicians())
        self.write_file()
        self.lives(trouble, refresh)

    @rule(key=KEY, address=ADDRESS, trouble=TROUBLE, refresh=REFRESH)
    def readdressed(self, key: str, address: str, trouble: Trouble | None, refresh: str) -> None:
        if key in self.ids:
            self.state.set_person(self.ids[key], mail=upn(address))
        self.lives(trouble, refresh)

    @rule(one=KEY, other=KEY, trouble=TROUBLE, refresh=REFRESH)
    def swapped(self, one: str, other: str, trouble: Trouble | None, refresh: str) -> None:
        if one in self.ids and other in self.ids:
            mails = [self.state.person(self.ids[key])["mail"] for key in (one, other)]
            self.state.set_person(self.ids[one], mail=mails[1])
            self.state.set_person(self.ids[other], mail=mails[0])
        self.lives(trouble, refresh)

    # -- what happens in Rescue, and to the file -----------------------------------------------------------------

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

    @rule(
        group=GROUP,
        change=st.sampled_from(
            [
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
        self.file["mappings"].setdefault(group, {"rescue_group": PLACES[group]}).update(change)
        self.write_file()
        self.lives(trouble, refresh)

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
    @rule(change=st.sampled_from([None, {"rescue_group": "Attic"}, {"upn_as_sso_id": True}]), group=GROUP)
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

    def write_file(self) -> None:
        mappings = [
            {"name": group, "entra_group": {"id": guid(group)}, **said} for group, said in self.file["mappings"].items()
        ]
        mappings.append({"name": "third", "entra_group": {"id": guid("third")}, "rescue_group": "Attic"})
        self.made.file.write_text(
            yaml.safe_dump(
                {
                    "version": 1,
                    "entra": {"tenant_id": TENANT},
                    "rescue": {"account_id": ACCOUNT, "requests_per_second": 100, **self.file["rescue"]},
                    "settings": self.file["settings"],
                    "guards": OFF,
                    "protected": [upn(GUARDED)],
                    "defaults": {"nested": "direct"},
                    "mappings": mappings,
                }
            ),
            encoding="utf-8",
        )

    # -- how the command takes it --------------------------------------------------------------------------------

    @property
    def state(self) -> Any:
        return self.made.box.state

    def technicians(self) -> list[dict[str, Any]]:
        return [row for row in self.state.nodes() if row["type"] == "Technician"]

    def lives(self, trouble: Trouble | None, refresh: str) -> None:
        """Perhaps one run in trouble, then at most two without; then nothing is left to do."""
        if trouble is not None:
            event("trouble: " + (str(trouble.fault["effect"]) if trouble.fault else "dies"))
            self.run_in_trouble(trouble, refresh)
        done = self.run_undisturbed(refresh)
        if done["actions"]:
            again = self.run_undisturbed(refresh)
            if again["actions"]:
                event("two runs")
                plan = self.made.call("plan", "--out", "plan.json", "--refresh", refresh)
                left = json.loads((self.made.folder / "plan.json").read_text())["actions"]
                assert left == [], plan.out
        self.check_everybody()

    def run_in_trouble(self, trouble: Trouble, refresh: str) -> None:
        if trouble.fault is not None:
            self.state.add_fault(**trouble.fault)
            self.watched(refresh, None)
            self.state.clear_faults()
        else:
            self.watched(refresh, trouble)

    def run_undisturbed(self, refresh: str) -> dict[str, Any]:
        """Everything planned is done, and the forecast of seats is what then is."""
        done = self.watched(refresh, None)
        assert done is not None
        assert done.code in (0, 6), (done.code, done.err)
        found = done.outcomes
        assert found is not None
        self.last = found if found["actions"] else self.last
        note(done.out)
        assert {item["outcome"] for item in found["actions"]} <= {"done"}, done.out
        words = re.search(r"Seats: (\d+) before, \d+ freed, \d+ taken, (\d+) after", done.out)
        enabled = sum(row["enabled"] for row in self.technicians())
        assert words is None or int(words[2]) == enabled, (done.out, enabled)
        created = sum("create" in item["verbs"] and item["subject"]["node_id"] is None for item in found["actions"])
        assert len(self.state.nodes()) - self.before == created
        return found

    def watched(self, refresh: str, dying: Trouble | None, undo: str | None = None) -> Done | None:
        """One apply, each of its writes looked at; None: it died on the way."""
        before = {row["id"]: dict(row) for row in self.state.nodes()}
        wanted = self.wanted() if undo is None else {}
        self.before = len(before)
        count = 0
        written = RescueClient.write

        def write(client: RescueClient, method: str, **fields: Any) -> Any:
            nonlocal count
            count += 1
            if dying is not None and count == dying.nth and not dying.after:
                raise Dies
            try:
                return written(client, method, **fields)
            finally:
                self.check_moment(before, wanted, undo is not None)
                if dying is not None and count == dying.nth:
                    raise Dies

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(RescueClient, "write", write)
            try:
                if undo is not None:
                    done = self.made.call("undo", undo, "--yes", "--out", "outcomes.json")
                else:
                    done = self.made.apply("--refresh", refresh)
            except Dies:
                done = None
        self.check_moment(before, wanted, undo is not None)
        return done

    # -- what holds ----------------------------------------------------------------------------------------------

    def wanted(self) -> dict[str, set[str]]:
        """Object id -> every address, of people whose account is enabled and who are in a mapped group."""
        inside = {member for group in (*self.file["mappings"], "third") for member in self.state.members(guid(group))}
        return {
            person["id"]: {str(address).casefold() for address in (person["mail"], person["upn"]) if address}
            for person in self.state.people()
            if person["enabled"] and person["id"] in inside
        }

    def check_moment(
        self, before: dict[int, dict[str, Any]], wanted: dict[str, set[str]], undoing: bool = False
    ) -> None:
        """Holds after every single write."""
        now = {row["id"]: dict(row) for row in self.state.nodes()}
        assert before.keys() <= now.keys(), "somebody was deleted"
        seats = self.file["rescue"].get("technician_seats")
        was, are = (sum(r["enabled"] for r in rows.values() if r["type"] == "Technician") for rows in (before, now))
        assert seats is None or are <= max(seats, was), f"{are} of {seats} seats"
        every = {address for addresses in map(self.addresses, self.state.people()) for address in addresses}
        for node, row in now.items():
            old = before.get(node)
            if old is None or old == row:
                continue
            assert row["type"] == "Technician"
            assert row["email"] not in (SYNC, upn(GUARDED)), "whoever must not be written was"
            ours, theirs = OURS.search(old["description"]), ANYBODYS.search(old["description"])
            assert ours or not theirs, "another owner's node was written"
            blank = not old["email"] and not old["description"]
            assert ours or blank or old["email"].casefold() in every, "somebody nobody linked was written"
            bare = (blank and not row["email"]) or (undoing and "[entra" not in row["description"])
            assert len(ANYBODYS.findall(row["description"])) == (0 if bare else 1)
            if old["enabled"] and not row["enabled"]:
                link = OURS.search(row["description"])
                assert link is not None
                assert link[1] not in wanted, f"{row['email']} is wanted and was locked out"

    @staticmethod
    def addresses(person: dict[str, Any]) -> set[str]:
        return {str(address).casefold() for address in (person["mail"], person["upn"]) if address}

    def check_everybody(self) -> None:
        """Holds when nothing is left to do."""
        accounts = {person["id"]: person["enabled"] for person in self.state.people()}
        links: dict[str, int] = {}
        logins: dict[str, int] = {}
        for row in self.technicians():
            assert row["email"] or row["description"], "a blank node was left"
            logins[row["email"].casefold()] = logins.get(row["email"].casefold(), 0) + 1
            link = OURS.search(row["description"])
            if link is None or row["email"] == upn(GUARDED):
                continue
            links[link[1]] = links.get(link[1], 0) + 1
            if row["enabled"]:
                assert accounts.get(link[1]), f"{row['email']} is no enabled account of Entra and still let in"
        assert max(links.values(), default=1) == 1, "somebody is there twice"
        assert max(logins.values(), default=1) == 1, "two have one login"
