"""Certificates, workload and managed identities, the Azure CLI: each against what answers it, and which one is used."""

import json
import logging
import os
import time
import traceback
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID

from reconciler.errors import CredentialsError, UsageError
from reconciler.source.credentials import make_token_source

from .entra_authority import ASSERTION, TENANT, Authority

PASSWORD = "canary-p12-password"
HEADER = "canary-identity-header"
CLI_TOKEN = "eyJcanary.eyJvaWQiOiJhIHBlcnNvbiJ9.canary-cli-signature"
MACHINE = ("IDENTITY_", "IMDS_", "MSI_", "AZURE_")


def certify(key):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "reconciler")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 7, now, now + timedelta(days=1))
    return builder.sign(key, hashes.SHA256())


@pytest.fixture(scope="session")
def keys(tmp_path_factory):
    """One RSA certificate in every file an administrator may have, and what is none."""
    folder = tmp_path_factory.mktemp("keys")
    key = rsa.generate_private_key(65537, 2048)
    certificate = certify(key)
    public = certificate.public_bytes(Encoding.PEM)

    def pem(one, encryption):
        return one.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)

    locked = BestAvailableEncryption(PASSWORD.encode())
    curve = ec.generate_private_key(ec.SECP256R1())
    files = {
        "plain.pem": pem(key, NoEncryption()) + public,
        "locked.pem": pem(key, locked) + public,
        "locked.p12": pkcs12.serialize_key_and_certificates(b"r", key, certificate, None, locked),
        "plain.p12": pkcs12.serialize_key_and_certificates(b"r", key, certificate, None, NoEncryption()),
        "public.pem": public,
        "curve.pem": pem(curve, NoEncryption()) + certify(curve).public_bytes(Encoding.PEM),
        "garbage": b"canary garbage",
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return SimpleNamespace(folder=folder, public=key.public_key(), path=lambda name: str(folder / name))


@pytest.fixture(autouse=True)
def no_machine(monkeypatch):
    """azure-identity looks for managed identities in the process's environment: there is none to begin with."""
    for name in [name for name in os.environ if name.startswith(MACHINE)]:
        monkeypatch.delenv(name)


@pytest.fixture
def machine():
    """The endpoint of a managed identity, over plain http as it is."""
    it = Authority()
    yield it
    it.close()


@pytest.fixture
def az(tmp_path, monkeypatch):
    """A program `az` alone on the path; `says` sets what it prints, and how it ends."""
    folder = tmp_path / "bin"
    folder.mkdir()
    calls = tmp_path / "calls"
    monkeypatch.setenv("PATH", str(folder))

    def says(out="", err="", code=0):
        (tmp_path / "out").write_text(out)
        (tmp_path / "err").write_text(err)
        script = f"""#!/bin/sh
echo "$@" >> '{calls}'
while IFS= read -r line; do echo "$line"; done < '{tmp_path}/out'
while IFS= read -r line; do echo "$line" >&2; done < '{tmp_path}/err'
exit {code}
"""
        (folder / "az").write_text(script)
        (folder / "az").chmod(0o700)

    return SimpleNamespace(says=says, calls=lambda: calls.read_text().splitlines() if calls.exists() else [])


def cli_answer(seconds=3600):
    ends = int(time.time()) + seconds
    return json.dumps({"accessToken": CLI_TOKEN, "expires_on": ends, "tokenType": "Bearer"}) + "\n"


def make(environ, tenant=TENANT):
    return make_token_source(environ, tenant_id=tenant, cloud="global")


def base(authority, certificates, **more):
    return {
        "AZURE_AUTHORITY_HOST": authority.url,
        "AZURE_CLIENT_ID": "client",
        "REQUESTS_CA_BUNDLE": certificates.ca,
        **more,
    }


def with_certificate(authority, certificates, keys, name="plain.pem", **more):
    return base(authority, certificates, AZURE_CLIENT_CERTIFICATE_PATH=keys.path(name), **more)


def with_workload(authority, certificates, folder, **more):
    (folder / "federated").write_text(ASSERTION)
    return base(authority, certificates, AZURE_FEDERATED_TOKEN_FILE=str(folder / "federated"), **more)


# Certificates


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("plain.pem", {}),
        ("locked.pem", {"AZURE_CLIENT_CERTIFICATE_PASSWORD": PASSWORD}),
        ("locked.p12", {"AZURE_CLIENT_CERTIFICATE_PASSWORD": PASSWORD}),
        ("plain.p12", {}),
    ],
)
def test_a_certificate_signs_who_we_are(authority, certificates, keys, name, more):
    source = make(with_certificate(authority, certificates, keys, name, **more))
    assert [source.token(), source.token(), source.token(refresh=True)] == ["token-1", "token-1", "token-2"]
    form = authority.asked("/oauth2/v2.0/token")[0].form
    place = f"{authority.url}/{TENANT}/oauth2/v2.0/token"
    said = jwt.decode(form["client_assertion"], keys.public, algorithms=["RS256", "PS256"], audience=place)
    assert said["iss"] == said["sub"] == form["client_id"] == "client"
    assert "x5c" not in jwt.get_unverified_header(form["client_assertion"])


@pytest.mark.parametrize("said", ["true", "1", "TRUE"])
def test_the_chain_is_sent_where_it_is_asked_for(authority, certificates, keys, said):
    make(with_certificate(authority, certificates, keys, AZURE_CLIENT_SEND_CERTIFICATE_CHAIN=said)).token()
    form = authority.asked("/oauth2/v2.0/token")[0].form
    assert jwt.get_unverified_header(form["client_assertion"])["x5c"]


def test_false_does_not_mean_that_the_chain_is_sent(authority, certificates, keys):
    make(with_certificate(authority, certificates, keys, AZURE_CLIENT_SEND_CERTIFICATE_CHAIN="false")).token()
    form = authority.asked("/oauth2/v2.0/token")[0].form
    assert "x5c" not in jwt.get_unverified_header(form["client_assertion"])


def test_neither_true_nor_false_is_refused(authority, certificates, keys):
    environ = with_certificate(authority, certificates, keys, AZURE_CLIENT_SEND_CERTIFICATE_CHAIN="perhaps")
    with pytest.raises(UsageError, match="AZURE_CLIENT_SEND_CERTIFICATE_CHAIN is neither true nor false"):
        make(environ).token()


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("locked.pem", None),
        ("locked.pem", "canary-wrong"),
        ("locked.p12", None),
        ("locked.p12", "canary-wrong"),
        ("plain.pem", "canary-wrong"),
        ("public.pem", None),
        ("curve.pem", None),
        ("garbage", None),
        ("missing.pem", None),
        (".", None),
    ],
)
def test_a_certificate_that_cannot_be_used_is_explained(authority, certificates, keys, name, password):
    more = {"AZURE_CLIENT_CERTIFICATE_PASSWORD": password} if password else {}
    with pytest.raises(CredentialsError, match="the certificate that AZURE_CLIENT_CERTIFICATE_PATH names") as caught:
        make(with_certificate(authority, certificates, keys, name, **more)).token()
    assert "PEM or PKCS12" in caught.value.advice
    assert "canary" not in "".join(traceback.format_exception(caught.value)).replace(str(keys.folder), "")
    assert authority.requests == []


def test_a_certificate_that_entra_does_not_know_is_explained(authority, certificates, keys):
    authority.refuse = (401, {"error": "invalid_client", "error_description": "AADSTS700027: The certificate is not."})
    with pytest.raises(CredentialsError, match="AADSTS700027") as caught:
        make(with_certificate(authority, certificates, keys)).token()
    assert "upload it" in caught.value.advice


# Workload identity


def test_a_workload_identity_sends_what_is_in_the_file_now(authority, certificates, tmp_path):
    source = make(with_workload(authority, certificates, tmp_path))
    assert source.token() == "token-1"
    (tmp_path / "federated").write_text("another-assertion")
    assert source.token(refresh=True) == "token-2"
    forms = [request.form for request in authority.asked("/oauth2/v2.0/token")]
    assert [form["client_assertion"] for form in forms] == [ASSERTION, "another-assertion"]
    assert {form["client_id"] for form in forms} == {"client"}


def test_a_token_file_that_is_not_there_is_named(authority, certificates, tmp_path):
    environ = with_workload(authority, certificates, tmp_path)
    (tmp_path / "federated").unlink()
    with pytest.raises(CredentialsError, match=r"workload identity: .*federated"):
        make(environ).token()


# Managed identity


@pytest.mark.parametrize("client", ["", "user-assigned"])
def test_an_identity_that_announces_itself_is_used(machine, monkeypatch, client):
    # A proxy would see the header.
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    environ = {
        "IDENTITY_ENDPOINT": f"{machine.url}/msi/token",
        "IDENTITY_HEADER": HEADER,
        "AZURE_CLIENT_ID": client,
    }
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    source = make(environ, tenant=None)
    assert [source.token(), source.token(), source.token(refresh=True)] == ["token-1", "token-1", "token-2"]
    request = machine.requests[0]
    assert request.query["resource"] == "https://graph.microsoft.com"
    assert request.query.get("client_id", "") == client
    assert request.headers["X-IDENTITY-HEADER"] == HEADER


def test_azure_ml_announces_itself_in_another_way(machine, monkeypatch):
    environ = {"MSI_ENDPOINT": f"{machine.url}/msi/token", "MSI_SECRET": HEADER}
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert make(environ).token() == "token-1"
    assert machine.requests[0].headers["secret"] == HEADER


@pytest.mark.parametrize("said", ["ManagedIdentityCredential", "managedidentitycredential"])
def test_a_virtual_machine_is_asked_only_when_it_is_chosen(machine, monkeypatch, tmp_path, said):
    # The address of the metadata service, for the test; with what would make it a workload identity beside it.
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", machine.url)
    for name in ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE", "AZURE_AUTHORITY_HOST"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    environ = {"AZURE_TOKEN_CREDENTIALS": said}
    assert make(environ).token() == "token-1"
    assert machine.requests[0].path == "/metadata/identity/oauth2/token"
    with pytest.raises(CredentialsError, match="on a virtual machine set AZURE_TOKEN_CREDENTIALS=Managed"):
        make({})


@pytest.mark.parametrize(
    ("environ", "lacks"),
    [
        ({"IDENTITY_ENDPOINT": "http://127.0.0.1:1"}, "a managed identity lacks IDENTITY_HEADER"),
        ({"MSI_ENDPOINT": "http://127.0.0.1:1"}, "a managed identity lacks MSI_SECRET"),
    ],
)
def test_half_an_announcement_is_none(environ, lacks):
    with pytest.raises(CredentialsError, match=lacks):
        make(environ)


def test_an_arc_machine_announces_itself(monkeypatch):
    environ = {"IDENTITY_ENDPOINT": "http://127.0.0.1:1/x", "IMDS_ENDPOINT": "http://127.0.0.1:1"}
    assert make(environ).renewable


def test_a_machine_that_refuses_is_explained_without_its_header(machine, monkeypatch, caplog):
    caplog.set_level(logging.DEBUG)
    machine.refuse = (400, {"statusCode": 400, "message": f"No identity for {HEADER}"})
    environ = {"IDENTITY_ENDPOINT": f"{machine.url}/msi/token", "IDENTITY_HEADER": HEADER}
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(CredentialsError, match="No identity for …") as caught:
        make(environ).token()
    assert "AZURE_CLIENT_ID" in caught.value.advice
    assert HEADER not in "".join(traceback.format_exception(caught.value)) + caplog.text


# The Azure CLI


def test_the_azure_cli_is_asked_once_for_a_token_that_lasts(az):
    az.says(cli_answer())
    source = make({"AZURE_TOKEN_CREDENTIALS": "AzureCliCredential"})
    assert {source.token() for _ in range(5)} == {CLI_TOKEN}
    assert az.calls() == [
        f"account get-access-token --output json --resource https://graph.microsoft.com --tenant {TENANT}"
    ]
    source.token(refresh=True)
    assert len(az.calls()) == 2


def test_a_token_of_the_azure_cli_that_is_about_to_end_is_asked_for_anew(az):
    az.says(cli_answer(seconds=200))
    source = make({"AZURE_TOKEN_CREDENTIALS": "AzureCliCredential"}, tenant=None)
    source.token()
    source.token()
    assert len(az.calls()) == 2
    assert "--tenant" not in az.calls()[0]


def test_whoever_is_logged_in_is_never_used_without_being_asked_for(az):
    az.says(cli_answer())
    with pytest.raises(CredentialsError, match="the Azure CLI lacks AZURE_TOKEN_CREDENTIALS=AzureCliCredential"):
        make({})
    assert az.calls() == []


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"err": "Please run 'az login' to setup account.\n", "code": 1}, "az login"),
        ({"err": "ERROR: AADSTS50076: something\n", "code": 1}, "AADSTS50076"),
        ({"out": f"no json but {CLI_TOKEN}\n"}, "Unexpected output"),
        ({"err": "", "code": 127}, "Azure CLI not found"),
    ],
)
def test_an_azure_cli_that_gives_no_token_is_explained(az, said, told):
    az.says(**said)
    with pytest.raises(CredentialsError, match=told) as caught:
        make({"AZURE_TOKEN_CREDENTIALS": "AzureCliCredential"}).token()
    assert "az login" in caught.value.advice
    assert CLI_TOKEN not in "".join(traceback.format_exception(caught.value))


def test_an_azure_cli_that_is_not_there_is_explained(az):
    with pytest.raises(CredentialsError, match="Azure CLI not found"):
        make({"AZURE_TOKEN_CREDENTIALS": "AzureCliCredential"}).token()


# Which one


def everything(authority, certificates, keys, machine, folder, monkeypatch):
    """Every way complete at once."""
    announced = {"IDENTITY_ENDPOINT": f"{machine.url}/msi/token", "IDENTITY_HEADER": HEADER}
    for name, value in announced.items():
        monkeypatch.setenv(name, value)
    return {
        **with_certificate(authority, certificates, keys),
        **with_workload(authority, certificates, folder),
        **announced,
        "AZURE_CLIENT_SECRET": "canary-secret",
        "ACTIONS_ID_TOKEN_REQUEST_URL": f"{authority.url}/github/token?v=1",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "canary",
    }


def used(authority, machine, az):
    """Which of them a token came from."""
    if az.calls():
        return "cli"
    if machine.requests:
        return "managed"
    if authority.asked("/github/token"):
        return "github"
    form = authority.asked("/oauth2/v2.0/token")[0].form
    if "client_secret" in form:
        return "secret"
    return "workload" if form["client_assertion"] == ASSERTION else "certificate"


@pytest.mark.parametrize(
    ("without", "expected"),
    [
        ([], "secret"),
        (["AZURE_CLIENT_SECRET"], "certificate"),
        (["AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PATH"], "github"),
        (["AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PATH", "ACTIONS_ID_TOKEN_REQUEST_URL"], "workload"),
        (["AZURE_CLIENT_ID"], "managed"),
    ],
)
@pytest.mark.parametrize("choice", ["", "prod"])
def test_the_first_complete_way_is_used(
    authority, certificates, keys, machine, az, tmp_path, monkeypatch, without, expected, choice
):
    az.says(cli_answer())
    environ = everything(authority, certificates, keys, machine, tmp_path, monkeypatch)
    for name in without:
        del environ[name]
    make({**environ, "AZURE_TOKEN_CREDENTIALS": choice}).token()
    assert used(authority, machine, az) == expected


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("EnvironmentCredential", "secret"),
        ("workloadidentitycredential", "workload"),
        ("ManagedIdentityCredential", "managed"),
        ("AzureCliCredential", "cli"),
    ],
)
def test_a_choice_is_honoured(authority, certificates, keys, machine, az, tmp_path, monkeypatch, choice, expected):
    az.says(cli_answer())
    environ = everything(authority, certificates, keys, machine, tmp_path, monkeypatch)
    make({**environ, "AZURE_TOKEN_CREDENTIALS": choice}).token()
    assert used(authority, machine, az) == expected


def test_a_choice_that_is_not_complete_is_not_replaced_by_another(authority, certificates, keys):
    environ = with_certificate(authority, certificates, keys, AZURE_TOKEN_CREDENTIALS="WorkloadIdentityCredential")
    with pytest.raises(CredentialsError) as caught:
        make(environ)
    assert str(caught.value).splitlines() == [
        "AZURE_TOKEN_CREDENTIALS asks for WorkloadIdentityCredential, which is not complete:",
        "  a workload identity lacks AZURE_FEDERATED_TOKEN_FILE",
    ]


@pytest.mark.parametrize("choice", ["dev", "DefaultAzureCredential", "AzurePowerShellCredential"])
def test_a_choice_that_guesses_or_is_unknown_is_a_usage_error(choice):
    with pytest.raises(UsageError, match="AZURE_TOKEN_CREDENTIALS") as caught:
        make({"AZURE_TOKEN_CREDENTIALS": choice})
    assert "ManagedIdentityCredential, AzureCliCredential" in caught.value.advice


def test_a_ready_made_token_comes_before_a_choice():
    environ = {"GRAPH_ACCESS_TOKEN": "opaque", "AZURE_TOKEN_CREDENTIALS": "AzureCliCredential"}
    assert make(environ).token() == "opaque"


def test_the_log_names_the_way_and_nothing_of_it(authority, certificates, keys, caplog):
    caplog.set_level(logging.INFO)
    make(with_certificate(authority, certificates, keys)).token()
    assert "Entra is read with a certificate" in caplog.text
    assert "token-1" not in caplog.text
