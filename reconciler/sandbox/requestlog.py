"""The request log: what was asked and answered, with every secret masked before it is stored.

An entry has `time` (seconds), `side` (graph | rescue | authority), `method` (GET, POST), `path` (Graph with its query,
Rescue without), `status` (0: the connection was dropped or stalled), `word` (a Rescue answer's first word, a Graph
error's code); Rescue also `call` (the method's name) and `parameters`; a $batch also `items` (method, url, status of
each); `fault` names the effect of a fault that met the call. Never in it: authcode, passwords, cookies, client_secret,
assertions, tokens.
"""

from __future__ import annotations

import json
import re
from typing import Any

from .store import Store

SECRET = {
    "authcode",
    "pwd",
    "confpwd",
    "oldpwd",
    "password",
    "client_secret",
    "client_assertion",
    "assertion",
    "access_token",
}
MASK = "***"


def mask(parameters: dict[str, str]) -> dict[str, str]:
    """The parameters with the values of secret ones replaced."""
    return {name: MASK if name.lower() in SECRET and value else value for name, value in parameters.items()}


def mask_query(query: str) -> str:
    """A query with the values of secret parameters replaced."""
    return re.sub(rf"(?i)\b({'|'.join(sorted(SECRET))})=[^&]+", rf"\1={MASK}", query)


def note(store: Store, entry: dict[str, Any]) -> None:
    """Store one entry."""
    entry = {"time": round(store.now(), 3)} | {name: value for name, value in entry.items() if value is not None}
    store.execute("INSERT INTO requests (entry) VALUES (?)", json.dumps(entry, ensure_ascii=False))
