"""People by UPN or object id, whatever groups they are in: shown whole, or with the reason why not (graph.md §1.4)."""

import pytest
import yaml

from reconciler.model.directory import NoPerson, Person
from reconciler.sandbox import parse_scenario, run_sandbox
from reconciler.source.clouds import graph_base_url
from reconciler.source.credentials import make_token_source
from reconciler.source.entra_reader import EntraReader
from reconciler.source.graph_client import GraphClient
from reconciler.transport import Channel


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("ann@contoso.example", "/users/ann@contoso.example?"),
        ("x_y.example#EXT#@contoso.example", "/users/x_y.example%23EXT%23@contoso.example?"),
        ("o'hara@contoso.example", "/users/o%27hara@contoso.example?"),
        ("$o'hara@contoso.example", "/users('$o%27%27hara@contoso.example')?"),
        ("a/b?c@contoso.example", "/users/a%2Fb%3Fc@contoso.example?"),
    ],
)
def test_the_path_says_exactly_this_name(graph, reader, name, path):
    reader.fetch_people([name])
    (asked,) = {item.url for item in graph.items}
    assert asked.startswith(path)
    assert asked.endswith("$select=id,displayName,userPrincipalName,mail,accountEnabled,userType")


NAMES = {
    "plain": "ann@contoso.example",
    "guest": "x_y.example#EXT#@contoso.example",
    "quote": "o'hara@contoso.example",
    "dollar": "$o'hara@contoso.example",
}


def test_the_sandbox_knows_every_spelling(clock):
    people = {key: {"name": key, "upn": upn, "mail": None, "guest": key == "guest"} for key, upn in NAMES.items()}
    scenario = yaml.safe_dump(
        {
            "tenant": {"id": "8d2f4c1e-0000-4000-8000-2b7f3d9a1c55"},
            "people": people,
            "rescue": {
                "account_id": 1,
                "token_owner": "s@x.example",
                "master_administrators": [{"name": "S", "email": "s@x.example", "password": "Sync-Pw-2026"}],
            },
        }
    )
    with run_sandbox(parse_scenario(scenario)) as box:
        environ = box.environment()
        ids = {person["upn"]: person["id"] for person in box.state.people()}
        channel = Channel(graph_base_url(environ, "global"), service="Graph", sleep=clock.sleep, clock=clock)
        tokens = make_token_source(environ, tenant_id=environ["AZURE_TENANT_ID"], cloud="global")
        reader = EntraReader(
            GraphClient(channel, tokens, sleep=clock.sleep, clock=clock), tenant_id=environ["AZURE_TENANT_ID"]
        )
        found = reader.fetch_people([*NAMES.values(), *ids.values(), "nobody@contoso.example"])
        channel.close()
    assert found.pop("nobody@contoso.example").gone
    for key, upn in NAMES.items():
        whole = Person(ids[upn], key, upn, None, True, key == "guest")
        assert found[upn] == found[ids[upn]] == whole


def test_by_id_and_by_UPN_with_what_a_member_row_has(graph, reader, tools):
    row = graph.users[tools.guid(1)] = tools.user_row(1)
    found = reader.fetch_people([tools.guid(1)])
    assert found[tools.guid(1)].upn == row["userPrincipalName"]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"accountEnabled": None}, "Entra did not show them whole"),
        ({"userPrincipalName": None}, "Entra did not show them whole"),
        ({"id": None}, "Graph answered with something that is not a user"),
        (
            {"id": "ffffffff-0000-4000-8000-2b7f3d9a1c55", "userPrincipalName": "b@x"},
            "Graph answered with another person",
        ),
    ],
)
def test_what_is_not_whole_is_nobody_and_not_gone(graph, reader, tools, said, why):
    graph.users[tools.guid(1)] = tools.user_row(1) | said
    answer = reader.fetch_people([tools.guid(1)])[tools.guid(1)]
    assert isinstance(answer, NoPerson)
    assert answer.why.startswith(why)
    assert not answer.gone


@pytest.mark.parametrize(
    "answer", [(404, "ResourceNotFound"), (403, "Authorization_RequestDenied"), (500, ""), (400, "x")]
)
def test_only_graphs_own_404_is_gone(graph, reader, tools, answer):
    graph.fault = lambda _: tools.refusal(*answer)
    found = reader.fetch_people([tools.guid(1)])[tools.guid(1)]
    assert isinstance(found, NoPerson)
    assert not found.gone
    graph.fault = lambda _: tools.refusal(404, "Request_ResourceNotFound")
    assert reader.fetch_people([tools.guid(1)])[tools.guid(1)].gone
