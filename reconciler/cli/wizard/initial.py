"""One run of `init`, from the first question to the file on disk: opens both sides, fills a draft, asks, writes."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from reconciler.cli.files import write_whole
from reconciler.cli.sides import open_entra, open_rescue_side
from reconciler.cli.talk import Talk
from reconciler.cli.wizard import importing
from reconciler.cli.wizard.ask import Refused, ask, ask_yes, tell
from reconciler.cli.wizard.draft import FileDraft
from reconciler.cli.wizard.pairs import PairQuestions
from reconciler.cli.wizard.questions import ask_settings, ask_where
from reconciler.config.connection import Connection
from reconciler.config.settle import is_guid, settled_owner
from reconciler.errors import InputError, UsageError
from reconciler.model.file import OWNER
from reconciler.model.hierarchy import Caller, Role, Tree
from reconciler.model.text import normal_text
from reconciler.planning.propose.rescue_groups import list_groups
from reconciler.render.safe import visible
from reconciler.render.words import many

if TYPE_CHECKING:
    from reconciler.source.graph_client import GraphClient

ADSYNC = (
    "Before anything is applied, stop the vendor's AdSync, its service and its program: two that write the same "
    "account undo each other."
)
_PROTECTED = (
    "Never written, created or adopted. These look like emergency accounts by their logins; add what else must not be "
    "touched.",
)
_FIRST_CONTACT = (
    "For a first contact that changes as little as possible: where full_sync is off, who has the same login on both "
    "sides is linked (adopt), and members whose Entra account is disabled are disabled. Pairs whose people carry our "
    "links and SSO IDs already say full_sync: true, as they were managed before.",
    "When that plan has been applied, set full_sync: true, here or mapping by mapping: names, groups and missing "
    "people follow then. Look at that plan as well. SSO IDs stay as they are until upn_as_sso_id or "
    "use_email_as_sso_id says otherwise.",
)


class Initial:
    """`run` writes the file, or nothing."""

    def __init__(self, file: str, talk: Talk, *, there: bool, terminal: bool) -> None:
        self._file = file
        self._talk = talk
        self._terminal = terminal
        self._draft = FileDraft(file, exists=there, tenant_id=os.environ.get("AZURE_TENANT_ID") or None)

    def run(self, *, propose_pairs: bool) -> bool:
        """Whether the file was written. InputError, UsageError, and what reading raises."""
        draft = self._draft
        self._greet()
        if self._terminal:
            ask_where(draft)
        elif tenant := os.environ.get("AZURE_TENANT_ID", "").strip():
            draft.put("entra", "tenant_id", tenant.lower())
        connection = Connection(
            tenant_id=draft.said("entra", "tenant_id"),
            cloud=draft.said("entra", "cloud") or "global",
            region=draft.said("rescue", "region") or "us",
            requests_per_second=draft.said("rescue", "requests_per_second") or 5,
        )
        with open_entra(connection, self._talk) as client, open_rescue_side(connection) as reader:
            self._settle_tenant(client)
            self._talk.say("reading the Rescue tree")
            tree = reader.fetch_tree()
            if not self._settle_account(reader.fetch_caller(tree)):
                return False
            if propose_pairs:
                self._propose(client, tree)
            if self._terminal:
                ask_settings(draft)
            pairs = PairQuestions(draft, client, tree)
            if self._terminal and propose_pairs:
                pairs.explain()
            while True:
                if self._terminal:
                    pairs.run()
                try:
                    text, meant = draft.render()
                    break
                except InputError as wrong:
                    if not self._terminal:
                        raise
                    tell("\nThe file would not be valid:", strong=True)
                    for problem in wrong.problems:
                        tell(f"  {visible(problem.message)}; {visible(problem.remedy)}")
        for warning in meant.warnings:
            self._talk.warn(warning)
        return self._write(text)

    def _greet(self) -> None:
        if not self._terminal:
            self._talk.say(ADSYNC)
            return
        tell("This writes a mappings file: which Entra groups feed which Rescue groups.", strong=True)
        tell(ADSYNC)
        if self._draft.before is not None:
            tell(f"{self._file} is there: its words are the defaults.")
        tell("Enter takes what stands in [ ]. Ctrl-C leaves, and nothing is written before the end.")

    def _settle_tenant(self, client: GraphClient) -> None:
        """The tenant of the token, where nobody said an id; a tag for markers where there is no id at all."""
        draft = self._draft
        said, told = draft.said("entra", "tenant_id"), str((client.claims() or {}).get("tid", "")).lower()
        if is_guid(told) and not (said and is_guid(said)):
            if said:
                self._talk.say(f"{said} is the tenant {told}")
            draft.put("entra", "tenant_id", told)
        elif is_guid(told) and said.lower() != told:
            self._talk.warn(f"the access token is for tenant {told}, not for {said}: no plan would believe it")
        elif not said:
            raise UsageError("nobody says which tenant this is", advice="set AZURE_TENANT_ID")
        tenant = draft.said("entra", "tenant_id")
        if settled_owner(draft.said("rescue", "owner"), tenant) is None:
            if not self._terminal:
                raise UsageError(f"{tenant} is a domain, no id", advice="set AZURE_TENANT_ID to the tenant's id")
            draft.put("rescue", "owner", ask("Tag for our notes in Rescue, up to 32 letters or digits", _owner))

    def _settle_account(self, caller: Caller) -> bool:
        """The account's number from Rescue itself; another one than the file's only if the person says so."""
        said = self._draft.said("rescue", "account_id")
        what = f"Rescue account {caller.account_id}, {visible(caller.organization)}"
        if said is not None and said != caller.account_id:
            self._talk.warn(f"the file is for account {said}, and this is {what}")
            if not self._terminal or not ask_yes("Make the file one for this account?", default=False):
                self._talk.say("nothing was written")
                return False
        self._talk.say(f"{what}, as {visible(caller.login)}")
        self._draft.put("rescue", "account_id", caller.account_id)
        return True

    def _propose(self, client: GraphClient, tree: Tree) -> None:
        draft = self._draft
        owner = settled_owner(draft.said("rescue", "owner"), draft.said("entra", "tenant_id")) or ""
        found = importing.propose(client, tree, owner, self._mapped(tree), self._taken(client), self._talk)
        if draft.before is None:
            draft.put("settings", "use_upn_as_email", found.upn_as_login)
            draft.put("settings", "use_email_as_sso_id", found.mail_as_sso_id)
            draft.put("settings", "adopt", "login")
            draft.put("defaults", "full_sync", False)
            draft.put("defaults", "nested", "direct")
            draft.protected = found.protected
            draft.comments["protected"] = list(_PROTECTED)
            draft.comments["defaults"] = list(_FIRST_CONTACT)
        # What `defaults` says already is not said again.
        draft.entries += [replace(entry, value=draft.without_defaults(entry.value)) for entry in found.entries]
        draft.tail += found.tail
        self._talk.say(f"{many(len(found.entries), 'pair')} proposed")

    def _mapped(self, tree: Tree) -> set[int]:
        """Rescue groups that the file maps already."""
        groups = {role: list_groups(tree, role) for role in Role}
        found = set()
        for entry in self._draft.entries:
            said = entry.value["rescue_group"]
            role = Role(self._draft.effective(entry.value, "role", "technician"))
            path = said.split("/") if isinstance(said, str) else said
            for group in groups[role]:
                same = group.node_id == said if isinstance(said, int) else _same(group.path, path)
                if same:
                    found.add(group.node_id)
        return found

    def _taken(self, client: GraphClient) -> set[str]:
        """Entra groups that the file maps already, or names in a `replaces` or a `retired`."""
        from reconciler.source.entra_names import fetch_names

        groups = [self._draft.group_of(entry) for entry in self._draft.entries]
        names = fetch_names(client, [group.name for group in groups if group.id is None])
        named = {lookup.id for lookup in names.values() if lookup.id}
        return named | {group.id for group in groups if group.id} | self._draft.spent_ids()

    def _write(self, text: str) -> bool:
        draft, talk = self._draft, self._talk
        if self._file == "-":
            click.echo(text, nl=False)
            return True
        if self._terminal:
            if draft.before is None:
                agreed = ask_yes(f"\nWrite {self._file}?", default=True)
            elif text.encode("utf-8") == draft.before.data:
                tell(f"\n{self._file} says all this already; nothing was written")
                return False
            else:
                tell("")
                tell(
                    "Sections and pairs that did not change stay as they are written, with their comments."
                    if draft.keeps_text
                    else f"{self._file} is written anew: its comments and its layout are lost."
                )
                agreed = ask_yes(f"Replace {self._file}?", default=False)
            if not agreed:
                talk.say("nothing was written")
                return False
        write_whole(self._file, text)
        talk.say(f"wrote {self._file}, with {many(len(draft.entries), 'pair')}")
        talk.say(f"next: read it, then see what it would do: reconciler plan {self._file}")
        return True


def _same(path: tuple[str, ...], said: list[str]) -> bool:
    return tuple(map(normal_text, path)) == tuple(map(normal_text, said))


def _owner(answer: str) -> str:
    if not re.match(OWNER.removesuffix("$") + r"\Z", answer):
        raise Refused("up to 32 letters, digits, dots, - or _")
    return answer
