"""`doctor --probe`, word for word: each layout of an answer, and what is said of it."""

from __future__ import annotations

import pytest

from reconciler.target.shapes import fields_of, inside_of, keys_of, kind_of, outside_of, type_words
from reconciler.transport import Answer


def answer(body: bytes, status: int = 200, **headers: str) -> Answer:
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


OUTSIDES = {
    "nothing stated": (answer(b""), "HTTP 200, no content type, length not stated, no line end, ends with no line end"),
    "stated": (
        answer(b"OK\n", content_type="text/html", content_length="3"),
        "HTTP 200, text/html, length stated, LF, ends with a line end",
    ),
    "packed, marked, only CRLF": (
        answer(b"\xef\xbb\xbfOK\r\n\r\n", 503, content_encoding="gzip", content_type="text/plain;charset=UTF-8"),
        "HTTP 503, text/plain;charset=UTF-8, length not stated, packed, BOM, CRLF, ends with a blank line",
    ),
    "both line ends": (
        answer(b"OK\r\nx\n", content_type="a"),
        "HTTP 200, an unusual content type, length not stated, LF and CRLF, ends with a line end",
    ),
    "a lone CR": (answer(b"OK\n\r"), "HTTP 200, no content type, length not stated, LF, ends with a line end"),
}


@pytest.mark.parametrize("case", OUTSIDES)
def test_the_outside_word_for_word(case: str) -> None:
    made, said = OUTSIDES[case]
    assert outside_of(made) == said


NODE = "NodeID:{}\nName:n\nType:Technician"

INSIDES = {
    "a record": (b"OK\nNODEID:7\nNAME: x", ["OK, then a line end", "NODEID:<number> NAME: <text>"]),
    "a record after CRLF and a blank line": (
        b"OK\r\n\r\nNODEID:7\r\nNAME:x\r\n",
        ["OK, then a blank line", "NODEID:<number> NAME:<text>"],
    ),
    "a text that ends with a letter": (
        b"OK\n\nNODEID:7\nNAME:X\n",
        ["OK, then a blank line", "NODEID:<number> NAME:<text>"],
    ),
    "a blank before the record": (
        b"OK\n \n NODEID:7\nNAME:x\nEMAIL:y\n",
        ["OK, then a line end", "NAME:<text> EMAIL:<text> (and 2 other lines)"],
    ),
    "one record of a tree": (
        f"OK\n\n{NODE.format(7)}\n".encode(),
        ["OK, then a blank line", "NodeID:<number> Name:<text> Type:Technician"],
    ),
    "two, a blank line between them": (
        f"OK\n\n{NODE.format(7)}\n\n{NODE.format(8)}\n".encode(),
        [
            "OK, then a blank line",
            "NodeID:<number> Name:<text> Type:Technician",
            "2 records, a blank line between them; types: Technician 2",
        ],
    ),
    "two, close together": (
        f"OK\n\n{NODE.format(7)}\n{NODE.format(8)}\n".encode(),
        ["OK, then a blank line", "NodeID:<number> Name:<text> Type:Technician", "2 records; types: Technician 2"],
    ),
    "two in a line": (
        b"OK NodeID:7 Name:x NodeID:8 Name:y",
        ["OK, then a blank", "all on one line: NodeID:<number> Name:<text>", "2 records; types: none"],
    ),
    "a text that begins with a letter of ours": (b"OK X", ["OK, then a blank", "<text>"]),
    "a page within two thousand characters": (b" " * 1994 + b"x<html>", ["a page of HTML"]),
    "a page beyond them": (b" " * 1995 + b"x<html>", ["no word first"]),
}


@pytest.mark.parametrize("case", INSIDES)
def test_the_inside_word_for_word(case: str) -> None:
    body, said = INSIDES[case]
    assert inside_of(answer(body)) == said


FIELDS = {
    "lines": ("NODEID:7\nName: x", ["NODEID:<number>", "Name: <text>"]),
    "with CR": ("NODEID:7\r\nNAME:\r\nEMAIL:a@b.example\r", ["NODEID:<number>", "NAME:<empty>", "EMAIL:<address>"]),
    "other lines are counted, empty ones are not": (
        "NODEID:7\nhush\nNAME:x\n\nHUSH:x\n",
        ["NODEID:<number>", "NAME:<text>", "(and 2 other lines)"],
    ),
    "blank lines are counted": ("NODEID:7\n \nNAME:x", ["NODEID:<number>", "NAME:<text>", "(and 1 other lines)"]),
    "a CR in front is no line end": (
        "NODEID:7\n\rEMAIL:x\nNAME:X\r",
        ["NODEID:<number>", "NAME:<text>", "(and 1 other lines)"],
    ),
    "one line": (
        "NODEID:7 STATUS: Busy NAME:x y",
        ["all on one line:", "NODEID:<number>", "STATUS: Busy", "NAME:<text>"],
    ),
    "one key": ("NODEID:-7", ["all on one line:", "NODEID:<number>"]),
    "a number below nothing": ("-7", ["<number>"]),
    "a number with a blank": (" 7 ", ["<number>"]),
    "a number that ends so": ("7-", ["<text>"]),
    "a letter and a number": ("X7", ["<text>"]),
    "no more than forty": ("\n".join(["NODEID:7"] * 41), ["NODEID:<number>"] * 40),
    "no more than forty in a line": (" ".join(["NODEID:7"] * 41), ["all on one line:", *["NODEID:<number>"] * 40]),
}


@pytest.mark.parametrize("case", FIELDS)
def test_fields_word_for_word(case: str) -> None:
    record, said = FIELDS[case]
    assert fields_of(record) == said


@pytest.mark.parametrize(
    ("key", "value", "kind"),
    [
        ("ISENABLED", "False", "False"),
        ("IsAccountHolder", "hush", "<unknown word>"),
        ("isenabled", "7", "<unknown word>"),
        ("LOCKEDPERMISSIONS", "a,b", "<list>"),
        ("LockedPermissions", " a,b, ", "<list that ends with a comma>"),
        ("STATUS", "7", "<unknown word>"),
        ("NAME", "-7", "<number>"),
        ("NAME", "7x", "<text>"),
    ],
)
def test_kinds_word_for_word(key: str, value: str, kind: str) -> None:
    assert kind_of(key, value) == kind


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "none"),
        ("Type:Technician", "Technician 1"),
        ("Type: Technician Group\nType:hush\nType:Hush", "Technician Group 1, unknown ones 2"),
        ("Type:hush", "unknown ones 1"),
    ],
)
def test_types_word_for_word(text: str, said: str) -> None:
    assert type_words(text) == said


def test_the_keys_of_an_answer_whatever_its_bytes() -> None:
    assert keys_of(answer(b"OK\nNodeID:7 name:\xff Hush:x\nEMAIL:y")) == ["NODEID", "NAME", "EMAIL"]
