"""The password policy and the form of addresses, as the account checks them on setUser."""

from __future__ import annotations

import re

from .wire import Refusal

ADDRESS = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;.]+")


def check_password(password: str, confirmation: str, strength: str) -> None:
    """Refuse a password as [documented] rescue-api.md §4.3 says; spellings of the words are [inferred] there.

    Good: three classes of characters; Strong: three without a repeated character, or four; Excellent: four, no repeat.
    The word for a wrong confirmation and the tail of the last word are [unknown].
    """
    if re.search(r"\s", password):
        raise Refusal("INVALIDPARAM_PASSWORD_CANNOT_CONTAIN_WHITESPACE_CHARACTERS")
    if len(password) < 8:
        raise Refusal("INVALIDPARAM_PASSWORD_HAS_TO_BE_AT_LEAST_8_CHARACTERS_LONG")
    kinds = (str.islower, str.isupper, str.isdigit, lambda letter: not letter.isalnum())
    classes = sum(any(kind(letter) for letter in password) for kind in kinds)
    unrepeated = len(set(password)) == len(password)
    good = {
        "good": classes >= 3,
        "strong": classes == 4 or (classes == 3 and unrepeated),
        "excellent": classes == 4 and unrepeated,
    }
    if not good[strength]:
        raise Refusal("INVALIDPARAM_PASSWORD_HAS_TO_CONTAIN_MORE_KINDS_OF_CHARACTERS")
    if password != confirmation:
        raise Refusal("INVALIDPARAM_PASSWORD_CONFIRMATION_DIFFERS")


def check_address(address: str) -> None:
    """Refuse what is no e-mail address. [documented] rescue-api.md §4.3: INVALIDPARAM_EMAIL."""
    if not ADDRESS.fullmatch(address):
        raise Refusal("INVALIDPARAM_EMAIL")
