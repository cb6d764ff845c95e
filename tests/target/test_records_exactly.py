"""Records whose texts imitate keys, or which hold keys nobody knows; and what is said of a record that is not whole."""

from __future__ import annotations

import pytest

from reconciler.errors import TargetError
from reconciler.target.record_wire import USER, parse_fields, parse_group, parse_user
from reconciler.target.rescue_wire import NotAnAnswer, read_reply

from .wire_text import TINA, Style, user_fields, written_answer, written_user

STYLES = {
    "lines": Style(),
    "CRLF and blanks": Style(newline="\r\n", blank=" "),
    "one line": Style(one_line=True, blank=" "),
}


def payload(body: bytes) -> str:
    return read_reply(body).rest.whole()


@pytest.mark.parametrize("name", ["a\nEMAIL:b\nSSOID:c", "a\nDESCRIPTION:b", "NICK\nTYPE:x"])
def test_a_name_may_hold_lines_that_look_like_keys_after_the_next(name: str) -> None:
    person = TINA._replace(name=name)
    assert parse_user(payload(written_user(person))) == person


def test_a_key_within_the_name_does_not_stand_for_one_that_is_missing() -> None:
    fields = [(key, "a\nTYPE:Technician" if key == "NAME" else value) for key, value in user_fields(TINA, Style())]
    body = written_answer([field for field in fields if field[0] != "TYPE"])
    with pytest.raises(TargetError) as refused:
        parse_user(payload(body))
    assert str(refused.value) == f"the answer of getUser for NODEID {TINA.id} has no TYPE in its place"


@pytest.mark.parametrize("style", [STYLES["lines"], STYLES["CRLF and blanks"]], ids=["lines", "CRLF and blanks"])
def test_keys_nobody_knows_may_stand_behind_the_addresses_and_at_the_end(style: Style) -> None:
    known = user_fields(TINA, style)
    after = {"EMAIL": [("Phone", "1: 2"), ("Room", "")], "SSOID": [("Floor", "3")], "STATUS": [("Seen", "never")]}
    fields = [more for field in known for more in (field, *after.get(field[0], ()))]
    read = parse_fields(payload(written_answer(fields, style)), USER)
    assert read == {**dict(known), "PHONE": "1: 2", "ROOM": "", "FLOOR": "3", "SEEN": "never"}
    assert parse_user(payload(written_answer(fields, style))) == TINA


@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)
def test_a_type_of_two_words_is_one_word(style: Style) -> None:
    fields = [(key, "Master Administrator" if key == "TYPE" else value) for key, value in user_fields(TINA, style)]
    assert parse_user(payload(written_answer(fields, style))).type == "masteradministrator"
    group = "NODEID:1\nNAME:g\nDESCRIPTION:\nTYPE:Technician Group\nPERMISSIONS:\nLOCKEDPERMISSIONS:\nISENABLED:True\n"
    assert parse_group(group).type == "techniciangroup"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "an empty body (0 bytes)"),
        (b"\xef\xbb\xbf \r\n", "an empty body (6 bytes)"),
        (b"<html>", "no status word in the first line (6 bytes)"),
    ],
    ids=["nothing", "blanks", "a page"],
)
def test_what_is_said_of_no_answer(body: bytes, said: str) -> None:
    with pytest.raises(NotAnAnswer) as refused:
        read_reply(body)
    assert str(refused.value) == f"not an answer of the Rescue API: {said}"


def test_an_answer_cut_within_a_letter_is_none() -> None:
    whole = "OK\n\nNÉ".encode()
    assert read_reply(whole).word == "OK"
    with pytest.raises(NotAnAnswer, match=r"not UTF-8 \(6 bytes\)"):
        read_reply(whole[:-1])
