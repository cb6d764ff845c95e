"""Checks of the Entra side: which credential, what its token may read, whether each mapped group can be believed."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reconciler.cli.checks.clock import check_clock
from reconciler.errors import CredentialsError, ReconcilerError, SourceError
from reconciler.model.checkup import Check, doubtful, failed, passed, unchecked
from reconciler.model.directory import Directory, Group, UnreadGroup
from reconciler.model.mappings import Mappings
from reconciler.render.safe import quoted
from reconciler.render.words import many

if TYPE_CHECKING:
    from reconciler.cli.talk import Progress
    from reconciler.source.credentials import TokenSource
    from reconciler.transport import Channel

_WIDER = ("Directory.Read.All", "Directory.ReadWrite.All")
_GROUPS = ("GroupMember.Read.All", "Group.Read.All", "GroupMember.ReadWrite.All", "Group.ReadWrite.All", *_WIDER)
_USERS = ("User.Read.All", "User.ReadWrite.All", *_WIDER)
_CONSENT = "as an application permission of the app registration, with admin consent"
_NAMES = ("credential", "token", "tenant", "permissions", "groups", "clock")


@dataclass(frozen=True, slots=True)
class Seen:
    """The checks of this side, and the groups where they were read."""

    checks: list[Check]
    directory: Directory | None = None


def check_entra(mappings: Mappings | None, environ: Mapping[str, str], progress: Progress) -> Seen:
    """Every check of this side, in order."""
    if mappings is None:
        return Seen([unchecked(name, "the file says which tenant and cloud, and cannot be read") for name in _NAMES])
    with ExitStack() as stack:
        checks, channel = _open(mappings, environ, stack)
        tokens, found = _choose(mappings, environ)
        checks.append(found)
        if tokens is None:
            return Seen(checks + [unchecked(name, "there is no credential") for name in _NAMES[1:]])
        found, has_token = _fetch_token(tokens)
        checks.append(found)
        if not has_token:
            return Seen(checks + [unchecked(name, "there is no token") for name in _NAMES[2:]])
        checks += [_check_tenant(mappings, tokens.claims), *_check_permissions(tokens.claims)]
        if channel is None:
            return Seen(checks + [unchecked(name, "there is no usable address") for name in _NAMES[4:]])
        found_groups, directory = _check_groups(mappings, channel, tokens, progress)
        checks += found_groups
        checks.append(check_clock("clock", channel, "Microsoft Graph", "Entra refuses tokens of a wrong clock"))
        return Seen(checks, directory)


def _open(mappings: Mappings, environ: Mapping[str, str], stack: ExitStack) -> tuple[list[Check], Channel | None]:
    from reconciler.source.clouds import graph_base_url
    from reconciler.transport import Channel

    try:
        url = graph_base_url(environ, mappings.cloud)
        channel = stack.enter_context(Channel(url, service="Microsoft Graph (GRAPH_BASE_URL)"))
    except ReconcilerError as wrong:
        return [failed("address", str(wrong), wrong.advice or "look at GRAPH_BASE_URL")], None
    source = "from GRAPH_BASE_URL" if environ.get("GRAPH_BASE_URL", "").strip() else f"cloud {mappings.cloud}"
    return [passed("address", f"{url} ({source})")], channel


def _choose(mappings: Mappings, environ: Mapping[str, str]) -> tuple[TokenSource | None, Check]:
    from reconciler.source.credentials import make_token_source

    try:
        tokens = make_token_source(environ, tenant_id=mappings.tenant_id, cloud=mappings.cloud)
    except ReconcilerError as wrong:
        return None, failed("credential", str(wrong), wrong.advice)
    if tokens.renewable:
        return tokens, passed("credential", f"{tokens.title} is used")
    return tokens, passed("credential", f"{tokens.title} is used, made elsewhere; it cannot be renewed when it ends")


def _fetch_token(tokens: TokenSource) -> tuple[Check, bool]:
    try:
        tokens.token()
    except ReconcilerError as wrong:
        return failed("token", str(wrong), wrong.advice or "look at the app registration"), False
    what = "an access token" if tokens.claims else "an access token that cannot be looked into"
    return passed("token", f"got {what}"), True


def _check_tenant(mappings: Mappings, claims: Mapping[str, Any] | None) -> Check:
    told = (claims or {}).get("tid")
    if not isinstance(told, str):
        return doubtful(
            "tenant",
            "the token does not say its tenant, so nobody who is missing in Entra can be held for deleted (D8)"
            if claims
            else "the token cannot be looked into: which tenant it is for is not known",
            "use a token that Entra gave to an application",
        )
    configured = (mappings.tenant_id or "").lower()
    if not configured:
        return doubtful("tenant", f"the token is for {told}, and no tenant is configured", "write entra.tenant_id")
    if "." in configured:
        return doubtful(
            "tenant",
            f"the token is for {told}; whether that is {configured} cannot be told",
            f"write the id: entra.tenant_id: {told}",
        )
    if told.lower() != configured:
        return failed(
            "tenant",
            f"the token is for tenant {told}, and {configured} is configured",
            "look at entra.tenant_id, AZURE_TENANT_ID and where the token comes from",
        )
    return passed("tenant", f"{told}, the configured one")


def _check_permissions(claims: Mapping[str, Any] | None) -> list[Check]:
    """`roles` of an application's token; `scp` of a person's, which may show less than is there."""
    name = "permissions"
    if claims is None:
        message = "the token cannot be looked into; the groups below show what it may read"
        return [doubtful(name, message, f"GroupMember.Read.All and User.Read.All are needed, {_CONSENT}")]
    roles = claims.get("roles")
    held = {role for role in roles if isinstance(role, str)} if isinstance(roles, list) else set()
    scopes = claims.get("scp")
    checks = []
    if isinstance(scopes, str) and not held:
        held = set(scopes.split())
        checks.append(
            doubtful(
                name,
                "the token is a person's: groups that only look smaller are people who only look gone",
                "read Entra as an application (client secret, certificate, or a federated credential)",
            )
        )
    for needed, wider, why in (
        ("GroupMember.Read.All", _GROUPS, "no group can be read"),
        ("User.Read.All", _USERS, "people come without accountEnabled and UPN, and nobody can be asked about"),
    ):
        granted = [role for role in wider if role in held]
        if granted:
            more = "" if granted[0] == needed else f", as part of {granted[0]}"
            checks.append(passed(name, f"{needed}{more}"))
        else:
            checks.append(failed(name, f"{needed} is not granted: {why}", f"grant {needed} {_CONSENT}"))
    if "Member.Read.Hidden" in held:
        checks.append(passed(name, "Member.Read.Hidden, for groups that hide their members"))
    return checks


def _check_groups(
    mappings: Mappings, channel: Channel, tokens: TokenSource, progress: Progress
) -> tuple[list[Check], Directory | None]:
    from reconciler.source.entra_reader import EntraReader, NothingReadable
    from reconciler.source.graph_client import GraphClient

    reader = EntraReader(GraphClient(channel, tokens), tenant_id=mappings.tenant_id, progress=progress)
    try:
        directory = reader.fetch_directory(mappings)
    except NothingReadable as nothing:
        directory = Directory(nothing.groups)
    except (CredentialsError, SourceError) as wrong:
        return [failed("groups", str(wrong), wrong.advice or "run again")], None
    checks = [_check_group(name, group) for name, group in directory.groups.items()]
    checks += [_check_nested(group) for group in directory.nested.values() if isinstance(group, UnreadGroup)]
    checks += [
        doubtful("group", note, "the id decides; write the new name beside it")
        for note in directory.notes
        if not note.startswith("the access token is for tenant")  # told by the check of the tenant
    ]
    return checks, directory


def _check_group(mapping: str, group: Group | UnreadGroup) -> Check:
    name = f"group of {mapping}"
    if isinstance(group, Group):
        shown = quoted(group.name)
        if not group.members and not group.nested:
            return doubtful(
                name,
                f"{shown} is readable, and empty",
                "an empty group freezes its mapping while people are marked for it, unless allow_empty: true is "
                "written (D17)",
            )
        more = f", {many(len(group.nested), 'nested group')}" if group.nested else ""
        return passed(name, f"{shown} is readable, {many(len(group.members), 'direct member')}{more}")
    shown = quoted(group.name) if group.name else group.id or "?"
    return failed(name, f"{shown} freezes its mapping: {group.why}", _group_remedy(group))


def _check_nested(group: UnreadGroup) -> Check:
    """A nested group that cannot be trusted; those that can are not told of one by one (D17)."""
    shown = quoted(group.name) if group.name else group.id or "?"
    return failed("nested group", f"{shown} freezes every mapping it is nested in: {group.why}", _group_remedy(group))


def _group_remedy(group: UnreadGroup) -> str:
    """What to do about a group, told from why it could not be read."""
    why = group.why
    if "hidden" in why:
        return f"grant Member.Read.Hidden {_CONSENT}"
    if "accountEnabled" in why:
        return f"grant User.Read.All {_CONSENT}"
    if "Entra groups are called" in why:
        return "write the object id of the right one (entra_group: {id: …}); `reconciler groups search` shows them"
    if "is called" in why:
        return "write the name exactly as Entra has it, capitals too, or better the object id"
    if "limits.members" in why:
        return "raise limits.members in the file, or map smaller groups"
    if "404" in why:
        return "the group was deleted, or the id is another tenant's: write the new id, and the old one as replaces:"
    if "403" in why or "GroupMember.Read.All" in why:
        return f"grant GroupMember.Read.All {_CONSENT}; for a group that hides its members Member.Read.Hidden too"
    return "run again; if it happens again, look at the group in Entra"
