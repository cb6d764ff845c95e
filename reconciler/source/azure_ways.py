"""The ways to prove to Entra who we are, through azure-identity: what each needs, and the credential it makes.

Each is one named credential; DefaultAzureCredential, which tries whatever the machine offers, is never used (graph.md
§9.1). Nothing here reaches the network or runs a program: credentials do that when they are asked for a token.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from reconciler.errors import CredentialsError, UsageError
from reconciler.source.clouds import CLOUDS, Cloud
from reconciler.source.github_oidc import NEEDED as OIDC_NEEDED
from reconciler.source.github_oidc import make_assertion_source

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

CHOICE = "AZURE_TOKEN_CREDENTIALS"
_CLIENT = "AZURE_CLIENT_ID"
_SECRET = "AZURE_CLIENT_SECRET"  # noqa: S105 - a name
_CERTIFICATE = "AZURE_CLIENT_CERTIFICATE_PATH"
_CERTIFICATE_PASSWORD = "AZURE_CLIENT_CERTIFICATE_PASSWORD"  # noqa: S105 - a name
_CHAIN = "AZURE_CLIENT_SEND_CERTIFICATE_CHAIN"
_TOKEN_FILE = "AZURE_FEDERATED_TOKEN_FILE"  # noqa: S105 - a name
SECRETS = (_SECRET, _CERTIFICATE_PASSWORD, "IDENTITY_HEADER", "MSI_SECRET", "ACTIONS_ID_TOKEN_REQUEST_TOKEN")
"""Variables whose values no message may repeat."""
_HOSTS_OF_MICROSOFT = frozenset(cloud.login_host for cloud in CLOUDS.values()) | {
    "login.microsoft.com",
    "login.windows.net",
    "login.partner.microsoftonline.cn",
}


@dataclass(frozen=True, slots=True)
class Setting:
    """The environment a credential is made in. `tenant` may be empty."""

    environ: Mapping[str, str]
    tenant: str
    cloud: Cloud

    def get(self, name: str) -> str:
        return self.environ.get(name, "").strip()

    def missing(self, *names: str) -> list[str]:
        """Which of these, the client id and the tenant are not said."""
        lacking = [name for name in (_CLIENT, *names) if not self.get(name)]
        return lacking if self.tenant else [*lacking, "AZURE_TENANT_ID (or entra.tenant_id in the file)"]


@dataclass(frozen=True, slots=True)
class Way:
    """One way. `lacks` names what is missing, nothing where it is complete; `make` builds the credential."""

    title: str
    lacks: Callable[[Setting], list[str]]
    make: Callable[[Setting], TokenCredential]
    remedy: str = "look at the app registration, the tenant and the cloud"
    """Where a refusal says nothing more."""


def _make_secret(setting: Setting) -> TokenCredential:
    from azure.identity import ClientSecretCredential

    return ClientSecretCredential(setting.tenant, setting.get(_CLIENT), setting.get(_SECRET), **_options(setting))


def _make_certificate(setting: Setting) -> TokenCredential:
    from azure.identity import CertificateCredential
    from cryptography.exceptions import UnsupportedAlgorithm

    path = setting.get(_CERTIFICATE)
    more: dict[str, Any] = {"send_certificate_chain": _yes(setting, _CHAIN)}
    if password := setting.environ.get(_CERTIFICATE_PASSWORD):
        more["password"] = password
    try:
        return CertificateCredential(setting.tenant, setting.get(_CLIENT), path, **more, **_options(setting))
    except (ValueError, TypeError, OSError, UnsupportedAlgorithm) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise CredentialsError(
            f"the certificate that {_CERTIFICATE} names cannot be used: {why}",
            advice=f"it must be a PEM or PKCS12 file with the certificate and its RSA key; {_CERTIFICATE_PASSWORD} "
            "opens a key that is encrypted and must not be set for one that is not",
        ) from error


def _make_github(setting: Setting) -> TokenCredential:
    from azure.identity import ClientAssertionCredential

    assertion = make_assertion_source(setting.environ, setting.cloud.audience)
    return ClientAssertionCredential(setting.tenant, setting.get(_CLIENT), assertion, **_options(setting))


def _make_workload(setting: Setting) -> TokenCredential:
    from azure.identity import WorkloadIdentityCredential

    return WorkloadIdentityCredential(
        tenant_id=setting.tenant,
        client_id=setting.get(_CLIENT),
        token_file_path=setting.get(_TOKEN_FILE),
        **_options(setting),
    )


def _make_managed(setting: Setting) -> TokenCredential:
    """azure-identity looks into the process's own environment for which kind of endpoint there is."""
    from azure.identity import ManagedIdentityCredential

    return ManagedIdentityCredential(
        client_id=setting.get(_CLIENT) or None,
        connection_timeout=2,
        read_timeout=30,
        retry_connect=1,
        # The endpoint is on this machine or link-local: a proxy could not reach it, and would see the header.
        use_env_settings=False,
        # With the variables of a workload identity beside it, it would silently become one.
        _exclude_workload_identity_credential=True,
    )


def _make_cli(setting: Setting) -> TokenCredential:
    from azure.identity import AzureCliCredential

    return AzureCliCredential(tenant_id=setting.tenant, process_timeout=30)


def _lacks_managed(setting: Setting) -> list[str]:
    """App Service, Functions and Container Apps; Azure Arc; Azure ML. What announces itself needs no probing."""
    if setting.get("IDENTITY_ENDPOINT"):
        announced = setting.get("IDENTITY_HEADER") or setting.get("IMDS_ENDPOINT")
        return [] if announced else ["IDENTITY_HEADER"]
    if setting.get("MSI_ENDPOINT"):
        return [] if setting.get("MSI_SECRET") else ["MSI_SECRET"]
    return [f"IDENTITY_ENDPOINT (on a virtual machine set {CHOICE}=ManagedIdentityCredential)"]


SECRET = Way("a client secret", lambda setting: setting.missing(_SECRET), _make_secret)
CERTIFICATE = Way("a certificate", lambda setting: setting.missing(_CERTIFICATE), _make_certificate)
GITHUB = Way("a GitHub Actions job", lambda setting: setting.missing(*OIDC_NEEDED), _make_github)
WORKLOAD = Way("a workload identity", lambda setting: setting.missing(_TOKEN_FILE), _make_workload)
MANAGED = Way(
    "a managed identity",
    _lacks_managed,
    _make_managed,
    f"does this machine have an identity? {_CLIENT} says which, where it is a user-assigned one, else it is unset",
)
CLI = Way(
    "the Azure CLI",
    lambda _: [f"{CHOICE}=AzureCliCredential"],
    _make_cli,
    "run `az login --tenant TENANT`, and see whether `az account get-access-token` works",
)

ORDER = (SECRET, CERTIFICATE, GITHUB, WORKLOAD, MANAGED)
"""Without a choice. What the caller was given for this comes before what the machine has anyway."""

CHOICES: Mapping[str, tuple[Way, ...]] = {
    "EnvironmentCredential": (SECRET, CERTIFICATE),
    "WorkloadIdentityCredential": (WORKLOAD,),
    "ManagedIdentityCredential": (MANAGED,),
    "AzureCliCredential": (CLI,),
}
"""What `AZURE_TOKEN_CREDENTIALS` may say, as azure-identity spells it."""


def chosen_way(setting: Setting) -> Way:
    """The way to go; CredentialsError naming what each lacks, UsageError for a choice we do not know."""
    said = setting.get(CHOICE)
    if said and said.lower() != "prod":  # its set of deployed credentials is what the order below is made of
        return _named_way(setting, said)
    for way in ORDER:
        if not way.lacks(setting):
            return way
    lines = [f"{way.title} lacks {', '.join(way.lacks(setting))}" for way in (*ORDER, CLI)]
    raise CredentialsError(
        "no complete credential for Microsoft Entra in the environment:\n"
        "  a token made elsewhere needs GRAPH_ACCESS_TOKEN\n" + "\n".join(f"  {line}" for line in lines),
        advice="set the variables of one way; a job gets ACTIONS_ID_TOKEN_REQUEST_* by `permissions: id-token: write`",
    )


def _named_way(setting: Setting, said: str) -> Way:
    name = next((name for name in CHOICES if name.lower() == said.lower()), None)
    if name is None:
        raise UsageError(
            f"{CHOICE} names no credential that can be used here", advice=f"set it to one of {', '.join(CHOICES)}"
        )
    ways = CHOICES[name]
    if ways[0] in (MANAGED, CLI):
        return ways[0]  # said outright, neither needs a variable: the endpoint or the program answers, or it does not
    for way in ways:
        if not way.lacks(setting):
            return way
    lines = [f"{way.title} lacks {', '.join(way.lacks(setting))}" for way in ways]
    raise CredentialsError(
        f"{CHOICE} asks for {name}, which is not complete:\n" + "\n".join(f"  {line}" for line in lines),
        advice=f"set what is missing, or leave {CHOICE} away to use the first complete credential",
    )


def _yes(setting: Setting, name: str) -> bool:
    said = setting.get(name).lower()
    if said not in ("", "0", "1", "false", "true"):
        raise UsageError(f"{name} is neither true nor false")
    return said in ("1", "true")


def _options(setting: Setting) -> dict[str, Any]:
    """For every credential that asks Entra: where, how long, how often, whom to trust (graph.md §9.3, §9.4)."""
    authority = setting.get("AZURE_AUTHORITY_HOST").rstrip("/") or f"https://{setting.cloud.login_host}"
    if "://" not in authority:
        authority = f"https://{authority}"
    host = (urlsplit(authority).hostname or "").lower()
    options: dict[str, Any] = {
        "authority": authority,
        # For a host it does not know, MSAL would first ask the global cloud about it.
        "disable_instance_discovery": host not in _HOSTS_OF_MICROSOFT,
        "connection_timeout": 10,
        "read_timeout": 30,
        "retry_total": 2,
        "retry_connect": 2,
        "retry_read": 2,
        "retry_status": 2,
        "retry_backoff_factor": 0.3,
        "retry_backoff_max": 10,
    }
    named = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")
    certificates = next((setting.get(name) for name in named if setting.get(name)), "")
    if certificates:
        options["connection_verify"] = certificates
    if host in ("localhost", "::1") or host.startswith("127."):
        options["use_env_settings"] = False  # no proxy for loopback
    return options
