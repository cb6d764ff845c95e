"""Hundreds of random steps with every test run, the same each time; `make soak` walks thousands, others each time."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, settings

from .histories import Histories

SOAKING = int(os.environ.get("SOAK_HISTORIES", "0"))


@pytest.mark.timeout(0 if SOAKING else 180)
class TestHistories(Histories.TestCase):
    """Every step is followed by the runs that settle it, and by what must hold."""

    settings = settings(
        max_examples=SOAKING or 25,
        stateful_step_count=8,
        deadline=None,
        derandomize=not SOAKING,
        database=None,
        phases=[Phase.generate, Phase.shrink] if SOAKING else [Phase.generate],
        suppress_health_check=list(HealthCheck),
        print_blob=bool(SOAKING),
    )
