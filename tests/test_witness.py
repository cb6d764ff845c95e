"""What a channel's witness keeps: numbers and the other clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from reconciler.transport.witness import Witness


def said(ahead: float) -> str:
    """A Date by which we are so many seconds ahead."""
    return format_datetime(datetime.now(UTC) - timedelta(seconds=ahead), usegmt=True)


@pytest.mark.parametrize("ahead", [0.0, 400.0, -400.0])
def test_how_far_our_clock_is_ahead(ahead: float) -> None:
    witness = Witness()
    witness.note(200, {"date": said(ahead)}, 0.1)
    assert witness.ahead == pytest.approx(ahead, abs=3)


def test_the_latest_date_counts_and_one_without_changes_nothing() -> None:
    witness = Witness()
    witness.note(200, {"date": said(4000)}, 0.1)
    witness.note(200, {"date": said(5)}, 0.1)
    witness.note(200, {}, 0.1)
    assert witness.ahead == pytest.approx(5, abs=3)


@pytest.mark.parametrize("date", [None, "", "yesterday", "Fri, 99 Foo 2026 00:00:00 GMT"])
def test_no_date_says_nothing(date: str | None) -> None:
    witness = Witness()
    witness.note(200, {} if date is None else {"date": date}, 0.1)
    assert witness.ahead is None


def test_answers_and_refusals_are_counted() -> None:
    witness = Witness()
    for status in (200, 429, 429, 503):
        witness.note(status, {}, 0.25)
    assert (witness.answers, witness.throttled) == (4, 2)
    assert witness.seconds == [0.25] * 4
