"""The four clouds Microsoft Graph runs in (graph.md §8). Tokens of one are refused by the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.errors import UsageError


@dataclass(frozen=True, slots=True)
class Cloud:
    """Where one cloud answers, and which audience it wants in a federated token."""

    graph_root: str
    login_host: str
    audience: str

    @property
    def scope(self) -> str:
        """What an app-only token is asked for: every permission an administrator has consented to."""
        return f"{self.graph_root}/.default"


CLOUDS: Mapping[str, Cloud] = {
    "global": Cloud("https://graph.microsoft.com", "login.microsoftonline.com", "api://AzureADTokenExchange"),
    "us-gov": Cloud("https://graph.microsoft.us", "login.microsoftonline.us", "api://AzureADTokenExchangeUSGov"),
    "us-gov-dod": Cloud(
        "https://dod-graph.microsoft.us", "login.microsoftonline.us", "api://AzureADTokenExchangeUSGov"
    ),
    "china": Cloud(
        "https://microsoftgraph.chinacloudapi.cn", "login.chinacloudapi.cn", "api://AzureADTokenExchangeChina"
    ),
}


def graph_base_url(environ: Mapping[str, str], cloud: str) -> str:
    """Up to and with `/v1.0`: GRAPH_BASE_URL where set (product.md §3), else the cloud's own. May raise UsageError."""
    given = environ.get("GRAPH_BASE_URL", "").strip().rstrip("/")
    if not given:
        return f"{CLOUDS[cloud].graph_root}/v1.0"
    if not given.lower().endswith("/v1.0"):
        raise UsageError(
            "GRAPH_BASE_URL does not end with /v1.0", advice="write it like https://graph.microsoft.com/v1.0"
        )
    return given
