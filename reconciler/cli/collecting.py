"""How often Python looks for cycles in what is read by the million."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_YOUNG = 200_000
_MIDDLE = 20
_OLD = 100


@contextmanager
def seldom_collecting() -> Iterator[None]:
    """Within, cycles are looked for after 200,000 new objects instead of 700, and among the old ones hardly ever.

    What is read lives until the end of the run and holds no cycles: looking at it again and again took a fifth of a
    plan of a million people. Cycles of the work itself, such as those of deepdiff, are young and are still found.
    """
    before = gc.get_threshold()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
    try:
        yield
    finally:
        gc.set_threshold(*before)
