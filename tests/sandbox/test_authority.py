"""The Entra authority over https, asked by azure-identity itself as graph.md §9.4 describes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import trustme
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import ClientAssertionCredential, ClientSecretCredential

from reconciler.sandbox import Sandbox, parse_scenario, run_sandbox

from .conftest import WORLD

SCOPE = "https://graph.microsoft.com/.default"
TENANT = "8d2f4c1e-0000-4000-8000-2b7f3d9a1c55"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str, str]:
    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    certificate.private_key_and_cert_chain_pem.write_to_path(folder / "server.pem")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    return str(folder / "server.pem"), str(folder / "server.pem"), str(folder / "ca.pem")


@pytest.fixture
def secure(files: tuple[str, str, str]) -> Iterator[Sandbox]:
    with run_sandbox(parse_scenario(WORLD), tls=files[:2]) as box:
        yield box


def test_a_client_secret_buys_a_token_that_graph_takes(secure: Sandbox, files: tuple[str, str, str]) -> None:
    names = secure.authority()
    assert names["AZURE_AUTHORITY_HOST"].startswith("https://127.0.0.1:")
    with ClientSecretCredential(
        TENANT,
        names["AZURE_CLIENT_ID"],
        names["AZURE_CLIENT_SECRET"],
        authority=secure.base_url,
        disable_instance_discovery=True,
        connection_verify=files[2],
    ) as credential:
        token = credential.get_token(SCOPE).token
    import ssl

    with httpx.Client(verify=ssl.create_default_context(cafile=files[2])) as client:
        answer = client.get(f"{secure.base_url}/v1.0/users?$top=1", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    assert answer.json()["@odata.nextLink"].startswith(secure.base_url)
    assert [entry["side"] for entry in secure.requests()] == ["authority", "authority", "graph"]
    assert names["AZURE_CLIENT_SECRET"] not in str(secure.requests())
    assert token not in str(secure.requests())


def test_a_wrong_secret_is_refused_in_entras_words(secure: Sandbox, files: tuple[str, str, str]) -> None:
    client = secure.authority()["AZURE_CLIENT_ID"]
    with (
        ClientSecretCredential(
            TENANT,
            client,
            "wrong",
            authority=secure.base_url,
            disable_instance_discovery=True,
            connection_verify=files[2],
        ) as credential,
        pytest.raises(ClientAuthenticationError, match="AADSTS7000215"),
    ):
        credential.get_token(SCOPE)


def test_an_assertion_buys_one_too(secure: Sandbox, files: tuple[str, str, str]) -> None:
    client = secure.authority()["AZURE_CLIENT_ID"]
    with ClientAssertionCredential(
        "contoso.example", client, lambda: "a.b.c", authority=secure.base_url, connection_verify=files[2]
    ) as credential:
        assert credential.get_token(SCOPE).token.count(".") == 2


@pytest.mark.parametrize(
    ("path", "change", "status", "error"),
    [
        (f"/{TENANT}", {"client_id": "x"}, 400, "unauthorized_client"),
        (f"/{TENANT}", {"scope": "https://elsewhere.example/.default"}, 400, "invalid_scope"),
        (f"/{TENANT}", {"grant_type": "password"}, 400, "unsupported_grant_type"),
        (f"/{TENANT}", {"client_assertion": "x"}, 401, "invalid_client"),
        ("/other.example", {}, 400, "invalid_tenant"),
    ],
)
def test_refusals(box: Sandbox, http: httpx.Client, path: str, change: dict[str, str], status: int, error: str) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": box.authority()["AZURE_CLIENT_ID"],
        "client_secret": box.authority()["AZURE_CLIENT_SECRET"],
        "scope": SCOPE,
    }
    answer = http.post(f"{path}/oauth2/v2.0/token", data=form | change)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_discovery_names_this_host(box: Sandbox, http: httpx.Client) -> None:
    body = http.get(f"/{TENANT}/v2.0/.well-known/openid-configuration").json()
    assert body["token_endpoint"] == f"{box.base_url}/{TENANT}/oauth2/v2.0/token"
    assert http.get("/nobody/v2.0/.well-known/openid-configuration").status_code == 400
    asked = {"authorization_endpoint": f"{box.base_url}/{TENANT}/oauth2/v2.0/authorize", "api-version": "1.0"}
    found = http.get("/common/discovery/instance", params=asked).json()["tenant_discovery_endpoint"]
    assert found == f"{box.base_url}/{TENANT}/v2.0/.well-known/openid-configuration"


def test_the_lifetime_is_a_switch(box: Sandbox, http: httpx.Client) -> None:
    box.state.set_switch("token_lifetime", "60")
    form = {
        "grant_type": "client_credentials",
        "client_id": box.authority()["AZURE_CLIENT_ID"],
        "client_secret": box.authority()["AZURE_CLIENT_SECRET"],
        "scope": SCOPE,
    }
    body = http.post(f"/{TENANT}/oauth2/v2.0/token", data=form).json()
    assert (body["expires_in"], body["token_type"]) == (60, "Bearer")
    bearer = {"Authorization": f"Bearer {body['access_token']}"}
    assert http.get("/v1.0/users", headers=bearer).status_code == 200
    box.state.advance_clock(61)
    assert http.get("/v1.0/users", headers=bearer).status_code == 401


def test_paths_of_a_file(files: tuple[str, str, str]) -> None:
    assert all(Path(file).is_file() for file in files)
