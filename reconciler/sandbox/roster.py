"""The Rescue side of the state: the account, the tree of nodes, seats, codes and sessions.

`RosterState` is the part of `SandboxState` for whoever plays a human in the Admin Center: nothing here is refused that
a careless human could do. The rules of the API are in `rescue/`; how answers are written is there too.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from reconciler.errors import UsageError

from .constants import ACCEPTS, GROUPS, LINKS, PEOPLE, PRESENCE, TECHNICIAN
from .store import Store, fold, hash_secret

FIELDS = (
    "parent", "type", "name", "nick", "email", "sso_id", "description", "enabled", "presence", "mobile", "rpat",
    "account_holder", "permissions", "locked", "standard_limit", "mobile_limit", "rpat_limit", "target",
)  # fmt: skip
"""What `add_node` and `set_node` take, besides `password` and `status`."""

FLAGS = ("enabled", "mobile", "rpat", "account_holder")
PLACES = {"technician": "Technicians", "admin": "Administrators", "master": "MasterAdministrators"}

ACCOUNT = {
    "account_id": 1234567, "organization": "Contoso", "technician_seats": 0, "mobile_seats": 0,
    "password_policy": "good", "token_owner": "",
}  # fmt: skip
"""The account's settings and their defaults; 0 seats: no limit."""


class RosterState(Store):
    """Nodes of the sandbox's Rescue account."""

    # --- the account ----------------------------------------------------------------------------------------------

    def account(self) -> dict[str, Any]:
        """The account's settings: those of `ACCOUNT`."""
        return ACCOUNT | dict(self.meta("account", {}))

    def set_account(self, **fields: Any) -> None:
        """Change settings of the account; the names are those of `ACCOUNT`."""
        unknown = sorted(set(fields) - set(ACCOUNT))
        if unknown:
            raise UsageError(f"the account has no setting {', '.join(unknown)}")
        with self.transaction():
            self.set_meta("account", dict(self.meta("account", {})) | fields)

    def add_foreign_address(self, email: str) -> None:
        """An address taken by another account: invisible to us, refused as in use (rescue-api.md §7.11)."""
        self.execute("INSERT OR IGNORE INTO foreign_addresses (email_key) VALUES (?)", fold(email))

    # --- nodes ----------------------------------------------------------------------------------------------------

    def next_node_id(self) -> int:
        """A node id never given before in this account."""
        with self.transaction():
            fresh = int(self.meta("next_node_id", 337363))
            self.set_meta("next_node_id", fresh + 1)
            return fresh

    def reserve_node_id(self, id: int) -> None:
        """Keep the counter above an id chosen by hand."""
        with self.transaction():
            self.set_meta("next_node_id", max(int(self.meta("next_node_id", 337363)), id + 1))

    def add_node(self, parent: int | None, type: str, *, id: int | None = None, **fields: Any) -> int:
        """Add a node below another, as a human would, and return its id. The kinds must fit (rescue-api.md §5)."""
        with self.transaction():
            if parent is not None and type not in ACCEPTS.get(self.node(parent)["type"], ()):
                raise UsageError(f"a {type} does not go below node {parent}, a {self.node(parent)['type']}")
            if id is None:
                id = self.next_node_id()
            else:
                self.reserve_node_id(id)
            try:
                self.execute("INSERT INTO nodes (id, parent, type) VALUES (?, ?, ?)", id, parent, type)
            except sqlite3.IntegrityError as error:
                raise UsageError(f"there is a node {id} already") from error
            self.set_node(id, **fields)
            return id

    def set_node(self, node_id: int, **fields: Any) -> None:
        """Change a node as a human would: any of `FIELDS`, `password`, `status` (Disabled, Enabled or a presence)."""
        values: dict[str, Any] = {}
        for name, value in fields.items():
            if name == "status":
                values["enabled"] = value != "Disabled"
                if value in PRESENCE:
                    values["presence"] = value
                elif value not in ("Disabled", "Enabled"):
                    raise UsageError(f"{value!r} is no status; Disabled, Enabled or one of {', '.join(PRESENCE)}")
            elif name == "password":
                values["password"] = hash_secret(value) if value else ""
            elif name in FIELDS:
                values[name] = (
                    ", ".join(value) if name in ("permissions", "locked") and not isinstance(value, str) else value
                )
            else:
                raise UsageError(f"a node has no field {name!r}")
        if "email" in values:
            values["email_key"] = fold(values["email"])
        if not values:
            return
        columns = ", ".join(f"{name} = ?" for name in values)
        change = f"UPDATE nodes SET {columns} WHERE id = ?"  # noqa: S608 - the names were checked
        if not self.execute(change, *values.values(), node_id):
            raise UsageError(f"there is no node {node_id}")

    def delete_node(self, node_id: int) -> None:
        """Delete a node and everything below it, and the links to what went."""
        with self.transaction():
            gone = [node_id, *self.descendants(node_id)]
            self.db.executemany("DELETE FROM nodes WHERE id = ? OR target = ?", [(id, id) for id in gone])

    def descendants(self, node_id: int) -> list[int]:
        """The ids of everything below a node."""
        rows = self.rows(
            "WITH RECURSIVE below (id) AS (SELECT id FROM nodes WHERE parent = ? "
            "UNION SELECT n.id FROM nodes n JOIN below b ON n.parent = b.id) SELECT id FROM below",
            node_id,
        )
        return [row["id"] for row in rows]

    def add_technicians(self, parent: int, rows: Iterable[tuple[str, str, str]]) -> None:
        """Add many technicians to one group at once: (name, e-mail, description) each. For large accounts."""
        with self.transaction():
            first = int(self.meta("next_node_id", 337363))
            made = [
                (first + index, parent, TECHNICIAN, name, name, email, fold(email), description)
                for index, (name, email, description) in enumerate(rows)
            ]
            self.db.executemany(
                "INSERT INTO nodes (id, parent, type, name, nick, email, email_key, description) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                made,
            )
            self.set_meta("next_node_id", first + len(made))

    # --- reading --------------------------------------------------------------------------------------------------

    def node(self, node_id: int) -> dict[str, Any]:
        """One node: id and `FIELDS`, `status`, `has_password`. UsageError if there is none."""
        row = self.row("SELECT * FROM nodes WHERE id = ?", node_id)
        if row is None:
            raise UsageError(f"there is no node {node_id}")
        return _plain(row)

    def nodes(self) -> list[dict[str, Any]]:
        """Every node, by id."""
        return [_plain(row) for row in self.rows("SELECT * FROM nodes ORDER BY id")]

    def node_by_login(self, email: str, role: str = "technician") -> dict[str, Any] | None:
        """The node with this address in the role `technician` or `admin` (administrators of both kinds), or None."""
        kinds = (TECHNICIAN,) if role == "technician" else tuple(kind for kind in PEOPLE if kind != TECHNICIAN)
        for row in self.rows("SELECT * FROM nodes WHERE email_key = ? ORDER BY id", fold(email)):
            if row["type"] in kinds:
                return _plain(row)
        return None

    def node_by_path(self, path: str | Sequence[str], role: str = "technician") -> dict[str, Any]:
        """The group at a path below the category of `technician`, `admin` or `master`; '' is the category itself."""
        row = self.row("SELECT * FROM nodes WHERE type = ?", PLACES[role])
        for step in (path.split("/") if path else []) if isinstance(path, str) else path:
            if row is None:
                break
            below = "SELECT * FROM nodes WHERE parent = ? AND name = ? AND type IN (?, ?) ORDER BY id"
            row = self.row(below, row["id"], step, *GROUPS)
        if row is None:
            raise UsageError(f"there is no {role} group {path!r}")
        return _plain(row)

    def snapshot(self) -> dict[int, tuple[Any, ...]]:
        """The whole tree as a value to compare: what the API can change, and nothing that changes by itself.

        By node id: (parent, type, name, nick, e-mail, SSO ID, description, enabled, mobile, rpat, permissions, locked).
        """
        names = (
            "parent",
            "type",
            "name",
            "nick",
            "email",
            "sso_id",
            "description",
            "enabled",
            "mobile",
            "rpat",
            "permissions",
            "locked",
        )
        return {row["id"]: tuple(row[name] for name in names) for row in self.nodes()}

    def password_is(self, node_id: int, password: str) -> bool:
        """True if the node's password is this one."""
        row = self.row("SELECT password FROM nodes WHERE id = ?", node_id)
        return row is not None and row["password"] == hash_secret(password)

    # --- what reads still show ------------------------------------------------------------------------------------

    def remember_before(self, node_id: int, delay: str) -> None:
        """Before a write: let reads go on showing the node as it is now, as the switch visibility_delay says."""
        kind, _, number = delay.partition(":")
        if kind == "none" or self.row("SELECT 1 FROM unseen WHERE id = ?", node_id):
            return
        row = self.row("SELECT * FROM nodes WHERE id = ?", node_id)
        before = json.dumps(dict(row)) if row else None
        until, reads = (self.now() + float(number), None) if kind == "seconds" else (None, int(float(number)))
        self.execute("INSERT INTO unseen (id, before, until, reads) VALUES (?, ?, ?, ?)", node_id, before, until, reads)

    def unseen(self) -> dict[int, dict[str, Any] | None]:
        """Nodes that a read has to show as they were (None: not at all). Counts as one read; call it once a request."""
        self.execute("DELETE FROM unseen WHERE until <= ? OR reads <= 0", self.now())
        found = {
            row["id"]: json.loads(row["before"]) if row["before"] else None for row in self.rows("SELECT * FROM unseen")
        }
        if found:
            self.execute("UPDATE unseen SET reads = reads - 1 WHERE reads IS NOT NULL")
        return found


def _plain(row: sqlite3.Row) -> dict[str, Any]:
    plain: dict[str, Any] = {"id": row["id"]} | {name: row[name] for name in FIELDS}
    for name in FLAGS:
        plain[name] = bool(plain[name])
    plain["status"] = plain["presence"] if plain["enabled"] else "Disabled"
    plain["has_password"] = bool(row["password"])
    if plain["type"] not in LINKS:
        del plain["target"]
    return plain
