"""Hundreds of random steps with every test run, the same each time; `make soak` walks thousands, others each time."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, settings

from .histories import Guarded, Histories

SOAKING = int(os.environ.get("SOAK_HISTORIES", "0"))


def walk(histories: int, steps: int) -> settings:
    """So many histories of so many steps, the same ones every time; while soaking, others every time."""
    return settings(
        max_examples=histories,
        stateful_step_count=steps,
        deadline=None,
        derandomize=not SOAKING,
        database=None,
        phases=[Phase.generate, Phase.shrink] if SOAKING else [Phase.generate],
        suppress_health_check=list(HealthCheck),
        print_blob=bool(SOAKING),
    )


@pytest.mark.timeout(0 if SOAKING else 180)
class TestHistories(Histories.TestCase):
    """Every step is followed by the runs that settle it, and by what must hold."""

    settings = walk(SOAKING or 22, 8)


@pytest.mark.timeout(0 if SOAKING else 180)
class TestGuards(Guarded.TestCase):
    """Nothing but what a guard is about, while it is on."""

    settings = walk(SOAKING // 10 or 9, 3)
