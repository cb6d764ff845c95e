"""Which credential is chosen, how it is renewed, and that nothing of it is ever told."""

import logging
import threading
import traceback

import pytest
import trustme

from reconciler.errors import CredentialsError, UsageError
from reconciler.source.clouds import CLOUDS, graph_base_url
from reconciler.source.credentials import TokenSource, make_token_source
from reconciler.source.github_oidc import make_assertion_source
from tests.dripping import DRIPS, Dripping

from .entra_authority import ASSERTION, TENANT

SECRET = "canary~secret.value-0123456789"
REQUEST_TOKEN = "canary-request-token"


def with_secret(authority, certificates, **more):
    return {
        "AZURE_AUTHORITY_HOST": authority.url,
        "AZURE_CLIENT_ID": "client",
        "AZURE_CLIENT_SECRET": SECRET,
        "REQUESTS_CA_BUNDLE": certificates.ca,
        **more,
    }


def with_github(authority, certificates, **more):
    return {
        "AZURE_AUTHORITY_HOST": authority.url,
        "AZURE_CLIENT_ID": "client",
        "REQUESTS_CA_BUNDLE": certificates.ca,
        "ACTIONS_ID_TOKEN_REQUEST_URL": f"{authority.url}/github/token?api-version=2.0",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": REQUEST_TOKEN,
        **more,
    }


def make(environ, cloud="global", tenant=TENANT):
    return make_token_source(environ, tenant_id=tenant, cloud=cloud)


# The order


def test_a_ready_made_token_comes_first_and_cannot_be_renewed(authority, certificates, tools):
    token = tools.make_jwt(tid=TENANT, roles=["User.Read.All"])
    source = make(with_secret(authority, certificates, GRAPH_ACCESS_TOKEN=f" Bearer {token}\n"))
    assert source.claims is None
    assert source.token() == source.token(refresh=True) == token
    assert source.claims == {"tid": TENANT, "roles": ["User.Read.All"]}
    assert not source.renewable
    assert authority.requests == []


def test_a_token_with_blanks_in_it_is_refused_without_repeating_it():
    with pytest.raises(CredentialsError) as caught:
        make({"GRAPH_ACCESS_TOKEN": "canary with blanks"})
    assert "canary" not in str(caught.value)


def test_a_secret_comes_before_github(authority, certificates):
    environ = with_github(authority, certificates) | with_secret(authority, certificates)
    assert make(environ).token() == "token-1"
    assert authority.asked("/github/token") == []


def test_nothing_usable_lists_what_each_way_lacks():
    with pytest.raises(CredentialsError) as caught:
        make(
            {"AZURE_CLIENT_ID": "client", "ACTIONS_ID_TOKEN_REQUEST_URL": "https://x", "AZURE_TENANT_ID": " "},
            tenant=None,
        )
    lines = str(caught.value).splitlines()
    assert "needs GRAPH_ACCESS_TOKEN" in lines[1]
    assert lines[2].endswith("lacks AZURE_CLIENT_SECRET, AZURE_TENANT_ID (or entra.tenant_id in the file)")
    assert "a certificate lacks AZURE_CLIENT_CERTIFICATE_PATH, AZURE_TENANT_ID" in lines[3]
    assert "lacks ACTIONS_ID_TOKEN_REQUEST_TOKEN, AZURE_TENANT_ID" in lines[4]
    assert "a workload identity lacks AZURE_FEDERATED_TOKEN_FILE, AZURE_TENANT_ID" in lines[5]
    assert "lacks IDENTITY_ENDPOINT (on a virtual machine set AZURE_TOKEN_CREDENTIALS=Managed" in lines[6]
    assert "the Azure CLI lacks AZURE_TOKEN_CREDENTIALS=AzureCliCredential" in lines[7]
    assert "id-token: write" in caught.value.advice


# azure-identity against a TLS authority


@pytest.mark.parametrize("cloud", list(CLOUDS))
def test_a_secret_asks_for_the_scope_of_its_cloud(authority, certificates, cloud):
    source = make(with_secret(authority, certificates), cloud)
    assert source.token() == source.token() == "token-1"
    (request,) = authority.asked("/token")
    assert request.path == f"/{TENANT}/oauth2/v2.0/token"
    assert request.form["grant_type"] == "client_credentials"
    assert request.form["client_secret"] == SECRET
    assert request.form["scope"] == f"{CLOUDS[cloud].graph_root}/.default"


def test_a_secret_takes_the_tenant_of_the_environment_where_the_file_names_none(authority, certificates):
    make(with_secret(authority, certificates, AZURE_TENANT_ID=TENANT), tenant=None).token()
    assert authority.asked("/token")[0].path.startswith(f"/{TENANT}/")


@pytest.mark.parametrize("cloud", list(CLOUDS))
def test_github_proves_who_the_job_is_with_a_fresh_token_each_time(authority, certificates, cloud):
    source = make(with_github(authority, certificates), cloud)
    assert source.token() == "token-1"
    assert source.token(refresh=True) == "token-2"
    first, second = authority.asked("/github/token")
    assert first.query == {"api-version": "2.0", "audience": CLOUDS[cloud].audience}
    assert first.headers["Authorization"] == f"Bearer {REQUEST_TOKEN}"
    assert second.query == first.query
    form = authority.asked("/v2.0/token")[0].form
    assert form["client_assertion"] == ASSERTION
    assert form["client_id"] == "client"


@pytest.mark.parametrize("ways", [with_secret, with_github])
def test_a_forced_refresh_goes_past_the_cache(authority, certificates, ways):
    source = make(ways(authority, certificates))
    assert [source.token(), source.token(), source.token(refresh=True), source.token()] == [
        "token-1",
        "token-1",
        "token-2",
        "token-2",
    ]
    assert source.renewable


def test_ssl_cert_file_serves_azure_identity_too(authority, certificates):
    environ = with_secret(authority, certificates, SSL_CERT_FILE=certificates.ca)
    del environ["REQUESTS_CA_BUNDLE"]
    assert make(environ).token() == "token-1"


def test_an_authority_may_be_named_without_a_scheme(authority, certificates):
    environ = with_secret(authority, certificates, AZURE_AUTHORITY_HOST=authority.url.removeprefix("https://") + "/")
    assert make(environ).token() == "token-1"


# Failures


@pytest.mark.parametrize(
    ("code", "remedy"),
    [("AADSTS7000215", "value, not its id"), ("AADSTS700213", "subject"), ("AADSTS1", "app registration")],
)
@pytest.mark.parametrize("ways", [with_secret, with_github])
def test_a_refusal_is_explained(authority, certificates, ways, code, remedy):
    authority.refuse = (401, {"error": "invalid_client", "error_description": f"{code}: Told by the authority."})
    with pytest.raises(CredentialsError, match=code) as caught:
        make(ways(authority, certificates)).token()
    assert remedy in caught.value.advice
    assert caught.value.__cause__ is not None


@pytest.mark.parametrize("ways", [with_secret, with_github])
def test_an_authority_that_is_no_https_is_explained(authority, certificates, ways):
    environ = ways(authority, certificates, AZURE_AUTHORITY_HOST="http://127.0.0.1:1")
    with pytest.raises(CredentialsError, match="TLS"):
        make(environ).token()


@pytest.mark.parametrize("ways", [with_secret, with_github])
def test_an_authority_whose_certificate_nobody_knows(authority, certificates, ways, tmp_path):
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    environ = ways(authority, certificates, REQUESTS_CA_BUNDLE=str(other))
    with pytest.raises(CredentialsError):
        make(environ).token()


@pytest.mark.parametrize(
    "answer",
    [(403, {}), (404, b"<html>"), (200, {}), (200, {"value": 7}), (200, {"value": ""}), (200, b"<html>"), (200, [])],
)
def test_a_job_that_gets_no_token_is_told_what_to_allow(authority, certificates, answer):
    authority.github = answer
    with pytest.raises(CredentialsError, match="GitHub") as caught:
        make(with_github(authority, certificates)).token()
    assert "id-token: write" in caught.value.advice


def test_a_token_service_over_plain_http_is_refused(authority, certificates):
    environ = with_github(authority, certificates, ACTIONS_ID_TOKEN_REQUEST_URL="http://github.example/token")
    with pytest.raises(UsageError, match="ACTIONS_ID_TOKEN_REQUEST_URL"):
        make(environ).token()


def test_a_token_service_that_is_not_there(authority, certificates):
    environ = with_github(authority, certificates, ACTIONS_ID_TOKEN_REQUEST_URL="http://127.0.0.1:1/token")
    with pytest.raises(CredentialsError, match="no connection"):
        make_assertion_source(environ, "audience", sleep=lambda _: None)()


# Secrets, threads, claims


@pytest.mark.parametrize("ways", [with_secret, with_github])
@pytest.mark.parametrize("refused", [True, False])
def test_no_secret_is_told_even_when_the_authority_repeats_it(authority, certificates, caplog, ways, refused):
    caplog.set_level(logging.DEBUG)
    sent = SECRET if ways is with_secret else ASSERTION
    if refused:
        authority.refuse = (401, {"error": "invalid_client", "error_description": f"AADSTS50000: you sent {sent}"})
    source = make(ways(authority, certificates))
    told = repr(source)
    if refused:
        with pytest.raises(CredentialsError) as caught:
            source.token()
        told += "".join(traceback.format_exception(caught.value))
        assert "AADSTS50000" in told
    else:
        assert source.token() == "token-1"
    seen = told + caplog.text
    for secret in (SECRET, ASSERTION, REQUEST_TOKEN, "token-1"):
        assert secret not in seen


def test_threads_that_were_refused_renew_once():
    renewals = []

    def fetch(renew):
        if renew:
            renewals.append(1)
        return f"token-{len(renewals)}"

    source = TokenSource(fetch, renewable=True)
    old = source.token()
    threads = [threading.Thread(target=source.token, args=(True,), kwargs={"refused": old}) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(renewals) == 1


@pytest.mark.parametrize("token", ["opaque", "a.b", "a.b.c", "a.eyJ.c", "a.W10.c", "a.\u00e9.c", "..", ""])
def test_what_is_no_jwt_has_no_claims(token):
    source = TokenSource(lambda _: token, renewable=False)
    source.token()
    assert source.claims is None


# Clouds


def test_the_four_clouds():
    assert {
        name: (cloud.graph_root, cloud.login_host, cloud.scope, cloud.audience) for name, cloud in CLOUDS.items()
    } == {
        "global": (
            "https://graph.microsoft.com",
            "login.microsoftonline.com",
            "https://graph.microsoft.com/.default",
            "api://AzureADTokenExchange",
        ),
        "us-gov": (
            "https://graph.microsoft.us",
            "login.microsoftonline.us",
            "https://graph.microsoft.us/.default",
            "api://AzureADTokenExchangeUSGov",
        ),
        "us-gov-dod": (
            "https://dod-graph.microsoft.us",
            "login.microsoftonline.us",
            "https://dod-graph.microsoft.us/.default",
            "api://AzureADTokenExchangeUSGov",
        ),
        "china": (
            "https://microsoftgraph.chinacloudapi.cn",
            "login.chinacloudapi.cn",
            "https://microsoftgraph.chinacloudapi.cn/.default",
            "api://AzureADTokenExchangeChina",
        ),
    }


@pytest.mark.parametrize("cloud", list(CLOUDS))
def test_each_cloud_has_its_login_host(cloud, monkeypatch):
    seen = {}

    def note(tenant, client, secret, **options):
        seen.update(options)
        raise ValueError("far enough")

    monkeypatch.setattr("azure.identity.ClientSecretCredential", note)
    with pytest.raises(CredentialsError, match="far enough"):
        make({"AZURE_CLIENT_ID": "c", "AZURE_CLIENT_SECRET": "s"}, cloud).token()
    assert seen["authority"] == f"https://{CLOUDS[cloud].login_host}"
    assert seen["disable_instance_discovery"] is False
    assert seen["connection_timeout"] <= 10
    assert seen["retry_total"] <= 3


@pytest.mark.parametrize("cloud", list(CLOUDS))
def test_the_graph_root_is_the_clouds_or_the_environments(cloud):
    assert graph_base_url({}, cloud) == f"{CLOUDS[cloud].graph_root}/v1.0"
    assert graph_base_url({"GRAPH_BASE_URL": " http://127.0.0.1:8/v1.0/ "}, cloud) == "http://127.0.0.1:8/v1.0"


def test_a_graph_root_without_its_version_is_a_usage_error():
    with pytest.raises(UsageError, match=r"GRAPH_BASE_URL does not end with /v1.0"):
        graph_base_url({"GRAPH_BASE_URL": "https://graph.microsoft.com"}, "global")


# An end


@pytest.mark.parametrize("case", ["interim answers one by one", "one header", "the body"])
def test_an_answer_that_never_ends_is_no_token(certificates, authority, monkeypatch, case):
    """requests, which azure-identity goes through, would wait for as long as it drips."""
    monkeypatch.setattr("reconciler.source.credentials.LONGEST", 0.5)
    server = Dripping(*DRIPS[case], certificate=certificates.server)
    try:
        source = make(with_secret(authority, certificates, AZURE_AUTHORITY_HOST=f"https://127.0.0.1:{server.port}"))
        with pytest.raises(CredentialsError, match="a client secret: the answer did not end within"):
            source.token()
        assert server.requests == 1
        assert not server.cut.is_set()
    finally:
        server.close()


def test_another_token_can_be_asked_for_after_one_that_never_came(certificates, authority, monkeypatch):
    held = threading.Event()

    def hold(path, query):
        held.wait(5)
        return answer(path, query)

    source = make(with_secret(authority, certificates))
    answer, authority.answer = authority.answer, hold
    with monkeypatch.context() as patch:
        patch.setattr("reconciler.source.credentials.LONGEST", 0.2)
        with pytest.raises(CredentialsError, match="did not end"):
            source.token()
    held.set()
    assert source.token()
