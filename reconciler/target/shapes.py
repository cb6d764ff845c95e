"""One raw answer -> how it is laid out, and nothing of what stands in it; pure. For `doctor --probe`.

What comes out is meant to be pasted in public: no name, address, text, token or id. Only words that stand in this file
or in the catalogue are ever repeated; everything else is said by its kind.
"""

from __future__ import annotations

import re
from collections import Counter

from reconciler.target.tokens import Meaning, meaning
from reconciler.target.tree_checks import KNOWN_TYPES
from reconciler.transport import Answer

KEYS = frozenset(
    "NODEID PARENTID NAME NICK EMAIL SSOID DESCRIPTION TYPE STATUS HASMOBILEADDON HASRPATADDON ISACCOUNTHOLDER "
    "ACCOUNTID ORGANIZATION ADMINID TECHID TCRUNNING PERMISSIONS LOCKEDPERMISSIONS ISENABLED STANDARDCONCURRENTLIMIT "
    "MOBILECONCURRENTLIMIT RPATCONCURRENTLIMIT".split()
)
"""Every key a document names; others are counted, for in a free text anything may look like one."""

_WORDS = KNOWN_TYPES | {"true", "false", "enabled", "disabled", "offline", "online", "busy", "away"}
_FIELD = re.compile(r"([A-Za-z_]{1,40}):([ \t]?)(.*)", re.DOTALL)
_INLINE = re.compile(rf"(?:\A|(?<=\s))({'|'.join(sorted(KEYS, key=len, reverse=True))}):([ \t]?)", re.IGNORECASE)
_FIRST = re.compile(
    r"[ \t\r\n]*(OK(?=[ \t:\r\n]|\Z)|[A-Z][A-Z_]{1,99}(?=[ \t]*(?:\r?\n|\Z)))([ \t]*:)?[ \t]*((?:\r?\n)*)"
)
_PAGE = re.compile(r"<(!doctype|html|body)\b", re.IGNORECASE)
_LONGEST = 40


def outside_of(answer: Answer) -> str:
    """Status, content type, length, byte order mark, line ends, and how the text ends, in one line."""
    body = answer.body
    parts = [f"HTTP {answer.status}", _content_type(answer.headers.get("content-type", ""))]
    stated = answer.headers.get("content-length")
    parts.append("length not stated" if stated is None else "length stated")
    if "content-encoding" in answer.headers:
        parts.append("packed")
    if body.startswith(b"\xef\xbb\xbf"):
        parts.append("BOM")
    crlf, lf = body.count(b"\r\n"), body.count(b"\n")
    parts.append("no line end" if not lf else "LF" if not crlf else "CRLF" if crlf == lf else "LF and CRLF")
    parts.append(f"ends with {_ending(body)}")
    return ", ".join(parts)


def inside_of(answer: Answer) -> list[str]:
    """The status word, what follows it, and the fields of the first record with the kind of each value."""
    try:
        text = answer.body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return ["not UTF-8"]
    if not text.strip():
        return ["an empty body"]
    first = _FIRST.match(text)
    if first is None:
        return ["a page of HTML" if _PAGE.search(text[:2000]) else "no word first"]
    word = first[1] if meaning(first[1]) is not Meaning.UNKNOWN else "a word that is in no document"
    payload = text[first.end() :]
    if not payload.strip():
        return [f"{word}, alone"]
    breaks = first[3].count("\n")
    after = "a colon" if first[2] else "a blank line" if breaks > 1 else "a line end" if breaks else "a blank"
    records = re.split(r"\s+(?=NodeID:)", payload.strip("\r\n"))
    lines = [f"{word}, then {after}", " ".join(fields_of(records[0]))]
    if len(records) > 1:
        apart = len(re.split(r"\r?\n\r?\n(?=NodeID:)", payload.strip("\r\n"))) == len(records)
        between = ", a blank line between them" if apart else ""
        lines.append(f"{len(records)} records{between}; types: {type_words(text)}")
    return lines


def fields_of(record: str) -> list[str]:
    """`KEY:<kind>` in the order sent, one-line layouts too; the key as it is spelled."""
    lines = [line.rstrip("\r") for line in record.split("\n")]
    named = [match for line in lines if (match := _FIELD.fullmatch(line)) and match[1].upper() in KEYS]
    if len(named) > 1:
        strange = sum(line != "" for line in lines) - len(named)
        found = [f"{match[1]}:{match[2]}{kind_of(match[1], match[3])}" for match in named[:_LONGEST]]
        return [*found, f"(and {strange} other lines)"] if strange else found
    inline = list(_INLINE.finditer(record))
    if not inline:
        return ["<number>" if record.strip().lstrip("-").isdigit() else "<text>"]
    ends = [match.start() for match in inline[1:]] + [len(record)]
    shown = [
        f"{match[1]}:{match[2]}{kind_of(match[1], record[match.end() : end])}"
        for match, end in zip(inline, ends, strict=True)
    ]
    return ["all on one line:", *shown[:_LONGEST]]


def kind_of(key: str, value: str) -> str:
    """What kind of thing a value is; words of the protocol as they are."""
    text = value.strip()
    if not text:
        return "<empty>"
    if key.upper() in ("TYPE", "STATUS") or key.upper().startswith(("HAS", "IS")):
        return text if "".join(text.split()).lower() in _WORDS else "<unknown word>"
    if key.upper().endswith("PERMISSIONS"):
        return "<list that ends with a comma>" if text.endswith(",") else "<list>"
    if re.fullmatch(r"-?\d+", text):
        return "<number>"
    return "<address>" if "@" in text else "<text>"


def keys_of(answer: Answer) -> list[str]:
    """The known keys of an answer in their order, in upper case."""
    text = answer.body.decode("utf-8", "replace")
    return [match[1].upper() for match in _INLINE.finditer(text)]


def type_words(text: str) -> str:
    """How each type of node is spelled and how often; unknown ones are counted."""
    found = Counter(word.strip() for word in re.findall(r"(?:^|[\r\n \t])Type:[ \t]?(\w+(?: Group\b)?)", text))
    known = [f"{word} {count}" for word, count in sorted(found.items()) if "".join(word.split()).lower() in KNOWN_TYPES]
    strange = sum(count for word, count in found.items() if "".join(word.split()).lower() not in KNOWN_TYPES)
    return ", ".join([*known, *([f"unknown ones {strange}"] if strange else [])]) or "none"


def _content_type(said: str) -> str:
    """The header where it is of the usual making."""
    if not said:
        return "no content type"
    usual = re.fullmatch(r"[a-z]{1,20}/[a-z.+-]{1,40}(?:\s*;\s*charset=[A-Za-z0-9-]{1,20})?", said)
    return said if usual else "an unusual content type"


def _ending(body: bytes) -> str:
    plain = body.replace(b"\r", b"")
    if plain.endswith(b"\n\n"):
        return "a blank line"
    return "a line end" if plain.endswith(b"\n") else "no line end"
