"""How many requests are under way at a time: grows while answers stay quick, shrinks where they do not."""

from __future__ import annotations

import pytest

from reconciler.source.width import FIRST, MOST, Width


def after(*told: float | str, start: int = 0) -> int:
    """The width after these answers, one after the other: seconds, or `429`."""
    width = Width()
    for _ in range(start):
        width.answered(width.begin(), 1.0, throttled=False)
    for one in told:
        number = width.begin()
        if one == "429":
            width.answered(number, 0.1, throttled=True)
        else:
            width.answered(number, float(one), throttled=False)
    return width.now


@pytest.mark.parametrize(
    ("told", "width"),
    [
        pytest.param([], FIRST, id="at first"),
        pytest.param([1.0] * 3, FIRST, id="too few answers to tell"),
        pytest.param([1.0] * 4, 5, id="as many as are under way, all quick"),
        pytest.param([1.0] * 9, 6, id="and again"),
        pytest.param([1.0] * 500, MOST, id="bounded"),
        pytest.param([1.0, 1.0, 1.0, 2.5, 1.0, 1.0, 1.0], FIRST, id="one slower answer starts the count anew"),
        pytest.param([1.0, *[4.5] * 4], 3, id="four in a row four times slower"),
        pytest.param([1.0, *[4.5] * 3, 3.0, *[4.5] * 3], FIRST, id="not in a row"),
        pytest.param([1.0, *[9.0] * 100], 2, id="slow answers leave two"),
        pytest.param(["429"], 2, id="half"),
        pytest.param(["429"] * 5, 1, id="never none"),
        pytest.param(["429", "429", "429", *[1.0] * 200], MOST, id="and up again"),
        pytest.param([0.0] * 100, MOST, id="no time at all"),
    ],
)
def test_the_width_after(told: list[float | str], width: int) -> None:
    assert after(*told) == width


def test_what_was_under_way_together_counts_as_one_refusal() -> None:
    width = Width()
    under_way = [width.begin() for _ in range(FIRST)]
    for number in under_way:
        width.answered(number, 0.1, throttled=True)
    assert width.now == FIRST // 2
    width.answered(width.begin(), 0.1, throttled=True)
    assert width.now == 1
