"""What the rest of the program asks for, against answers written by hand."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest

import reconciler.target
from reconciler.errors import CredentialsError, TargetError, TargetRefused, TargetUnknown
from reconciler.model.hierarchy import Caller, Details
from reconciler.target.rescue_reader import RescueReader
from reconciler.target.rescue_writer import RescueWriter

from .conftest import TOKEN, Reply
from .wire_text import COMPANY, TINA, Style, written_answer, written_tree, written_user

OLGA = TINA._replace(id=10, name="Olga Owner", login="olga@contoso.example", type="masteradministrator")


@pytest.fixture
def reader(client):
    return RescueReader(client)


@pytest.fixture
def writer(client):
    return RescueWriter(client)


def people(*known: Details):
    """getUser by node or e-mail over these people."""

    def answer(form):
        for person in known:
            if form.get("node") == str(person.id) or form.get("email", "").lower() == person.login:
                return written_user(person)
        return "INVALIDPARAM_NODE"

    return answer


def account(admin: int, tech: int = 0) -> bytes:
    return written_answer(
        [("AccountID", "77"), ("Organization", "Contoso"), ("AdminID", str(admin)), ("TechID", str(tech)),
         ("Email", "olga@contoso.example")]
    )  # fmt: skip


# --- the tree -------------------------------------------------------------------------------------------------------


def test_the_tree_is_one_call_without_parameters(rescue, reader):
    rescue.answers("getHierarchy_v2", written_tree(COMPANY, Style()))
    assert list(reader.fetch_tree().nodes.values()) == list(COMPANY)
    assert [request.form for request in rescue.requests] == [{"authcode": TOKEN}]


def test_a_server_without_v2_is_asked_for_v1_from_then_on(rescue, reader):
    rescue.answers("getHierarchy", written_tree(COMPANY, Style()))
    assert len(reader.fetch_tree()) == len(reader.fetch_tree())
    assert rescue.called() == ["getHierarchy_v2", "getHierarchy", "getHierarchy"]


def test_a_method_that_answered_once_is_not_replaced(rescue, reader):
    rescue.answers("getHierarchy", written_tree(COMPANY, Style()))
    reader.fetch_tree()
    rescue.answers("getHierarchy")
    with pytest.raises(TargetError, match="404"):
        reader.fetch_tree()
    rescue.answers("getUser_v2", people(TINA))
    reader.fetch_details([32])
    rescue.answers("getUser_v2")
    rescue.answers("getUser_v3", people(TINA))
    with pytest.raises(TargetError, match="404"):
        reader.fetch_details([32])


def test_a_server_with_neither_is_no_rescue(rescue, reader):
    with pytest.raises(TargetError) as raised:
        reader.fetch_tree()
    assert "404" in str(raised.value)
    assert "base URL" in raised.value.advice


@pytest.mark.parametrize("length", [True, False])
def test_a_missing_blank_line_needs_a_stated_length(rescue, reader, length):
    rescue.answers("getHierarchy_v2", Reply(written_tree(COMPANY, Style(ending="")), length=length))
    if length:
        assert len(reader.fetch_tree()) == len(COMPANY)
    else:
        with pytest.raises(TargetError, match="cut off"):
            reader.fetch_tree()


def test_who_ended_a_tree_in_a_blank_line_always_does(rescue, reader):
    body = written_tree(COMPANY, Style())
    cut = body[: body.index(b"\nNodeID:33")]
    rescue.answers("getHierarchy_v2", cut[:-1], body, cut[:-1])
    for _ in range(2):
        reader.fetch_tree()
    with pytest.raises(TargetError, match="cut off"):
        reader.fetch_tree()


def test_a_body_shorter_than_stated_is_no_tree(rescue, reader):
    body = written_tree(COMPANY, Style())
    rescue.answers("getHierarchy_v2", Reply(body, headers={"Content-Length": str(len(body) + 9)}, length=False))
    with pytest.raises(TargetError):
        reader.fetch_tree()


def test_unknown_words_are_logged(rescue, reader, caplog):
    rescue.answers("getHierarchy_v2", written_tree(COMPANY, Style()).replace(b"Busy", b"Presenting"))
    assert reader.fetch_tree().nodes[32].enabled
    assert "Presenting" in caplog.text
    assert all(record.levelno <= logging.WARNING for record in caplog.records)


# --- the caller -----------------------------------------------------------------------------------------------------


@pytest.fixture
def tree(rescue, reader):
    rescue.answers("getHierarchy_v2", written_tree(COMPANY, Style(spelling="Masteradministrator")))
    found = reader.fetch_tree()
    rescue.requests.clear()
    return found


def test_the_caller_is_two_calls(rescue, reader, tree):
    rescue.answers("getAccount", account(10, 11))
    rescue.answers("getUser_v2", people(OLGA))
    assert reader.fetch_caller(tree) == Caller(77, "Contoso", "olga@contoso.example", 10, OLGA)
    assert rescue.called() == ["getAccount", "getUser_v2"]


def test_the_caller_is_two_calls_where_rpat_is_not_shown(rescue, reader, tree):
    rescue.answers("getAccount", account(10))
    rescue.answers("getUser_v2", people(OLGA._replace(rpat=None)))
    assert reader.fetch_caller(tree).details.rpat is None
    assert rescue.called() == ["getAccount", "getUser_v2"]


@pytest.mark.parametrize("admin", [0, 21, 32, 4, 999, -2])
def test_anyone_but_a_master_administrator_is_refused(rescue, reader, tree, admin):
    rescue.answers("getAccount", account(admin))
    rescue.answers("getUser_v2", people(OLGA))
    with pytest.raises(TargetError, match="no master administrator") as raised:
        reader.fetch_caller(tree)
    assert "API token" in raised.value.advice
    assert rescue.called() == ["getAccount"]


def test_a_caller_whom_get_user_does_not_know_is_refused(rescue, reader, tree):
    rescue.answers("getAccount", account(10))
    rescue.answers("getUser_v2", "INVALIDPARAM_NODE")
    with pytest.raises(TargetError, match="node 10"):
        reader.fetch_caller(tree)


# --- people ---------------------------------------------------------------------------------------------------------


def test_details_are_one_call_a_person(rescue, reader):
    others = [TINA._replace(id=n, login=f"p{n}@contoso.example") for n in (40, 41)]
    rescue.answers("getUser_v2", people(TINA, *others))
    seen = []
    found = reader.fetch_details([40, 32, 99, 41, 40], lambda done, total: seen.append((done, total)))
    assert found == {40: others[0], 32: TINA, 99: None, 41: others[1]}
    assert list(found) == [40, 32, 99, 41]
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert rescue.called() == ["getUser_v2"] * 4
    assert reader.fetch_details([]) == {}


def test_rpat_is_looked_for_once_in_v3(rescue, reader):
    rescue.answers("getUser_v2", people(TINA._replace(rpat=None), OLGA._replace(rpat=None)))
    rescue.answers("getUser_v3", people(TINA, OLGA))
    assert reader.fetch_details([99, 32, 10]) == {99: None, 32: TINA, 10: OLGA}
    assert rescue.called() == ["getUser_v2", "getUser_v2", "getUser_v3", "getUser_v3"]


@pytest.mark.parametrize("third", [people(TINA._replace(rpat=None)), None, "INVALIDPARAM_NODE"])
def test_rpat_stays_unknown_where_v3_does_not_tell_either(rescue, reader, third):
    bare = TINA._replace(rpat=None)
    rescue.answers("getUser_v2", people(bare))
    if third is not None:
        rescue.answers("getUser_v3", third)
    assert reader.fetch_details([32]) == {32: bare}
    assert reader.fetch_details([32]) == {32: bare}
    assert rescue.called() == ["getUser_v2", "getUser_v3", "getUser_v2"]


@pytest.mark.parametrize("method", ["getUser_v3", "getUser"])
def test_a_server_without_v2_is_asked_by_another_version(rescue, reader, tree, method):
    rescue.answers(method, people(TINA, OLGA))
    rescue.answers("getAccount", account(10))
    assert reader.fetch_details([32]) == {32: TINA}
    assert reader.fetch_caller(tree).details == OLGA
    assert rescue.called()[-2:] == ["getAccount", method]


def test_the_caller_is_found_on_a_server_without_v2(rescue, reader, tree):
    rescue.answers("getUser_v3", people(OLGA))
    rescue.answers("getAccount", account(10))
    assert reader.fetch_caller(tree).details == OLGA


def test_a_server_without_any_get_user(rescue, reader):
    with pytest.raises(TargetError, match="none of getUser"):
        reader.fetch_details([32])


def test_an_answer_about_someone_else_is_no_answer(rescue, reader):
    rescue.answers("getUser_v2", written_user(TINA))
    with pytest.raises(TargetError, match="asked about node 33 and answered about node 32"):
        reader.fetch_details([33])


@pytest.mark.parametrize("token", ["INVALIDPARAM_NAME", "ERROR", "USER_DELETED_OR_DISABLED"])
def test_no_other_word_means_that_a_person_is_gone(rescue, reader, token):
    rescue.answers("getUser_v2", token)
    rescue.answers("getUser_v3", token)
    for call in (lambda: reader.fetch_details([32]), lambda: reader.find_login("a@b")):
        with pytest.raises((TargetError, CredentialsError)):
            call()


@pytest.mark.parametrize("token", ["INVALIDPARAM_EMAIL", "INVALIDPARAM_NODE", "INVALIDPARAM_NODEID"])
def test_a_login_nobody_has(rescue, reader, token):
    rescue.answers("getUser_v3", token)
    assert reader.find_login("new@contoso.example") is None
    assert rescue.requests[0].form == {"email": "new@contoso.example", "authcode": TOKEN}


def test_a_login_somebody_has(rescue, reader):
    rescue.answers("getUser_v3", people(TINA))
    assert reader.find_login("Tina@Contoso.example") == TINA


# --- writing --------------------------------------------------------------------------------------------------------


def test_the_full_record_goes_back(rescue, writer):
    rescue.answers("setUser_v2", "OK")
    writer.perform_set(TINA._replace(nick="", description="a\n[entra:x]", rpat=True, mobile=False))
    assert rescue.requests[0].form == {
        "node": "32", "name": "Tina Tech", "nick": "", "email": "tina@contoso.example", "ssoid": "tina-sso",
        "status": "Enabled", "description": "a\n[entra:x]", "mobileaddon": "False", "rpataddon": "True",
        "authcode": TOKEN,
    }  # fmt: skip


def test_a_password_goes_twice_and_only_when_given(rescue, writer):
    rescue.answers("setUser_v2", "OK\n\n")
    writer.perform_set(TINA._replace(status="disabled"), "Secret-1")
    form = rescue.requests[0].form
    assert (form["pwd"], form["confpwd"], form["status"]) == ("Secret-1", "Secret-1", "Disabled")
    assert "oldpwd" not in form


def test_a_record_without_rpat_goes_by_set_user(rescue, writer):
    rescue.answers("setUser", "OK")
    writer.perform_set(TINA._replace(rpat=None))
    form = rescue.requests[0].form
    assert rescue.called() == ["setUser"]
    assert form["addons"] == "True"
    assert not {"mobileaddon", "rpataddon", "pwd", "confpwd"} & set(form)


def test_a_server_without_set_user_v2(rescue, writer):
    rescue.answers("setUser", "OK")
    writer.perform_set(TINA)
    writer.perform_set(TINA)
    assert rescue.called() == ["setUser_v2", "setUser", "setUser"]


@pytest.mark.parametrize("said", [Reply(b"<html>", 500), Reply(b"<html>"), "ERROR"])
def test_only_404_leads_to_set_user(rescue, writer, said):
    rescue.answers("setUser_v2", said)
    rescue.answers("setUser", "OK")
    with pytest.raises(TargetUnknown):
        writer.perform_set(TINA)
    assert rescue.called() == ["setUser_v2"]


@pytest.mark.parametrize("body", ["OK 337370", "OK\n\n337370", "OK\n\nNODEID:337370\n\n", "OK\r\n\r\nNodeID: 337370"])
def test_a_creation_in_every_layout(rescue, writer, body):
    rescue.answers("createUser", body)
    assert writer.perform_create(31) == 337370
    assert rescue.requests[0].form == {"parent": "31", "authcode": TOKEN}


def test_a_creation_that_tells_no_id_is_of_unknown_fate(rescue, writer):
    rescue.answers("createUser", "OK\n\n")
    with pytest.raises(TargetUnknown, match="parent 31"):
        writer.perform_create(31)


def test_a_move_names_its_nodes_in_both_spellings(rescue, writer):
    rescue.answers("moveNode", "OK")
    writer.perform_move(32, 30)
    expected = {"targetnode": "30", "node": "32", "targetNodeID": "30", "nodeID": "32", "authcode": TOKEN}
    assert rescue.requests[0].form == expected


@pytest.mark.parametrize("token", ["INVALIDPARAM_NODE", "INVALIDPARAM_TARGETNODE", "INVALIDPARAM_TARGETNODEID"])
def test_a_move_whose_nodes_are_not_known_may_be_a_mismatch(rescue, writer, token):
    rescue.answers("moveNode", token)
    with pytest.raises(TargetRefused) as raised:
        writer.perform_move(32, 30)
    assert raised.value.token == token
    assert "interface mismatch" in raised.value.advice


def test_a_move_that_does_not_fit(rescue, writer):
    rescue.answers("moveNode", "INVALID_MOVE")
    with pytest.raises(TargetRefused) as raised:
        writer.perform_move(32, 20)
    assert raised.value.advice == ""


def test_nothing_here_deletes_or_writes_groups():
    """D14: deleteNode is not called anywhere."""
    here = Path(reconciler.target.__file__).parent
    source = "".join(path.read_text() for path in here.glob("*.py"))
    assert not re.search(r"deleteNode|createUsers|filteroffline\s*=|isnode\s*=", source)
    for path in here.parent.rglob("*.py"):
        if "sandbox" not in path.parts:
            assert not re.search(r"[\"']deleteNode", path.read_text(), re.IGNORECASE), path
