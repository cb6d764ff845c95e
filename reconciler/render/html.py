"""A plan, and what became of it, as one page: no network, no storage, nothing foreign active, readable without script.

What is lost comes first, then guards, findings, seats, the tree of groups before and after, and every action in a list
that the page's script filters and builds only where it is looked at. The policy in its head lets exactly this style and
this script act, by their hashes; every other text of the page is escaped (`elements`) or data (`html_data`).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from reconciler.errors import NotReviewed
from reconciler.model.plan import Action, Finding, Guard, Outcomes, Plan
from reconciler.render import html_sections as parts
from reconciler.render.edits import people_of_edit
from reconciler.render.elements import Html, element, foreign, joined
from reconciler.render.html_data import make_data
from reconciler.render.words import many, part_lines, permit_lines, permits_for

STYLES = ("page.css", "lists.css", "tree.css")
SCRIPTS = ("elements.js", "model.js", "rows.js", "list.js", "filters.js", "tree.js", "start.js")
_ENDINGS = {
    0: "everything is done",
    1: "could not read, network, or a bug",
    2: "the file or the flags were wrong",
    4: "a guard refused: nothing was written",
    5: "not the reviewed plan: nothing was written",
    6: "done in part",
}


def render_plan(plan: Plan, file: str) -> bytes:
    """The whole plan as a page in UTF-8, ending in a line break."""
    losses = [action for action in plan.let_through if action.removal]
    held = frozenset(plan.held)
    waiting = [action for action in plan.actions if action.id in held]
    lost = many(len(losses), "person") + (" loses access" if len(losses) == 1 else " lose access")
    title = f"{many(plan.summary.changes_total, 'change')}, {lost if losses else 'nobody loses access'}"
    about = parts.facts(
        ("file", foreign(file)),
        ("shown", foreign(" ".join(part_lines(plan))) if plan.only else None),
        ("made at", plan.made_at),
        ("SSO IDs checked", plan.sso_verified),
        ("digest", element("code", plan.digest)),
        ("edit digest", element("code", plan.edit_digest) if plan.edit_digest else None),
        ("config digest", element("code", plan.config_digest)),
    )
    sections = [
        _edits(plan),
        _losses(losses, "Loses access", "People who can do less once this plan is applied.", file),
        _losses(waiting, "Held back", "What a guard holds back: it is not applied.", file, anchor="held"),
        _guards(plan.guards, permit_lines(plan), file, refused=plan.refused),
        _stopped(plan.stopped, file),
        parts.section("counts", "Summary", parts.counts(plan)),
        parts.section("seats", "Seats and licences", parts.seats_table(plan.seats.technician, plan.seats.mobile)),
        _findings(plan.findings),
        _tree(plan.actions),
        _all(plan.actions, plan.stopped),
        parts.section("mappings", "Mappings", parts.mappings_table(plan.mappings)) if plan.mappings else None,
        parts.section("about", "About this plan", about),
    ]
    data = make_data(file, plan.actions, plan.stopped, plan.held, plan.mappings, plan.guards)
    return _page("Rescue plan", title, joined(foreign(file), f" · {plan.made_at}"), sections, data)


def render_outcomes(outcomes: Outcomes) -> bytes:
    """What became of a plan, likewise: what was not done first."""
    counted: dict[str, int] = {}
    for action in outcomes.actions:
        counted[action.outcome] = counted.get(action.outcome, 0) + 1
    missed = [action for action in outcomes.actions if action.outcome != "done"]
    lost = [action for action in outcomes.actions if action.removal and action.outcome == "done"]
    title = ", ".join(f"{count:,} {result}" for result, count in counted.items()) or "Nothing to do"
    equal = {True: "yes", False: "not yet", None: "not read again"}[outcomes.converged]
    about = parts.facts(
        ("exit code", f"{outcomes.exit_code}: {_ENDINGS.get(outcomes.exit_code, 'see the log')}"),
        ("Rescue equals the plan", equal),
        ("ended by", foreign(outcomes.error) if outcomes.error is not None else None),
        ("account", str(outcomes.account_id) if outcomes.account_id is not None else None),
        ("started at", outcomes.started_at),
        ("ended at", outcomes.ended_at),
        ("digest", element("code", outcomes.digest) if outcomes.digest is not None else None),
        ("edit digest", element("code", outcomes.edit_digest) if outcomes.edit_digest else None),
    )
    refused = [guard for guard in outcomes.guards if not guard.passed]
    permit = permits_for(refused, outcomes.started_at)
    sections = [
        parts.section("about", "How it ended", about),
        _edits(outcomes),
        _losses(missed, "Not done", "Failed, skipped, stale, unknown or held back, and why.", None, anchor="missed"),
        _losses(lost, "Lost access", "People who can do less now.", None),
        _guards(outcomes.guards, permit, None, refused="held" not in counted),
        _stopped(outcomes.stopped, None) if outcomes.exit_code == NotReviewed.exit_code else None,
        parts.section("counts", "Summary", parts.tally(counted)) if counted else None,
        _findings(outcomes.findings),
        _tree(outcomes.actions),
        _all(outcomes.actions, ()),
    ]
    data = make_data(None, outcomes.actions, (), (), (), outcomes.guards)
    account = f"account {outcomes.account_id} · " if outcomes.account_id is not None else ""
    told = f"{account}{outcomes.ended_at}"
    return _page("Rescue apply", title, told, sections, data)


def _losses(
    actions: Sequence[Action], title: str, note: str, file: str | None, anchor: str = "losses"
) -> parts.Section | None:
    if not actions:
        return None
    listed = parts.actions_list(actions, file, anchor)
    return parts.section(anchor, title, listed, count=len(actions), note=note, class_="loss")


def _guards(guards: Sequence[Guard], permit: Sequence[str], file: str | None, *, refused: bool) -> parts.Section | None:
    if not guards:
        return None
    violated = any(not guard.passed for guard in guards)
    word = (
        "refused, nothing is written" if refused else "removals held back, the rest goes on" if violated else "passed"
    )
    entry = parts.permit(permit, file) if violated else None
    return parts.section(
        "guards", f"Guards: {word}", parts.guards_tables(guards), entry, class_="loss" if violated else ""
    )


def _edits(value: Plan | Outcomes) -> parts.Section | None:
    """What was edited, where there was a file to compare with; the people where no key alone accounts for them."""
    if not value.edits:
        return None
    note = f"Since the file before the edit; together they affect {many(people_of_edit(value), 'person')}."
    return parts.section("edits", "Edited keys", parts.edits_table(value.edits), count=len(value.edits), note=note)


def _stopped(stopped: Sequence[Action], file: str | None) -> parts.Section | None:
    if not stopped:
        return None
    listed = parts.actions_list(stopped, file, "stops")
    note = "Pending with the file as it was before the edit, and no longer wanted after it."
    return parts.section("stopped", "This edit stops", listed, count=len(stopped), note=note)


def _findings(findings: Sequence[Finding]) -> parts.Section | None:
    if not findings:
        return None
    errors = sum(finding.severity == "error" for finding in findings)
    note = f"{many(errors, 'error')}: a run ends with exit code 6 while there is one." if errors else None
    return parts.section("findings", "Findings", parts.findings_list(findings), count=len(findings), note=note)


def _tree(actions: Sequence[Action]) -> parts.Section | None:
    """Only a script fills it: without one there is a word saying so."""
    if not actions:
        return None
    note = (
        "Everybody who is changed, and nobody else, in the groups this is about: "
        "− loses access, › moves out, + arrives, ~ any other change."
    )
    place = element("div", id="tree", class_="built")
    return parts.section("groups", "Groups before and after", place, _unscripted("tree"), note=note)


def _all(actions: Sequence[Action], stopped: Sequence[Action]) -> parts.Section | None:
    if not actions and not stopped:
        return None
    filters = element("form", id="filters", class_="built", role="search", aria_label="Filter actions")
    count = element("p", id="count", role="status", class_="note")
    place = element("div", id="list", class_="built")
    hint = _unscripted("list of all actions")
    return parts.section("actions", "Actions", filters, count, place, hint, count=len(actions))


def _unscripted(what: str) -> Html:
    return element("noscript", element("p", f"The {what} needs JavaScript; the JSON report has it too.", class_="note"))


def _page(kind: str, title: str, told: str | Html, sections: Sequence[parts.Section | None], data: str) -> bytes:
    style, script = _asset(STYLES), _asset(SCRIPTS)
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; base-uri 'none'; "
        "form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", f"{kind}: {title}"),
        element("style", style),
    )
    shown = [section for section in sections if section is not None]
    links = [element("li", section.link) for section in shown]
    banner = element(
        "header",
        element("div", element("p", kind, class_="kind"), _themes(), class_="top"),
        element("h1", title),
        element("p", told, class_="told"),
        element("nav", element("ul", *links), aria_label="Contents"),
    )
    pieces = (
        "<!DOCTYPE html>\n",
        '<html lang="en">',
        head,
        "<body>",
        element("a", "Skip to the content", href="#main", class_="skip"),
        banner,
        element("main", *[section.html for section in shown], id="main", tabindex="-1"),
        '<script type="application/json" id="data">',
        data,
        "</script>",
        element("script", script),
        "</body></html>\n",
    )
    return b"".join([piece.encode() for piece in pieces])  # never as one text: the data of a large plan is large


def _themes() -> Html:
    """Three radio buttons that the style alone reads: no script and no storage."""
    choices = [
        element(
            "label",
            element("input", type="radio", name="theme", id=f"theme-{name}", checked=name == "system"),
            element("span", name),
        )
        for name in ("system", "light", "dark")
    ]
    return element("fieldset", element("legend", "Colours", class_="unseen"), *choices, class_="themes")


@cache
def _asset(names: tuple[str, ...]) -> Html:
    folder = files("reconciler.render").joinpath("page")
    return Html("\n".join(folder.joinpath(name).read_text(encoding="utf-8") for name in names))


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
