"""The SQLite file that holds a sandbox whole: both worlds, switches, faults, sessions and the request log.

Several processes may have it open at once; a change by one is seen by the next request of another, for nothing is
kept in memory between requests. Each request runs in one transaction, committed before its answer leaves, so that a
sandbox killed in between continues where it was. Passwords and authcodes are stored as hashes only.
"""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from reconciler.errors import UsageError

FORMAT = "rescue-reconciler sandbox 1"
CACHE_KIB = 256 * 1024
"""At most; a small state takes little of it."""

SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE switches (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE objects (
  key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, name TEXT, upn TEXT, mail TEXT,
  enabled INTEGER, user_type TEXT, deleted_at TEXT, more TEXT NOT NULL DEFAULT '{}');
CREATE INDEX objects_upn ON objects (upn COLLATE NOCASE);
CREATE INDEX objects_kind ON objects (kind, key);
CREATE TABLE members (
  group_key INTEGER NOT NULL, member_key INTEGER NOT NULL, PRIMARY KEY (group_key, member_key)) WITHOUT ROWID;
CREATE INDEX members_by_member ON members (member_key, group_key);
CREATE TABLE lagging (
  group_key INTEGER NOT NULL, member_key INTEGER NOT NULL, PRIMARY KEY (group_key, member_key)) WITHOUT ROWID;
CREATE TABLE nodes (
  id INTEGER PRIMARY KEY, parent INTEGER, type TEXT NOT NULL, name TEXT NOT NULL DEFAULT '',
  nick TEXT NOT NULL DEFAULT '', email TEXT NOT NULL DEFAULT '', email_key TEXT NOT NULL DEFAULT '',
  sso_id TEXT NOT NULL DEFAULT '', description TEXT NOT NULL DEFAULT '', enabled INTEGER NOT NULL DEFAULT 1,
  presence TEXT NOT NULL DEFAULT 'Offline', mobile INTEGER NOT NULL DEFAULT 0, rpat INTEGER NOT NULL DEFAULT 0,
  account_holder INTEGER NOT NULL DEFAULT 0, password TEXT NOT NULL DEFAULT '',
  permissions TEXT NOT NULL DEFAULT '', locked TEXT NOT NULL DEFAULT '', standard_limit INTEGER NOT NULL DEFAULT 0,
  mobile_limit INTEGER NOT NULL DEFAULT 0, rpat_limit INTEGER NOT NULL DEFAULT 0, target INTEGER);
CREATE INDEX nodes_by_parent ON nodes (parent);
CREATE INDEX nodes_by_email ON nodes (email_key);
CREATE TABLE unseen (id INTEGER PRIMARY KEY, before TEXT, until REAL, reads INTEGER);
CREATE TABLE foreign_addresses (email_key TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE secrets (hash TEXT PRIMARY KEY, kind TEXT NOT NULL, email_key TEXT NOT NULL, seen REAL) WITHOUT ROWID;
CREATE TABLE logins (email_key TEXT NOT NULL, at REAL NOT NULL);
CREATE TABLE faults (key INTEGER PRIMARY KEY, definition TEXT NOT NULL, calls INTEGER NOT NULL, fired INTEGER NOT NULL);
CREATE TABLE requests (key INTEGER PRIMARY KEY, entry TEXT NOT NULL);
"""


def fold(text: str | None) -> str:
    """The form in which the sandbox compares addresses and display names without regard to case."""
    return (text or "").casefold()


def has_words(text: str | None, wanted: str) -> bool:
    """True if each word of `wanted` begins some word of `text`; case is ignored."""
    words = re.findall(r"\w+", (text or "").casefold())
    return all(any(word.startswith(start) for word in words) for start in re.findall(r"\w+", wanted.casefold()))


def hash_secret(secret: str) -> str:
    """What is stored in place of a password or a code. Fast on purpose: nothing here is worth guessing."""
    return hashlib.sha256(b"sandbox\0" + secret.encode()).hexdigest()


class Store:
    """One connection to the file. Safe to share between threads; `close()` it, or use it in a `with`."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._lock = threading.RLock()
        self._depth = 0
        try:
            self.db = sqlite3.connect(self.path, timeout=30, isolation_level=None, check_same_thread=False)
            self.db.row_factory = sqlite3.Row
            self.db.create_function("fold", 1, fold, deterministic=True)
            self.db.create_function("has_words", 2, has_words, deterministic=True)
            self.db.execute("PRAGMA journal_mode=WAL")
            self.db.execute("PRAGMA synchronous=OFF")
            self.db.execute(f"PRAGMA cache_size=-{CACHE_KIB}")  # large directories are filled in the order of no index
            self._prepare()
        except sqlite3.Error as error:
            raise UsageError(f"{path} cannot be used as the sandbox's state: {error}") from error

    def _prepare(self) -> None:
        with self.transaction():
            tables = {row["name"] for row in self.db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if not tables:
                for statement in SCHEMA.split(";"):
                    self.db.execute(statement)
                self.set_meta("format", FORMAT)
            elif "meta" not in tables or self.meta("format") != FORMAT:
                raise UsageError(f"{self.path} is not the state of a sandbox of this version")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside happens or nothing does, and no other process writes meanwhile. May be nested."""
        with self._lock:
            if self._depth == 0:
                self.db.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self.db.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                self.db.execute("COMMIT")

    def rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        """All rows of one query."""
        with self._lock:
            return self.db.execute(sql, values).fetchall()

    def row(self, sql: str, *values: object) -> sqlite3.Row | None:
        """The first row, or None."""
        with self._lock:
            found: sqlite3.Row | None = self.db.execute(sql, values).fetchone()
            return found

    def number(self, sql: str, *values: object) -> int:
        """The first column of the first row, as a number."""
        row = self.row(sql, *values)
        return int(row[0]) if row is not None and row[0] is not None else 0

    def execute(self, sql: str, *values: object) -> int:
        """Run one writing statement; the number of rows it touched."""
        with self._lock:
            return self.db.execute(sql, values).rowcount

    def meta(self, name: str, default: Any = None) -> Any:
        """A named value of the sandbox as a whole (plain JSON), or `default`."""
        row = self.row("SELECT value FROM meta WHERE name = ?", name)
        return default if row is None else json.loads(row["value"])

    def set_meta(self, name: str, value: Any) -> None:
        """Store a named value of the sandbox as a whole."""
        self.execute("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", name, json.dumps(value))

    def now(self) -> float:
        """The sandbox's clock, in seconds since 1970: the machine's, plus what `advance_clock` added."""
        return time.time() + float(self.meta("clock", 0))

    def advance_clock(self, seconds: float) -> None:
        """Let time pass for the sandbox: sessions idle out, tokens expire, delays end."""
        with self.transaction():
            self.set_meta("clock", float(self.meta("clock", 0)) + seconds)

    def close(self) -> None:
        """Close the file. Twice does no harm."""
        with self._lock:
            self.db.close()
