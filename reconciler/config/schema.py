"""The JSON Schemas (draft 2020-12) in `schema/`, made from the pydantic models; a test keeps the files equal to them.

They are written for people in an editor: what pydantic adds for machines (titles made from field names, defaults of
whole sections, "or null" for keys that may simply be left out) is taken away again.
"""

from __future__ import annotations

import json
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

from reconciler.model.file import NULLABLE, MappingsFile

DRAFT = "https://json-schema.org/draft/2020-12/schema"


@lru_cache(maxsize=1)
def mappings_schema() -> dict[str, Any]:
    """The schema of `mappings.yaml`. Shared: not to be changed by its readers."""
    return _headed("mappings", "mappings.yaml", MappingsFile.model_json_schema(), NULLABLE)


def _headed(name: str, title: str, schema: dict[str, Any], nullable: frozenset[str] | None) -> dict[str, Any]:
    head = {"$schema": DRAFT, "$id": f"urn:rescue-reconciler:schema:{name}", "title": title}
    body: dict[str, Any] = _trimmed(schema, nullable)
    return head | body


def _trimmed(node: Any, nullable: frozenset[str] | None) -> Any:
    """The schema without pydantic's noise. `nullable` None keeps null wherever a model allows it."""
    if isinstance(node, list):
        return [_trimmed(item, nullable) for item in node]
    if not isinstance(node, dict):
        return node
    found: dict[str, Any] = {}
    for key, value in node.items():
        if key == "properties":
            found[key] = {
                name: _property(_trimmed(item, nullable), nullable is not None and name not in nullable)
                for name, item in value.items()
            }
        elif key == "$defs":
            found[key] = {name: _trimmed(item, nullable) for name, item in value.items()}
        elif not _is_noise(key, value, node):
            found[key] = _trimmed(value, nullable)
    return found


def _is_noise(key: str, value: Any, node: dict[str, Any]) -> bool:
    if key == "default":
        return value is None or isinstance(value, dict)
    return key == "title" or (key in ("minimum", "maximum") and "const" in node)


def _property(schema: dict[str, Any], without_null: bool) -> dict[str, Any]:
    branches = schema.get("anyOf")
    if not without_null or not branches:
        return schema
    kept = [branch for branch in branches if branch != {"type": "null"}]
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    return {**kept[0], **rest} if len(kept) == 1 else {"anyOf": kept, **rest}


def schema_files() -> dict[str, dict[str, Any]]:
    """Name of each file in `schema/` -> its content."""
    from reconciler.model.plan import Outcomes, Plan

    return {
        "mappings.schema.json": mappings_schema(),
        "plan.schema.json": _headed("plan", "plan.json", Plan.model_json_schema(mode="serialization"), None),
        "outcomes.schema.json": _headed(
            "outcomes", "outcomes.json", Outcomes.model_json_schema(mode="serialization"), None
        ),
    }


def schema_text(schema: dict[str, Any]) -> str:
    """The schema as it stands in its file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def write_schemas(folder: Path) -> None:
    """Writes every schema into the folder, which is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, schema in schema_files().items():
        (folder / name).write_text(schema_text(schema), encoding="utf-8")


if __name__ == "__main__":
    write_schemas(Path(sys.argv[1]))
