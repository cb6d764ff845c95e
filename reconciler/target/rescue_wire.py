"""The outside of an answer: bytes -> status word and payload (rescue-api.md §1.3, §7.8); pure.

An answer is UTF-8 text whose first non-blank line is one word, or `OK` followed by more. Content type and HTTP status
prove nothing, so everything else (sign-in pages, IIS errors, half a body) is NotAnAnswer and never a business token.
No text of a body gets into an error: it may hold an authcode, and error pages echo what was sent.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import NamedTuple

from reconciler.errors import TargetError

# Longest word that is still taken for a token; the longest documented one has 66 letters.
_STATUS = re.compile(rb"[ \t\r\n]*(?:(OK)(?:[ \t]*:|(?=[ \t\r\n]|\Z))|([A-Z][A-Z0-9_]{0,99})[ \t]*(?=\r?\n|\r?\Z))")
_BOM = b"\xef\xbb\xbf"
_PIECE = 1 << 20
_INTEGER = re.compile(r"(?<![0-9A-Za-z_.-])-?[0-9]{1,18}(?![0-9A-Za-z_.])")


class NotAnAnswer(TargetError):
    """What came back is no answer of the Rescue API: a transport failure, whatever its HTTP status (§7.8)."""


class Text:
    """What follows the status word, as UTF-8 proven to be such. A tree is read in pieces: as one text it may take four
    times the room of its bytes."""

    __slots__ = ("_begin", "_body")

    def __init__(self, body: bytes, begin: int) -> None:
        self._body = body
        self._begin = begin

    def whole(self) -> str:
        """All of it, untouched."""
        return self._body[self._begin :].decode()

    def pieces(self) -> Iterator[str]:
        """The same in pieces of at most a MiB, one at least."""
        decode = codecs.getincrementaldecoder("utf-8")().decode
        yield from (decode(self._body[at : at + _PIECE]) for at in range(self._begin, len(self._body), _PIECE))
        yield decode(b"", final=True)

    def ends_in_blank_line(self) -> bool:
        """Whether the text ends as §1.3 saw it end."""
        return b"\n\n" in self._body[max(self._begin, len(self._body) - 4) :].replace(b"\r", b"")


class Reply(NamedTuple):
    """`word` is OK or an error token, verbatim; `rest` the text after it (after the colon of `OK:`)."""

    word: str
    rest: Text


def read_reply(body: bytes) -> Reply:
    """Status word and what follows it, or NotAnAnswer. A BOM, leading blank lines and CRLF are tolerated."""
    begin = len(_BOM) if body.startswith(_BOM) else 0
    try:
        for _ in Text(body, 0).pieces():
            pass
    except UnicodeDecodeError:
        raise NotAnAnswer(f"the answer is not UTF-8 ({len(body)} bytes)") from None
    found = _STATUS.match(body, begin)
    if found is None:
        kind = "an empty body" if not body[begin:].strip() else "no status word in the first line"
        raise NotAnAnswer(f"not an answer of the Rescue API: {kind} ({len(body)} bytes)")
    return Reply((found[1] or found[2]).decode(), Text(body, found.end()))


def created_id(payload: str) -> int | None:
    """The new node's id: the first integer after OK, in `OK 1`, `OK\\n\\n1` and `OK\\n\\nNODEID:1` (§1.3, §4.1)."""
    found = _INTEGER.search(payload)
    return int(found[0]) if found else None
