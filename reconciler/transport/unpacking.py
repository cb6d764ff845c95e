"""Unpacking an answer's body, without trust in its size or its end."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from reconciler.transport.answers import TransportError


class Gunzip:
    """gzip, one or several members, at most 1 MiB at a time, and able to tell whether the end was seen."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(31)
        self.whole = True

    def feed(self, raw: bytes) -> Iterator[bytes]:
        while raw:
            if self._member.eof:
                self._member = zlib.decompressobj(31)
            self.whole = False
            try:
                piece = self._member.decompress(raw, 1 << 20)
            except zlib.error as error:
                raise TransportError("the answer is damaged: it cannot be unpacked", sent=True) from error
            self.whole = self._member.eof
            raw = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
            yield piece
