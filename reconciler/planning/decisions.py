"""What has been decided so far in one role, and what every rule needs to decide: markers, confirmations, the veto."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from reconciler.model.file import Settings
from reconciler.model.hierarchy import Details, Node, Role, Tree, agree
from reconciler.model.mappings import Mapping
from reconciler.model.marker import Licence, Marker, print_of
from reconciler.model.plan import Action, FieldName, Verb
from reconciler.model.text import normal_login
from reconciler.planning.desired import Paired, Wanted
from reconciler.planning.diff import Difference, make_action
from reconciler.planning.overrides import InForce, LoginPatterns
from reconciler.planning.people import People, own_addresses

_STEADY = {"award": Licence.GIVEN, "release": Licence.NOT_GIVEN}
"""What a marker says where a mapping has had its way: nobody so marked is looked at, however many they are."""


class Need(NamedTuple):
    """Something an action takes over from another person, who has to be written first (D16)."""

    field: FieldName
    node: int


class Seeker(NamedTuple):
    """Somebody to be enabled, of whom nothing is asked before there is a technician seat for them (D4, D22)."""

    entra_id: str
    node: Node
    mapping: Mapping | None
    login: str
    """What they will sign in with, which is what they are ranked by once they have been read."""


class Claim(NamedTuple):
    """Somebody a mapping has, whose mobile licence it manages or an earlier one did (D22)."""

    wanted: Wanted
    node: Node | None
    """None: about to be created."""
    marker: Marker | None
    action: str | None
    """The id of what else is done for them; None: they are in sync but for the licence."""
    twice: bool


@dataclass(slots=True)
class Decisions:
    """One role's actions as they come, in no order yet."""

    people: People
    tree: Tree
    survivors: frozenset[str]
    """Normal logins that are never written (§6)."""
    held: InForce
    protected: LoginPatterns
    actions: dict[str, Action] = field(default_factory=dict)
    """By action id."""
    needs: dict[str, tuple[Need, ...]] = field(default_factory=dict)
    """By action id."""
    claims: list[Claim] = field(default_factory=list)
    seekers: list[Seeker] = field(default_factory=list)
    waiting: dict[str, int] = field(default_factory=dict)
    """Object id -> priority of the mapping that wants somebody who waits for a better, frozen one (D11)."""
    not_created: dict[str, list[str]] = field(default_factory=dict)
    """Mapping -> logins of members who have no node and are not created (R32)."""
    unchanged: int = 0
    kept_disabled: int = 0
    unmanaged: int = field(init=False)
    _unseen_priority: int | None = field(init=False)
    """The best priority among frozen mappings whose members are not known."""

    def __post_init__(self) -> None:
        unseen = (item for item in self.people.paired if item.frozen is not None)
        priorities = (item.mapping.priority for item in unseen if not _is_known(item))
        self._unseen_priority = min(priorities, default=None)

    @property
    def settings(self) -> Settings:
        return self.people.mappings.settings

    def act(
        self,
        entra_id: str | None,
        node: Node | None,
        difference: Difference,
        *,
        mapping: Mapping | None,
        name: str,
        reason: str,
        lead: Verb | None = None,
        login: str | None = None,
        creates_in: int | None = None,
        twice: bool = False,
        needs: tuple[Need, ...] = (),
    ) -> str:
        """Takes on the action that makes a difference true; its id.

        `entra_id`: None for somebody whom nothing in Entra explains. `login`: where there is no node to have one.
        """
        action = make_action(
            self.people.role,
            self.tree,
            entra_id=entra_id,
            mapping=mapping,
            node=node,
            login=node.login if node is not None else login or "",
            name=name,
            difference=difference,
            reason=reason,
            lead=lead,
            twice=twice,
            creates_in=creates_in,
        )
        self.actions[action.id] = action
        if needs:
            self.needs[action.id] = needs
        return action.id

    def drop_overtaken(self) -> None:
        """Whoever takes over the node of somebody gone (D16) also takes over what was to be written to it for them."""
        taken = {action.subject.node_id for action in self.actions.values() if "adopt" in action.verbs}
        for action in list(self.actions.values()):
            if "adopt" not in action.verbs and action.subject.node_id is not None and action.subject.node_id in taken:
                del self.actions[action.id]

    def claim(
        self, wanted: Wanted, node: Node | None, marker: Marker | None, action: str | None, *, twice: bool = False
    ) -> None:
        """Remembers somebody for `settle_licences`, unless no mapping ever had a say in their licence.

        `action`: the id of what is done for them. Without one an award would be all, and its id has to know of `twice`.
        Whoever must not be written never claims: the veto has been looked at, but for people in sync.
        """
        licence = marker.licence if marker else None
        mapping = wanted.paired.mapping
        if mapping.mobile_license == "keep" and licence is None:
            return
        if action is None and node is not None:
            seen = node.id in self.people.readings.details
            if mapping.full_sync and licence is _STEADY.get(mapping.mobile_license) and not seen:
                return
            if self.veto(wanted.person.id, node.login) is not None:
                return
        self.claims.append(Claim(wanted, node, marker, action, twice))

    def veto(self, entra_id: str, login: str) -> str | None:
        """Survival, `protected`, `hold`: why nothing is written for this person and login, or None (§1, §6).

        `login` is their node's, or the wanted one where they have no node. What they would be called and every address
        Entra gives them counts as well.
        """
        people = self.people
        names = {normal_login(login)}
        row = people.rows.get(entra_id)
        if row is not None:
            names |= own_addresses(row)  # the login they would have among them
        for name in sorted(names):
            if name in self.survivors:
                return f"{name} is the account holder, a master administrator or the identity this runs as"
        for name in sorted(names):
            if self.protected.holds(name):
                return f"{name} is protected by the file"
        if entra_id not in people.matches.linked:
            names |= people.proxies_of(entra_id)  # the login they may have in Rescue
        hold = self.held.find(names | {entra_id})
        return f"held until {hold.until} by an override (line {hold.line})" if hold else None

    def confirmed(self, who: str, node: Node) -> Details | None:
        """getUser's record, if it says what the tree said. Asks, and gives None, where it is not known yet.

        A record forged inside a Description, or a node that changed between the two readings, is not written. Whoever
        else has the login is asked for as well: only getUser shows that one of them is the account holder (§6).
        """
        people, key = self.people, normal_login(node.login)
        namesakes = (*people.matches.nodes_of_role(key), *people.matches.nodes_of_others(key))
        if [each for each in (node, *namesakes) if not people.knows(each)]:  # all of them are asked for at once
            return None
        actual = people.details(node)
        if actual is None:
            message = f"nothing this time: node {node.id} is no user any more"
            people.block("reading_moved", message, who, login=node.login)
            return None
        if not agree(node, actual):
            message = f"nothing this time: the tree and getUser say different things of node {node.id}"
            people.block("reading_moved", message, who, login=node.login)
            return None
        return actual

    def queues(self, who: str, node: Node, mapping: Mapping | None, login: str) -> bool:
        """Whether somebody to be enabled, of whom nothing was read, waits for their turn at the technician seats.

        `login`: what they will sign in with.
        """
        counted = self.people.mappings.technician_seats is not None and self.people.role is Role.TECHNICIAN
        if not counted or node.enabled or node.id in self.people.readings.details:
            return False
        self.seekers.append(Seeker(who, node, mapping, login))
        return True

    def marker(self, wanted: Wanted, before: Marker | None) -> Marker:
        """The marker of a person a mapping has; what it says of the mobile licence is settled later."""
        return Marker(
            self.people.mappings.owner,
            wanted.person.id,
            wanted.paired.prefix or "",
            print_of(wanted.sso_id),
            before.licence if before else None,
        )

    def keep_disabled(self, wanted: Wanted, node: Node) -> None:
        """An unmarked disabled node that is theirs by an address is not adopted (D5)."""
        self.people.report(
            "kept_disabled",
            f"the disabled {node.type} {node.login} (node {node.id}) is theirs by address, and nobody linked them; "
            "enable them in Rescue to have them adopted",
            mapping=wanted.paired.mapping,
            login=wanted.login,
        )
        self.kept_disabled += 1

    def let_wait(self, wanted: Wanted) -> None:
        """Nothing is done for this person; the finding of the frozen mapping counts them."""
        self.people.blocked.add(wanted.person.id)
        self.waiting[wanted.person.id] = wanted.paired.mapping.priority

    def waits(self, wanted: Wanted) -> bool:
        """Somebody new to a mapping waits while a better one is frozen, unless it is known not to hold them (D11)."""
        priority = wanted.paired.mapping.priority
        if self._unseen_priority is not None and self._unseen_priority < priority:
            return True
        places = self.people.places_of(wanted.person.id)
        return any(item.frozen is not None and item.mapping.priority < priority for item in places)

    def reason(self, wanted: Wanted) -> str:
        """Why a mapping has them: an override, or the way by which Entra does (D1)."""
        override = self.people.included.get((wanted.person.id, wanted.paired.mapping.name))
        if override is not None:
            return f"included until {override.until} by an override (line {override.line})"
        names = wanted.paired.spot_of(wanted.person.id).names
        return f"{'direct ' if len(names) == 1 else ''}member of {' > '.join(names)}"


def _is_known(item: Paired) -> bool:
    """Whether everybody in a mapping's groups was seen."""
    return bool(item.members) and item.walk is not None and not item.walk.unread
