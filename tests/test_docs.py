"""What the documents name exists: commands, and keys of the file."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from reconciler.cli.main import COMMANDS

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SCHEMA = json.loads((ROOT / "schema" / "mappings.schema.json").read_text(encoding="utf-8"))
SPAN = re.compile(r"`([^`\n]+)`")


def keys_of_the_file() -> set[str]:
    """Every key of the schema, alone and with the section before it."""
    found: set[str] = set()
    for section in (*SCHEMA["$defs"].values(), SCHEMA):
        found |= set(section.get("properties", ()))
    for name, said in SCHEMA["properties"].items():
        reference = json.dumps(said)
        for definition, section in SCHEMA["$defs"].items():
            if f'#/$defs/{definition}"' in reference:
                found |= {f"{name}.{key}" for key in section.get("properties", ())}
    return found


KEYS = keys_of_the_file()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_named_exists(page: Path) -> None:
    spans = " | ".join(SPAN.findall(page.read_text(encoding="utf-8")))
    named = set(re.findall(r"\breconciler ([a-z]+)", spans))
    assert named - set(COMMANDS) == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_key_named_with_its_section_exists(page: Path) -> None:
    sections = set(SCHEMA["properties"])
    named = {
        word
        for span in SPAN.findall(page.read_text(encoding="utf-8"))
        for word in re.findall(r"^([a-z_]+\.[a-z_]+)(?=$|:| )", span)
        if word.partition(".")[0] in sections and not word.endswith((".yaml", ".md", ".json"))
    }
    assert named - KEYS == set()


def test_the_comparison_names_every_choice_a_mapping_and_the_settings_have() -> None:
    text = (ROOT / "docs" / "compared-with-adsync.md").read_text(encoding="utf-8")
    words = set(re.findall(r"[a-z_]+", " ".join(SPAN.findall(text))))
    mapping = set(SCHEMA["$defs"]["Mapping"]["properties"]) - {"name", "allow_empty"}
    settings = set(SCHEMA["$defs"]["Settings"]["properties"])
    assert (mapping | settings) - words == set()


def test_the_page_of_rules_has_every_number_that_is_ever_shown() -> None:
    page = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    tables = ("model/rules.py", "render/rule_numbers.py", "planning/explain/why.py")
    shown = {
        number
        for table in tables
        for number in re.findall(r'"([DR]\d+|§\d)"', (ROOT / "reconciler" / table).read_text(encoding="utf-8"))
    }
    assert len(shown) > 30
    assert {number for number in shown if not re.search(rf"{number}\b", page)} == set()
