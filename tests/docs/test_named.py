"""What the documents name exists, and what exists is named: keys, findings, guards, outcomes, rules, variables."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from types import ModuleType

import pytest

from docs.make import commands_page, file_page
from reconciler.model.file import Guards
from reconciler.model.plan import ERROR_CODES, VERBS, WARNING_CODES
from reconciler.render.text import OUTCOME_SIGNS
from reconciler.render.words import SIGNS

from .markdown import FENCES, READ, ROOT, Page

SCHEMA = json.loads((ROOT / "schema" / "mappings.schema.json").read_text(encoding="utf-8"))
PAGES = [pytest.param(page, id=str(path.relative_to(ROOT))) for path, page in READ.items()]
_FILES = (".yaml", ".yml", ".md", ".json", ".html", ".xlsx", ".py")


def page_of(name: str) -> Page:
    return READ[ROOT / "docs" / name]


def keys_of_the_file() -> set[str]:
    """Every key of the schema with the section before it."""
    found: set[str] = set()
    for name, said in SCHEMA["properties"].items():
        reference = json.dumps(said)
        for definition, section in SCHEMA["$defs"].items():
            if f'#/$defs/{definition}"' in reference:
                found |= {f"{name}.{key}" for key in section.get("properties", ())}
    return found


KEYS = keys_of_the_file()


@pytest.mark.parametrize("page", PAGES)
def test_every_key_named_with_its_section_exists(page: Page) -> None:
    sections = set(SCHEMA["properties"])
    named = {
        word
        for span in page.spans
        for word in re.findall(r"^([a-z_]+\.[a-z_]+)(?=$|:| )", span)
        if word.partition(".")[0] in sections and not word.endswith(_FILES)
    }
    assert named - KEYS == set()


@pytest.mark.parametrize("page", PAGES)
def test_every_key_named_with_a_value_exists_and_may_have_it(page: Page) -> None:
    """`nested: mirror`, `settings.reenable: always`."""
    choices: dict[str, list[object]] = {}
    for section in (SCHEMA, *SCHEMA["$defs"].values()):
        for key, said in section.get("properties", {}).items():
            choices.setdefault(key, []).append(said)
    for span in page.spans:
        found = re.fullmatch(r"(?:[a-z]+\.)?([a-z_]+): ([a-z0-9_]+)", span)
        if not found or found[1] not in choices:
            continue
        words = {word for said in choices[found[1]] for word in re.findall(r'"enum": \[([^\]]*)\]', json.dumps(said))}
        allowed = set(re.findall(r'"(\w+)"', " ".join(words)))
        if allowed:
            assert found[2] in allowed, f"{page.path.name}: {span}"


@pytest.mark.parametrize("made", [file_page, commands_page], ids=["file", "commands"])
def test_a_page_made_by_a_program_is_what_it_makes(made: ModuleType) -> None:
    assert made.PAGE.read_text(encoding="utf-8") == made.render_page(), "run `make schema`"


def test_the_page_of_the_file_has_every_key() -> None:
    named = set(page_of("file.md").spans)
    keys = {key for section in SCHEMA["$defs"].values() for key in section.get("properties", ())}
    assert keys - named == set()


def test_reading_a_plan_tells_of_every_finding_with_its_severity() -> None:
    rows = [row for table in page_of("reading-a-plan.md").tables for row in table if row[1:2] in (["`!`"], ["`i`"])]
    told = {row[0].strip("`"): row[1].strip("`") for row in rows}
    assert told == dict.fromkeys(ERROR_CODES, "!") | dict.fromkeys(WARNING_CODES, "i")
    assert all(len(row) == 4 and row[2] and row[3] for row in rows)


def test_reading_a_plan_tells_of_every_verb_with_its_sign() -> None:
    rows = {(row[0].strip("`"), row[1].strip("`")) for table in page_of("reading-a-plan.md").tables for row in table}
    assert {(SIGNS[verb], verb.replace("_", " ")) for verb in VERBS} - rows == set()


def test_every_outcome_is_told_with_its_sign() -> None:
    rows = {
        row[0].strip("`"): row[1].strip("`") for table in page_of("when-it-stops-half-way.md").tables for row in table
    }
    assert {result: rows.get(result) for result in OUTCOME_SIGNS} == OUTCOME_SIGNS


def test_every_guard_is_told_with_its_default() -> None:
    rows = {
        row[0].strip("`"): row[1].strip("`") for table in page_of("when-a-guard-refuses.md").tables for row in table
    }
    limits = {
        name: str(said.default)
        for name, said in Guards.model_fields.items()
        if name not in ("small_team", "on_violation")
    }
    assert {name: rows.get(name) for name in limits} == limits


@pytest.mark.parametrize("page", PAGES)
def test_every_finding_named_exists(page: Page) -> None:
    """Those of two words: single words are English as well."""
    known = {code for code in ERROR_CODES | WARNING_CODES if "_" in code}
    text = " ".join(page.spans)
    alike = set(re.findall(r"\b(?:group|marker|bad|duplicate|no|blocked|adopt|leaver|kept|half)_[a-z_]+", text))
    keys = {key for section in SCHEMA["$defs"].values() for key in section.get("properties", ())}
    assert alike - known - keys == set()


def test_the_comparison_names_every_choice_a_mapping_and_the_settings_have() -> None:
    text = " ".join(page_of("compared-with-adsync.md").spans)
    words = set(re.findall(r"[a-z_]+", text))
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


@pytest.mark.parametrize("page", PAGES)
def test_every_variable_named_is_read_somewhere(page: Page) -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in sources())
    said = " ".join(page.spans) + " ".join(fence.text for fence in FENCES if fence.page == page.path)
    named = set(re.findall(r"\b(?:RESCUE|AZURE|GRAPH|GITHUB)_[A-Z_]*[A-Z]\b", said))
    assert {name for name in named if name not in code} == set()


@pytest.mark.parametrize("page", ["pull-request.md", "start.md"])
def test_a_message_in_a_table_of_messages_is_one_that_is_given(page: str) -> None:
    """The first column of tables whose head says so; `…` stands for a value."""
    heads = ("| message |", "| it says |")
    said = READ[ROOT / "docs" / page].prose.splitlines()
    starts = [number for number, line in enumerate(said) if line.startswith(heads)]
    assert starts
    rows = [
        row for start in starts for row in itertools.takewhile(lambda line: line.startswith("|"), said[start + 2 :])
    ]
    code = re.sub(r'"\s*f?"', "", " ".join(path.read_text(encoding="utf-8") for path in sources()))
    code = re.sub(r"\s+", " ", code)
    for row in rows:
        (message,) = re.findall(r"^\| `([^`]+)`", row)
        for part in message.split("…"):
            assert part.strip(" ,") in code, message


def test_every_variable_that_is_read_is_told_of() -> None:
    ours = [path for path in sorted((ROOT / "reconciler").rglob("*.py")) if "sandbox" not in path.parts]
    name = r'"((?:[A-Z]+_)+(?:[A-Z]+))"'
    read = {found for path in ours for found in re.findall(name, path.read_text(encoding="utf-8"))}
    read = {
        found
        for found in read
        if re.match(r"(RESCUE|AZURE|GRAPH|GITHUB|GH|ACTIONS|MSI|IMDS|IDENTITY|SSL|REQUESTS|CURL|NO)_", found)
    }
    assert len(read) > 30
    assert read - set(page_of("credentials.md").spans) == set()


def sources() -> list[Path]:
    parts = [ROOT / "reconciler", ROOT / "deploy", ROOT / ".github", ROOT / "action.yml"]
    return [
        path
        for part in parts
        for path in ([part] if part.is_file() else sorted(part.rglob("*")))
        if path.suffix in (".py", ".yml", ".yaml", ".service")
    ]
