"""The Entra authority: discovery and the token endpoint, as azure-identity calls them ([observed] graph.md §9.4)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from .messages import Answer, Request, json_answer
from .state import SandboxState

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SCOPE = "https://graph.microsoft.com/.default"


def is_authority(request: Request) -> bool:
    """True for the paths of the authority."""
    path = request.path.lower()
    return path.endswith(("/.well-known/openid-configuration", "/oauth2/v2.0/token")) or path.startswith(
        "/common/discovery/"
    )


def answer(state: SandboxState, request: Request) -> Answer:
    """Answer a request to the authority."""
    parts = request.segments()
    tenant = state.tenant()
    if request.path.lower().startswith("/common/discovery/"):
        return _instance(request)
    known = parts and parts[0].lower() in {str(tenant["id"]).lower(), str(tenant.get("domain", "")).lower()} - {""}
    if not known:
        return _refused(400, "invalid_tenant", 90002, f"Tenant '{parts[0] if parts else ''}' not found.")
    if request.path.lower().endswith("openid-configuration"):
        return _discovery(request, parts[0])
    return _token(state, request, tenant)


def _instance(request: Request) -> Answer:
    """Instance discovery, asked by clients that were not told to leave it out."""
    endpoint = dict(request.pairs()).get("authorization_endpoint", "")
    tenant_endpoint = endpoint.replace("/oauth2/v2.0/authorize", "/v2.0/.well-known/openid-configuration")
    return json_answer(200, {"tenant_discovery_endpoint": tenant_endpoint, "api-version": "1.1", "metadata": []})


def _discovery(request: Request, tenant: str) -> Answer:
    """[observed] graph.md §9.4: authorization_endpoint and token_endpoint are required, on this very host."""
    base = f"{request.base}/{tenant}"
    return json_answer(
        200,
        {
            "issuer": f"{base}/v2.0",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "token_endpoint": f"{base}/oauth2/v2.0/token",
        },
    )


def _token(state: SandboxState, request: Request, tenant: dict[str, Any]) -> Answer:
    """[observed] graph.md §9.4: a client secret, or an assertion; the assertion's contents are not judged."""
    if request.method != "POST":
        return _refused(405, "invalid_request", 900561, "The endpoint only accepts POST requests.")
    form = dict(request.form())
    if form.get("grant_type") != "client_credentials":
        return _refused(400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type.")
    if form.get("client_id") != tenant["client_id"]:
        return _refused(400, "unauthorized_client", 700016, "Application was not found in the directory.")
    if not form.get("scope", "").startswith("https://graph.microsoft.com/"):
        return _refused(400, "invalid_scope", 70011, "The provided value for the input parameter 'scope' is not valid.")
    if "client_assertion" in form:
        shaped = form.get("client_assertion_type") == ASSERTION and form["client_assertion"].count(".") == 2
        if not shaped:
            return _refused(401, "invalid_client", 700027, "Client assertion failed signature validation.")
    elif form.get("client_secret") != tenant["client_secret"]:
        return _refused(401, "invalid_client", 7000215, "Invalid client secret provided.")
    lifetime = int(state.switch("token_lifetime"))
    token = state.access_token(lifetime=lifetime)
    return json_answer(
        200, {"token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime, "access_token": token}
    )


def _refused(status: int, error: str, code: int, text: str) -> Answer:
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    ids = "00000000-0000-4000-8000-000000000000"
    body = {
        "error": error,
        "error_description": f"AADSTS{code}: {text} Trace ID: {ids} Correlation ID: {ids} Timestamp: {now}",
        "error_codes": [code], "timestamp": now, "trace_id": ids, "correlation_id": ids,
    }  # fmt: skip
    return json_answer(status, body)
