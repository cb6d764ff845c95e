"""A small world and bare clients for it: what goes over the wire is written by hand in these tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from reconciler.sandbox import Sandbox, parse_scenario, run_sandbox

WORLD = """
tenant: {id: 8d2f4c1e-0000-4000-8000-2b7f3d9a1c55, domain: contoso.example, client_secret: s3cret-of-the-app}
people:
  mira: {id: 00000001-0000-4000-8000-000000000001, name: Mira Holt, upn: mholt@contoso.example,
    mail: mira.holt@contoso.example, more: {givenName: Mira, department: Service}}
  bo: {id: 00000002-0000-4000-8000-000000000002, name: Bo Øst, upn: bo@contoso.example, enabled: false}
  nomail: {id: 00000003-0000-4000-8000-000000000003, name: Desk, upn: desk@contoso.example, mail: null}
  guest: {id: 00000004-0000-4000-8000-000000000004, name: Guest, mail: g@x.example, guest: true,
    upn: 'g_x.example#EXT#@contoso.example'}
  gone: {id: 00000005-0000-4000-8000-000000000005, name: Gone, upn: gone@contoso.example, deleted: true}
objects:
  laptop: {id: 00000006-0000-4000-8000-000000000006, kind: device, name: LT-1}
  app: {id: 00000007-0000-4000-8000-000000000007, kind: servicePrincipal, name: App}
  contact: {id: 00000008-0000-4000-8000-000000000008, kind: orgContact, name: Contact}
groups:
  outer: {id: 000000a1-0000-4000-8000-000000000001, name: Outer, members: [mira, inner, laptop, app, contact]}
  inner: {id: 000000a2-0000-4000-8000-000000000002, name: "Inner's", members: [bo, guest, nomail, outer]}
  hidden: {id: 000000a3-0000-4000-8000-000000000003, name: Hidden, members: [bo],
    more: {groupTypes: [Unified], visibility: HiddenMembership}}
rescue:
  account_id: 1234567
  organization: Contoso
  master_administrators:
    - {name: Hela Holder, email: hela@contoso.example, account_holder: true, id: 10}
    - {name: Sync, email: sync@contoso.example, password: Old-Pass9, id: 11}
  administrators:
    - {name: Ada, email: ada@contoso.example, password: Ada-Pass9, id: 12}
  technicians:
    - group: EMEA
      id: 20
      permissions: [RemoteControl, SendFile]
      links: [ada@contoso.example]
      people:
        - {person: mira, id: 30, description: 'Berlin: 2nd floor', mobile: true}
        - {person: bo, id: 31, status: Disabled, sso_id: bo@contoso.example}
      groups:
        - {group: Field, id: 21}
    - {group: APAC, id: 22}
  token_owner: sync@contoso.example
"""

MIRA, BO, NOMAIL, GUEST, GONE, LAPTOP, APP, CONTACT = (f"{n:08x}-0000-4000-8000-{n:012d}" for n in range(1, 9))
OUTER, INNER, HIDDEN = (f"000000a{n}-0000-4000-8000-{n:012d}" for n in range(1, 4))
PERSON = {
    "name": "New One",
    "email": "new@contoso.example",
    "status": "Enabled",
    "mobileaddon": "False",
    "rpataddon": "False",
}

Rescue = Callable[..., str]
Graph = Callable[..., Any]


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with run_sandbox(parse_scenario(WORLD)) as running:
        yield running


@pytest.fixture
def http(box: Sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=box.base_url, timeout=10, verify=False) as client:  # noqa: S501 - saves loading certificates
        yield client


@pytest.fixture
def rescue(box: Sandbox, http: httpx.Client) -> Rescue:
    """Call a method with the API token; the body as text."""
    token = box.environment()["RESCUE_API_TOKEN"]

    def call(method: str, **parameters: object) -> str:
        answer = http.post(f"/API/{method}.aspx", data={"authcode": token, **parameters})
        assert answer.status_code == 200, answer.text
        return answer.content.decode()

    return call


@pytest.fixture
def graph(box: Sandbox, http: httpx.Client) -> Graph:
    """GET (or POST with `json`) below /v1.0 with the token; the whole answer."""
    token = box.environment()["GRAPH_ACCESS_TOKEN"]

    def call(path: str, *, json: object = None, token: str = token, **headers: str) -> httpx.Response:
        sent = {"Authorization": f"Bearer {token}"} | {name.replace("_", "-"): value for name, value in headers.items()}
        url = path if path.startswith("http") else f"/v1.0{path}"
        if json is None:
            return http.get(url, headers=sent)
        return http.post(url, headers=sent, json=json)

    return call
