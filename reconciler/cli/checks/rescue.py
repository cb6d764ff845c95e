"""Checks of the Rescue side: the credential, the account, whom we run as, the tree, and each mapped group."""

from __future__ import annotations

from collections.abc import Mapping as Record
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.cli.checks.clock import check_clock
from reconciler.errors import ReconcilerError
from reconciler.model.checkup import Check, doubtful, failed, passed, unchecked
from reconciler.model.directory import Directory, Group
from reconciler.model.hierarchy import NodeType, Role, Tree
from reconciler.model.mappings import Mapping, Mappings
from reconciler.render.words import many

if TYPE_CHECKING:
    from reconciler.target.connect import Rescue

_NAMES = ("address", "credential", "account", "tree", "caller", "groups", "clock")
_RUN_AGAIN = "run again; if it happens again, `reconciler doctor --probe` shows what Rescue answers"


@dataclass(frozen=True, slots=True)
class Seen:
    """The checks of this side, and what `--probe` needs of it."""

    checks: list[Check]
    tree: Tree | None = None


def check_credential(environ: Record[str, str]) -> Check:
    """Which of the two kinds there is (D18); nothing is sent."""
    from reconciler.target.credentials import ApiToken, credentials_from

    try:
        credentials = credentials_from(environ)
    except ReconcilerError as wrong:
        return failed("credential", str(wrong), wrong.advice or "set RESCUE_API_TOKEN anew, to the token alone")
    if isinstance(credentials, ApiToken):
        return passed("credential", "RESCUE_API_TOKEN is used")
    return doubtful(
        "credential",
        "RESCUE_EMAIL and RESCUE_PASSWORD are used: ten sign-ins in three minutes at most, expiring passwords, and a "
        "second program signing in as the same account can end the session",
        "set RESCUE_API_TOKEN instead (Admin Center > Global Settings > Generate API token)",
    )


def check_rescue(mappings: Mappings, rescue: Rescue, url_note: str) -> Seen:
    """Every check that asks Rescue, in order; four calls."""
    url = rescue.channel.base_url
    if url_note:
        checks = [doubtful("address", url_note, "set RESCUE_BASE_URL once you know the address")]
    else:
        checks = [passed("address", url)]
    checks += _check_account(mappings, rescue)
    if not any(check.name == "connection" and check.verdict == "ok" for check in checks):
        return Seen(checks + [unchecked(name, "Rescue could not be asked") for name in _NAMES[3:]])
    tree, found = _fetch_tree(rescue)
    checks.append(found)
    if tree is None:
        checks += [unchecked(name, "the tree could not be read") for name in ("caller", "groups")]
    else:
        checks += [_check_caller(rescue, tree), *_check_groups(mappings, tree)]
    checks.append(check_clock("clock", rescue.channel, "Rescue", "outcomes are dated by it"))
    return Seen(checks, tree)


def _check_account(mappings: Mappings, rescue: Rescue) -> list[Check]:
    """Is it there, does it let us in, and is it the account of the file?"""
    try:
        account = rescue.reader.fetch_account()
    except ReconcilerError as wrong:
        return [
            failed("connection", str(wrong), wrong.advice or _RUN_AGAIN),
            unchecked("account", "Rescue could not be asked"),
        ]
    checks = [passed("connection", "Rescue answers and lets us in")]
    said = f"{account.account_id} ({account.organization})"
    if account.account_id == mappings.account_id:
        checks.append(passed("account", f"{said}, the one of the file"))
    else:
        checks.append(
            failed(
                "account",
                f"the credential is for account {said}, the file is for {mappings.account_id}",
                f"check the credential; if it is right, write rescue.account_id: {account.account_id}",
            )
        )
    return checks


def _fetch_tree(rescue: Rescue) -> tuple[Tree | None, Check]:
    try:
        tree = rescue.reader.fetch_tree()
    except ReconcilerError as wrong:
        return None, failed("tree", str(wrong), wrong.advice or _RUN_AGAIN)
    technicians = sum(1 for _ in tree.people(Role.TECHNICIAN))
    disabled = sum(not node.enabled for node in tree.people(Role.TECHNICIAN))
    admins = sum(1 for _ in tree.people(Role.ADMIN))
    masters = sum(node.type == NodeType.MASTER_ADMINISTRATOR for node in tree.nodes.values())
    return tree, passed(
        "tree",
        f"consistent: {len(tree)} nodes, {technicians} technicians ({disabled} disabled), {admins} administrators, "
        f"{masters} master administrators",
    )


def _check_caller(rescue: Rescue, tree: Tree) -> Check:
    try:
        caller = rescue.reader.fetch_caller(tree)
    except ReconcilerError as wrong:
        return failed("caller", str(wrong), wrong.advice or _RUN_AGAIN)
    holder = ", the account holder" if caller.details.account_holder else ""
    return passed("caller", f"{caller.login}, a master administrator{holder} (node {caller.admin_node})")


def _check_groups(mappings: Mappings, tree: Tree) -> list[Check]:
    """Each mapped Rescue group stands where the file says (D13)."""
    checks = []
    for mapping, node, missing in _meet_groups(mappings, tree):
        name, shown = f"group of {mapping.name}", mapping.rescue_group_text
        if node is not None:
            people = sum(child.parent == node and child.login != "" for child in tree.people(mapping.role))
            checks.append(passed(name, f"{shown} is node {node}, {many(people, 'person')}"))
        elif mapping.create_group and "there is no" in missing and "is called" not in missing:
            checks.append(passed(name, f"{shown} is not there yet; create_group is true, so a plan creates it"))
        else:
            checks.append(
                failed(
                    name,
                    f"{shown} freezes its mapping: {missing}",
                    "write the path as it is in Rescue, or the node id (`reconciler groups rescue` shows both), or "
                    "make the group in the Admin Center",
                )
            )
    return checks


def _meet_groups(mappings: Mappings, tree: Tree) -> list[tuple[Mapping, int | None, str]]:
    """Each mapping with its node, or why it has none, as planning finds it where every Entra group can be read."""
    from reconciler.planning.desired import pair_mappings

    groups = {
        mapping.name: Group(f"{number:08x}-0000-4000-8000-000000000000", mapping.name, ())
        for number, mapping in enumerate(mappings.mappings)
    }
    paired = pair_mappings(mappings, Directory(groups), tree)
    return [(item.mapping, item.node, item.frozen or "") for item in paired]


def nothing_to_ask(because: str) -> list[Check]:
    """The checks of this side where it cannot even be addressed."""
    return [unchecked(name, because) for name in _NAMES if name != "credential"]
