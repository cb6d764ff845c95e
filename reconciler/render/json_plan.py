"""The plan and the outcomes as JSON: the fields of product.md §4, and plans read back from it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import TypeVar

from pydantic import ValidationError

from reconciler.errors import UsageError
from reconciler.model.plan import Outcomes, Plan

V = TypeVar("V", Plan, Outcomes)
_WORD = re.compile(r"[a-z][a-z_]{0,59}")
_HEX = re.compile(r"[0-9a-f]{64}")


def render_json(value: Plan | Outcomes) -> str:
    """Indented JSON in the order of the schema, ending in a line break. ASCII, so that any tool can show it.

    `##[` is spelled otherwise: in the log of a job it would begin a command, wherever it stands in a line.
    """
    return value.model_dump_json(indent=2, ensure_ascii=True).replace("##[", r"##\u005b") + "\n"


def read_plan(text: str, where: str) -> Plan:
    """A plan saved earlier. Raises UsageError for a part of one, and, naming the first wrong field, for none."""
    plan = _read(Plan, text, where, "saved plan", "make one with `reconciler plan --out FILE`")
    if plan.only:
        raise UsageError(
            f"{where} is a part of a plan (--only)", advice="make the whole one with `reconciler plan --out FILE`"
        )
    return plan


def read_outcomes(text: str, where: str) -> Outcomes:
    """The outcomes of an apply, likewise."""
    return _read(Outcomes, text, where, "file of outcomes", "`reconciler apply --out FILE` writes one")


def _read(model: type[V], text: str, where: str, what: str, advice: str) -> V:
    try:
        value = model.model_validate_json(text)
    except ValidationError as invalid:
        first = invalid.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "the file"
        raise UsageError(f"{where} is no {what}: {field}: {first['msg']}", advice=advice) from None
    wrong = next(_strange(value), None)
    if wrong is not None:
        raise UsageError(f"{where} is no {what}: {wrong}", advice=advice)
    return value


def _strange(value: Plan | Outcomes) -> Iterator[str]:
    """What no plan of ours can hold and the types let pass; outputs rely on it, and show it without a second look."""
    moments = [value.made_at] if isinstance(value, Plan) else [value.started_at, value.ended_at]
    if not all(map(_is_moment, moments)):
        yield "it does not say when it was made"
    if not all(_HEX.fullmatch(digest) for digest in (value.digest, value.edit_digest) if digest is not None):
        yield "a digest of it is not 64 hex digits"
    for action in (*value.actions, *value.stopped):
        if not action.verbs:
            yield f"action {action.id[:16]!r} does nothing"
    if not all(_WORD.fullmatch(word) for word in [guard.name for guard in value.guards]):
        yield "a guard has a name that no guard has"
    if not all(_WORD.fullmatch(word) for word in [finding.code for finding in value.findings]):
        yield "a finding has a code that no finding has"


def _is_moment(text: str) -> bool:
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").year < 9999
    except ValueError:
        return False
