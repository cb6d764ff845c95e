"""Whether our clock and another one agree, as far as the `Date` of HTTP answers shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.model.checkup import Check, doubtful, failed, passed, unchecked

if TYPE_CHECKING:
    from reconciler.transport import Channel

_NOTED = 30
_TOO_FAR = 300
"""Seconds. Entra grants tokens five minutes, and a day of `until:` ends by our clock."""


def check_clock(name: str, channel: Channel, whose: str, why: str) -> Check:
    """Our clock against the latest answer on a channel, which is exact to a second and the time of an answer."""
    ahead = channel.witness.ahead
    if ahead is None:
        return unchecked(name, f"{whose} sent no date")
    off = round(abs(ahead))
    if off <= _NOTED:
        return passed(name, f"ours and that of {whose} agree")
    which = "ahead of" if ahead > 0 else "behind"
    message = f"ours is {off} s {which} that of {whose}"
    remedy = f"set this machine's clock (NTP): {why}, and `until:` ends by it"
    return doubtful(name, message, remedy) if off <= _TOO_FAR else failed(name, message, remedy)
