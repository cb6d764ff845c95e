"""The issue about refused guards and frozen mappings: what is wrong, what it means, what helps.

The same trouble gives the same text on the same day, by whichever run it is made: nothing is sent then.
"""

from __future__ import annotations

from reconciler.model.comment_marker import make_comment_marker
from reconciler.model.plan import Finding, Guard, Outcomes
from reconciler.render.comment import COMMENT_BUDGET
from reconciler.render.fitting import fit, listed, size_of
from reconciler.render.safe import code_block, code_span, visible
from reconciler.render.words import guard_words, many, permits_for

_UNFOLDED = 12
_MOST_PERMITS = 500


def is_well(outcomes: Outcomes) -> bool:
    """No guard refused and no mapping is frozen."""
    return not _refused(outcomes) and not _frozen(outcomes)


def alarm_title(file: str) -> str:
    return f"Rescue is not kept up as {visible(file)} says"


def render_alarm(outcomes: Outcomes, file: str) -> str:
    """The issue's text; when all is well, the text it is closed with."""
    marker = make_comment_marker("alarm", file)
    if is_well(outcomes):
        return f"{marker}\nAll is well again: no guard refuses, and no mapping of {code_span(file)} is frozen.\n"
    refused, frozen = _refused(outcomes), _frozen(outcomes)
    parts = [f"{marker}\nFound by the last apply of {code_span(file)}. This issue closes itself when it is over."]
    if refused:
        items = [f"- {code_span(guard_words(guard))}" for guard in refused]
        parts.append("### A guard refuses\n\n" + _some(items))
        parts.append(_permits(refused, outcomes))
    if frozen:
        items = [f"- {code_span(finding.mapping or '')}: {code_span(finding.message)}" for finding in frozen]
        parts.append(
            f"### {many(len(frozen), 'mapping')} frozen\n\nNothing is written for the people of a mapping whose source "
            "cannot be trusted, except that certain leavers are disabled.\n\n" + _some(items)
        )
    return "\n\n".join(parts) + "\n"


def _permits(refused: list[Guard], outcomes: Outcomes) -> str:
    ids = sum(len(guard.actions) for guard in refused)
    text = (
        "If it is right, a reviewed `permits:` entry lets it pass; the next plan on a pull request prints it. If not, "
        "look at the Entra groups first."
    )
    entry = code_block(permits_for(refused, outcomes.started_at), "yaml")
    if not 0 < ids <= _MOST_PERMITS or size_of(entry) > COMMENT_BUDGET // 3:
        return text
    return f"If it is right, this goes into the file, reviewed; if not, look at the Entra groups first.\n\n{entry}"


def _some(items: list[str]) -> str:
    make = listed(items, lambda count: f"… and {count:,} more", _UNFOLDED)
    return fit(len(items), COMMENT_BUDGET // 3, make)


def _refused(outcomes: Outcomes) -> list[Guard]:
    return [guard for guard in outcomes.guards if not guard.passed]


def _frozen(outcomes: Outcomes) -> list[Finding]:
    return [finding for finding in outcomes.findings if finding.code == "frozen"]
