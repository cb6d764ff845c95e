"""Canonical JSON and its SHA-256: RFC 8785 over NFC text, the base of every digest (product.md §4).

Only strings, integers, booleans, None, lists and dicts with ASCII keys come here, for which `json.dumps` with sorted
keys and no blanks is RFC 8785 (Python escapes exactly the characters the RFC does).
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from typing import Any


def canonical_json(value: Any) -> bytes:
    """RFC 8785 bytes of a value, its strings in NFC."""
    text = json.dumps(_nfc(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8", "surrogatepass")


def digest_of(value: Any) -> str:
    """64 hex digits: SHA-256 of `canonical_json`."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def _nfc(value: Any) -> Any:
    if isinstance(value, str):
        return value if value.isascii() else unicodedata.normalize("NFC", value)
    if isinstance(value, dict):
        return {key: _nfc(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_nfc(item) for item in value]
    return value
