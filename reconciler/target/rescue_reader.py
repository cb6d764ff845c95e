"""Rescue as it is: the tree, the caller, and single people (rescue-api.md §3).

Each method gives a whole, believed value or raises; what does not fit is never left out. Texts come back as Rescue sent
them. Calls in the good case: tree one, caller two, details one a person, login one, group one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from reconciler.errors import TargetError, TargetRefused
from reconciler.model.hierarchy import Caller, Details, GroupRecord, NodeType, Tree
from reconciler.target.record_wire import Account, parse_account, parse_group, parse_user
from reconciler.target.rescue_client import NoSuchMethod, RescueClient
from reconciler.target.tokens import canonical
from reconciler.target.tree_checks import check_tree
from reconciler.target.tree_wire import parse_tree

log = logging.getLogger(__name__)

_NO_MASTER = (
    "use the API token of a master administrator: anyone else may be shown a part of the tree only, and who is missing "
    "from it would look deleted"
)


class RescueReader:
    """Reads through a client; remembers only which method tells both add-ons."""

    def __init__(self, client: RescueClient) -> None:
        self._client = client
        self._hierarchy = "getHierarchy_v2"
        self._user = "getUser_v2"
        self._group = "getGroup_v2"
        self._settled = False  # whether `_user` is known to be the best there is
        self._blank_line = False  # whether a tree has ended in one: then every later one must

    def fetch_tree(self) -> Tree:
        """The whole company, in the order read, after every check of §7.2. TargetError ends the run (D17).

        No parameters: `filteroffline` would hide people, what `isnode` selects is not known. Words that no document
        knows are logged as warnings.
        """
        try:
            payload = self._client.fetch(self._hierarchy)
        except NoSuchMethod:
            if self._hierarchy == "getHierarchy":
                raise
            payload = self._client.fetch("getHierarchy")
            self._hierarchy = "getHierarchy"
        length_suffices = payload.length_stated and not self._blank_line
        checked = check_tree(parse_tree(payload.rest.pieces(), length_stated=length_suffices))
        self._blank_line |= payload.rest.ends_in_blank_line()
        for remark in checked.remarks:
            log.warning("Rescue tree: %s", remark)
        return checked.tree

    def fetch_account(self) -> Account:
        """Whose account this is, and who is calling. One call."""
        return parse_account(self._client.read("getAccount"))

    def fetch_caller(self, tree: Tree) -> Caller:
        """Whom we run as, proven to be a master administrator of this tree; else TargetError (§1.5, D17). Two calls."""
        account = self.fetch_account()
        node = tree.nodes.get(account.admin_node) if account.admin_node else None
        if node is None or node.type != NodeType.MASTER_ADMINISTRATOR:
            who = "no administrator" if not account.admin_node else f"node {account.admin_node}"
            what = "" if not account.admin_node else f", {node.type if node else 'not in the tree'}"
            raise TargetError(
                f"the account this program runs as is no master administrator ({who}{what})", advice=_NO_MASTER
            )
        try:
            details = self._ask(self._user, node.id)
        except NoSuchMethod:
            details = self._fall_back(node.id)
        if details is None:
            raise TargetError(f"Rescue does not know the user of node {node.id}, whom we run as", advice=_NO_MASTER)
        return Caller(account.account_id, account.organization, account.login, node.id, details)

    def fetch_details(
        self, node_ids: Iterable[int], progress: Callable[[int, int], None] | None = None
    ) -> dict[int, Details | None]:
        """getUser of each node, in the order given; None where Rescue knows no such user (any more).

        `progress` is called with (done, all) after each. An answer about another node than the one asked for is a
        TargetError.
        """
        wanted = list(dict.fromkeys(node_ids))
        found: dict[int, Details | None] = {}
        for done, node_id in enumerate(wanted, 1):
            found[node_id] = self._fetch_user(node_id)
            if progress is not None:
                progress(done, len(wanted))
        return found

    def find_login(self, login: str) -> Details | None:
        """Who has this login, in whatever role; None for nobody (D14). Any other answer but OK raises.

        Which node of a person with two roles comes back is not known (§3.2).
        """
        try:
            return parse_user(self._client.read("getUser_v3", email=login))
        except TargetRefused as refusal:
            if canonical(refusal.token) in ("INVALIDPARAM_EMAIL", "INVALIDPARAM_NODE"):
                return None
            raise

    def fetch_group(self, node_id: int) -> GroupRecord | None:
        """getGroup_v2 of a node, getGroup where that is not there; None where Rescue knows no such group (any more).

        An answer about another node than the one asked for is a TargetError.
        """
        try:
            payload = self._client.read(self._group, node=node_id)
        except NoSuchMethod:
            if self._group == "getGroup":
                raise
            self._group = "getGroup"
            return self.fetch_group(node_id)
        except TargetRefused as refusal:
            if canonical(refusal.token) == "INVALIDPARAM_NODE":
                return None
            raise
        group = parse_group(payload)
        if group.id != node_id:
            raise TargetError(f"getGroup was asked about node {node_id} and answered about node {group.id}")
        return group

    def _fetch_user(self, node_id: int) -> Details | None:
        """One person by the best method; the first answer decides whether another version knows more (§3.2).

        That getUser_v2 has HASRPATADDON is inferred. Where it has not, getUser_v3 is asked once; where that has not
        either, or does not exist, `rpat` stays None.
        """
        try:
            details = self._ask(self._user, node_id)
        except NoSuchMethod:
            if self._settled:
                raise
            return self._fall_back(node_id)
        if details is None or details.rpat is not None or self._settled:
            self._settled |= details is not None
            return details
        self._settled = True
        try:
            better = self._ask("getUser_v3", node_id)
        except NoSuchMethod:
            return details
        if better is None or better.rpat is None:
            return details
        self._user = "getUser_v3"
        return better

    def _fall_back(self, node_id: int) -> Details | None:
        """For a server without getUser_v2: the newest other version that it has."""
        for method in ("getUser_v3", "getUser"):
            try:
                details = self._ask(method, node_id)
            except NoSuchMethod:
                continue
            self._user, self._settled = method, True
            return details
        raise TargetError("Rescue knows none of getUser, getUser_v2 and getUser_v3 (HTTP 404)")

    def _ask(self, method: str, node_id: int) -> Details | None:
        try:
            details = parse_user(self._client.read(method, node=node_id))
        except TargetRefused as refusal:
            if canonical(refusal.token) == "INVALIDPARAM_NODE":
                return None
            raise
        if details.id != node_id:
            raise TargetError(f"{method} was asked about node {node_id} and answered about node {details.id}")
        return details
