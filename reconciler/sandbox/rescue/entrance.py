"""Who is calling: API token, authcode, cookie session; login, logout, requestAuthCode and its SSO twin."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass

from reconciler.sandbox.constants import ADMINISTRATOR, MASTER_ADMINISTRATOR, TECHNICIAN
from reconciler.sandbox.messages import Answer
from reconciler.sandbox.store import fold, hash_secret

from .call import Call
from .wire import Refusal

IDLE_SECONDS = 20 * 60
LOGIN_WINDOW = 180
LOGINS_ALLOWED = 10


@dataclass(frozen=True, slots=True)
class Caller:
    """The person behind a call, with their enabled administrator and technician node (0: none)."""

    email_key: str
    admin_id: int
    admin_type: str
    tech_id: int

    @property
    def is_master(self) -> bool:
        """True for master administrators, the account holder among them."""
        return self.admin_type == MASTER_ADMINISTRATOR


def caller_of(call: Call) -> Caller:
    """Who calls. [documented] rescue-api.md §2: NOTLOGGEDIN, INVALID_SECRETAUTHCODE, USER_DELETED_OR_DISABLED.

    An authcode wins over a cookie; which of the two wins on the real one is [unknown].
    """
    state = call.state
    if "authcode" in call.parameters and call.get("authcode"):
        row = state.row("SELECT * FROM secrets WHERE hash = ? AND kind != 'session'", hash_secret(call.get("authcode")))
        if row is None:
            raise Refusal("INVALID_SECRETAUTHCODE")
        return _person(call, row["email_key"])
    row = (
        state.row("SELECT * FROM secrets WHERE hash = ? AND kind = 'session'", hash_secret(call.cookie))
        if call.cookie
        else None
    )
    if row is None or state.now() - float(row["seen"]) > IDLE_SECONDS:
        raise Refusal("NOTLOGGEDIN")
    state.execute("UPDATE secrets SET seen = ? WHERE hash = ?", state.now(), row["hash"])
    return _person(call, row["email_key"])


def _person(call: Call, email_key: str) -> Caller:
    admin_id, admin_type, tech_id = 0, "", 0
    for row in call.state.rows(
        "SELECT id, type FROM nodes WHERE email_key = ? AND enabled ORDER BY id DESC", email_key
    ):
        if row["type"] in (MASTER_ADMINISTRATOR, ADMINISTRATOR) and admin_type != MASTER_ADMINISTRATOR:
            admin_id, admin_type = row["id"], row["type"]
        elif row["type"] == TECHNICIAN:
            tech_id = row["id"]
    if not email_key or not (admin_id or tech_id):
        raise Refusal("USER_DELETED_OR_DISABLED")
    return Caller(email_key, admin_id, admin_type, tech_id)


def login(call: Call) -> Answer:
    """[documented] rescue-api.md §2, §1.4: cookie `ASP.NET_SessionId`; over 10 logins in 3 minutes: LIMITREACHED."""
    _allowed(call, "deny_login")
    state, email_key = call.state, fold(call.get("email"))
    now = state.now()
    state.execute("DELETE FROM logins WHERE at <= ?", now - LOGIN_WINDOW)
    state.execute("INSERT INTO logins (email_key, at) VALUES (?, ?)", email_key, now)
    if state.number("SELECT count(*) FROM logins WHERE email_key = ?", email_key) > LOGINS_ALLOWED:
        raise Refusal("LIMITREACHED")
    _check_password(call, email_key)
    session = "".join(secrets.choice(string.ascii_lowercase + "012345") for _ in range(24))
    state.execute(
        "INSERT INTO secrets (hash, kind, email_key, seen) VALUES (?, 'session', ?, ?)",
        hash_secret(session),
        email_key,
        now,
    )
    answer = call.wire.word("OK")
    answer.headers["Set-Cookie"] = f"ASP.NET_SessionId={session}; path=/; HttpOnly"
    return answer


def logout(call: Call) -> Answer:
    """[documented] rescue-api.md §2: `OK`, or NOTLOGGEDIN without a session."""
    gone = call.state.execute("DELETE FROM secrets WHERE hash = ? AND kind = 'session'", hash_secret(call.cookie))
    if not gone:
        raise Refusal("NOTLOGGEDIN")
    return call.wire.word("OK")


def request_auth_code(call: Call) -> Answer:
    """[documented] rescue-api.md §2: a new code for the person; the one before is void ([inferred])."""
    _allowed(call, "deny_request_auth_code")
    email_key = fold(call.get("email"))
    _check_password(call, email_key)
    return call.wire.code("AUTHCODE", _new_code(call, email_key))


def request_auth_code_sso(call: Call) -> Answer:
    """[documented] rescue-api.md §2: by SSO ID and the company's SSO password; `company` has to be digits."""
    _allowed(call, "deny_request_auth_code")
    if not call.get("company").isdigit():
        raise Refusal("INVALIDPARAM_COMPANY")
    row = call.state.row("SELECT email_key FROM nodes WHERE sso_id = ? AND sso_id != '' AND enabled", call.get("ssoid"))
    right = hash_secret(call.get("pwd")) == call.state.meta("sso_password")
    if row is None or not right or int(call.get("company")) != call.state.account()["account_id"]:
        raise Refusal("INVALID")
    return call.wire.code("AUTHCODE", _new_code(call, row["email_key"]))


def _new_code(call: Call, email_key: str) -> str:
    code = "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(79))
    call.state.execute("DELETE FROM secrets WHERE email_key = ? AND kind = 'authcode'", email_key)
    if call.switches["auth_code_ends_api_token"] != "no":  # noqa: S105 - the name of a switch
        call.state.execute("DELETE FROM secrets WHERE email_key = ? AND kind = 'api_token'", email_key)
    call.state.execute(
        "INSERT INTO secrets (hash, kind, email_key) VALUES (?, 'authcode', ?)", hash_secret(code), email_key
    )
    return code


def _allowed(call: Call, denial: str) -> None:
    """[unknown] rescue-api.md §2: what an endpoint denied in Global Settings answers."""
    if call.switches[denial] == "yes":
        raise Refusal(call.switches["denied_answer"])


def _check_password(call: Call, email_key: str) -> None:
    wanted = hash_secret(call.get("pwd"))
    rows = call.state.rows("SELECT password FROM nodes WHERE email_key = ? AND enabled AND password != ''", email_key)
    if not email_key or not any(row["password"] == wanted for row in rows):
        raise Refusal("INVALID")
