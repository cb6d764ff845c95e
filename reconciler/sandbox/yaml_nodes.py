"""YAML read by its nodes, so that every value keeps its place and no word turns into a truth by itself.

All problems are collected; a value that can't be read becomes an empty one of its kind, and reading goes on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import yaml

from reconciler.errors import InputError, Problem

Place = yaml.Node


class Reader:
    """The document of one file; `problems` fills up while it is read."""

    def __init__(self, text: str, name: str) -> None:
        self.problems: list[Problem] = []
        try:
            top = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
            what = getattr(error, "problem", None) or str(error)
            raise InputError(name, [Problem(line, column, f"this is not YAML: {what}", "")]) from error
        self.top: Place | None = top

    def problem(self, place: Place | None, message: str) -> None:
        """Note a problem at a place."""
        line, column = (place.start_mark.line + 1, place.start_mark.column + 1) if place is not None else (0, 0)
        self.problems.append(Problem(line, column, message, ""))

    def entries(self, place: Place | None, *, quiet: bool = False) -> Iterator[tuple[str, Place]]:
        """The entries of a mapping in their order; none for an absent one. A repeated key is a problem."""
        if place is None or self._is_null(place):
            return
        if not isinstance(place, yaml.MappingNode):
            if not quiet:
                self.problem(place, "a mapping is wanted here")
            return
        seen = set()
        for key, value in place.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else ""
            if (not name or name in seen) and not quiet:
                self.problem(key, f"the key {name!r} stands here twice" if name else "a key has to be plain text")
            if name and name not in seen:
                seen.add(name)
                yield name, value

    def mapping(self, place: Place | None, known: str, *, required: str = "") -> dict[str, Place]:
        """A mapping with known keys only; `required` ones have to be there."""
        found = dict(self.entries(place))
        allowed = known.split()
        for name in sorted(set(found) - set(allowed)):
            self.problem(found.pop(name), f"there is no key {name!r} here; known are {', '.join(allowed)}")
        for name in required.split():
            if name not in found:
                self.problem(place, f"the key {name!r} is missing")
        return found

    def items(self, place: Place | None) -> list[Place]:
        """The items of a list; none for an absent one."""
        if place is None or self._is_null(place):
            return []
        if not isinstance(place, yaml.SequenceNode):
            self.problem(place, "a list is wanted here")
            return []
        return list(place.value)

    def text(self, place: Place | None) -> str:
        """A scalar as it is written; empty for an absent one."""
        return self.text_or_null(place) or ""

    def text_or_null(self, place: Place | None) -> str | None:
        """A scalar as it is written, or None for an absent one and for `null`."""
        if place is None or self._is_null(place):
            return None
        if not isinstance(place, yaml.ScalarNode):
            self.problem(place, "a plain text is wanted here")
            return None
        return str(place.value)

    def texts(self, place: Place | None) -> list[str]:
        """A list of scalars."""
        return [self.text(item) for item in self.items(place)]

    def truth(self, place: Place | None) -> bool:
        """true or false; false for an absent one."""
        return bool(self.truth_or_null(place))

    def truth_or_null(self, place: Place | None) -> bool | None:
        """true, false, or None for `null`."""
        text = self.text_or_null(place)
        if text is not None and text.lower() not in ("true", "false"):
            self.problem(place, f"true or false is wanted here, not {text!r}")
        return None if text is None else text.lower() == "true"

    def number(self, place: Place | None) -> int:
        """A whole number."""
        text = self.text(place)
        if not text.isascii() or not text.isdigit():
            self.problem(place, f"a whole number is wanted here, not {text!r}")
            return 0
        return int(text)

    def choice(self, place: Place | None, values: Sequence[str]) -> str:
        """One of some words."""
        text = self.text(place)
        if text not in values:
            self.problem(place, f"{text!r} is not one of {', '.join(values)}")
            return values[0]
        return text

    def plain(self, place: Place | None) -> dict[str, Any]:
        """A mapping as plain values, for what is passed on as it is."""
        return {name: self._value(value) for name, value in self.entries(place)}

    def _value(self, place: Place) -> Any:
        if isinstance(place, yaml.MappingNode):
            return self.plain(place)
        if isinstance(place, yaml.SequenceNode):
            return [self._value(item) for item in place.value]
        kind = place.tag.rpartition(":")[2]
        text = str(place.value)
        if kind == "null":
            return None
        if kind == "bool" and text.lower() in ("true", "false"):
            return text.lower() == "true"
        if kind == "int" and text.lstrip("-").isdigit():
            return int(text)
        if kind == "float":
            return float(text)
        return text

    @staticmethod
    def _is_null(place: Place) -> bool:
        return isinstance(place, yaml.ScalarNode) and place.tag == "tag:yaml.org,2002:null"
