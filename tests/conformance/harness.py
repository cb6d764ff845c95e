"""What the three checks share: the companies they ask for, a way to change the running sandbox, and a list of verdicts.

Only the standard library is used, for each check runs in an environment of its own. The companies are written here
and not read back from the sandbox, so that a check knows by itself what the right answer is.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
TENANT = {"id": "8d2f4c1e-0000-4000-8000-2b7f3d9a1c55"}


def object_id(number: int) -> str:
    """The object id of the nth thing in a company."""
    return f"00000000-0000-4000-8000-{number:012d}"


# --- Entra ------------------------------------------------------------------------------------------------------------

CROWD = 2010
"""More people than two full pages of 999 hold."""
CREW = 250
"""Fewer, for what is asked in pages of 100."""
MANY_GROUPS = 260
"""More groups than two default pages of 100 hold."""
EVERYONE, CREW_GROUP, OUTER, MIXED, INNER = (object_id(900000 + number) for number in range(1, 6))
LOST = object_id(999999)
"""No object has this id."""


def person_name(number: int) -> str:
    """Names from several scripts, for one character that is broken on the way is a wrong answer."""
    return f"{('Zoë Ünal', 'Олена Шевченко', 'ليلى حداد', '山田 太郎')[number % 4]} {number:04d}"


def graph_company() -> dict[str, Any]:
    """A scenario: a large group, one inside another, one with every kind of member and a circle, 260 small ones."""
    people: dict[str, Any] = {
        f"p{number:04d}": {
            "id": object_id(number),
            "name": person_name(number),
            "upn": f"p{number:04d}@contoso.example",
            "enabled": number % 10 != 0,
        }
        for number in range(1, CROWD + 1)
    }
    people["guest"] = {
        "id": object_id(800001),
        "name": "Bo Guest",
        "upn": "bo_elsewhere.example#EXT#@contoso.example",
        "mail": "bo@elsewhere.example",
        "guest": True,
    }
    people["kiosk"] = {"id": object_id(800002), "name": "Kiosk", "upn": "kiosk@contoso.example", "mail": None}
    people["gone"] = {"id": object_id(800003), "name": "Gone", "upn": "gone@contoso.example", "deleted": True}
    objects = {
        "laptop": {"id": object_id(800011), "kind": "device", "name": "LT-0042"},
        "robot": {"id": object_id(800012), "kind": "servicePrincipal", "name": "Robot"},
        "contact": {"id": object_id(800013), "kind": "orgContact", "name": "Contact"},
    }
    groups: dict[str, Any] = {
        "everyone": {"id": EVERYONE, "name": "Everyone", "members": [f"p{n:04d}" for n in range(1, CROWD + 1)]},
        "crew": {"id": CREW_GROUP, "name": "Crew", "members": [f"p{n:04d}" for n in range(1, CREW + 1)]},
        "outer": {"id": OUTER, "name": "Outer", "members": ["crew"]},
        "mixed": {
            "id": MIXED,
            "name": "Mixed",
            "members": ["p0001", "guest", "kiosk", "laptop", "robot", "contact", "inner"],
        },
        "inner": {"id": INNER, "name": "Inner", "members": ["p0001", "p0002", "mixed"]},
    }
    groups |= {
        f"g{number:03d}": {"id": object_id(700000 + number), "name": f"Team {number:03d}", "members": ["p0003"]}
        for number in range(1, MANY_GROUPS + 1)
    }
    roles = ["GroupMember.Read.All", "User.Read.All", "Device.Read.All", "OrgContact.Read.All", "Application.Read.All"]
    return {"tenant": TENANT | {"roles": roles}, "people": people, "objects": objects, "groups": groups}


# --- Rescue -----------------------------------------------------------------------------------------------------------

ADMINISTRATOR = {"email": "admin@contoso.example", "password": "Correct-Horse 7&=+%é"}
TECHNICIAN_ROWS = [
    # id, parent, name, address, description, status
    (5001, 4001, "Mira Holt", "mira.holt@contoso.example", "Berlin, team lead", "Offline"),
    (5002, 4001, "José Núñez", "jose.nunez@contoso.example", "", "Online"),
    (5003, 4002, "Siobhán O’Connor", "siobhan.oconnor@contoso.example", "100 % | remote; \"yes\" & 'no'", "Disabled"),
    (5004, 4003, "Олена Шевченко", "olena.shevchenko@contoso.example", "Київ", "Busy"),
    (5005, 4003, "ليلى حداد", "layla.haddad@contoso.example", "[entra 8d2f]", "Away"),
    (5006, 4003, "O'Brien, Pat", "pat@contoso.example", "OK", "Offline"),
]
"""No value holds a colon: the tap cannot read one."""


def rescue_company() -> dict[str, Any]:
    """A scenario: three groups, one in another; six technicians; administrators who must not appear as technicians."""

    def people(parent: int) -> list[dict[str, Any]]:
        names = ("id", "parent", "name", "email", "description", "status")
        rows = [dict(zip(names, row, strict=True)) for row in TECHNICIAN_ROWS if row[1] == parent]
        return [{name: value for name, value in row.items() if name != "parent"} for row in rows]

    return {
        "tenant": TENANT,
        "rescue": {
            "account_id": 1234567,
            "organization": "Contoso",
            "master_administrators": [{"name": "Admin", "account_holder": True, "id": 3001, **ADMINISTRATOR}],
            "administrators": [{"name": "Helen", "email": "helen@contoso.example"}],
            "technicians": [
                {
                    "group": "EMEA",
                    "id": 4001,
                    "people": people(4001),
                    "groups": [{"group": "Field", "id": 4002, "people": people(4002)}],
                },
                {"group": "Küche & Büro", "id": 4003, "people": people(4003)},
            ],
        },
    }


# --- the sandbox ------------------------------------------------------------------------------------------------------


def ask_sandbox(method: str, /, *arguments: Any, **named: Any) -> Any:
    """Call a method of `SandboxState` for the running sandbox, in a process of the project's own environment."""
    command = [os.environ["SANDBOX_PYTHON"], str(HERE / "sandbox.py"), "ask", os.environ["SANDBOX_STATE"], method]
    command += [json.dumps(list(arguments)), json.dumps(named)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, timeout=60).stdout)


# --- verdicts ---------------------------------------------------------------------------------------------------------


class Verdicts:
    """One line for each thing checked; `finish` prints the summary and ends the process with 0 or 1."""

    def __init__(self, judge: str) -> None:
        self.judge = judge
        self.passed = 0
        self.failed: list[str] = []

    def that(self, what: str, is_so: bool, found: object = "") -> None:
        """Note whether something is so; `found` is shown where it is not."""
        if is_so:
            self.passed += 1
            print(f"  ok      {what}")
        else:
            self.failed.append(what)
            print(f"  FAILED  {what}: {str(found)[:2000]}")

    def same(self, what: str, wanted: object, found: object) -> None:
        """Note whether two values are equal."""
        self.that(what, wanted == found, f"wanted {str(wanted)[:900]}, found {str(found)[:900]}")

    @contextlib.contextmanager
    def about(self, what: str) -> Iterator[None]:
        """A part of the check; an exception in it is a failure of that part, and the next part is still tried."""
        try:
            yield
        except Exception:
            self.that(what, is_so=False, found=traceback.format_exc())

    def finish(self, note: str = "") -> None:
        """The last line, which `run` repeats, and the end of the process."""
        if not self.passed and not self.failed:
            self.failed.append("nothing was checked")
        verdict = f"FAILED ({'; '.join(self.failed)})" if self.failed else "passed"
        checked = self.passed + len(self.failed)
        print(f"{self.judge}: {verdict}, {self.passed} of {checked} checks{', ' + note if note else ''}")
        sys.exit(1 if self.failed else 0)
