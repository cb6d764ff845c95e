"""An explanation as a person reads it in a terminal, or as JSON."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.model.explanation import Explanation, MarkerRead, Membership, NodeSeen, PersonExplained, RoleExplained
from reconciler.model.plan import Finding
from reconciler.render.safe import quoted, visible
from reconciler.render.text import action_lines
from reconciler.render.words import many
from reconciler.render.wrapping import hanging

_COLUMN = 11
_SHOWN = 8


def render_explanation(explanation: Explanation) -> str:
    """The whole text, ending in a line break."""
    asked = visible(explanation.asked)
    if not explanation.people:
        lines = hanging("", f"{asked}: unknown in Entra and in Rescue. Looked among:", "  ")
        for place in explanation.tried:
            lines += hanging("  * ", visible(place), "    ")
        return "\n".join(lines) + "\n"
    several = len(explanation.people) > 1
    lines = [*hanging("", f"{asked} means {many(len(explanation.people), 'person')}:", "  "), ""] if several else []
    for person in explanation.people:
        lines += _person_lines(person, explanation)
    return "\n".join(lines).rstrip("\n") + "\n"


def render_explanation_json(explanation: Explanation) -> str:
    return explanation.model_dump_json(indent=2) + "\n"


def _person_lines(person: PersonExplained, explanation: Explanation) -> list[str]:
    lines = _entra_lines(person) + _membership_lines(person, explanation.file)
    for exception in person.exceptions:
        lines += _entry("Exception", visible(exception))
    lines.append("")
    for role in person.roles:
        lines += _role_lines(role, explanation)
    return lines


def _entra_lines(person: PersonExplained) -> list[str]:
    entra = person.entra
    if entra is None:
        return _entry("Entra", visible(person.entra_note))
    state = f"{'enabled' if entra.enabled else 'disabled'}{', a guest' if entra.guest else ''}"
    lines = _entry("Entra", f"{visible(entra.name) or '(no name)'}, {state}")
    mail = f"mail {visible(entra.mail)}" if entra.mail else "no mail"
    lines += _entry("", f"UPN {visible(entra.upn)}, {mail}")
    return lines + _entry("", f"object id {entra.id}")


def _membership_lines(person: PersonExplained, file: str) -> list[str]:
    """The mapped groups that have them, one a line; the others in one entry, for that may be the point."""
    inside = [item for item in person.memberships if item.counts or item.how == "nested"]
    outside = [item for item in person.memberships if item.how == "none"]
    unknown = [item for item in person.memberships if item.how == "unknown"]
    lines: list[str] = []
    for number, item in enumerate(inside):
        lines += _entry("In" if not number else "", _membership(item, file, priorities=len(inside) > 1))
    if outside:
        none_at_all = " (none of the mapped groups)" if not inside and not unknown else ""
        lines += _entry("Not in", f"{_names(outside)}{none_at_all}")
    if unknown:
        lines += _entry("Unknown", f"whether in {_names(unknown)}: these groups cannot be read")
    return lines


def _membership(item: Membership, file: str, *, priorities: bool) -> str:
    how = {
        "direct": "a direct member",
        "included": "counted in by an override",
        "nested": "only through groups inside it, which are not followed",
    }[item.how]
    path = " > ".join(visible(name) for name in item.path) if len(item.path) > 1 else visible(item.entra_group)
    priority = f", priority {item.priority}" if priorities else ""
    frozen = ", FROZEN" if item.state == "frozen" else ""
    place = f"{visible(file)}:{item.line}"
    return (
        f"{path}, {how}: {item.role} in {visible(item.rescue_group)} by {visible(item.mapping)} "
        f"({place}{priority}{frozen})"
    )


def _names(items: Sequence[Membership]) -> str:
    shown = ", ".join(visible(item.entra_group) for item in items[:_SHOWN])
    return f"{shown} and {len(items) - _SHOWN} more" if len(items) > _SHOWN else shown


def _role_lines(role: RoleExplained, explanation: Explanation) -> list[str]:
    lines = _node_lines(role.node, explanation.file) if role.node else _entry("Rescue", f"no node as {role.role}")
    lines += _entry("Decided", visible(role.decided.text))
    lines += _entry("  by rule", ", ".join(role.decided.rules))
    lines.append("")
    if role.actions:
        head = "Would change"
        if explanation.guards_refuse:
            head += " (if guards did not refuse the whole plan)"
        if role.held:
            head += " (held back: a guard lets no removal through)"
        lines += [head, *action_lines(role.actions, explanation.file)]
        if role.needs:
            lines += ["Once this is done", *action_lines(role.needs, explanation.file)]
    else:
        lines += ["Would change: nothing", ""]
    return lines + _finding_lines(role.findings)


def _finding_lines(findings: Sequence[Finding]) -> list[str]:
    """Their findings, errors first as the plan has them, each with its mapping, broken to the width."""
    lines = ["Findings"] if findings else []
    for finding in findings:
        sign = "!" if finding.severity == "error" else "i"
        about = f"[{visible(finding.mapping)}] " if finding.mapping else ""
        lines += hanging(f"  {sign} {finding.code}  ", f"{about}{visible(finding.message)}", "    ")
    return [*lines, ""] if lines else []


def _node_lines(node: NodeSeen, file: str) -> list[str]:
    where = f" in {visible(node.group)}" if node.group else ""
    status = "disabled" if not node.enabled else f"enabled ({visible(node.status)})"
    lines = _entry("Rescue", f"{node.kind}{where}, node {node.id}: {visible(node.name) or '(no name)'}, {status}")
    lines += _entry("", f"login {visible(node.login) or '(none)'}")
    if node.sso_id is None:
        lines += _entry("", "SSO ID and licence could not be read")
    else:
        mobile = "with a mobile licence" if node.mobile else "no mobile licence"
        lines += _entry("", f"SSO ID {quoted(node.sso_id)}, {mobile}")
    for marker in node.markers:
        lines += _marker_lines(marker, file)
    return lines if node.markers else lines + _entry("Marker", "none")


def _marker_lines(marker: MarkerRead, file: str) -> list[str]:
    whose = "this file's" if marker.ours else "another owner's: never written by this file"
    if marker.mapping is not None:
        meant = f"{visible(marker.mapping)} ({visible(file)}:{marker.line})"
    else:
        meant = "no mapping of this file" if marker.ours else "not ours to tell"
    return [
        *_entry("Marker", visible(marker.text)),
        *_entry("  owner", f"{visible(marker.owner)}, {whose}"),
        *_entry("  person", marker.entra_id),
        *_entry("  mapping", f"{marker.mapping_prefix}: {meant}"),
        *_entry("  print", f"{marker.print}: {visible(marker.print_means)}"),
        *_entry("  licence", marker.licence_means),
        *_entry("  off", "yes (!off): disabled by us" if marker.off else "no: not disabled by us"),
    ]


def _entry(word: str, text: str) -> list[str]:
    """One line of the left column and its text, hanging."""
    return hanging(f"{word:<{_COLUMN}}", text, " " * _COLUMN)
