"""The company of the fault sweep: one apply of it uses every kind of write there is, beside people nobody may touch.

Seats are as tight as they can be: everybody has a seat at the end only because the leavers' were given up first, and
one of the two awards waits for a licence that is given back. The account itself knows no limit, so that what keeps to
it is the command alone.
"""

from __future__ import annotations

from typing import Any

import yaml

from .world import ACCOUNT, SYNC, TENANT, entra, guid, marker, scenario, technician, upn

PEOPLE = {
    key: entra(key)
    for key in (
        "aaron", "keep", "adopt", "rename", "move", "both", "back", "left", "new", "newer", "fill", "deep", "wanders",
        "other", "stray", "resting", "boss", "uma", "chief", "captain", "colonel", "ex", "fresh", "warden",
    )
} | {"gone": entra("gone", enabled=False)}  # fmt: skip
GROUPS = {
    "desk": [
        "aaron", "keep", "adopt", "rename", "gone", "back", "new", "newer", "fill", "resting", "boss", "tier2", "tier3",
    ],
    "tier2": ["deep"],
    "tier3": ["wanders"],
    "field": ["move", "both", "other", "stray"],
    "admins": ["chief", "captain", "colonel", "fresh", "warden"],
}  # fmt: skip
LEAVERS = {upn("gone"), upn("left"), upn("ex")}
"""Whom the run disables, and nobody else."""
SEATS, LICENCES = 18, 3
PERMISSIONS = ["RemoteControl", "SendFile"]


def linked(key: str, group: str, name: str | None = None, *, tail: str = "", **more: Any) -> dict[str, Any]:
    """A node of somebody; `tail` is what their marker says of licence and status."""
    if group == "admins":
        return technician(key, None, name, **more) | {"description": marker(key, group)[:-1] + tail + "]"}
    text = f"{more.pop('text')} " if "text" in more else ""
    sso = more.pop("sso", upn(key))
    link = marker(key, group, sso)[:-1] + tail + "]"
    return technician(key, None, name, sso=sso, mobile=tail.startswith("+m")) | {"description": text + link} | more


RESCUE: dict[str, list[Any]] = {
    "Desk": [
        linked("aaron", "desk", tail="-m", status="Busy"),
        linked("keep", "desk", tail="+m", status="Online"),
        technician("adopt", None, text="hired 2019: Ü-Team", nick="Ada"),
        linked("rename", "desk", "Rita Old", tail="-m", nick="Rita", rpat=True, text="shift: late"),
        linked("move", "desk", tail="-m", nick="Mo"),
        linked("both", "desk", "Bo Before", sso="old-sso", rpat=True, tail="-m"),
        linked("gone", "desk", tail="+m", status="Busy"),
        linked("left", "desk", tail="-m", text="keeps the keys"),
        linked("back", "desk", tail="-m!off", status="Disabled"),
        linked("wanders", "desk", tail="-m"),
        linked("resting", "desk", tail="-m", status="Disabled"),
        {"name": "New technician", "email": "", "status": "Disabled", "nick": ""},
        {"name": "Uma Unmanaged", "email": "uma@elsewhere.example", "nick": "U", "sso_id": "uma", "mobile": False},
        technician("boss", None, "The Boss"),
    ],
    "Field": [linked("other", "field")],
    "Elsewhere": [
        {"name": "Eve Elsewhere", "email": "eve@contoso.example", "description": "not ours"},
        {"name": "Kin", "email": "kin@contoso.example", "description": marker("kin", "desk").replace("8d2f", "ffff")},
        {"name": "New technician", "email": "", "status": "Disabled", "nick": ""},
        linked("stray", "field", text="back in May"),
    ],
}
ADMINISTRATORS = [
    {"group": "Regional", "people": [
        linked("chief", "admins", "Old Chief"), linked("ex", "admins"),
        linked("colonel", "admins", tail="!off", status="Disabled"),
        {"name": "Adi", "email": "adi@elsewhere.example", "nick": "A"},
    ]},
    {"group": "Auditors", "people": [linked("captain", "admins")]},
]  # fmt: skip
FILE = yaml.safe_dump(
    {
        "version": 1,
        "entra": {"tenant_id": TENANT},
        "rescue": {
            "region": "us",
            "account_id": ACCOUNT,
            "requests_per_second": 100,
            "technician_seats": SEATS,
            "mobile_seats": LICENCES,
        },
        "settings": {"adopt_admins": True},
        "guards": dict.fromkeys(
            ("max_removals", "max_removals_per_mapping", "max_moves", "max_identity_changes", "max_admin_grants"), "off"
        ),
        "protected": [upn("boss")],
        "defaults": {"upn_as_sso_id": True},
        "mappings": [
            {
                "name": "desk",
                "entra_group": {"id": guid("desk")},
                "rescue_group": "Desk",
                "mobile_license": "award",
                "create_group": True,
                "permissions_from": "Elsewhere",
            },
            {"name": "field", "entra_group": {"id": guid("field")}, "rescue_group": "Field"},
            {
                "name": "admins",
                "entra_group": {"id": guid("admins")},
                "rescue_group": "Regional",
                "role": "admin",
                "upn_as_sso_id": False,
            },
        ],
    }
)
WRITES = ()
"""Every write of the undisturbed run, in order: what kind it is, the method, and whom it is about."""


def company(**more: Any) -> str:
    """The scenario."""
    data = yaml.safe_load(scenario(PEOPLE, GROUPS, RESCUE, rescue_more={"administrators": ADMINISTRATORS}, **more))
    data["rescue"]["master_administrators"] += [{"name": "Max", "email": "max@contoso.example"}]
    for group in data["rescue"]["technicians"]:
        group["permissions"] = PERMISSIONS
        if group["group"] == "Desk":
            group["groups"] = [{"group": "", "permissions": []}]
    assert data["rescue"]["token_owner"] == SYNC
    return yaml.safe_dump(data, allow_unicode=True)
