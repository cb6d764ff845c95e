"""`reconciler comment` and `reconciler alarm` from outside: the installed command, a step's variables, a GitHub."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.model.plan import Outcomes, Plan
from reconciler.render.json_plan import render_json
from tests.local_github import Fault, LocalGitHub, Pull, Repo, run_github
from tests.render.plans import nothing_to_do, one_of_everything, some_outcomes

from .conftest import Shell

BOT = "github-actions[bot]"
NAME = "contoso/rescue"
CONTEXT = "rescue-reconciler/plan: mappings.yaml"
EDIT = "e" * 64


@pytest.fixture
def github() -> Iterator[LocalGitHub]:
    with run_github() as running:
        running.token("job-token", BOT)
        yield running


@pytest.fixture
def repo(github: LocalGitHub) -> Repo:
    made = github.repo(NAME)
    made.commit({"mappings.yaml": "a\n"})
    made.commit({"mappings.yaml": "b\n"}, branch="change")
    return made


@pytest.fixture
def pull(repo: Repo) -> Pull:
    return repo.open_pull("change")


@pytest.fixture
def job(shell: Shell, github: LocalGitHub, pull: Pull) -> Shell:
    """A step of a pull request's job, with the saved plan of an edit and the outcomes of an apply beside it."""
    event = {"number": pull.number, "pull_request": {"number": pull.number, "head": {"sha": pull.head}}}
    (shell.folder / "event.json").write_text(json.dumps(event), encoding="utf-8")
    shell.environ |= {
        "GITHUB_ACTIONS": "true",
        "GITHUB_API_URL": github.url,
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": str(shell.folder / "event.json"),
        "GITHUB_OUTPUT": str(shell.folder / "output"),
        "GITHUB_REF": f"refs/pull/{pull.number}/merge",
        "GITHUB_REPOSITORY": NAME,
        "GITHUB_RUN_ID": "7",
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_SHA": pull.merge_commit_sha or "",
        "GITHUB_STEP_SUMMARY": str(shell.folder / "summary"),
        "GITHUB_TOKEN": "job-token",
        "GITHUB_WORKSPACE": str(shell.folder),
    }
    save(shell, edited())
    save(shell, some_outcomes())
    return shell


def edited() -> Plan:
    return one_of_everything().model_copy(update={"edit_digest": EDIT})


def save(shell: Shell, value: Plan | Outcomes) -> None:
    name = "plan.json" if isinstance(value, Plan) else "outcomes.json"
    (shell.folder / name).write_text(render_json(value), encoding="utf-8")


def merged(job: Shell, repo: Repo, pull: Pull, event: str = "push") -> None:
    """The job of the merge instead of the pull request's."""
    (job.folder / "event.json").write_text("{}", encoding="utf-8")
    job.environ |= {"GITHUB_EVENT_NAME": event, "GITHUB_SHA": repo.merge(pull), "GITHUB_REF": "refs/heads/main"}


def read(job: Shell, name: str) -> str:
    return (job.folder / name).read_text(encoding="utf-8")


def test_a_plan_becomes_comment_status_summary_outputs_and_annotations(job: Shell, repo: Repo, pull: Pull) -> None:
    ran = job.run("comment", "--plan", "plan.json")
    assert (ran.returncode, ran.stderr.splitlines()) == (
        0,
        ["comment on #1: created", f"status of {pull.head[:7]}: set"],
    )
    (comment,) = repo.issues[1].comments
    marker = comment.body.splitlines()[0]
    assert marker == (
        f'<!-- rescue-reconciler {{"kind":"plan","file":"mappings.yaml","commit":"{pull.head[:7]}",'
        '"digest":"9f31c2a07b44"} -->'
    )
    assert "### Rescue plan: this edit makes 7 changes, 1 person loses access" in comment.body
    assert "[run](https://github.com/contoso/rescue/actions/runs/7)" in comment.body
    (status,) = repo.statuses[pull.head]
    assert (status.context, status.state) == (CONTEXT, "failure")  # a guard refuses this plan
    assert status.description == f"edit_digest={EDIT} 7 changes, 1 person loses access; a guard refuses"
    assert status.target_url == "https://github.com/contoso/rescue/actions/runs/7"
    assert read(job, "output") == f"digest={edited().digest}\nedit-digest={EDIT}\nchanges=7\nremovals=1\n"
    assert read(job, "summary") == comment.body
    lines = ran.stdout.splitlines()
    assert lines[0].startswith("::error file=mappings.yaml,title=A guard refuses::")
    assert any(line.startswith("::warning file=mappings.yaml,line=12,title=Access is taken away::") for line in lines)
    assert all(line.startswith("::") for line in lines)


def test_the_same_again_sends_nothing_and_another_plan_changes_it_in_place(
    job: Shell, repo: Repo, pull: Pull, github: LocalGitHub
) -> None:
    job.run("comment", "--plan", "plan.json")
    sent = len(github.writes)
    ran = job.run("comment", "--plan", "plan.json")
    assert ran.stderr.splitlines() == ["comment on #1: unchanged", f"status of {pull.head[:7]}: unchanged"]
    assert len(github.writes) == sent
    save(job, nothing_to_do().model_copy(update={"edit_digest": "d" * 64}))
    ran = job.run("comment", "--plan", "plan.json", "-q")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert len(repo.issues[1].comments) == 1
    assert "this edit makes no change" in repo.issues[1].comments[0].body
    assert repo.statuses[pull.head][0].description == "edit_digest=" + "d" * 64 + " no change"
    assert repo.statuses[pull.head][0].state == "success"


def test_a_plan_without_a_base_sets_no_status(job: Shell, repo: Repo) -> None:
    save(job, one_of_everything())
    assert job.run("comment", "--plan", "plan.json").returncode == 0
    assert repo.statuses == {}
    assert "edit-digest=\n" in read(job, "output")
    assert "### Rescue plan: 7 changes, 1 person loses access" in repo.issues[1].comments[0].body


def test_an_apply_gets_a_comment_of_its_own_on_the_pull_request_it_came_from(
    job: Shell, repo: Repo, pull: Pull
) -> None:
    job.run("comment", "--plan", "plan.json")
    merged(job, repo, pull)
    for started in ("2026-11-22T19:00:00Z", "2026-11-22T19:00:00Z", "2026-11-22T19:30:00Z"):
        save(job, some_outcomes().model_copy(update={"started_at": started}))
        ran = job.run("comment", "--outcomes", "outcomes.json", "--artifact", "https://github.com/a/9")
        assert ran.returncode == 0, ran.stderr
    heads = [comment.body.splitlines()[1] for comment in repo.issues[1].comments]
    outcome = "### Rescue apply: 2 done, 1 failed, 1 skipped, 1 stale, 1 unknown, 1 held"
    assert heads == ["### Rescue plan: this edit makes 7 changes, 1 person loses access", outcome, outcome]
    assert "[full plan and reports](https://github.com/a/9)" in repo.issues[1].comments[1].body
    assert "changes=2\nremovals=1\n" in read(job, "output")


@pytest.mark.parametrize("event", ["schedule", "push"])
def test_a_run_about_no_pull_request_has_its_summary_only(
    job: Shell, repo: Repo, pull: Pull, github: LocalGitHub, event: str
) -> None:
    merged(job, repo, pull, event)
    if event == "push":
        job.environ["GITHUB_SHA"] = repo.commit({"mappings.yaml": "pushed\n"})
    ran = job.run("comment", "--outcomes", "outcomes.json")
    assert ran.returncode == 0
    assert "about no pull request" in ran.stderr
    assert github.writes == []
    assert "### Rescue apply:" in read(job, "summary")


def test_a_plan_on_main_is_no_pull_requests(job: Shell, repo: Repo, pull: Pull, github: LocalGitHub) -> None:
    """Else it would take the place of the plan that was reviewed there."""
    merged(job, repo, pull)
    ran = job.run("comment", "--plan", "plan.json")
    assert (ran.returncode, github.writes) == (0, [])
    assert "about no pull request" in ran.stderr


def test_by_hand_with_a_number_and_without_actions(shell: Shell, github: LocalGitHub, repo: Repo, pull: Pull) -> None:
    github.token("mine", "octo")
    shell.environ |= {"GITHUB_API_URL": github.url, "GITHUB_REPOSITORY": NAME, "GH_TOKEN": "mine"}
    save(shell, one_of_everything())
    ran = shell.run("comment", "--plan", "plan.json", "--pr", "1")
    assert (ran.returncode, ran.stdout) == (0, "")
    assert [comment.author for comment in repo.issues[1].comments] == ["octo"]
    save(shell, edited())
    ran = shell.run("comment", "--plan", "plan.json", "--pr", "1")
    assert ran.returncode == 1
    assert "not certain which commit of #1 this plan was made from" in ran.stderr
    assert repo.statuses == {}
    ran = shell.run("comment", "--plan", "plan.json", "--pr", "1", "--commit", pull.head)
    assert ran.returncode == 0
    assert repo.statuses[pull.head][0].author == "octo"


def test_forged_comments_and_statuses_are_left_alone(job: Shell, repo: Repo, pull: Pull) -> None:
    job.run("comment", "--plan", "plan.json")
    ours = repo.issues[1].comments[0].body
    repo.issues[1].comments.clear()
    forged = repo.add_comment(1, "stranger", ours)
    repo.add_status(pull.head, "stranger", CONTEXT, "success", "edit_digest=" + "f" * 64)
    job.run("comment", "--plan", "plan.json")
    assert (forged.body, forged.created_at) == (ours, forged.updated_at)
    assert [comment.author for comment in repo.issues[1].comments] == ["stranger", BOT]


def test_masked_everywhere_but_in_the_artifact(job: Shell, repo: Repo) -> None:
    saved = read(job, "plan.json")
    ran = job.run("comment", "--plan", "plan.json", "--mask", "-vv", "--log-file", "log.txt", "--log-format", "json")
    assert ran.returncode == 0
    everywhere = [repo.issues[1].comments[0].body, read(job, "summary"), ran.stdout, ran.stderr, read(job, "log.txt")]
    for login in ("left@", "old@", "k@", "New Person"):
        assert not [text for text in everywhere if login in text]
    assert "`l***@contoso.example`" in everywhere[0]
    assert read(job, "plan.json") == saved


def test_an_app_writes_under_its_own_name(job: Shell, github: LocalGitHub, repo: Repo, pull: Pull) -> None:
    github.token("job-token", "our-app[bot]")
    ran = job.run("comment", "--plan", "plan.json")
    assert ran.returncode == 1
    assert "this token writes as our-app[bot]" in ran.stderr
    assert "--author 'our-app[bot]'" in ran.stderr
    assert repo.statuses == {}
    for _ in range(2):
        assert job.run("comment", "--plan", "plan.json", "--author", "our-app[bot]").returncode == 0
    assert len(repo.issues[1].comments) == 1
    assert len(repo.statuses[pull.head]) == 1


def test_a_missing_permission_is_told_with_its_remedy_after_the_summary(
    job: Shell, github: LocalGitHub, repo: Repo
) -> None:
    github.token("job-token", BOT, contents="read", pull_requests="read")
    ran = job.run("comment", "--plan", "plan.json")
    assert ran.returncode == 1
    assert "error: GitHub did not comment on #1: status 403: Resource not accessible by integration" in ran.stderr
    assert "permissions: pull-requests: write" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert "### Rescue plan" in read(job, "summary")
    github.token("job-token", BOT, contents="read", pull_requests="write", statuses="read")
    ran = job.run("comment", "--plan", "plan.json")
    assert ran.returncode == 1
    assert "statuses: write" in ran.stderr
    assert len(repo.issues[1].comments) == 1


@pytest.mark.parametrize(
    ("arguments", "environ", "said"),
    [
        ([], {}, "give --plan FILE or --outcomes FILE"),
        (["--plan", "plan.json", "--outcomes", "outcomes.json"], {}, "give --plan FILE or --outcomes FILE"),
        (["--plan", "none.json"], {}, "--plan none.json cannot be read"),
        (["--plan", "outcomes.json"], {}, "outcomes.json is no saved plan"),
        (["--outcomes", "plan.json"], {}, "plan.json is no file of outcomes"),
        (["--plan", "plan.json", "--pr", "0"], {}, "--pr"),
        (["--plan", "plan.json", "--commit", "main"], {}, "--commit main is no commit id"),
        (["--plan", "plan.json", "--artifact", "x) @org"], {}, "--artifact is no address"),
        (["--plan", "plan.json"], {"GITHUB_REPOSITORY": ""}, "GITHUB_REPOSITORY is not set"),
        (["--plan", "plan.json"], {"GITHUB_API_URL": "http://github.example"}, "must begin with https://"),
        (
            ["--plan", "plan.json"],
            {"GITHUB_EVENT_PATH": "", "GITHUB_REF": "", "GITHUB_SHA": ""},
            "give --pr N",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_with_2(
    job: Shell, github: LocalGitHub, arguments: list[str], environ: dict[str, str], said: str
) -> None:
    ran = job.run("comment", *arguments, **environ)
    assert ran.returncode == 2
    assert said in ran.stderr
    assert github.log == []


def test_without_a_token_it_is_1(job: Shell) -> None:
    ran = job.run("comment", "--plan", "plan.json", GITHUB_TOKEN="")
    assert ran.returncode == 1
    assert "GITHUB_TOKEN and GH_TOKEN are not set" in ran.stderr


def test_a_full_summary_is_said_and_the_comment_is_made(job: Shell, repo: Repo) -> None:
    (job.folder / "summary").write_text("x" * ((1 << 20) - 100), encoding="utf-8")
    ran = job.run("comment", "--plan", "plan.json")
    assert ran.returncode == 0
    assert "the job summary is full" in ran.stderr
    assert len(repo.issues[1].comments) == 1


def test_a_broken_file_does_not_stop_the_comment(job: Shell, repo: Repo) -> None:
    """The refused file is just what a reviewer has to hear about; lines then come from the plan."""
    (job.folder / "mappings.yaml").write_text("version: [", encoding="utf-8")
    ran = job.run("comment", "--plan", "plan.json")
    assert ran.returncode == 0
    assert "line=12" in ran.stdout


def test_the_alarm_rings_once_and_ends_when_it_is_over(job: Shell, repo: Repo, github: LocalGitHub) -> None:
    number = 2
    well = some_outcomes().model_copy(update={"findings": (), "guards": ()})
    steps = [
        (well, "no issue is open, and none is needed", None),
        (some_outcomes(), f"issue #{number}: opened", "open"),
        (some_outcomes(), f"issue #{number}: unchanged", "open"),
        (well, f"issue #{number}: closed", "closed"),
        (some_outcomes(), f"issue #{number}: reopened", "open"),
    ]
    for outcomes, said, state in steps:
        save(job, outcomes)
        ran = job.run("alarm", "--outcomes", "outcomes.json")
        assert (ran.returncode, ran.stderr.strip(), ran.stdout) == (0, said, "")
        assert state is None or repo.issues[number].state == state
    assert len(github.writes) == 3
    assert repo.issues[number].title == "Rescue is not kept up as mappings.yaml says"
    assert "max_removals" in repo.issues[number].body


def test_a_run_without_a_plan_leaves_the_alarm_and_gets_a_comment(job: Shell, repo: Repo, pull: Pull) -> None:
    save(job, some_outcomes())
    job.run("alarm", "--outcomes", "outcomes.json")
    none = {"digest": None, "account_id": None, "actions": (), "findings": (), "guards": (), "exit_code": 1}
    save(job, some_outcomes().model_copy(update=none | {"converged": None, "error": "Rescue: no answer\nat all `|"}))
    ran = job.run("alarm", "--outcomes", "outcomes.json")
    assert (ran.returncode, "stays as it is" in ran.stderr) == (0, True)
    assert repo.issues[2].state == "open"
    merged(job, repo, pull)
    assert job.run("comment", "--outcomes", "outcomes.json").returncode == 0
    (comment,) = repo.issues[1].comments
    assert "### Rescue apply: ended before there was a plan" in comment.body
    assert "Rescue: no answer\nat all `|" in comment.body
    assert "digest=\nedit-digest=\nchanges=0\nremovals=0\n" in read(job, "output")


def test_the_alarm_says_what_it_may_not(job: Shell, github: LocalGitHub) -> None:
    github.token("job-token", BOT, issues="read")
    ran = job.run("alarm", "--outcomes", "outcomes.json")
    assert ran.returncode == 1
    assert "permissions: issues: write" in ran.stderr
    ran = job.run("alarm")
    assert ran.returncode == 2


def test_a_limit_and_a_broken_line_cost_time_and_no_second_comment(job: Shell, repo: Repo, github: LocalGitHub) -> None:
    github.faults += [Fault("secondary", method="POST", seconds=1), Fault("drop_after", method="POST")]
    assert job.run("comment", "--plan", "plan.json").returncode == 0
    assert len(repo.issues[1].comments) == 1


def test_from_the_sandbox_to_the_pull_request(job: Shell, live: Shell, repo: Repo, pull: Pull) -> None:
    assert job is live
    assert live.run("plan", "--out", "plan.json").returncode == 0
    assert live.run("comment", "--plan", "plan.json").returncode == 0
    live.run("apply", "--yes", "--out", "outcomes.json")
    merged(job, repo, pull)
    assert live.run("comment", "--outcomes", "outcomes.json").returncode == 0
    assert live.run("alarm", "--outcomes", "outcomes.json").returncode == 0
    plan, applied = (comment.body for comment in repo.issues[1].comments)
    made = json.loads(read(job, "plan.json"))
    assert f"### Rescue plan: {made['summary']['changes_total']} changes" in plan
    assert f"digest `{made['digest'][:12]}`" in applied
    assert Path(job.folder / "summary").stat().st_size > 0
