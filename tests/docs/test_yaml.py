"""YAML in the documents can be pasted: a whole file is valid, a part of one is valid within a small file."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from reconciler.config.load import parse_mappings

from .markdown import FENCES, ROOT, Fence

SCHEMA = json.loads((ROOT / "schema" / "mappings.schema.json").read_text(encoding="utf-8"))
OURS = set(SCHEMA["properties"])
SMALL: dict[str, Any] = {
    "version": 1,
    "entra": {"tenant_id": "8d2f4c1e-0000-4000-8000-2b7f3d9a1c55"},
    "rescue": {"account_id": 1234567},
    "mappings": [
        {
            "name": "helpdesk-emea",
            "entra_group": "6a1d0c7e-0000-4000-8000-9f4e2b8d7c10",
            "rescue_group": "EMEA/Helpdesk",
            "upn_as_sso_id": True,
        }
    ],
}
BLOCKS = [fence for fence in FENCES if fence.language == "yaml"]


def of_ours(fence: Fence) -> bool:
    said = yaml.safe_load(fence.text)
    return isinstance(said, dict) and bool(said.keys() & OURS)


@pytest.mark.parametrize("fence", BLOCKS, ids=str)
def test_it_is_yaml_of_a_kind_that_is_known(fence: Fence) -> None:
    said = yaml.safe_load(fence.text)
    is_workflow = isinstance(said, dict) and "jobs" in said
    assert of_ours(fence) or is_workflow, f"{fence}: neither a part of the file nor of a workflow"


@pytest.mark.parametrize("fence", [fence for fence in BLOCKS if of_ours(fence)], ids=str)
def test_a_part_of_the_file_is_valid(fence: Fence) -> None:
    text = fence.text
    said = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - as text, to see the keys alone
    if not said.keys() >= {"version", "rescue", "mappings"}:
        rest = {key: value for key, value in SMALL.items() if key not in said}
        text += "\n" + yaml.safe_dump(rest, sort_keys=False)
    parse_mappings(str(fence), text.encode(), tenant_id=None)
