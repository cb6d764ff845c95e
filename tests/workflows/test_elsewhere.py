"""The action in a repository that holds nothing but mappings.yaml and ten lines; and ci.yml, executed."""

from __future__ import annotations

import re

import pytest

from .conftest import WIDER
from .yard import ELSEWHERE, NAME, Yard

pytestmark = pytest.mark.timeout(600)  # several runs each, and machines are busy

TEN_LINES = f"""\
on: pull_request
permissions: {{contents: read, pull-requests: write, statuses: write, id-token: write}}
jobs:
  plan:
    runs-on: ubuntu-latest
    environment: rescue-plan
    steps:
      - uses: actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2
      - uses: {ELSEWHERE}
        with: {{command: plan, readings: live, rescue-api-token: "${{{{ secrets.RESCUE_API_TOKEN }}}}"}}
"""


def known_to_entra(company: Yard) -> str:
    """The client id as a variable of everything; an organisation would have it in `vars`."""
    return f"env: {{AZURE_CLIENT_ID: {company.variables['AZURE_CLIENT_ID']}}}\n"


def run_elsewhere(company: Yard, text: str, head: str = NAME) -> tuple[int, str]:
    pull = company.pull(WIDER)
    payload = {
        "number": pull.number,
        "repository": {"full_name": NAME, "default_branch": "main"},
        "pull_request": {"number": pull.number, "head": {"sha": pull.head, "repo": {"full_name": head}}},
    }
    ran = company.run("rescue", "pull_request", payload, pull.merge_commit_sha or "", "plan", elsewhere=text)
    return ran.code, ran.log


def test_ten_lines_are_enough_for_another_repository(company: Yard) -> None:
    assert len(TEN_LINES.splitlines()) == 10
    code, log = run_elsewhere(company, known_to_entra(company) + TEN_LINES)
    assert code == 0, log
    (comment,) = company.repo.issues[1].comments
    assert "### Rescue plan: this edit" in comment.body
    assert "fay@contoso.example" in comment.body
    assert len(company.repo.statuses[company.repo.pulls[1].head]) == 1


def test_with_mask_neither_comment_nor_log_names_anybody(company: Yard) -> None:
    masked = TEN_LINES.replace("command: plan", "command: plan, mask: true")
    code, log = run_elsewhere(company, known_to_entra(company) + masked)
    assert code == 0, log
    (comment,) = company.repo.issues[1].comments
    assert "f***@contoso.example" in comment.body
    assert not re.search(r"\bfay\b|\bdot\b", (comment.body + log).casefold())


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("command: sink", "the input command is one of validate, plan, apply and sync"),
        ("command: plan, readings: yes-please", "the input readings is saved or live"),
    ],
    ids=["command", "readings"],
)
def test_a_word_the_action_does_not_know_is_refused_before_anything_is_installed(
    company: Yard, wrong: str, said: str
) -> None:
    code, log = run_elsewhere(company, TEN_LINES.replace("command: plan, readings: live", wrong))
    assert code == 1
    assert said in log
    assert "Run Main Install" not in log
    assert company.box.requests() == []


@pytest.mark.parametrize("command", ["apply", "sync"])
def test_a_fork_gets_no_apply_whatever_its_workflow_says(company: Yard, command: str) -> None:
    code, log = run_elsewhere(company, TEN_LINES.replace("plan, ", f"{command}, "), head="stranger/rescue")
    assert code == 1
    assert f"{command} is nothing for a pull request from a fork" in log
    assert company.box.requests() == []


def test_ci_runs_what_a_person_runs_on_every_python(company: Yard) -> None:
    payload = {"ref": "refs/heads/main", "after": company.repo.branches["main"], "deleted": False}
    ran = company.run(
        "ci", "push", payload, company.repo.branches["main"], "test", lay={".ci/run": 'echo "this is what CI runs"\n'}
    )
    assert ran.code == 0, ran.log
    for python in ("3.11", "3.12", "3.13"):
        assert f"setup-python {python} update-environment=true" in ran.log
    assert ran.log.count("| this is what CI runs") == 3
