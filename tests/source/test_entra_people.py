"""Where people are who are in no group read: only a clear answer counts (D8), and all their addresses (D5)."""

from types import SimpleNamespace

import pytest

from reconciler.model.directory import Account, Whereabouts


@pytest.fixture
def people(graph, tools):
    for number in range(3):
        graph.users[tools.guid(number)] = tools.user_row(number, proxyAddresses=[])
    graph.users[tools.guid(1)]["accountEnabled"] = False
    graph.member_groups[tools.guid(0)] = [tools.guid(70).upper(), tools.guid(71)]
    return [tools.guid(number) for number in range(3)]


def test_accounts_and_groups(graph, reader, tools, people):
    gone = tools.guid(9)
    found = reader.fetch_whereabouts([*people, gone], groups_for=[people[0], people[1], gone])
    assert found == {
        people[0]: Whereabouts(Account.ENABLED, frozenset({tools.guid(70), tools.guid(71)})),
        people[1]: Whereabouts(Account.DISABLED, frozenset()),
        people[2]: Whereabouts(Account.ENABLED, None),
        gone: Whereabouts(Account.GONE, None),
    }
    assert len(graph.requests) == 1


def test_asking_about_nobody_asks_nothing(graph, reader):
    assert reader.fetch_whereabouts([], groups_for=[]) == {}
    assert reader.fetch_addresses([]) == {}
    assert graph.requests == []


def test_forty_people_are_four_requests(graph, reader, tools):
    ids = [tools.guid(number) for number in range(40)]
    assert len(reader.fetch_whereabouts(ids, groups_for=ids)) == 40
    assert len(graph.requests) == 4


@pytest.mark.parametrize(
    "answer",
    [
        (404, "ResourceNotFound"),
        (404, ""),
        (403, "Authorization_RequestDenied"),
        (401, "x"),
        (500, ""),
        (400, "x"),
        (410, ""),
    ],
)
def test_only_graphs_own_404_is_gone(graph, reader, tools, people, answer):
    graph.fault = lambda item: tools.refusal(*answer) if people[0] in item.url else None
    assert reader.fetch_whereabouts(people[:2], groups_for=people[:1])[people[0]] == Whereabouts(Account.UNKNOWN, None)


@pytest.mark.parametrize(
    "body",
    [
        None,
        {},
        {"id": "ID"},
        {"id": "ID", "accountEnabled": None},
        {"accountEnabled": True},
        {"id": "ID", "accountEnabled": "false"},
        {"id": "someone else", "accountEnabled": True},
    ],
)
def test_an_unclear_account_is_unknown(graph, reader, people, body):
    told = {**body, "id": people[0]} if body and body.get("id") == "ID" else body
    graph.fault = lambda _: SimpleNamespace(status=200, headers={}, body=told)
    assert reader.fetch_whereabouts(people[:1], groups_for=[])[people[0]].account is Account.UNKNOWN


@pytest.mark.parametrize("body", [None, {}, {"value": None}, {"value": [None]}, {"value": [], "@odata.nextLink": "x"}])
def test_an_unclear_list_of_groups_is_none(graph, reader, people, body):
    graph.fault = lambda item: SimpleNamespace(status=200, headers={}, body=body) if item.method == "POST" else None
    assert reader.fetch_whereabouts(people[:1], groups_for=people[:1])[people[0]] == Whereabouts(Account.ENABLED, None)


def test_too_many_groups_is_none(graph, reader, tools, people):
    graph.fault = lambda item: (
        tools.refusal(400, "Directory_ResultSizeLimitExceeded") if "getMemberGroups" in item.url else None
    )
    assert reader.fetch_whereabouts(people[:1], groups_for=people[:1])[people[0]].groups is None


def test_a_graph_that_is_down_knows_nothing(graph, reader, people):
    graph.close()
    assert set(reader.fetch_whereabouts(people, groups_for=people).values()) == {Whereabouts(Account.UNKNOWN, None)}


def test_addresses_are_mail_upn_and_smtp_proxies(graph, reader, people):
    graph.users[people[0]] |= {
        "mail": "Mail@x.example",
        "proxyAddresses": ["SMTP:Main@x.example", "smtp:alias@x.example", "Smtp:", "SIP:talk@x.example", "x500:/o=x"],
    }
    graph.users[people[1]]["mail"] = None
    assert reader.fetch_addresses(people[:2]) == {
        people[0]: frozenset({"Mail@x.example", "p0@contoso.example", "Main@x.example", "alias@x.example"}),
        people[1]: frozenset({"p1@contoso.example"}),
    }


@pytest.mark.parametrize(
    "change",
    [{"proxyAddresses": None}, {"proxyAddresses": [7]}, {"userPrincipalName": None}, {"mail": 7}, {"id": "other"}],
)
def test_addresses_that_cannot_be_read_are_none(graph, reader, people, change):
    graph.users[people[0]] |= change
    assert reader.fetch_addresses([*people[:2], "gone"]) == {
        people[0]: None,
        people[1]: frozenset({"p1@contoso.example"}),
        "gone": None,
    }


def test_progress_is_told(make_client, people, tools):
    from reconciler.source.entra_reader import EntraReader

    calls = []
    reader = EntraReader(make_client(), tenant_id=None, progress=lambda *call: calls.append(call))
    reader.fetch_whereabouts(people, groups_for=people)
    reader.fetch_addresses(people)
    told = ["asking Entra about people"] * 3 + ["asking Entra for addresses"] * 3
    assert calls == [(what, n, 3) for what, n in zip(told, (1, 2, 3) * 2, strict=True)]
