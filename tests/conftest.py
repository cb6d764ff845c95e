"""What every test has."""

from __future__ import annotations

import os
import signal

import pytest
from hypothesis import HealthCheck, settings

# Machines are busy: how long an example takes says nothing of the code. What is drawn is the same each time, so that
# nobody's change fails for what it has not done; `make soak` draws anew.
settings.register_profile(
    "here", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize="SOAK_HISTORIES" not in os.environ
)
settings.load_profile("here")

# A shell that starts the tests in the background has Ctrl-C ignored in all that they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="write tests/golden anew; read the difference in review"
    )
