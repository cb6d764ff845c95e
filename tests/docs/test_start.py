"""The steps of docs/start.md lead where it says: an empty file on main, one run by hand, the first pull request."""

from __future__ import annotations

from pathlib import Path

import yaml

from tests.end_to_end.project import DESK, FILE, project, text_of

from .markdown import FENCES, ROOT


def first_file() -> str:
    """The one without mappings that the page has pushed to main, for the account of the test."""
    (shown,) = (fence for fence in FENCES if fence.page == ROOT / "docs" / "start.md" and "mappings: []" in fence.text)
    ours = yaml.safe_load(text_of(DESK))
    said = yaml.safe_load(shown.text)
    assert said.keys() == {"version", "entra", "rescue", "mappings"}
    return yaml.safe_dump(said | {"entra": ours["entra"], "rescue": ours["rescue"]}, sort_keys=False)


def test_an_empty_file_then_one_run_by_hand_then_the_first_pull_request(tmp_path: Path) -> None:
    with project(tmp_path) as ours:
        ours.repo.commit({FILE: first_file()})
        by_hand = ours.schedule("--refresh", "full")
        assert by_hand.code == 0, by_hand.err
        assert ours.made.writes() == []
        kept = ours.made.call("plan", "--save-readings", "readings.json")
        assert kept.code == 0, kept.err
        pull = ours.edit(text_of(DESK), branch="first-group")
        planned = ours.review(pull, "--readings", "readings.json")
        assert "= adopt" in planned.out
        (comment,) = ours.comments(pull, "plan")
        assert "mappings.desk: added" in comment
        merged = ours.push(ours.repo.merge(pull))
        assert merged.code == 0, merged.err
        assert ours.repo.branches["main"] in ours.accepted
        assert ours.managed("ada")
        again = ours.schedule()
        assert again.code == 0
        assert "nothing to do" in again.out
