"""Display names of Entra groups -> `{id, name}`, in place: every other byte of the file stays (`init --pin`).

A value is found by its line and column and replaced as text; the result is read again and must mean the same file with
nothing but the ids added.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any, NamedTuple

import yaml

from reconciler.config.settle import entra_group_of
from reconciler.config.yaml_lines import Document, Place, read_yaml
from reconciler.config.yaml_text import scalar

_BREAK = re.compile(r"\r\n|\n|\r")
_BOM = b"\xef\xbb\xbf"
# Plain text that ends where it ends also between { and }.
_FLOW_SAFE = re.compile(
    r"[^\s,\[\]{}#&*!|>'\"%@`:?-][^,\[\]{}#:\n\r]*\Z|'(?:[^'\n\r]|'')*'\Z|\"(?:[^\"\\\n\r]|\\.)*\"\Z"
)


class Named(NamedTuple):
    """A mapping that names its Entra group by display name only."""

    at: int
    name: str
    place: Place


def named_groups(document: Document) -> list[Named]:
    """Those mappings, in the order of the file, which must be a right one."""
    found = []
    for index, mapping in enumerate(document.value["mappings"]):
        said = mapping["entra_group"]
        name = said.get("name", "") if isinstance(said, dict) and "id" not in said else said
        if isinstance(name, str) and entra_group_of(name).id is None:
            place = document.value_place(("mappings", index, "entra_group"))
            found.append(Named(index, entra_group_of(name).name or "", place))
    return found


def can_hold_node(data: bytes, document: Document, index: int) -> bool:
    """Whether the Rescue group of this mapping can be replaced in place: not where it is a list of several lines."""
    if not isinstance(document.value["mappings"][index]["rescue_group"], list):
        return True
    text = data.removeprefix(_BOM).decode("utf-8")
    return text[_Text(text).offset(document.values[("mappings", index, "rescue_group")])] == "["


def pin_names(data: bytes, document: Document, ids: Mapping[int, str], nodes: Mapping[int, int]) -> bytes:
    """The file with `ids` put to their names and `nodes` in the place of Rescue paths, by the number of the mapping."""
    bom = _BOM if data.startswith(_BOM) else b""
    text = data.removeprefix(_BOM).decode("utf-8")
    places = _Text(text)
    edits: list[tuple[int, int, str]] = []
    wanted: dict[str, Any] = deepcopy(document.value)
    for index, id_ in ids.items():
        path = ("mappings", index, "entra_group")
        said, place = document.value["mappings"][index]["entra_group"], document.values[path]
        if isinstance(said, str):
            raw = text[places.offset(place) : places.ends[place]]
            name = raw if _FLOW_SAFE.match(raw) else scalar(said)
            edits.append((places.offset(place), places.ends[place], f"{{id: {id_}, name: {name}}}"))
            wanted["mappings"][index]["entra_group"] = {"id": id_, "name": said}
        else:
            key = document.keys[(*path, "name")]
            start = places.offset(key)
            newline = "\r\n" if "\r\n" in text else "\n"
            in_flow = text[places.offset(place)] == "{"
            edits.append((start, start, f"id: {id_}" + (", " if in_flow else newline + " " * (key.column - 1))))
            wanted["mappings"][index]["entra_group"] = {**said, "id": id_}
    for index, node in nodes.items():
        place = document.values[("mappings", index, "rescue_group")]
        edits.append((places.offset(place), places.ends[place], str(node)))
        wanted["mappings"][index]["rescue_group"] = node
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    made = bom + text.encode("utf-8")
    if read_yaml("", made).value != wanted:
        raise AssertionError("an id was put where it changes more than its group")
    return made


class _Text:
    """Offsets into a text by line and column, and where what begins at a place ends."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(found.end() for found in _BREAK.finditer(text))]
        self.ends: dict[Place, int] = {}
        opened: list[Place] = []
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            place = _place(event.start_mark)
            if isinstance(event, yaml.SequenceStartEvent):
                opened.append(place)
            elif isinstance(event, yaml.SequenceEndEvent):
                self.ends[opened.pop()] = self.offset(_place(event.end_mark))
            elif isinstance(event, yaml.ScalarEvent):
                start, end = self.offset(place), self.offset(_place(event.end_mark))
                self.ends[place] = start + len(text[start:end].rstrip())  # a folded one ends where the next line begins

    def offset(self, place: Place) -> int:
        return self._starts[min(place.line, len(self._starts)) - 1] + place.column - 1


def _place(mark: Any) -> Place:
    return Place(mark.line + 1, mark.column + 1)
