"""The file before the edit (`--base`), and when it counts as empty: then all that is planned counts as the edit's.

That is never less than the edit does, so it is the safe side for whatever cannot be compared: a file that is not there,
that this version does not accept, or that is for another account or another tenant.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from reconciler.cli.talk import Talk
from reconciler.errors import InputError, UsageError
from reconciler.model.mappings import Mappings
from reconciler.model.words import Words


@dataclass(frozen=True, slots=True)
class Base:
    """`mappings` None: it counts as empty. `words`: what it says, likewise."""

    file: str
    mappings: Mappings | None
    words: Words

    def counted_as_empty(self, head: Mappings, talk: Talk, why: str) -> Base:
        """The same file, taken for an empty one; said loudly, for everything then counts as the edit's."""
        talk.warn(f"{self.file} counts as empty, so that everything below counts as done by the edit: {why}")
        return _empty(self.file, head)


def load_base(file: str, head: Mappings, talk: Talk) -> Base:
    """The file named by `--base`. Raises UsageError for what is there and cannot be read."""
    from reconciler.config.load import read_bytes

    if not file.strip():
        raise UsageError("--base names no file", advice="name the file before the edit; one that is missing is empty")
    if not os.path.lexists(file):
        return base_of(file, None, head, talk)
    return base_of(file, read_bytes(file), head, talk)


def base_of(name: str, data: bytes | None, head: Mappings, talk: Talk) -> Base:
    """The same from its bytes, None where there is no such file; `name` is what messages call it."""
    from reconciler.config.load import parse_mappings

    empty = _empty(name, head)
    if data is None:
        talk.say(f"there is no {name}: it counts as empty, and everything as done by the edit")
        return empty
    try:
        mappings = parse_mappings(name, data, tenant_id=os.environ.get("AZURE_TENANT_ID") or None)
    except InputError as invalid:
        return empty.counted_as_empty(head, talk, f"it is not valid:\n{invalid}")
    other = _elsewhere(mappings, head)
    if other:
        return empty.counted_as_empty(head, talk, f"it is for {other}")
    return Base(name, mappings, mappings.words)


def _empty(name: str, head: Mappings) -> Base:
    from reconciler.config.words import words_of_nothing

    return Base(name, None, words_of_nothing(head.words))


def _elsewhere(base: Mappings, head: Mappings) -> str:
    """What is not the same place; empty for files of one tenant and one account."""
    sides = (
        ("Rescue account", str(base.account_id), str(head.account_id)),
        ("tenant", (base.tenant_id or "").lower(), (head.tenant_id or "").lower()),
        ("cloud", base.cloud, head.cloud),
    )
    return ", ".join(
        f"{what} {was or 'that is not named'} and not {now or 'for that of the token'}"
        for what, was, now in sides
        if was != now
    )
