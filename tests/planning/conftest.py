"""The world every case starts from: one mapping, `field`, with its two groups."""

from __future__ import annotations

import pytest

from .world import World


@pytest.fixture
def world() -> World:
    return World().mapping("field")
