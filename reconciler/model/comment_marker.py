"""The first line of a text we put on GitHub: what it is about, so that it is found again and nothing else is kept.

`<!-- rescue-reconciler {"kind":"plan","file":"mappings.yaml",…} -->`, as GitHub hides it. A marker says nothing about
who wrote it: whoever looks for one holds the author against it as well (product.md §5).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

_FIRST_LINE = re.compile(r"<!-- rescue-reconciler (\{[^\n]*\}) -->(?:\r?\n|$)")


def make_comment_marker(kind: str, file: str, **more: str) -> str:
    """One line. ASCII, and no `<`, `>` or `&` is left in it as such, so that no name can end the HTML comment."""
    text = json.dumps({"kind": kind, "file": file, **more}, separators=(",", ":"))
    for char in "<>&":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return f"<!-- rescue-reconciler {text} -->"


def read_comment_marker(body: str) -> Mapping[str, str] | None:
    """What the marker at the beginning of a body says, None where there is none."""
    found = _FIRST_LINE.match(body)
    if found is None:
        return None
    try:
        said = json.loads(found[1])
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict) or not all(isinstance(value, str) for value in said.values()):
        return None
    return said
