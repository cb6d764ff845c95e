"""What is merged is what was reviewed, and a schedule applies what a merge accepted: histories of a repository (§5)."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.cli.edits import Edit
from tests.local_github import Fault

from .project import ACCEPTED, BOT, DESK, FIELD, FILE, PLANNED, Project, join, project, text_of

BOTH = DESK | FIELD


@pytest.fixture
def ours(tmp_path: Path) -> Iterator[Project]:
    with project(tmp_path) as made:
        yield made


@pytest.fixture
def live(ours: Project) -> Project:
    """The same with `desk` reviewed, merged and applied."""
    assert ours.merge(ours.edit(text_of(DESK), branch="first")).code == 0
    ours.made.forget_calls()
    return ours


# -- a pull request, and its merge ------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["merge", "squash", "rebase"])
def test_a_reviewed_edit_is_applied_and_accepted_however_it_is_merged(ours: Project, how: str) -> None:
    pull = ours.edit(text_of(DESK))
    ours.repo.push(pull, {FILE: text_of(DESK, "reworded")})
    ours.repo.push(pull, {"README.md": "more\n"})
    done = ours.merge(pull, how)
    assert done.code == 0, done.err
    assert ours.managed("ada")
    assert done.outcomes is not None
    assert done.outcomes["edit_digest"] in str(ours.statuses(pull.head, PLANNED)[0])
    main = ours.repo.branches["main"]
    assert main in ours.accepted
    assert str(ours.statuses(main, ACCEPTED)[0]).startswith(f"edit_digest={done.outcomes['edit_digest']} ")
    after = ours.merge(ours.edit(text_of(BOTH), branch="next"), how)
    assert after.code == 0, after.err
    assert "of commit" in after.err  # the accepted file was found again as the one before the edit
    assert {action["origin"] for action in after.outcomes["actions"]} == {"edit"}  # type: ignore[index]


def test_the_second_edit_is_shown_against_the_accepted_file_and_not_against_main(live: Project) -> None:
    refused = live.push(live.repo.commit({FILE: text_of(BOTH)}))  # nobody reviewed it
    assert refused.code == 5
    pull = live.edit(text_of(BOTH, "typo"), branch="typo")
    live.review(pull)
    plan = json.loads((live.made.folder / "plan.json").read_text(encoding="utf-8"))
    assert [edit["key"] for edit in plan["edits"]] == ["mappings.field"]
    assert "cy" in live.comments(pull, "plan")[0]


def test_a_direct_push_is_refused_and_waits_for_review(live: Project) -> None:
    accepted = live.accepted
    done = live.push(live.repo.commit({FILE: text_of(BOTH)}))
    assert done.code == 5
    assert "no pull request brought commit" in done.err
    assert done.outcomes is not None
    assert done.outcomes["exit_code"] == 5
    assert {action["outcome"] for action in done.outcomes["actions"]} == {"skipped"}
    assert live.made.writes() == []
    assert live.accepted == accepted
    scheduled = live.schedule()
    assert scheduled.code == 0
    assert live.made.writes() == []
    assert [finding["code"] for finding in scheduled.outcomes["findings"]] == ["edit_waiting"]  # type: ignore[index]


def test_what_would_now_do_something_else_is_refused_with_a_comment_and_applied_by_hand(live: Project) -> None:
    pull = live.edit(text_of(BOTH))
    live.review(pull)
    join(live.made, "kim", "field")  # a joiner is no reason
    live.made.box.state.remove_member(*_member("desk", "mo"))
    live.made.box.state.add_member(*_member("field", "mo"))
    sha = live.repo.merge(pull)
    refused = live.push(sha)
    assert refused.code == 5
    assert live.made.writes() == []
    (comment,) = live.comments(pull, "apply")
    digest = refused.outcomes["edit_digest"]  # type: ignore[index]
    assert "stopped, not what was reviewed" in comment
    assert digest in comment
    assert "mappings.field: added" in comment
    wrong = live.push(sha, "--reviewed", "0" * 64, event="workflow_dispatch")
    assert wrong.code == 5
    right = live.push(sha, "--reviewed", digest, event="workflow_dispatch")
    assert right.code == 0, right.err
    assert sha in live.accepted
    assert live.managed("kim")


def test_a_joiner_between_review_and_merge_does_not_matter(live: Project) -> None:
    pull = live.edit(text_of(BOTH))
    live.review(pull)
    join(live.made, "kim", "field")
    done = live.push(live.repo.merge(pull))
    assert done.code == 0, done.err
    assert live.managed("kim")


def test_a_refused_edit_and_then_a_typo(live: Project) -> None:
    """The second review holds both, and its merge applies both."""
    first = live.edit(text_of({"field": "Field"}), branch="wide")  # takes desk away: reviewed without a plan
    assert live.push(live.repo.merge(first)).code == 5
    second = live.edit(text_of(BOTH), branch="mended")
    planned = live.review(second)
    assert "mappings.field: added" in planned.out
    done = live.push(live.repo.merge(second))
    assert done.code == 0, done.err
    assert live.managed("cy")


def test_a_revert_goes_the_same_way(live: Project) -> None:
    assert live.merge(live.edit(text_of(BOTH), branch="wide")).code == 0
    back = live.edit(text_of(DESK), branch="back")
    planned = live.review(back)
    assert "mappings.field: removed" in planned.out
    assert live.push(live.repo.merge(back)).code == 0
    assert live.schedule().code == 0


def test_a_run_started_again_after_its_edit_was_accepted_applies_what_is_pending(live: Project) -> None:
    pull = live.edit(text_of(BOTH))
    assert live.merge(pull).code == 0
    join(live.made, "kim", "field")
    again = live.push(live.repo.branches["main"])
    assert again.code == 0, again.err
    assert live.managed("kim")


def test_a_digest_given_by_hand_is_held_to_also_when_nothing_is_edited(live: Project) -> None:
    again = live.push(live.repo.branches["main"], "--reviewed", "0" * 64, event="workflow_dispatch")
    assert again.code == 5


def test_an_old_run_started_again_does_not_take_a_newer_edit_back(live: Project) -> None:
    old = live.repo.branches["main"]
    assert live.merge(live.edit(text_of(BOTH))).code == 0
    live.made.forget_calls()
    again = live.push(old)
    assert again.code == 5
    assert live.made.writes() == []


def test_a_guard_that_refuses_leaves_the_edit_waiting(live: Project) -> None:
    tight = text_of(BOTH) + "overrides: []\n"
    tight = tight.replace("max_creates: 'off'", "max_creates: 0").replace('max_creates: "off"', "max_creates: 0")
    pull = live.edit(tight)
    live.review(pull)
    before = live.accepted
    sha = live.repo.merge(pull)
    done = live.push(sha)
    assert done.code == 4, done.err
    assert live.accepted == before
    assert live.made.writes() == []


# -- whose word counts ------------------------------------------------------------------------------------------------


def test_a_status_or_a_comment_of_anybody_else_is_no_review(live: Project) -> None:
    pull = live.edit(text_of(BOTH))
    live.review(pull)
    (said,) = live.statuses(pull.head, PLANNED)
    live.repo.statuses.clear()
    live.repo.issues[pull.number].comments[0].author = "stranger"
    live.repo.add_status(pull.head, "stranger", PLANNED, "success", said)
    done = live.push(live.repo.merge(pull))
    assert done.code == 5
    assert f"no status {PLANNED} by {BOT} with a digest" in done.err
    assert live.made.writes() == []


def test_a_commit_accepted_by_anybody_else_is_not(live: Project) -> None:
    sha = live.repo.commit({FILE: text_of(BOTH)})
    live.repo.add_status(sha, "stranger", ACCEPTED, "success", "accepted")
    live.repo.add_status(sha, BOT, f"{ACCEPTED}.old", "success", "accepted")
    live.repo.add_status(sha, BOT, ACCEPTED, "failure", "not accepted")
    done = live.schedule()
    assert done.code == 0
    assert live.made.writes() == []
    assert [finding["code"] for finding in done.outcomes["findings"]] == ["edit_waiting"]  # type: ignore[index]


def test_a_branch_that_was_not_merged_is_refused_with_its_own_digest(live: Project) -> None:
    pull = live.edit(text_of(BOTH))
    live.review(pull)
    digest = str(live.statuses(pull.head, PLANNED)[0])[12:76]
    done = live.push(pull.head, "--reviewed", digest, event="workflow_dispatch")
    assert done.code == 5
    assert "brings no mappings.yaml to the default branch" in done.err
    assert live.made.writes() == []


def test_a_file_that_is_not_the_commits_is_refused(live: Project) -> None:
    pull = live.edit(text_of(BOTH))
    live.review(pull)
    sha = live.repo.merge(pull)
    live._stand_on(sha, "push")
    live.made.file.write_text(text_of(BOTH, "by hand"), encoding="utf-8")
    done = live.made.apply("--github", "merge")
    assert done.code == 5
    assert "is not mappings.yaml of commit" in done.err


def test_line_ends_of_a_checkout_do_not_matter(live: Project) -> None:
    pull = live.edit(text_of(BOTH))
    live.review(pull)
    live._stand_on(live.repo.merge(pull), "push")
    live.made.file.write_bytes(live.made.file.read_bytes().replace(b"\n", b"\r\n"))
    assert live.made.apply("--github", "merge").code == 0


# -- when it breaks half way ------------------------------------------------------------------------------------------


def test_a_cancelled_apply_leaves_its_edit_waiting(live: Project) -> None:
    pull = live.edit(text_of(BOTH))
    live.review(pull)
    sha = live.repo.merge(pull)
    live._stand_on(sha, "push")
    live.made.box.state.add_fault(side="rescue", method="getHierarchy_v2", nth=1, effect="slow", seconds=5)
    process = live.made.start("apply", "--yes", "--out", "outcomes.json", "--github", "merge")
    live.made.await_call(lambda entry: entry["call"].lower().startswith("gethierarchy"), process)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert sha not in live.accepted
    assert live.made.writes() == []


def test_a_signal_after_the_reading_and_before_the_first_write_accepts_nothing(live: Project) -> None:
    """The signal comes at the last moment that counts: when the digests have been compared."""
    from reconciler.cli.applying import Apply
    from reconciler.cli.edits import LocalEdit
    from reconciler.cli.signals import StopFlag
    from reconciler.cli.talk import Talk

    flag, accepted = StopFlag(), []
    live.made.file.write_text(text_of(BOTH), encoding="utf-8")

    class Stopped:
        def load(self, talk: Talk) -> Edit:
            edit = LocalEdit(str(live.made.file)).load(talk)
            return replace(edit, judge=lambda _: flag.set(), accept=accepted.append)

    talk = Talk(quiet=True, verbose=0)
    run = Apply(str(live.made.file), None, "auto", (), None, edits=Stopped(), ask=False, talk=talk,
                environ=live.made.env, stopping=flag)  # fmt: skip
    assert run.run() == 6
    assert accepted == []
    assert live.made.writes() == []


def test_what_fails_after_it_was_accepted_is_pending_for_the_schedule(live: Project) -> None:
    pull = live.edit(text_of(BOTH))
    live.review(pull)
    sha = live.repo.merge(pull)
    live.made.box.state.add_fault(side="rescue", method="createUser", nth=1, effect="error_before")
    done = live.push(sha)
    assert done.code == 6
    assert sha in live.accepted
    scheduled = live.schedule()
    assert scheduled.code == 0, scheduled.err
    assert live.managed("new")


def test_no_status_no_write(live: Project) -> None:
    pull = live.edit(text_of(BOTH))
    live.review(pull)
    sha = live.repo.merge(pull)
    live.github.faults.append(Fault("status", method="POST", path="/statuses/", times=9, status=403))
    done = live.push(sha)
    assert done.code == 1
    assert "statuses: write" in done.err
    assert live.made.writes() == []
    assert sha not in live.accepted


def test_a_comment_that_cannot_be_posted_does_not_change_the_refusal(live: Project) -> None:
    pull = live.edit(text_of(BOTH))
    sha = live.repo.merge(pull)
    live.github.faults.append(Fault("status", method="POST", path="/comments", times=9, status=403))
    done = live.push(sha)
    assert done.code == 5
    assert "the new plan is not on the pull request" in done.err


# -- the schedule -----------------------------------------------------------------------------------------------------


def test_a_schedule_before_anything_was_accepted_only_plans(ours: Project) -> None:
    ours.repo.commit({FILE: text_of(BOTH)})
    done = ours.schedule()
    assert done.code == 0
    assert "adopt" in done.out
    assert ours.made.writes() == []
    assert done.outcomes is not None
    assert done.outcomes["actions"] == []
    assert [finding["code"] for finding in done.outcomes["findings"]] == ["edit_waiting"]


def test_a_schedule_applies_what_is_pending_with_the_accepted_file(live: Project) -> None:
    waiting = live.repo.commit({FILE: text_of(BOTH)})
    join(live.made, "kim", "desk")
    done = live.schedule()
    assert done.code == 0
    assert live.managed("kim")
    assert not live.managed("cy")
    (finding,) = done.outcomes["findings"]  # type: ignore[index]
    assert waiting[:7] in finding["message"]


def test_a_commit_that_says_the_same_waits_for_nothing(live: Project) -> None:
    live.repo.commit({FILE: text_of(BOTH)})
    live.repo.commit({FILE: text_of(DESK)})
    done = live.schedule()
    assert done.outcomes is not None
    assert done.outcomes["findings"] == []


def test_a_file_that_was_removed_waits_as_well(live: Project) -> None:
    live.repo.commit({FILE: None})
    done = live.schedule()
    assert done.code == 0
    assert [finding["code"] for finding in done.outcomes["findings"]] == ["edit_waiting"]  # type: ignore[index]


def test_an_accepted_file_that_this_version_does_not_take_ends_the_run(live: Project) -> None:
    sha = live.repo.commit({FILE: "version: 1\nmappings: nonsense\n"})
    live.repo.add_status(sha, BOT, ACCEPTED, "success", "accepted")
    done = live.schedule()
    assert done.code == 2
    assert live.made.writes() == []


# -- flags ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("plan", "--github", "--base", "b.yaml"), "leave out --base"),
        (("apply", "--yes", "--github", "merge", "--base", "b.yaml"), "leave out --base"),
        (("apply", "--yes", "--github", "schedule", "--reviewed", "0" * 64), "use --github merge"),
        (("apply", "--yes", "--github", "merge"), "GITHUB_SHA is not set"),
        (("plan", "--github", "../mappings.yaml"), "is not in the repository"),
    ],
    ids=["plan base", "apply base", "schedule reviewed", "no commit", "outside"],
)
def test_flags_that_cannot_be_meant(live: Project, words: tuple[str, ...], said: str) -> None:
    (live.made.folder.parent / FILE).write_text(text_of(DESK), encoding="utf-8")
    live.made.env.pop("GITHUB_SHA")
    done = live.made.call(*words)
    assert done.code == 2
    assert said in done.err


def test_what_github_is_asked(live: Project) -> None:
    """Requests, not seconds: nothing grows with the history once a commit was accepted."""
    for number in range(3):
        live.repo.commit({"README.md": f"{number}\n"})
    live.github.log.clear()
    live._stand_on(live.repo.branches["main"], "schedule")
    assert live.schedule().code == 0
    asked = [str(seen).replace("/repos/contoso/rescue", "") for seen in live.github.log]
    first = live.repo.pulls[min(live.repo.pulls)].head
    assert asked == [
        "GET /user",
        "GET /commits",
        f"GET /commits/{first}/statuses",
        f"GET /contents/{FILE}",
    ]


def _member(group: str, key: str) -> tuple[str, str]:
    from .world import guid

    return guid(group), guid(key)
