"""The bulk read's text -> nodes (rescue-api.md §3.1, §7.2); pure, linear in the size of the text, hostile or not.

Nothing in the text is escaped, so a value may hold colons, line breaks, blank lines, or words that look like keys. Two
steps, as §7.2: the text is cut before every line pair `NodeID:… ParentID:…`, then each piece must match whole, the last
`Status:`/`Type:` pair of the piece winning. The first record decides the layout for all: CRLF or LF (the other kind
then survives inside values), a blank after the colon or not (then one, and only one, is taken off each text), extra
lines after Type (every record must have the same keys there), or all fields on one line.

What the end of the text proves: one that ends in a blank line after a whole record is taken as whole, and so is one of
stated length that ends after a whole record with a known type. A cut anywhere else is an error. A cut exactly between
two records cannot be seen here (missing categories and parents are seen by `tree_checks`); nor can one behind a
Description that itself imitates the end of a record; and where a server states the length of a text that it has cut
itself, a last `Type:TechnicianGroup` may be read as `Technician`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from reconciler.errors import TargetError
from reconciler.model.hierarchy import Node
from reconciler.target.tree_checks import KNOWN_TYPES

_ID = "-?[0-9]{1,18}"
_FIRST = re.compile(rf"NodeID:( ?){_ID}(?:[ \t]*(\r?\n)|[ \t]+)ParentID:")
_LONGEST_HEAD = 4096


class _Layout(NamedTuple):
    """How the first record is written, and the two patterns that follow from it."""

    blank: str  # what stands between a colon and its value
    start: re.Pattern[str]
    record: re.Pattern[str]


class _Words(dict[str, str]):
    """The few status and type words, each kept once however many records hold it."""

    def __missing__(self, word: str) -> str:
        kept = self[word] = word.strip()
        return kept


class _Types(dict[str, str]):
    """Type words as Node has them: lower case, and without the blank of "Technician Group" (§7.7)."""

    def __missing__(self, word: str) -> str:
        kept = self[word] = "".join(word.split()).lower()
        return kept


class _Numbers(dict[str, int | None]):
    """Parents, each number kept once however many records are below it; nothing is None."""

    def __missing__(self, digits: str) -> int | None:
        kept = self[digits] = int(digits) if digits else None
        return kept


def parse_tree(pieces: Iterable[str], *, length_stated: bool = False) -> list[Node]:
    """Every record of an answer's payload in its order, or TargetError naming the record that cannot be read.

    `pieces`: the text, cut anywhere; of them only what belongs to one record is held at a time. `length_stated`: the
    body had the length its header announced, so a missing trailing blank line is no sign of a cut. A parent written as
    nothing is None; any number, 0 and -1 too, is left to `tree_checks`.
    """
    onward = iter(pieces)
    text = "\n" + _head(onward)
    layout = _layout_of(text)
    spans = _spans(layout.start, text, onward)
    nodes: list[Node] = []
    statuses, types, extras = _Words(), _Types(), None
    parents = _Numbers()
    match = layout.record.fullmatch
    cut = len(layout.blank)
    for number, (text, start, end) in enumerate(spans, 1):
        found = match(text, start, end)
        if found is None:
            raise TargetError(_unreadable(text[start : start + 60], number, number + sum(1 for _ in spans)))
        node, parent, name, email, description, status, kind, extra, end_blank = found.groups()
        if extra or extras:
            extras = _same_extras(extras, extra, number)
        elif extras is None:
            extras = ()
        if cut:
            name, email, description = name.removeprefix(" "), email.removeprefix(" "), description.removeprefix(" ")
        nodes.append(Node(int(node), parents[parent], name, email, description, statuses[status], types[kind]))
    if end_blank.count("\n") < 2 and not (length_stated and nodes[-1].type in KNOWN_TYPES):
        raise TargetError(
            f"the tree ends after record {len(nodes)} without the blank line that ends a whole answer: it was cut off"
        )
    return nodes


def _head(pieces: Iterator[str]) -> str:
    """The beginning of the text, long enough to see the layout, without what is blank before it."""
    text = ""
    while len(text) < _LONGEST_HEAD:
        piece = next(pieces, None)
        if piece is None:
            break
        text = (text + piece).lstrip(" \t\r\n")
    return text


def _spans(start: re.Pattern[str], text: str, pieces: Iterator[str]) -> Iterator[tuple[str, int, int]]:
    """Where each record stands: a text that holds it, its begin and its end. The first begins at 1.

    What is not yet known to be whole is carried on; as much again is added before it is searched again, so that one
    record without an end is not searched once for every piece.
    """
    while True:
        starts = [found.start() + 1 for found in start.finditer(text)]
        for begin, end in pairwise(starts):
            yield text, begin, end
        text = text[starts[-1] - 1 :]
        more: list[str] = []
        length = 0
        while length < len(text) and (piece := next(pieces, None)) is not None:
            more.append(piece)
            length += len(piece)
        if not length:
            yield text, 1, len(text)
            return
        text += "".join(more)


def _layout_of(text: str) -> _Layout:
    """The layout of the first record, which must stand at the very beginning."""
    first = _FIRST.match(text, 1)
    if first is None:
        if not text.strip():
            raise TargetError("the tree holds no record at all")
        raise TargetError("the tree does not begin with a record (NodeID, ParentID, Name, …)")
    return _line_layout(first[1], first[2]) if first[2] else _one_line_layout(first[1])


@lru_cache(maxsize=8)
def _line_layout(blank: str, nl: str) -> _Layout:
    """One field per line. Atomic groups commit to the first Email line and to the last Status/Type pair: without them,
    hostile text would be searched once for every combination of both."""
    record = (
        rf"NodeID: ?({_ID})[ \t]*{nl}ParentID: ?({_ID}|)[ \t]*{nl}"
        rf"(?>Name:(.*?){nl}Email:([^\n]*){nl}Description:)"
        rf"(?>(.*){nl}Status: ?([\w ]*){nl}Type: ?(\w[\w ]*+))"
        r"((?:\r?\n[A-Za-z]\w*+:[^\n]*+)*+)([ \t\r\n]*+)"
    )
    start = rf"\nNodeID: ?{_ID}[ \t]*{nl}ParentID:"
    return _Layout(blank, re.compile(start), re.compile(record, re.DOTALL))


@lru_cache(maxsize=2)
def _one_line_layout(blank: str) -> _Layout:
    """All fields of a record on one line, as the guide prints them. An e-mail holds no blank there."""
    record = (
        rf"NodeID: ?({_ID})\s+ParentID: ?({_ID}|)\s+"
        r"(?>Name:(.*?)\sEmail:( ??\S*?)\s+Description:)"
        r"(?>(.*)\sStatus: ?(\w*)\s+Type: ?(\w++))"
        r"()([ \t\r\n]*+)"
    )
    return _Layout(blank, re.compile(rf"\sNodeID: ?{_ID}\s+ParentID:"), re.compile(record, re.DOTALL))


def _same_extras(known: tuple[str, ...] | None, extra: str, number: int) -> tuple[str, ...]:
    """The keys after Type, which the first record sets; other ones later are text posing as fields."""
    keys = tuple(line.partition(":")[0] for line in extra.split("\n")[1:])
    if known is not None and keys != known:
        raise TargetError(f"record {number} of the tree has other fields after Type than the first record")
    return keys


def _unreadable(head: str, number: int, count: int) -> str:
    """Which record cannot be read; never its text."""
    named = f"record {number} of {count} (NodeID {re.findall(_ID, head)[0]})"
    if number == count:
        return f"{named} of the tree, the last one, is not whole: the answer was cut off, or its text is malformed"
    return f"{named} of the tree lacks fields of a record: its text imitates another record, or is malformed"
