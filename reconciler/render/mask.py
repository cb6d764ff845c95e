"""Logins and names made unreadable, for comment, summary and log (`--mask`): `m***@contoso.example`, `M***`.

A plan is masked as a value and then rendered like any other, so that every output hides the same. Whatever looks like
an address is masked wherever it stands; names are known from the plan. Ids, groups and digests stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal, TypeVar, cast, get_origin

from pydantic import BaseModel

from reconciler.model.plan import Action, ActionOutcome, Change, Finding, Outcomes, Part, Plan, SeatCount, fields_of
from reconciler.model.text import normal_text

A = TypeVar("A", Action, ActionOutcome)
V = TypeVar("V")
_ADDRESS = re.compile(r"[^\s\"'`<>()\[\],;:|=]+@[^\s\"'`<>()\[\],;:|=]+")
_WORD = re.compile(r"\w+")
_PERSONAL = ("login", "name", "sso_id")
_SHORTEST = 2  # of a name of one letter the mask shows all there is


def mask_login(login: str) -> str:
    """The first character, and where the mailbox is."""
    mailbox, at, domain = login.rpartition("@")
    return f"{mailbox[:1]}***@{domain}" if at else mask_name(login)


def mask_name(name: str) -> str:
    return f"{name.lstrip()[:1]}***" if name.strip() else name


class Masker:
    """Knows the people of the plans it learnt, and strikes them out of any text."""

    def __init__(self) -> None:
        self._known: dict[str, dict[str, int]] = {}
        """Texts by their first word, with where in the text that word begins."""

    def learn(self, value: Plan | Outcomes) -> None:
        """Everybody a plan or its outcomes name."""
        actions = [*value.actions, *(value.stopped if isinstance(value, Plan) else ())]
        for action in actions:
            if action.subject.path is None:
                self.hide(action.subject.login, action.subject.upn, action.subject.name)
            for change in action.changes:
                if change.field in _PERSONAL:
                    self.hide(*(text for text in (change.before, change.after) if isinstance(text, str)))
        self.hide(*(finding.login for finding in value.findings))
        if isinstance(value, Plan):
            self.hide(*(login for state in value.mappings for login in state.not_created))

    def hide(self, *texts: str | None) -> None:
        """Logins and names that are to be struck out from here on."""
        for text in texts:
            for name in {text, normal_text(text)} if text else ():
                first = _WORD.search(name)
                if first and len(name) >= _SHORTEST:
                    self._known.setdefault(first.group(), {})[name] = first.start()

    def text(self, text: str) -> str:
        """The text with addresses and known names masked."""
        kept: list[str] = []
        end = 0
        for word in _WORD.finditer(text):
            for name, offset in self._known.get(word.group(), {}).items():
                start = word.start() - offset
                if start >= end and text.startswith(name, start) and not _joined(text, start + len(name)):
                    kept += [text[end:start], mask_login(name) if "@" in name else mask_name(name)]
                    end = start + len(name)
                    break
        return _ADDRESS.sub(lambda found: _mask_found(found.group()), "".join(kept) + text[end:])

    def value(self, value: V) -> V:
        """Any value of ours with each of its texts masked, words of a fixed list left out."""
        if isinstance(value, BaseModel | Part):
            fields = type(value).model_fields if isinstance(value, BaseModel) else fields_of(type(value))
            texts = {
                name: self.value(getattr(value, name))
                for name in fields
                if get_origin(fields[name].annotation) is not Literal
            }
            return cast(V, value.model_copy(update=texts))
        if isinstance(value, tuple):
            return cast(V, tuple(self.value(item) for item in value))
        return cast(V, self.text(value)) if isinstance(value, str) else value

    def plan(self, plan: Plan) -> Plan:
        self.learn(plan)
        seats = plan.seats
        return plan.model_copy(
            update={
                "actions": self._actions(plan.actions),
                "stopped": self._actions(plan.stopped),
                "findings": self._findings(plan.findings),
                "edits": tuple(self.value(edit) for edit in plan.edits),
                "mappings": tuple(
                    state.model_copy(update={"not_created": tuple(mask_login(login) for login in state.not_created)})
                    for state in plan.mappings
                ),
                "seats": seats.model_copy(
                    update={"technician": _mask_seats(seats.technician), "mobile": _mask_seats(seats.mobile)}
                ),
            }
        )

    def outcomes(self, outcomes: Outcomes) -> Outcomes:
        self.learn(outcomes)
        actions = tuple(self.outcome(outcome) for outcome in outcomes.actions)
        return outcomes.model_copy(
            update={
                "actions": actions,
                "findings": self._findings(outcomes.findings),
                "error": self.text(outcomes.error) if outcomes.error is not None else None,
                "edits": tuple(self.value(edit) for edit in outcomes.edits),
                "stopped": self._actions(outcomes.stopped),
            }
        )

    def outcome(self, outcome: ActionOutcome) -> ActionOutcome:
        return self._action(outcome).model_copy(update={"message": self.text(outcome.message)})

    def _actions(self, actions: Iterable[A]) -> tuple[A, ...]:
        return tuple(self._action(action) for action in actions)

    def _action(self, action: A) -> A:
        subject = action.subject
        if subject.path is None:
            login = mask_login(subject.login) if subject.login else subject.login
            upn = mask_login(subject.upn) if subject.upn else subject.upn
            name = mask_name(subject.name) if subject.name else subject.name
            subject = subject.model_copy(update={"login": login, "upn": upn, "name": name})
        changes = tuple(self._change(change) for change in action.changes)
        reason = self.text(action.reason)
        return action.model_copy(update={"subject": subject, "changes": changes, "reason": reason})

    def _change(self, change: Change) -> Change:
        def hidden(value: str | bool | None) -> str | bool | None:
            if not isinstance(value, str):
                return value
            if change.field in _PERSONAL:
                return mask_login(value)
            return self.text(value)

        return change.model_copy(update={"before": hidden(change.before), "after": hidden(change.after)})

    def _findings(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        return tuple(
            finding.model_copy(
                update={
                    "login": mask_login(finding.login) if finding.login else finding.login,
                    "message": self.text(finding.message),
                }
            )
            for finding in findings
        )


def _mask_seats(seats: SeatCount) -> SeatCount:
    return seats.model_copy(update={"without": tuple(mask_login(login) for login in seats.without)})


def _mask_found(address: str) -> str:
    """Masked already, or to be masked; a full stop at the end is the sentence's."""
    return address if re.fullmatch(r".?\*\*\*@.*", address) else mask_login(address)


def _joined(text: str, at: int) -> bool:
    """Does a word go on there?"""
    return at < len(text) and _WORD.match(text, at) is not None and _WORD.match(text, at - 1) is not None
