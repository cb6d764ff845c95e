"""What every test has."""

from __future__ import annotations

import signal

import pytest
from hypothesis import HealthCheck, settings

# Machines are busy: how long an example takes says nothing of the code.
settings.register_profile("here", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("here")

# A shell that starts the tests in the background has Ctrl-C ignored in all that they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="write tests/golden anew; read the difference in review"
    )
