"""The text of getUser, getGroup and getAccount -> values (rescue-api.md §3.2-3.4); pure, linear.

The wire of these answers was never seen (§1.3), so all of this is read alike: one field per line or all on one, LF or
CRLF, a blank after the colon or not, keys in any case, unknown keys behind the documented ones. Nothing is escaped, so
the documented order of the keys is the anchor: the fields before the last text end at the first next key, the last text
(Description; the account's Organization) ends at the *last* key that can follow it.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple

from reconciler.errors import TargetError
from reconciler.model.hierarchy import Details, GroupRecord


class Layout(NamedTuple):
    """Keys in the documented order: first the id; `texts` end with the free text; `rest` is the first of the others."""

    name: str
    id: str
    texts: tuple[str, ...]
    rest: str


USER = Layout("getUser", "NODEID", ("NAME", "NICK", "EMAIL", "SSOID", "DESCRIPTION"), "TYPE")
GROUP = Layout("getGroup", "NODEID", ("NAME", "DESCRIPTION"), "TYPE")
ACCOUNT = Layout("getAccount", "ACCOUNTID", ("ORGANIZATION",), "ADMINID")

_SINGLE_LINE = frozenset({"EMAIL", "SSOID"})
_KEY_LINE = re.compile(r"[A-Za-z]\w*:")
_INLINE_KEY = re.compile(r"(?:\A|\s)([A-Za-z]\w*):")


def parse_fields(payload: str, layout: Layout) -> dict[str, str]:
    """Every field by its key in upper case, unknown ones too, texts as sent; TargetError where the record is not whole.

    One blank after the colon is taken off where the id has one. A record is whole when all its documented keys up to
    the first of `rest` are there; which others a caller needs, it asks for.
    """
    text = payload.strip()
    first = re.match(rf"{layout.id}:( ?)(-?[0-9]{{1,18}})(?:[ \t]*(\r?\n)|(?=[ \t]))", text, re.IGNORECASE)
    if first is None:
        raise TargetError(f"the answer of {layout.name} does not begin with {layout.id}")
    blank, nl = first[1], first[3]
    gap = re.escape(nl) if nl else r"\s"
    at = first.end() - len(nl or "")
    fields = {layout.id: first[2]}
    keys = (*layout.texts, layout.rest)
    spans: list[tuple[str, int, int]] = []
    for key in keys:
        anchor = re.compile(rf"{gap}{key}:", re.IGNORECASE)
        found = _last(anchor, text, at) if key == layout.rest else anchor.search(text, at)
        if found is None or (not spans and text[at : found.start()].strip()):
            raise TargetError(f"the answer of {layout.name} for {layout.id} {first[2]} has no {key} in its place")
        spans.append((key, found.start(), found.end()))
        at = found.end()
    for (key, _, begin), (_, end, _) in pairwise(spans):
        value = text[begin:end].removeprefix(blank)
        if nl and key in _SINGLE_LINE and nl in value:
            value, _, more = value.partition(nl)
            others = _lines(more, nl, blank, layout)
            if not others.keys().isdisjoint({layout.id, *keys}):
                raise TargetError(f"the answer of {layout.name} for {layout.id} {first[2]} has a field twice")
            fields |= others
        fields[key] = value
    tail = text[spans[-1][1] :]
    more_fields = _lines(tail, nl, blank, layout) if nl else _inline(tail)
    return more_fields | fields


def parse_user(payload: str) -> Details:
    """One record of getUser, _v2 or _v3; `type` lower case; `rpat` None where the answer had no such key."""
    fields = parse_fields(payload, USER)
    return Details(
        id=int(fields["NODEID"]),
        name=fields["NAME"],
        nick=fields["NICK"],
        login=fields["EMAIL"],
        sso_id=fields["SSOID"],
        description=fields["DESCRIPTION"],
        type="".join(fields["TYPE"].split()).lower(),
        mobile=_flag(fields, "HASMOBILEADDON"),
        rpat=_flag(fields, "HASRPATADDON") if "HASRPATADDON" in fields else None,
        account_holder=_flag(fields, "ISACCOUNTHOLDER"),
        status=_word(fields, "STATUS"),
    )


def parse_group(payload: str) -> GroupRecord:
    """One record of getGroup or _v2; `type` lower case. Permission names are carried, whether anybody knows them.

    The limits are left out: what setGroup takes for them is not known (§4.6).
    """
    fields = parse_fields(payload, GROUP)
    return GroupRecord(
        id=int(fields["NODEID"]),
        name=fields["NAME"],
        description=fields["DESCRIPTION"],
        type="".join(fields["TYPE"].split()).lower(),
        permissions=_names(fields, "PERMISSIONS"),
        locked=_names(fields, "LOCKEDPERMISSIONS"),
        enabled=_flag(fields, "ISENABLED"),
    )


class Account(NamedTuple):
    """One answer of getAccount. The node ids are 0 where the caller has no such role."""

    account_id: int
    organization: str
    admin_node: int
    technician_node: int
    login: str


def parse_account(payload: str) -> Account:
    """The caller's account and nodes."""
    fields = parse_fields(payload, ACCOUNT)
    return Account(
        account_id=int(fields["ACCOUNTID"]),
        organization=fields["ORGANIZATION"],
        admin_node=_number(fields, "ADMINID"),
        technician_node=_number(fields, "TECHID"),
        login=_word(fields, "EMAIL"),
    )


def _last(anchor: re.Pattern[str], text: str, at: int) -> re.Match[str] | None:
    """The last place a key stands, so that the free text before it keeps whatever looks like one."""
    found = None
    for found in anchor.finditer(text, at):  # noqa: B007 - the last one is wanted
        pass
    return found


def _lines(text: str, nl: str, blank: str, layout: Layout) -> dict[str, str]:
    """Fields of one line each. Empty lines are passed over; a key twice, or a line that is none, is an error."""
    fields: dict[str, str] = {}
    for line in text.split(nl):
        if not line.strip():
            continue
        key, _, value = line.partition(":")
        if _KEY_LINE.match(line) is None or key.upper() in fields:
            raise TargetError(f"the answer of {layout.name} has a line that is no field of its own among its last ones")
        fields[key.upper()] = value.removeprefix(blank)
    return fields


def _inline(text: str) -> dict[str, str]:
    """Fields on one line: each value reaches to the next word with a colon; of a key twice the first counts."""
    found = list(_INLINE_KEY.finditer(text))
    ends = [match.start() for match in found[1:]] + [len(text)]
    fields: dict[str, str] = {}
    for match, end in zip(found, ends, strict=True):
        fields.setdefault(match[1].upper(), text[match.end() : end].strip())
    return fields


def _word(fields: dict[str, str], key: str) -> str:
    value = fields.get(key)
    if value is None:
        raise TargetError(f"an answer of Rescue has no {key}")
    return value.strip()


def _names(fields: dict[str, str], key: str) -> tuple[str, ...]:
    """A list parted by commas, which may end with one (§3.4)."""
    return tuple(name.strip() for name in _word(fields, key).split(",") if name.strip())


def _flag(fields: dict[str, str], key: str) -> bool:
    """`True` or `False` in any case (§7.5); anything else is no answer to go by."""
    word = _word(fields, key).lower()
    if word not in ("true", "false"):
        raise TargetError(f"an answer of Rescue has neither True nor False as its {key}")
    return word == "true"


def _number(fields: dict[str, str], key: str) -> int:
    word = _word(fields, key)
    if re.fullmatch("-?[0-9]{1,18}", word) is None:
        raise TargetError(f"an answer of Rescue has no number as its {key}")
    return int(word)
