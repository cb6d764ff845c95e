"""`init --pin`: looks up the Entra groups that a file names by display name, and puts their ids beside the names."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from reconciler.cli.files import write_whole
from reconciler.cli.sides import open_entra, open_rescue_side
from reconciler.cli.talk import Talk
from reconciler.cli.wizard.ask import ask, ask_yes, numbered, numbers_in, tell
from reconciler.config.connection import Draft, load_draft
from reconciler.config.load import parse_mappings
from reconciler.config.pin import Named, can_hold_node, named_groups, pin_names
from reconciler.errors import InputError, Problem, SourceError
from reconciler.model.hierarchy import Role
from reconciler.model.text import normal_text
from reconciler.planning.propose.rescue_groups import list_groups
from reconciler.render.safe import visible
from reconciler.render.words import many

if TYPE_CHECKING:
    from reconciler.model.choices import RescueGroup
    from reconciler.model.mappings import Mappings
    from reconciler.source.entra_names import NameLookup


def pin_file(file: str, talk: Talk, *, terminal: bool) -> int:
    """All names or none: InputError, with every problem, where one fits no group or several. 0 when written."""
    draft = load_draft(file)
    mappings = parse_mappings(file, draft.data, tenant_id=os.environ.get("AZURE_TENANT_ID") or None)
    named = named_groups(draft.document)
    ids = _look_up(draft, mappings, named, talk) if named else {}
    nodes = _settle_places(draft, mappings, talk, terminal=terminal)
    if not ids and not nodes:
        talk.say(f"{file}: every Entra group is named by its id already; nothing to pin")
        return 0
    data = pin_names(draft.data, draft.document, ids, nodes)
    parse_mappings(file, data, tenant_id=os.environ.get("AZURE_TENANT_ID") or None)
    for one in named:
        talk.say(f"{file}:{one.place.line}: {visible(one.name)} is {ids[one.at]}")
    parts = [many(len(found), word) for found, word in ((ids, "id"), (nodes, "node id")) if found]
    if terminal and not ask_yes(f"Put {' and '.join(parts)} into {file}? Nothing else in it changes", default=True):
        talk.say("nothing was written")
        return 0
    write_whole(file, data.decode("utf-8"))
    talk.say(f"wrote {file}")
    return 0


def _look_up(draft: Draft, mappings: Mappings, named: list[Named], talk: Talk) -> dict[int, str]:
    from reconciler.source.entra_names import fetch_names

    with open_entra(draft.connection, talk) as client:
        lookups = fetch_names(client, [one.name for one in named])
    for one in named:
        lookup = lookups[one.name]
        if lookup.listing.why:
            raise SourceError(
                f"{draft.file}:{one.place.line}: {visible(one.name)} could not be looked up: {lookup.why}"
            )
    lines = {mapping.entra_group.id: mapping.line for mapping in mappings.mappings if mapping.entra_group.id}
    found = [(one, lookups[one.name].id) for one in named]
    problems = [
        Problem(*one.place, visible(lookups[one.name].why), _remedy(lookups[one.name]))
        for one, id_ in found
        if id_ is None
    ]
    problems += [
        Problem(*one.place, f"{visible(one.name)} is the group of line {lines[id_]}", "keep one of the two mappings")
        for one, id_ in found
        if id_ in lines
    ]
    if problems:
        raise InputError(draft.file, problems)
    return {one.at: id_ for one, id_ in found if id_}


def _remedy(lookup: NameLookup) -> str:
    if "are called" in lookup.why:
        return "write the id of the one that is meant"
    return f"find it with `reconciler groups search`, which looks for a part of the name, such as {lookup.name[:4]!r}"


def _settle_places(draft: Draft, mappings: Mappings, talk: Talk, *, terminal: bool) -> dict[int, int]:
    """Node ids for paths that fit several Rescue groups: asked for on a terminal, else an InputError."""
    if not (os.environ.get("RESCUE_API_TOKEN") or os.environ.get("RESCUE_EMAIL")):
        talk.say("Rescue paths are not checked: there is no Rescue credential")
        return {}
    with open_rescue_side(draft.connection) as reader:
        tree = reader.fetch_tree()
    groups = {role: list_groups(tree, role) for role in Role}
    found: dict[int, int] = {}
    problems = []
    for index, mapping in enumerate(mappings.mappings):
        if not isinstance(mapping.rescue_group, tuple):
            continue
        wanted = tuple(normal_text(name) for name in mapping.rescue_group)
        fits = [
            group
            for group in groups[mapping.role]
            if group.ambiguous and tuple(normal_text(name) for name in group.path) == wanted
        ]
        place = draft.document.value_place(("mappings", index, "rescue_group"))
        if not fits:
            continue
        if terminal and can_hold_node(draft.data, draft.document, index):
            found[index] = _which(f"{draft.file}:{place.line}: {mapping.rescue_group_text}", fits)
            continue
        nodes = " or ".join(str(group.node_id) for group in fits)
        problems.append(
            Problem(*place, f"{visible(mapping.rescue_group_text)} is not the only path of that name", f"write {nodes}")
        )
    if problems:
        raise InputError(draft.file, problems)
    return found


def _which(what: str, fits: list[RescueGroup]) -> int:
    tell(f"{visible(what)} fits several Rescue groups:")
    numbered([(f"node {group.node_id}", f"{group.enabled} enabled, {group.disabled} disabled") for group in fits])
    return fits[ask("Which, by number", lambda answer: numbers_in(answer, len(fits))[0]) - 1].node_id
