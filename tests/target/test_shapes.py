"""What `doctor --probe` may repeat of an answer: the protocol's own words, and nothing that stands in it."""

from __future__ import annotations

import random

import pytest

from reconciler.target.shapes import fields_of, inside_of, kind_of, outside_of
from reconciler.transport import Answer

USER = ("NODEID", "NAME", "NICK", "EMAIL", "SSOID", "DESCRIPTION", "TYPE", "HASMOBILEADDON", "STATUS")
PLAIN = {"content-type": "text/plain; charset=utf-8"}


def answer(text: str, status: int = 200, **headers: str) -> Answer:
    body = text.encode()
    return Answer(status, PLAIN | {"content-length": str(len(body))} | headers, body)


def shown(text: str) -> str:
    made = answer(text)
    return "\n".join([outside_of(made), *inside_of(made)])


SECRETS = (
    "hush",
    "hush: hush",
    "hush\nhush:hush",
    "hush\nTYPE:hush\nSTATUS:hush",
    "hush NODEID:hush EMAIL:hush@hush.example",
    "hush\n\nNodeID:918273\nParentID:918273\nName:hush",
    "hush@hush.example",
    "918273",
    "hush\r\nPERMISSIONS:hush, hush,",
    "STATUS: hush",
)


@pytest.mark.parametrize("layout", ["lines", "spaced", "crlf", "one line", "one line, spaced"])
@pytest.mark.parametrize("word", ["OK\n\n", "OK ", "OK: ", ""])
def test_no_value_of_any_layout_is_repeated(layout: str, word: str) -> None:
    seeded = random.Random(layout + word)  # noqa: S311 - the same every time
    for _ in range(300):
        fields = [(key, seeded.choice(SECRETS)) for key in USER]
        blank = " " if "spaced" in layout else ""
        glue = " " if "one line" in layout else "\r\n" if layout == "crlf" else "\n"
        told = shown(word + glue.join(f"{key}:{blank}{value}" for key, value in fields) + glue)
        assert "hush" not in told
        assert "918273" not in told


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("", "an empty body"),
        ("OK", "OK, alone"),
        ("OK\n\n", "OK, alone"),
        ("\n\nINVALIDPARAM_NODE\n", "INVALIDPARAM_NODE, alone"),
        ("HUSHWORD", "a word that is in no document, alone"),
        ("<!DOCTYPE html><title>hush</title>", "a page of HTML"),
        ("hush", "no word first"),
        ("OK 123", "OK, then a blank"),
        ("OK\n\n123", "OK, then a blank line"),
        ("OK:hush", "OK, then a colon"),
        ("OK\nNODEID:1\nNAME:x", "OK, then a line end"),
    ],
)
def test_the_status_word_and_what_follows_it(text: str, first: str) -> None:
    assert inside_of(answer(text))[0] == first
    assert "hush" not in shown(text)
    assert "HUSH" not in shown(text)


def test_bytes_that_are_no_text() -> None:
    assert inside_of(Answer(200, PLAIN, b"OK\n\n\xff\xfe")) == ["not UTF-8"]


@pytest.mark.parametrize(
    ("key", "value", "kind"),
    [
        ("NAME", "", "<empty>"),
        ("NAME", "12", "<number>"),
        ("NAME", "True", "<text>"),
        ("HASRPATADDON", "True", "True"),
        ("HASRPATADDON", "hush", "<unknown word>"),
        ("TYPE", "Technician Group", "Technician Group"),
        ("STATUS", "Busy", "Busy"),
        ("PERMISSIONS", "a, b,", "<list that ends with a comma>"),
        ("EMAIL", "a@b.example", "<address>"),
    ],
)
def test_kinds(key: str, value: str, kind: str) -> None:
    assert kind_of(key, value) == kind


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (answer("OK\n\na\n\n"), "HTTP 200, text/plain; charset=utf-8, length stated, LF, ends with a blank line"),
        (answer("OK\r\n"), "CRLF, ends with a line end"),
        (answer("OK\r\nx\n"), "LF and CRLF"),
        (answer("OK", **{"content-type": "hush/hush; x=hush"}), "an unusual content type"),
        (Answer(404, {}, b"OK"), "HTTP 404, no content type, length not stated, no line end, ends with no line end"),
        (Answer(200, PLAIN, b"\xef\xbb\xbfOK"), "BOM"),
    ],
)
def test_the_outside(made: Answer, said: str) -> None:
    assert said in outside_of(made)
    assert "hush" not in outside_of(made)


def test_a_tree_is_counted_by_its_known_types() -> None:
    record = "NodeID:{0}\nParentID:0\nName:n\nEmail:\nDescription:\nStatus:Offline\nType:{1}\n"
    kinds = ("Root", "Technician Group", "Technician", "Technician", "Hushtype")
    told = inside_of(answer("OK\n\n" + "\n".join(record.format(i, kind) for i, kind in enumerate(kinds)) + "\n"))
    assert told[2] == (
        "5 records, a blank line between them; types: Root 1, Technician 2, Technician Group 1, unknown ones 1"
    )


def test_a_record_without_any_key() -> None:
    assert fields_of("123") == ["<number>"]
    assert fields_of("hush") == ["<text>"]
