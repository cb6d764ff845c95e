"""Several requests of one batch under way at a time, their answers as they come."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from queue import SimpleQueue
from typing import NamedTuple

from reconciler.source.graph_batch import LARGEST, BatchAnswer, BatchItem
from reconciler.source.width import Width

Ask = Callable[[Sequence[BatchItem]], dict[str, BatchAnswer]]


class _Chunk(NamedTuple):
    """What one request brought, and how long it took."""

    answers: dict[str, BatchAnswer]
    seconds: float

    @property
    def throttled(self) -> bool:
        return any(answer.status == 429 for answer in self.answers.values())


_Answered = SimpleQueue[tuple[int, "_Chunk | BaseException"]]


def ask_abreast(
    items: Sequence[BatchItem], ask: Ask, width: Width, clock: Callable[[], float]
) -> Iterator[tuple[str, BatchAnswer]]:
    """Every item's answer, by key; twenty items a request, each in a thread, as many at a time as `width` says.

    What `ask` raises is raised here, once those on their way have ended: none goes on behind a caller that closes the
    channel. Only a signal waits for nobody: the threads do nothing but read, and end with the process.
    """
    chunks = [items[start : start + LARGEST] for start in range(0, len(items), LARGEST)]
    chunks.reverse()
    answered: _Answered = SimpleQueue()
    under_way = 0
    try:
        while chunks or under_way:
            while chunks and under_way < width.now:
                work = (chunks.pop(), width.begin(), ask, clock, answered)
                threading.Thread(target=_work, args=work, name="graph", daemon=True).start()
                under_way += 1
            number, chunk = answered.get()
            under_way -= 1
            if isinstance(chunk, BaseException):
                raise chunk
            if len(chunk.answers) == LARGEST:  # a shorter one says nothing of how long a full one takes
                width.answered(number, chunk.seconds, throttled=chunk.throttled)
            yield from chunk.answers.items()
    except KeyboardInterrupt:
        under_way = 0
        raise
    finally:
        for _ in range(under_way):
            answered.get()


def _work(items: Sequence[BatchItem], number: int, ask: Ask, clock: Callable[[], float], answered: _Answered) -> None:
    begun = clock()
    try:
        answers = ask(items)
    except BaseException as trouble:
        answered.put((number, trouble))
    else:
        answered.put((number, _Chunk(answers, clock() - begun)))
