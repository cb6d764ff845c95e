"""What servers send: JSON of Graph, packed bodies, headers. Each check is one of `targets`."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import Any

from reconciler.model.directory import Account, Person
from reconciler.source.entra_people import fetch_addresses, fetch_people, fetch_whereabouts
from reconciler.source.entra_rows import Persons, Roll
from reconciler.source.graph_batch import BatchAnswer, BatchItem, read_envelope
from reconciler.source.listing import Listing
from reconciler.transport import TransportError, retry_after
from reconciler.transport.unpacking import Gunzip

from .rescue_checks import UUID


class _Told:
    """A client that answers every question with the same body."""

    def __init__(self, status: int, body: object) -> None:
        self.answer = BatchAnswer(status, body=body)

    def batch_each(self, items: list[BatchItem]) -> Any:
        return ((item.key, self.answer) for item in items)


def check_graph(data: bytes) -> bool:
    """JSON of Graph: rows are people, groups or a reason, and no row is lost; an answer that is none is never a no."""
    try:
        body = json.loads(data)
    except (ValueError, RecursionError):
        return False
    items = [BatchItem("a", "/a"), BatchItem("b", "/b"), BatchItem("c", "/c")]
    answers = read_envelope(items, body) if isinstance(body, dict) else {}
    for answer in answers.values():
        pause = answer.pause
        assert pause is None or 0 <= pause < float("inf")
        assert isinstance(answer.clause(), str)
        assert answer.status == 200 or answer.clause()
    listing = Listing("/first")
    page = listing.accept(BatchAnswer(200, body=body), lambda link: link if link.startswith("/") else None)
    assert listing.complete or listing.why or listing.next is not None
    rows = page.rows
    roll = Roll(Persons())
    why = roll.add(rows)
    for id_ in roll.people:
        assert isinstance(id_, str)
    if not why:
        ids = {row["id"].lower() for row in rows if isinstance(row, dict)}
        assert ids == set(roll.people) | set(roll.nested) | roll.others, "a member was lost"
    _check_people(body)
    return bool(rows) and not why


def _check_people(body: object) -> None:
    for status in (200, 403, 404, 0):
        told: Any = _Told(status, body)
        where = fetch_whereabouts(told, [UUID], [UUID])[UUID]
        assert where.account is not Account.GONE or status == 404, "gone without Graph's own 404"
        if status != 200:
            assert where.groups is None, "groups out of an answer that was none"
        for found in fetch_people(told, [UUID]).values():
            assert not isinstance(found, Person) or (status == 200 and UUID in (found.id, found.upn.strip().lower()))
        addresses = fetch_addresses(told, [UUID])[UUID]
        assert addresses is None or (status == 200 and all(addresses))


def check_unpacking(data: bytes) -> bool:
    """A packed body in pieces: unpacked as Python's own gzip does it, or TransportError; never much at a time."""
    whole, unpack = b"", Gunzip()
    try:
        for start in range(0, len(data), 61):
            for piece in unpack.feed(data[start : start + 61]):
                assert len(piece) <= 1 << 20, "more than a MiB at once"
                whole += piece
                if len(whole) > 1 << 24:
                    return False
    except TransportError:
        return False
    headers = {"retry-after": data[:40].decode("latin-1"), "date": data[40:80].decode("latin-1")}
    pause = retry_after(headers)
    assert pause is None or 0 <= pause < float("inf")
    if unpack.whole and data:
        try:
            expected = gzip.decompress(data)
        except (OSError, zlib.error):
            return False  # bytes behind the last member, say, of which the two think differently
        assert expected == whole, "unpacked otherwise than by gzip"
    return unpack.whole


def check_headers(data: bytes) -> bool:
    """What a server says of pauses: a number of seconds that can be waited for, or nothing."""
    said, _, date = data.decode("latin-1").partition("\n")
    pause = retry_after({"retry-after": said, "date": date})
    assert pause is None or 0 <= pause < float("inf")
    return pause is not None
