"""A GitHub Actions job proves who it is: its signed token, fetched anew for every use (graph.md §9.1).

No Entra secret is stored anywhere this way. The token lives for minutes, so it is never kept.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from urllib.parse import quote, urlsplit

from reconciler.errors import CredentialsError
from reconciler.minted import keep_secret
from reconciler.transport import Channel, TransportError

NEEDED = ("ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN")
_ADVICE = "give the job `permissions: id-token: write`"


def make_assertion_source(
    environ: Mapping[str, str], audience: str, *, sleep: Callable[[float], None] = time.sleep
) -> Callable[[], str]:
    """A function that fetches a fresh token for `audience`; it raises CredentialsError where GitHub gives none."""
    address, bearer = (environ[name].strip() for name in NEEDED)
    parts = urlsplit(address)
    # The address GitHub gives has a query of its own already.
    url = f"{address}{'&' if parts.query else '?'}audience={quote(audience, safe='')}"

    def fetch_assertion() -> str:
        try:
            with Channel(
                f"{parts.scheme}://{parts.netloc}",
                service="GitHub's token service (ACTIONS_ID_TOKEN_REQUEST_URL)",
                read_timeout=20,
                deadline=60,
                max_body=1 << 20,
                sleep=sleep,
            ) as channel:
                headers = {"Authorization": f"Bearer {bearer}", "Accept": "application/json"}
                answer = channel.exchange("GET", url, headers=headers, repeat=True)
        except TransportError as error:
            raise CredentialsError(f"GitHub gave the job no token: {error}", advice=error.advice) from error
        if answer.status != 200:
            raise CredentialsError(f"GitHub gave the job no token (status {answer.status})", advice=_ADVICE)
        try:
            token = json.loads(answer.body)["value"]
        except (ValueError, TypeError, KeyError, RecursionError):
            token = None
        if not isinstance(token, str) or not token:
            raise CredentialsError("GitHub answered, but with no token in it", advice=_ADVICE)
        return keep_secret(token)

    return fetch_assertion
