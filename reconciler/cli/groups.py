"""`reconciler groups`: looks for groups to map, on either side. Reads only."""

from __future__ import annotations

import click

from reconciler.cli.talk import Talk, talk_options

SHOWN = 100
"""Groups shown as text, and counted: five calls more. A term that finds more is too short to choose from."""


@click.group(short_help="Look for groups to map, on either side.")
def groups() -> None:
    """Look for groups to map: Entra groups by a part of their name, Rescue groups with their node ids."""


_format = click.option(
    "--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True, help="On stdout."
)


@groups.command(short_help="Find Entra groups by a part of their name.")
@click.argument("term")
@click.argument("file", required=False)
@_format
@talk_options
def search(term: str, file: str | None, style: str, quiet: bool, verbose: int) -> None:
    """Find the Entra groups whose name holds TERM, in any case, or the one with this object id.

    FILE (default mappings.yaml, where there is one) tells tenant and cloud; it may still be a draft. Without a file the
    AZURE_* variables do.
    """
    from reconciler.cli.sides import connection_of, open_entra
    from reconciler.errors import UsageError
    from reconciler.render.choices import render_search, search_as_json
    from reconciler.render.safe import visible
    from reconciler.source.entra_search import fetch_groups_like, fetch_member_counts

    if not term.strip():
        raise UsageError("the term to search for is empty", advice="name a part of the group's name")
    talk = Talk(quiet=quiet, verbose=verbose)
    with open_entra(connection_of(file), talk) as client:
        found = fetch_groups_like(client, term)
        counts = fetch_member_counts(client, found.groups[:SHOWN])
    if not found.complete:
        talk.warn(
            f"the tenant has more than the {found.looked_at} groups that were looked at: of the others only "
            "those whose name begins with the term are here"
        )
    if not found.groups:
        talk.warn(f'no Entra group has "{visible(term)}" in its name ({found.looked_at} looked at)')
    talk.show(search_as_json(found, counts, term) if style == "json" else render_search(found, counts, shown=SHOWN))


@groups.command(short_help="Show the groups of the Rescue account.")
@click.argument("file", required=False)
@click.option("--licences", is_flag=True, help="Count mobile and RPAT add-ons: one call to Rescue for every person.")
@_format
@talk_options
def rescue(file: str | None, licences: bool, style: str, quiet: bool, verbose: int) -> None:
    """Show the groups of the Rescue account as a tree, with node ids and how many people are directly in each.

    FILE (default mappings.yaml, where there is one) tells the region; it may still be a draft.
    """
    from reconciler.cli.sides import connection_of, open_rescue_side
    from reconciler.model.hierarchy import Role
    from reconciler.planning.propose.rescue_groups import count_licences, list_groups, people_ids
    from reconciler.render.choices import render_tree, tree_as_json

    talk = Talk(quiet=quiet, verbose=verbose)
    connection = connection_of(file)
    counted = None
    with open_rescue_side(connection) as reader, talk.progress() as progress:
        tree = reader.fetch_tree()
        caller = reader.fetch_caller(tree)
        if licences:
            asked = people_ids(tree)
            seconds = len(asked) / connection.requests_per_second
            talk.say(f"--licences: {len(asked)} calls to Rescue, one for every person, {seconds:.0f} s or more")
            details = reader.fetch_details(asked, lambda done, total: progress("reading people in Rescue", done, total))
            counted = count_licences(tree, details)
    if connection.account_id is not None and connection.account_id != caller.account_id:
        talk.warn(f"the file is for account {connection.account_id}; this is account {caller.account_id}")
    listed = {role: list_groups(tree, role) for role in Role}
    shown = tree_as_json if style == "json" else render_tree
    talk.show(shown(caller.organization, caller.account_id, listed, counted))
