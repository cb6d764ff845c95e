"""The outside of an answer (rescue-api.md §1.3, §6, §7.8)."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import TargetError
from reconciler.target.answers import judge
from reconciler.target.rescue_wire import NotAnAnswer, created_id, read_reply
from reconciler.target.tokens import Meaning, canonical, is_password_refusal, meaning
from reconciler.transport import Answer


@pytest.mark.parametrize(
    ("body", "word", "payload"),
    [
        (b"OK", "OK", ""),
        (b"OK\n\n", "OK", "\n\n"),
        (b"OK\r\n\r\nAUTHCODE:abc", "OK", "\r\n\r\nAUTHCODE:abc"),
        (b"OK AUTHCODE: abc", "OK", " AUTHCODE: abc"),
        (b"OK:https://x", "OK", "https://x"),
        (b"\xef\xbb\xbfOK\n\n7", "OK", "\n\n7"),
        (b"\r\n \n\nOK  \n\n7", "OK", "  \n\n7"),
        (b"INVALIDPARAM_NODE", "INVALIDPARAM_NODE", ""),
        (b"ERROR  \r\n", "ERROR", "\r\n"),
        (b"\n\nNOTLOGGEDIN\n\nmore", "NOTLOGGEDIN", "\n\nmore"),
        (b"OKAY\n", "OKAY", "\n"),
    ],
)
def test_status_word(body, word, payload):
    reply = read_reply(body)
    assert (reply.word, reply.rest.whole()) == (word, payload)
    assert "".join(reply.rest.pieces()) == payload


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" \r\n\n",
        b"<!DOCTYPE html><html><body>ERROR</body></html>",
        b"\xef\xbb\xbf\n<html>\nOK\n",
        b"ok\n",
        b"Ok\n\n7",
        b"ERROR happened",
        b"Service Unavailable",
        b"9LIVES",
        b"OK\xff\n",
        b"\xff\xfeO\x00K\x00",
        b"A" * 101,
        b"INVALIDPARAM-NODE",
        b'{"status": "OK"}',
        "ÖK".encode(),
    ],
)
def test_not_an_answer(body):
    with pytest.raises(NotAnAnswer):
        read_reply(body)


@pytest.mark.parametrize("letter", ["é", "ł", "語", "🙂"])
def test_a_letter_across_two_pieces_is_read_whole(letter):
    text = "\n\n" + "x" * ((1 << 20) - 1) + letter * 3 + "\n\n"
    reply = read_reply(b"OK" + text.encode())
    pieces = list(reply.rest.pieces())
    assert len(pieces) > 2
    assert "".join(pieces) == reply.rest.whole() == text
    assert reply.rest.ends_in_blank_line()


@pytest.mark.parametrize("at", [0, 5, 1 << 20, (1 << 20) + 5])
def test_bytes_that_are_no_utf_8_are_no_answer_wherever_they_stand(at):
    body = bytearray(b"OK\n\n" + b"x" * (1 << 21))
    body[4 + at] = 0xFF
    with pytest.raises(NotAnAnswer, match="not UTF-8"):
        read_reply(bytes(body))


@pytest.mark.parametrize(
    ("body", "ends"),
    [
        (b"OK\n\nx\n\n", True), (b"OK\n\nx\r\n\r\n", True), (b"OK\n\nType:Root\n", False), (b"OK\n\nType:Root", False),
        (b"OK\n\nType:Root\r\n", False), (b"OK", False), (b"OK x\n\n", True),
    ],
)  # fmt: skip
def test_whether_a_text_ends_in_a_blank_line(body, ends):
    assert read_reply(body).rest.ends_in_blank_line() is ends


@given(st.binary(max_size=200))
def test_any_bytes_are_an_answer_or_a_target_error(body):
    with suppress(TargetError):
        word, _ = read_reply(body)
        assert word == word.upper()


@pytest.mark.parametrize(
    ("payload", "node"),
    [
        (" 337370", 337370),
        ("\n\n337370", 337370),
        ("\r\n\r\nNODEID:337370\r\n", 337370),
        ("\n\nNODEID: 337370\n\n", 337370),
        (" -5", -5),
        ("", None),
        ("\n\nnode7", None),
        ("\n\n" + "9" * 5000, None),
    ],
)
def test_created_id(payload, node):
    assert created_id(payload) == node


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("OK", Meaning.OK),
        ("ERROR", Meaning.UNCLEAR),
        ("NOTLOGGEDIN", Meaning.NOT_LOGGED_IN),
        ("NOTLOGGEDINASADMIN", Meaning.CALLER),
        ("INVALID", Meaning.BAD_CREDENTIALS),
        ("LIMITREACHED", Meaning.LOGIN_LIMIT),
        ("GLOBALIPRESTRICTED", Meaning.CALLER),
        ("POLLRATEEXCEEDED", Meaning.SLOW_DOWN),
        ("INVALID_SECRETAUTHCODE", Meaning.CALLER),
        ("USER_DELETED_OR_DISABLED", Meaning.CALLER),
        ("USER_IS_DELETED", Meaning.CALLER),
        ("INVALIDPARAM_NODE", Meaning.REFUSED),
        ("INVALIDPARAM_NODEID", Meaning.REFUSED),
        ("INVALIDPARAM_TARGETNODE", Meaning.REFUSED),
        ("INVALID_MOVE", Meaning.REFUSED),
        ("INVALIDPARAM_EMAIL_ALREADY_IN_USE", Meaning.REFUSED),
        ("INVALIDPARAM_MISSING_CURRENT_PASSWORD", Meaning.REFUSED),
        ("INVALIDPARAM_PASSWORD_HAS_TO_BE_AT_LEAST_8_CHARACTERS_LONG", Meaning.REFUSED),
        ("SOMETHING_ABOUT_PASSWORDS", Meaning.REFUSED),
        ("SEATLIMITREACHED", Meaning.UNKNOWN),
        ("OKAY", Meaning.UNKNOWN),
    ],
)
def test_meaning_of_tokens(token, expected):
    assert meaning(token) is expected


def test_spellings_that_follow_the_soap_names():
    assert canonical("INVALIDPARAM_NODEID") == "INVALIDPARAM_NODE"
    assert canonical("INVALIDPARAM_EMAIL") == "INVALIDPARAM_EMAIL"
    assert is_password_refusal("INVALIDPARAM_PASSWORD_CANNOT_CONTAIN_WHITESPACE_CHARACTERS")
    assert not is_password_refusal("INVALIDPARAM_NAME")


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, b"OK\n\n7", Meaning.OK),
        (201, b"OK", Meaning.OK),
        (400, b"OK", Meaning.NO_ANSWER),
        (500, b"OK\n\n7", Meaning.NO_ANSWER),
        (500, b"INVALIDPARAM_NODE", Meaning.NO_ANSWER),
        (503, b"<html>", Meaning.NO_ANSWER),
        (400, b"INVALIDPARAM_NODE", Meaning.REFUSED),
        (404, b"<html>", Meaning.NO_METHOD),
        (404, b"", Meaning.NO_METHOD),
        (404, b"NOTFOUND", Meaning.NO_METHOD),
        (404, b"INVALIDPARAM_NODE", Meaning.REFUSED),
        (429, b"OK", Meaning.THROTTLED),
        (302, b"", Meaning.NOT_LOGGED_IN),
        (301, b"OK", Meaning.NOT_LOGGED_IN),
        (200, b"<html><form><input name=p type='password'></form>", Meaning.NOT_LOGGED_IN),
        (200, b"<html>maintenance", Meaning.NO_ANSWER),
        (403, b"<html>blocked", Meaning.NO_ANSWER),
    ],
)
def test_meaning_of_answers(status, body, expected):
    assert judge(Answer(status, {}, body)).meaning is expected


def test_length_is_stated_only_by_a_header_that_fits():
    assert judge(Answer(200, {"content-length": "2"}, b"OK")).length_stated
    assert not judge(Answer(200, {"content-length": "3"}, b"OK")).length_stated
    assert not judge(Answer(200, {}, b"OK")).length_stated
