"""What has been decided so far in one role, and what every rule needs to decide: markers, confirmations, the veto.

Survival, `protected` and `hold` are a veto over whatever the other rules would do (§1, §6), applied where an action is
taken on, so that they can say what they held back.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from reconciler.model.file import Settings
from reconciler.model.hierarchy import Details, Node, Tree
from reconciler.model.marker import Marker, print_of
from reconciler.model.plan import Action
from reconciler.model.text import normal_login, normal_text
from reconciler.planning.desired import Wanted
from reconciler.planning.people import LoginPatterns, People, find_override


@dataclass(slots=True)
class Decisions:
    """One role's actions as they come, in no order yet."""

    people: People
    tree: Tree
    actions: dict[str, Action] = field(default_factory=dict)
    """By action id."""
    needs: dict[str, str] = field(default_factory=dict)
    """Action id -> object id of the person who has to give up the login first (D16)."""
    newcomers: list[tuple[Wanted, Marker, str | None]] = field(default_factory=list)
    """People to be created, with their marker, and who has to give up the login first."""
    unchanged: int = 0
    kept_disabled: int = 0
    refills: int = 0
    """Creations that fill an enabled blank, and so take no seat (D14)."""
    _protected: LoginPatterns = field(init=False)
    _frozen_priorities: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        self._protected = LoginPatterns(self.people.mappings.protected)
        self._frozen_priorities = tuple(item.mapping.priority for item in self.people.paired if item.frozen is not None)

    @property
    def settings(self) -> Settings:
        return self.people.mappings.settings

    def add(
        self, action: Action | None, *, names: frozenset[str], giver: str | None = None, certain: bool = False
    ) -> bool:
        """Takes an action on, unless a veto holds it. True when it was taken."""
        if action is None:
            return False
        why = self._veto(action, names)
        if why is None:
            self.actions[action.id] = action
            if giver is not None:
                self.needs[action.id] = giver
            return True
        code = "leaver_kept" if certain else "protected"
        what = "has left and keeps access" if certain else f"not done: {' '.join(action.verbs)}"
        mapping = next((m for m in self.people.mappings.mappings if m.name == action.mapping), None)
        self.people.report(code, f"{what}: {why}", mapping=mapping, login=action.subject.login)
        self.people.blocked.add(action.subject.login or "")
        return False

    def _veto(self, action: Action, names: frozenset[str]) -> str | None:
        """Survival, `protected`, `hold`: why this action is not taken, or None."""
        after = action.after("login")
        logins = {normal_login(action.subject.login or "")} | (
            {normal_login(after)} if isinstance(after, str) else set()
        )
        shielded = self.shielded(frozenset(logins) | names)
        if shielded:
            return shielded
        everything = frozenset(logins) | names | frozenset({action.subject.entra_id or ""})
        hold = find_override(self.people.mappings.overrides, "hold", self.people.today, everything)
        return f"held until {hold.until} by an override (line {hold.line})" if hold else None

    def shielded(self, logins: frozenset[str]) -> str | None:
        """Why nobody with one of these normal logins is written, or None (§6)."""
        for login in sorted(logins):
            if login in self.people.survivors:
                return f"{login} is the account holder, a master administrator or the identity this runs as"
            if self._protected.holds(login):
                return f"{login} is protected by the file"
        return None

    def confirmed(self, node: Node) -> Details | None:
        """getUser's record, if it says what the tree said. Asks, and gives None, where it is not known yet.

        A record forged inside a Description, or a node that changed between the two readings, is not written.
        """
        people = self.people
        if not people.knows(node):
            return None
        actual = people.details(node)
        if actual is None:
            people.report("reading_moved", f"nothing this time: node {node.id} is no user any more", login=node.login)
            return None
        alike = (
            normal_login(actual.login) == normal_login(node.login)
            and normal_text(actual.name) == normal_text(node.name)
            and normal_text(actual.description) == normal_text(node.description)
            and actual.enabled == node.enabled
            and actual.type.lower() == node.type
        )
        if not alike:
            people.report(
                "reading_moved",
                f"nothing this time: the tree and getUser say different things of node {node.id}",
                login=node.login,
            )
            return None
        return actual

    def marker(self, wanted: Wanted, before: Marker | None) -> Marker:
        people = self.people
        return Marker(
            people.mappings.owner,
            wanted.person.id,
            wanted.paired.prefix or "",
            print_of(wanted.sso_id),
            before.licence if before else None,
        )

    def waits(self, wanted: Wanted) -> bool:
        """Somebody new to a mapping waits while a better one is frozen (D11)."""
        return any(priority < wanted.paired.mapping.priority for priority in self._frozen_priorities)

    def reason(self, wanted: Wanted) -> str:
        return f"direct member of {wanted.paired.entra_name}"
