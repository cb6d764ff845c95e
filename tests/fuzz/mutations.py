"""Inputs made from inputs: bytes cut, repeated, swapped and overwritten; values of a JSON text exchanged.

Pure: a list of `Op` and a seed give the same input always. Hypothesis draws the list, a campaign rolls it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from copy import deepcopy
from typing import Any, NamedTuple

KINDS = 11
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 7, 10**30, 1.5, "", " ", "x", "\ud800", "\u0000", "\u202e", "\n::error::x", "##[error]x",
    "=1+1", "<b>&#", "@team `x` | [x](y)", "x" * 3000, [], {}, [[]], [None], {"x": None}, "2026-11-26T00:00:00Z", "1.0",
)  # fmt: skip
"""Values that are put where others stood."""
LONGEST = 200_000


class Op(NamedTuple):
    """One change. `at`, `size` and `other` are taken modulo what there is."""

    kind: int
    at: int
    size: int
    other: int


def mutated(seed: bytes, ops: Sequence[Op], corpus: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    """The seed after all changes, cut to a length that is worth trying."""
    data = seed
    for op in ops:
        data = _changed(data, op, corpus, words)[:LONGEST]
    return data


def _changed(data: bytes, op: Op, corpus: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    at = op.at % (len(data) + 1)
    end = min(len(data), at + op.size)
    word = words[op.other % len(words)]
    lines = data.split(b"\n")
    line = op.at % len(lines)
    match op.kind % KINDS:
        case 0:
            return data[:at] + data[end:]
        case 1:
            return data[:end] + data[at:end] * (1 + op.other % 4) + data[end:]
        case 2:
            return data[:at] + word + data[at:]
        case 3:
            return data[:at] + word + data[end:]
        case 4:
            return data[:at] + bytes([op.other % 256]) + data[at + 1 :]
        case 5:
            return data[:at]
        case 6:
            other = corpus[op.other % len(corpus)]
            return data[:at] + other[op.size % (len(other) + 1) :]
        case 7:
            return b"\n".join([*lines[:line], lines[line], *lines[line:]])
        case 8:
            return b"\n".join(lines[:line] + lines[line + 1 :])
        case 9:
            taken = lines.pop(line)
            lines.insert(op.other % (len(lines) + 1), taken)
            return b"\n".join(lines)
        case _:
            return data[:at] + word * (1 + op.size) + data[at:]


def exchanged(seed: bytes, ops: Sequence[Op]) -> bytes:
    """A JSON text with values exchanged, taken out, repeated and put elsewhere; the seed itself where it is none."""
    try:
        value = json.loads(seed)
    except (ValueError, RecursionError):
        return seed
    for op in ops:
        holders = list(_holders(value))
        if not holders:
            break
        _exchange(*holders[op.at % len(holders)], op, holders)
    return json.dumps(value).encode()


def _holders(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) below a value, outermost first."""
    found: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        holder = waiting.pop(0)
        keys = list(holder) if isinstance(holder, dict) else range(len(holder)) if isinstance(holder, list) else ()
        for key in keys:
            found.append((holder, key))
            waiting.append(holder[key])
    return found


def _exchange(holder: Any, key: Any, op: Op, holders: list[tuple[Any, Any]]) -> None:
    other, place = holders[op.other % len(holders)]
    match op.kind % 5:
        case 0:
            holder[key] = deepcopy(ODD[op.other % len(ODD)])  # they are changed in turn
        case 1:
            del holder[key]
        case 2:
            holder[key] = deepcopy(other[place])
        case 3 if isinstance(holder, list):
            holder.insert(key, deepcopy(holder[key]))
        case 4 if isinstance(holder[key], str):
            holder[key] += str(ODD[op.other % len(ODD)])
        case _:
            if isinstance(holder, dict):
                holder[f"{key}x"] = holder.pop(key)
