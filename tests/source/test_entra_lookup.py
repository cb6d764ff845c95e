"""One person by whatever somebody calls them, against the embedded sandbox."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from reconciler.sandbox import Sandbox, parse_scenario, run_sandbox
from reconciler.source.credentials import make_token_source
from reconciler.source.entra_lookup import Found, fetch_person
from reconciler.source.graph_client import GraphClient
from reconciler.transport import Channel

ANN = "aaaaaaaa-0000-4000-8000-000000000001"
BEN = "aaaaaaaa-0000-4000-8000-000000000002"
ODD = "aaaaaaaa-0000-4000-8000-000000000003"
DESK = "bbbbbbbb-0000-4000-8000-000000000001"
SCENARIO = f"""
tenant: {{id: 8d2f4c1e-0000-4000-8000-2b7f3d9a1c55}}
people:
  ann: {{id: {ANN}, name: Ann, upn: ann@contoso.example, mail: ann.first@contoso.example,
    more: {{proxyAddresses: ['SMTP:ann.first@contoso.example', 'smtp:ann.old@contoso.example']}}}}
  ben: {{id: {BEN}, name: Ben, upn: ben@contoso.example, mail: shared@contoso.example, enabled: false}}
  odd: {{id: {ODD}, name: Odd, upn: "o'd/d#?@contoso.example", mail: shared@contoso.example}}
groups:
  inner: {{name: Inner, members: [ann]}}
  desk: {{id: {DESK}, name: Desk, members: [inner]}}
rescue: {{account_id: 1, token_owner: a@b.example, master_administrators: [{{name: A, email: a@b.example}}]}}
"""


@pytest.fixture
def place() -> Iterator[Sandbox]:
    with run_sandbox(parse_scenario(SCENARIO)) as running:
        yield running


def no_pause(_: float) -> None:
    """Pauses between repeats are not waited for."""


def look(place: Sandbox, name: str, **environ: str) -> Found:
    env = place.environment() | environ
    with Channel(env["GRAPH_BASE_URL"], service="Microsoft Graph (GRAPH_BASE_URL)", sleep=no_pause) as channel:
        tokens = make_token_source(env, tenant_id=env["AZURE_TENANT_ID"], cloud="global")
        return fetch_person(GraphClient(channel, tokens, patience=0.1, sleep=no_pause), name)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        (ANN, {ANN}),
        (ANN.upper(), {ANN}),
        ("ANN@contoso.example", {ANN}),
        ("ann.first@contoso.example", {ANN}),
        ("ann.old@contoso.example", {ANN}),
        ("shared@contoso.example", {BEN, ODD}),
        ("o'd/d#?@contoso.example", {ODD}),
        ("nobody@contoso.example", set()),
        ("", set()),
        ("x\ny", set()),
        ("' or '1' eq '1", set()),
        (DESK, set()),
    ],
)
def test_who_is_called_so(place: Sandbox, name: str, found: set[str]) -> None:
    told = look(place, name)
    assert set(told.people) == found
    assert told.why == ""


def test_the_account_and_all_its_groups(place: Sandbox) -> None:
    assert look(place, "ben@contoso.example").people[BEN].enabled is False
    groups = look(place, ANN).groups[ANN]
    assert groups is not None
    assert DESK in groups
    assert len(groups) == 2


def test_limited_information_is_no_answer(place: Sandbox) -> None:
    token = place.state.access_token(roles=["User.ReadBasic.All", "GroupMember.Read.All"])
    told = look(place, ANN, GRAPH_ACCESS_TOKEN=token)
    assert told.people == {}
    assert "User.Read.All" in told.why


@pytest.mark.parametrize("effect", ["status", "html"])
def test_what_cannot_be_asked_is_said(place: Sandbox, effect: str) -> None:
    place.state.add_fault(side="graph", item="^/users/", effect=effect, status=403)
    told = look(place, "nobody@contoso.example")
    assert told.people == {}
    assert told.why != ""


def test_nobody_at_the_other_end_is_said(place: Sandbox) -> None:
    told = look(place, ANN, GRAPH_BASE_URL="http://127.0.0.1:1/v1.0")
    assert told.people == {}
    assert "Graph" in told.why
