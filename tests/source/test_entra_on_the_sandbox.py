"""The reader against the embedded sandbox, which was written apart from it and shares no code with it."""

import json

import pytest
import trustme

from reconciler.errors import CredentialsError, SourceError
from reconciler.model.directory import Account, Group, UnreadGroup
from reconciler.sandbox import run_sandbox, sample_scenario
from reconciler.source.clouds import graph_base_url
from reconciler.source.credentials import make_token_source
from reconciler.source.entra_reader import EntraReader
from reconciler.source.graph_client import GraphClient
from reconciler.transport import Channel

HELPDESK = "Helpdesk EMEA"
WORKS_COUNCIL = "Works Council"


@pytest.fixture
def box():
    with run_sandbox(sample_scenario()) as running:
        yield running


@pytest.fixture
def open_reader(clock):
    """A reader for an environment, as the commands put one together."""
    channels = []

    def run(environ, cloud="global"):
        channel = Channel(
            graph_base_url(environ, cloud), service="Microsoft Graph (GRAPH_BASE_URL)", sleep=clock.sleep, clock=clock
        )
        channels.append(channel)
        tenant = environ["AZURE_TENANT_ID"]
        tokens = make_token_source(environ, tenant_id=tenant, cloud=cloud)
        return EntraReader(GraphClient(channel, tokens, sleep=clock.sleep, clock=clock), tenant_id=tenant)

    yield run
    for channel in channels:
        channel.close()


@pytest.fixture
def reader(box, open_reader):
    return open_reader(box.environment())


def ids_of(box, *names):
    known = {group["name"]: group["id"] for group in box.state.groups()}
    return [known[name] for name in names]


def users_of(box, group_id):
    people = {person["id"] for person in box.state.people()}
    return {member for member in box.state.members(group_id) if member in people}


def test_the_sample_account_is_read_whole(box, reader, tools):
    names = [group["name"] for group in box.state.groups()]
    wanted = [(id_, None) for id_ in ids_of(box, *names)]
    directory = reader.fetch_directory(tools.mappings(*wanted))
    assert directory.tenant_confirmed is True
    for (id_, _), group in zip(wanted, directory.groups.values(), strict=True):
        if isinstance(group, UnreadGroup):
            assert (group.name, group.hidden) == (WORKS_COUNCIL, True)
        else:
            assert {person.id for person in group.members} == users_of(box, id_)
    assert sum(isinstance(group, Group) for group in directory.groups.values()) == len(names) - 1


def test_names_lead_to_the_same_groups(box, reader, tools):
    (id_,) = ids_of(box, HELPDESK)
    groups = reader.fetch_directory(tools.mappings((id_, None), (None, HELPDESK), (None, HELPDESK.upper()))).groups
    assert groups["m0"] == groups["m1"]
    assert groups["m2"].id is None


@pytest.mark.parametrize(
    "switches", [{"last_page": "extra_empty"}, {"empty_middle_page": "yes"}, {"batch_order": "reversed"}]
)
def test_the_ways_to_page_and_to_order_make_no_difference(box, reader, tools, switches):
    (id_,) = ids_of(box, HELPDESK)
    calm = reader.fetch_group(id_)
    for name, value in switches.items():
        box.state.set_switch(name, value)
    assert reader.fetch_group(id_) == calm


def test_a_throttled_sandbox_is_read_all_the_same(box, reader, tools, clock):
    (id_,) = ids_of(box, HELPDESK)
    calm = reader.fetch_group(id_)
    box.state.add_fault(side="graph", item="/members", effect="status", status=429, retry_after=7, nth=1)
    box.state.add_fault(side="graph", method="batch", effect="status", status=503, retry_after=2, nth=2)
    assert reader.fetch_group(id_) == calm
    assert clock.slept == [7, 2]


def test_a_page_token_that_expires_once_is_survived(box, reader):
    (id_,) = ids_of(box, HELPDESK)
    calm = reader.fetch_group(id_)
    box.state.set_switch("last_page", "extra_empty")
    box.state.add_fault(side="graph", item="skiptoken", effect="expired_token", nth=1)
    assert reader.fetch_group(id_) == calm


@pytest.mark.parametrize("effect", ["drop_before", "drop_after", "error_after", "truncate", "html"])
def test_a_batch_that_is_lost_on_the_way(box, reader, tools, effect):
    (id_,) = ids_of(box, HELPDESK)
    calm = reader.fetch_group(id_)
    options = {"length": "lying"} if effect == "truncate" else {}
    box.state.add_fault(side="graph", method="batch", effect=effect, nth=1, **options)
    again = reader.fetch_group(id_)
    assert again == calm if effect != "html" else isinstance(again, UnreadGroup)


@pytest.mark.parametrize("fault", [{"effect": "error_before"}, {"effect": "html"}, {"effect": "status", "status": 403}])
def test_a_group_whose_members_cannot_be_read_is_frozen_alone(box, reader, tools, fault):
    helpdesk, finance = ids_of(box, HELPDESK, "Finance")
    box.state.add_fault(side="graph", item=f"{finance}/members", **fault)
    groups = reader.fetch_directory(tools.mappings((helpdesk, None), (finance, None))).groups
    assert isinstance(groups["m0"], Group)
    assert isinstance(groups["m1"], UnreadGroup)


@pytest.mark.parametrize(
    ("roles", "outcome"),
    [
        ((), "raises"),
        (("GroupMember.Read.All",), "freezes"),
        (("GroupMember.Read.All", "User.ReadBasic.All"), "freezes"),
        (("GroupMember.Read.All", "User.Read.All", "Member.Read.Hidden"), "reads"),
    ],
)
def test_permissions_decide(box, open_reader, tools, roles, outcome):
    (hidden,) = ids_of(box, WORKS_COUNCIL)
    box.state.set_roles(*roles)
    reader = open_reader(box.environment())
    if outcome == "reads":
        assert {person.id for person in reader.fetch_group(hidden).members} == users_of(box, hidden)
        return
    wanted = tools.mappings(*((id_, None) for id_ in ids_of(box, HELPDESK, "Finance")))
    if outcome == "freezes":
        for group in reader.fetch_directory(wanted).groups.values():
            assert isinstance(group, UnreadGroup)
            assert "User.Read.All" in group.why
        return
    with pytest.raises(SourceError):
        reader.fetch_directory(wanted)


def test_people_by_object_id(box, reader):
    (helpdesk,) = ids_of(box, HELPDESK)
    stays, goes, off = sorted(users_of(box, helpdesk))[:3]
    box.state.delete_person(goes)
    box.state.set_person(off, enabled=False)
    found = reader.fetch_whereabouts([stays, goes, off], groups_for=[stays])
    assert [found[id_].account for id_ in (stays, goes, off)] == [Account.ENABLED, Account.GONE, Account.DISABLED]
    assert helpdesk in found[stays].groups
    addresses = reader.fetch_addresses([stays, goes])
    assert addresses[goes] is None
    assert box.state.person(stays)["upn"] in addresses[stays]


def test_a_secret_gets_its_token_from_the_sandbox_over_tls(open_reader, tools, monkeypatch, tmp_path):
    ca = trustme.CA()
    chain = ca.issue_cert("127.0.0.1", "localhost")
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    chain.cert_chain_pems[0].write_to_path(str(tmp_path / "cert.pem"))
    chain.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    tls = (str(tmp_path / "cert.pem"), str(tmp_path / "key.pem"))
    with run_sandbox(sample_scenario(), tls=tls) as box:
        environ = box.environment() | box.authority() | {"REQUESTS_CA_BUNDLE": str(tmp_path / "ca.pem")}
        del environ["GRAPH_ACCESS_TOKEN"]
        (id_,) = ids_of(box, HELPDESK)
        assert isinstance(open_reader(environ).fetch_group(id_), Group)
        with pytest.raises(CredentialsError, match="AADSTS7000215"):
            open_reader(environ | {"AZURE_CLIENT_SECRET": "wrong"}).fetch_group(id_)
        assert "wrong" not in json.dumps(box.requests())
