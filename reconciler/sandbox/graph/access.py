"""What a token may read: the roles of [documented] graph.md §4, and the refusals of §7 for bad tokens."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.sandbox.tokens import read_token

from .errors import CHALLENGE, GraphError, denied

DIRECTORY = frozenset({"Directory.Read.All", "Directory.ReadWrite.All"})
GROUPS = DIRECTORY | {"GroupMember.Read.All", "GroupMember.ReadWrite.All", "Group.Read.All", "Group.ReadWrite.All"}
MEMBERSHIPS = GROUPS | {"GroupMember.ReadBasic.All"}
USERS = DIRECTORY | {"User.Read.All", "User.ReadWrite.All"}
BASIC_USERS = USERS | {"User.ReadBasic.All"}
KINDS = {
    "group": GROUPS,
    "user": BASIC_USERS,
    "device": DIRECTORY | {"Device.Read.All"},
    "servicePrincipal": DIRECTORY | {"Application.Read.All"},
    "orgContact": DIRECTORY | {"OrgContact.Read.All"},
}


@dataclass(frozen=True, slots=True)
class Access:
    """The roles of a token and the app it was given to."""

    roles: frozenset[str]
    app: str
    tenant: str

    def need(self, roles: frozenset[str]) -> None:
        """403 unless one of these roles was granted."""
        if not self.roles & roles:
            raise denied()

    def reads(self, kind: str) -> bool:
        """True if rows of this type are shown with more than id and type ([documented] graph.md §3)."""
        return bool(self.roles & KINDS[kind])

    @property
    def whole_users(self) -> bool:
        """True if properties beyond the basic ones may be read."""
        return bool(self.roles & USERS)

    @property
    def hidden(self) -> bool:
        """True if hidden memberships may be read."""
        return "Member.Read.Hidden" in self.roles


def read_access(header: str, tenant: str, now: float) -> Access:
    """The access of an Authorization header; 401 before anything else is looked at. [documented] graph.md §7."""
    scheme, _, token = header.strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise _unauthenticated("Access token is empty.")
    claims = read_token(token.strip())
    if claims is None:
        raise _unauthenticated("Access token validation failure because The token could not be read.")
    if float(claims.get("exp", 0)) <= now:
        raise _unauthenticated("Lifetime validation failed, the token is expired.")
    if claims.get("tid") != tenant:
        raise _unauthenticated("Access token validation failure. Invalid tenant.")
    roles = claims.get("roles")
    return Access(frozenset(roles if isinstance(roles, list) else ()), str(claims.get("appid", "")), tenant)


def _unauthenticated(message: str) -> GraphError:
    return GraphError(401, "InvalidAuthenticationToken", message, {"WWW-Authenticate": CHALLENGE})
