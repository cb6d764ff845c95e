"""What `doctor` found: one verdict a check, each with its remedy, and what `--probe` saw of Rescue's answers.

Field names are edges, as those of the plan are: minor versions only add. No secret is ever in one.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict

from reconciler.model.text import encodable

Verdict = Literal["ok", "warning", "failed", "not checked"]
Text = Annotated[str, AfterValidator(encodable)]


class CheckupModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Check(CheckupModel):
    """One thing looked at. `remedy` is empty where nothing has to be done."""

    name: Text
    verdict: Verdict
    message: Text
    remedy: Text = ""


class Section(CheckupModel):
    """Checks about one side, in the order they were made."""

    title: str
    checks: tuple[Check, ...]


class Answered(CheckupModel):
    """What one question of rescue-api.md §11 was answered with: shapes, never what stands in them."""

    question: str
    lines: tuple[str, ...]


class Checkup(CheckupModel):
    format_version: Literal["1.0"] = "1.0"
    file: Text
    sections: tuple[Section, ...]
    by_hand: tuple[str, ...]
    """What no API shows and a person has to look at."""
    probe: tuple[Answered, ...] | None = None
    """None: not asked for."""

    def count(self, verdict: Verdict) -> int:
        return sum(check.verdict == verdict for section in self.sections for check in section.checks)


def passed(name: str, message: str) -> Check:
    return Check(name=name, verdict="ok", message=message)


def doubtful(name: str, message: str, remedy: str) -> Check:
    """A warning: it works, and somebody should look."""
    return Check(name=name, verdict="warning", message=message, remedy=remedy)


def failed(name: str, message: str, remedy: str) -> Check:
    return Check(name=name, verdict="failed", message=message, remedy=remedy)


def unchecked(name: str, because: str) -> Check:
    """Something that could not be looked at, since what it depends on failed."""
    return Check(name=name, verdict="not checked", message=because)
