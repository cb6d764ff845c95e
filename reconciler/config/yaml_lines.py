"""YAML as plain values that remember where they stood: line and column of every key and every value, by path.

Scalars follow YAML 1.2's core rules, as editors read them: `no`, `off`, dates and `24:30` are text. What would make a
file mean more than it shows is refused: repeated keys, aliases and merge keys, tags, a second document, nesting beyond
any need. Nothing is ever expanded and nothing recurses, so a hostile file costs no more than its length, which
is limited too. PyYAML's events are used, not its constructors: no object is ever made from a tag.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, NoReturn

import yaml

from reconciler.errors import InputError, Problem

Path = tuple[str | int, ...]

MAX_BYTES: Final = 2_000_000
MAX_DEPTH: Final = 32
MAX_PROBLEMS: Final = 500
_MAX_DIGITS: Final = 40

_NULL = re.compile(r"(?:null|Null|NULL|~|)\Z")
_BOOL = re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z")
_INT = re.compile(r"(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)\Z")
_FLOAT = re.compile(r"(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)\Z")
_INFINITE = re.compile(r"(?:[-+]?(?:\.inf|\.Inf|\.INF)|\.nan|\.NaN|\.NAN)\Z")
# What YAML 1.2 does not allow at all, and what only YAML 1.1, and so PyYAML, takes for a line break: an editor would
# count other lines, and a name would lose a character.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_CONFLICT = re.compile(r"^(?:<{7}|>{7})(?: |$)", re.MULTILINE)
_LINE_BREAK = re.compile(r"\r\n|\n|\r")
_SURROGATE = re.compile("[\ud800-\udfff]")

_CORE = "tag:yaml.org,2002:"


class Place(NamedTuple):
    """Line and column, from 1."""

    line: int
    column: int


class Unusable:
    """Stands where a value was refused; its Problem is already known, so nothing more is said about it."""

    def __repr__(self) -> str:
        return "(refused)"


UNUSABLE: Final = Unusable()


@dataclass(slots=True)
class Document:
    """The values of one file, their places, and the problems that did not stop the reading."""

    value: Any = UNUSABLE
    values: dict[Path, Place] = field(default_factory=dict)
    keys: dict[Path, Place] = field(default_factory=dict)
    raw: dict[Path, str] = field(default_factory=dict)
    """As written, for unquoted values that are not text."""
    problems: list[Problem] = field(default_factory=list)

    def value_place(self, path: Path) -> Place:
        """Where the value at this path begins; for what is not there, the nearest thing around it."""
        while path not in self.values:
            if not path:
                return Place(1, 1)
            path = path[:-1]
        return self.values[path]

    def key_place(self, path: Path) -> Place:
        """Where the key of this path begins; a list's items have none, so theirs is the item's own place."""
        return self.keys.get(path) or self.value_place(path)


def resolve_scalar(text: str) -> str | int | float | bool | None:
    """What a plain scalar is by YAML 1.2's core schema. Numbers beyond 40 characters stay text."""
    first = text[:1]
    if first and first not in "nN~tTfF+-.0123456789":
        return text
    if _NULL.match(text):
        return None
    if _BOOL.match(text):
        return text[0] in "tT"
    if len(text) > _MAX_DIGITS:
        return text
    if _INT.match(text):
        return int(text[2:], 8 if text[1] == "o" else 16) if text[1:2] in ("o", "x") else int(text)
    if _FLOAT.match(text):
        return float(text)
    if _INFINITE.match(text):
        return float(text.replace(".", ""))
    return text


def read_yaml(file: str, data: bytes, *, pure: bool = False) -> Document:
    """The one document in these bytes. `pure` takes PyYAML's own parser even where libyaml is there (for tests).

    Raises InputError where nothing sensible can be read at all; what can be read around stands in `problems`.
    """
    text = _decode(file, data)
    bad = _FORBIDDEN.search(text)
    if bad:
        _stop(
            file,
            _place_at(text, bad.start()),
            f"the character U+{ord(bad.group()):04X} is not allowed here",
            f'take it out, or write it as "\\u{ord(bad.group()):04X}" in double quotes',
        )
    return _Reader(file, text, pure).read()


def _decode(file: str, data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")) or b"\x00" in data[:4]:
        _stop(file, None, "this is UTF-16, or no text at all", "save the file as UTF-8 text")
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as err:
        before = data[: err.start].decode("utf-8")
        _stop(
            file,
            _place_at(before, len(before)),
            f"the byte 0x{data[err.start]:02X} is not UTF-8",
            "save the file as UTF-8",
        )


def _place_at(text: str, index: int) -> Place:
    line, start = 1, 0
    for found in _LINE_BREAK.finditer(text, 0, index):
        line, start = line + 1, found.end()
    return Place(line, index - start + 1)


def _stop(file: str, place: Place | None, message: str, remedy: str) -> NoReturn:
    line, column = place or (0, 0)
    raise InputError(file, [Problem(line, column, message, remedy)]) from None


@dataclass(slots=True)
class _Frame:
    """A list or mapping being filled. `path` is None below something refused: read on, remembered nowhere."""

    path: Path | None
    place: Place
    items: list[Any] | None
    """None for a mapping."""
    entries: dict[str, Any] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    key: str | None = None
    """The key whose value comes next, where that value is wanted."""
    at_value: bool = False
    merging: bool = False
    refused: bool = False

    def child_path(self) -> Path | None:
        if self.path is None:
            return None
        if self.items is not None:
            return (*self.path, len(self.items))
        return (*self.path, self.key) if self.at_value and self.key is not None else None


class _Reader:
    """One reading: events in, values and places out."""

    def __init__(self, file: str, text: str, pure: bool) -> None:
        self.file = file
        self.text = text
        self.document = Document()
        loader = yaml.SafeLoader if pure or not yaml.__with_libyaml__ else yaml.CSafeLoader
        self.loader: Any = loader(text)
        self.stack: list[_Frame] = []

    def read(self) -> Document:
        documents = 0
        while (event := self._next_event()) is not None:
            place = Place(event.start_mark.line + 1, event.start_mark.column + 1)
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._fatal(place, "a second document begins here", "keep one document in the file")
            elif isinstance(event, yaml.ScalarEvent):
                self._add(*self._scalar(event, place), place)
            elif isinstance(event, yaml.AliasEvent):
                if not (self.stack and self.stack[-1].merging):
                    self._problem(
                        place,
                        f"*{_short(event.anchor)} repeats a value from elsewhere, which is not followed",
                        "write the value out, or put what mappings share under `defaults:`",
                    )
                self._add(UNUSABLE, None, place)
            elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
                self._open(event, place)
            elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
                frame = self.stack.pop()
                value = frame.entries if frame.items is None else frame.items
                self._add(UNUSABLE if frame.refused else value, None, frame.place)
        if documents == 0:
            self._fatal(Place(1, 1), "the file is empty", "begin with `version: 1`")
        return self.document

    def _next_event(self) -> Any:
        try:
            return self.loader.get_event() if self.loader.check_event() else None
        except yaml.MarkedYAMLError as err:
            mark = err.problem_mark or err.context_mark
            self._syntax(Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1), err)
        except (ValueError, OverflowError):  # PyYAML's own scanner on "\U00110000"; libyaml has a message for it
            mark = self.loader.get_mark()
            self._fatal(Place(mark.line + 1, mark.column + 1), *_ESCAPE)

    def _scalar(self, event: Any, place: Place) -> tuple[Any, str | None]:
        """The value, and the text as written where that says more than the value."""
        text: str = event.value
        if _SURROGATE.search(text):
            self._fatal(place, *_ESCAPE)
        tag = event.tag
        if tag is None or tag == "!":
            if tag == "!" or not event.implicit[0]:
                return text, None
            return self._plain(text, place)
        kind = tag.removeprefix(_CORE)
        if kind == "str":
            return text, None
        if kind in ("null", "bool", "int", "float"):
            value, raw = self._plain(text, place)
            fits = {"null": value is None, "bool": isinstance(value, bool), "int": type(value) is int}
            if value is UNUSABLE or fits.get(kind, type(value) in (int, float)):
                return value, raw
        self._tag(tag, place)
        return UNUSABLE, None

    def _plain(self, text: str, place: Place) -> tuple[Any, str | None]:
        value = resolve_scalar(text)
        if isinstance(value, float) and not math.isfinite(value):
            self._problem(place, f"{text} is not a number that can be used", "put it in quotes if it is meant as text")
            return UNUSABLE, None
        return value, None if isinstance(value, str) and text != "<<" else text

    def _tag(self, tag: str, place: Place) -> None:
        shown = f"!!{tag.removeprefix(_CORE)}" if tag.startswith(_CORE) else tag
        self._problem(place, f"the tag {_short(shown)} is not part of this format", "write the value without a tag")

    def _open(self, event: Any, place: Place) -> None:
        mapping = isinstance(event, yaml.MappingStartEvent)
        refused = event.tag not in (None, "!", f"{_CORE}map" if mapping else f"{_CORE}seq")
        if refused:
            self._tag(event.tag, place)
        if len(self.stack) == MAX_DEPTH:
            self._fatal(place, f"nested deeper than {MAX_DEPTH} levels", "this format needs five at most")
        path = self.stack[-1].child_path() if self.stack else ()
        self.stack.append(_Frame(path, place, None if mapping else [], refused=refused))

    def _add(self, value: Any, raw: str | None, place: Place) -> None:
        """Puts a finished value where the enclosing list or mapping wants it."""
        document = self.document
        if not self.stack:
            document.value = value
            document.values[()] = place
            return
        frame = self.stack[-1]
        if frame.items is None and not frame.at_value:
            self._key(frame, value, raw, place)
            return
        path = frame.child_path()
        if path is not None:
            document.values[path] = place
            if raw is not None:
                document.raw[path] = raw
        if frame.items is not None:
            frame.items.append(value)
            return
        if frame.key is not None:
            frame.entries[frame.key] = value
        frame.at_value = frame.merging = False

    def _key(self, frame: _Frame, value: Any, raw: str | None, place: Place) -> None:
        frame.at_value, frame.key = True, None
        if value is UNUSABLE:
            return
        if not isinstance(value, str):
            shown = "nothing" if value is None and not raw else _short(raw or "a list or mapping")
            self._problem(place, f"{shown} cannot be a key", "keys are text; put it in quotes if it is meant as text")
        elif value == "<<" and raw:
            frame.merging = True
            self._problem(
                place, "merge keys (<<) are not part of this format", "put what mappings share under `defaults:`"
            )
        elif value in frame.lines:
            self._problem(
                place,
                f"the key {_short(value)} is here twice; it stands first in line {frame.lines[value]}",
                "keep one of them",
            )
        else:
            frame.key = value
            frame.lines[value] = place.line
            if frame.path is not None:
                self.document.keys[(*frame.path, value)] = place

    def _index(self, place: Place) -> int:
        index = 0
        for _ in range(place.line - 1):
            found = _LINE_BREAK.search(self.text, index)
            index = found.end() if found else len(self.text)
        return index + place.column - 1

    def _problem(self, place: Place, message: str, remedy: str) -> None:
        self.document.problems.append(Problem(*place, message, remedy))
        if len(self.document.problems) >= MAX_PROBLEMS:
            self._fatal(place, "the reading ends here: too much is wrong", "correct what is named above first")

    def _fatal(self, place: Place, message: str, remedy: str) -> NoReturn:
        raise InputError(self.file, [*self.document.problems, Problem(*place, message, remedy)]) from None

    def _syntax(self, place: Place, err: yaml.MarkedYAMLError) -> NoReturn:
        """Says in our words what libyaml or PyYAML's own parser, which differ, has found."""
        conflict = _CONFLICT.search(self.text)
        if conflict:
            self._fatal(
                _place_at(self.text, conflict.start()),
                "a merge conflict is left in the file",
                "settle it and take out the lines with <<<<<<<, ======= and >>>>>>>",
            )
        problem = err.problem or ""
        context = err.context or ""
        begun = Place(err.context_mark.line + 1, err.context_mark.column + 1) if err.context_mark else place
        index = self._index(place)
        here = self.text[index : index + 1]
        if here == "\t":
            self._fatal(place, "a tab stands where only spaces may", "indent with spaces")
        if "cannot start any token" in problem:
            self._fatal(place, f"a value cannot begin with {here}", "put it in quotes")
        if "mapping values are not allowed" in problem:
            self._fatal(
                place,
                "a colon stands where no key can end",
                "put text that holds a colon in quotes, or mend the line above: its colon, its indentation",
            )
        if "quoted" in context and "end of" in problem:
            self._fatal(begun, "a quotation begun here never ends", "close the quotes")
        if "escape" in problem:
            self._fatal(begun, *_ESCAPE)
        if "flow" in context:
            # Where a value is missing, the parsers name its place and not that of the bracket around it.
            around = ((self.text[self._index(frame.place)], frame.place) for frame in reversed(self.stack))
            opened, begun = next(((char, at) for char, at in around if char in "[{"), ("[", begun))
            closing = "}" if opened == "{" else "]"
            self._fatal(
                begun,
                f"what begins here with {opened} does not end as it should",
                f"close it with {closing}, commas between items",
            )
        if "block mapping" in context or "block collection" in context or "block sequence" in context:
            self._fatal(
                place,
                "this does not continue what stands above it",
                "mend the indentation, or the quotes, of this line",
            )
        if "tag" in problem:
            self._fatal(place, "tags are not part of this format", "write the value without a tag")
        if "could not find expected ':'" in problem:
            self._fatal(begun, "a colon is missing after this key", "write `key: value`")
        self._fatal(place, "this is not YAML as it stands", "mend this line; put unusual text in quotes")


_ESCAPE = ("an escape after a backslash is not one of YAML's", "double it (\\\\), or use single quotes")


def _short(text: str | None) -> str:
    """Text from the file, safe on a terminal and not too long."""
    text = text or ""
    shown = text if len(text) <= 60 else f"{text[:57]}..."
    return "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in shown)
