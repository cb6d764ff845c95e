"""Puts the parts of this package together from the environment."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from reconciler.target.base_url import base_url
from reconciler.target.credentials import credentials_from
from reconciler.target.rescue_client import RescueClient
from reconciler.target.rescue_reader import RescueReader
from reconciler.target.rescue_writer import RescueWriter
from reconciler.transport import Channel

log = logging.getLogger(__name__)

_LARGEST_TREE = 1 << 30
"""999 groups of 999 people are one answer: 200 MB, several times that where people have long texts beside the link."""


class Rescue(NamedTuple):
    """A reader and a writer over one channel, which whoever opened it closes."""

    reader: RescueReader
    writer: RescueWriter
    channel: Channel


def open_channel(
    environ: Mapping[str, str],
    region: str,
    requests_per_second: float | None,
    *,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Channel:
    """A channel to the account's region or RESCUE_BASE_URL, without credentials. UsageError. No call is made."""
    place = base_url(environ, region)
    if place.note:
        log.warning("%s", place.note)
    service = "LogMeIn Rescue (RESCUE_BASE_URL)"
    return Channel(
        place.url, service=service, pace=requests_per_second, max_body=_LARGEST_TREE, sleep=sleep, clock=clock
    )


def open_rescue(
    environ: Mapping[str, str],
    region: str,
    requests_per_second: float | None,
    *,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Rescue:
    """Reader and writer with the environment's credentials. CredentialsError, UsageError. No call is made yet."""
    credentials = credentials_from(environ, sleep=sleep)
    channel = open_channel(environ, region, requests_per_second, sleep=sleep, clock=clock)
    client = RescueClient(channel, credentials, sleep=sleep, clock=clock)
    return Rescue(RescueReader(client), RescueWriter(client), channel)
