"""Who may import whom, and which library has which door: the table of the layout, kept true over the syntax trees."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "reconciler"
FILES = sorted(ROOT.rglob("*.py"))

MAY_IMPORT = {
    "errors": set(),
    "minted": set(),
    "model": {"errors", "model"},
    "config": {"errors", "model", "config"},
    "planning": {"errors", "model", "planning"},
    "render": {"errors", "model", "render"},
    "transport": {"errors", "transport"},
    "source": {"errors", "model", "minted", "transport", "source"},
    "target": {"errors", "model", "minted", "transport", "target"},
    "github": {"errors", "model", "transport", "github"},
    "apply": {"errors", "model", "apply"},
    "sandbox": {"errors", "sandbox"},
}
DOORS = {
    "click": {"cli"},
    "rich": {"cli"},
    "yaml": {"config", "sandbox"},
    "jsonschema": {"config"},
    "httpx": {"transport"},
    "httpcore": {"transport"},
    "azure": {"source"},
    "deepdiff": {"planning"},
    "pydantic": {"model", "config", "render"},
    "uvicorn": {"sandbox"},
    "sqlite3": {"sandbox"},
    "xlsxwriter": {"render"},
}
PURE = {"errors", "model", "planning", "render"}
PURE_FILES = {ROOT / "apply" / "checks.py", ROOT / "apply" / "seats.py"}
IMPURE = {"os", "time", "logging", "socket", "subprocess", "random", "tempfile", "pathlib", "threading"}
FORBIDDEN_WORDS = ("deleteNode", "deletenode")


def part_of(file: Path) -> str:
    return file.relative_to(ROOT).parts[0].removesuffix(".py")


def imports(file: Path) -> set[str]:
    """Dotted names imported, relative ones made absolute."""
    found: set[str] = set()
    package = ["reconciler", *file.relative_to(ROOT).parts[:-1]]
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            found.add(".".join([*base, *([node.module] if node.module else [])]))
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_part_imports_only_what_its_row_allows(file: Path) -> None:
    part = part_of(file)
    if part in {"cli", "__init__", "__main__"}:
        return
    ours = {name.split(".")[1] for name in imports(file) if name.startswith("reconciler.")}
    assert ours <= MAY_IMPORT[part]


def test_no_file_needs_one_that_needs_it() -> None:
    """Whether for types alone or inside a function: whoever reads one of a circle has to read them all."""
    names = {".".join(("reconciler", *file.relative_to(ROOT).with_suffix("").parts)): file for file in FILES}
    needs = {name: imports(file) & names.keys() for name, file in names.items()}
    done: list[str] = []
    while free := [name for name in needs if name not in done and needs[name] <= {name, *done}]:
        done += free
    assert sorted(needs.keys() - set(done)) == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_library_comes_in_by_its_own_door(file: Path) -> None:
    roots = {name.split(".")[0] for name in imports(file)}
    assert {library for library in roots & DOORS.keys() if part_of(file) not in DOORS[library]} == set()


@pytest.mark.parametrize(
    "file", [file for file in FILES if part_of(file) in PURE or file in PURE_FILES], ids=lambda file: file.name
)
def test_pure_parts_reach_neither_clock_nor_files_nor_log(file: Path) -> None:
    assert imports(file) & IMPURE == set()
    assert not [node for node in ast.walk(ast.parse(file.read_text())) if _is_clock(node)]


def test_nobody_imports_the_commands() -> None:
    assert [
        file
        for file in FILES
        if part_of(file) not in {"cli", "__main__"} and any(name.startswith("reconciler.cli") for name in imports(file))
    ] == []


def test_nothing_outside_the_sandbox_can_delete_a_node() -> None:
    assert [
        file
        for file in FILES
        if part_of(file) != "sandbox" and any(word in file.read_text(encoding="utf-8") for word in FORBIDDEN_WORDS)
    ] == []


def _is_clock(node: ast.AST) -> bool:
    """`datetime.now`, `date.today` and their like."""
    return (
        isinstance(node, ast.Attribute)
        and node.attr in {"now", "utcnow", "today"}
        and isinstance(node.value, ast.Name)
        and node.value.id in {"datetime", "date"}
    )
