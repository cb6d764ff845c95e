"""What every test has."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

# Machines are busy: how long an example takes says nothing of the code.
settings.register_profile("here", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("here")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="write tests/golden anew; read the difference in review"
    )
