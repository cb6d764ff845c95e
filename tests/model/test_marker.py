"""The marker of D3, word by word."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model import marker as marker_module
from reconciler.model.marker import (
    NO_PRINT,
    GroupMarker,
    Licence,
    Marker,
    MarkersDiffer,
    find_group_markers,
    find_marker,
    find_markers,
    print_of,
    with_marker,
    without_marker,
    written_marker,
)

UUID = "6a1d0c7e-0000-4000-8000-9f4e2b8d7c10"
MARKER = Marker("8d2f", UUID, "0123abcd", "89ef4567")
TEXT = f"[entra:8d2f:{UUID}@0123abcd#89ef4567"

markers = st.builds(
    Marker,
    st.from_regex(r"[a-z0-9_.-]{1,8}", fullmatch=True),
    st.uuids().map(str),
    st.from_regex("[0-9a-f]{8}", fullmatch=True),
    st.from_regex("[0-9a-f]{8}", fullmatch=True),
    st.sampled_from([None, *Licence]),
    st.booleans(),
)


@pytest.mark.parametrize(
    ("marker", "text"),
    [
        (MARKER, f"{TEXT}]"),
        (Marker("8d2f", UUID, "0123abcd", "89ef4567", Licence.GIVEN), f"{TEXT}+m]"),
        (Marker("8d2f", UUID, "0123abcd", "89ef4567", Licence.NOT_GIVEN, off=True), f"{TEXT}-m!off]"),
        (Marker("8d2f", UUID, "0123abcd", "89ef4567", Licence.REFUSED), f"{TEXT}~m]"),
        (Marker("8d2f", UUID, "0123abcd", "89ef4567", off=True), f"{TEXT}!off]"),
    ],
)
def test_written_and_read(marker: Marker, text: str) -> None:
    assert str(marker) == text
    assert find_marker(text) == find_marker(text.upper()) == find_marker(f"before {text} after") == marker


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no marker",
        "[note]",
        TEXT,
        f"{TEXT} ]",
        f"{TEXT}!off+m]",
        f"{TEXT}+m+m]",
        f"[entra-group:8d2f:{UUID}@0123abcd]",
        f"[entra:8d2f:{UUID}@0123abcd]",
        f"[entra::{UUID}@0123abcd#89ef4567]",
        f"[entra:8d 2f:{UUID}@0123abcd#89ef4567]",
        f"[entra:8d2f:{UUID}@0123abc#89ef4567]",
        f"[entra:8d2f:{UUID[:-1]}@0123abcd#89ef4567]",
    ],
)
def test_what_is_none(text: str) -> None:
    assert find_marker(text) is None
    assert without_marker(text) == text


def test_two_that_differ() -> None:
    text = f"{TEXT}] and {TEXT}!off]"
    assert len(find_markers(text)) == 2
    with pytest.raises(MarkersDiffer, match="and"):
        find_marker(text)
    assert find_marker(f"{TEXT}] and {TEXT.upper()}]") == MARKER


@pytest.mark.parametrize(
    ("before", "after"), [("", "{}"), ("a", "a {}"), ("a ", "a {}"), ("  ", "  {}"), ("a\n", "a\n {}")]
)
def test_a_new_one_goes_to_the_end_after_one_space(before: str, after: str) -> None:
    assert with_marker(before, MARKER) == after.format(MARKER)


@given(st.text(), st.text(), markers, markers)
def test_a_changed_one_is_replaced_in_place_and_all_else_stays(left: str, right: str, old: Marker, new: Marker) -> None:
    text = f"{left}{old}{right}"
    assert find_marker(text) == old
    assert with_marker(text, new) == f"{left}{new}{right}"
    assert without_marker(text) == left + right
    assert find_marker(with_marker(left, new)) == new
    assert with_marker(left, new).startswith(left)


@pytest.mark.parametrize("old", [f"{TEXT}]", f"{TEXT.upper()}+M!OFF]"])
def test_one_marker_among_other_text_word_for_word(old: str) -> None:
    assert with_marker(f"hired 2019 {old}, tall", MARKER) == f"hired 2019 {MARKER}, tall"
    assert with_marker(f"{old} twice {old}", MARKER) == f"{MARKER} twice {MARKER}"
    assert without_marker(f"hired 2019 {old}, tall") == "hired 2019 , tall"


def test_two_that_differ_are_named_in_order() -> None:
    with pytest.raises(MarkersDiffer) as differing:
        find_marker(f"{TEXT}] and {TEXT}!off]")
    assert str(differing.value) == f"{TEXT}!off] and {TEXT}]"


def test_the_print_of_half_a_character_is_one_too() -> None:
    """JSON can hold half of a pair; nothing is lost over it."""
    assert print_of("\ud800") == hashlib.sha256(b"\xed\xa0\x80").hexdigest()[:8]


def test_print() -> None:
    assert print_of(None) == NO_PRINT == "00000000"
    assert print_of("Zoë@x") == hashlib.sha256("Zoë@x".encode()).hexdigest()[:8]
    assert print_of("zoë@x") != print_of("Zoë@x")


def test_group_markers_are_found_anywhere_in_any_case_and_are_no_persons() -> None:
    marker = GroupMarker("8d2f", UUID, "6a1d0c7e")
    assert str(marker) == f"[entra-group:8d2f:{UUID}@6a1d0c7e]"
    assert find_group_markers(f"text {str(marker).upper()} more {marker}") == {marker}
    assert find_markers(str(marker)) == frozenset()
    assert find_group_markers(f"[entra:8d2f:{UUID}@6a1d0c7e#00000000]") == frozenset()
    assert find_group_markers("[entra-group:8d2f:x@6a1d0c7e] [") == frozenset()


@given(st.text(), st.text(st.sampled_from("[] eE:-#@+m!of")), markers, st.booleans())
def test_the_quick_look_finds_what_is_found(left: str, right: str, marker: Marker, upper: bool) -> None:
    text = f"{left}{str(marker).upper() if upper else marker}{right}"
    written = written_marker(text)
    if written is not None:
        assert set(map(marker_module._marker, marker_module._PERSON.finditer(text))) == {written}
    elif "[" not in left + right and marker.owner.isascii() and marker.owner.isalnum():
        assert upper
