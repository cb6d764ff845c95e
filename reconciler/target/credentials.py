"""Who we are to Rescue: an API token, or e-mail and password (D18; rescue-api.md §2).

A token goes as `authcode` with each call. E-mail and password sign in for a session cookie, which we send ourselves;
only where Rescue does not let us sign in is an authcode requested, once a run, for that ends every older code of the
account. A refused password is never tried again: accounts get locked, and ten sign-ins in three minutes are the limit.
No secret is in a `repr`, an error or a log line.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

from reconciler.errors import CredentialsError, TargetError
from reconciler.minted import keep_secret
from reconciler.target.answers import Judged, judge
from reconciler.target.tokens import Meaning
from reconciler.transport import Answer, Channel, TransportError

log = logging.getLogger(__name__)

_COOKIE = re.compile(r"^\s*ASP\.NET_SessionId=([!#-+\--:<-\[\]-~]+)", re.IGNORECASE | re.MULTILINE)
_AUTHCODE = re.compile(r"AUTHCODE:\s*([A-Za-z0-9]+)\s*\Z", re.IGNORECASE)
_SIGN_INS = 5  # of the ten in three minutes that Rescue allows
_PAUSE = 2.0
_USE_TOKEN = "better set RESCUE_API_TOKEN (Admin Center > Global Settings > Generate API token)"  # noqa: S105


class Proof(NamedTuple):
    """What is added to one call: form fields and headers."""

    form: Mapping[str, str]
    headers: Mapping[str, str]

    def __repr__(self) -> str:
        return "Proof(…)"


class Credentials(Protocol):
    """What a client needs of them."""

    def proof(self, channel: Channel) -> Proof:
        """What to send with a call, signing in first where that is needed. CredentialsError, TargetError."""

    def renew(self, channel: Channel) -> bool:
        """Sign in again after NOTLOGGEDIN; False where there is nothing to renew."""


class ApiToken:
    """The account's API token, or an authcode got elsewhere."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __repr__(self) -> str:
        return "ApiToken(…)"

    def proof(self, channel: Channel) -> Proof:  # noqa: ARG002 - a token needs no call
        return Proof({"authcode": self._token}, {})

    def renew(self, channel: Channel) -> bool:  # noqa: ARG002
        return False


class Login:
    """E-mail and password. Signs in at the first call, not before."""

    def __init__(self, email: str, password: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._email = email
        self._password = password
        self._sleep = sleep
        self._proof: Proof | None = None
        self._sign_ins = 0
        self._coded = False

    def __repr__(self) -> str:
        return "Login(…)"

    def proof(self, channel: Channel) -> Proof:
        if self._proof is None:
            self._proof = self._sign_in(channel)
        return self._proof

    def renew(self, channel: Channel) -> bool:
        if self._coded:
            return False
        self._proof = self._sign_in(channel)
        return True

    def _sign_in(self, channel: Channel) -> Proof:
        """A session cookie; an authcode where signing in is denied. What denies it is not known (§2): not INVALID."""
        said, cookie = self._login(channel)
        if said.meaning is Meaning.UNCLEAR:
            self._sleep(_PAUSE)
            said, cookie = self._login(channel)
        _stop_at_refusal(said, "login")
        if said.meaning is Meaning.OK:
            if cookie is None:
                raise CredentialsError("Rescue let us sign in but gave no session cookie", advice=_USE_TOKEN)
            return Proof({}, {"Cookie": f"ASP.NET_SessionId={cookie}"})
        if said.status >= 500 or said.meaning is Meaning.THROTTLED:
            raise TargetError(f"login: {said.why}")  # an outage denies nothing
        log.warning(
            "Rescue does not let us sign in (%s): requesting an authcode, which ends every older code of this account",
            said.word or said.why,
        )
        self._coded = True
        return Proof({"authcode": request_authcode(channel, self._email, self._password)}, {})

    def _login(self, channel: Channel) -> tuple[Judged, str | None]:
        """What login answered, and the session cookie that came with it."""
        if self._sign_ins >= _SIGN_INS:
            raise CredentialsError(
                f"signed in {_SIGN_INS} times in this run, and the session was lost each time",
                advice=f"another program may be signing in as the same account: give each its own, or {_USE_TOKEN}",
            )
        self._sign_ins += 1
        answer = _ask(channel, "login", {"email": self._email, "pwd": self._password}, repeat=True)
        cookie = _COOKIE.search(answer.headers.get("set-cookie", ""))
        return judge(answer), keep_secret(cookie[1]) if cookie else None


def credentials_from(environ: Mapping[str, str], *, sleep: Callable[[float], None] = time.sleep) -> ApiToken | Login:
    """RESCUE_API_TOKEN, else RESCUE_EMAIL with RESCUE_PASSWORD, else CredentialsError. Empty counts as unset."""
    token = environ.get("RESCUE_API_TOKEN", "").strip()
    email = environ.get("RESCUE_EMAIL", "").strip()
    password = environ.get("RESCUE_PASSWORD", "")
    if token:
        if re.fullmatch(r"[!-~]+", token) is None:
            raise CredentialsError("RESCUE_API_TOKEN holds blanks or characters that no token has")
        return ApiToken(token)
    if email and password:
        return Login(email, password, sleep=sleep)
    if email or password:
        missing = "RESCUE_PASSWORD" if email else "RESCUE_EMAIL"
        raise CredentialsError(f"{missing} is not set", advice=f"set {missing}, or {_USE_TOKEN}")
    raise CredentialsError(
        "no credential for Rescue: neither RESCUE_API_TOKEN nor RESCUE_EMAIL and RESCUE_PASSWORD are set",
        advice="set RESCUE_API_TOKEN (Admin Center > Global Settings > Generate API token)",
    )


def request_authcode(channel: Channel, email: str, password: str) -> str:
    """A new authcode; every older one of the account dies with it. One attempt; CredentialsError, TargetError."""
    said = judge(_ask(channel, "requestAuthCode", {"email": email, "pwd": password}, repeat=False))
    _stop_at_refusal(said, "requestAuthCode")
    found = _AUTHCODE.search(said.payload) if said.meaning is Meaning.OK else None
    if found is None:
        raise CredentialsError(
            f"Rescue gave no authcode ({said.word or said.why})",
            advice=f"the endpoint may be denied in Global Settings: {_USE_TOKEN}",
        )
    return keep_secret(found[1])


def caller_trouble(token: str) -> CredentialsError:
    """The error for a word that is about the account we run as, never about a node (§6, §7.12)."""
    if "AUTHCODE" in token:
        return CredentialsError(
            f"Rescue does not accept the token ({token})",
            advice="generate a new API token and put it into RESCUE_API_TOKEN; if it was an authcode, another program "
            "may have called requestAuthCode for this account, which ends older codes",
        )
    if "IP" in token:
        return CredentialsError(
            f"Rescue does not let this address in ({token})", advice="allow it in Admin Center > Global Settings"
        )
    return CredentialsError(
        f"the account this program runs as is deleted, disabled or no administrator ({token})",
        advice="this is about our own account, not about the person of the call: use a master administrator's token",
    )


def _ask(channel: Channel, method: str, form: Mapping[str, str], *, repeat: bool) -> Answer:
    """One call without proof."""
    try:
        return channel.exchange("POST", f"{method}.aspx", form=form, repeat=repeat)
    except TransportError as error:
        raise TargetError(f"{method}: {error}", advice=error.advice or None) from error


def _stop_at_refusal(said: Judged, method: str) -> None:
    """CredentialsError for the words after which nothing else must be tried."""
    if said.meaning is Meaning.BAD_CREDENTIALS:
        raise CredentialsError(
            f"Rescue refused RESCUE_EMAIL and RESCUE_PASSWORD ({method}: {said.word})",
            advice=f"not tried again, lest the account be locked; expired passwords and two-step verification look the "
            f"same: {_USE_TOKEN}",
        )
    if said.meaning in (Meaning.LOGIN_LIMIT, Meaning.SLOW_DOWN):
        raise CredentialsError(
            f"Rescue wants fewer sign-ins ({method}: {said.word})",
            advice=f"wait at least 3 minutes; {_USE_TOKEN}, which has no such limit",
        )
    if said.meaning is Meaning.CALLER:
        raise caller_trouble(said.word)
