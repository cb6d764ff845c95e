"""Names come from outside: nothing in them may act as Markdown, HTML, a terminal escape or a line of its own.

Every renderer passes every foreign text through one of these. They change what is shown, never what is compared or
sent.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST = 400
"""Characters of one name or login that are shown; the rest is an ellipsis."""

# C0 and C1 controls (escape sequences start with one), line and paragraph separators, the bidi controls that can make
# a line read otherwise than it is, and what neither UTF-8 nor XML can hold.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff\ufffe\uffff]"
)
_BACKTICKS = re.compile("`+")


def without_controls(text: str) -> str:
    """All of it, on one line: controls become `\\xNN` or `\\uNNNN`."""
    if text.isascii() and text.isprintable():
        return text
    return _UNSAFE.sub(lambda match: _escape(match.group()), text)


def visible(text: str) -> str:
    """One line that can be shown anywhere plain text is: controls become `\\xNN` or `\\uNNNN`, long text is cut.

    So is the bracket of `##[`, which begins a command of GitHub Actions wherever it stands in a line of a job's log.
    """
    shown = without_controls(text).replace("##[", r"##\x5b")
    return shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + "…"


def quoted(text: str | bool | None) -> str:
    """A value as plans show it: quoted text, `yes` and `no`, or `(none)`."""
    if text is None or text == "":
        return "(none)"
    if isinstance(text, bool):
        return "yes" if text else "no"
    return '"' + visible(text).replace('"', '\\"') + '"'


def code_span(text: str) -> str:
    """A Markdown code span that no text can leave: its fence is longer than any run of backticks inside."""
    shown = visible(text) or " "
    fence = "`" * (max((len(run) for run in _BACKTICKS.findall(shown)), default=0) + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def code_block(lines: list[str], language: str = "") -> str:
    """A fenced block whose fence is longer than any run of backticks inside."""
    body = "\n".join(lines)
    fence = "`" * max(3, max((len(run) for run in _BACKTICKS.findall(body)), default=0) + 1)
    return f"{fence}{language}\n{body}\n{fence}"


def width(text: str) -> int:
    """Columns a text takes in a terminal: wide characters two, combining marks none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def padded(text: str, columns: int) -> str:
    """`text` with blanks up to a number of terminal columns."""
    return text + " " * max(0, columns - width(text))


def _escape(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
