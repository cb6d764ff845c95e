"""Small worlds for the command to work on: an Entra and a Rescue in the sandbox, the file, and two ways to run it.

`World.run` starts the installed command as a process of its own. `World.call` runs the same command functions in this
process, with a clock forty times as fast, so that a hundred pauses between repeats cost seconds and not an hour.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import time
import types
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.sandbox import parse_scenario, run_sandbox

COMMAND = Path(sys.executable).with_name("reconciler")
TENANT = "8d2f4c1e-0000-4000-8000-2b7f3d9a1c55"
ACCOUNT = 1234567
SYNC = "sync@contoso.example"
SPEED = 40
FOREIGN = ("RESCUE_", "AZURE_", "GRAPH_", "GITHUB_", "GH_")
"""Variables of whoever runs the tests, kept away from the command."""
WRITES = ("createuser", "setuser", "setuser_v2", "movenode", "creategroup", "setgroup", "setgroup_v2", "deletenode")


def guid(key: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, key))


def sso_print(text: str | None) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8] if text else "00000000"


def marker(person: str, group: str, sso: str | None = None, *, off: bool = False) -> str:
    return f"[entra:8d2f:{guid(person)}@{guid(group)[:8]}#{sso_print(sso)}{'!off' if off else ''}]"


def upn(key: str) -> str:
    return f"{key}@contoso.example"


def entra(key: str, name: str | None = None, **more: Any) -> dict[str, Any]:
    """A person of the scenario, with the id that `marker` gives them."""
    return {"id": guid(key), "name": name or key.title(), "upn": upn(key), "mail": upn(key)} | more


def technician(key: str, group: str | None, name: str | None = None, *, sso: str | None = None, off: bool = False,
               text: str = "", **more: Any) -> dict[str, Any]:  # fmt: skip
    """A node for somebody; `group` None: nobody linked it. `text` stands before the marker."""
    parts = [text] if text else []
    if group is not None:
        parts.append(marker(key, group, sso, off=off))
    base = {"name": name or key.title(), "email": upn(key), "description": " ".join(parts), "sso_id": sso or ""}
    if off:
        base["status"] = "Disabled"
    return base | more


def scenario(people: dict[str, Any], groups: dict[str, list[str]], rescue: dict[str, list[Any]], **more: Any) -> str:
    """The scenario as YAML. `groups`: members by key; `rescue`: technicians by the name of their group."""
    return yaml.safe_dump(
        {
            "tenant": {"id": TENANT},
            "people": people,
            "groups": {key: {"id": guid(key), "name": key, "members": members} for key, members in groups.items()},
            "rescue": {
                "account_id": ACCOUNT,
                "token_owner": SYNC,
                "master_administrators": [{"name": "Sync", "email": SYNC, "password": "Sync-Pw-2026"}],
                "technicians": [{"group": name, "people": listed} for name, listed in rescue.items()],
            }
            | more.pop("rescue_more", {}),
        }
        | more,
        allow_unicode=True,
    )


def mappings(pairs: dict[str, str], *, sso: bool = False, **top: Any) -> str:
    """A file that maps Entra groups (by key) to Rescue groups."""
    return yaml.safe_dump(
        {
            "version": 1,
            "entra": {"tenant_id": TENANT},
            "rescue": {"region": "us", "account_id": ACCOUNT, "requests_per_second": 100},
            "defaults": {"nested": "direct", "upn_as_sso_id": sso},
            "mappings": [
                {"name": group, "entra_group": {"id": guid(group)}, "rescue_group": path}
                for group, path in pairs.items()
            ],
        }
        | top
    )


STORY_PEOPLE = {
    "keep": entra("keep", "Kerstin Keep"),
    "adopt": entra("adopt", "Ada Adopt"),
    "rename": entra("rename", "Rita Renamed"),
    "move": entra("move", "Mo Moves"),
    "both": entra("both", "Bo Both"),
    "back": entra("back", "Bea Back"),
    "gone": entra("gone", "Gil Gone", enabled=False),
    "left": entra("left", "Lea Left"),
    "new": entra("new", "Nora New"),
    "newer": entra("newer", "Ned Newer"),
    "other": entra("other", "Olaf Other"),
    "stray": entra("stray", "Stan Stray"),
}
STORY_GROUPS = {
    "desk": ["keep", "adopt", "rename", "gone", "back", "new", "newer"],
    "field": ["move", "both", "other", "stray"],
}
STORY_RESCUE = {
    "Desk": [
        technician("keep", "desk", "Kerstin Keep", sso=upn("keep"), status="Online"),
        technician("adopt", None, "Ada Adopt", text="hired 2019: Ü-Team", nick="Ada", mobile=True),
        technician("rename", "desk", "Rita Old", sso=upn("rename"), nick="Rita", rpat=True, text="shift: late"),
        technician("move", "desk", "Mo Moves", sso=upn("move"), nick="Mo"),
        technician("both", "desk", "Bo Before", sso="old-sso", rpat=True),
        technician("gone", "desk", "Gil Gone", sso=upn("gone"), mobile=True, status="Busy"),
        technician("left", "desk", "Lea Left", sso=upn("left"), text="keeps the keys"),
        technician("back", "desk", "Bea Back", sso=upn("back"), off=True),
        {"name": "Uma Unmanaged", "email": "uma@elsewhere.example", "nick": "U", "sso_id": "uma", "mobile": True},
    ],
    "Field": [technician("other", "field", "Olaf Other", sso=upn("other"))],
    "Elsewhere": [
        {"name": "Eve Elsewhere", "email": "eve@contoso.example", "description": "not ours"},
        technician("stray", "field", "Stan Stray", sso=upn("stray"), text="back in May"),
    ],
}
STORY_FILE = mappings(
    {"desk": "Desk", "field": "Field"},
    sso=True,
    guards={"max_removals": "50%", "max_moves": "50%", "max_identity_changes": "50%"},
)
STORY_WRITES = (
    "setUser_v2 gone", "setUser_v2 left", "setUser_v2 adopt", "setUser_v2 rename", "moveNode both", "setUser_v2 both",
    "moveNode move", "setUser_v2 move", "moveNode stray", "setUser_v2 back", "createUser", "setUser_v2 new",
    "createUser", "setUser_v2 newer",
)  # fmt: skip
"""Every write of the story's run, in order."""


def nth(index: int) -> tuple[str, int]:
    """The method of a write of the story, and which call of that method it is."""
    method = STORY_WRITES[index].partition(" ")[0]
    return method, sum(write.startswith(method) for write in STORY_WRITES[: index + 1])


def story(**more: Any) -> str:
    """A world in which one apply uses every verb, beside people nobody may touch."""
    return scenario(STORY_PEOPLE, STORY_GROUPS, STORY_RESCUE, **more)


@dataclass
class Done:
    """How one run of the command ended."""

    code: int
    out: str
    err: str
    outcomes: dict[str, Any] | None = None

    @property
    def unplanned(self) -> bool:
        """Whether the run ended before it had a plan."""
        return self.outcomes is None or self.outcomes["digest"] is None

    def result_of(self, key: str) -> str:
        """The outcome of the action for one person."""
        return str(self.action(key)["outcome"])

    def action(self, key: str) -> dict[str, Any]:
        assert self.outcomes is not None, self.err
        return next(item for item in self.outcomes["actions"] if item["subject"]["entra_id"] == guid(key))

    @property
    def results(self) -> set[str]:
        assert self.outcomes is not None, self.err
        return {item["outcome"] for item in self.outcomes["actions"]}


@dataclass
class World:
    """A running sandbox, a folder with the file in it, and the environment the command is given."""

    box: Any
    folder: Path
    env: dict[str, str]
    file: Path = field(init=False)
    silence: float = 0
    """Where not 0: the real seconds after which `call` gives up a server that says nothing."""
    patience: float = 0
    """Where not 0: the real seconds after which it gives up one whose answer does not end."""

    def __post_init__(self) -> None:
        self.file = self.folder / "mappings.yaml"

    # -- running ----------------------------------------------------------------------------------------------------

    command = str(COMMAND)

    def start(self, *words: str, **env: str) -> subprocess.Popen[str]:
        """The installed command as a process of its own, its stdin no terminal."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        return subprocess.Popen(
            [self.command, *words],
            cwd=self.folder,
            env=clean | self.env | env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str, **env: str) -> Done:
        """The installed command, waited for."""
        return self.finish(self.start(*words, **env))

    def finish(self, process: subprocess.Popen[str]) -> Done:
        out, err = process.communicate(timeout=60)
        assert "Traceback" not in err, err
        return Done(process.returncode, out, err, self.saved())

    def call(self, *words: str, **env: str) -> Done:
        """The same command functions in this process, on a fast clock."""
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch:
            for name in list(os.environ):
                if name.startswith(FOREIGN):
                    patch.delenv(name)
            for name, value in (self.env | env).items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["reconciler", *words])
            patch.chdir(self.folder)
            _hurry(patch, self.silence, self.patience)
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                code = _exit_code()
        assert "Traceback" not in err.getvalue(), err.getvalue()
        return Done(code, out.getvalue(), err.getvalue(), self.saved())

    def apply(self, *words: str, **env: str) -> Done:
        """An apply in this process, its outcomes read."""
        (self.folder / "outcomes.json").unlink(missing_ok=True)
        return self.call("apply", "--yes", "--out", "outcomes.json", *words, **env)

    def saved(self) -> dict[str, Any] | None:
        place = self.folder / "outcomes.json"
        return json.loads(place.read_text(encoding="utf-8")) if place.exists() else None

    def kill(self, process: subprocess.Popen[str]) -> None:
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=30)

    # -- looking ----------------------------------------------------------------------------------------------------

    def calls(self) -> list[dict[str, Any]]:
        """Every call to Rescue so far."""
        return [entry for entry in self.box.requests() if entry["side"] == "rescue"]

    def writes(self) -> list[dict[str, Any]]:
        return [entry for entry in self.calls() if entry["call"].lower() in WRITES]

    def forget_calls(self) -> None:
        self.box.state.clear_requests()

    def await_call(self, met: Any, process: subprocess.Popen[str], seconds: float = 20.0) -> None:
        """Until the log has a call to Rescue for which `met` is true."""
        self.await_request(lambda entry: entry["side"] == "rescue" and met(entry), process, seconds)

    def await_request(self, met: Any, process: subprocess.Popen[str], seconds: float = 20.0) -> None:
        """Likewise, of either side."""
        until = time.monotonic() + seconds
        while not any(met(entry) for entry in self.box.requests()):
            assert process.poll() is None, f"the command ended first: {process.communicate()}"
            assert time.monotonic() < until, "the call did not come"
            time.sleep(0.005)

    def node(self, key: str) -> dict[str, Any]:
        found = self.box.state.node_by_login(upn(key))
        assert found is not None, f"nobody is {upn(key)}"
        return dict(found)

    def tree(self) -> list[tuple[Any, ...]]:
        """The Rescue tree as a value in which new people's node ids do not show: everything else about everybody."""
        return tree_of(self.box)

    def passwords(self) -> dict[str, bool]:
        return {row["email"]: row["has_password"] for row in self.box.state.nodes() if row["type"] == "Technician"}

    # -- going back ------------------------------------------------------------------------------------------------

    def save_rescue(self) -> list[list[dict[str, Any]]]:
        """Rescue as it is, for `restore_rescue`."""
        state = self.box.state
        return [[dict(row) for row in state.rows(f"SELECT * FROM {table}")] for table in ("nodes", "meta")]  # noqa: S608

    def restore_rescue(self, saved: list[list[dict[str, Any]]]) -> None:
        state = self.box.state
        with state.transaction():
            for table, rows in zip(("nodes", "meta"), saved, strict=True):
                state.execute(f"DELETE FROM {table}")  # noqa: S608
                for row in rows:
                    marks = ", ".join("?" * len(row))
                    state.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", *row.values())  # noqa: S608


def tree_of(box: Any) -> list[tuple[Any, ...]]:
    nodes = {row["id"]: row for row in box.state.nodes()}

    def path(row: dict[str, Any]) -> tuple[str, ...]:
        above = nodes.get(row["parent"])
        return () if above is None else (*path(above), above["type"] + ":" + above["name"])

    shown = ("type", "name", "nick", "email", "sso_id", "description", "enabled", "mobile", "rpat", "account_holder")
    return sorted((path(row), *(row[name] for name in shown)) for row in nodes.values())


@contextmanager
def world(text: str, file: str, folder: Path) -> Iterator[World]:
    """A world for one test. `text`: the scenario; `file`: mappings.yaml."""
    with run_sandbox(parse_scenario(text)) as box:
        made = World(box, folder, box.environment())
        made.file.write_text(file, encoding="utf-8")
        yield made


def _exit_code() -> int:
    from reconciler.cli.main import run

    with pytest.raises(SystemExit) as ended:
        run()
    code = ended.value.code
    return code if isinstance(code, int) else 0


def _hurry(patch: pytest.MonkeyPatch, silence: float, patience: float) -> None:
    """Every clock and every sleep of the program, SPEED times as fast; and how long it waits for a server."""
    import reconciler.cli.applying as applying
    import reconciler.source.graph_client as graph_client
    import reconciler.target.connect as connect
    import reconciler.transport as transport

    def sleep(seconds: float) -> None:
        time.sleep(seconds / SPEED)

    def clock() -> float:
        return time.monotonic() * SPEED

    quick = {"sleep": sleep, "clock": clock}
    patch.setattr(connect, "open_rescue", partial(connect.open_rescue, **quick))
    patch.setattr(graph_client, "GraphClient", partial(graph_client.GraphClient, **quick))
    limits = {"read_timeout": silence} if silence else {}
    if patience:
        limits["deadline"] = patience * SPEED
    patch.setattr(connect, "Channel", partial(connect.Channel, **limits))
    patch.setattr(transport, "Channel", partial(transport.Channel, **{"deadline": 120 * SPEED, **quick, **limits}))
    patch.setattr(applying, "time", types.SimpleNamespace(sleep=sleep, monotonic=clock))
