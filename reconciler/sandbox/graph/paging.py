"""Pages of a list: sizes, opaque tokens bound to their query, absolute links on the request's own host.

[documented] graph.md §2. Guesses as switches: an empty last page, an empty page in the middle,
pages smaller than what was asked for.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from reconciler.sandbox.messages import Request
from reconciler.sandbox.state import SandboxState

from .errors import unsupported
from .filters import condition_of, order_of
from .options import Options
from .rows import SELECTED, RowWriter, context

PREFIX = "RFNwdAoA"


@dataclass(slots=True)
class Listing:
    """A list as SQL: `source` brings `objects o`, `where` narrows it, `prelude` is a WITH clause."""

    source: str
    where: str
    values: list[object] = field(default_factory=list)
    prelude: str = ""
    about: str = "directoryObjects"


def page_of(
    state: SandboxState,
    request: Request,
    options: Options,
    listing: Listing,
    writer: RowWriter,
    switches: dict[str, str],
) -> dict[str, Any]:
    """One page as Graph writes it, keys in its order: context, count, nextLink, value."""
    condition = condition_of(options)
    signature = _signature(request)
    token = _read_token(options.skiptoken, signature)
    answer: dict[str, Any] = {"@odata.context": context(listing.about, options.select)}
    where = f"{listing.where} AND {condition.sql}"
    values = listing.values + condition.values
    if options.count and options.advanced and not options.skiptoken:
        counting = f"{listing.prelude} SELECT count(*) FROM {listing.source} WHERE {where}"  # noqa: S608 - our parts
        answer["@odata.count"] = state.number(counting, *values)
    if token.get("empty"):
        answer["@odata.nextLink"] = _link(request, {**token, "empty": False}, signature)
        return answer | {"value": []}
    order = order_of(options)
    keyed = order == "o.key"
    size = min(options.page, max(1, int(switches["largest_page"])))
    tail = "AND o.key > ? ORDER BY o.key LIMIT ?" if keyed else f"ORDER BY {order} LIMIT ? OFFSET ?"
    place = [token["after"], size + 1] if keyed else [size + 1, token["after"]]
    sql = f"{listing.prelude} SELECT {SELECTED} FROM {listing.source} WHERE {where} {tail}"  # noqa: S608 - our parts
    rows = state.rows(sql, *values, *place)
    shown = rows[:size]
    more = len(rows) > size
    if more or (switches["last_page"] == "extra_empty" and len(shown) == size):
        after = shown[-1]["key"] if keyed else token["after"] + size
        empty = more and switches["empty_middle_page"] == "yes" and not options.skiptoken
        answer["@odata.nextLink"] = _link(request, {"after": after, "empty": empty}, signature)
    answer["value"] = writer.write(shown)
    return answer


def _signature(request: Request) -> str:
    """What a page token is bound to: path and options, in any order and case of the path."""
    options = sorted((name.lower(), value) for name, value in request.pairs() if name.lower() != "$skiptoken")
    return hashlib.sha256(json.dumps([request.path.lower().rstrip("/"), options]).encode()).hexdigest()[:16]


def _link(request: Request, token: dict[str, Any], signature: str) -> str:
    packed = base64.urlsafe_b64encode(json.dumps({**token, "of": signature}).encode()).rstrip(b"=").decode()
    kept = [
        part
        for part in request.query.split("&")
        if part and not part.lower().startswith(("$skiptoken=", "%24skiptoken="))
    ]
    return f"{request.base}{request.path}?{'&'.join([*kept, f'$skiptoken={PREFIX}{packed}'])}"


def _read_token(text: str, signature: str) -> dict[str, Any]:
    if not text:
        return {"after": 0, "empty": False}
    packed = text.removeprefix(PREFIX)
    try:
        token = json.loads(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))
        right = token["of"] == signature and isinstance(token["after"], int)
    except (ValueError, KeyError, TypeError):
        right = False
        token = {}
    if not right:  # [reported] graph.md §2
        raise unsupported("Unable to execute query; invalid page token specified.")
    return dict(token)
