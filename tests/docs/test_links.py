"""Links lead somewhere, pictures are there and small, and the index has every page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .markdown import READ, ROOT, Page, read_page

PICTURES = ROOT / "docs" / "pictures"
LARGEST = 150_000


@pytest.mark.parametrize("page", READ.values(), ids=[str(path.relative_to(ROOT)) for path in READ])
def test_every_link_leads_somewhere(page: Page) -> None:
    for link in page.links:
        if link.startswith("https://"):
            continue
        assert ":" not in link, f"{page.path.name}: {link}"
        name, _, anchor = link.partition("#")
        target = (page.path.parent / name).resolve() if name else page.path
        assert target.exists(), f"{page.path.name}: {link}"
        assert target.is_relative_to(ROOT), f"{page.path.name}: {link}"
        if anchor:
            assert anchor in read_page(target).anchors, f"{page.path.name}: {link}"


def test_the_index_has_every_page() -> None:
    listed = {link.partition("#")[0] for link in READ[ROOT / "docs" / "README.md"].links}
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert pages - listed == set()


def test_every_picture_is_shown_and_every_one_shown_has_words_for_it() -> None:
    shown = {
        (page.path.parent / link).resolve()
        for page in READ.values()
        for words, link in re.findall(r"!\[([^\]]*)\]\(([^)\s]+)\)", page.prose)
        if len(words) > 20
    }
    assert {path for path in PICTURES.iterdir() if path.suffix in (".svg", ".png")} == {
        path for path in shown if path.is_relative_to(PICTURES)
    }


@pytest.mark.parametrize("picture", sorted(PICTURES.glob("*.*")), ids=lambda path: path.name)
def test_a_picture_is_small_and_fetches_nothing(picture: Path) -> None:
    data = picture.read_bytes()
    assert len(data) < LARGEST
    if picture.suffix == ".svg":
        text = data.decode()
        assert "@font-face" not in text
        assert re.findall(r"""(?:href|src)=["']?(?!#)[^"'\s>]+|url\((?!["']?#)[^)]*\)""", text) == []
        assert set(re.findall(r"https?://[^\s\"'<]+", text)) <= {"http://www.w3.org/2000/svg"}
