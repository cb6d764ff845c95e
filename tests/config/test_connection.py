"""Tenant, cloud, region and account out of a file that may still be a draft."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.config.connection import Connection, load_draft
from reconciler.errors import InputError


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("{}", Connection()),
        ("mappings: nonsense", Connection()),
        ("entra: {cloud: china}\nmappings:\n  - rescue_group: A", Connection(cloud="china")),
        (
            "entra: {tenant_id: contoso.example}\n"
            "rescue: {account_id: 7, region: eu, owner: AB, requests_per_second: 1}",
            Connection("contoso.example", "global", "eu", 7, "ab", 1),
        ),
    ],
)
def test_what_it_says(tmp_path: Path, text: str, wanted: Connection) -> None:
    (tmp_path / "f").write_text(text)
    assert load_draft(str(tmp_path / "f")).connection == wanted


@pytest.mark.parametrize(
    "text", ["", "- a", "a: [", "entra: {cloud: mars}", "rescue: {region: asia}", "rescue: 7", "entra:"]
)
def test_what_cannot_be_used_is_told_as_validate_would(tmp_path: Path, text: str) -> None:
    (tmp_path / "f").write_text(text)
    with pytest.raises(InputError) as refused:
        load_draft(str(tmp_path / "f"))
    assert refused.value.problems


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        load_draft(str(tmp_path / "f"))
