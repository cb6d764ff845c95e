"""`reconciler validate`: schema and cross-checks of one file, offline."""

from __future__ import annotations

import os

import click


@click.command()
@click.argument("file", default="mappings.yaml")
def validate(file: str) -> None:
    """Check FILE (default: mappings.yaml) without reaching the network.

    Every problem is printed with its line and column, and the exit code is 2. Warnings, and notes about what this
    version cannot act on yet, leave the file valid.
    """
    from reconciler.config.load import load_mappings
    from reconciler.model.hierarchy import Role

    mappings = load_mappings(file, tenant_id=os.environ.get("AZURE_TENANT_ID") or None)
    for warning in mappings.warnings:
        click.echo(f"warning: {warning}", err=True)
    for note in mappings.not_yet_lines:
        click.echo(f"note: {note}", err=True)
    total = len(mappings.mappings)
    admins = sum(mapping.role is Role.ADMIN for mapping in mappings.mappings)
    plural = "mapping" if total == 1 else "mappings"
    click.echo(f"{click.format_filename(file)}: valid, {total} {plural} ({total - admins} technician, {admins} admin)")
