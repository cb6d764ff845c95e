"""Words of guards and of parts of a plan, as every output has them."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.plan import Guard
from reconciler.render import markdown, text
from reconciler.render.words import guard_words, part_lines

from .plans import one_of_everything


def guard(name: str, **said: Any) -> Guard:
    return Guard(**{"name": name, "role": "technician", "passed": False, "measured": 3, "of": 9, "limit": 2, **said})


@pytest.mark.parametrize(
    ("judged", "words"),
    [
        (guard("max_removals"), "3 removals of 9, limit 2 (max_removals)"),
        (guard("max_removals", limit=None), "3 removals of 9, no limit (max_removals)"),
        (guard("max_removals", permitted=2), "3 removals of 9, limit 2, 2 more permitted (max_removals)"),
        (guard("max_removals", role="admin", measured=1), "1 removal of 9 administrators, limit 2 (max_removals)"),
        (guard("max_moves", mapping="desk"), "desk: 3 moves of 9, limit 2 (max_moves)"),
        (guard("min_admins", measured=1), "1 administrator left of 9, at least 2 (min_admins)"),
        (guard("min_admins", limit=None), "3 administrators left of 9, no limit (min_admins)"),
        (guard("of_a_later_version"), "3 actions of 9, limit 2 (of_a_later_version)"),
    ],
    ids=["limit", "off", "permitted", "of admins", "of a mapping", "admins left", "admins, off", "unknown"],
)  # fmt: skip
def test_a_guard_says_what_was_counted_of_how_many_against_which_limit(judged: Guard, words: str) -> None:
    assert guard_words(judged) == words


def test_a_part_of_a_plan_says_so_before_anything_else() -> None:
    plan = one_of_everything()
    assert part_lines(plan) == []
    part = plan.model_copy(update={"only": ("desk", "field")})
    said = "Shown is only desk, field; counts, seats, guards and digest are those of the whole plan."
    assert text.render_plan(part, "f").splitlines()[1] == said
    assert markdown.render_plan(part, "f").split("\n\n")[1] == f"`{said}`"
