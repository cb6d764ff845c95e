"""What the first word of an answer means (rescue-api.md §6).

A word outside the catalogue is kept verbatim and taken for a refusal of that one call; the client stops the run when
too many different ones turn up. Words about the caller are never taken for words about the node of the call.
"""

from __future__ import annotations

from enum import Enum


class Meaning(Enum):
    """The classes of answers a client has to tell apart. The last three have no word."""

    OK = "done"
    UNCLEAR = "ERROR: a time-out or anything else; for a write its effect is unknown"
    SLOW_DOWN = "asked too often; nothing was done"
    NOT_LOGGED_IN = "no session and no authcode; nothing was done"
    LOGIN_LIMIT = "more than ten logins in three minutes"
    BAD_CREDENTIALS = "e-mail or password are wrong; never try again, accounts get locked"
    CALLER = "about the account we run as, never about the node; fatal"
    REFUSED = "a definite no to this call"
    UNKNOWN = "not in the catalogue; treated as a definite no to this call"
    THROTTLED = "HTTP 429"
    NO_METHOD = "HTTP 404 and no word: the server knows no such method; nothing was done"
    NO_ANSWER = "a page, an error of the server, anything that is not the protocol"


_MEANINGS = {
    "OK": Meaning.OK,
    "ERROR": Meaning.UNCLEAR,
    "POLLRATEEXCEEDED": Meaning.SLOW_DOWN,
    "NOTLOGGEDIN": Meaning.NOT_LOGGED_IN,
    "LIMITREACHED": Meaning.LOGIN_LIMIT,
    "INVALID": Meaning.BAD_CREDENTIALS,
    "INVALID_SECRETAUTHCODE": Meaning.CALLER,
    "USER_DELETED_OR_DISABLED": Meaning.CALLER,
    "USER_IS_DELETED": Meaning.CALLER,
    "GLOBALIPRESTRICTED": Meaning.CALLER,
    "NOTLOGGEDINASADMIN": Meaning.CALLER,
}

_REFUSALS = frozenset(
    {
        "INVALIDPARAM_COMPANY",
        "INVALIDPARAM_NODE",
        "INVALIDPARAM_TARGETNODE",
        "INVALIDPARAM_PARENT",
        "INVALIDPARAM_NAME",
        "INVALIDPARAM_STATUS",
        "INVALIDPARAM_MOBILEADDON",
        "INVALIDPARAM_RPATADDON",
        "INVALIDPARAM_EMAIL",
        "INVALIDPARAM_EMAIL_ALREADY_IN_USE",
        "INVALIDPARAM_ENTRY",
        "INVALIDPARAM_SESSION",
        "INVALID_MOVE",
        "INVALID_DELETE",
        "INVALID_ASSIGN",
        "INVALID_EMAILANDNODEIDBOTHSPECIFIED",
        "ACTIONFAILED",
        "MISSINGPARAMETERS",
    }
)

# The rule by which SOAP names become words of the text protocol is inferred (§1.3), above all that NodeID becomes NODE.
_SPELLINGS = {
    "INVALIDPARAM_NODEID": "INVALIDPARAM_NODE",
    "INVALIDPARAM_TARGETNODEID": "INVALIDPARAM_TARGETNODE",
    "INVALIDPARAM_PARENTID": "INVALIDPARAM_PARENT",
    "INVALIDPARAM_PARENTNODE": "INVALIDPARAM_PARENT",
    "INVALID_SECRET_AUTHCODE": "INVALID_SECRETAUTHCODE",
    "INVALIDPARAM_MOBILE_ADDON": "INVALIDPARAM_MOBILEADDON",
    "INVALIDPARAM_RPAT_ADDON": "INVALIDPARAM_RPATADDON",
    "INVALID_EMAIL_AND_NODEID_BOTH_SPECIFIED": "INVALID_EMAILANDNODEIDBOTHSPECIFIED",
    "GLOBAL_IP_RESTRICTED": "GLOBALIPRESTRICTED",
    "POLL_RATE_EXCEEDED": "POLLRATEEXCEEDED",
    "NOT_LOGGED_IN": "NOTLOGGEDIN",
}


def canonical(token: str) -> str:
    """The catalogue's spelling of a token, or the token as it is. Compare with this, show the token."""
    return _SPELLINGS.get(token, token)


def meaning(token: str) -> Meaning:
    """The class of a token."""
    word = canonical(token)
    known = _MEANINGS.get(word)
    if known is not None:
        return known
    if word in _REFUSALS or is_password_refusal(word):
        return Meaning.REFUSED
    return Meaning.UNKNOWN


def is_password_refusal(token: str) -> bool:
    """True where Rescue did not like the password: the words are long, some were never seen whole (§4.3)."""
    return "PASSWORD" in token
