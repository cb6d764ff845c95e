"""Graph's refusals: `GraphError`, and the shape in which every one of them is written ([documented] graph.md §7)."""

from __future__ import annotations

from datetime import UTC, datetime

from reconciler.sandbox.messages import Answer, json_answer

JSON = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
CHALLENGE = (
    'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", '
    'client_id="00000003-0000-0000-c000-000000000000"'
)


class GraphError(Exception):
    """A refusal: HTTP status, `code`, `message`, and headers of its own."""

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = headers or {}

    def answer(self, now: float, request_id: str, client_id: str) -> Answer:
        """The error as Graph writes it: `innerError` with a date without zone, and both request ids."""
        inner: dict[str, str] = {}
        if self.status == 429:  # [documented] graph.md §6, §7
            inner |= {"code": "429", "message": "Please retry after", "status": "429"}
        inner |= {
            "date": datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%S"),
            "request-id": request_id,
            "client-request-id": client_id,
        }
        body = {"error": {"code": self.code, "message": str(self), "innerError": inner}}
        return json_answer(self.status, body, self.headers, "application/json")


def not_found(id: str) -> GraphError:
    """[reported] graph.md §7."""
    message = f"Resource '{id}' does not exist or one of its queried reference-property objects are not present."
    return GraphError(404, "Request_ResourceNotFound", message)


def denied() -> GraphError:
    """[documented] graph.md §7."""
    return GraphError(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


def unsupported(message: str) -> GraphError:
    """A query the directory doesn't take. [documented] graph.md §7."""
    return GraphError(400, "Request_UnsupportedQuery", message)


def bad_request(message: str) -> GraphError:
    """[documented] graph.md §7."""
    return GraphError(400, "Request_BadRequest", message)


def no_segment(segment: str) -> GraphError:
    """An unknown path. [documented] graph.md §7."""
    return GraphError(400, "BadRequest", f"Resource not found for the segment '{segment}'.")


def wrong_method() -> GraphError:
    """[documented] graph.md §7."""
    return GraphError(405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")


def expired_page() -> GraphError:
    """[reported] graph.md §2."""
    message = "The specified page token value has expired and can no longer be included in your request."
    return GraphError(400, "Directory_ExpiredPageToken", message)


def throttled(retry_after: float | None, scope: str = "") -> GraphError:
    """[documented] graph.md §5, §7."""
    headers = {"x-ms-throttle-information": "ResourceUnitLimitExceeded"}
    if scope:
        headers["x-ms-throttle-scope"] = scope
    if retry_after is not None:
        headers["Retry-After"] = f"{retry_after:g}"
    return GraphError(429, "TooManyRequests", "Please retry again later.", headers)


SERVER_CODES = {
    401: "InvalidAuthenticationToken",
    403: "Authorization_RequestDenied",
    404: "Request_ResourceNotFound",
    500: "InternalServerError",
    502: "BadGateway",
    503: "ServiceUnavailable",
    504: "GatewayTimeout",
}
"""Codes for scripted statuses; exact ones for 500..504 are [unknown] (graph.md §7)."""


def scripted(status: int, retry_after: float | None) -> GraphError:
    """The error for a status that a fault asks for."""
    if status == 429:
        return throttled(retry_after)
    headers = {} if retry_after is None else {"Retry-After": f"{retry_after:g}"}
    return GraphError(
        status, SERVER_CODES.get(status, "UnknownError"), "The service answered as it was told to.", headers
    )
