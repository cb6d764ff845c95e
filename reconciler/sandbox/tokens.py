"""Access tokens of the sandbox's Entra: shaped like JWTs, unsigned, good for this sandbox only."""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any

GRAPH = "https://graph.microsoft.com"


def make_token(tenant: str, client: str, roles: list[str], now: float, lifetime: float) -> str:
    """A token with the claims a client may read: `tid`, `roles`, `exp` ([reported] graph.md §4)."""
    claims = {
        "aud": GRAPH, "iss": f"https://sts.windows.net/{tenant}/", "tid": tenant, "appid": client, "azp": client,
        "idtyp": "app", "roles": roles, "iat": int(now), "nbf": int(now), "exp": int(now + lifetime),
        "uti": uuid.uuid4().hex,
    }  # fmt: skip
    parts = ({"typ": "JWT", "alg": "none"}, claims)
    return ".".join([_pack(json.dumps(part).encode()) for part in parts] + [_pack(b"sandbox")])


def read_token(token: str) -> dict[str, Any] | None:
    """The claims of a token, or None if it is not shaped like one."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        return None
    return claims if isinstance(claims, dict) else None


def _pack(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
