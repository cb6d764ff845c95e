"""Values of the file -> YAML text that reads back as the same values. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from reconciler.config.yaml_lines import resolve_scalar

WIDTH = 118
_PLAIN = re.compile(r"[^\W_](?:[\w .@/()'+&-]*[\w.)])?\Z")
_UNSEEN = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")


def scalar(value: Any) -> str:
    """One scalar, quoted only where it has to be; fit for a flow list as well."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, int | float):
        return str(value)
    text = str(value)
    if _PLAIN.match(text) and resolve_scalar(text) == text and "  " not in text:
        return text
    return _UNSEEN.sub(lambda match: f"\\u{ord(match.group()):04x}", json.dumps(text, ensure_ascii=False))


def inline(value: Any) -> str:
    """Any value on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(key)}: {inline(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(inline(item) for item in value) + "]"
    return scalar(value)


def block(value: Mapping[str, Any], indent: int = 0, remarks: Mapping[str, str] | None = None) -> list[str]:
    """Lines of a block mapping, Entra groups on one line each. `remarks` stand behind the values of their keys."""
    lines = []
    pad = " " * indent
    for key, item in value.items():
        if isinstance(item, Mapping) and item and key != "entra_group":
            lines += [f"{pad}{scalar(key)}:", *block(item, indent + 2)]
        elif isinstance(item, list) and any(isinstance(one, Mapping) for one in item):
            lines.append(f"{pad}{scalar(key)}:")
            for one in item:
                lines += listed(one, indent + 2) if isinstance(one, Mapping) else [f"{pad}  - {inline(one)}"]
        else:
            remark = (remarks or {}).get(key)
            said = f"{pad}{scalar(key)}: {inline(item)}"
            lines.append(f"{said:<29} # {remark}" if remark else said)
    return lines


def listed(value: Mapping[str, Any], indent: int, remarks: Mapping[str, str] | None = None) -> list[str]:
    """Lines of a mapping that is an item of a block list; `indent` is where its dash stands."""
    if not value:
        return [" " * indent + "- {}"]
    lines = block(value, indent + 2, remarks)
    return [" " * indent + "- " + lines[0][indent + 2 :], *lines[1:]]


def comment(text: str, indent: int = 0) -> list[str]:
    """A comment of as many lines as it takes; whatever a foreign name holds, it cannot end the comment."""
    shown = "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in " ".join(text.split()))
    lines: list[str] = []
    line = ""
    for word in shown.split(" "):
        if line and len(line) + len(word) + indent + 3 > WIDTH:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return [" " * indent + f"# {one}".rstrip() for one in [*lines, line]]
