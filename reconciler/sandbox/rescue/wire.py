"""How Rescue writes its answers down: the status word, the blank line, `Key:Value` lines.

[observed] rescue-api.md §1.3, with the guesses of that section as switches. Nothing is escaped, as on the real wire:
a name with a colon or a description with a line break goes out as it is.
"""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.sandbox.messages import Answer

Fields = Sequence[tuple[str, object]]


class Refusal(Exception):
    """The call is refused with this business word; nothing was done."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


class Wire:
    """Writes answers as a set of switches says."""

    def __init__(self, switches: dict[str, str]) -> None:
        self.switches = switches
        self.colon = ": " if switches["colon"] == "spaced" else ":"

    def word(self, word: str) -> Answer:
        """A bare status word, HTTP 200 also for refusals. [observed] §1.3 "Business errors come with HTTP 200"."""
        blank = word == "OK" and self.switches["ok_layout"] == "blank_line"
        return self._text(f"{word}\n\n" if blank else word)

    def code(self, key: str, value: str) -> Answer:
        """`OK`, blank line, `KEY:value`, no line end. [observed] §1.3: the payload starts at byte 13."""
        return self._text(f"OK\n\n{key}:{value}")

    def created(self, node_id: int) -> Answer:
        """The id of a new node. [unknown] §1.3, §4.1: one of three layouts."""
        layout = self.switches["create_layout"]
        if layout == "one_line":
            return self._text(f"OK {node_id}")
        return self._text(f"OK\n\nNODEID{self.colon}{node_id}" if layout == "keyed" else f"OK\n\n{node_id}")

    def record(self, fields: Fields) -> Answer:
        """One record. [unknown] §1.3: written like a list of one, or on one line as the guide prints it."""
        if self.switches["user_layout"] == "one_line":
            colon = ": "  # [documented] the guide's samples: `NODEID: 337366 NAME: John Doe`
            return self._text("OK " + " ".join(f"{key}{colon}{value}" for key, value in fields))
        return self._text("OK\n\n" + self._lines(fields) + ("\n" if self.switches["list_end"] == "blank_line" else ""))

    def records(self, records: Sequence[Fields]) -> Answer:
        """A list: a blank line between records and one at the end. [observed] §1.3, §3.1."""
        if self.switches["tree_layout"] == "one_line":
            lines = [" ".join(f"{key}{self.colon}{value}" for key, value in fields) for fields in records]
            return self._text("OK " + " ".join(lines))
        blank = self.switches["list_end"] == "blank_line"
        return self._text("OK\n\n" + "\n".join([self._lines(fields) for fields in records]) + ("\n" if blank else ""))

    def _lines(self, fields: Fields) -> str:
        colon = self.colon
        return "".join([f"{key}{colon}{value}\n" for key, value in fields])

    def _text(self, text: str) -> Answer:
        if self.switches["newline"] == "crlf":
            text = text.replace("\n", "\r\n")
        if self.switches["bom"] == "present":
            text = "\ufeff" + text
        kind = f"{self.switches['content_type']}; charset=utf-8"
        return Answer(200, text.encode(), {"Content-Type": kind, "Cache-Control": "private"})


def yes(value: object) -> str:
    """A truth as reads write it. [documented] rescue-api.md §7.5: `True` and `False`."""
    return "True" if value else "False"
