"""Groups and members: whole, or frozen with a reason, and never a shorter group (D17)."""

import json
import random
from types import SimpleNamespace

import pytest

from reconciler.errors import CredentialsError, SourceError
from reconciler.model.directory import Group, Person, UnreadGroup
from reconciler.source.entra_reader import EntraReader


@pytest.fixture
def read(graph, make_client, tools):
    """Read the groups by id; the result by mapping name."""

    def run(*ids, limit=999, client=None):
        reader = EntraReader(client or make_client(), tenant_id=tools.TENANT)
        return reader.fetch_directory(tools.mappings(*((id_, None) for id_ in ids), limit=limit)).groups

    return run


@pytest.fixture
def healthy(graph, tools):
    """A second group that can be read, so that one that cannot does not end the run."""
    return graph.add_group(900, "Healthy", [tools.user_row(900)])


# What a whole group looks like


def test_a_group_is_read_whole_with_what_it_holds(graph, read, tools):
    other_kinds = [
        {"@odata.type": "#microsoft.graph.group", "id": tools.guid(51).upper()},
        {"@odata.type": "#microsoft.graph.device", "id": tools.guid(52)},
        {"@odata.type": "#microsoft.graph.orgContact", "id": tools.guid(53)},
    ]
    people = [
        tools.user_row(3, id=tools.guid(3).upper()),
        tools.user_row(1, mail=None, displayName=None, userType=None),
        tools.user_row(
            2, accountEnabled=False, userType="guest", mail="Two@x.example", **{"@odata.type": "#Microsoft.Graph.USER"}
        ),
    ]
    id_ = graph.add_group(1, "Helpdesk", [*people, *other_kinds])
    assert read(id_)["m0"] == Group(
        id_,
        "Helpdesk",
        (
            Person(tools.guid(3), "Person 3", "p3@contoso.example", "p3@contoso.example", True, False),
            Person(tools.guid(1), "", "p1@contoso.example", None, True, False),
            Person(tools.guid(2), "Person 2", "p2@contoso.example", "Two@x.example", False, True),
        ),
        (tools.guid(51),),
        2,
    )


def test_an_empty_group_is_a_group(graph, read):
    assert read(graph.add_group(1))["m0"].members == ()


def test_ids_of_the_file_may_be_upper_case(graph, read):
    id_ = graph.add_group(0xABC)
    graph.groups[id_.upper()], graph.members[id_.upper()] = graph.groups[id_], []
    assert read(id_.upper())["m0"].id == id_


def test_no_mapping_is_no_error(graph, reader, tools):
    directory = reader.fetch_directory(tools.mappings())
    assert directory.groups == {}
    assert graph.requests == []


def test_pages_are_followed_also_past_empty_ones(graph, read, tools):
    graph.page_size, graph.trailing_empty_page = 2, True
    id_ = graph.add_group(1, members=[tools.user_row(n) for n in range(5)])

    def fault(item):  # an empty page in the middle
        if item.url.endswith("$skiptoken=2"):
            return tools.page(
                [], **{"@odata.nextLink": f"{graph.url}/groups/{id_}/members?$select=x&$skiptoken=2&again"}
            )
        if item.url.endswith("&again"):
            item.url = item.url.replace("&again", "")
            return graph.paged(graph.members[id_], item.url, {"$skiptoken": "2"})
        return None

    graph.fault = fault
    assert [person.id for person in read(id_)["m0"].members] == [tools.guid(n) for n in range(5)]


def test_a_next_link_is_sent_verbatim(graph, read, tools):
    id_ = graph.add_group(1)
    tail = f"/groups/{id_}/members?%24select=id&$skiptoken=RFNw'(+%2f%2B~!=="
    graph.fault = lambda item: (
        tools.page([tools.user_row(1)], **{"@odata.nextLink": f"{graph.url}{tail}"})
        if item.url.endswith("$top=999")
        else tools.page([tools.user_row(2)])
        if "skiptoken" in item.url
        else None
    )
    assert len(read(id_)["m0"].members) == 2
    assert graph.items[-1].url == tail


def test_the_members_list_is_not_cast_and_asks_for_whole_pages(graph, read):
    id_ = graph.add_group(1)
    read(id_)
    assert [item.url for item in graph.items] == [
        f"/groups/{id_}?$select=id,displayName,visibility",
        f"/groups/{id_}/members?$select=id,displayName,userPrincipalName,mail,accountEnabled,userType&$top=999",
    ]


def test_a_person_twice_in_a_group_counts_once(graph, read, tools):
    row = tools.user_row(1)
    id_ = graph.add_group(1, members=[row, tools.user_row(2), {**row, "id": row["id"].upper()}])
    assert [person.id for person in read(id_)["m0"].members] == [tools.guid(1), tools.guid(2)]


def test_equal_people_are_one_object_and_torn_ones_settled(graph, read, tools):
    one = graph.add_group(1, members=[tools.user_row(1), tools.user_row(2), tools.user_row(3)])
    two = graph.add_group(
        2,
        members=[
            tools.user_row(1),
            tools.user_row(2, displayName="Zed"),
            tools.user_row(3, accountEnabled=False, mail=None),
        ],
    )
    groups = read(one, two)
    for first, second in zip(groups["m0"].members, groups["m1"].members, strict=True):
        assert first is second
    _, renamed, disabled = groups["m0"].members
    assert renamed.name == "Zed"
    assert (disabled.enabled, disabled.mail) == (False, None)


def test_text_that_is_the_same_is_held_once(graph, read, tools):
    person = read(graph.add_group(1, members=[tools.user_row(1)]))["m0"].members[0]
    assert person.mail is person.upn


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_answers_does_not_matter(graph, make_client, read, tools, seed):
    rows = [tools.user_row(n % 40, displayName=f"Name {n % 7}", accountEnabled=n % 5 > 0) for n in range(240)]
    ids = [graph.add_group(n, members=rows[n * 8 : n * 8 + 8]) for n in range(30)]
    graph.page_size = 3
    calm = read(*ids)
    graph.shuffle = lambda answers: random.Random(seed).sample(answers, len(answers))  # noqa: S311
    assert read(*ids) == calm


# What freezes


def frozen(groups, name="m0"):
    group = groups[name]
    assert isinstance(group, UnreadGroup)
    return group


def test_a_group_that_is_gone(graph, read, tools, healthy):
    group = frozen(read(tools.guid(404), healthy))
    assert group == UnreadGroup(tools.guid(404), None, "the group does not exist (404)")


@pytest.mark.parametrize("which", ["$select=id,displayName,visibility", "/members?"])
@pytest.mark.parametrize(
    ("status", "code"), [(400, "Request_BadRequest"), (403, "Forbidden"), (500, ""), (503, ""), (429, "")]
)
def test_a_refused_question(graph, read, tools, healthy, which, status, code):
    id_ = graph.add_group(1, members=[tools.user_row(1)])
    graph.fault = lambda item: tools.refusal(status, code) if id_ in item.url and which in item.url else None
    group = frozen(read(id_, healthy))
    assert f"({status}" in group.why
    assert group.hidden == (status == 403)


@pytest.mark.parametrize("status", [400, 403, 404, 503])
def test_a_later_page_that_fails_does_not_leave_a_shorter_group(graph, read, tools, healthy, status):
    graph.page_size = 2
    id_ = graph.add_group(1, members=[tools.user_row(n) for n in range(5)])
    graph.fault = lambda item: tools.refusal(status, "Code") if id_ in item.url and "skiptoken=4" in item.url else None
    assert f"{status}" in frozen(read(id_, healthy)).why


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"value": None},
        {"value": {}},
        {"value": [None]},
        {"value": ["x"]},
        {"value": [{"id": None}]},
        {"value": [{"@odata.type": "#microsoft.graph.user"}]},
        {"value": [], "@odata.nextLink": 7},
        "PGh0bWw+",
    ],
)
def test_a_page_that_is_none(graph, read, healthy, body):
    id_ = graph.add_group(1)
    graph.fault = lambda item: (
        SimpleNamespace(status=200, headers={}, body=body) if id_ in item.url and "/members" in item.url else None
    )
    frozen(read(id_, healthy))


@pytest.mark.parametrize("body", [None, [], {}, {"id": 7}, {"displayName": "x"}])
def test_a_group_record_that_is_none(graph, read, healthy, body):
    id_ = graph.add_group(1)
    graph.fault = lambda item: (
        SimpleNamespace(status=200, headers={}, body=body) if item.url.startswith(f"/groups/{id_}?") else None
    )
    frozen(read(id_, healthy))


def test_another_group_than_asked_for(graph, read, tools, healthy):
    id_ = graph.add_group(1)
    graph.groups[id_]["id"] = tools.guid(2)
    assert frozen(read(id_, healthy)).why == "Graph answered with another group"


def test_a_group_without_a_name(graph, read, healthy):
    id_ = graph.add_group(1)
    graph.groups[id_]["displayName"] = None
    assert "GroupMember.Read.All" in frozen(read(id_, healthy)).why


@pytest.mark.parametrize(
    "change",
    [
        {"accountEnabled": None},
        {"userPrincipalName": None},
        {"accountEnabled": "true"},
        {"userPrincipalName": ""},
        {"mail": 7},
        {"displayName": ["x"]},
        {"userType": 1},
    ],
)
def test_a_member_that_is_not_whole(graph, read, tools, healthy, change):
    id_ = graph.add_group(1, members=[tools.user_row(1), tools.user_row(2, **change)])
    frozen(read(id_, healthy))


def test_a_member_with_type_and_id_alone_points_to_the_permission(graph, read, tools, healthy):
    id_ = graph.add_group(1, members=[{"@odata.type": "#microsoft.graph.user", "id": tools.guid(1)}])
    assert "User.Read.All" in frozen(read(id_, healthy)).why


def test_a_row_without_its_type_is_a_user_only_with_a_users_name(graph, read, tools, healthy):
    row = tools.user_row(1)
    del row["@odata.type"]
    id_ = graph.add_group(1, members=[row])
    assert len(read(id_)["m0"].members) == 1
    graph.members[id_] = [row, {"id": tools.guid(2)}]
    assert frozen(read(id_, healthy)).why == "a member comes without its type"


@pytest.mark.parametrize("size", [2, 999])
def test_more_direct_users_than_the_limit(graph, read, tools, healthy, size):
    graph.page_size = size
    others = [{"@odata.type": "#microsoft.graph.device", "id": tools.guid(80 + n)} for n in range(9)]
    fits = graph.add_group(1, members=[*others, *(tools.user_row(n) for n in range(4))])
    over = graph.add_group(2, members=[tools.user_row(n) for n in range(20)])
    groups = read(fits, over, healthy, limit=4)
    assert len(groups["m0"].members) == 4
    assert "more than 4 direct user members" in frozen(groups, "m1").why
    if size == 2:
        assert graph.asked(f"{over}/members") == 3


@pytest.mark.parametrize(
    ("roles", "hidden"),
    [(["GroupMember.Read.All"], True), (["Member.Read.Hidden"], False), (None, True), ("Member.Read.Hidden", True)],
)
def test_hidden_membership_needs_its_permission(graph, make_client, read, tools, healthy, roles, hidden):
    id_ = graph.add_group(1, "Secret", visibility="HiddenMembership")
    group = read(id_, healthy, client=make_client(tools.make_jwt(tid=tools.TENANT, roles=roles)))["m0"]
    if hidden:
        assert group == UnreadGroup(
            id_, "Secret", "its membership is hidden and the app has no Member.Read.Hidden", hidden=True
        )
    else:
        assert isinstance(group, Group)


def test_an_opaque_token_freezes_hidden_groups(graph, make_client, read, healthy):
    id_ = graph.add_group(1, visibility="hiddenmembership")
    assert frozen(read(id_, healthy, client=make_client("opaque"))).hidden


# Pages that go astray


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/v1.0/groups/x/members?$skiptoken=1",
        "http://127.0.0.1:1/v1.0/groups",
        "/groups/x",
        "{base}x/beta",
    ],
)
def test_a_link_to_elsewhere_freezes_and_is_not_followed(graph, read, tools, healthy, link):
    id_ = graph.add_group(1)
    graph.fault = lambda item: (
        tools.page([tools.user_row(1)], **{"@odata.nextLink": link.format(base=graph.url)})
        if id_ in item.url and "/members" in item.url
        else None
    )
    assert "leads elsewhere" in frozen(read(id_, healthy)).why
    assert graph.asked("skiptoken") == 0


@pytest.mark.parametrize("length", [1, 3])
def test_links_in_a_circle_freeze(graph, read, tools, healthy, length):
    id_ = graph.add_group(1)
    count = iter(range(1000))
    graph.fault = lambda item: (
        tools.page([], **{"@odata.nextLink": f"{graph.url}/groups/{id_}/members?n={next(count) % length}"})
        if f"{id_}/members" in item.url
        else None
    )
    assert "circle" in frozen(read(id_, healthy)).why


def test_an_expired_page_token_starts_that_collection_again(graph, read, tools):
    graph.page_size = 2
    torn = graph.add_group(1, members=[tools.user_row(n) for n in range(5)])
    calm = graph.add_group(2, members=[tools.user_row(n) for n in range(5)])
    expired = []

    def fault(item):
        if torn in item.url and "skiptoken=2" in item.url and not expired:
            expired.append(1)
            graph.members[torn].pop(0)  # someone left meanwhile: the first page must be forgotten
            return tools.refusal(400, "Directory_ExpiredPageToken")
        return None

    graph.fault = fault
    groups = read(torn, calm)
    assert [person.id for person in groups["m0"].members] == [tools.guid(n) for n in range(1, 5)]
    assert len(groups["m1"].members) == 5
    assert graph.asked(f"{calm}/members?$select=id,displayName") == 3


def test_a_page_token_that_always_expires_freezes_after_three_restarts(graph, read, tools, healthy):
    graph.page_size = 2
    id_ = graph.add_group(1, members=[tools.user_row(n) for n in range(5)])
    graph.fault = lambda item: (
        tools.refusal(400, "Directory_ExpiredPageToken") if id_ in item.url and "skiptoken" in item.url else None
    )
    assert "Directory_ExpiredPageToken" in frozen(read(id_, healthy)).why
    assert graph.asked(f"{id_}/members?") == 8


# Names


def by_name(graph, make_client, tools, *names):
    reader = EntraReader(make_client(), tenant_id=tools.TENANT)
    return reader.fetch_directory(tools.mappings(*((None, name) for name in names))).groups


def test_names_are_compared_by_us(graph, make_client, tools, healthy):
    composed, decomposed = "Z\u00fcrich", "Zu\u0308rich"
    ids = [graph.add_group(n, name) for n, name in enumerate(["O'Brien & Co #1", "o'brien & co #1", decomposed])]
    groups = by_name(graph, make_client, tools, "O'Brien & Co #1", composed, "healthy", "Healthy")
    assert [groups[f"m{n}"].id for n in range(4)] == [ids[0], ids[2], None, healthy]
    assert frozen(groups, "m2") == UnreadGroup(None, "healthy", "no Entra group is called 'healthy'")


def test_a_name_that_several_bear(graph, make_client, tools, healthy):
    graph.page_size = 1
    ids = [graph.add_group(n, "Twin") for n in (5, 3)]
    group = frozen(by_name(graph, make_client, tools, "Twin", "Healthy"))
    assert group.id is None
    assert group.why == f"2 Entra groups are called 'Twin': {ids[1]}, {ids[0]}"


def test_many_of_one_name_are_counted(graph, make_client, tools, healthy):
    for number in range(12):
        graph.add_group(number, "Dozen")
    assert frozen(by_name(graph, make_client, tools, "Dozen", "Healthy")).why.endswith("and 2 more")


@pytest.mark.parametrize("rows", [None, [{"id": "x"}], [{"displayName": "Name"}], [7]])
def test_a_name_that_could_not_be_looked_up(graph, make_client, tools, healthy, rows):
    graph.fault = lambda item: (
        SimpleNamespace(status=200, headers={}, body={"value": rows})
        if "'Name'" in item.url.replace("%20", " ")
        else None
    )
    group = frozen(by_name(graph, make_client, tools, "Name", "Healthy"))
    assert group.id is None
    assert "called" not in group.why


def test_a_group_renamed_between_look_up_and_reading(graph, make_client, tools, healthy):
    id_ = graph.add_group(1, "Old")

    def fault(item):
        if item.url.startswith(f"/groups/{id_}?"):
            graph.groups[id_]["displayName"] = "New"

    graph.fault = fault
    assert frozen(by_name(graph, make_client, tools, "Old", "Healthy")).why == (
        "it was called 'Old' a moment ago and is now 'New'"
    )


def test_a_name_beside_an_id_is_only_checked(graph, reader, tools):
    id_ = graph.add_group(1, "Now")
    directory = reader.fetch_directory(tools.mappings((id_, "Once"), (id_, "Now")))
    assert directory.groups["m0"].name == "Now"
    assert directory.notes == (f"m0: the Entra group {id_} is called 'Now', the file says 'Once'",)
    assert graph.asked("$filter") == 0


def test_an_unread_group_goes_by_the_name_in_the_file(graph, reader, tools, healthy):
    groups = reader.fetch_directory(tools.mappings((tools.guid(404), "Gone"), (healthy, None))).groups
    assert frozen(groups).name == "Gone"


# Nothing readable


def test_the_only_group_is_frozen_where_graph_answered_for_it(graph, reader, tools):
    id_ = graph.add_group(1, visibility="HiddenMembership")
    (group,) = reader.fetch_directory(tools.mappings((id_, None))).groups.values()
    assert isinstance(group, UnreadGroup)
    assert "hidden" in group.why


def test_nothing_readable_ends_the_run_with_every_reason(graph, reader, tools):
    with pytest.raises(SourceError) as caught:
        reader.fetch_directory(tools.mappings((tools.guid(403), None), (tools.guid(404), None), (None, "Nobody")))
    lines = str(caught.value).splitlines()[1:]
    assert [line.split(":")[0].strip() for line in lines] == ["m0", "m1", "m2"]
    assert "404" in lines[0]
    assert "404" in lines[1]
    assert "no Entra group is called 'Nobody'" in lines[2]


def test_forbidden_everywhere_names_the_permissions(graph, reader, tools):
    graph.fault = lambda _: tools.refusal(403, "Authorization_RequestDenied")
    with pytest.raises(SourceError) as caught:
        reader.fetch_directory(tools.mappings((tools.guid(1), None), (None, "Name")))
    assert "GroupMember.Read.All and User.Read.All" in caught.value.advice
    assert caught.value.exit_code == 1


def test_an_envelope_that_is_forbidden_names_the_permissions(graph, reader, tools):
    graph.outer = lambda _: tools.refusal(403, "Authorization_RequestDenied")
    with pytest.raises(SourceError) as caught:
        reader.fetch_directory(tools.mappings((tools.guid(1), None), (tools.guid(2), None)))
    assert "GroupMember.Read.All and User.Read.All" in caught.value.advice


def test_a_token_refused_for_every_item(graph, reader, tools):
    graph.fault = lambda _: tools.refusal(401, "InvalidAuthenticationToken")
    with pytest.raises(CredentialsError):
        reader.fetch_directory(tools.mappings((tools.guid(1), None)))


def test_a_graph_that_cannot_be_reached(graph, reader, tools):
    graph.close()
    with pytest.raises(SourceError, match="no connection"):
        reader.fetch_directory(tools.mappings((tools.guid(1), None)))


# The tenant


@pytest.mark.parametrize(
    ("token_says", "configured", "confirmed"),
    [
        ({"tid": "TENANT"}, "TENANT", True),
        ({"tid": "TENANT"}, "UPPER", True),
        ({"tid": "TENANT"}, "contoso.example", None),
        ({"tid": "TENANT"}, None, None),
        ({}, "TENANT", None),
        ({"tid": 7}, "TENANT", None),
        (None, "TENANT", None),
    ],
)
def test_the_tenant_is_confirmed_where_it_can_be(graph, make_client, tools, healthy, token_says, configured, confirmed):
    names = {"TENANT": tools.TENANT, "UPPER": tools.TENANT.upper()}
    token = "opaque"
    if token_says is not None:
        token = tools.make_jwt(**{key: names.get(value, value) for key, value in token_says.items()})
    reader = EntraReader(make_client(token), tenant_id=names.get(configured, configured))
    assert reader.fetch_directory(tools.mappings((healthy, None))).tenant_confirmed is confirmed


def test_a_token_of_another_tenant_is_told_and_confirms_nothing(graph, make_client, tools, healthy):
    reader = EntraReader(make_client(tools.make_jwt(tid=tools.guid(7))), tenant_id=tools.TENANT)
    directory = reader.fetch_directory(tools.mappings((healthy, None)))
    assert directory.tenant_confirmed is False
    assert [note for note in directory.notes if "is for tenant" in note] != []


# Cost


@pytest.mark.parametrize(("trailing", "most"), [(False, 8), (True, 8 + 4)])
def test_groups_and_their_members_go_twenty_to_a_request(graph, make_client, tools, trailing, most):
    """ceil(2 n / 20) requests for n groups of one page: 100 for 999 groups, 50 more for an empty last page."""
    graph.page_size, graph.trailing_empty_page = 30, trailing
    ids = [graph.add_group(n, members=[tools.user_row(n * 30 + m) for m in range(30)]) for n in range(80)]
    calls = []
    reader = EntraReader(make_client(), tenant_id=tools.TENANT, progress=lambda *call: calls.append(call))
    groups = reader.fetch_directory(tools.mappings(*((id_, None) for id_ in ids))).groups
    assert sum(len(group.members) for group in groups.values()) == 2400
    assert len(graph.requests) == most
    assert all(len(json.loads(request.body)["requests"]) <= 20 for request in graph.requests)
    assert calls[-1] == ("reading groups in Entra", 80, 80)


def test_one_group_can_be_read_again(graph, reader, tools):
    id_ = graph.add_group(1, "Again", [tools.user_row(1)])
    assert [person.id for person in reader.fetch_group(id_.upper()).members] == [tools.guid(1)]
    assert isinstance(reader.fetch_group(tools.guid(2)), UnreadGroup)
