"""Which credential reads Entra, chosen from the environment in a fixed order: the first that is complete is used.

1. GRAPH_ACCESS_TOKEN, made elsewhere; it cannot be renewed, so a refusal is final.
2. The one that AZURE_TOKEN_CREDENTIALS names, azure-identity's own variable: EnvironmentCredential (4 or 5 below),
   WorkloadIdentityCredential, ManagedIdentityCredential or AzureCliCredential. That one or none.
3. Without a choice, the first complete one of these:
4. a client secret: AZURE_CLIENT_ID, AZURE_CLIENT_SECRET and the tenant;
5. a certificate: AZURE_CLIENT_ID, AZURE_CLIENT_CERTIFICATE_PATH and the tenant;
6. GitHub's OIDC: AZURE_CLIENT_ID, the tenant and what Actions gives a job with `id-token: write`;
7. a workload identity: AZURE_CLIENT_ID, AZURE_FEDERATED_TOKEN_FILE and the tenant;
8. a managed identity that announces itself (IDENTITY_ENDPOINT or MSI_ENDPOINT, with their header or secret).

What was given to this program comes before what the machine has anyway. Two are used only when they are named: the
managed identity of a virtual machine, since looking for it where there is none takes long, and the Azure CLI, since a
person's token may see less than an application's, and groups that only look smaller are people who only look gone.

azure-identity does not lock its cache (graph.md §9.3), so we do. No message holds a secret or a token.
"""

from __future__ import annotations

import base64
import binascii
import json
import logging
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from reconciler.errors import CredentialsError
from reconciler.minted import keep_secret
from reconciler.source.azure_ways import SECRETS, Setting, Way, chosen_way
from reconciler.source.clouds import CLOUDS
from reconciler.source.within import NotEnded, within

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken, TokenCredential

__all__ = ["CLOUDS", "TokenSource", "make_token_source"]

log = logging.getLogger(__name__)

_EARLY = 300.0
"""Seconds before its end from which a token is asked for anew; azure-identity's own measure."""
LONGEST = 120.0
"""Seconds that one token may take, with all repeats: the time-outs of `azure_ways` end well before."""
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
    "AADSTS700027": "the certificate is not, or no longer, among those of the app registration: upload it there",
    "AADSTS700024": "the clock of this machine is wrong, or the job's token is too old",
}


class TokenSource:
    """Access tokens for Graph. Safe to share between threads; only one of them fetches at a time."""

    def __init__(self, fetch: Callable[[bool], str], *, renewable: bool, title: str = "a token") -> None:
        """`fetch(renew)` gives a token; with `renew` one that did not come from a cache. `title`: the way it is got."""
        self.title = title
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
    """The first complete way of those above; nothing is fetched yet. CredentialsError naming what lacks, UsageError."""
    ready = environ.get("GRAPH_ACCESS_TOKEN", "").strip()
    if ready:
        token = ready[7:].strip() if ready[:7].lower() == "bearer " else ready
        if not re.fullmatch(r"[!-~]+", token):
            raise CredentialsError(
                "GRAPH_ACCESS_TOKEN holds characters no token has", advice="set it to the token alone"
            )
        log.info("Entra is read with GRAPH_ACCESS_TOKEN")
        return TokenSource(lambda _renew: token, renewable=False, title="GRAPH_ACCESS_TOKEN")
    setting = Setting(environ, tenant_id or environ.get("AZURE_TENANT_ID", "").strip(), CLOUDS[cloud])
    way = chosen_way(setting)
    log.info("Entra is read with %s", way.title)
    return _make_azure_source(setting, way)


def _make_azure_source(setting: Setting, way: Way) -> TokenSource:
    credential: TokenCredential | None = None
    kept: AccessToken | None = None

    def fetch(renew: bool) -> str:
        nonlocal credential, kept
        if kept is not None and not renew and kept.expires_on - time.time() > _EARLY:
            return kept.token
        from azure.core.exceptions import AzureError

        # We say ourselves what went wrong; these repeat addresses and answers.
        for name in ("azure", "msal", "urllib3"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        try:
            if renew or credential is None:
                credential = way.make(setting)  # its cache belongs to the object: a new one is the way round it
            ask = credential.get_token
            kept = within(LONGEST, lambda: ask(setting.cloud.scope))
        except NotEnded as error:
            credential = None  # whatever it still waits for is not waited for again
            raise CredentialsError(
                f"no token from Microsoft Entra by {way.title}: the answer did not end within {LONGEST:.0f} s",
                advice="run again later; look at the proxy, and at AZURE_AUTHORITY_HOST where it is set",
            ) from error
        except (AzureError, ValueError, OSError) as error:
            raw = str(error)
            if isinstance(error, OSError) and error.filename:
                clean = raw  # a file that cannot be read; its path may look like a token
            else:
                clean = _redact(raw, [setting.get(name) for name in SECRETS])
            code = _AADSTS.search(raw)
            raise CredentialsError(
                f"no token from Microsoft Entra by {way.title}: {_shorten(clean)}",
                advice=_REMEDIES.get(code.group() if code else "", way.remedy),
                # An answer that repeats the secret or a token back to us must not ride along as the cause.
            ) from (error if clean == raw else None)
        return keep_secret(kept.token)

    return TokenSource(fetch, renewable=True, title=way.title)


def _redact(message: str, secrets: Iterable[str]) -> str:
    """A foreign message without the secrets and without anything that looks like a token."""
    for secret in secrets:
        message = message.replace(secret, "…") if secret else message
    return _LIKE_A_TOKEN.sub("…", message)


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
