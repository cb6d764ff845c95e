"""The outside of an answer: bytes -> status word and payload (rescue-api.md §1.3, §7.8); pure.

An answer is UTF-8 text whose first non-blank line is one word, or `OK` followed by more. Content type and HTTP status
prove nothing, so everything else (sign-in pages, IIS errors, half a body) is NotAnAnswer and never a business token.
No text of a body gets into an error: it may hold an authcode, and error pages echo what was sent.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from reconciler.errors import TargetError

# Longest word that is still taken for a token; the longest documented one has 66 letters.
_STATUS = re.compile(r"[ \t\r\n]*(?:(OK)(?:[ \t]*:|(?=[ \t\r\n]|\Z))|([A-Z][A-Z0-9_]{0,99})[ \t]*(?=\r?\n|\r?\Z))")
_INTEGER = re.compile(r"(?<![0-9A-Za-z_.-])-?[0-9]{1,18}(?![0-9A-Za-z_.])")


class NotAnAnswer(TargetError):
    """What came back is no answer of the Rescue API: a transport failure, whatever its HTTP status (§7.8)."""


class Reply(NamedTuple):
    """`word` is OK or an error token, verbatim; `payload` the text after it (after the colon of `OK:`), untouched."""

    word: str
    payload: str


def read_reply(body: bytes) -> Reply:
    """Status word and payload of a body, or NotAnAnswer. A BOM, leading blank lines and CRLF are tolerated."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotAnAnswer(f"the answer is not UTF-8 (byte {error.start} of {len(body)})") from None
    found = _STATUS.match(text)
    if found is None:
        kind = "an empty body" if not text.strip() else "no status word in the first line"
        raise NotAnAnswer(f"not an answer of the Rescue API: {kind} ({len(body)} bytes)")
    return Reply(found[1] or found[2], text[found.end() :])


def created_id(payload: str) -> int | None:
    """The new node's id: the first integer after OK, in `OK 1`, `OK\\n\\n1` and `OK\\n\\nNODEID:1` (§1.3, §4.1)."""
    found = _INTEGER.search(payload)
    return int(found[0]) if found else None
