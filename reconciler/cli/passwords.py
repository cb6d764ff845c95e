"""The first password of new people (D19), and whether Rescue's policy can accept it (rescue-api.md §4.3).

One from the environment for everybody, or one each that nobody ever sees: it is made when it is sent, and kept nowhere.
It is not even announced to a CI to be masked there, because that would be writing it down.
"""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable, Mapping

from reconciler.errors import UsageError
from reconciler.minted import keep_secret

VARIABLE = "RESCUE_INITIAL_PASSWORD"
_LENGTH = 20
_SPECIAL = "!$()*-./:=?@[]^_{|}~"
"""Without `& + % # < > ;`, which a form or a page could take for something else, and without quotes."""


def password_source(way: str, environ: Mapping[str, str]) -> Callable[[], str]:
    """Gives the first password of each new person; `way` is settings.initial_password.

    Raises UsageError now, before anything is written, where the one of the environment is missing or too weak.
    """
    if way == "generate":
        return generate_password
    password = initial_password(environ)
    return lambda: password


def generate_password() -> str:
    """A new one that satisfies Rescue's strictest policy, `Excellent`: four classes, and no character twice."""
    picked: list[str] = []
    for alphabet in (string.ascii_lowercase, string.ascii_uppercase, string.digits, _SPECIAL):
        picked.append(_pick(alphabet, picked))
    everything = string.ascii_letters + string.digits + _SPECIAL
    while len(picked) < _LENGTH:
        picked.append(_pick(everything, picked))
    secrets.SystemRandom().shuffle(picked)
    return keep_secret("".join(picked))


def initial_password(environ: Mapping[str, str]) -> str:
    """The password of the environment. Raises UsageError, never showing it, where it is missing or too weak.

    Checked is what every policy demands: 8 characters, no white space, three of the four classes (`Good`). Whether the
    account asks for more no API shows; a refusal then fails the creation.
    """
    password = environ.get(VARIABLE, "")
    advice = "at least 8 characters, no white space, three of lower case, upper case, digits and special characters"
    if not password:
        raise UsageError(f"the plan creates people and {VARIABLE} is not set", advice=f"set it: {advice}")
    classes = (
        any(char.islower() for char in password),
        any(char.isupper() for char in password),
        any(char.isdigit() for char in password),
        any(char in string.punctuation or not (char.isalnum() or char.isspace()) for char in password),
    )
    if any(char.isspace() for char in password):
        raise UsageError(f"{VARIABLE} holds white space, which Rescue refuses", advice=advice)
    if not password.isprintable():
        raise UsageError(f"{VARIABLE} holds characters that cannot be sent", advice=advice)
    if len(password) < 8:
        raise UsageError(f"{VARIABLE} is shorter than 8 characters", advice=advice)
    if sum(classes) < 3:
        raise UsageError(f"{VARIABLE} is too weak: it has {sum(classes)} of the four classes", advice=advice)
    return password


def _pick(alphabet: str, picked: list[str]) -> str:
    """One character that is not there yet, whether as a capital or not."""
    taken = {char.lower() for char in picked}
    return secrets.choice([char for char in alphabet if char.lower() not in taken])
