"""The plan and the outcomes as JSON: the fields of product.md §4, and plans read back from it."""

from __future__ import annotations

from typing import TypeVar

from pydantic import ValidationError

from reconciler.errors import UsageError
from reconciler.model.plan import Outcomes, Plan

V = TypeVar("V", Plan, Outcomes)


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
        return model.model_validate_json(text)
    except ValidationError as invalid:
        first = invalid.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "the file"
        raise UsageError(f"{where} is no {what}: {field}: {first['msg']}", advice=advice) from None
