"""What an undisturbed run of the story leaves behind, once per worker."""

from __future__ import annotations

import pytest

from .world import STORY_FILE, story, world


@pytest.fixture(scope="session")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[object, ...]]:
    """The tree after an undisturbed run."""
    with world(story(), STORY_FILE, tmp_path_factory.mktemp("undisturbed")) as made:
        assert made.apply().code == 0
        return made.tree()
