"""Fitting text into so many bytes: the most lines that fit, however it is searched for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reconciler.render.fitting import fit, size_of

LINES = st.lists(st.integers(12, 90), max_size=200) | st.lists(st.sampled_from([12, 2000]), max_size=200)


@given(LINES, st.integers(0, 4000))
def test_as_many_lines_as_fit(sizes: list[int], room: int) -> None:
    lines = ["x" * size for size in sizes]

    def make(count: int) -> str:
        return "".join(lines[:count]) + f"{len(lines):>6} in all"

    fitting = [made for count in range(len(lines) + 1) if size_of(made := make(count)) <= room]
    assert fit(len(lines), room, make) == (fitting[-1] if fitting else "")


def test_few_of_a_hundred_thousand_are_found_without_making_them_all() -> None:
    made = 0

    def make(count: int) -> str:
        nonlocal made
        made += count
        return "x" * (40 * count)

    assert size_of(fit(100_000, 600_000, make)) == 600_000
    assert made < 200_000
