"""Which credential reads Entra, chosen from the environment in a fixed order: the first that is complete is used.

1. GRAPH_ACCESS_TOKEN, made elsewhere; it cannot be renewed, so a refusal is final.
2. A client secret: AZURE_CLIENT_ID, AZURE_CLIENT_SECRET and the tenant.
3. GitHub's OIDC: AZURE_CLIENT_ID, the tenant and what Actions gives a job with `id-token: write`.

One named credential, never DefaultAzureCredential: that one may pick whoever is logged in on the machine (graph.md
§9.1). azure-identity does not lock its cache (§9.3), so we do. No message holds a secret or a token.
"""

from __future__ import annotations

import base64
import binascii
import json
import logging
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from reconciler.errors import CredentialsError
from reconciler.source.clouds import CLOUDS, Cloud
from reconciler.source.github_oidc import NEEDED as OIDC_NEEDED
from reconciler.source.github_oidc import make_assertion_source

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

__all__ = ["CLOUDS", "TokenSource", "make_token_source"]

_BASIC = "AZURE_CLIENT_ID"
_LIKE_A_TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?|[\w~+/=-]{60,}")
_AADSTS = re.compile(r"AADSTS\d+")
_REMEDIES = {
    "AADSTS7000215": "AZURE_CLIENT_SECRET must be the secret's value, not its id",
    "AADSTS7000222": "the client secret has expired: make a new one, or use a federated credential",
    "AADSTS700016": "AZURE_CLIENT_ID is no application of this tenant: compare both with the app registration",
    "AADSTS90002": "the tenant does not exist in this cloud: look at entra.tenant_id and entra.cloud",
    "AADSTS900023": "the tenant id is neither a GUID nor a domain",
    "AADSTS70021": "no federated credential of the app fits this job's issuer, subject and audience",
    "AADSTS700211": "no federated credential of the app fits this job's issuer",
    "AADSTS700212": "no federated credential of the app fits the audience: look at entra.cloud",
    "AADSTS700213": "no federated credential of the app fits this job's subject (branch, environment)",
    "AADSTS700024": "the clock of this machine is wrong, or the job's token is too old",
}
_GENERAL_REMEDY = "look at the app registration, the tenant and the cloud"
_HOSTS_OF_MICROSOFT = frozenset(cloud.login_host for cloud in CLOUDS.values()) | {
    "login.microsoft.com",
    "login.windows.net",
    "login.partner.microsoftonline.cn",
}


class TokenSource:
    """Access tokens for Graph. Safe to share between threads; only one of them fetches at a time."""

    def __init__(self, fetch: Callable[[bool], str], *, renewable: bool) -> None:
        """`fetch(renew)` gives a token; with `renew` one that did not come from a cache."""
        self._fetch = fetch
        self._lock = threading.Lock()
        self._current: str | None = None
        self.renewable = renewable
        """False where asking again gives the same token: a 401 is then final."""

    def __repr__(self) -> str:
        return f"<TokenSource renewable={self.renewable}>"

    def token(self, refresh: bool = False, *, refused: str | None = None) -> str:
        """A token that should still be good. Raises CredentialsError.

        `refresh` asks for one from no cache; with `refused` only while that one is still the current one, so that four
        threads refused at once renew once.
        """
        with self._lock:
            renew = refresh and self.renewable and (refused is None or refused == self._current)
            self._current = self._fetch(renew)
            return self._current

    @property
    def claims(self) -> dict[str, Any] | None:
        """What the latest token says about itself, unverified; None before the first, or when it is opaque."""
        return _decode(self._current or "")


def make_token_source(environ: Mapping[str, str], *, tenant_id: str | None, cloud: str) -> TokenSource:
    """The first complete way of the three above; nothing is fetched yet. Raises CredentialsError naming what lacks."""
    tenant = tenant_id or environ.get("AZURE_TENANT_ID", "").strip()
    ready = environ.get("GRAPH_ACCESS_TOKEN", "").strip()
    if ready:
        token = ready[7:].strip() if ready[:7].lower() == "bearer " else ready
        if not re.fullmatch(r"[!-~]+", token):
            raise CredentialsError(
                "GRAPH_ACCESS_TOKEN holds characters no token has", advice="set it to the token alone"
            )
        return TokenSource(lambda _renew: token, renewable=False)
    if not _missing(environ, tenant, "AZURE_CLIENT_SECRET"):
        return _make_azure_source(environ, tenant, CLOUDS[cloud], secret=environ["AZURE_CLIENT_SECRET"].strip())
    if not _missing(environ, tenant, *OIDC_NEEDED):
        return _make_azure_source(environ, tenant, CLOUDS[cloud], secret=None)
    raise CredentialsError(
        "no complete credential for Microsoft Entra in the environment:\n"
        "  a token made elsewhere needs GRAPH_ACCESS_TOKEN\n"
        f"  a client secret lacks {_listed(_missing(environ, tenant, 'AZURE_CLIENT_SECRET'))}\n"
        f"  a GitHub Actions job lacks {_listed(_missing(environ, tenant, *OIDC_NEEDED))}",
        advice="set the variables of one way; a job gets ACTIONS_ID_TOKEN_REQUEST_* by `permissions: id-token: write`",
    )


def _missing(environ: Mapping[str, str], tenant: str, *names: str) -> list[str]:
    lacking = [name for name in (_BASIC, *names) if not environ.get(name, "").strip()]
    return lacking if tenant else [*lacking, "AZURE_TENANT_ID (or entra.tenant_id in the file)"]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def _make_azure_source(environ: Mapping[str, str], tenant: str, cloud: Cloud, *, secret: str | None) -> TokenSource:
    client = environ[_BASIC].strip()
    options = _options(environ, cloud)
    assertion = None if secret else make_assertion_source(environ, cloud.audience)
    kept: list[TokenCredential] = []

    def make() -> TokenCredential:
        from azure.identity import ClientAssertionCredential, ClientSecretCredential

        # We say ourselves what went wrong; these repeat addresses and answers.
        for name, level in (("azure", logging.CRITICAL), ("msal", logging.CRITICAL), ("urllib3", logging.CRITICAL)):
            logging.getLogger(name).setLevel(level)
        if secret:
            return ClientSecretCredential(tenant, client, secret, **options)
        return ClientAssertionCredential(tenant, client, assertion, **options)  # type: ignore[arg-type]

    def fetch(renew: bool) -> str:
        from azure.core.exceptions import AzureError

        try:
            if renew or not kept:
                kept[:] = [make()]  # its cache belongs to the object: a new object is the way round it
            return kept[0].get_token(cloud.scope).token
        except (AzureError, ValueError, OSError) as error:
            raw = str(error)
            clean = _redact(raw, secret)
            code = _AADSTS.search(raw)
            raise CredentialsError(
                f"no token from Microsoft Entra: {_shorten(clean)}",
                advice=_REMEDIES.get(code.group() if code else "", _GENERAL_REMEDY),
                # An answer that repeats the secret or a token back to us must not ride along as the cause.
            ) from (error if clean == raw else None)

    return TokenSource(fetch, renewable=True)


def _options(environ: Mapping[str, str], cloud: Cloud) -> dict[str, Any]:
    """For every credential of azure-identity: where, how long, how often, whom to trust (graph.md §9.3, §9.4)."""
    authority = environ.get("AZURE_AUTHORITY_HOST", "").strip().rstrip("/") or f"https://{cloud.login_host}"
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
    certificates = environ.get("REQUESTS_CA_BUNDLE") or environ.get("CURL_CA_BUNDLE") or environ.get("SSL_CERT_FILE")
    if certificates:
        options["connection_verify"] = certificates
    if host in ("localhost", "::1") or host.startswith("127."):
        options["use_env_settings"] = False  # no proxy for loopback
    return options


def _redact(message: str, secret: str | None) -> str:
    """A foreign message without the secret and without anything that looks like a token."""
    return _LIKE_A_TOKEN.sub("…", message.replace(secret, "…") if secret else message)


def _shorten(message: str) -> str:
    """One line of at most 300 characters, without the whole answer that azure-core appends."""
    line = " ".join(message.partition("\nContent:")[0].split())
    return line if len(line) <= 300 else f"{line[:300]}…"


def _decode(token: str) -> dict[str, Any] | None:
    """The payload of a JWT; None for anything else."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        payload = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return None
    return payload if isinstance(payload, dict) else None
