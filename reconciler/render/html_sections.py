"""The parts of the page that need no script: what is lost, guards, findings, counts, seats, mappings, digests."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

from reconciler.model.plan import VERBS, Action, ActionOutcome, Edit, Finding, Guard, MappingState, Plan, SeatCount
from reconciler.render.edits import word
from reconciler.render.elements import Html, element, foreign, joined, table
from reconciler.render.words import change_words, many, sign_of, subject_of, verbs_of

SHOWN = 100
"""Entries of one list that are always built. Those after them are there for whoever has no script; with one, the list
of actions shows them."""
FOLD_ABOVE = 20
"""Findings of one code, and guards of one mapping each, that are shown unfolded."""
_WHOM = ("administrators", "administrators left; the limit is the least")
_REST = ("unchanged", "unmanaged", "blocked", "kept_disabled", "frozen_mappings")


class Section(NamedTuple):
    """A part of the page; `link` is what leads to it from the contents."""

    link: Html
    html: Html


def section(
    anchor: str, title: str, *content: Html | None, count: int | None = None, note: str | None = None, class_: str = ""
) -> Section:
    """Under a heading that can be focused: a title with a count, or with a word after a colon that links leave out."""
    number = element("span", f"{count:,}", class_="count") if count is not None else None
    heading = element("h2", title, " " if number else None, number, id=f"{anchor}-title", tabindex="-1")
    hint = element("p", note, class_="note") if note else None
    shape = class_ or False
    made = element("section", heading, hint, *content, id=anchor, aria_labelledby=f"{anchor}-title", class_=shape)
    link = element("a", title.partition(":")[0], " " if number else None, number, href=f"#{anchor}")
    return Section(link, made)


def actions_list(actions: Sequence[Action], file: str | None, class_: str) -> Html:
    """One line a person or group: what happens, to whom, where, why."""
    made = (_action(action, file) for action in actions)
    shown = element("ul", *islice(made, SHOWN), class_=f"list {class_}")
    if len(actions) <= SHOWN:
        return shown
    return joined(shown, element("noscript", element("ul", *made, class_=f"list {class_}")))


def edits_table(edits: Sequence[Edit]) -> Html:
    """The keys of the file that the edit edits, with their values as the file has them."""
    rows: list[list[str | int | None]] = []
    for edit in edits:
        before, after = (None if value is None else foreign(word(value)) for value in (edit.before, edit.after))
        rows.append([element("code", foreign(edit.key)), before or "not there", after or "removed", edit.people])
    return table(["key", "before", "after", "people affected"], rows, range(3, 4), "Edited keys")


def findings_list(findings: Sequence[Finding]) -> Html:
    """By code, errors first, in the order of the plan; a code with many of them is folded."""
    by_code: dict[str, list[Html]] = {}
    for severity in ("error", "warning"):
        for finding in findings:
            if finding.severity == severity:
                by_code.setdefault(finding.code, []).append(_finding(finding))
    made = []
    for code, listed in by_code.items():
        lines = element("ul", *listed, class_="list findings")
        if len(listed) > FOLD_ABOVE:
            lines = element("details", element("summary", element("code", code), f" {len(listed):,}"), lines)
        made.append(lines)
    return joined(*made)


def guards_tables(guards: Sequence[Guard]) -> Html:
    """Every guard, those that refused first; many that passed for one mapping each are folded."""
    folded = [guard for guard in guards if guard.passed and guard.mapping is not None]
    if len(folded) <= FOLD_ABOVE:
        return _guards_table(guards)
    shown = [guard for guard in guards if not guard.passed or guard.mapping is None]
    summary = element("summary", f"{len(folded):,} guards of one mapping each passed")
    return joined(_guards_table(shown), element("details", summary, _guards_table(folded)))


def _guards_table(guards: Sequence[Guard]) -> Html:
    rows: list[list[str | int | None]] = []
    for guard in sorted(guards, key=lambda guard: guard.passed):
        word = "refused" if not guard.passed else "passed" if guard.limit is not None else "not judged"
        verdict = element("span", word, class_="verdict " + word.replace(" ", "-"))
        whom = element("small", _WHOM[guard.name == "min_admins"]) if guard.role == "admin" else None
        name = joined(element("code", guard.name), whom)
        mapping = foreign(guard.mapping) if guard.mapping is not None else None
        rows.append([name, mapping, verdict, guard.measured, guard.of, guard.limit, guard.permitted or None])
    heads = ["guard", "mapping", "verdict", "counted", "of", "limit", "permitted"]
    return table(heads, rows, range(3, 7), "Guards")


def permit(lines: Sequence[str], where: str | None) -> Html:
    """The entry to paste, whole."""
    return element(
        "div",
        element("p", "If it is right, this goes into ", foreign(where or "the file"), ", reviewed:"),
        element("pre", _code(lines), id="permit", tabindex="0"),
        class_="permit",
    )


def counts(plan: Plan) -> Html:
    """What is to be done by its first verb, and whom the plan leaves as they are."""
    todo = [(verb.replace("_", " "), getattr(plan.summary, verb)) for verb in VERBS]
    rest = [(name.replace("_", " "), getattr(plan.summary, name)) for name in _REST]
    return joined(_figures(todo, "figures"), _figures(rest, "figures rest"))


def tally(counted: dict[str, int]) -> Html:
    """How many actions came to which end."""
    return _figures(list(counted.items()), "figures")


def seats_table(technician: SeatCount, mobile: SeatCount) -> Html:
    rows: list[list[str | int | None]] = []
    for name, count in (("Technician seats", technician), ("Mobile licences", mobile)):
        without: Html | None = None
        if count.without:
            names = [foreign(login, "login") for login in count.without]
            listed = element("ul", *[element("li", name) for name in names])
            without = element("details", element("summary", many(len(names), "person")), listed)
        rows.append([name, count.bought, count.before, count.freed, count.taken, count.after, without])
    heads = ["", "bought", "before", "freed", "taken", "after", "without"]
    return table(heads, rows, range(1, 6), "Seats and licences")


def mappings_table(mappings: Sequence[MappingState]) -> Html:
    rows: list[list[str | int | None]] = []
    for state in mappings:
        verdict = element("span", state.state, class_=f"verdict {state.state}")
        groups = foreign(state.entra_group), foreign(state.rescue_group)
        rows.append([foreign(state.name), verdict, *groups, state.members, len(state.not_created) or None])
    heads = ["mapping", "state", "Entra group", "Rescue group", "members", "not created"]
    return table(heads, rows, range(4, 6), "Mappings")


def facts(*told: tuple[str, Html | str | int | None]) -> Html:
    """Names and values; those without a value are left out."""
    pairs = [element("div", element("dt", name), element("dd", value)) for name, value in told if value is not None]
    return element("dl", *pairs, class_="facts")


def _action(action: Action, file: str | None) -> Html:
    role = element("span", "administrator", class_="tag") if action.role == "admin" else None
    place = action.group.before if action.group.before is not None else action.group.after
    details: list[Html | str | None] = [foreign(action.reason)]
    details += [joined("; ", foreign(words)) for words in change_words(action)]
    ended = None
    if isinstance(action, ActionOutcome):
        ended = element("span", action.outcome, class_=f"verdict {action.outcome}")
        if action.message and action.outcome != "done":
            details = [foreign(action.message)]
    line = element("span", f"{file}:{action.line}", class_="where") if file and action.line else None
    return element(
        "li",
        element("span", sign_of(action), class_="sign", aria_hidden="true"),
        element("span", verbs_of(action), class_="verb"),
        element("span", foreign(subject_of(action), "login"), role, ended, class_="who"),
        element("span", foreign(place), class_="place"),
        element("span", *details, " ", line, class_="why"),
    )


def _finding(finding: Finding) -> Html:
    about = foreign(finding.login, "login") if finding.login is not None else None
    mapping = foreign(finding.mapping, "tag") if finding.mapping is not None else None
    return element(
        "li",
        element("span", finding.severity, class_=f"verdict {finding.severity}"),
        element("code", finding.code),
        element("span", about, mapping, class_="who"),
        element("span", foreign(finding.message), class_="why"),
    )


def _figures(figures: Sequence[tuple[str, int]], class_: str) -> Html:
    return element(
        "dl",
        *[
            element("div", element("dt", name), element("dd", f"{count:,}"), class_=False if count else "none")
            for name, count in figures
        ],
        class_=class_,
    )


def _code(lines: Sequence[str]) -> Html:
    """Our own lines, whole however long they are: only ids and names of guards are in them."""
    return element("code", Html("\n".join(line.replace("&", "&amp;").replace("<", "&lt;") for line in lines)))
