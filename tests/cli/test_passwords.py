"""First passwords: generated ones satisfy `Excellent` of rescue-api.md §4.3 and are each another (D19)."""

from __future__ import annotations

import string

import pytest

from reconciler.cli.passwords import VARIABLE, generate_password, password_source
from reconciler.errors import UsageError

MADE = [generate_password() for _ in range(500)]


@pytest.mark.parametrize(
    "alphabet", [string.ascii_lowercase, string.ascii_uppercase, string.digits, string.punctuation]
)
def test_each_has_every_class(alphabet: str) -> None:
    assert all(any(char in alphabet for char in password) for password in MADE)


def test_each_is_long_and_nothing_in_it_is_repeated() -> None:
    assert all(len(password) >= 16 for password in MADE)
    assert all(len(set(password.lower())) == len(password) for password in MADE)


def test_each_is_text_that_survives_every_way_to_send_it() -> None:
    allowed = set(string.ascii_letters + string.digits + string.punctuation) - set("&+%#<>;\"'`\\,")
    assert set("".join(MADE)) <= allowed


def test_each_is_another_and_classes_stand_anywhere() -> None:
    assert len(set(MADE)) == len(MADE)
    assert len({password[0] in string.ascii_lowercase for password in MADE}) == 2


def test_generated_ones_need_nothing_of_the_environment() -> None:
    made = password_source("generate", {VARIABLE: "Not-This-1"})
    assert made() != made()
    assert "Not-This-1" not in (made(), made())


def test_the_one_of_the_environment_is_everybodys_and_checked_at_once() -> None:
    made = password_source("env", {VARIABLE: "Good-Enough-1"})
    assert made() == made() == "Good-Enough-1"
    with pytest.raises(UsageError, match="too weak"):
        password_source("env", {VARIABLE: "tooweaktooweak"})
    with pytest.raises(UsageError, match="not set"):
        password_source("env", {})
