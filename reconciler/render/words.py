"""Words and signs every output shares, so that the terminal, the comment and the reports say the same thing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from reconciler.model.plan import Action, Change, Guard, Plan, SeatCount, Summary, Verb
from reconciler.render.safe import quoted, visible

SIGNS: dict[Verb, str] = {
    "create_group": "+",
    "adopt": "=",
    "create": "+",
    "enable": "^",
    "disable": "-",
    "update": "~",
    "move": ">",
}
FIELD_WORDS = {
    "login": "login",
    "name": "name",
    "sso_id": "SSO ID",
    "mobile_license": "mobile licence",
    "enabled": "enabled",
    "description": "link",
}
GUARD_WORDS = {
    "max_removals": "removal",
    "max_removals_per_mapping": "removal",
    "max_moves": "move",
    "max_identity_changes": "identity change",
    "max_creates": "creation",
    "max_group_creates": "group creation",
    "max_admin_grants": "grant of administrator's rights",
}


NO_GROUP = "(no group)"


def sign_of(action: Action) -> str:
    """One character: a removal is always `-`."""
    return "-" if action.removal else SIGNS[action.verbs[0]]


def verbs_of(action: Action) -> str:
    return "+".join(verb.replace("_", " ") for verb in action.verbs)


def what_of(action: Action) -> tuple[str, str]:
    """What happens, and to what: `create` and `technician`, `create` and `group`."""
    if action.subject.path is not None:
        return "create", "group"
    return verbs_of(action), action.role


def subject_of(action: Action) -> str:
    """Whom or what it is about: a login, or the path of a group."""
    return action.subject.login or action.subject.path or ""


def place_of(action: Action) -> str:
    """The Rescue group an action is listed under; administrators may sit in none."""
    return action.group.after or action.group.before or NO_GROUP


def change_words(action: Action) -> list[str]:
    """What changes, one clause a field, without what the verb says already. A marker is shown as the link it is."""
    told = {"enabled"} | ({"description"} if len(action.changes) > 1 or action.verbs != ("update",) else set())
    if "create" in action.verbs:
        told |= {"login"}
    if "create_group" in action.verbs:
        told |= {"name"}
    words = [_clause(change) for change in action.changes if change.field not in told]
    if "move" in action.verbs:
        words.append(f"from {visible(action.group.before or NO_GROUP)} (permissions change)")  # R99
    return words


def counts(summary: Summary) -> str:
    """`2 to create, 1 to update`; empty where nothing is to be done."""
    order: tuple[Verb, ...] = ("create_group", "adopt", "create", "enable", "update", "move", "disable")
    parts = [(getattr(summary, verb), verb) for verb in order]
    return ", ".join(
        f"{many(count, 'group')} to create" if verb == "create_group" else f"{count} to {verb}"
        for count, verb in parts
        if count
    )


def rest(summary: Summary) -> str:
    """The sentence after the counts: whom the plan leaves as they are, and why."""
    parts = [f"{summary.unchanged} unchanged."]
    if summary.unmanaged:
        parts.append(f"{summary.unmanaged} unmanaged, left alone.")
    if summary.kept_disabled:
        parts.append(f"{summary.kept_disabled} kept disabled.")
    if summary.blocked:
        parts.append(f"{summary.blocked} blocked.")
    if summary.frozen_mappings:
        parts.append(f"{many(summary.frozen_mappings, 'mapping')} frozen.")
    return " ".join(parts)


def part_lines(plan: Plan) -> list[str]:
    """The sentence that says so where only a part of the plan is shown."""
    if not plan.only:
        return []
    return [f"Shown is only {', '.join(plan.only)}; counts, seats, guards and digest are those of the whole plan."]


def not_created_lines(plan: Plan) -> list[str]:
    """One sentence for each mapping with members who are not in Rescue and not created; the JSON has their logins."""
    return [
        f"{state.name}: {many(len(state.not_created), 'member')} not in Rescue, not created (create_missing is false)."
        for state in plan.mappings
        if state.not_created
    ]


def seat_lines(plan: Plan) -> list[str]:
    """Technician seats and mobile licences before and after the plan: each where it changes or somebody has none."""
    seats, licences = plan.seats.technician, plan.seats.mobile
    lines = []
    if plan.actions or seats.without:
        lines.append(f"Seats: {_seat_words(seats)}.")
    if licences.freed or licences.taken or licences.without:
        lines.append(f"Mobile licences: {_seat_words(licences)}.")
    return lines


def guard_words(guard: Guard) -> str:
    """One guard as a clause: what was counted, of how many, against which limit of which name."""
    where = f"{visible(guard.mapping)}: " if guard.mapping else ""
    return f"{where}{_measured(guard)} ({guard.name})"


def guards_line(plan: Plan) -> str:
    """`passed (…)`, or the violations, all of them."""
    if plan.violations:
        verdict = f"{many(len(plan.held), 'action')} HELD BACK, the rest goes on" if plan.held else "REFUSED"
        return f"{verdict}: " + "; ".join(guard_words(guard) for guard in plan.violations)
    removals = [_measured(guard) for guard in plan.guards if guard.name == "max_removals"]
    return "passed" + (f" ({'; '.join(removals)})" if removals else "")


def permit_lines(plan: Plan) -> list[str]:
    """The `permits:` entry that would let the whole plan pass, ready to be pasted; good for a week (§6)."""
    return permits_for(plan.violations, plan.made_at)


def permits_for(violations: Iterable[Guard], made_at: str) -> list[str]:
    """The same for any guards that refused, at a moment as plans write it."""
    until = date.fromisoformat(made_at[:10]) + timedelta(days=7)
    lines = ["permits:"]
    for guard in violations:
        ids = ", ".join(f'"{action_id}"' for action_id in guard.actions)
        lines.append(f"  - {{guard: {guard.name}, actions: [{ids}], reason: write why, until: {until}}}")
    return lines


_PLURALS = {"person": "people", "grant of administrator's rights": "grants of administrator's rights"}


def many(count: int, word: str) -> str:
    """`1 person`, `2 people`, `3 mappings`."""
    plural = _PLURALS.get(word, f"{word}s")
    return f"{count:,} {word if count == 1 else plural}"


def by_place(actions: Iterable[Action]) -> list[tuple[str, list[Action]]]:
    """Actions under the group they are listed in, those of administrators first (§10.2 of adsync-behaviour.md)."""
    groups: dict[tuple[bool, str], list[Action]] = {}
    for action in actions:
        groups.setdefault((action.role != "admin", place_of(action)), []).append(action)
    ordered = sorted(groups.items(), key=lambda item: (item[0][0], item[0][1].casefold()))
    return [(place, listed) for (_, place), listed in ordered]


def _seat_words(count: SeatCount) -> str:
    words = f"{count.before} before, {count.freed} freed, {count.taken} taken, {count.after} after"
    if count.bought is not None:
        words += f", {count.bought} in all"
    return words + (f"; {many(len(count.without), 'person')} without" if count.without else "")


def _clause(change: Change) -> str:
    word = FIELD_WORDS[change.field]
    if change.field == "description":
        return f"{word} renewed" if change.after else f"{word} taken away"
    if change.field == "mobile_license":
        return f"{word} {'awarded' if change.after else 'released'}"
    if change.before is None:
        return f"{word} {quoted(change.after)}"
    return f"{word}: {quoted(change.before)} -> {quoted(change.after)}"


def _measured(guard: Guard) -> str:
    permitted = f", {guard.permitted} more permitted" if guard.permitted else ""
    if guard.name == "min_admins":
        least = "no limit" if guard.limit is None else f"at least {guard.limit}"
        return f"{many(guard.measured, 'administrator')} left of {guard.of}, {least}{permitted}"
    limit = "no limit" if guard.limit is None else f"limit {guard.limit}"
    whom = " administrators" if guard.role == "admin" else ""
    return f"{many(guard.measured, GUARD_WORDS.get(guard.name, 'action'))} of {guard.of}{whom}, {limit}{permitted}"
