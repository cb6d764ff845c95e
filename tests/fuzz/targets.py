"""Everything that reads text from outside, as functions of bytes: each gives a value or one of its documented errors.

A check returns whether the input was taken for a value, and raises for anything that must not be: an undocumented
exception, or a property that does not hold. Nothing here looks at a clock: who runs it sets the limits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from . import words
from .file_checks import check_outcomes, check_plan, check_readings, check_yaml
from .rescue_checks import check_hierarchy, check_marker, check_records
from .wire_checks import check_graph, check_headers, check_unpacking


@dataclass(frozen=True)
class Target:
    """`values`: the inputs are JSON, whose values are worth exchanging."""

    name: str
    check: Callable[[bytes], bool]
    words: tuple[bytes, ...]
    values: bool = False


TARGETS = {
    target.name: target
    for target in (
        Target("hierarchy", check_hierarchy, words.HIERARCHY),
        Target("records", check_records, words.RECORDS),
        Target("marker", check_marker, words.MARKER),
        Target("yaml", check_yaml, words.YAML, values=True),
        Target("plan", check_plan, words.JSON, values=True),
        Target("outcomes", check_outcomes, words.JSON, values=True),
        Target("readings", check_readings, words.JSON, values=True),
        Target("graph", check_graph, words.JSON, values=True),
        Target("unpacking", check_unpacking, words.PACKED),
        Target("pauses", check_headers, words.PAUSES),
    )
}
