"""Secrets made at run time: sessions, authcodes, access tokens, first passwords. Whoever writes lines is told of them.

Nobody logs one on purpose; but a bug's traceback may repeat what it met, and then the value is struck out like those of
the environment. They are never written anywhere to be hidden: GitHub's `add-mask` is for what is printed on purpose.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

_KEEPERS: list[Callable[[str], None]] = []


def keep_secret(value: str) -> str:
    """The value itself, once everybody who writes lines knows that it must not be in one."""
    for keeper in _KEEPERS:
        keeper(value)
    return value


@contextmanager
def keeping_secrets(keeper: Callable[[str], None]) -> Iterator[None]:
    """`keeper` is told of every secret made while the `with` lasts."""
    _KEEPERS.append(keeper)
    try:
        yield
    finally:
        _KEEPERS.remove(keeper)
