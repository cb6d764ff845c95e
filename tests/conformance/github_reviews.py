"""A repository's life, from a pull request to the schedule, by the real commands, with every exchange judged."""

from __future__ import annotations

import tempfile
from pathlib import Path

from github_judge import fits
from github_proxy import judging
from harness import Verdicts

from tests.end_to_end.project import DESK, FIELD, FILE, project, text_of


def check_reviews(verdicts: Verdicts, prism: Path, description: Path) -> int:
    """`plan`, `comment` and `apply` with --github, as a repository's workflows run them: reviewed, merged, pushed.

    Returns how many exchanges there were.
    """
    asked = 0
    with (
        verdicts.about("reviewed edits"),
        tempfile.TemporaryDirectory() as folder,
        project(Path(folder)) as ours,
        judging(ours.github, prism, description) as judged,
    ):
        first = ours.edit(text_of(DESK))
        verdicts.same("a reviewed edit, merged", 0, ours.merge(first, "squash").code)
        verdicts.that("its commit is accepted", ours.repo.branches["main"] in ours.accepted, ours.accepted)
        pushed = ours.push(ours.repo.commit({FILE: text_of(DESK | FIELD)}))
        verdicts.same("a direct push is refused", 5, pushed.code)
        verdicts.same("and waits for the schedule", 0, ours.schedule().code)
        second = ours.edit(text_of(DESK | FIELD, "reviewed"), branch="second")
        verdicts.same("the next edit, rebased", 0, ours.merge(second, "rebase").code)
        verdicts.same("what was accepted", 2, len(ours.accepted))
        verdicts.same("comments on the second", 1, len(ours.comments(second, "plan")))
        fits(verdicts, judged, "reviewed edits")
        asked = len(judged.seen)
        for method, what in (("GET", "contents"), ("GET", "commits"), ("GET", "pulls"), ("POST", "statuses")):
            there = any(one.method == method and f"/{what}" in one.target for one in judged.seen)
            verdicts.that(f"{method} of {what} went through Prism", there)
    return asked
