"""Searching groups: substrings over a listing of all of them, bounded, and never silently incomplete."""

from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest

from reconciler.errors import CredentialsError, SourceError
from reconciler.model.choices import FoundGroup, MemberCount
from reconciler.source.entra_search import (
    fetch_all_groups,
    fetch_groups_like,
    fetch_ids_of_logins,
    fetch_member_counts,
)

from .conftest import guid, page, refusal, user_row


def row(number, name, **more):
    base = {"groupTypes": [], "securityEnabled": True, "mailEnabled": False, "visibility": None}
    return {"id": guid(number).upper(), "displayName": name, **base, **more}


@pytest.fixture
def tenant(graph):
    """Groups by listing and by startsWith, as Graph has them; `graph.rows` are the tenant's."""
    graph.rows = []

    def answer(item):
        parts = urlsplit(item.url)
        if parts.path != "/groups":
            return None
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        assert query["$top"] == "999"
        rows = graph.rows
        if "$filter" in query:
            assert query["$filter"].startswith("startsWith(displayName,'")
            begin = query["$filter"][24:-2].replace("''", "'").lower()
            rows = [one for one in rows if one["displayName"].lower().startswith(begin)]
        return graph.paged(rows, item.url, query)

    graph.fault = answer
    return graph


def names(search):
    return [group.name for group in search.groups]


def test_a_term_is_found_anywhere_in_the_name_in_any_case(tenant, make_client):
    tenant.rows = [row(1, "First Aid"), row(2, "Aidan's team"), row(3, "Helpdesk"), row(4, "RAID")]
    found = fetch_groups_like(make_client(), "aid")
    assert names(found) == ["Aidan's team", "First Aid", "RAID"]
    assert (found.looked_at, found.complete) == (4, True)


@pytest.mark.parametrize(("term", "name"), [("ÉQUIPE", "E\u0301quipe Nord"), ("straße", "STRASSE"), (" nord ", "Nord")])
def test_a_term_is_compared_without_case_and_in_one_unicode_form(tenant, make_client, term, name):
    tenant.rows = [row(1, name)]
    assert names(fetch_groups_like(make_client(), term)) == [name]


def test_every_page_is_looked_at(tenant, make_client):
    tenant.page_size = 3
    tenant.rows = [row(number, f"Group {number:02}") for number in range(10)]
    tenant.trailing_empty_page = True
    assert names(fetch_groups_like(make_client(), "group 09")) == ["Group 09"]


def test_beyond_the_pages_names_that_begin_so_are_found_and_the_rest_is_said_to_be_missing(tenant, make_client):
    tenant.page_size = 2
    tenant.rows = [
        row(1, "A"),
        row(2, "My O'Neill"),
        row(3, "B"),
        row(4, "C"),
        row(5, "O'Neill's"),
        row(6, "The O'Neills"),
    ]
    found = fetch_groups_like(make_client(), "o'neill", pages=2)
    assert names(found) == ["My O'Neill", "O'Neill's"]
    assert (found.looked_at, found.complete) == (4, False)


def test_an_object_id_is_looked_up(tenant, make_client):
    tenant.add_group(7, "Seven")
    client = make_client()
    assert fetch_groups_like(client, guid(7).upper()).groups == (
        FoundGroup(guid(7), "Seven", "security", False, False),
    )
    assert fetch_groups_like(client, guid(8)).groups == ()
    assert tenant.asked("/groups?") == 0


@pytest.mark.parametrize(
    ("said", "kind", "dynamic", "hidden"),
    [
        ({}, "security", False, False),
        ({"groupTypes": None}, "security", False, False),
        ({"groupTypes": ["DynamicMembership"]}, "security", True, False),
        (
            {"groupTypes": ["Unified"], "mailEnabled": True, "visibility": "HiddenMembership"},
            "Microsoft 365",
            False,
            True,
        ),
        ({"groupTypes": ["Unified", "DynamicMembership"]}, "Microsoft 365", True, False),
        ({"mailEnabled": True}, "mail-enabled security", False, False),
        ({"securityEnabled": False, "mailEnabled": True}, "distribution", False, False),
    ],
)
def test_the_kind_of_a_group(tenant, make_client, said, kind, dynamic, hidden):
    tenant.rows = [row(1, "X", **said)]
    assert fetch_all_groups(make_client()).groups == (FoundGroup(guid(1), "X", kind, dynamic, hidden),)


def test_a_page_that_fails_is_an_error_and_no_shorter_list(tenant, make_client):
    tenant.page_size = 1
    tenant.rows = [row(1, "A"), row(2, "B")]
    listing = tenant.fault
    tenant.fault = lambda item: refusal(404, "x") if "skiptoken" in item.url else listing(item)
    with pytest.raises(SourceError, match="404"):
        fetch_groups_like(make_client(), "a")


def test_throttling_is_waited_out(tenant, make_client, clock):
    tenant.rows = [row(1, "A")]
    listing, told = tenant.fault, iter([refusal(429, "TooManyRequests", **{"Retry-After": "7"})])
    tenant.fault = lambda item: next(told, None) or listing(item)
    assert names(fetch_groups_like(make_client(), "a")) == ["A"]
    assert clock() >= 7


def test_an_expired_page_token_starts_the_listing_again(tenant, make_client):
    tenant.page_size = 1
    tenant.rows = [row(1, "A1"), row(2, "A2")]
    listing, told = tenant.fault, iter([refusal(400, "Directory_ExpiredPageToken")])
    tenant.fault = lambda item: (next(told, None) if "skiptoken" in item.url else None) or listing(item)
    assert names(fetch_groups_like(make_client(), "a")) == ["A1", "A2"]


def test_a_listing_without_names_says_which_permission_is_missing(tenant, make_client):
    tenant.rows = [{"id": guid(1), "displayName": None}]
    with pytest.raises(SourceError) as failed:
        fetch_all_groups(make_client())
    assert "GroupMember.Read.All" in failed.value.advice


def test_a_refusal_names_the_permissions(tenant, make_client):
    tenant.fault = lambda _: refusal(403, "Authorization_RequestDenied")
    with pytest.raises(SourceError) as failed:
        fetch_all_groups(make_client())
    assert "GroupMember.Read.All" in failed.value.advice


def test_a_link_that_leads_elsewhere_is_not_followed(tenant, make_client):
    tenant.fault = lambda _: page([row(1, "A")], **{"@odata.nextLink": "http://elsewhere.example/v1.0/groups?x"})
    with pytest.raises(SourceError, match="elsewhere"):
        fetch_all_groups(make_client())


def test_a_refused_token_is_a_credentials_error(tenant, make_client):
    tenant.token = "other"
    with pytest.raises(CredentialsError):
        fetch_all_groups(make_client("mine", renewable=False))


def test_members_are_counted_from_one_page_and_hidden_ones_are_not_asked_for(tenant, make_client):
    nested = {"@odata.type": "#microsoft.graph.group", "id": guid(9)}
    small = tenant.add_group(1, members=[user_row(1), user_row(2), nested, {"@odata.type": "#x.device", "id": "d"}])
    large = tenant.add_group(2, members=[user_row(number) for number in range(1200)])
    groups = [
        FoundGroup(id_, "X", "security", False, hidden=id_ == guid(3)) for id_ in (small, large, guid(3), guid(4))
    ]
    counts = fetch_member_counts(make_client(), groups)
    assert counts == {
        small: MemberCount(2, 1, more=False),
        large: MemberCount(999, 0, more=True),
        guid(3): None,
        guid(4): None,
    }
    assert tenant.asked(guid(3)) == 0


def test_logins_are_found_by_mail_and_by_upn(graph, make_client):
    people = {"o'neill@x.example": [guid(1).upper()], "two@x.example": [guid(2), guid(3)], "none@x.example": []}

    def answer(item):
        said = parse_qs(urlsplit(item.url).query)["$filter"][0]
        login = next(
            one
            for one in people
            if said == "mail eq '{0}' or userPrincipalName eq '{0}'".format(one.replace("'", "''"))
        )
        return page([{"id": id_} for id_ in people[login]])

    graph.fault = answer
    told = []
    found = fetch_ids_of_logins(make_client(), people, lambda *said: told.append(said))
    assert found == {"o'neill@x.example": (guid(1),), "two@x.example": (guid(2), guid(3)), "none@x.example": ()}
    assert told[-1] == ("looking for technicians in Entra", 3, 3)


def test_a_login_that_cannot_be_asked_about_is_an_error(graph, make_client):
    graph.fault = lambda _: SimpleNamespace(status=403, headers={}, body={"error": {"code": "Denied"}})
    with pytest.raises(SourceError, match="403"):
        fetch_ids_of_logins(make_client(), ["a@x.example"])
