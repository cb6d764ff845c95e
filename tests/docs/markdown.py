"""The documents as a reader of Markdown sees them: fences, code spans, links and headings, each with its line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_NAMED = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "deploy/README.md")
PAGES = [*(ROOT / name for name in _NAMED), *sorted((ROOT / "docs").glob("*.md"))]

_FENCE = re.compile(r"^(?P<indent> *)(?P<ticks>`{3,})(?P<info>[^`]*)$")
_COMMENT = re.compile(r"^<!-- *(?P<text>.*?) *-->$")
_SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^()\s]+)\)")
_ANCHOR = re.compile(r"[^\w\- ]")


@dataclass(frozen=True)
class Fence:
    """`notes`: the HTML comments right above it, which no reader sees."""

    page: Path
    line: int
    language: str
    info: str
    text: str
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


@dataclass(frozen=True)
class Page:
    path: Path
    fences: tuple[Fence, ...]
    prose: str
    """All but the fences, with as many lines."""

    @property
    def spans(self) -> list[str]:
        return _SPAN.findall(self.prose)

    @property
    def links(self) -> list[str]:
        return _LINK.findall(_SPAN.sub("", self.prose))

    @property
    def anchors(self) -> set[str]:
        """As GitHub makes them of the headings."""
        titles = re.findall(r"^#{1,6} +(.+?) *$", self.prose, re.MULTILINE)
        return {_ANCHOR.sub("", title.replace("`", "").lower()).replace(" ", "-") for title in titles}

    @property
    def tables(self) -> list[list[list[str]]]:
        """The cells of each table, without its head."""
        found: list[list[list[str]]] = []
        inside = False
        for line in self.prose.splitlines():
            row = line.startswith("|")
            if row and not inside:
                found.append([])
            inside = row
            if row:
                found[-1].append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
        return [table[2:] for table in found]


def read_page(path: Path) -> Page:
    """Raises AssertionError for a fence that is not closed."""
    fences: list[Fence] = []
    prose: list[str] = []
    notes: list[str] = []
    opened: tuple[int, str, str, str] | None = None
    inside: list[str] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        found = _FENCE.match(line)
        if opened is not None:
            prose.append("")
            start, indent, ticks, info = opened
            if found and not found["info"].strip() and len(found["ticks"]) >= len(ticks):
                language = info.split()[0] if info.split() else ""
                fences.append(Fence(path, start, language, info, "\n".join(inside) + "\n", tuple(notes)))
                opened, inside, notes = None, [], []
            else:
                inside.append(line.removeprefix(indent))
        elif found:
            prose.append("")
            opened = number, found["indent"], found["ticks"], found["info"].strip()
        else:
            prose.append(line)
            said = _COMMENT.match(line)
            if said:
                notes.append(said["text"])
            elif line.strip():
                notes = []
    assert opened is None, f"{path}:{opened[0]}: a fence that is not closed"
    return Page(path, tuple(fences), "\n".join(prose))


READ = {path: read_page(path) for path in PAGES}
FENCES = [fence for page in READ.values() for fence in page.fences]
