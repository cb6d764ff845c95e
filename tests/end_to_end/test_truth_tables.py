"""Every row of the two truth tables (adsync-behaviour.md §10, amended by product.md §1), through the installed command.

One company holds them all: each row has a person, an Entra group and two Rescue groups of its own, so that one apply
does every row and none touches another. Entra states: E1 wanted by one mapping, E2 by two of equal priority, E3 in both
roles, E4 disabled in Entra, E5 in no mapped group, E6 gone, E7 group missing, E8 without an address, E8g a
guest, E9 only in Rescue. Rescue states: S0 absent, S1 linked in the paired group, S2 in another group, S3 and S4 the
same disabled by us, S5 disabled by a person, S6 login held in the other role, S7 there without a link.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
import yaml

from .world import ACCOUNT, SYNC, TENANT, World, entra, guid, marker, upn, world

# What happens with full sync on | with full sync off: the verbs, then the codes of findings about that person.
# (rel) stands for an update that only gives a mobile licence back.
TECHNICIANS = """
E1 S0   create                      | -
E1 S1   update                      | -
E1 S2   update move                 | -
E1 S3   enable update               | enable
E1 S4   enable update move          | enable
E1 S5   - kept_disabled             | - kept_disabled
E1 S6   - both_roles                | - both_roles
E1 S7   adopt update move           | adopt
E2 S0   - conflict                  | - conflict
E2 S1   - conflict                  | - conflict
E2 S2   - conflict                  | - conflict
E2 S3   enable conflict             | enable conflict
E2 S4   enable conflict             | enable conflict
E2 S5   - conflict                  | - conflict
E2 S6   - conflict                  | - conflict
E2 S7   - conflict                  | - conflict
E3 S0   - both_roles both_roles     | - both_roles both_roles
E3 S1   update both_roles           | - both_roles
E3 S2   update move both_roles      | - both_roles
E3 S3   enable update both_roles    | enable both_roles
E3 S6   - adopt_blocked both_roles  | - adopt_blocked both_roles
E4 S0   -                           | -
E4 S1   disable                     | disable
E4 S2   disable                     | disable
E4 S3   (rel)                       | (rel)
E4 S4   (rel)                       | (rel)
E4 S5   (rel)                       | (rel)
E4 S6   -                           | -
E4 S7   adopt disable               | adopt disable
E5 S0   -                           | -
E5 S1   disable                     | disable
E5 S2   disable                     | disable
E5 S3   (rel)                       | (rel)
E5 S4   (rel)                       | (rel)
E5 S5   (rel)                       | (rel)
E5 S6   -                           | -
E5 S7   -                           | -
E6 S0   -                           | -
E6 S1   disable                     | disable
E6 S2   disable                     | disable
E6 S3   (rel)                       | (rel)
E6 S4   (rel)                       | (rel)
E6 S5   (rel)                       | (rel)
E6 S6   -                           | -
E6 S7   -                           | -
E7 S0   -                           | -
E7 S1   -                           | -
E7 S2   -                           | -
E7 S3   -                           | -
E7 S5   -                           | -
E7 S7   -                           | -
E8 S0   - no_login                  | -
E8 S1   - no_login                  | - no_login
E8 S2   - no_login                  | - no_login
E8 S3   - no_login                  | - no_login
E8 S5   - no_login                  | - no_login
E8 S7   - no_login                  | -
E8g S0  - guest                     | - guest
E8g S1  disable                     | disable
E8g S7  - guest                     | - guest
E9 S1   - unmanaged                 | -
E9 S2   -                           | -
"""
# The differences: no mobile licences, adopting needs adopt_admins, a person in the other role holds the login in S6.
ADMINS = """
E1 S0   create                      | -
E1 S1   update                      | -
E1 S2   update move                 | -
E1 S3   enable update               | enable
E1 S4   enable update move          | enable
E1 S5   - kept_disabled             | - kept_disabled
E1 S6   - both_roles                | - both_roles
E1 S7   - adopt_blocked             | - adopt_blocked
E2 S0   - conflict                  | - conflict
E2 S1   - conflict                  | - conflict
E2 S2   - conflict                  | - conflict
E2 S3   enable conflict             | enable conflict
E2 S4   enable conflict             | enable conflict
E2 S5   - conflict                  | - conflict
E2 S6   - conflict                  | - conflict
E2 S7   - conflict                  | - conflict
E3 S0   - both_roles both_roles     | - both_roles both_roles
E3 S1   update both_roles           | - both_roles
E4 S0   -                           | -
E4 S1   disable                     | disable
E4 S2   disable                     | disable
E4 S3   -                           | -
E4 S5   -                           | -
E4 S6   -                           | -
E4 S7   - adopt_blocked             | - adopt_blocked
E5 S0   -                           | -
E5 S1   disable                     | disable
E5 S2   disable                     | disable
E5 S3   -                           | -
E5 S5   -                           | -
E5 S7   -                           | -
E6 S0   -                           | -
E6 S1   disable                     | disable
E6 S2   disable                     | disable
E6 S3   -                           | -
E6 S5   -                           | -
E6 S7   -                           | -
E7 S0   -                           | -
E7 S1   -                           | -
E7 S3   -                           | -
E7 S7   -                           | -
E8 S0   - no_login                  | -
E8 S1   - no_login                  | - no_login
E8 S7   - no_login                  | -
E9 S1   - unmanaged                 | -
E9 S2   -                           | -
"""
VERBS = {"adopt", "create", "enable", "disable", "update", "move", "(rel)"}


class Row(NamedTuple):
    """One row of a table, in one mode."""

    role: str
    full: bool
    entra: str
    rescue: str
    verbs: str
    codes: tuple[str, ...]

    @property
    def key(self) -> str:
        return f"{self.role[0]}{'n' if self.full else 'f'}-{self.entra}{self.rescue}".lower()

    @property
    def other_key(self) -> str:
        return f"{self.key}-b"


def rows() -> Iterator[Row]:
    for role, table in (("technician", TECHNICIANS), ("admin", ADMINS)):
        for line in table.strip().splitlines():
            on, off = line.split("|")
            state, rescue, *said_on = on.split()
            for full, said in ((True, said_on), (False, off.split())):
                verbs = [word for word in said if word in VERBS]
                codes = tuple(word for word in said if word not in VERBS and word != "-")
                yield Row(role, full, state, rescue, " ".join(verbs), codes)


ROWS = tuple(rows())


def _group(key: str) -> str:
    """The key of a row's Entra group."""
    return f"group {key}"


def _person(row: Row) -> dict[str, Any] | None:
    """Their Entra account, which calls them otherwise than Rescue does."""
    if row.entra in ("E6", "E9"):
        return None
    more: dict[str, Any] = {"E4": {"enabled": False}, "E8": {"mail": None}, "E8g": {"guest": True}}.get(row.entra, {})
    return entra(row.key, f"New {row.key}", **more)


def _node(row: Row) -> dict[str, Any] | None:
    """Their node, linked unless the state says otherwise; its licence is still there."""
    if row.rescue in ("S0", "S6"):
        return None
    linked = row.rescue != "S7" and row.entra != "E9"
    off = row.rescue in ("S3", "S4")
    holds = row.role == "technician" and row.entra in ("E4", "E5", "E6")
    return {
        "name": f"Old {row.key}",
        "email": upn(row.key),
        "description": f"note {marker(row.key, _group(row.key), off=off)}" if linked else "note",
        "status": "Disabled" if off or row.rescue == "S5" else "Offline",
        "mobile": holds,
    }


def _scenario() -> str:
    people = {"visitor": entra("visitor", guest=True)}
    groups: dict[str, Any] = {}
    tree: dict[str, list[dict[str, Any]]] = {"technician": [], "admin": []}
    for row in ROWS:
        person, node = _person(row), _node(row)
        if person is not None:
            people[row.key] = person
        member = [row.key] if person is not None and row.entra != "E5" else []
        for key in (row.key, row.other_key) if row.entra in ("E2", "E3") else (row.key,):
            groups[_group(key)] = {"id": guid(_group(key)), "name": key, "members": ["visitor", *member]}
        if row.entra == "E7":
            del groups[_group(row.key)]
        here = node is not None and row.rescue in ("S1", "S3", "S5")
        tree[row.role] += [
            {"group": row.key, "people": [node] if here else []},
            {"group": row.other_key, "people": [node] if node is not None and not here else []},
        ]
        other_role = "admin" if row.role == "technician" else "technician"
        if row.rescue == "S6":
            holder = {"name": "Holder", "email": upn(row.key), "description": "by hand"}
            tree[other_role].append({"group": f"{row.key}-held", "people": [holder]})
        if row.entra == "E3":
            tree[other_role].append({"group": row.other_key, "people": []})
    return yaml.safe_dump(
        {
            "tenant": {"id": TENANT},
            "people": people,
            "groups": groups,
            "rescue": {
                "account_id": ACCOUNT,
                "token_owner": SYNC,
                "master_administrators": [{"name": "Sync", "email": SYNC, "password": "Sync-Pw-2026"}],
                "administrators": tree["admin"],
                "technicians": tree["technician"],
            },
        }
    )


def _file() -> str:
    pairs = []
    for row in ROWS:
        other_role = "admin" if row.role == "technician" else "technician"
        pairs.append(_mapping(row.key, row.role, row.full))
        if row.entra in ("E2", "E3"):
            pairs.append(_mapping(row.other_key, row.role if row.entra == "E2" else other_role, row.full))
    guards = dict.fromkeys(
        ("max_removals", "max_removals_per_mapping", "max_moves", "max_identity_changes", "max_creates"), "off"
    )
    return yaml.safe_dump(
        {
            "version": 1,
            "entra": {"tenant_id": TENANT},
            "rescue": {"account_id": ACCOUNT, "requests_per_second": 100},
            "guards": guards | {"max_admin_grants": "off", "min_admins": "off"},
            "defaults": {"nested": "direct"},
            "mappings": pairs,
        }
    )


def _mapping(key: str, role: str, full: bool) -> dict[str, Any]:
    return {"name": key, "entra_group": guid(_group(key)), "rescue_group": key, "role": role, "full_sync": full}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, dict[str, Any], dict[str, Any]]]:
    """The world after one apply, what the apply reported, and the nodes as they were before."""
    with world(_scenario(), _file(), tmp_path_factory.mktemp("tables")) as made:
        before = {str(row["email"]): dict(row) for row in made.box.state.nodes() if row["description"] != "by hand"}
        done = made.run("apply", "--yes", "--refresh", "full", "--out", "outcomes.json")
        assert done.code == 6, done.err
        assert done.outcomes is not None
        yield made, done.outcomes, before


def _about(row: Row, outcomes: dict[str, Any]) -> tuple[list[dict[str, Any]], list[str]]:
    actions = [item for item in outcomes["actions"] if (item["subject"]["login"] or "") == upn(row.key)]
    codes = sorted(found["code"] for found in outcomes["findings"] if found["login"] == upn(row.key))
    return actions, codes


@pytest.mark.parametrize(
    "row", ROWS, ids=lambda row: f"{row.role}-{'on' if row.full else 'off'}-{row.entra}-{row.rescue}"
)
def test_row(row: Row, told: tuple[World, dict[str, Any], dict[str, Any]]) -> None:
    made, outcomes, before = told
    actions, codes = _about(row, outcomes)
    if row.verbs == "(rel)":
        assert [item["verbs"] for item in actions] == [["update"]]
        assert {change["field"] for change in actions[0]["changes"]} <= {"mobile_license", "description"}
    else:
        assert [" ".join(item["verbs"]) for item in actions] == ([row.verbs] if row.verbs else [])
    assert {item["outcome"] for item in actions} <= {"done"}
    assert tuple(codes) == tuple(sorted(row.codes))
    _check_node(row, made, before.get(upn(row.key)))


def _check_node(row: Row, made: World, before: dict[str, Any] | None) -> None:
    """What Rescue holds afterwards follows from the verbs, and nothing else changed."""
    found = [dict(node) for node in made.box.state.nodes() if node["email"] == upn(row.key)]
    if row.rescue in ("S0", "S6"):
        assert len(found) == ("create" in row.verbs) + (row.rescue == "S6")
        if row.rescue == "S6":
            assert found[0]["description"] == "by hand"
        elif found:
            assert found[0]["enabled"]
            assert found[0]["name"] == f"New {row.key}"
        return
    assert before is not None
    (node,) = found
    kinds = {"technician": "Technician", "admin": "Administrator"}
    assert node["type"] == kinds[row.role]
    assert node["enabled"] == (("enable" in row.verbs or before["enabled"]) and "disable" not in row.verbs)
    assert node["name"] == (f"New {row.key}" if "update" in row.verbs else before["name"])
    assert (node["parent"] != before["parent"]) == ("move" in row.verbs)
    assert node["mobile"] == (before["mobile"] and not ("disable" in row.verbs or row.verbs == "(rel)"))
    assert node["description"].startswith("note")
    assert ("!off" in node["description"]) == (
        "disable" in row.verbs or ("!off" in before["description"] and "enable" not in row.verbs)
    )
    if not row.verbs:
        assert node == before


def test_nothing_is_left_to_do(told: tuple[World, dict[str, Any], dict[str, Any]]) -> None:
    """The second plan has no action, whatever the rows reported."""
    made, _, _ = told
    done = made.run("plan", "--refresh", "full", "--format", "json")
    assert done.code == 0, done.err
    assert json.loads(done.out)["actions"] == []
