"""Codes and severities, action ids, the digest's rows (§4)."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from reconciler.model.plan import (
    Action,
    Change,
    Place,
    Subject,
    group_action_id,
    make_finding,
    person_action_id,
    plan_digest,
)
from reconciler.model.readings import Questions

ERRORS = (
    "frozen group_clash marker_bad marker_twice bad_name duplicate_login duplicate_sso half_made role_change "
    "unconfirmed leaver_kept"
)
WARNINGS = (
    "adopt_blocked blocked_login both_roles conflict cycle edit_waiting expired group_gone group_missing group_moved "
    "group_renamed guest kept_disabled no_login no_mobile_seat no_seat orphaned possible_rename protected "
    "reading_moved unmanaged"
)


@pytest.mark.parametrize("code", ERRORS.split())
def test_errors(code: str) -> None:
    assert make_finding(code, "").severity == "error"


@pytest.mark.parametrize("code", WARNINGS.split())
def test_warnings(code: str) -> None:
    assert make_finding(code, "").severity == "warning"


def test_no_other_code() -> None:
    with pytest.raises(KeyError):
        make_finding("other", "")


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("arguments", "twice", "hashed"),
    [
        (("technician", "e", 7), False, "technician\0e"),
        (("admin", "e", None), False, "admin\0e"),
        (("technician", None, 7), False, "technician\0node:7"),
        (("technician", None, 7), True, "technician\0node:7"),
        (("technician", "e", 7), True, "technician\0e\0node:7"),
    ],
)
def test_ids(arguments: tuple[Any, ...], twice: bool, hashed: str) -> None:
    assert person_action_id(*arguments, twice=twice) == sha(hashed)[:16]


def action(role: str, subject: Subject, *changes: Change) -> Action:
    group = Place(before="A", after=None)
    return Action(
        id="x", verbs=("update",), role=role, mapping="m", subject=subject, group=group, changes=changes, reason="r"
    )


def test_digest_rows_by_role_then_entra_id_node_or_path() -> None:
    changes = (Change(field="name", before="a", after="b"), Change(field="login", before=None, after="c"))
    actions = [
        action("technician", Subject(path="Z")),
        action("technician", Subject(entra_id="zz", node_id=3)),
        action("technician", Subject(node_id=12)),
        action("technician", Subject(entra_id="e", node_id=1), *changes),
        action("admin", Subject(entra_id="zz")),
    ]
    group = '"group":{"after":null,"before":"A"}'
    rows = [
        ("[]", '"zz"', "null", "admin"),
        (
            '[{"after":"c","before":null,"field":"login"},{"after":"b","before":"a","field":"name"}]',
            '"e"',
            "1",
            "technician",
        ),
        ("[]", "null", "12", "technician"),
        ("[]", "null", "null", "technician"),
        ("[]", '"zz"', "3", "technician"),
    ]
    text = ",".join(
        f'{{"changes":{changed},"entra_id":{who},{group},"node_id":{node},"role":"{role}","verbs":["update"]}}'
        for changed, who, node, role in rows
    )
    assert plan_digest(actions) == plan_digest(reversed(actions)) == sha(f"[{text}]")


def test_digest_leaves_words_for_readers_out() -> None:
    one = action("technician", Subject(entra_id="e", login="a", name="b", presence="Online"))
    other = one.model_copy(update={"subject": Subject(entra_id="e"), "reason": "other", "id": "y", "line": 9})
    assert plan_digest([one]) == plan_digest([other])


@pytest.mark.parametrize("kind", ["details", "accounts", "addresses", "again"])
def test_questions_are_open_while_any_kind_is(kind: str) -> None:
    questions = Questions()
    assert not questions
    getattr(questions, kind).add("x")
    assert questions


def test_after_is_the_new_value() -> None:
    changed = action("technician", Subject(), Change(field="enabled", before=True, after=False))
    assert changed.after("enabled") is False
    assert changed.after("name") is None


def test_a_groups_id_hashes_its_role_and_path() -> None:
    assert group_action_id("technician", "A/B") == sha("group\0technician\0A/B")[:16]
