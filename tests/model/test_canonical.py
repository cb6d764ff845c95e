"""RFC 8785 over NFC text, against the RFC's own words and Python's JSON."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.canonical import canonical_json, digest_of


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": None, "a": [True, False, 10]}, b'{"a":[true,false,10],"b":null}'),
        ('\u20ac$\u000f\nA\'B"\\\\"/', b'"\xe2\x82\xac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'),  # RFC 8785 §3.2.2
        ("\b\t\f\r\x1f\x7f", b'"\\b\\t\\f\\r\\u001f\x7f"'),
        ("e\u0301", b'"\xc3\xa9"'),
        (("a", "b"), b'["a","b"]'),
    ],
)
def test_bytes(value: Any, text: bytes) -> None:
    assert canonical_json(value) == text


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from("abcd"), inner),
)


@given(plain)
def test_forms_of_one_value_have_one_digest(value: Any) -> None:
    decomposed = json.loads(unicodedata.normalize("NFD", json.dumps(value, ensure_ascii=False)))
    assert digest_of(decomposed) == digest_of(value) == hashlib.sha256(canonical_json(value)).hexdigest()
    assert digest_of(json.loads(canonical_json(value))) == digest_of(value)
