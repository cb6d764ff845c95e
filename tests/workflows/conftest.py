"""A small company, and its repository with one accepted file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.end_to_end.world import entra, mappings, scenario, technician, upn

from .yard import Yard, yard

PEOPLE = {key: entra(key) for key in "ada bo cy dot eve fay".split()}
FILE = mappings({"desk": "Desk"}, sso=True)
WIDER = mappings({"desk": "Desk", "field": "Field"}, sso=True)
"""Maps one more group; the people who sit there already are adopted, and `fay` is new."""


@pytest.fixture
def company() -> Iterator[Yard]:
    text = scenario(
        PEOPLE,
        {"desk": ["ada", "bo", "cy"], "field": ["dot", "fay"]},
        {
            "Desk": [technician(key, "desk", sso=upn(key)) for key in ("ada", "bo", "cy")],
            "Field": [technician("dot", None)],
        },
    )
    with yard(text) as made:
        made.repo.commit({"mappings.yaml": FILE})
        yield made
