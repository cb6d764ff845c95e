"""The order of rules of product.md §1, tried for each person of a role; the first that fits decides.

survival, `protected`, `overrides: hold` -> certain leaver -> frozen mapping -> marker trouble (D3) -> conflict (D11) ->
trouble with the login (D12, D16) -> everything else. The first three are a veto over whatever the others would do, so
that they can say what they held back; nobody who is neither linked nor adopted is ever written.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from reconciler.model.hierarchy import Details, Node, Tree
from reconciler.model.mappings import Mapping
from reconciler.model.marker import NO_PRINT, Marker, print_of
from reconciler.model.plan import Action
from reconciler.model.text import is_bad_name, normal_login, normal_text, sort_key
from reconciler.planning.desired import Conflict, Paired, Wanted, make_wanted
from reconciler.planning.diff import (
    Difference,
    diff_leaver,
    diff_newcomer,
    diff_person,
    differs_visibly,
    make_action,
)
from reconciler.planning.leavers import Standing, judge_account, judge_membership
from reconciler.planning.matching import Link, is_blank
from reconciler.planning.people import LoginPatterns, People, find_override, own_addresses, shown_name


@dataclass(slots=True)
class Decisions:
    """What the rules made of one role. Actions are in no order yet."""

    actions: dict[str, Action] = field(default_factory=dict)
    """By action id."""
    needs: dict[str, str] = field(default_factory=dict)
    """Action id -> object id of the person who has to give up the login first (D16)."""
    unchanged: int = 0
    kept_disabled: int = 0
    refills: int = 0
    """Creations that fill an enabled blank, and so take no seat (D14)."""


class Rules:
    """Decides everybody of one role. One use: `decide_all`."""

    def __init__(self, people: People, tree: Tree) -> None:
        self._people = people
        self._tree = tree
        self._settings = people.mappings.settings
        self._protected = LoginPatterns(people.mappings.protected)
        self._decisions = Decisions()
        self._newcomers: list[tuple[Wanted, Marker]] = []
        self._frozen_priorities = [item.mapping.priority for item in people.paired if item.frozen is not None]

    def decide_all(self) -> Decisions:
        """Every linked person, then everybody Entra wants, in the order of their object ids."""
        people = self._people
        for node_id, differing in sorted(people.matches.troubled.items()):
            node = self._tree.nodes[node_id]
            people.report(
                "marker_bad", f"node {node_id} carries two markers that differ: {differing}", login=node.login
            )
            people.blocked.add(node.login)
        for entra_id in sorted(people.matches.linked.keys() | people.rows.keys()):
            links = people.matches.linked.get(entra_id)
            if links is None:
                self._decide_newcomer(entra_id)
            elif len(links) == 1:
                self._decide_linked(entra_id, links[0], twice=False, main=True)
            else:
                self._decide_twice(entra_id, links)
        self._create()
        self._report_blanks()
        return self._decisions

    # -- people we are linked to ------------------------------------------------------------------------------------

    def _decide_twice(self, entra_id: str, links: list[Link]) -> None:
        """One marker on two nodes: the node whose login Entra has is the person's (D3)."""
        people = self._people
        wanted = people.wanted.get(entra_id)
        row = people.rows.get(entra_id)
        logins = own_addresses(row) if row is not None else frozenset()
        if isinstance(wanted, Wanted) and wanted.login is not None:
            logins = frozenset({normal_login(wanted.login)})
        theirs = [link for link in links if normal_login(link.node.login) in logins]
        nodes = ", ".join(str(link.node.id) for link in sorted(links))
        people.report(
            "marker_twice", f"the marker of {entra_id} is on several nodes: {nodes}", login=links[0].node.login
        )
        for link in sorted(links):
            self._decide_linked(entra_id, link, twice=True, main=len(theirs) == 1 and link is theirs[0])

    def _decide_linked(self, entra_id: str, link: Link, *, twice: bool, main: bool) -> None:
        people, node = self._people, link.node
        own = people.by_prefix.get(link.marker.mapping)
        frozen = own.frozen is not None if own is not None else people.unknown_group
        wanted = people.wanted.get(entra_id)
        if node.enabled:
            verdict = judge_account(people, entra_id, with_groups=own is not None and not frozen)
            if verdict.standing is Standing.ASKED:
                return
            if verdict.standing is Standing.CERTAIN:
                self._disable(entra_id, link, own, verdict.reason, certain=True, twice=twice)
                return
            if verdict.standing is Standing.UNCONFIRMED:
                if not frozen:
                    people.report("unconfirmed", f"kept: {verdict.reason}", mapping=_of(own), login=node.login)
                return
        if frozen or not main:
            return
        if wanted is None:
            if node.enabled:
                self._decide_unwanted(entra_id, link, own, twice=twice)
            return
        if isinstance(wanted, Conflict):
            self._decide_conflict(entra_id, link, wanted)
        elif wanted.paired is own or not self._waits(wanted):
            self._keep(entra_id, link, wanted)

    def _decide_unwanted(self, entra_id: str, link: Link, own: Paired | None, *, twice: bool) -> None:
        people, node = self._people, link.node
        if own is None:
            people.report(
                "orphaned",
                f"marked for the Entra group {link.marker.mapping}…, which no mapping of the file names; left alone",
                login=node.login,
            )
            return
        verdict = judge_membership(people, entra_id, own)
        if verdict.standing is Standing.LEAVER:
            self._disable(entra_id, link, own, verdict.reason, certain=False, twice=twice)
        elif verdict.standing is Standing.UNCONFIRMED:
            people.report("unconfirmed", f"kept: {verdict.reason}", mapping=own.mapping, login=node.login)
        elif verdict.standing is Standing.MOVED:
            people.report(
                "reading_moved", f"nothing this time: {verdict.reason}", mapping=own.mapping, login=node.login
            )

    def _decide_conflict(self, entra_id: str, link: Link | None, conflict: Conflict) -> None:
        """Enabled in place if we disabled them; otherwise left where they are (D11)."""
        names = ", ".join(item.mapping.name for item in conflict.paired)
        people = self._people
        row = people.rows[entra_id]
        login = link.node.login if link else (row.mail or row.upn)
        people.report(
            "conflict",
            f"in several groups whose mappings have equal priority and want different things: {names}",
            mapping=conflict.paired[0].mapping,
            login=login,
        )
        people.blocked.add(login)
        if link is None or link.node.enabled or not link.marker.off:
            return
        actual = self._confirmed(link.node)
        if actual is None:
            return
        wanted = Wanted(row, conflict.paired[0], link.node.parent or 0, None, normal_text(actual.name), None)
        difference = diff_person(wanted, actual, link.node.parent, replace(link.marker, off=False))
        own = people.by_prefix.get(link.marker.mapping)
        self._add(
            make_action(
                people.role,
                self._tree,
                entra_id=entra_id,
                mapping=_of(own),
                node=link.node,
                login=link.node.login,
                name=link.node.name,
                difference=difference,
                reason="enabled in Entra; where they belong is not decided",
                lead="enable",
            ),
            names=own_addresses(row),
        )

    def _keep(self, entra_id: str, link: Link, wanted: Wanted) -> None:
        """A linked person whom a healthy mapping wants: enabled, up to date, in the right group."""
        people, node = self._people, link.node
        if not node.enabled and not link.marker.off and self._settings.reenable != "always":
            people.report(
                "kept_disabled",
                "disabled in Rescue by a person, enabled in Entra; left disabled (settings.reenable: always overrides)",
                mapping=wanted.paired.mapping,
                login=node.login,
            )
            self._decisions.kept_disabled += 1
            return
        if self._name_or_login_trouble(wanted, node.login):
            return
        marker = self._marker(wanted, link.marker)
        if people.readings.refresh != "full" and node.enabled and not differs_visibly(wanted, node, marker):
            self._decisions.unchanged += 1
            return
        actual = self._confirmed(node)
        if actual is None:
            return
        change_login, giver = self._may_change_login(wanted, node)
        if change_login is None or self._sso_trouble(wanted, node):
            return
        difference = diff_person(wanted, actual, node.parent, marker, login=change_login)
        action = make_action(
            people.role,
            self._tree,
            entra_id=entra_id,
            mapping=wanted.paired.mapping,
            node=node,
            login=node.login,
            name=wanted.name,
            difference=difference,
            reason=self._reason(wanted),
            lead=None if node.enabled else "enable",
        )
        if action is None:
            self._decisions.unchanged += 1
        elif self._add(action, names=own_addresses(wanted.person), giver=giver):
            return

    def _disable(
        self, entra_id: str, link: Link, own: Paired | None, reason: str, *, certain: bool, twice: bool
    ) -> None:
        people, node = self._people, link.node
        actual = self._confirmed(node)
        if actual is None:
            return
        row = people.rows.get(entra_id)
        action = make_action(
            people.role,
            self._tree,
            entra_id=entra_id,
            mapping=_of(own),
            node=node,
            login=node.login,
            name=shown_name(node.name),
            difference=diff_leaver(actual, replace(link.marker, off=True)),
            reason=reason,
            lead="disable",
            twice=twice,
        )
        self._add(action, names=own_addresses(row) if row else frozenset(), certain=certain)

    # -- people we are not linked to yet ----------------------------------------------------------------------------

    def _decide_newcomer(self, entra_id: str) -> None:
        people = self._people
        row = people.rows[entra_id]
        if entra_id in people.left_out:
            if row.guest and self._settings.guests == "skip":
                people.report("guest", "a guest account, skipped (settings.guests)", login=row.mail or row.upn)
            return
        if not row.enabled:
            self._decide_disabled_newcomer(entra_id)
            return
        wanted = people.wanted.get(entra_id)
        if wanted is None:
            return
        if isinstance(wanted, Conflict):
            self._decide_conflict(entra_id, None, wanted)
            return
        if self._waits(wanted) or self._name_or_login_trouble(wanted, None) or wanted.login is None:
            return
        key = normal_login(wanted.login)
        held = self._shielded(frozenset({key}))
        if held:
            people.block("protected", f"neither created nor adopted: {held}", wanted)
            return
        here = people.matches.nodes_of_role(key)
        elsewhere = people.matches.nodes_of_others(key)
        unmarked = [node for node in here if node.id in people.matches.unmarked]
        if len(here) == 1 and unmarked:
            self._meet(wanted, unmarked[0])
        elif here:
            self._take_over(entra_id, wanted, here)
        elif elsewhere:
            people.block("both_roles", f"{_held_by(elsewhere[0])}; a second node is not created", wanted)
        elif not self._known_elsewhere(entra_id, wanted):
            self._newcomer(wanted, None)

    def _meet(self, wanted: Wanted, node: Node) -> None:
        """An unmarked node with the wanted login (D5)."""
        people = self._people
        if not node.enabled:
            people.block(
                "kept_disabled",
                "a disabled technician nobody linked has this login; enable them in Rescue to have them adopted",
                wanted,
            )
            self._decisions.kept_disabled += 1
        elif self._settings.adopt == "never":
            people.block("adopt_blocked", f"already in Rescue as node {node.id}, and settings.adopt is never", wanted)
        else:
            actual = self._confirmed(node)
            if actual is None or self._sso_trouble(wanted, node):
                return
            marker = self._marker(wanted, None)
            difference = diff_person(wanted, actual, node.parent, marker)
            self._adopt(wanted, node, difference, self._reason(wanted))

    def _decide_disabled_newcomer(self, entra_id: str) -> None:
        """Adopting a member who is disabled in Entra disables them too (D5). Nobody of that login: nothing."""
        people = self._people
        row = people.rows[entra_id]
        healthy = [item for item in people.places_of(entra_id) if item.frozen is None]
        if not healthy:
            return
        paired = min(healthy, key=lambda item: (item.mapping.priority, item.entra_id or ""))
        wanted = make_wanted(row, paired, self._settings)
        if wanted.login is None or self._waits(wanted):
            return
        nodes = people.matches.nodes_of_role(normal_login(wanted.login))
        if len(nodes) != 1 or nodes[0].id not in people.matches.unmarked or not nodes[0].enabled:
            return
        if self._settings.adopt == "never":
            message = f"disabled in Entra, enabled in Rescue as node {nodes[0].id}, and settings.adopt is never"
            people.block("adopt_blocked", message, wanted)
            return
        actual = self._confirmed(nodes[0])
        if actual is None:
            return
        marker = replace(self._marker(wanted, None), off=True)
        if actual.sso_id != wanted.sso_id:
            marker = replace(marker, print=NO_PRINT)  # what the SSO ID will be once they are back is not written now
        self._adopt(wanted, nodes[0], diff_leaver(actual, marker), "account disabled in Entra")

    def _adopt(self, wanted: Wanted, node: Node, difference: Difference, reason: str) -> None:
        action = make_action(
            self._people.role,
            self._tree,
            entra_id=wanted.person.id,
            mapping=wanted.paired.mapping,
            node=node,
            login=node.login,
            name=wanted.name,
            difference=difference,
            reason=reason,
            lead="adopt",
        )
        self._add(action, names=own_addresses(wanted.person))

    def _take_over(self, entra_id: str, wanted: Wanted, holders: list[Node]) -> None:
        """The wanted login is on somebody else's node: it can be had only from one who gives it up (D16)."""
        giver = self._giver(wanted, holders)
        if giver is None:
            self._people.block("blocked_login", f"{_held_by(holders[0])}, which is not this person's", wanted)
        elif not self._known_elsewhere(entra_id, wanted):
            self._newcomer(wanted, giver)

    def _known_elsewhere(self, entra_id: str, wanted: Wanted) -> bool:
        """Is an unmarked node this person under another of their addresses? Asks for those addresses first (D5)."""
        people = self._people
        if self._sso_trouble(wanted, None):
            return True
        if entra_id not in people.readings.addresses:
            people.questions.addresses.add(entra_id)
            return True
        addresses = people.readings.addresses[entra_id]
        if addresses is None:
            people.block("possible_rename", "not created: their other addresses could not be read from Entra", wanted)
            return True
        for address in sorted({normal_login(item) for item in addresses} | own_addresses(wanted.person)):
            for node in people.matches.nodes_of_role(address):
                if node.id not in people.matches.unmarked:
                    continue
                what = "enabled" if node.enabled else "disabled"
                message = (
                    f"not created: the {what} technician {node.login} (node {node.id}) has another of their addresses"
                )
                people.block("possible_rename", message, wanted)
                return True
        return False

    def _newcomer(self, wanted: Wanted, giver: str | None) -> None:
        if not wanted.paired.mapping.create_missing:
            return
        self._newcomers.append((wanted, self._marker(wanted, None)))
        if giver is not None:
            self._decisions.needs[wanted.person.id] = giver

    def _create(self) -> None:
        """Creations by group and login, each filling a half-made node of its group if one is left (D14)."""
        people = self._people
        blanks: dict[int, list[Node]] = {}
        needs = self._decisions.needs
        for wanted, marker in sorted(self._newcomers, key=lambda item: (item[0].node, sort_key(item[0].login or ""))):
            if wanted.node not in blanks:
                blanks[wanted.node] = self._usable_blanks(wanted.node)
            blank = blanks[wanted.node].pop(0) if blanks[wanted.node] else None
            action = make_action(
                people.role,
                self._tree,
                entra_id=wanted.person.id,
                mapping=wanted.paired.mapping,
                node=blank,
                login=wanted.login or "",
                name=wanted.name,
                difference=Difference(diff_newcomer(wanted, marker), None),
                reason=self._reason(wanted) + (f"; fills the half-made node {blank.id}" if blank else ""),
                lead="create",
                creates_in=wanted.node,
            )
            giver = needs.pop(wanted.person.id, None)
            if self._add(action, names=own_addresses(wanted.person), giver=giver) and blank is not None:
                people.matches.blanks[wanted.node].remove(blank)
                self._decisions.refills += blank.enabled

    def _usable_blanks(self, group: int) -> list[Node]:
        """Half-made nodes of a group that getUser confirms to be blank."""
        usable = []
        for node in self._people.matches.blanks.get(group, ()):
            if self._people.knows(node):
                actual = self._people.details(node)
                if actual is not None and is_blank(actual) and not actual.sso_id:
                    usable.append(node)
        return usable

    def _report_blanks(self) -> None:
        ours = {item.node: item for item in self._people.paired if item.node is not None}
        for group, blanks in sorted(self._people.matches.blanks.items()):
            if group not in ours:
                continue
            for node in blanks:
                self._people.report(
                    "half_made",
                    f"node {node.id} in {self._tree.path_text(group)} was created and never filled; the next creation "
                    "there fills it",
                    mapping=ours[group].mapping,
                )

    # -- what several rules need ------------------------------------------------------------------------------------

    def _marker(self, wanted: Wanted, before: Marker | None) -> Marker:
        people = self._people
        return Marker(
            people.mappings.owner,
            wanted.person.id,
            wanted.paired.prefix or "",
            print_of(wanted.sso_id),
            before.licence if before else None,
        )

    def _waits(self, wanted: Wanted) -> bool:
        """Somebody new to a mapping waits while a better one is frozen (D11)."""
        return any(priority < wanted.paired.mapping.priority for priority in self._frozen_priorities)

    def _reason(self, wanted: Wanted) -> str:
        return f"direct member of {wanted.paired.entra_name}"

    def _confirmed(self, node: Node) -> Details | None:
        """getUser's record, if it says what the tree said. Asks, and gives None, where it is not known yet.

        A record forged inside a Description, or a node that changed between the two readings, is not written.
        """
        people = self._people
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

    def _name_or_login_trouble(self, wanted: Wanted, login: str | None) -> bool:
        people = self._people
        if is_bad_name(wanted.person.name):
            message = "the name in Entra is empty or holds control characters, < or &#; nothing is written"
            people.block("bad_name", message, wanted, login=login)
        elif wanted.login is None:
            which = "UPN that can be a login" if self._settings.use_upn_as_email else "e-mail address"
            people.block("no_login", f"no {which} in Entra; nothing is written", wanted, login=login)
        elif normal_login(wanted.login) in people.shared_logins:
            message = f"several people in the mapped groups have the login {wanted.login}; none of them is written"
            people.block("duplicate_login", message, wanted, login=login)
        elif wanted.sso_id is not None and wanted.sso_id in people.shared_sso_ids:
            message = "several people in the mapped groups have this SSO ID; none of them is written"
            people.block("duplicate_sso", message, wanted, login=login)
        else:
            return False
        return True

    def _sso_trouble(self, wanted: Wanted, node: Node | None) -> bool:
        """Would the SSO ID be on two people? Looks at everybody read who keeps theirs (D21)."""
        if wanted.sso_id is None:
            return False
        people = self._people
        for other in people.readings.details.values():
            if other is None or other.sso_id != wanted.sso_id or (node is not None and other.id == node.id):
                continue
            if wanted.login is not None and normal_login(other.login) == normal_login(wanted.login):
                continue  # the same person in another role
            theirs = people.wanted.get(people.matches.owner_of.get(other.id, ""))
            if isinstance(theirs, Wanted) and theirs.sso_id not in (None, wanted.sso_id):
                continue
            message = f"{other.login or 'somebody'} (node {other.id}) has this SSO ID already; nothing is written"
            people.block("duplicate_sso", message, wanted)
            return True
        return False

    def _may_change_login(self, wanted: Wanted, node: Node) -> tuple[bool | None, str | None]:
        """Whether the login may change, and who must give it up first. None: this person is blocked altogether."""
        people = self._people
        before, after = normal_login(node.login), normal_login(wanted.login or "")
        if before == after:
            return True, None
        held = self._shielded(frozenset({after}))
        if held:
            people.block("protected", f"the new login is shielded: {held}", wanted, login=node.login)
            return None, None
        if before and people.matches.nodes_of_others(before):
            people.block(
                "both_roles", "the login stays: the same person has a node in another role", wanted, login=node.login
            )
            return False, None
        here = [other for other in people.matches.nodes_of_role(after) if other.id != node.id]
        elsewhere = people.matches.nodes_of_others(after)
        if not here and not elsewhere:
            return True, None
        giver = self._giver(wanted, here) if not elsewhere else None
        if giver is None:
            people.block(
                "blocked_login",
                f"the new login {wanted.login} is taken: {_held_by([*here, *elsewhere][0])}",
                wanted,
                login=node.login,
            )
            return None, None
        return True, giver

    def _giver(self, wanted: Wanted, holders: list[Node]) -> str | None:
        """Who holds the login now and will have another one after this plan, or None."""
        if len(holders) != 1:
            return None
        theirs = self._people.matches.owner_of.get(holders[0].id)
        other = self._people.wanted.get(theirs) if theirs else None
        if not isinstance(other, Wanted) or other.login is None or wanted.login is None:
            return None
        return theirs if normal_login(other.login) != normal_login(wanted.login) else None

    def _shielded(self, logins: frozenset[str]) -> str | None:
        """Why nobody with one of these normal logins is written, or None (§6)."""
        for login in sorted(logins):
            if login in self._people.survivors:
                return f"{login} is the account holder, a master administrator or the identity this runs as"
            if self._protected.holds(login):
                return f"{login} is protected by the file"
        return None

    def _veto(self, action: Action, names: frozenset[str]) -> str | None:
        """Survival, `protected`, `hold`: why this action is not taken, or None."""
        after = action.after("login")
        logins = {normal_login(action.subject.login or "")} | (
            {normal_login(after)} if isinstance(after, str) else set()
        )
        shielded = self._shielded(frozenset(logins) | names)
        if shielded:
            return shielded
        everything = frozenset(logins) | names | frozenset({action.subject.entra_id or ""})
        hold = find_override(self._people.mappings.overrides, "hold", self._people.today, everything)
        return f"held until {hold.until} by an override (line {hold.line})" if hold else None

    def _add(
        self, action: Action | None, *, names: frozenset[str], giver: str | None = None, certain: bool = False
    ) -> bool:
        """Takes an action on, unless a veto holds it. True when it was taken."""
        if action is None:
            return False
        why = self._veto(action, names)
        if why is None:
            self._decisions.actions[action.id] = action
            if giver is not None:
                self._decisions.needs[action.id] = giver
            return True
        code = "leaver_kept" if certain else "protected"
        what = "has left and keeps access" if certain else f"not done: {' '.join(action.verbs)}"
        mapping = next((m for m in self._people.mappings.mappings if m.name == action.mapping), None)
        self._people.report(code, f"{what}: {why}", mapping=mapping, login=action.subject.login)
        self._people.blocked.add(action.subject.login or "")
        return False


def _of(paired: Paired | None) -> Mapping | None:
    return paired.mapping if paired else None


def _held_by(node: Node) -> str:
    state = "" if node.enabled else "disabled "
    return f"the login is held by the {state}{node.type} {node.login} (node {node.id})"
