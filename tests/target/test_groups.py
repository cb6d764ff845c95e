"""getGroup, createGroup, setGroup: every layout of §1.3 and §3.4, and what is sent (§4.6, D2)."""

import random

import pytest

from reconciler.errors import CredentialsError, TargetError, TargetRefused, TargetUnknown
from reconciler.model.hierarchy import GroupRecord
from reconciler.sandbox import SWITCHES, run_sandbox
from reconciler.target.connect import open_rescue
from reconciler.target.record_wire import parse_group
from reconciler.target.rescue_reader import RescueReader
from reconciler.target.rescue_writer import RescueWriter

from .conftest import TOKEN, Reply
from .wire_text import STYLES, Style, group_fields, written_answer

DESK = GroupRecord(
    31,
    "Help: Desk",
    "desk of EMEA [entra-group:8d2f:x@1]",
    "techniciangroup",
    ("RemoteControl", "SomethingNew", "ChatSuppression"),
    ("SendFile",),
    True,
)
PLAIN = GroupRecord(7, "", "", "techniciangroup", (), (), False)


@pytest.fixture
def reader(client):
    return RescueReader(client)


@pytest.fixture
def writer(client):
    return RescueWriter(client)


def payload(record, style, **more):
    text = written_answer(group_fields(record, style, **more), style).decode("utf-8-sig").lstrip()
    return text.removeprefix("OK")


@pytest.mark.parametrize("end", [",", "", ", "])
@pytest.mark.parametrize("record", [DESK, PLAIN, DESK._replace(permissions=(), description="PERMISSIONS: none, TYPE")])
def test_every_layout_gives_the_same_group(record, end):
    for style in STYLES:
        if style.one_line and not record.name:
            continue  # an empty name before a key on one line is the next test's
        assert parse_group(payload(record, style, end=end)) == record, style


def test_a_group_without_name_on_one_line():
    assert parse_group(payload(PLAIN, Style(one_line=True, blank=" "))) == PLAIN
    assert parse_group(payload(PLAIN, Style(one_line=True))) == PLAIN


@pytest.mark.parametrize(
    "key", ["NODEID", "NAME", "DESCRIPTION", "TYPE", "PERMISSIONS", "LOCKEDPERMISSIONS", "ISENABLED"]
)
@pytest.mark.parametrize("style", [Style(), Style(one_line=True, blank=" ")])
def test_a_group_without_one_of_its_keys_is_refused(key, style):
    fields = [field for field in group_fields(DESK, style) if field[0] != key]
    with pytest.raises(TargetError):
        parse_group(written_answer(fields, style).decode().removeprefix("OK"))


def test_unknown_fields_behind_are_passed_over():
    assert parse_group(payload(DESK, Style(tail=(("PARENT", "30"),)))) == DESK


# --- reading --------------------------------------------------------------------------------------------------------


def test_a_group_is_one_call(rescue, reader):
    rescue.answers("getGroup_v2", written_answer(group_fields(DESK, Style())))
    assert reader.fetch_group(31) == DESK
    assert [request.form for request in rescue.requests] == [{"authcode": TOKEN, "node": "31"}]


def test_without_the_second_version_the_first_is_asked(rescue, reader):
    rescue.answers("getGroup_v2", Reply(b"<html>", 404))
    rescue.answers("getGroup", written_answer(group_fields(DESK, Style(), version=1)))
    assert reader.fetch_group(31) == reader.fetch_group(31) == DESK
    assert rescue.called() == ["getGroup_v2", "getGroup", "getGroup"]


def test_no_such_group_is_none_and_another_groups_answer_an_error(rescue, reader):
    rescue.answers("getGroup_v2", "INVALIDPARAM_NODE")
    assert reader.fetch_group(5) is None
    rescue.answers("getGroup_v2", written_answer(group_fields(DESK, Style())))
    with pytest.raises(TargetError, match="node 31"):
        reader.fetch_group(5)
    rescue.answers("getGroup_v2", "INVALID_MOVE")
    with pytest.raises(TargetRefused):
        reader.fetch_group(5)


# --- writing --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", ["OK 337370", "OK\n\n337370", "OK\n\nNODEID:337370", "OK\r\n\r\nNODEID: 337370\r\n"])
def test_the_new_groups_id(rescue, writer, body):
    rescue.answers("createGroup", body)
    assert writer.perform_create_group(30) == 337370
    assert rescue.requests[0].form == {"authcode": TOKEN, "parent": "30"}


@pytest.mark.parametrize("body", ["OK", "ERROR"])
def test_a_creation_that_tells_no_id_is_unknown_and_never_repeated(rescue, writer, body):
    rescue.answers("createGroup", body)
    with pytest.raises(TargetUnknown):
        writer.perform_create_group(30)
    assert rescue.called() == ["createGroup"]


@pytest.mark.parametrize(
    ("body", "error"),
    [(Reply(b"", 429), TargetUnknown), (Reply(b"", 503), TargetUnknown), ("POLLRATEEXCEEDED", TargetRefused),
     ("INVALIDPARAM_PARENT", TargetRefused), ("NOTLOGGEDIN", CredentialsError)],
)  # fmt: skip
def test_a_creation_is_sent_once_whatever_comes(rescue, writer, body, error):
    rescue.answers("createGroup", body)
    with pytest.raises(error):
        writer.perform_create_group(30)
    assert rescue.called() == ["createGroup"]


def test_name_status_marker_and_permissions_go_and_limits_do_not(rescue, writer):
    rescue.answers("setGroup_v2", "OK")
    writer.perform_set_group(DESK)
    assert rescue.requests[0].form == {
        "authcode": TOKEN,
        "node": "31",
        "name": "Help: Desk",
        "status": "Enabled",
        "description": DESK.description,
        "permission": "RemoteControl,SomethingNew,ChatSuppression",
        "lockedpermission": "SendFile",
    }


def test_set_group_without_its_second_version(rescue, writer):
    rescue.answers("setGroup_v2", Reply(b"<html>", 404))
    rescue.answers("setGroup", "OK")
    writer.perform_set_group(DESK)
    writer.perform_set_group(PLAIN)
    assert rescue.called() == ["setGroup_v2", "setGroup", "setGroup"]
    assert rescue.requests[2].form["permission"] == ""
    rescue.answers("setGroup", Reply(b"<html>", 404))
    with pytest.raises(TargetRefused):
        writer.perform_set_group(DESK)


# --- against the embedded Rescue ------------------------------------------------------------------------------------

LAYOUTS = ("newline", "bom", "colon", "list_end", "ok_layout", "create_layout", "user_layout", "permissions_end",
           "group_v2", "blank_group_name", "blank_group_status", "omitted_permission")  # fmt: skip


@pytest.mark.parametrize("seed", range(12))
def test_a_group_is_made_in_every_mixture_of_layouts(time_, seed):
    dice = random.Random(seed)  # noqa: S311
    with run_sandbox() as box:
        for name in LAYOUTS:
            box.state.set_switch(name, dice.choice(SWITCHES[name].values or ("", "New group")))
        parent = box.state.add_node(
            box.state.node_by_path("")["id"], "TechnicianGroup", name="G: 1", permissions="RemoteControl, Newest",
            locked="SendFile",
        )  # fmt: skip
        opened = open_rescue(box.environment(), "us", None, sleep=time_.sleep, clock=time_.clock)
        with opened.channel:
            above = opened.reader.fetch_group(parent)
            assert (above.permissions, above.locked) == (("RemoteControl", "Newest"), ("SendFile",))
            made = opened.writer.perform_create_group(parent)
            wanted = GroupRecord(made, "Ü: Night", "[entra-group:8d2f:x@1]", above.type, *above[4:6], True)
            opened.writer.perform_set_group(wanted)
            assert opened.reader.fetch_group(made) == wanted
            assert opened.reader.fetch_tree().nodes[made].parent == parent
