"""Scripted faults as faults.py lists them: which call they meet, what the client sees, what was done."""

from __future__ import annotations

import socket
import time
from typing import Any

import httpx
import pytest

from reconciler.errors import UsageError
from reconciler.sandbox import Sandbox

from .conftest import MIRA, OUTER, Graph, Rescue

UPDATE = {
    "node": 30, "name": "Renamed", "email": "mira.holt@contoso.example", "status": "Enabled", "mobileaddon": "False",
    "rpataddon": "False",
}  # fmt: skip


def name(box: Sandbox) -> str:
    found: str = box.state.node(30)["name"]
    return found


@pytest.mark.parametrize(("effect", "after"), [("drop_before", "Mira Holt"), ("drop_after", "Renamed")])
def test_a_dropped_connection_has_an_effect_or_none(box: Sandbox, rescue: Rescue, effect: str, after: str) -> None:
    box.state.add_fault(side="rescue", method="setUser*", effect=effect, nth=1)
    with pytest.raises(httpx.TransportError):
        rescue("setUser_v2", **UPDATE)
    assert name(box) == after
    assert box.requests()[-1]["fault"] == effect
    assert box.requests()[-1]["status"] == 0
    assert rescue("setUser_v2", **UPDATE) == "OK"


@pytest.mark.parametrize(
    ("fault", "word", "after"),
    [
        ({"effect": "error_before"}, "ERROR", "Mira Holt"),
        ({"effect": "error_after"}, "ERROR", "Renamed"),
        ({"effect": "token", "token": "NOTLOGGEDIN"}, "NOTLOGGEDIN", "Mira Holt"),
        ({"effect": "token", "token": "POLLRATEEXCEEDED", "after": True}, "POLLRATEEXCEEDED", "Renamed"),
    ],
)
def test_words(box: Sandbox, rescue: Rescue, fault: dict[str, Any], word: str, after: str) -> None:
    box.state.add_fault(side="rescue", method="setuser_v2", **fault)
    assert rescue("setUser_v2", **UPDATE) == word
    assert name(box) == after
    box.state.clear_faults()
    assert rescue("setUser_v2", **UPDATE) == "OK"


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
@pytest.mark.parametrize("retry_after", [None, 7])
def test_statuses(box: Sandbox, http: httpx.Client, graph: Graph, status: int, retry_after: int | None) -> None:
    for side in ("rescue", "graph", "authority"):
        box.state.add_fault(side=side, effect="status", status=status, retry_after=retry_after)
    answers = [http.post("/API/getAccount.aspx"), graph("/users"), http.post("/contoso.example/oauth2/v2.0/token")]
    for answer in answers:
        assert answer.status_code == status
        assert answer.headers.get("retry-after") == (None if retry_after is None else "7")
    assert answers[1].json()["error"]["code"]


def test_the_nth_call_and_how_often(box: Sandbox, rescue: Rescue) -> None:
    box.state.add_fault(side="rescue", method="getUser_v?", nth=2, times=2, effect="error_before")
    words = [rescue("getUser_v2", node=30).split()[0] for _ in range(5)]
    assert words == ["OK", "ERROR", "ERROR", "OK", "OK"]
    rescue("getAccount")
    assert [(fault["calls"], fault["fired"]) for fault in box.state.faults()] == [(5, 2)]


def test_parameters_choose_the_call(box: Sandbox, rescue: Rescue) -> None:
    box.state.add_fault(side="rescue", match={"Email": "BO@contoso.example"}, effect="error_before")
    assert rescue("getUser_v3", email="mira.holt@contoso.example").startswith("OK")
    assert rescue("getUser_v3", email="bo@contoso.example") == "ERROR"


def test_html_and_redirects(box: Sandbox, http: httpx.Client, graph: Graph) -> None:
    box.state.add_fault(side="rescue", effect="html")
    box.state.add_fault(side="graph", method="/groups", effect="html")
    box.state.add_fault(side="graph", method="/users", effect="redirect", location="https://elsewhere.example/")
    for answer in (http.get("/API/getAccount.aspx"), graph("/groups")):
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.text.startswith("<!DOCTYPE")
    assert graph("/users").status_code == 302
    assert graph("/users").headers["location"] == "https://elsewhere.example/"


def test_a_body_cut_short(box: Sandbox, rescue: Rescue, http: httpx.Client) -> None:
    whole = rescue("getHierarchy_v2")
    token = box.environment()["RESCUE_API_TOKEN"]
    for length in ("honest", "none", "lying"):
        box.state.clear_faults()
        box.state.add_fault(side="rescue", effect="truncate", keep=0.5, length=length)
        if length == "lying":
            with pytest.raises(httpx.RemoteProtocolError):
                rescue("getHierarchy_v2")
            continue
        answer = http.post("/API/getHierarchy_v2.aspx", data={"authcode": token})
        assert answer.content == whole.encode()[: len(whole.encode()) // 2]
        assert ("content-length" in answer.headers) == (length == "honest")
    box.state.clear_faults()
    box.state.add_fault(side="rescue", effect="truncate", keep=2)
    assert rescue("getHierarchy_v2") == "OK"


def test_what_a_lying_length_looks_like_on_the_wire(box: Sandbox) -> None:
    box.state.add_fault(side="rescue", effect="truncate", keep=4, length="lying")
    with socket.create_connection(("127.0.0.1", box.port), timeout=5) as raw:
        raw.sendall(b"GET /API/getAccount.aspx HTTP/1.1\r\nHost: x\r\n\r\n")
        received = b""
        while piece := raw.recv(65536):
            received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    assert b"content-length: 11" in head
    assert body == b"NOTL"


def test_slow_answers(box: Sandbox, rescue: Rescue) -> None:
    for trickle in (False, True):
        box.state.clear_faults()
        box.state.add_fault(side="rescue", effect="slow", seconds=0.2, trickle=trickle)
        start = time.monotonic()
        assert rescue("getAccount").endswith("sync@contoso.example\n\n")
        assert time.monotonic() - start >= 0.19


def test_a_stall_holds_nobody_else_up_and_ends_with_the_sandbox(
    box: Sandbox, rescue: Rescue, http: httpx.Client
) -> None:
    box.state.add_fault(side="rescue", method="getUser", effect="stall")
    with pytest.raises(httpx.ReadTimeout):
        http.get("/API/getUser.aspx", timeout=0.2)
    assert rescue("getAccount").startswith("OK")
    waiting = socket.create_connection(("127.0.0.1", box.port))
    waiting.sendall(b"GET /API/getUser.aspx HTTP/1.1\r\nHost: x\r\n\r\n")
    waiting.close()


def test_a_body_that_begins_and_never_ends(box: Sandbox, http: httpx.Client) -> None:
    box.state.add_fault(side="rescue", method="setUser*", effect="stall_body", keep=1)
    with socket.create_connection(("127.0.0.1", box.port), timeout=5) as raw:
        raw.sendall(b"GET /API/setUser_v2.aspx HTTP/1.1\r\nHost: x\r\n\r\n")
        received = b""
        while not received.endswith(b"\r\n\r\nN"):
            received += raw.recv(65536)
        assert b"content-length: 11" in received
        raw.settimeout(0.2)
        with pytest.raises(TimeoutError):
            raw.recv(1)
    box.state.clear_faults()
    box.state.add_fault(side="rescue", method="setUser*", effect="stall_body", nth=1)
    with pytest.raises(httpx.ReadTimeout):
        http.post(
            "/API/setUser_v2.aspx", data=UPDATE | {"authcode": box.environment()["RESCUE_API_TOKEN"]}, timeout=0.3
        )
    assert name(box) == "Renamed", "what begins to be answered was done"


def test_a_list_that_is_shown_empty(box: Sandbox, graph: Graph) -> None:
    path = f"/groups/{OUTER}/members"
    assert graph(path).json()["value"]
    box.state.add_fault(side="graph", method="/members", effect="empty", nth=1)
    box.state.add_fault(side="graph", item="/members", effect="empty", nth=1)
    asked = {"requests": [{"id": "1", "method": "GET", "url": path}]}
    for shown in (graph(path).json(), graph("/$batch", json=asked).json()["responses"][0]["body"]):
        assert shown == {"value": []}
    assert graph(path).json()["value"]


def test_pages_expire(box: Sandbox, graph: Graph) -> None:
    box.state.add_fault(side="graph", method=r"/members\?.*skiptoken", effect="expired_token", nth=1)
    first = graph(f"/groups/{OUTER}/members?$top=1")
    link = first.json()["@odata.nextLink"]
    answer = graph(link)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "Directory_ExpiredPageToken")
    assert graph(link).status_code == 200


def test_items_of_a_batch_fail_alone(box: Sandbox, graph: Graph) -> None:
    box.state.add_fault(side="graph", item="/users/", effect="status", status=429, retry_after=3, nth=1)
    box.state.add_fault(side="graph", item="/groups/", effect="html")
    box.state.add_fault(side="graph", item="/groups$", effect="error_after")
    asked = [
        {"id": "1", "method": "GET", "url": f"/users/{MIRA}"},
        {"id": "2", "method": "GET", "url": f"/users/{MIRA}"},
        {"id": "3", "method": "GET", "url": f"/groups/{OUTER}"},
        {"id": "4", "method": "GET", "url": "/groups"},
    ]
    answer = graph("/$batch", json={"requests": asked})
    found = {one["id"]: one for one in answer.json()["responses"]}
    assert [found[id]["status"] for id in "1234"] == [429, 200, 200, 500]
    assert found["1"]["headers"]["Retry-After"] == "3"
    assert found["3"]["body"].startswith("<!DOCTYPE")
    box.state.clear_faults()
    box.state.add_fault(side="graph", method=r"\$batch", effect="status", status=503)
    assert graph("/$batch", json={"requests": asked}).status_code == 503


@pytest.mark.parametrize(
    "parts",
    [
        {"side": "moon", "effect": "html"},
        {"side": "rescue", "effect": "explode"},
        {"side": "rescue", "effect": "token"},
        {"side": "graph", "effect": "status"},
        {"side": "graph", "effect": "redirect"},
        {"side": "graph", "effect": "slow", "item": "/users"},
        {"side": "graph", "effect": "html", "method": "("},
        {"side": "rescue", "effect": "empty"},
        {"side": "graph", "effect": "truncate", "length": "other"},
        {"side": "graph", "effect": "html", "colour": "red"},
    ],
)
def test_faults_that_make_no_sense_are_refused(box: Sandbox, parts: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        box.state.add_fault(**parts)
