"""The note in a node's Description that links it to an Entra object (D3): the only memory this stateless tool has.

    person   [entra:OWNER:UUID@MMMMMMMM#PPPPPPPP]      then, before the bracket closes, +m -m or ~m, and !off
    group    [entra-group:OWNER:UUID@MMMMMMMM]

Found anywhere in the text, in any case; everything around it stays byte for byte.
"""

from __future__ import annotations

import hashlib
import re
from enum import StrEnum
from sys import intern
from typing import NamedTuple

NO_PRINT = "00000000"
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_PERSON = re.compile(
    rf"\[entra:([^\s:\[\]]+):({_UUID})@([0-9a-f]{{8}})#([0-9a-f]{{8}})([+~-]m)?(!off)?\]", re.IGNORECASE
)
# As this tool writes them, in lower case. Of a text with one bracket this finds all there is, three times as fast.
_WRITTEN = re.compile(rf"\[entra:([0-9a-z._-]+):({_UUID})@([0-9a-f]{{8}})#([0-9a-f]{{8}})([+~-]m)?(!off)?\]")


class Licence(StrEnum):
    """What the marker says of the mobile licence; only where it is managed."""

    GIVEN = "+m"
    NOT_GIVEN = "-m"
    REFUSED = "~m"


_GROUP = re.compile(rf"\[entra-group:([^\s:\[\]]+):({_UUID})@([0-9a-f]{{8}})\]", re.IGNORECASE)


class GroupMarker(NamedTuple):
    """The marker of a group we created, in lower case. `entra_id` is the Entra group it stands for."""

    owner: str
    entra_id: str
    mapping: str

    def __str__(self) -> str:
        return f"[entra-group:{self.owner}:{self.entra_id}@{self.mapping}]"


class Marker(NamedTuple):
    """One person's marker, in lower case. `licence` None where licences are not managed; `off`: disabled by us."""

    owner: str
    entra_id: str
    mapping: str
    print: str
    licence: Licence | None = None
    off: bool = False

    def __str__(self) -> str:
        tail = (self.licence or "") + ("!off" if self.off else "")
        return f"[entra:{self.owner}:{self.entra_id}@{self.mapping}#{self.print}{tail}]"


class MarkersDiffer(ValueError):
    """Two different markers in one text (`marker_bad`)."""


def print_of(sso_id: str | None) -> str:
    """First 8 hex digits of SHA-256 of the UTF-8 SSO ID; `00000000` where SSO IDs are not managed (None)."""
    if sso_id is None:
        return NO_PRINT
    return hashlib.sha256(sso_id.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def find_markers(text: str) -> frozenset[Marker]:
    """Every marker in a Description, whoever owns it. Equal ones count once."""
    if "[" not in text:
        return frozenset()
    written = written_marker(text)
    if written is not None:
        return frozenset((written,))
    return frozenset(_marker(match) for match in _PERSON.finditer(text))


def written_marker(text: str) -> Marker | None:
    """The only marker of a text, where it stands there as this tool writes it and no other bracket does.

    None says nothing: `find_markers` tells. A million Descriptions are read, and nearly all are so.
    """
    found = _WRITTEN.search(text) if text.count("[") == 1 else None
    if found is None:
        return None
    owner, entra_id, mapping, print_, licence, off = found.groups()
    return Marker(
        intern(owner),
        entra_id,
        intern(mapping),
        NO_PRINT if print_ == NO_PRINT else print_,
        Licence(licence) if licence else None,
        off is not None,
    )


def find_marker(text: str) -> Marker | None:
    """The marker in a Description, or None.

    Raises MarkersDiffer when the text holds two that differ, whoever owns them.
    """
    found = find_markers(text)
    if len(found) > 1:
        raise MarkersDiffer(" and ".join(sorted(map(str, found))))
    return next(iter(found), None)


def find_group_markers(text: str) -> frozenset[GroupMarker]:
    """Every group marker in a Description, whoever owns it. Equal ones count once."""
    if "[" not in text:
        return frozenset()
    return frozenset(GroupMarker(*(part.lower() for part in match.groups())) for match in _GROUP.finditer(text))


def with_marker(text: str, marker: Marker) -> str:
    """The Description with this marker: replaced in place, or put at the end after one space if there is other text.

    Every occurrence of a repeated marker is replaced, so that the text never holds two that differ.
    """
    if _PERSON.search(text):
        return _PERSON.sub(lambda _: str(marker), text)
    if not text:
        return str(marker)
    return f"{text}{'' if text.endswith(' ') else ' '}{marker}"


def without_marker(text: str) -> str:
    """The text around the marker, as a human wrote it: what a write must never lose (D15)."""
    return _PERSON.sub("", text)


def _marker(match: re.Match[str]) -> Marker:
    owner, entra_id, mapping, print_, licence, off = match.groups()
    return Marker(
        owner.lower(),
        entra_id.lower(),
        mapping.lower(),
        print_.lower(),
        Licence(licence.lower()) if licence else None,
        off is not None,
    )
