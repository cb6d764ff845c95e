"""Graph's reading part as graph.md §1 to §7 has it: rows, pages, the advanced gate, permissions, errors."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest

from reconciler.sandbox import Sandbox

from .conftest import APP, BO, CONTACT, GONE, GUEST, HIDDEN, INNER, LAPTOP, MIRA, NOMAIL, OUTER, Graph

ADVANCED = {"ConsistencyLevel": "eventual"}


def values(answer: httpx.Response) -> list[Any]:
    assert answer.status_code == 200, answer.text
    found: list[Any] = answer.json()["value"]
    return found


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_members_are_written_with_their_type_first(box: Sandbox, graph: Graph) -> None:
    answer = graph(
        f"/groups/{OUTER}/members?$select=id,userPrincipalName,accountEnabled&$top=2", client_request_id=OUTER
    )
    start = (
        '{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#directoryObjects(id,userPrincipalName,accountEnabled)",'
        f'"@odata.nextLink":"{box.base_url}/v1.0/groups/{OUTER}/members?$select=id,userPrincipalName,accountEnabled&$top=2'
        "&$skiptoken="
    )
    end = (
        f'"value":[{{"@odata.type":"#microsoft.graph.user","id":"{MIRA}","userPrincipalName":"mholt@contoso.example",'
        f'"accountEnabled":true}},{{"@odata.type":"#microsoft.graph.device","id":"{LAPTOP}","accountEnabled":null}}]}}'
    )
    assert answer.text.startswith(start)
    assert answer.text.endswith(end)
    kind = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
    assert answer.headers["content-type"] == kind
    assert answer.headers["odata-version"] == "4.0"
    assert answer.headers["client-request-id"] == OUTER
    assert answer.headers["x-ms-resource-unit"] == "1"
    assert re.fullmatch(r"[0-9a-f-]{36}", answer.headers["request-id"])


def test_all_member_types_direct_and_through_a_cycle(box: Sandbox, graph: Graph) -> None:
    kinds = [row["@odata.type"].rpartition(".")[2] for row in values(graph(f"/groups/{OUTER}/members"))]
    assert kinds == ["user", "device", "orgContact", "group"]
    through = [row["id"] for row in values(graph(f"/groups/{OUTER}/transitiveMembers"))]
    assert sorted(through) == sorted([MIRA, BO, NOMAIL, GUEST, LAPTOP, APP, CONTACT, INNER])
    box.state.set_switch("service_principals", "listed")
    box.state.set_switch("cycle_lists_itself", "yes")
    assert APP in [row["id"] for row in values(graph(f"/groups/{OUTER}/members"))]
    assert OUTER in [row["id"] for row in values(graph(f"/groups/{OUTER}/transitiveMembers"))]


@pytest.mark.parametrize("cast", ["microsoft.graph.user", "graph.user", "Microsoft.Graph.User"])
def test_a_cast_needs_header_and_count(graph: Graph, cast: str) -> None:
    path = f"/groups/{OUTER}/transitiveMembers/{cast}"
    answer = graph(f"{path}?$count=true&$select=id", **ADVANCED)
    assert list(answer.json()) == ["@odata.context", "@odata.count", "value"]
    assert answer.json()["@odata.count"] == 4
    assert answer.json()["value"] == [{"id": id} for id in (MIRA, BO, NOMAIL, GUEST)]
    assert code(graph(path)) == (400, "Request_UnsupportedQuery")
    assert code(graph(f"{path}?$count=true")) == (400, "Request_UnsupportedQuery")
    assert graph(f"{path}/$count", **ADVANCED).text == "4"


def test_a_cast_may_fail_on_the_second_page_only(box: Sandbox, graph: Graph) -> None:
    box.state.set_switch("cast_without_header", "next_page_refused")
    first = graph(f"/groups/{OUTER}/transitiveMembers/graph.user?$top=2")
    assert len(values(first)) == 2
    second = graph(first.json()["@odata.nextLink"])
    assert code(second) == (400, "Request_UnsupportedQuery")
    assert second.json()["error"]["message"] == "Invalid search request."


def test_counting(graph: Graph) -> None:
    assert code(graph("/users/$count")) == (400, "Request_BadRequest")
    answer = graph("/users/$count", **ADVANCED)
    assert (answer.text, answer.headers["content-type"]) == ("4", "text/plain")
    assert graph("/groups/$count", **ADVANCED).text == "3"
    assert "@odata.count" not in graph("/users?$count=true").json()
    first = graph("/users?$count=true&$top=3", **ADVANCED).json()
    assert first["@odata.count"] == 4
    assert "@odata.count" not in graph(first["@odata.nextLink"], **ADVANCED).json()


def collect(graph: Graph, path: str) -> tuple[list[str], int]:
    found: list[str] = []
    pages = 0
    while path:
        body = graph(path).json()
        found += [row["id"] for row in body["value"]]
        pages += 1
        path = body.get("@odata.nextLink", "")
    return found, pages


@pytest.mark.parametrize(
    ("switch", "value", "pages"),
    [("", "", 2), ("last_page", "extra_empty", 3), ("empty_middle_page", "yes", 3), ("largest_page", "1", 4)],
)
def test_pages_hold_everything_once(box: Sandbox, graph: Graph, switch: str, value: str, pages: int) -> None:
    if switch:
        box.state.set_switch(switch, value)
    found, seen = collect(graph, "/users?$select=id&$top=2")
    assert found == [MIRA, BO, NOMAIL, GUEST]
    assert seen == pages


def test_the_default_page_has_a_hundred_rows(box: Sandbox, graph: Graph) -> None:
    box.state.add_people(
        (f"{n:08x}-0000-4000-8000-00000000beef", f"P{n}", f"p{n}@x.example", None, True) for n in range(150)
    )
    assert [len(graph(path).json()["value"]) for path in ("/users", "/users?$top=999")] == [100, 154]


def test_a_page_token_belongs_to_its_query(graph: Graph) -> None:
    link = graph("/users?$top=2").json()["@odata.nextLink"]
    token = link.partition("$skiptoken=")[2]
    assert len(values(graph(f"/users?%24skiptoken={token}&%24top=2"))) == 2
    for other in (
        f"/users?$top=3&$skiptoken={token}",
        f"/groups?$top=2&$skiptoken={token}",
        "/users?$top=2&$skiptoken=made-up",
    ):
        assert code(graph(other)) == (400, "Request_UnsupportedQuery")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("$top=0", (400, "Request_UnsupportedQuery")),
        ("$top=1000", (400, "Request_UnsupportedQuery")),
        ("$skip=1", (400, "Request_BadRequest")),
        ("top=5", (400, "Request_BadRequest")),
        ("$filter=displayName ne 'x'", (400, "Request_UnsupportedQuery")),
        ("$filter=endsWith(mail,'x')", (400, "Request_UnsupportedQuery")),
        ("$filter=displayName eq", (400, "BadRequest")),
        ('$search="displayName:x"', (400, "Request_UnsupportedQuery")),
        ("$filter=id in (" + ",".join(f"'{n}'" for n in range(16)) + ")", (400, "Request_UnsupportedQuery")),
        ("$filter=accountEnabled eq true&$orderby=displayName", (400, "Request_UnsupportedQuery")),
        ("$orderby=department", (400, "Request_UnsupportedQuery")),
        ("$colour=red", (400, "Request_BadRequest")),
        ("$filter=displayName eq 'x", (400, "BadRequest")),
        ("$filter=displayName eq 'x' 'y'", (400, "BadRequest")),
        ("$filter=displayName eq x", (400, "BadRequest")),
        ("$filter=displayName lt 'x'", (400, "Request_UnsupportedQuery")),
        ("$filter='x' eq 'x'", (400, "BadRequest")),
    ],
)
def test_what_the_directory_does_not_take(graph: Graph, query: str, expected: tuple[int, str]) -> None:
    assert code(graph(f"/users?{query}")) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("$filter=displayName eq 'mira holt'", [MIRA]),
        ("$filter=startswith(displayName,'Mi') or userPrincipalName eq 'BO@contoso.example'", [MIRA, BO]),
        ("%24filter=accountEnabled+eq+false&%24select=id", [BO]),
        ("$filter=mail eq null", [NOMAIL]),
        (f"$filter=id in ('{BO}','{GUEST}')", [BO, GUEST]),
        ("$filter=proxyAddresses/any(p:p eq 'smtp:mira.holt@contoso.example')", [MIRA]),
        ("$filter=(department eq 'Service' and accountEnabled eq true)", [MIRA]),
        ("$filter=department eq 3", []),
        ("colour=red&$filter=displayName eq 'Mira Holt'", [MIRA]),
    ],
)
def test_filters(graph: Graph, query: str, expected: list[str]) -> None:
    assert [row["id"] for row in values(graph(f"/users?{query}"))] == expected


def test_advanced_queries(graph: Graph) -> None:
    def ids(query: str) -> list[str]:
        return [row["id"] for row in values(graph(query, **ADVANCED))]

    assert ids('/groups?$search="displayName:inn"') == [INNER]
    assert ids('/groups?$search="displayName:inn" OR "displayName:out"') == [OUTER, INNER]
    assert ids("/users?$filter=userType ne 'Guest'&$count=true&$orderby=displayName desc") == [MIRA, NOMAIL, BO]
    assert ids("/users?$filter=endswith(userPrincipalName,'%23EXT%23@contoso.example')&$count=true") == [GUEST]
    assert ids("/users?$filter=not startswith(userPrincipalName,'m')&$count=true") == [BO, NOMAIL, GUEST]
    assert ids("/groups?$filter=displayName eq 'Inner''s'") == [INNER]
    assert code(graph("/users", ConsistencyLevel="session")) == (400, "Request_BadRequest")
    assert code(graph("/users?$search=mira", **ADVANCED)) == (400, "BadRequest")
    assert code(graph("/users?$expand=manager", **ADVANCED)) == (400, "Request_UnsupportedQuery")


def test_paths_and_options_that_do_not_fit(box: Sandbox, graph: Graph) -> None:
    assert code(graph(f"/groups/{OUTER}?$filter=id eq 'x'")) == (400, "BadRequest")
    assert code(graph(f"/groups/{OUTER}?$expand=owners")) == (400, "BadRequest")
    assert code(graph(f"/groups/{OUTER}/members/microsoft.graph.toaster")) == (400, "BadRequest")
    assert code(graph(f"/groups/{OUTER}/members?$filter=displayName eq 'x'")) == (400, "Request_UnsupportedQuery")
    unified = f"/groups/{HIDDEN}/members/microsoft.graph.group?$count=true"
    assert code(graph(unified, **ADVANCED)) == (400, "Request_UnsupportedQuery")
    path = f"/users/{MIRA}/getMemberGroups"
    assert code(graph(path, json={"securityEnabledOnly": "no"})) == (400, "Request_BadRequest")
    assert code(graph(path, json=[1])) == (400, "BadRequest")
    assert code(graph(f"/users/{MIRA}/checkMemberGroups", json={})) == (400, "Request_BadRequest")
    nested = {"requests": [{"id": "1", "method": "POST", "url": "/$batch", "body": {}}]}
    assert graph("/$batch", json=nested).json()["responses"][0]["status"] == 400
    assert code(graph("/$batch")) == (405, "Request_BadRequest")
    box.state.set_switch("select_implies_id", "yes")
    assert list(graph(f"/users/{MIRA}?$select=mail").json()) == ["@odata.context", "id", "mail"]


def test_other_types_show_themselves_to_who_may_read_them(box: Sandbox, graph: Graph) -> None:
    token = box.state.access_token(roles=["Directory.Read.All"])
    rows = {row["id"]: row for row in values(graph(f"/groups/{OUTER}/transitiveMembers", token=token))}
    assert (rows[LAPTOP]["displayName"], rows[LAPTOP]["accountEnabled"]) == ("LT-1", True)
    assert rows[APP]["servicePrincipalType"] == "Application"
    assert rows[CONTACT] == {
        "@odata.type": "#microsoft.graph.orgContact",
        "id": CONTACT,
        "deletedDateTime": None,
        "displayName": "Contact",
        "mail": None,
    }


def test_single_objects(graph: Graph) -> None:
    group = graph(f"/groups/{HIDDEN}").json()
    assert group["@odata.context"] == "https://graph.microsoft.com/v1.0/$metadata#groups/$entity"
    assert (group["displayName"], group["visibility"], group["deletedDateTime"]) == ("Hidden", "HiddenMembership", None)
    user = graph(f"/users/{MIRA}?$select=id,proxyAddresses,userType,nonsense,otherMails").json()
    del user["@odata.context"]
    assert user == {
        "id": MIRA,
        "proxyAddresses": ["SMTP:mira.holt@contoso.example"],
        "userType": "Member",
        "otherMails": [],
    }
    for name in ("mholt@contoso.example", "MHOLT@contoso.example"):
        assert graph(f"/users/{name}?$select=id").json()["id"] == MIRA
    assert graph("/users/g_x.example%23EXT%23@contoso.example").json()["id"] == GUEST
    assert graph(f"/USERS('{MIRA}')/?$select=id").json()["id"] == MIRA
    assert set(graph(f"/users/{MIRA}").json()) == {
        "@odata.context", "businessPhones", "displayName", "givenName", "id", "jobTitle", "mail", "mobilePhone",
        "officeLocation", "preferredLanguage", "surname", "userPrincipalName",
    }  # fmt: skip


def test_expanded_members_stop_at_twenty(box: Sandbox, graph: Graph) -> None:
    box.state.add_people(
        (f"{n:08x}-0000-4000-8000-00000000beef", f"P{n}", f"p{n}@x.example", None, True) for n in range(30)
    )
    box.state.add_members((OUTER, f"{n:08x}-0000-4000-8000-00000000beef") for n in range(30))
    body = graph(f"/groups/{OUTER}?$expand=members").json()
    assert len(body["members"]) == 20
    assert not [name for name in body if "nextLink" in name]


def test_errors_have_graphs_shape(graph: Graph) -> None:
    answer = graph(f"/groups/{MIRA}/members", client_request_id="no guid")
    error = answer.json()["error"]
    assert code(answer) == (404, "Request_ResourceNotFound")
    assert error["message"] == (
        f"Resource '{MIRA}' does not exist or one of its queried reference-property objects are not present."
    )
    assert set(error["innerError"]) == {"date", "request-id", "client-request-id"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", error["innerError"]["date"])
    assert answer.headers["client-request-id"] == answer.headers["request-id"] == error["innerError"]["request-id"]
    assert code(graph("/groups/x")) == (400, "Request_BadRequest")
    assert code(graph("/nonsense")) == (400, "BadRequest")
    assert code(graph("/groups", json={})) == (405, "Request_BadRequest")


def test_the_token_is_looked_at_before_the_path(box: Sandbox, http: httpx.Client, graph: Graph) -> None:
    answer = http.get("/v9.9/whatever")
    assert code(answer) == (401, "InvalidAuthenticationToken")
    assert answer.json()["error"]["message"] == "Access token is empty."
    assert answer.headers["www-authenticate"].startswith('Bearer realm=""')
    assert code(graph("/users", token="abc")) == (401, "InvalidAuthenticationToken")
    assert code(graph("/users", token=box.state.access_token(lifetime=-1))) == (401, "InvalidAuthenticationToken")
    assert code(graph("/users", token=box.state.access_token(tenant=OUTER))) == (401, "InvalidAuthenticationToken")
    bearer = {"Authorization": f"Bearer {box.state.access_token()}"}
    assert code(http.get("/v9.9/users", headers=bearer)) == (404, "ResourceNotFound")


def test_roles_decide_what_is_seen(box: Sandbox, graph: Graph) -> None:
    groups_only = box.state.access_token(roles=["GroupMember.Read.All"])
    rows = values(graph(f"/groups/{OUTER}/members?$select=id,mail,displayName", token=groups_only))
    assert rows[0] == {"@odata.type": "#microsoft.graph.user", "id": MIRA, "mail": None, "displayName": None}
    assert rows[-1] == {"@odata.type": "#microsoft.graph.group", "id": INNER, "mail": None, "displayName": "Inner's"}
    assert code(graph(f"/users/{MIRA}", token=groups_only)) == (403, "Authorization_RequestDenied")
    users_only = box.state.access_token(roles=["User.Read.All"])
    assert code(graph("/groups", token=users_only)) == (403, "Authorization_RequestDenied")
    assert code(graph(f"/groups/{OUTER}/members", token=users_only)) == (403, "Authorization_RequestDenied")
    assert graph("/groups", token=box.state.access_token(roles=["Directory.Read.All"])).status_code == 200


def test_basic_users_are_a_switch(box: Sandbox, graph: Graph) -> None:
    basic = box.state.access_token(roles=["GroupMember.Read.All", "User.ReadBasic.All"])
    path = f"/users/{MIRA}?$select=mail,accountEnabled"
    assert graph(path, token=basic).json()["accountEnabled"] is None
    box.state.set_switch("not_basic", "absent")
    assert "accountEnabled" not in graph(path, token=basic).json()
    assert graph(path, token=basic).json()["mail"] == "mira.holt@contoso.example"
    box.state.set_switch("not_basic", "403")
    assert code(graph(path, token=basic)) == (403, "Authorization_RequestDenied")


def test_hidden_membership(box: Sandbox, graph: Graph) -> None:
    path = f"/groups/{HIDDEN}/members?$select=id"
    assert code(graph(path)) == (403, "Authorization_RequestDenied")
    box.state.set_switch("hidden_members", "empty")
    assert values(graph(path)) == []
    may = box.state.access_token(roles=["GroupMember.Read.All", "User.Read.All", "Member.Read.Hidden"])
    assert len(values(graph(path, token=may))) == 1
    asked = {"json": {"securityEnabledOnly": False}}
    assert HIDDEN not in values(graph(f"/users/{BO}/getMemberGroups", **asked))
    assert HIDDEN in values(graph(f"/users/{BO}/getMemberGroups", **asked, token=may))


def test_which_groups_a_user_is_in(box: Sandbox, graph: Graph) -> None:
    path = f"/users/{NOMAIL}/getMemberGroups"
    assert sorted(values(graph(path, json={"securityEnabledOnly": False}))) == [OUTER, INNER]
    box.state.set_group(OUTER, securityEnabled=False)
    assert values(graph(path, json={"securityEnabledOnly": True})) == [INNER]
    assert values(graph(f"/users/{NOMAIL}/checkMemberGroups", json={"groupIds": [HIDDEN, OUTER.upper()]})) == [
        OUTER.upper()
    ]
    assert code(graph(f"/users/{GONE}/getMemberGroups", json={})) == (404, "Request_ResourceNotFound")
    assert code(graph(f"/users/{NOMAIL}/checkMemberGroups", json={"groupIds": ["x"]})) == (400, "Request_BadRequest")
    assert code(graph(f"/users/{NOMAIL}/checkMemberGroups", json={"groupIds": [OUTER] * 21})) == (
        400,
        "Request_BadRequest",
    )


def test_deleted_users(box: Sandbox, graph: Graph) -> None:
    assert code(graph(f"/users/{GONE}")) == (404, "Request_ResourceNotFound")
    row = values(graph("/directory/deletedItems/microsoft.graph.user?$select=id,userPrincipalName,deletedDateTime"))[0]
    assert row["userPrincipalName"] == f"{GONE.replace('-', '')}gone@contoso.example"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", row["deletedDateTime"])
    assert code(graph("/directory/deletedItems")) == (400, "BadRequest")
    box.state.restore_person(GONE)
    assert graph(f"/users/{GONE}").status_code == 200
    box.state.delete_person(MIRA)
    assert MIRA not in [row["id"] for row in values(graph(f"/groups/{OUTER}/members"))]
    box.state.purge_person(MIRA)
    assert values(graph("/directory/deletedItems/graph.user")) == []


def test_get_by_ids(box: Sandbox, graph: Graph) -> None:
    asked = {"ids": [OUTER, MIRA, GONE], "types": ["group", "user"]}
    assert code(graph("/directoryObjects/getByIds", json=asked)) == (403, "Authorization_RequestDenied")
    box.state.set_switch("get_by_ids", "any_role")
    rows = values(graph("/directoryObjects/getByIds?$select=id", json=asked))
    assert rows == [
        {"@odata.type": "#microsoft.graph.group", "id": OUTER},
        {"@odata.type": "#microsoft.graph.user", "id": MIRA},
    ]


def test_the_index_may_lag(box: Sandbox, graph: Graph) -> None:
    box.state.set_switch("index_lag", "on")
    box.state.add_member(HIDDEN, MIRA)
    box.state.set_group(HIDDEN, visibility="Public")
    cast = f"/groups/{HIDDEN}/members/microsoft.graph.user?$count=true&$select=id"
    assert values(graph(cast, **ADVANCED)) == [{"id": BO}]
    assert len(values(graph(f"/groups/{HIDDEN}/members"))) == 2
    box.state.catch_up_index()
    assert len(values(graph(cast, **ADVANCED))) == 2


@pytest.mark.parametrize(
    ("path", "cost"),
    [
        (f"/groups/{OUTER}/members?$select=id", 2),
        (f"/groups/{OUTER}/transitiveMembers", 5),
        (f"/groups/{OUTER}/transitiveMembers?$top=5&$select=id", 3),
        (f"/groups/{OUTER}", 1),
        ("/users?$top=999", 2),
    ],
)
def test_costs(graph: Graph, path: str, cost: int) -> None:
    assert graph(path).headers["x-ms-resource-unit"] == str(cost)


def test_the_bucket_runs_dry_and_fills_again(box: Sandbox, graph: Graph) -> None:
    box.state.set_switch("throttle_units", "4")
    assert [graph("/users").status_code for _ in range(3)] == [200, 200, 429]
    answer = graph("/users")
    assert code(answer) == (429, "TooManyRequests")
    assert 1 <= int(answer.headers["retry-after"]) <= 10
    assert answer.headers["x-ms-throttle-information"] == "ResourceUnitLimitExceeded"
    assert answer.headers["x-ms-throttle-scope"].startswith("Tenant_Application/ReadWrite/")
    assert answer.json()["error"]["innerError"]["code"] == "429"
    box.state.set_switch("throttle_retry_after", "absent")
    assert "retry-after" not in graph("/users").headers
    box.state.advance_clock(10)
    assert graph("/users").status_code == 200


# --- $batch -----------------------------------------------------------------------------------------------------------


def item(id: str, url: str, **more: object) -> dict[str, object]:
    return {"id": id, "method": "GET", "url": url} | more


def answers(answer: httpx.Response) -> dict[str, dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    return {one["id"]: one for one in answer.json()["responses"]}


def test_a_batch_answers_each_item_in_another_order(box: Sandbox, graph: Graph) -> None:
    asked = [item(str(n), f"/users/{MIRA}?$select=id") for n in range(6)]
    order = [one["id"] for one in graph("/$batch", json={"requests": asked}).json()["responses"]]
    assert sorted(order) == [str(n) for n in range(6)]
    assert order != sorted(order)
    assert order == [one["id"] for one in graph("/$batch", json={"requests": asked}).json()["responses"]]
    box.state.set_switch("batch_order", "as_asked")
    assert [one["id"] for one in graph("/$batch", json={"requests": asked}).json()["responses"]] == sorted(order)
    box.state.set_switch("batch_order", "reversed")
    assert [one["id"] for one in graph("/$batch", json={"requests": asked}).json()["responses"]] == sorted(order)[::-1]


def test_items_succeed_and_fail_on_their_own(box: Sandbox, graph: Graph) -> None:
    body = {"securityEnabledOnly": False}
    asked = [
        item("a", f"groups/{OUTER}/members?$select=id&$top=1"),
        item("b", f"/users/{GONE}"),
        item(
            "c", f"/users/{BO}/getMemberGroups", method="POST", body=body, headers={"Content-Type": "application/json"}
        ),
        item("d", f"/users/{BO}/getMemberGroups", method="POST", body=body),
        item("e", "/users/$count", headers={"ConsistencyLevel": "eventual"}),
        item("f", f"{box.base_url}/v1.0/users/{MIRA}?$select=id", depends_on=["c"]),
        item("g", f"/users/{MIRA}", dependsOn=["b"]),
    ]
    found = answers(graph("/$batch", json={"requests": asked}))
    assert {id: one["status"] for id, one in found.items()} == {
        "a": 200, "b": 404, "c": 200, "d": 200, "e": 200, "f": 200, "g": 424,
    }  # fmt: skip
    link = found["a"]["body"]["@odata.nextLink"]
    assert link.startswith(f"{box.base_url}/v1.0/groups/{OUTER}/members?")
    assert len(values(graph(link))) == 1
    assert found["b"]["body"]["error"]["code"] == "Request_ResourceNotFound"
    assert found["a"]["headers"]["x-ms-resource-unit"] == "1"
    assert found["e"]["body"] == "4"
    entry = box.requests()[0]
    assert entry["path"] == "/v1.0/$batch"
    assert {"method": "GET", "url": f"/users/{GONE}", "status": 404} in entry["items"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"requests": []},
        {"requests": [{"id": 1, "method": "GET", "url": "/users"}]},
        {"requests": [item("x", "/users"), item("X", "/users")]},
        {"requests": [item(str(n), "/users") for n in range(21)]},
        {"requests": [item("1", "/users", dependsOn=["2"]), item("2", "/users", dependsOn=["1"])]},
    ],
)
def test_a_malformed_batch_is_refused_as_a_whole(graph: Graph, body: dict[str, object]) -> None:
    assert code(graph("/$batch", json=body)) == (400, "BadRequest")


def test_items_are_throttled_one_by_one(box: Sandbox, graph: Graph) -> None:
    box.state.set_switch("throttle_units", "4")
    found = answers(graph("/$batch", json={"requests": [item(str(n), "/users") for n in range(4)]}))
    assert [found[str(n)]["status"] for n in range(4)] == [200, 200, 429, 429]
    assert int(found["3"]["headers"]["Retry-After"]) >= 1


def test_what_is_answered_is_json_to_the_last_letter(graph: Graph) -> None:
    found = answers(graph("/$batch", json={"requests": [item("ø", "/users?$select=displayName")]}))
    assert json.dumps(found["ø"]["body"]["value"][1], ensure_ascii=False) == '{"displayName": "Bo Øst"}'
