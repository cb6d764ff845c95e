"""How text from two systems is made comparable, in one place (D20).

Logins are trimmed, NFC and casefolded; names are NFC with white space collapsed; SSO IDs are exact and have no function
here. Sorting is NFC, casefolded, by code point, path by path segment (product.md §4).
"""

from __future__ import annotations

import re
import unicodedata

_SPACE = re.compile(r"\s+")
# Control characters break the line protocol; "<" and "&#" are refused by ASP.NET request validation with an HTML page
# (rescue-api.md §7.8). Lone surrogates cannot be encoded at all; U+2028/9 are line breaks to some readers.
_UNSENDABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff<]|&#")
_SURROGATE = re.compile("[\ud800-\udfff]")


def normal_text(text: str) -> str:
    """NFC, trimmed, inner white space collapsed to single blanks."""
    if text.isascii():
        return " ".join(text.split())
    return _SPACE.sub(" ", unicodedata.normalize("NFC", text)).strip()


def normal_login(login: str) -> str:
    """The key a login is compared and looked up by: `normal_text`, casefolded, and NFC again."""
    if login.isascii():
        text = " ".join(login.split())
        return text if text.islower() else text.lower()  # most are, and then no second text is held
    return unicodedata.normalize("NFC", normal_text(login).casefold())


def is_plain(text: str) -> bool:
    """True for what most text is: not empty, its own `normal_text`, and fit to be sent as it is.

    White space other than a blank, control characters and lone surrogates are not printable.
    """
    return (
        text.isprintable()
        and text != ""
        and text[0] != " "
        and text[-1] != " "
        and "  " not in text
        and "<" not in text
        and "&#" not in text
        and (text.isascii() or unicodedata.is_normalized("NFC", text))
    )


def is_bad_name(name: str) -> bool:
    """True for a name that must not be sent to Rescue: empty, control characters, `<` or `&#` (D20)."""
    return not name.strip() or is_unsendable(name)


def is_unsendable(text: str) -> bool:
    """True for text with control characters, lone surrogates, `<` or `&#`."""
    if text.isascii() and text.isprintable():
        return "<" in text or "&#" in text
    return _UNSENDABLE.search(text) is not None


def encodable(text: str) -> str:
    """The text with lone surrogates replaced, so that any output can hold it."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def sort_key(text: str) -> str:
    """Sort key of one name or login."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def path_sort_key(path: str) -> tuple[str, ...]:
    """Sort key of a path as shown in plans, segment by segment."""
    return tuple(sort_key(segment) for segment in path.split("/"))
