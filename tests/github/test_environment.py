"""What Actions tells a step, and what cannot be used of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reconciler.errors import CredentialsError, UsageError
from reconciler.github.environment import API, as_link, load_environment, path_in_repository
from reconciler.github.step import append_outputs, append_summary, summary_room

SHA, HEAD = "a" * 40, "b" * 40


def event_file(folder: Path, event: object) -> str:
    file = folder / "event.json"
    file.write_text(json.dumps(event), encoding="utf-8")
    return str(file)


def test_a_pull_request_as_actions_has_it(tmp_path: Path) -> None:
    found = load_environment(
        {
            "GITHUB_API_URL": "https://ghe.example/api/v3",
            "GITHUB_REPOSITORY": "contoso/rescue",
            "GITHUB_TOKEN": "t0",
            "GH_TOKEN": "t1",
            "GITHUB_EVENT_NAME": "pull_request",
            "GITHUB_EVENT_PATH": event_file(tmp_path, {"pull_request": {"number": 7, "head": {"sha": HEAD}}}),
            "GITHUB_SHA": SHA,
            "GITHUB_REF": "refs/pull/7/merge",
            "GITHUB_SERVER_URL": "https://ghe.example",
            "GITHUB_RUN_ID": "99",
        }
    )
    assert (found.api_url, found.needed_repository(), found.needed_token()) == (
        "https://ghe.example/api/v3",
        "contoso/rescue",
        "t0",
    )
    assert (found.pull, found.head_sha, found.sha, found.event_name) == (7, HEAD, SHA, "pull_request")
    assert found.run_url == "https://ghe.example/contoso/rescue/actions/runs/99"


def test_nothing_is_there_outside_of_actions() -> None:
    found = load_environment({"GH_TOKEN": "t1"})
    assert (found.api_url, found.pull, found.head_sha, found.sha, found.run_url) == (API, None, None, None, None)
    assert found.needed_token() == "t1"
    with pytest.raises(UsageError, match="which repository"):
        found.needed_repository()
    with pytest.raises(CredentialsError, match="no token"):
        load_environment({"GITHUB_TOKEN": " "}).needed_token()


@pytest.mark.parametrize(
    ("event", "pull", "head"),
    [
        ({"issue": {"number": 3, "pull_request": {}}}, 3, None),
        ({"issue": {"number": 3}}, None, None),
        ({"pull_request": {"number": "7", "head": {"sha": HEAD}}}, None, HEAD),
        ({"pull_request": {"number": True, "head": None}}, None, None),
        ({"pull_request": {"number": 7, "head": {"sha": "main"}}}, 7, None),
        ({"after": SHA}, None, None),
        ([], None, None),
    ],
)
def test_events(tmp_path: Path, event: object, pull: int | None, head: str | None) -> None:
    found = load_environment({"GITHUB_EVENT_PATH": event_file(tmp_path, event)})
    assert (found.pull, found.head_sha) == (pull, head)


def test_the_ref_tells_the_pull_request_where_the_event_does_not() -> None:
    assert load_environment({"GITHUB_REF": "refs/pull/12/merge"}).pull == 12
    assert load_environment({"GITHUB_REF": "refs/heads/pull/12"}).pull is None


def test_what_cannot_be_used_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not OWNER/NAME"):
        load_environment({"GITHUB_REPOSITORY": "contoso/rescue/../x"})
    with pytest.raises(UsageError, match="cannot be read"):
        load_environment({"GITHUB_EVENT_PATH": str(tmp_path / "none.json")})
    (tmp_path / "deep.json").write_text("[" * 100_000)
    with pytest.raises(UsageError, match="cannot be read"):
        load_environment({"GITHUB_EVENT_PATH": str(tmp_path / "deep.json")})


@pytest.mark.parametrize("link", ["https://x.example/a)b", "javascript:alert(1)", "https://x.example/a b", "", None])
def test_addresses_that_could_act_in_markdown_are_left_out(link: str | None) -> None:
    assert as_link(link) is None


def test_the_file_is_named_as_in_the_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "conf").mkdir()
    monkeypatch.chdir(tmp_path / "conf")
    inside = {"GITHUB_WORKSPACE": str(tmp_path)}
    assert path_in_repository("./mappings.yaml", {}) == "mappings.yaml"
    assert path_in_repository("mappings.yaml", inside) == "conf/mappings.yaml"
    assert path_in_repository("../mappings.yaml", inside) == "mappings.yaml"
    assert path_in_repository(str(tmp_path / "conf" / "a.yaml"), inside) == "conf/a.yaml"
    assert path_in_repository("a.yaml", {"GITHUB_WORKSPACE": "/elsewhere"}) == "a.yaml"
    for bad in ("x" * 201, "a\nb.yaml", "a\x1b[1m"):
        with pytest.raises(UsageError, match="cannot be used on GitHub"):
            path_in_repository(bad, {})


def test_the_steps_own_files_are_added_to(tmp_path: Path) -> None:
    environ = {"GITHUB_STEP_SUMMARY": str(tmp_path / "summary"), "GITHUB_OUTPUT": str(tmp_path / "output")}
    assert summary_room(environ) == 1 << 20
    append_summary(environ, "one\n")
    append_summary(environ, "two")
    assert (tmp_path / "summary").read_text() == "one\ntwo\n"
    assert summary_room(environ) == (1 << 20) - 8
    assert append_outputs(environ, {"digest": "d", "edit-digest": ""})
    assert (tmp_path / "output").read_text() == "digest=d\nedit-digest=\n"
    assert not append_outputs({}, {"digest": "d"})
    assert summary_room({}) == 0
    with pytest.raises(ValueError, match="several lines"):
        append_outputs(environ, {"digest": "d\nchanges=0"})
    with pytest.raises(UsageError, match="cannot be written"):
        append_outputs({"GITHUB_OUTPUT": str(tmp_path)}, {"digest": "d"})
