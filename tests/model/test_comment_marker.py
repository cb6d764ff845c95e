"""The first line of our texts on GitHub, written and read again."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.model.comment_marker import make_comment_marker, read_comment_marker


def test_it_is_a_line_that_github_hides() -> None:
    made = make_comment_marker("plan", "mappings.yaml", commit="4c1f09e", digest="9f31c2a07b44")
    assert made == (
        '<!-- rescue-reconciler {"kind":"plan","file":"mappings.yaml","commit":"4c1f09e","digest":"9f31c2a07b44"} -->'
    )


@example("a --> b")
@example("<!-- & --!>")
@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_no_name_ends_it_and_it_is_read_back(file: str) -> None:
    made = make_comment_marker("plan", file)
    assert made.isascii()
    assert made.index("-->") == len(made) - 3
    assert "\n" not in made
    assert read_comment_marker(f"{made}\nrest") == {"kind": "plan", "file": file}
    assert read_comment_marker(f"{made}\r\nrest") == read_comment_marker(made)
    assert read_comment_marker(f" {made}\n") is None
    assert read_comment_marker(f"{made} x\n") is None


@pytest.mark.parametrize(
    "said", ['{"kind":}', '"plan"', "[]", "{" * 50_000, '{"kind":1}', '{"kind":"plan","more":{}}', "nonsense", ""]
)
def test_what_somebody_else_wrote_there_is_no_marker(said: str) -> None:
    assert read_comment_marker(f"<!-- rescue-reconciler {said} -->\nrest") is None
