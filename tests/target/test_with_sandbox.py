"""Reader and writer against the embedded Rescue, which was written by another hand, in many mixtures of its layouts."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from reconciler.errors import CredentialsError, TargetError, TargetRefused, TargetUnknown
from reconciler.model.hierarchy import Node, Tree
from reconciler.sandbox import SWITCHES, Sandbox, run_sandbox
from reconciler.target.connect import Rescue, open_rescue

from .conftest import PASSWORD, Time

LAYOUT_SWITCHES = (
    "newline", "bom", "colon", "list_end", "ok_layout", "create_layout", "user_layout", "tree_layout", "content_type",
    "type_spelling", "rpat_field", "extra_fields", "record_order", "set_user_v2", "move_spelling", "omitted_optional",
    "empty_optional", "email_lookup", "blank_status",
)  # fmt: skip
HOSTILE = "Phone: 1, TYPE: x\nSTATUS:Disabled\n\nStatus:Disabled\nType:Root\n[entra:8d2f:x@1#2]"


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with run_sandbox() as box:
        yield box


@pytest.fixture
def opened(box: Sandbox, time_: Time) -> Iterator[Rescue]:
    with box.state.transaction():
        for name in SWITCHES:
            box.state.set_switch(name, SWITCHES[name].default)
        box.state.clear_faults()
        box.state.clear_requests()
    found = open_rescue(box.environment(), "us", None, sleep=time_.sleep, clock=time_.clock)
    with found.channel:
        yield found


@pytest.fixture
def group(box: Sandbox) -> int:
    """A new technician group with one person in it, whose description is hostile."""
    group = box.state.add_node(box.state.node_by_path("")["id"], "TechnicianGroup", name="G: 1")
    login = f"hostile{group}@contoso.example"
    box.state.add_node(group, "Technician", name="Name: x", email=login, description=HOSTILE, sso_id=f"sso{group}")
    return group


def same(box: Sandbox, text: str) -> str:
    """A text as the wire can carry it: its line breaks are those of the answer."""
    return text.replace("\n", "\r\n") if box.state.switch("newline") == "crlf" else text


def check_tree(box: Sandbox, tree: Tree) -> None:
    """Every node as the sandbox keeps it."""
    wanted = {
        row["id"]: Node(
            row["id"], row["parent"] if row["type"] != "Root" else None, row["name"], row["email"],
            same(box, row["description"]), row["status"], row["type"].lower(),
        )
        for row in box.state.nodes()
    }  # fmt: skip
    assert tree.nodes == wanted


def mixtures(count: int) -> list[dict[str, str]]:
    """Each value of each switch several times, in company that changes; always the same ones."""
    dice = random.Random(7)  # noqa: S311
    columns = {}
    for name in LAYOUT_SWITCHES:
        values = SWITCHES[name].values
        column = [values[n % len(values)] for n in range(count)]
        dice.shuffle(column)
        columns[name] = column
    return [{name: columns[name][n] for name in LAYOUT_SWITCHES} for n in range(count)]


@pytest.mark.parametrize("number", range(24))
def test_every_mixture_of_layouts_reads_and_writes_the_same(box, opened, group, number):
    switches = mixtures(24)[number]
    with box.state.transaction():
        for name, value in switches.items():
            box.state.set_switch(name, value)
    reader, writer, _ = opened
    tree = reader.fetch_tree()
    check_tree(box, tree)
    caller = reader.fetch_caller(tree)
    assert (caller.account_id, caller.details.type) == (1234567, "masteradministrator")

    person = next(node.id for node in tree.nodes.values() if node.parent == group)
    found = reader.fetch_details([person, group, 1])
    details = found[person]
    assert found[group] is found[1] is None
    assert details is not None
    assert (details.name, details.description, details.sso_id) == ("Name: x", same(box, HOSTILE), f"sso{group}")
    assert (details.rpat is None) == (switches["rpat_field"] == "nowhere")
    assert reader.find_login(details.login.upper()) == details._replace(
        rpat=None if switches["rpat_field"] == "nowhere" else details.rpat
    )
    assert reader.find_login(f"nobody{group}@contoso.example") is None

    new = writer.perform_create(group)
    made = reader.fetch_details([new])[new]
    assert made is not None
    record = made._replace(
        name="Zoë: Ω", nick="Z", login=f"zoe{new}@contoso.example", sso_id=f"zoe{new}", mobile=False, status="Enabled",
        description="[entra:8d2f:y@1#2] TYPE: Technician",
    )  # fmt: skip
    writer.perform_set(record, "Gh5!kL9#pQ2$")
    again = reader.fetch_details([new])[new]
    assert again is not None
    assert again._replace(status="Enabled") == record
    assert box.state.password_is(new, "Gh5!kL9#pQ2$")
    writer.perform_move(new, _other_group(tree, group))
    moved = reader.fetch_tree()
    check_tree(box, moved)
    assert moved.nodes[new].parent == _other_group(tree, group)
    # Written as read, nothing changes.
    before = box.state.snapshot()
    writer.perform_set(again)
    assert box.state.snapshot() == before


def _other_group(tree: Tree, group: int) -> int:
    return next(node.id for node in tree.nodes.values() if node.type == "techniciangroup" and node.id != group)


def test_nothing_secret_is_in_any_address(box, opened):
    opened.reader.fetch_caller(opened.reader.fetch_tree())
    assert box.requests()
    assert {(entry["method"], entry["parameters"]["authcode"]) for entry in box.requests()} == {("POST", "***")}
    assert not [entry for entry in box.requests() if "?" in entry["path"]]


@pytest.mark.parametrize("length", ["honest", "none", "lying"])
@pytest.mark.parametrize("tree_layout", ["lines", "one_line"])
def test_a_cut_tree_is_refused_or_a_part_of_the_truth(box, opened, length, tree_layout):
    """test_tree.py says exactly which part may pass: one that ends like a whole answer, its last type perhaps cut."""
    box.state.set_switch("tree_layout", tree_layout)
    whole = opened.reader.fetch_tree().nodes
    refused = 0
    for keep in [n / 16 for n in range(1, 16)]:
        box.state.clear_faults()
        box.state.add_fault(side="rescue", method="getHierarchy*", effect="truncate", keep=keep, length=length)
        try:
            part = opened.reader.fetch_tree().nodes
        except TargetError:
            refused += 1
        else:
            assert length != "lying"
            assert len(part) < len(whole)
            assert [node.id for node in part.values() if node[:6] != whole[node.id][:6]] == []
            assert len([node.id for node in part.values() if node.type != whole[node.id].type]) <= 1
    assert refused >= 10
    box.state.clear_faults()
    assert opened.reader.fetch_tree().nodes == whole


@pytest.mark.parametrize(
    ("fault", "error", "made"),
    [
        ({"effect": "drop_before"}, TargetUnknown, 0),
        ({"effect": "drop_after"}, TargetUnknown, 1),
        ({"effect": "error_before"}, TargetUnknown, 0),
        ({"effect": "error_after"}, TargetUnknown, 1),
        ({"effect": "html"}, TargetUnknown, 0),
        ({"effect": "html", "after": True}, TargetUnknown, 1),
        ({"effect": "status", "status": 503}, TargetUnknown, 0),
        ({"effect": "status", "status": 429, "retry_after": 5}, TargetUnknown, 0),
        ({"effect": "token", "token": "INVALIDPARAM_PARENT"}, TargetRefused, 0),
        ({"effect": "token", "token": "USER_DELETED_OR_DISABLED"}, CredentialsError, 0),
        ({"effect": "redirect", "location": "https://elsewhere.example/"}, TargetUnknown, 0),
    ],
)
def test_a_creation_happens_at_most_once_and_is_never_reported_as_refused_when_it_did(
    box, opened, group, fault, error, made
):
    box.state.add_fault(side="rescue", method="createUser", **fault)
    before = len(box.state.nodes())
    with pytest.raises(error):
        opened.writer.perform_create(group)
    assert len(box.state.nodes()) == before + made


def test_reads_survive_passing_faults(box, opened):
    for nth, fault in enumerate(
        (
            {"effect": "error_before"},
            {"effect": "status", "status": 429, "retry_after": 7},
            {"effect": "status", "status": 503},
            {"effect": "drop_before"},
            {"effect": "error_before"},
        ),
        1,
    ):
        box.state.add_fault(side="rescue", method="getHierarchy*", nth=nth, **fault)
    check_tree(box, opened.reader.fetch_tree())


def test_a_throttled_write_waits_as_told(box, opened, group, time_):
    person = next(row["id"] for row in box.state.nodes() if row["parent"] == group)
    details = opened.reader.fetch_details([person])[person]
    box.state.add_fault(side="rescue", method="setUser*", nth=1, effect="status", status=429, retry_after=9)
    opened.writer.perform_set(details._replace(name="Other"))
    assert box.state.node(person)["name"] == "Other"
    assert sum(time_.naps) == pytest.approx(9)


@pytest.fixture
def by_password(box: Sandbox, opened: Rescue, time_: Time) -> Iterator[Rescue]:
    """As the master administrator of the sample, by e-mail and password."""
    login = "rescue-sync@contoso.example"
    box.state.set_node(box.state.node_by_login(login, "admin")["id"], password=PASSWORD)
    environ = {
        "RESCUE_BASE_URL": box.environment()["RESCUE_BASE_URL"] + "/",
        "RESCUE_EMAIL": login,
        "RESCUE_PASSWORD": PASSWORD,
    }
    found = open_rescue(environ, "us", None, sleep=time_.sleep, clock=time_.clock)
    with found.channel:
        yield found


def test_by_password_the_session_lasts(box, by_password):
    tree = by_password.reader.fetch_tree()
    assert by_password.reader.fetch_caller(tree).login == "rescue-sync@contoso.example"
    box.state.execute("UPDATE secrets SET seen = 0 WHERE kind = 'session'")
    assert len(by_password.reader.fetch_tree()) == len(tree)


@pytest.mark.parametrize("denied_answer", ["ERROR", "INVALID"])
def test_where_signing_in_is_denied(box, by_password, denied_answer):
    box.state.set_switch("deny_login", "yes")
    box.state.set_switch("denied_answer", denied_answer)
    if denied_answer == "ERROR":
        assert len(by_password.reader.fetch_tree()) == len(box.state.nodes())
    else:
        with pytest.raises(CredentialsError, match="refused"):
            by_password.reader.fetch_tree()


def test_where_everything_is_denied(box, by_password):
    box.state.set_switch("deny_login", "yes")
    box.state.set_switch("deny_request_auth_code", "yes")
    with pytest.raises(CredentialsError) as raised:
        by_password.reader.fetch_tree()
    assert "RESCUE_API_TOKEN" in raised.value.advice


def test_a_replaced_token_is_about_us(box, opened):
    box.state.new_api_token()
    with pytest.raises(CredentialsError, match="INVALID_SECRETAUTHCODE"):
        opened.reader.fetch_tree()
