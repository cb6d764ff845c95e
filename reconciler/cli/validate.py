"""`reconciler validate`: schema and cross-checks of one file, offline."""

from __future__ import annotations

import os

import click

from reconciler.cli.talk import Talk, talk_options


@click.command()
@click.argument("file", default="mappings.yaml")
@talk_options
def validate(file: str, quiet: bool, verbose: int) -> None:
    """Check FILE (default: mappings.yaml) without reaching the network.

    Every problem is printed with its line and column, and the exit code is 2. Warnings leave the file valid.
    """
    from reconciler.config.load import load_mappings
    from reconciler.model.hierarchy import Role

    talk = Talk(quiet=quiet, verbose=verbose)
    mappings = load_mappings(file, tenant_id=os.environ.get("AZURE_TENANT_ID") or None)
    for warning in mappings.warnings:
        talk.warn(warning)
    total = len(mappings.mappings)
    admins = sum(mapping.role is Role.ADMIN for mapping in mappings.mappings)
    plural = "mapping" if total == 1 else "mappings"
    click.echo(f"{click.format_filename(file)}: valid, {total} {plural} ({total - admins} technician, {admins} admin)")
