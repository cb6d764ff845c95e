"""One call, one batch: what is asked again, what is an error, and that nothing unclear becomes an empty answer."""

import json
import re
import threading
from types import SimpleNamespace

import pytest

from reconciler.errors import CredentialsError, SourceError
from reconciler.source.credentials import TokenSource
from reconciler.source.graph_batch import BatchAnswer, BatchItem, make_envelope, read_envelope
from reconciler.source.graph_client import GraphClient, GraphError
from reconciler.source.listing import Listing
from reconciler.transport import Channel


def html(status=200):
    return SimpleNamespace(status=status, headers={"Content-Type": "text/html"}, body=b"<html>sign in</html>")


def items(count):
    return [BatchItem(f"key {number}", f"/groups/g{number}?$select=id") for number in range(count)]


@pytest.fixture
def plain(graph):
    """Every /groups/gN exists."""
    for number in range(100):
        graph.groups[f"g{number}"] = {"id": f"g{number}", "displayName": f"Group {number}"}
    return graph


RUN = "0f6c9d7e-0000-4000-8000-00000000c0de"


def test_every_request_and_every_item_carries_the_run_and_the_log_names_graphs_own_id(plain, caplog):
    caplog.set_level("DEBUG", logger="reconciler.source.graph_client")
    plain.outer = lambda request: (
        None if request.url.endswith("$batch") else SimpleNamespace(status=200, headers={"request-id": "r-1"}, body={})
    )
    with Channel(plain.url, service="Graph") as channel:
        client = GraphClient(channel, TokenSource(lambda _: "t", renewable=False), run=RUN)
        client.get("/groups/g1?$select=id")
        client.batch(items(3))
    assert {request.headers["client-request-id"] for request in plain.requests} == {RUN}
    sent = json.loads(plain.requests[-1].body)["requests"]
    assert [item["headers"] for item in sent] == [{"client-request-id": RUN}] * 3
    assert "GET /groups/g1: 200, Graph's request-id r-1" in caplog.text


# get


def test_get_gives_the_object_and_sends_what_graph_wants(plain, make_client):
    client = make_client("token-one")
    assert client.get("/groups/g1?$select=id") == {"id": "g1"}
    client.get("/groups/g1?$select=id")
    first, second = plain.requests
    assert first.headers["Authorization"] == "Bearer token-one"
    assert re.fullmatch(r"[0-9a-f-]{36}", first.headers["client-request-id"])
    assert first.headers["client-request-id"] == second.headers["client-request-id"]
    assert "ConsistencyLevel" not in first.headers


@pytest.mark.parametrize(
    "answer",
    [html(), *(SimpleNamespace(status=200, headers={}, body=body) for body in (b"", [1], b'{"a":' * 100_000))],
    ids=["html", "empty", "array", "deep"],
)
def test_what_is_not_a_json_object_is_an_error(graph, make_client, answer):
    graph.outer = lambda _: answer
    with pytest.raises(GraphError, match="not JSON as expected"):
        make_client().get("/groups/g1?$select=id")


def test_a_refusal_carries_status_and_code(graph, make_client):
    with pytest.raises(GraphError) as caught:
        make_client().get("/groups/none?$select=id")
    assert (caught.value.status, caught.value.code) == (404, "Request_ResourceNotFound")
    assert "words nobody" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "permission"), [("/groups/g1", "GroupMember.Read.All"), ("/users/u1", "User.Read.All")]
)
def test_a_denied_permission_is_named(graph, make_client, tools, url, permission):
    graph.fault = lambda _: tools.refusal(403, "Authorization_RequestDenied")
    with pytest.raises(SourceError) as caught:
        make_client().get(url)
    assert permission in caught.value.advice


def test_an_html_error_page_keeps_its_status(graph, make_client):
    graph.outer = lambda _: html(403)
    with pytest.raises(GraphError) as caught:
        make_client().get("/users/u1")
    assert (caught.value.status, caught.value.code) == (403, "")


def test_a_401_is_answered_with_one_new_token(plain, make_client):
    plain.token = "second"
    assert make_client("first", "second").get("/groups/g1?$select=id") == {"id": "g1"}
    assert [request.headers["Authorization"] for request in plain.requests] == ["Bearer first", "Bearer second"]


def test_a_second_401_is_final(plain, make_client):
    plain.token = "never"
    with pytest.raises(CredentialsError, match="and a new one as well"):
        make_client("first", "second", "third").get("/groups/g1?$select=id")
    assert len(plain.requests) == 2


def test_a_401_with_a_ready_made_token_is_final_at_once(plain, make_client):
    plain.token = "never"
    with pytest.raises(CredentialsError, match="GRAPH_ACCESS_TOKEN"):
        make_client("first", renewable=False).get("/groups/g1?$select=id")
    assert len(plain.requests) == 1


def test_a_dead_graph_is_a_source_error(graph, make_client):
    client = make_client()
    graph.close()
    with pytest.raises(SourceError, match="nothing was sent"):
        client.get("/groups/g1")


# batch


def test_a_batch_answers_every_item_whatever_the_order(plain, make_client):
    plain.shuffle = lambda answers: list(reversed(answers))
    answers = make_client().batch(items(45))
    assert {key: answer.body for key, answer in answers.items()} == {f"key {n}": {"id": f"g{n}"} for n in range(45)}
    assert len(plain.requests) == 3


def test_two_items_with_one_key_are_a_bug(make_client):
    with pytest.raises(ValueError, match="one key"):
        make_client().batch([*items(1), *items(1)])


def test_throttled_items_are_asked_again_after_the_longest_pause(plain, make_client, clock, tools):
    seen = set()

    def fault(item):
        if item.url in seen or not re.search(r"g[135]\?", item.url):
            return None
        seen.add(item.url)
        return tools.refusal(429, "TooManyRequests", **{"Retry-After": item.url[9]})

    plain.fault = fault
    answers = make_client().batch(items(20))
    assert {answer.status for answer in answers.values()} == {200}
    assert clock.slept == [5]
    assert [len(json.loads(request.body)["requests"]) for request in plain.requests] == [20, 3]


@pytest.mark.parametrize("status", [424, 429, 500, 502, 503, 504])
def test_an_item_that_keeps_failing_is_given_up_with_its_status(plain, make_client, clock, tools, status):
    plain.fault = lambda item: tools.refusal(status, "UnknownError") if "g1?" in item.url else None
    answers = make_client().batch(items(3))
    assert [answer.status for answer in answers.values()].count(200) == 2
    assert answers["key 1"].status == status
    assert plain.asked("g1?") == 6
    assert plain.asked("g2?") == 1
    assert sum(clock.slept) < 60


def test_an_item_whose_pause_is_longer_than_the_patience_does_not_hold_the_others(plain, make_client, clock, tools):
    def fault(item):
        if "g1?" in item.url:
            return tools.refusal(429, "TooManyRequests", **{"Retry-After": "900"})
        return tools.refusal(503, "x") if "g2?" in item.url and plain.asked("g2?") == 1 else None

    plain.fault = fault
    answers = make_client().batch(items(3))
    assert [answers[f"key {n}"].status for n in range(3)] == [200, 429, 200]
    assert max(clock.slept) < 1


@pytest.mark.parametrize("status", [400, 403, 404, 501])
def test_other_statuses_are_not_asked_again(plain, make_client, tools, status):
    plain.fault = lambda _: tools.refusal(status, "Code")
    assert make_client().batch(items(1))["key 0"].status == status
    assert len(plain.requests) == 1


def test_an_item_left_out_is_asked_again_and_then_a_failure(plain, make_client):
    plain.fault = lambda item: "left out" if "g1?" in item.url else None
    answer = make_client().batch(items(2))["key 1"]
    assert (answer.status, answer.clause()) == (0, "Graph left the question unanswered in a batch")
    assert plain.asked("g1?") == 6


def test_an_item_answered_twice_is_a_failure(plain, make_client):
    plain.shuffle = lambda answers: [*answers, answers[0]]
    answers = make_client().batch(items(2))
    assert answers["key 0"].status == 0
    assert answers["key 1"].status == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"responses": None},
        {"responses": [None, "x", {"id": "1"}, {"id": "2", "status": True}]},
        {"responses": [{"id": 1, "status": "200"}, {"id": "2", "status": 7}]},
    ],
)
def test_a_malformed_envelope_gives_no_item_an_answer(body):
    assert {answer.status for answer in read_envelope(items(2), body).values()} == {0}


def test_posts_carry_their_body_and_its_type():
    sent = make_envelope([BatchItem("k", "/users/u/getMemberGroups", "POST", {"securityEnabledOnly": False})], RUN)
    assert sent == {
        "requests": [
            {
                "id": "1",
                "method": "POST",
                "url": "/users/u/getMemberGroups",
                "headers": {"client-request-id": RUN, "Content-Type": "application/json"},
                "body": {"securityEnabledOnly": False},
            }
        ]
    }


def test_an_item_with_a_401_is_asked_once_more_with_a_new_token(plain, make_client, tools):
    plain.fault = lambda _: tools.refusal(401, "InvalidAuthenticationToken") if len(plain.requests) == 1 else None
    answers = make_client("first", "second").batch(items(2))
    assert {answer.status for answer in answers.values()} == {200}
    assert [request.headers["Authorization"] for request in plain.requests] == ["Bearer first", "Bearer second"]


def test_an_item_with_two_401_keeps_it(plain, make_client, tools):
    plain.fault = lambda _: tools.refusal(401, "InvalidAuthenticationToken")
    assert make_client("first", "second").batch(items(1))["key 0"].status == 401
    assert len(plain.requests) == 2


def test_threads_refused_together_renew_the_token_once(plain, clock):
    renewals = []
    lock = threading.Lock()

    def fetch(renew):
        with lock:
            if renew:
                renewals.append(1)
            return "new" if renewals else "old"

    plain.token = "new"
    with Channel(plain.url, service="Graph", sleep=clock.sleep, clock=clock) as channel:
        client = GraphClient(channel, TokenSource(fetch, renewable=True), sleep=clock.sleep, clock=clock)
        assert {answer.status for answer in client.batch(items(100)).values()} == {200}
    assert len(renewals) == 1


def test_a_refused_token_ends_the_batch(plain, make_client):
    plain.token = "never"
    with pytest.raises(CredentialsError):
        make_client("first", "second").batch(items(50))


def test_an_envelope_that_fails_is_not_repeated_beyond_the_transport(plain, make_client, tools):
    plain.outer = lambda request: tools.refusal(503, "ServiceUnavailable") if b"/groups/g1?" in request.body else None
    client = make_client()
    client.batch([BatchItem("first", "/groups/first")])  # so that this Graph is one that answers
    answers = client.batch(items(45))
    assert {key for key, answer in answers.items() if answer.status == 503} == {f"key {n}" for n in range(20)}
    assert len(plain.requests) == 1 + 6 + 2


def test_a_graph_that_is_down_is_not_asked_for_everything(plain, make_client, tools):
    plain.outer = lambda _: tools.refusal(503, "ServiceUnavailable")
    answers = make_client().batch(items(100) + [BatchItem(f"more {n}", f"/groups/h{n}") for n in range(400)])
    assert {answer.status for answer in answers.values()} == {503}
    assert len(plain.requests) <= 4 * 6


def test_a_batch_answered_with_html_fails_every_item(plain, make_client):
    plain.outer = lambda _: html()
    answers = make_client().batch(items(3))
    assert {answer.status for answer in answers.values()} == {0}
    assert "not JSON" in answers["key 0"].clause()


# nextLinks


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("https://graph.example/v1.0/groups/x/members?$skiptoken=a%2Fb+c'!", "/groups/x/members?$skiptoken=a%2Fb+c'!"),
        ("https://GRAPH.example:443/V1.0/groups", "/groups"),
        ("https://graph.example/beta/groups", None),
        ("https://graph.example/v1.0", None),
        ("http://graph.example/v1.0/groups", None),
        ("https://graph.example:444/v1.0/groups", None),
        ("https://graph.example.evil/v1.0/groups", None),
        ("https://graph.example@evil/v1.0/groups", None),
        ("https://me@graph.example/v1.0/groups", None),
        ("https://graph.example/v1.0/gro ups", None),
        ("https://graph.example/v1.0/groups\nX: y", None),
        ("https://graph.example:port/v1.0/groups", None),
        ("/groups", None),
        ("", None),
    ],
)
def test_links_are_followed_on_the_same_root_only(link, expected):
    with Channel("https://graph.example/v1.0", service="Graph") as channel:
        client = GraphClient(channel, TokenSource(lambda _: "t", renewable=False))
        assert client.relative(link) == expected


def test_rows_reads_all_pages(graph, make_client, tools):
    group = graph.add_group(1, members=[tools.user_row(n) for n in range(7)])
    graph.page_size = 3
    rows = make_client().rows(f"/groups/{group}/members?$select=id&$top=999")
    assert [row["id"] for row in rows] == [tools.guid(n) for n in range(7)]


def test_rows_starts_again_when_a_page_token_expires(graph, make_client, tools):
    group = graph.add_group(1, members=[tools.user_row(n) for n in range(7)])
    graph.page_size = 3
    graph.fault = lambda item: (
        tools.refusal(400, "Directory_ExpiredPageToken")
        if "skiptoken=3" in item.url and graph.asked("=3") == 1
        else None
    )
    assert len(make_client().rows(f"/groups/{group}/members?$select=id&$top=999")) == 7


@pytest.mark.parametrize("rows", [None, "x", [1]])
def test_rows_that_are_none_are_an_error(graph, make_client, tools, rows):
    graph.fault = lambda _: SimpleNamespace(status=200, headers={}, body={"value": rows})
    with pytest.raises(GraphError):
        make_client().rows("/groups")


def test_rows_that_fail_keep_their_status(graph, make_client, tools):
    graph.fault = lambda _: tools.refusal(403, "Authorization_RequestDenied")
    with pytest.raises(GraphError) as caught:
        make_client().rows("/groups?$top=999")
    assert caught.value.status == 403


def test_a_list_without_an_end_is_given_up():
    listing = Listing("/groups")
    links = (f"/groups?page={number}" for number in range(100_000))
    while listing.next:
        answer = BatchAnswer(200, body={"value": [], "@odata.nextLink": next(links)})
        listing.accept(answer, lambda link: link)
    assert "does not end" in listing.why
