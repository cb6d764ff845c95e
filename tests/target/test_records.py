"""getUser, getGroup and getAccount in every layout that §1.3 and §3 leave open."""

from __future__ import annotations

import time
from contextlib import suppress
from itertools import product

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reconciler.errors import TargetError
from reconciler.target.record_wire import ACCOUNT, USER, Account, parse_account, parse_fields, parse_user
from reconciler.target.rescue_wire import read_reply

from .wire_text import TINA, Style, user_fields, written_answer, written_user

LAYOUTS = [
    Style(newline=newline, blank=blank, ending=ending, bom=bom, one_line=one_line, tail=tail)
    for newline, blank, ending, bom, one_line, tail in product(
        ("\n", "\r\n"), ("", " "), ("\n", ""), (False, True), (False, True), ((), (("LASTLOGIN", "1/2/2026 3:04 PM"),))
    )
]


def payload(body: bytes) -> str:
    return read_reply(body).rest.whole()


def test_a_person_in_every_layout():
    for style in LAYOUTS:
        for person in (TINA, TINA._replace(rpat=None, mobile=False, account_holder=True, status="Disabled", nick="")):
            assert parse_user(payload(written_user(person, style))) == person, style


def test_the_sample_of_the_guide():
    text = (
        "OK NODEID: 337366 NAME: John Doe NICK: Johnny EMAIL: jdoe@company.com SSOID: DESCRIPTION: TYPE: Technician "
        "HASMOBILEADDON: False ISACCOUNTHOLDER: False STATUS: Offline"
    )
    assert parse_user(payload(text.encode())) == (
        337366, "John Doe", "Johnny", "jdoe@company.com", "", "", "technician", False, None, False, "Offline",
    )  # fmt: skip


@pytest.mark.parametrize(
    "description",
    [
        "Phone: 0123, Room: 4",
        "TYPE: Administrator",
        "x TYPE: Administrator HASMOBILEADDON: True ISACCOUNTHOLDER: True STATUS: Disabled y",
        "x\nTYPE:Administrator\nHASMOBILEADDON:True\nISACCOUNTHOLDER:True\nSTATUS:Disabled",
        "two\n\nparagraphs\r\nand: more\n",
        "\nNODEID:1\nNAME:x",
        " [entra:8d2f:8d2f4c1e-0000-4000-8000-2b7f3d9a1c55@6a1d0c7e#00000000+m]",
        "SSOID:x NICK:y EMAIL:z",
    ],
)
def test_what_a_description_may_hold(description):
    person = TINA._replace(description=description)
    for style in LAYOUTS:
        assert parse_user(payload(written_user(person, style))).description == description, style


def test_empty_lines_between_the_last_fields_are_passed_over():
    body = written_user(TINA).replace(b"ISACCOUNT", b"\n \nISACCOUNT")
    assert parse_user(payload(body)) == TINA


def test_keys_in_any_case_and_words_too():
    body = written_user(TINA).replace(b"HASMOBILEADDON:True", b"hasMobileAddon:TRUE").replace(b"NODEID", b"NodeID")
    assert parse_user(payload(body.replace(b"Technician", b"TECHNICIAN"))) == TINA


def test_unknown_keys_are_carried():
    style = Style(tail=(("LASTLOGIN", "3:04"), ("X", "")))
    fields = parse_fields(payload(written_user(TINA, style)), USER)
    assert (fields["LASTLOGIN"], fields["X"]) == ("3:04", "")
    body = written_user(TINA).replace(b"SSOID:tina-sso\n", b"SSOID:tina-sso\nLANGUAGE:en\n")
    fields = parse_fields(payload(body), USER)
    assert (fields["SSOID"], fields["LANGUAGE"]) == ("tina-sso", "en")


def test_blanks_of_a_value_survive_but_for_the_one_of_the_layout():
    person = TINA._replace(name=" Tina  Tech ", nick="", description="  x ")
    for style in LAYOUTS:
        read = parse_user(payload(written_user(person, style)))
        assert (read.name, read.nick, read.description) == (" Tina  Tech ", "", "  x "), style


@pytest.mark.parametrize("key", [key for key, _ in user_fields(TINA, Style()) if key != "HASRPATADDON"])
@pytest.mark.parametrize(
    "style",
    [Style(), Style(newline="\r\n", blank=" "), Style(one_line=True, blank=" ")],
    ids=["plain", "CRLF and blanks", "one line"],
)
def test_a_record_without_one_of_its_keys_is_refused(key, style):
    fields = [field for field in user_fields(TINA, style) if field[0] != key]
    with pytest.raises(TargetError):
        parse_user(payload(written_answer(fields, style)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"HASMOBILEADDON:True", b"HASMOBILEADDON:"),
        (b"HASMOBILEADDON:True", b"HASMOBILEADDON:1"),
        (b"ISACCOUNTHOLDER:False", b"ISACCOUNTHOLDER:maybe"),
        (b"NODEID:32", b"NODEID:"),
        (b"NODEID:32", b"NODEID:" + b"3" * 5000),
        (b"NODEID:32", b"X:1\nNODEID:32"),
        (b"NODEID:32\n", b"NODEID:32\nEXTRA:1\n"),
        (b"STATUS:Busy", b"STATUS:Busy\nSTATUS:Away"),
        (b"STATUS:Busy", b"no field\nSTATUS:Busy"),
    ],
)
def test_a_record_that_cannot_be_believed_is_refused(old, new):
    body = written_user(TINA)
    assert old in body
    with pytest.raises(TargetError):
        parse_user(payload(body.replace(old, new)))


@pytest.mark.parametrize(
    "line", ["NODEID:99", "NAME:Olga Owner", "TYPE:MasterAdministrator", "EMAIL:olga@contoso.example"]
)
@pytest.mark.parametrize("after", ["EMAIL:tina@contoso.example", "SSOID:tina-sso"])
def test_a_field_twice_between_two_others_is_refused(line, after):
    """Among unknown fields behind a text of one line, a known one would speak for somebody else."""
    body = written_user(TINA).replace(after.encode(), f"{after}\n{line}".encode())
    with pytest.raises(TargetError, match="NODEID 32"):
        parse_user(payload(body))


def test_an_account_in_every_layout():
    sent = [
        ("AccountID", "1234567"),
        ("Organization", "Contoso: Rescue ADMINID: & Co"),
        ("AdminID", "337365"),
        ("TechID", "0"),
        ("Email", "olga@contoso.example"),
        ("TcRunning", "False"),
    ]
    for style in LAYOUTS:
        account = parse_account(payload(written_answer(sent, style)))
        assert account == Account(1234567, "Contoso: Rescue ADMINID: & Co", 337365, 0, "olga@contoso.example"), style
    assert parse_fields(payload(written_answer(sent)), ACCOUNT)["TCRUNNING"] == "False"
    with pytest.raises(TargetError, match="ADMINID"):
        parse_account(payload(written_answer([*sent[:2], ("AdminID", "none"), *sent[3:]])))


PIECES = st.sampled_from(
    ["a", "Ä", "🦊", ":", " ", "\n", "\n\n", "\r", "TYPE:", "\nTYPE: x", " STATUS: Disabled", "NODEID: 1", "\nNAME:",
     "SSOID:", "\nHASMOBILEADDON:True", " ISACCOUNTHOLDER: True", "OK", "\u2028", "\x85", "DESCRIPTION:"]
)  # fmt: skip
TEXT = st.lists(PIECES, max_size=6).map("".join)


@settings(max_examples=300, deadline=None)
@given(name=TEXT, nick=TEXT, description=TEXT, style=st.sampled_from(LAYOUTS))
def test_hostile_texts_come_back_as_they_are(name, nick, description, style):
    """Whatever a name, nick or description holds, but for a DESCRIPTION key standing in front of the real one."""
    assume("DESCRIPTION:" not in name + nick)
    person = TINA._replace(name=name, nick=nick, description=description)
    assert parse_user(payload(written_user(person, style))) == person


@settings(max_examples=300, deadline=None)
@given(at=st.integers(0, 250), length=st.integers(0, 60), change=st.binary(max_size=6), style=st.sampled_from(LAYOUTS))
def test_damaged_answers_are_records_or_target_errors(at, length, change, style):
    body = bytearray(written_user(TINA, style))
    body[at : at + length] = change
    with suppress(TargetError):
        parse_user(payload(bytes(body)))


@pytest.mark.parametrize("unit", ["\nTYPE:", " TYPE: x", "\nNICK:", " EMAIL:", "\n", " ", "A:\n", "\nB:1"])
@pytest.mark.parametrize("sep", ["\n", " "])
def test_time_is_linear_on_hostile_text(unit, sep):
    begun = time.process_time()
    with pytest.raises(TargetError):
        parse_user(f"NODEID:1{sep}NAME:{unit * 50_000}!")
    with pytest.raises(TargetError):
        parse_user(f"NODEID:1{sep}NAME:{sep}NICK:{sep}EMAIL:{sep}SSOID:{sep}DESCRIPTION:{unit * 50_000}{sep}zz!")
    assert time.process_time() - begun < 1.5
