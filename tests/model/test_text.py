"""D20's comparison, and what must not be sent."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.text import (
    encodable,
    is_bad_name,
    is_plain,
    normal_login,
    normal_text,
    path_sort_key,
    sort_key,
)


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("", ""),
        ("  a \t b\n", "a b"),
        ("a\u00a0\u2003b", "a b"),
        ("a\x1cb", "a b"),
        ("é\x1cb", "é b"),
        ("e\u0301", "é"),
        (" Ä ", "Ä"),
    ],
)
def test_text_is_nfc_trimmed_and_collapsed(text: str, normal: str) -> None:
    assert normal_text(text) == normal


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ANN@X.example", " ann@x.EXAMPLE "),
        ("STRASSE@x.example", "straße@X.example"),
        ("Zoë@x.example", "zoe\u0308@x.example"),
        ("İ@x.example", "i\u0307@x.example"),
    ],
)
def test_logins_that_are_one(one: str, other: str) -> None:
    assert normal_login(one) == normal_login(other)


@given(st.text())
def test_ascii_is_no_special_case(text: str) -> None:
    """The short way for ASCII gives what the long way gives."""
    ascii_only = text.encode("ascii", "ignore").decode()
    assert normal_text(ascii_only + "é")[:-1].rstrip() == normal_text(ascii_only)
    assert normal_login(ascii_only) == normal_text(ascii_only).casefold()


@given(st.text())
def test_forms_of_one_text_are_equal(text: str) -> None:
    for form in ("NFC", "NFD"):
        assert normal_login(unicodedata.normalize(form, text)) == normal_login(text)
        assert sort_key(unicodedata.normalize(form, text)) == sort_key(text)
    assert normal_text(normal_text(text)) == normal_text(text)


@given(st.text(st.characters(exclude_categories=()), max_size=5))
def test_a_name_that_is_not_bad_can_be_sent(name: str) -> None:
    if not is_bad_name(name):
        name.encode()
        assert normal_text(name)
        assert not any(unicodedata.category(c) in ("Cc", "Cs") for c in name)


@given(st.text(st.characters(exclude_categories=())))
def test_encodable_changes_lone_surrogates_only(text: str) -> None:
    encodable(text).encode()
    assert len(encodable(text)) == len(text)
    assert all(a == b or "\ud800" <= a <= "\udfff" for a, b in zip(text, encodable(text), strict=True))


def test_paths_are_sorted_by_segment() -> None:
    assert sorted(["a b", "A/c", "a", "á"], key=path_sort_key) == ["a", "A/c", "a b", "á"]


@given(st.text(st.characters(exclude_categories=())) | st.text(" \tab<&#é\u0301\u2028", max_size=6))
def test_plain_text_is_its_own_normal_form_and_can_be_sent(text: str) -> None:
    if is_plain(text):
        assert re.sub(r"\s+", " ", unicodedata.normalize("NFC", text)).strip() == text
        assert not is_bad_name(text)


@pytest.mark.parametrize("text", ["Ann Bee", "Zoë", "a@x.example", "O'Neil & Söhne"])
def test_most_text_is_plain(text: str) -> None:
    assert is_plain(text)


@pytest.mark.parametrize("text", ["", " a", "a ", "a  b", "a\tb", "Zoe\u0308", "<b>", "&#39;", "\ud800"])
def test_text_that_is_not_plain(text: str) -> None:
    assert not is_plain(text)
