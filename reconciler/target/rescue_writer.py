"""Changes Rescue, one call at a time (rescue-api.md §4). There is no delete in here, and a test says so (D14).

TargetRefused means that nothing was done, TargetUnknown that perhaps something was (only the next reading tells),
CredentialsError and any other TargetError that the run should end.
"""

from __future__ import annotations

from reconciler.errors import TargetRefused, TargetUnknown
from reconciler.model.hierarchy import Details, GroupRecord
from reconciler.target.rescue_client import NoSuchMethod, RescueClient
from reconciler.target.rescue_wire import created_id
from reconciler.target.tokens import canonical


class RescueWriter:
    """Writes through a client."""

    def __init__(self, client: RescueClient) -> None:
        self._client = client
        self._has_v2 = True
        self._set_group = "setGroup_v2"

    def perform_set(self, record: Details, password: str | None = None) -> None:
        """Make the user of node `record.id` equal to `record`, and set a password where one is given.

        The full record goes, because what an omitted field does is not known (R91); presence becomes Enabled. Type and
        account holder cannot be written. A record without `rpat` goes by setUser, whose `addons` is the mobile one; so
        does every record on a server without setUser_v2 (HTTP 404: nothing was done by the first call).
        """
        fields: dict[str, str | int] = {
            "node": record.id,
            "name": record.name,
            "nick": record.nick,
            "email": record.login,
            "ssoid": record.sso_id,
            "status": "Enabled" if record.enabled else "Disabled",
            "description": record.description,
        }
        if password is not None:
            fields |= {"pwd": password, "confpwd": password}
        if record.rpat is not None and self._has_v2:
            addons = {"mobileaddon": str(record.mobile), "rpataddon": str(record.rpat)}
            try:
                self._client.write("setUser_v2", **fields, **addons)
            except NoSuchMethod:
                self._has_v2 = False
            else:
                return
        self._client.write("setUser", **fields, addons=str(record.mobile))

    def perform_create(self, parent: int) -> int:
        """A blank user below a category or group; its node id. TargetUnknown where the answer tells none."""
        return self._made("createUser", parent)

    def perform_create_group(self, parent: int) -> int:
        """A group without a name below a category or group; its node id. TargetUnknown where the answer tells none."""
        return self._made("createGroup", parent)

    def perform_set_group(self, record: GroupRecord) -> None:
        """Give the group of node `record.id` its name, status, description and permissions.

        Only for groups just made: Rescue has more permissions than this API names, and a group that has them could lose
        them (§4.6). What the limits are called is not known, so they are left out. setGroup where there is no v2.
        """
        fields: dict[str, str | int] = {
            "node": record.id,
            "name": record.name,
            "status": "Enabled" if record.enabled else "Disabled",
            "description": record.description,
            "permission": ",".join(record.permissions),
            "lockedpermission": ",".join(record.locked),
        }
        try:
            self._client.write(self._set_group, **fields)
        except NoSuchMethod:
            if self._set_group == "setGroup":
                raise
            self._set_group = "setGroup"
            self._client.write("setGroup", **fields)

    def perform_move(self, node: int, target: int) -> None:
        """Move a node below another parent.

        The vendor's page names the parameters `targetNode`/`node` in its table and `targetNodeID`/`nodeID` in its POST
        sample (§4.4). Both go, with the same values: a server reads one pair and ignores the other, and one call stays
        one call. Whoever refuses still knows neither, or has other names.
        """
        try:
            self._client.write("moveNode", targetnode=target, node=node, targetNodeID=target, nodeID=node)
        except TargetRefused as refusal:
            if canonical(refusal.token) in ("INVALIDPARAM_NODE", "INVALIDPARAM_TARGETNODE"):
                refusal.advice = (
                    "if both nodes are still there, Rescue wants other parameter names than we sent (an interface "
                    "mismatch): please report it"
                )
            raise

    def _made(self, method: str, parent: int) -> int:
        payload = self._client.write(method, parent=parent)
        node = created_id(payload)
        if node is None:
            raise TargetUnknown(f"{method} (parent {parent}): Rescue made a node and did not say which")
        return node
