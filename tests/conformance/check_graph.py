"""The sandbox's Graph read by Microsoft's own Python SDK: paging, types, casts, counts, errors, throttling, $batch.

Runs in an environment of its own, where msgraph-sdk is; the project is not installed there.
"""

from __future__ import annotations

import asyncio
import os
import time
from datetime import datetime
from importlib.metadata import version
from typing import Any

from azure.core.credentials import AccessToken
from harness import (
    CREW,
    CREW_GROUP,
    CROWD,
    EVERYONE,
    INNER,
    LOST,
    MIXED,
    OUTER,
    Verdicts,
    ask_sandbox,
    graph_company,
    object_id,
    person_name,
)
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph import GraphServiceClient
from msgraph.generated.directory_objects.get_by_ids.get_by_ids_post_request_body import GetByIdsPostRequestBody
from msgraph.generated.groups.groups_request_builder import GroupsRequestBuilder
from msgraph.generated.models.device import Device
from msgraph.generated.models.group import Group
from msgraph.generated.models.group_collection_response import GroupCollectionResponse
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.org_contact import OrgContact
from msgraph.generated.models.user import User
from msgraph.generated.models.user_collection_response import UserCollectionResponse
from msgraph.generated.users.item.check_member_groups.check_member_groups_post_request_body import (
    CheckMemberGroupsPostRequestBody,
)
from msgraph.generated.users.item.get_member_groups.get_member_groups_post_request_body import (
    GetMemberGroupsPostRequestBody,
)
from msgraph_core import PageIterator
from msgraph_core.requests.batch_request_builder import BatchRequestBuilder
from msgraph_core.requests.batch_request_content import BatchRequestContent
from msgraph_core.requests.batch_request_item import BatchRequestItem

CROWD_IDS = [object_id(number) for number in range(1, CROWD + 1)]
ADVANCED = {"consistency_level": "eventual"}


class Credential:
    """Gives the sandbox's token where azure-identity would fetch one."""

    def __init__(self, token: str) -> None:
        self.token = token

    def get_token(self, *_: str, **__: Any) -> AccessToken:
        """The token, good for an hour."""
        return AccessToken(self.token, int(time.time()) + 3600)


def client_with(token: str) -> GraphServiceClient:
    """The SDK's client, turned to the sandbox."""
    client = GraphServiceClient(credentials=Credential(token), scopes=["https://graph.microsoft.com/.default"])
    client.request_adapter.base_url = os.environ["GRAPH_BASE_URL"]
    return client


def asking(parameters: Any = None, **headers: str) -> RequestConfiguration[Any]:
    """Query parameters and headers of one request; `consistency_level` is written as the header is."""
    found: RequestConfiguration[Any] = RequestConfiguration(query_parameters=parameters)
    for name, value in headers.items():
        found.headers.add({"consistency_level": "ConsistencyLevel"}.get(name, name), value)
    return found


def query(builder: Any, **options: Any) -> Any:
    """The SDK's own query parameters of a request builder."""
    (kind,) = (found for name, found in vars(type(builder)).items() if name.endswith("GetQueryParameters"))
    return kind(**options)


async def every_row(client: GraphServiceClient, page: Any, **headers: str) -> list[Any]:
    """All rows from a first page on, by the SDK's PageIterator."""
    found: list[Any] = []

    def keep(row: Any) -> bool:
        found.append(row)
        return True

    pages = PageIterator(page, client.request_adapter)
    for name, value in headers.items():
        pages.headers.add({"consistency_level": "ConsistencyLevel"}[name], value)
    await pages.iterate(keep)
    return found


async def refusal(awaited: Any) -> tuple[Any, ...]:
    """Status and code of the ODataError that a request ends in, or what it answered instead."""
    try:
        answer = await awaited
    except ODataError as error:
        return error.response_status_code, error.error.code if error.error else None
    return ("no refusal", answer)


async def check_groups(client: GraphServiceClient, verdicts: Verdicts) -> None:
    """Lists of groups and one group."""
    wanted = {entry["id"]: entry["name"] for entry in graph_company()["groups"].values()}
    page = await client.groups.get()
    verdicts.that(
        "groups: a first page of 100 with a link", len(page.value) == 100 and bool(page.odata_next_link), page
    )
    found = await every_row(client, page)
    verdicts.same(f"groups: {len(wanted)} over three pages, each once", sorted(wanted), sorted(g.id for g in found))
    verdicts.same("groups: with their names", wanted, {group.id: group.display_name for group in found})
    verdicts.that("groups: typed Group, a date as a date", all(
        isinstance(group, Group) and isinstance(group.created_date_time, datetime) and group.security_enabled is True
        for group in found
    ))  # fmt: skip
    options = GroupsRequestBuilder.GroupsRequestBuilderGetQueryParameters(
        filter="startsWith(displayName,'Team 0')", select=["id", "displayName"], top=20, count=True
    )
    page = await client.groups.get(request_configuration=asking(options, **ADVANCED))
    verdicts.same("groups: $filter with $count says 99", 99, page.odata_count)
    verdicts.same("groups: and brings 99 in pages of 20", 99, len(await every_row(client, page, **ADVANCED)))
    group = await client.groups.by_group_id(EVERYONE).get()
    verdicts.same("group: by id", (EVERYONE, "Everyone"), (group.id, group.display_name))
    for last_page in ("exact", "extra_empty"):
        ask_sandbox("set_switch", "last_page", last_page)
        sizes, page = [], await client.groups.get(
            request_configuration=asking(GroupsRequestBuilder.GroupsRequestBuilderGetQueryParameters(top=len(wanted)))
        )  # fmt: skip
        sizes.append(len(page.value))
        while page.odata_next_link:
            page = await client.groups.with_url(page.odata_next_link).get()
            sizes.append(len(page.value))
        wanted_sizes = [len(wanted)] if last_page == "exact" else [len(wanted), 0]
        verdicts.same(f"groups: pages by hand with last_page={last_page}", wanted_sizes, sizes)
    ask_sandbox("set_switch", "last_page", "exact")


async def check_members(client: GraphServiceClient, verdicts: Verdicts) -> None:
    """Direct and transitive members, cast and not."""
    everyone, mixed = client.groups.by_group_id(EVERYONE), client.groups.by_group_id(MIXED)
    ask_sandbox("clear_requests")
    fields = ["id", "displayName", "userPrincipalName", "mail", "accountEnabled", "userType"]
    page = await everyone.members.get(
        request_configuration=asking(query(everyone.members, top=999, select=fields))
    )  # fmt: skip
    found = await every_row(client, page)
    verdicts.same(f"members: {CROWD} in order, each once", CROWD_IDS, [row.id for row in found])
    verdicts.same("members: in three requests", [200] * 3, [entry["status"] for entry in ask_sandbox("requests")])
    verdicts.that("members: rows of an uncast list are typed User", all(isinstance(row, User) for row in found))
    wanted = [(person_name(n), f"p{n:04d}@contoso.example", n % 10 != 0, "Member") for n in range(1, CROWD + 1)]
    read = [(row.display_name, row.user_principal_name, row.account_enabled, row.user_type) for row in found]
    verdicts.same("members: with name, UPN, enabled and type", wanted, read)

    page = await mixed.members.get()
    kinds = {row.id: type(row).__name__ for row in page.value}
    verdicts.same(
        "members: each row has its own type, service principals stay out",
        {
            object_id(1): "User",
            object_id(800001): "User",
            object_id(800002): "User",
            object_id(800011): "Device",
            object_id(800013): "OrgContact",
            INNER: "Group",
        },
        kinds,
    )
    rows = {row.id: row for row in page.value}
    kiosk, guest = rows[object_id(800002)], rows[object_id(800001)]
    verdicts.same("members: no mail is None, phones are a list", (None, []), (kiosk.mail, kiosk.business_phones))
    verdicts.same("members: a guest's UPN", "bo_elsewhere.example#EXT#@contoso.example", guest.user_principal_name)

    cast = client.groups.by_group_id(OUTER).transitive_members.graph_user
    options = query(cast, top=100, count=True, select=fields)
    page = await cast.get(request_configuration=asking(options, **ADVANCED))
    verdicts.that("cast: a UserCollectionResponse", isinstance(page, UserCollectionResponse), type(page))
    verdicts.same("cast: $count on the first page", CREW, page.odata_count)
    found = await every_row(client, page, **ADVANCED)
    verdicts.same(f"cast: {CREW} from a nested group over three pages", CROWD_IDS[:CREW], [row.id for row in found])

    cast = mixed.transitive_members.graph_user
    page = await cast.get(request_configuration=asking(query(cast, count=True), **ADVANCED))
    inside = sorted([object_id(1), object_id(2), object_id(800001), object_id(800002)])
    verdicts.same(
        "cast: through a nested group, each once, although there is a circle", inside, sorted(u.id for u in page.value)
    )
    cast = mixed.transitive_members.graph_group
    page = await cast.get(request_configuration=asking(query(cast, count=True), **ADVANCED))
    verdicts.same(
        "cast: the groups in it", (GroupCollectionResponse, [INNER]), (type(page), [row.id for row in page.value])
    )
    for cast, kind, id in (
        (mixed.transitive_members.graph_device, Device, object_id(800011)),
        (mixed.transitive_members.graph_org_contact, OrgContact, object_id(800013)),
    ):
        page = await cast.get(request_configuration=asking(query(cast, count=True), **ADVANCED))
        verdicts.same(f"cast: {kind.__name__}", [(kind, id)], [(type(row), row.id) for row in page.value])
    number = await everyone.transitive_members.graph_user.count.get(request_configuration=asking(**ADVANCED))
    verdicts.same("cast: /$count", CROWD, number)
    refused = await refusal(everyone.transitive_members.graph_user.get())
    verdicts.same("cast: refused without ConsistencyLevel", (400, "Request_UnsupportedQuery"), refused)


async def check_users(client: GraphServiceClient, verdicts: Verdicts) -> None:
    """One user, deleted users, a user's groups, getByIds."""
    options = query(
        client.users.by_user_id("x"),
        select=["id", "displayName", "accountEnabled", "proxyAddresses", "createdDateTime"],
    )
    user = await client.users.by_user_id(object_id(10)).get(request_configuration=asking(options))
    verdicts.that("user: by id, typed", isinstance(user, User) and isinstance(user.created_date_time, datetime), user)
    verdicts.same(
        "user: $select of properties outside the default",
        (object_id(10), person_name(10), False, ["SMTP:p0010@contoso.example"]),
        (user.id, user.display_name, user.account_enabled, user.proxy_addresses),
    )
    guest = await client.users.by_user_id("bo_elsewhere.example#EXT#@contoso.example").get()
    verdicts.same("user: by the UPN of a guest", (object_id(800001), "bo@elsewhere.example"), (guest.id, guest.mail))
    gone = await client.directory.deleted_items.graph_user.get()
    verdicts.same("deleted users: listed", [object_id(800003)], [row.id for row in gone.value])
    groups = await client.users.by_user_id(object_id(2)).get_member_groups.post(
        GetMemberGroupsPostRequestBody(security_enabled_only=False)
    )
    verdicts.same(
        "getMemberGroups: through the nesting",
        sorted([EVERYONE, CREW_GROUP, OUTER, INNER, MIXED]),
        sorted(groups.value),
    )
    groups = await client.users.by_user_id(object_id(2)).check_member_groups.post(
        CheckMemberGroupsPostRequestBody(group_ids=[INNER, object_id(700001)])
    )
    verdicts.same("checkMemberGroups: those asked for", [INNER], groups.value)
    ask_sandbox("set_switch", "get_by_ids", "any_role")
    body = GetByIdsPostRequestBody(ids=[INNER, LOST, object_id(1)], types=["user", "group"])
    found = await client.directory_objects.get_by_ids.post(body)
    kinds = {row.id: type(row) for row in found.value}
    verdicts.same("getByIds: typed, unknown ids left out", {INNER: Group, object_id(1): User}, kinds)


async def check_errors(client: GraphServiceClient, verdicts: Verdicts) -> None:
    """Refusals as ODataError, and what the SDK tries again by itself."""
    try:
        await client.groups.by_group_id(LOST).members.get()
        verdicts.that("404: an unknown group is an error", is_so=False)
    except ODataError as error:
        inner = error.error.inner_error
        verdicts.same(
            "404: its code", (404, "Request_ResourceNotFound"), (error.response_status_code, error.error.code)
        )
        verdicts.that("404: the message names the id", LOST in (error.error.message or ""), error.error.message)
        verdicts.that(
            "404: with request-id and date", bool(inner.request_id) and isinstance(inner.date, datetime), inner
        )
    refused = await refusal(client.groups.by_group_id("nonsense").get())
    verdicts.same("400: an id that is none", (400, "Request_BadRequest"), refused)
    refused = await refusal(client_with("not.a.token").groups.get())
    verdicts.same("401: a token that is none", (401, "InvalidAuthenticationToken"), refused)
    token = ask_sandbox("access_token", roles=["GroupMember.Read.All"])
    refused = await refusal(client_with(token).users.get())
    verdicts.same("403: a token without the role", (403, "Authorization_RequestDenied"), refused)

    for status, times in ((429, 1), (503, 2)):
        ask_sandbox("clear_requests")
        named = {"method": f"/groups/{INNER}", "effect": "status", "status": status, "retry_after": 1, "nth": 1}
        ask_sandbox("add_fault", side="graph", times=times, **named)
        start = time.monotonic()
        group = await client.groups.by_group_id(INNER).get()
        waited = time.monotonic() - start  # the SDK's own back-off would be 3.5 s a time
        verdicts.same(f"{status} with Retry-After: answered in the end", "Inner", group.display_name)
        verdicts.that(f"{status} with Retry-After: 1 waited {times} s", times <= waited < 3 * times, f"{waited:.2f} s")
        statuses = [entry["status"] for entry in ask_sandbox("requests")]
        verdicts.same(f"{status} with Retry-After: tried again as often as needed", [status] * times + [200], statuses)
        ask_sandbox("clear_faults")


async def check_batch(client: GraphServiceClient, verdicts: Verdicts) -> None:
    """Several requests in one, by the SDK's own batch, which writes absolute addresses into the items.

    Bodies stay unread: msgraph-core 1.5.2 takes an item's JSON object for Base64 text and gives None.
    """
    wanted = {
        "inner": client.groups.by_group_id(INNER).to_get_request_information(),
        "lost": client.groups.by_group_id(LOST).to_get_request_information(),
        "people": client.groups.by_group_id(INNER).members.to_get_request_information(),
        "throttled": client.users.by_user_id(object_id(7)).to_get_request_information(),
    }
    ask_sandbox(
        "add_fault", side="graph", item=f"/users/{object_id(7)}", effect="status", status=429, retry_after=7, nth=1
    )
    content = BatchRequestContent()
    for name, information in wanted.items():
        information.path_parameters["baseurl"] = client.request_adapter.base_url
        content.add_request(name, BatchRequestItem(information, name))
    answer = await BatchRequestBuilder(client.request_adapter).post(content)
    statuses = {name: answer.get_response_status_codes().get(name) for name in wanted}
    verdicts.same(
        "batch: each item has its status", {"inner": 200, "lost": 404, "people": 200, "throttled": 429}, statuses
    )
    headers = {name.lower(): value for name, value in (answer.responses["throttled"].headers or {}).items()}
    verdicts.same("batch: Retry-After in the throttled item", "7", headers.get("retry-after"))
    ask_sandbox("clear_faults")


async def main() -> None:
    """Every part, then the summary."""
    verdicts = Verdicts("Graph, judged by msgraph-sdk")
    client = client_with(os.environ["GRAPH_ACCESS_TOKEN"])
    for part in (check_groups, check_members, check_users, check_errors, check_batch):
        with verdicts.about(part.__name__):
            await part(client, verdicts)
    verdicts.finish(f"version {version('msgraph-sdk')}")


if __name__ == "__main__":
    asyncio.run(main())
