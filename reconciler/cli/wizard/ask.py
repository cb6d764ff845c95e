"""Questions on a terminal. A wrong answer is asked again with the reason; Ctrl-C and the end of input stop the command.

Everything goes to stderr, as talk does: what a command gives is a file or its stdout.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import click

T = TypeVar("T")


class Refused(ValueError):
    """Why an answer cannot be taken, as a sentence."""


def tell(text: str = "", *, strong: bool = False) -> None:
    """Lines between the questions."""
    plain = not strong or bool(os.environ.get("NO_COLOR"))
    click.echo(text if plain else click.style(text, bold=True), err=True)


def ask(question: str, take: Callable[[str], T], default: str | None = None) -> T:
    """An answer that `take` accepts; it raises Refused for the others. An empty one is the default."""

    def proved(answer: str) -> T:
        try:
            return take(answer.strip())
        except Refused as why:
            raise click.UsageError(str(why)) from why

    shown = bool(default)
    answer: T = click.prompt(question, default=default, show_default=shown, value_proc=proved, err=True)
    return answer


def ask_yes(question: str, default: bool) -> bool:
    """Yes or no."""
    return click.confirm(question, default=default, err=True)


def ask_word(question: str, words: Mapping[str, str], default: str) -> str:
    """One of the words, or its first letters where they fit no other; `words` say what each means."""
    columns = max(map(len, words))
    for word, meaning in words.items():
        tell(f"  {word:<{columns}}  {meaning}")

    def take(answer: str) -> str:
        found = [word for word in words if word.startswith(answer.lower())]
        if answer.lower() in words:
            return answer.lower()
        if len(found) != 1:
            raise Refused(f"{answer!r} is none of these; write {' or '.join(words)}")
        return found[0]

    return ask(f"{question} ({' | '.join(words)})", take, default)


def numbers_in(answer: str, highest: int) -> list[int]:
    """`1 3-5, 7` as numbers from 1 to the highest, each once. Refused for anything else."""
    found: dict[int, None] = {}
    for word in re.split(r"[\s,]+", answer.strip()):
        match = re.fullmatch(r"([0-9]{1,5})(?:-([0-9]{1,5}))?", word)
        if match is None:
            raise Refused(f"{word!r} is no number; write numbers from the list, such as 1 3-5")
        first, last = int(match[1]), int(match[2] or match[1])
        if not 1 <= first <= last <= highest:
            raise Refused(f"{word} is not in the list, which goes from 1 to {highest}")
        found |= dict.fromkeys(range(first, last + 1))
    return list(found)


def numbered(rows: Sequence[Sequence[str]]) -> None:
    """A table whose rows are numbered from 1."""
    from reconciler.render.choices import table

    rows_shown = [(f"{number:>4}", *row) for number, row in enumerate(rows, 1)]
    tell(table(rows_shown).rstrip("\n"))
