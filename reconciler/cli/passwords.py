"""The first password of new people (D19), and whether Rescue's policy can accept it (rescue-api.md §4.3)."""

from __future__ import annotations

import string
from collections.abc import Mapping

from reconciler.errors import UsageError

VARIABLE = "RESCUE_INITIAL_PASSWORD"


def initial_password(environ: Mapping[str, str]) -> str:
    """The password for everybody new. Raises UsageError, never showing it, where it is missing or too weak.

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
