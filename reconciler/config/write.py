"""The text of a mappings file: a new one with comments, or an existing one with some of its values changed.

Of an existing file every section, and every mapping, whose values stay is kept as it is written, with the comments
above it. What changed is written anew, without the comments inside it. A result that does not read back as the values
wanted is never returned: then the whole file is written anew.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.config.yaml_lines import Document, read_yaml
from reconciler.config.yaml_text import block, comment, listed
from reconciler.errors import InputError

HEAD = (
    "# Which Entra groups feed which Rescue groups. Written by `reconciler init`; edit it freely: `validate` checks",
    "# it, and editors complete and explain every key from schema/mappings.schema.json.",
    "# yaml-language-server: $schema=schema/mappings.schema.json",
)
_ORDER = ("version", "entra", "rescue", "settings", "limits", "guards", "protected", "defaults", "mappings")
_REMARKS: Mapping[str, Mapping[str, str]] = {
    "entra": {"cloud": "global | us-gov | us-gov-dod | china"},
    "rescue": {"region": "us | eu", "account_id": "apply refuses any other account"},
    "settings": {
        "use_upn_as_email": "the UPN is the login, not the mail address",
        "use_email_as_sso_id": "mappings with upn_as_sso_id take the UPN",
        "adopt": "whom Rescue has under the same login is linked, not made again",
    },
}
_PROTECTED = (
    "Logins that are never written, created or adopted; add your emergency accounts: protected: [breakglass@...]"
)
_COMMENT = re.compile(r"[ \t]*#")
_BREAK = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Entry:
    """One mapping of the file to be. `origin`: its place in the existing file; `comments` stand above a new one."""

    value: Mapping[str, Any]
    origin: int | None = None
    comments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Before:
    """The existing file, read and right."""

    data: bytes
    document: Document


def render_file(
    value: Mapping[str, Any],
    entries: Sequence[Entry],
    *,
    before: Before | None = None,
    section_comments: Mapping[str, Sequence[str]] | None = None,
    tail: Sequence[str] = (),
) -> str:
    """The file with these sections and mappings. `value` may leave `mappings` out: `entries` decide.

    `section_comments` stand above new sections; `tail` are lines of comment after the mappings.
    """
    whole = {**value, "mappings": [dict(entry.value) for entry in entries]}
    above = dict(section_comments or {})
    if before is not None:
        kept = _changed(whole, entries, before, above, tail)
        if kept is not None and _reads_as(kept, whole):
            return kept
    text = "\n".join(_anew(whole, entries, above, tail)) + "\n"
    if not _reads_as(text, whole):
        raise AssertionError("a file was written that does not read back as it was meant")
    return text


def keeps_text(before: Before) -> bool:
    """Whether the existing file is written so that its sections can be kept."""
    return _sections(before) is not None


def _anew(
    whole: Mapping[str, Any], entries: Sequence[Entry], above: Mapping[str, Sequence[str]], tail: Sequence[str]
) -> list[str]:
    lines = list(HEAD)
    for key in sorted(whole, key=lambda key: _ORDER.index(key) if key in _ORDER else len(_ORDER)):
        if key != "version":
            lines.append("")
        if key == "defaults" and "protected" not in whole:
            lines += [*comment(_PROTECTED), ""]
        lines += _section(key, whole[key], entries, above, tail)
    return lines


def _section(
    key: str, value: Any, entries: Sequence[Entry], above: Mapping[str, Sequence[str]], tail: Sequence[str]
) -> list[str]:
    lines = [line for text in above.get(key, ()) for line in comment(text)]
    if key != "mappings":
        remarks = _REMARKS.get(key)
        if isinstance(value, Mapping) and value and remarks:
            return [*lines, f"{key}:", *block(value, 2, remarks)]
        return [*lines, *block({key: value})]
    lines.append("mappings:" if entries else "mappings: []")
    for number, entry in enumerate(entries):
        lines += [""] if number else []
        lines += _entry(entry, 2)
    return [*lines, *_tail(tail)]


def _entry(entry: Entry, indent: int) -> list[str]:
    above = [line for text in entry.comments for line in comment(text, indent)]
    return [*above, *listed(entry.value, indent)]


def _tail(tail: Sequence[str]) -> list[str]:
    return ["", *(line if line.startswith("#") else f"# {line}" for line in tail)] if tail else []


def _changed(
    whole: Mapping[str, Any],
    entries: Sequence[Entry],
    before: Before,
    above: Mapping[str, Sequence[str]],
    tail: Sequence[str],
) -> str | None:
    """The existing text with what differs replaced; None where it is not laid out in sections."""
    sections = _sections(before)
    if sections is None:
        return None
    old: Mapping[str, Any] = before.document.value
    parts: dict[str, str] = {}
    for key, text in sections.items():
        if key not in whole:
            continue
        if key == "mappings":
            lines = _mappings(text, whole, entries, before, tail)
        elif whole[key] == old[key]:
            lines = text
        else:
            lines = "\n".join([*_comments_above(text), *_section(key, whole[key], entries, {}, ())]) + "\n\n"
        parts[key] = lines
    new = {key: "\n".join(_section(key, whole[key], entries, above, tail)) + "\n" for key in whole if key not in parts}
    texts: list[str] = []
    for key, text in parts.items():
        if key == "mappings":
            texts += [f"{_ended(made)}\n" for made in new.values()]
            new = {}
        texts.append(_ended(text))
    texts += [f"\n{made}" for made in new.values()]
    joined = "".join(texts)
    windows = b"\r\n" in before.data and before.data.count(b"\r\n") == before.data.count(b"\n")
    return _BREAK.sub("\r\n", joined) if windows else joined


def _mappings(
    text: str, whole: Mapping[str, Any], entries: Sequence[Entry], before: Before, tail: Sequence[str]
) -> str:
    """The section `mappings`, with every item that stays as it is written."""
    old: Sequence[Mapping[str, Any]] = before.document.value["mappings"]
    after = "".join(f"{line}\n" for line in _tail(tail))
    if list(whole["mappings"]) == list(old):
        return _ended(text) + after
    split = _items(before)
    if split is None:
        return "\n".join([*_comments_above(text), *_section("mappings", old, entries, {}, tail)]) + "\n"
    head, items, dash = split
    made = _ended(head)
    for entry in entries:
        if entry.origin is not None and dict(entry.value) == dict(old[entry.origin]):
            made += _ended(items[entry.origin])
            continue
        kept = _comments_above(items[entry.origin]) if entry.origin is not None else []
        lines = [*kept, *_entry(entry, dash)]
        gap = "" if made == _ended(head) or re.search(r"(?:\r\n|\n|\r)[ \t]*(?:\r\n|\n|\r)\Z", made) else "\n"
        made += gap + "".join(f"{line}\n" for line in lines)
        made += "\n" if entry is not entries[-1] else ""
    if not entries:
        made = "\n".join([*_comments_above(text), "mappings: []"]) + "\n"
    return made + after


def _sections(before: Before) -> dict[str, str] | None:
    """Key -> its text, from the comments directly above it to the next one's; the first has all above it."""
    lines = _lines(_text(before))
    return {key: "".join(lines[start:end]) for key, (start, end) in _ranges(before, lines).items()} or None


def _ranges(before: Before, lines: Sequence[str]) -> dict[str, tuple[int, int]]:
    """The lines of each section; empty where the file is not laid out in sections."""
    keys = sorted((place, str(path[0])) for path, place in before.document.keys.items() if len(path) == 1)
    if any(place.column != 1 for place, _ in keys):
        return {}
    starts = [_with_comments(lines, place.line - 1, 0) for place, _ in keys]
    starts[:1] = [0]
    ends = [*starts[1:], len(lines)]
    return {key: (start, end) for (_, key), start, end in zip(keys, starts, ends, strict=True)}


def _items(before: Before) -> tuple[str, list[str], int] | None:
    """The text before the first mapping, each mapping's text, and where their dashes stand; None for a flow list."""
    lines, document = _lines(_text(before)), before.document
    begin, end = _ranges(before, lines)["mappings"]
    starts, dashes = [], set()
    for index in range(len(document.value["mappings"])):
        place = document.values[("mappings", index)]
        found = re.match(r"([ \t]*)-[ \t]+", lines[place.line - 1])
        if found is None or found.end() != place.column - 1:
            return None
        dashes.add(len(found[1]))
        starts.append(_with_comments(lines, place.line - 1, document.keys[("mappings",)].line))
    if len(dashes) != 1:
        return None
    ends = [*starts[1:], end]
    items = ["".join(lines[one:other]) for one, other in zip(starts, ends, strict=True)]
    return "".join(lines[begin : starts[0]]), items, dashes.pop()


def _with_comments(lines: Sequence[str], at: int, floor: int) -> int:
    while at > floor and _COMMENT.match(lines[at - 1]):
        at -= 1
    return at


def _comments_above(text: str) -> list[str]:
    """The lines of comment, and blank ones between them, that a section begins with."""
    lines = [line.rstrip("\r\n") for line in _lines(text)]
    found = []
    for line in lines:
        if line.strip() and not _COMMENT.match(line):
            break
        found.append(line)
    return found


def _lines(text: str) -> list[str]:
    """With their ends, by the line breaks of YAML and no others."""
    lines, start = [], 0
    for found in _BREAK.finditer(text):
        lines.append(text[start : found.end()])
        start = found.end()
    return [*lines, text[start:]] if start < len(text) else lines


def _text(before: Before) -> str:
    return before.data.decode("utf-8-sig")


def _ended(text: str) -> str:
    return text if not text or text.endswith(("\n", "\r")) else f"{text}\n"


def _reads_as(text: str, whole: Mapping[str, Any]) -> bool:
    try:
        document = read_yaml("", text.encode("utf-8"))
    except InputError:
        return False
    return not document.problems and document.value == dict(whole)
