"""`groups search` and `groups rescue` against the sample account."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import Shell

MAPPED = "6a1d0c7e-0000-4000-8000-9f4e2b8d7c10"


def test_a_part_of_a_name_finds_its_groups(live: Shell) -> None:
    ran = live.run("groups", "search", "DESK")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.splitlines() == [
        "NAME                        OBJECT ID                             KIND      MEMBERS",
        "Helpdesk Americas           d94b1e60-0000-4000-8000-3a5f8c720d44  security  10 people",
        "Helpdesk APAC               91e6a3d8-0000-4000-8000-0c74f2db8e66  security  10 people",
        "Helpdesk EMEA               6a1d0c7e-0000-4000-8000-9f4e2b8d7c10  security  13 people",
        "Service Desk (all regions)  c3d01f4a-0000-4000-8000-86b2e75f9077  security  1 person, 3 groups",
    ]


def test_json_says_what_kind_each_is_and_that_all_were_looked_at(live: Shell) -> None:
    found: dict[str, Any] = json.loads(live.run("groups", "search", "n", "--format", "json").stdout)
    assert (found["term"], found["complete"], found["looked_at"]) == ("n", True, 11)
    groups = {group["name"]: group for group in found["groups"]}
    assert groups["Finance"]["kind"] == "Microsoft 365"
    assert groups["Finance"]["members"] == {"people": 4, "groups": 0, "more": False}
    assert groups["Works Council"]["hidden_membership"] is True
    assert groups["Works Council"]["members"] is None
    assert groups["Server Operations"]["kind"] == "security"


def test_hidden_membership_is_shown_as_such(live: Shell) -> None:
    assert live.run("groups", "search", "council").stdout.splitlines()[1].endswith("Microsoft 365  hidden membership")


def test_nothing_found_is_said_and_no_failure(live: Shell) -> None:
    ran = live.run("groups", "search", "no such thing")
    assert (ran.returncode, ran.stdout) == (0, "")
    assert ran.stderr == 'warning: no Entra group has "no such thing" in its name (11 looked at)\n'


def test_without_any_file_the_environment_tells_all(live: Shell) -> None:
    (live.folder / "mappings.yaml").unlink()
    assert "Contoso, account 1234567" in live.run("groups", "rescue").stdout
    assert "Helpdesk EMEA" in live.run("groups", "search", "emea").stdout


def test_a_draft_of_a_file_tells_the_tenant(live: Shell) -> None:
    (live.folder / "draft.yaml").write_text("entra: {cloud: us-gov}\nmappings:\n  - {entra_group: Desk}\n")
    assert "Helpdesk EMEA" in live.run("groups", "search", MAPPED, "draft.yaml").stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["search", "  "], 2, "the term to search for is empty"),
        (["search"], 2, "Missing argument 'TERM'"),
        (["search", "x", "none.yaml"], 2, "none.yaml: there is no such file"),
        (["rescue", "none.yaml"], 2, "none.yaml: there is no such file"),
        (["search", "x"], 1, "no complete credential for Microsoft Entra"),
        (["rescue"], 1, "no credential for Rescue"),
        (["other"], 2, "No such command 'other'"),
    ],
)
def test_what_cannot_be_done_is_said(shell: Shell, arguments: list[str], code: int, said: str) -> None:
    ran = shell.run("groups", *arguments)
    assert ran.returncode == code
    assert said in ran.stderr
    assert ran.stdout == ""


def test_an_entra_that_does_not_answer(live: Shell) -> None:
    ran = live.run("groups", "search", "x", GRAPH_BASE_URL="http://127.0.0.1:9/v1.0")
    assert ran.returncode == 1
    assert "no connection" in ran.stderr
    assert "->" in ran.stderr


def test_a_refused_token(live: Shell) -> None:
    ran = live.run("groups", "search", "x", GRAPH_ACCESS_TOKEN="nonsense")
    assert ran.returncode == 1
    assert "refused GRAPH_ACCESS_TOKEN (401)" in ran.stderr


def test_the_rescue_tree_with_node_ids(live: Shell) -> None:
    ran = live.run("groups", "rescue")
    assert (ran.returncode, ran.stderr) == (0, "")
    lines = ran.stdout.splitlines()
    assert lines[0] == "Contoso, account 1234567"
    found = {line[:23].strip(): line.split()[-3:] for line in lines[3:13]}
    assert found["(directly below)"][1:] == ["0", "0"]
    assert found["Server Operations"][1:] == ["5", "0"]
    assert [line[:23].rstrip() for line in lines[3:9]] == [
        "(directly below)", "  Americas", "    Field", "    Helpdesk", "  APAC", "    Helpdesk",
    ]  # fmt: skip
    assert "MOBILE" not in ran.stdout
    assert any(line.startswith("  Regional Administrators") for line in lines)


def test_the_tree_as_json_with_licences_and_what_that_cost(live: Shell) -> None:
    ran = live.run("groups", "rescue", "--licences", "--format", "json")
    assert ran.returncode == 0
    assert "--licences: 62 calls to Rescue, one for every person" in ran.stderr
    groups = {(group["role"], "/".join(group["path"])): group for group in json.loads(ran.stdout)["groups"]}
    desk = groups["technician", "EMEA/Helpdesk"]
    assert (desk["enabled"], desk["disabled"], desk["mobile"], desk["rpat"]) == (12, 1, 1, 0)
    assert groups["technician", "EMEA/Field"]["rpat"] == 1
    assert desk["path_is_unique"] is True
    assert groups["admin", "Auditors"]["disabled"] == 1


def test_without_licences_nobody_is_asked_about(live: Shell) -> None:
    groups = json.loads(live.run("groups", "rescue", "--format", "json").stdout)["groups"]
    assert {(group["mobile"], group["rpat"]) for group in groups} == {(None, None)}


def test_another_account_than_the_files_is_said(live: Shell) -> None:
    live.edit("account_id: 1234567", "account_id: 7654321")
    ran = live.run("groups", "rescue")
    assert ran.returncode == 0
    assert "the file is for account 7654321; this is account 1234567" in ran.stderr
