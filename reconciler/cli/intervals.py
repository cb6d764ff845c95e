"""Spans of time as people write them on a command line: a whole number and s, m or h."""

from __future__ import annotations

import re

import click

LONGEST = 7 * 24 * 3600
_FORM = re.compile(r"([0-9]{1,9})([smh])")
_SECONDS = {"s": 1, "m": 60, "h": 3600}


def to_seconds(_context: click.Context, _option: click.Parameter, value: str) -> int:
    """`90s`, `15m`, `2h` as seconds, for a click option. Raises BadParameter, saying what to write instead."""
    met = _FORM.fullmatch(value.strip())
    if met is None:
        raise click.BadParameter(f"{value!r} is no interval; write a whole number and s, m or h, such as 15m")
    seconds = int(met[1]) * _SECONDS[met[2]]
    if not 1 <= seconds <= LONGEST:
        raise click.BadParameter(f"{value!r} is out of range; write something from 1s to {LONGEST // 3600}h")
    return seconds
