"""`reconciler init`: writes the file by questions, or from what is there. Writes the one file, and at the very end."""

from __future__ import annotations

import sys

import click

from reconciler.cli.talk import Talk, talk_options


@click.command(short_help="Write the file by answering questions, or from what is there.")
@click.argument("file", default="mappings.yaml")
@click.option(
    "--import",
    "import_",
    is_flag=True,
    help="Propose pairs for an account in use, from shared members and equal names. Without a terminal nothing is "
    "asked: FILE must be new, or - for stdout.",
)
@click.option("--pin", is_flag=True, help="Put the object ids to the Entra groups that FILE names by display name.")
@talk_options
def init(file: str, import_: bool, pin: bool, quiet: bool, verbose: int) -> int:
    """Write FILE (default mappings.yaml) by answering questions: the original's wizard.

    An existing FILE gives the defaults; what you leave as it is stays as it is written. Nothing is written before the
    last answer, and an existing file only after you said so. Neither Entra nor Rescue is changed.
    """
    from pathlib import Path

    from reconciler.cli.files import check_writable
    from reconciler.cli.wizard.initial import Initial
    from reconciler.cli.wizard.pinning import pin_file
    from reconciler.errors import UsageError

    talk = Talk(quiet=quiet, verbose=verbose)
    there = file != "-" and Path(file).exists()
    terminal = sys.stdin.isatty()
    if file != "-":
        check_writable(file)
    if pin and not there and not import_:
        raise UsageError(f"there is no file {file} to pin", advice="name the file, or make one with `reconciler init`")
    if pin and there and not import_:
        return pin_file(file, talk, terminal=terminal)
    if not terminal and not import_:
        raise UsageError(
            "init asks questions, and there is no terminal to ask them on",
            advice="run it on a terminal; `init --import` with a new FILE, and `init --pin`, need none",
        )
    if not terminal and there:
        raise UsageError(
            f"{file} is there already, and there is no terminal to ask whether to replace it",
            advice="name a new FILE, or - to print the proposal",
        )
    written = Initial(file, talk, there=there, terminal=terminal).run(propose_pairs=import_)
    if written and pin and there:
        return pin_file(file, talk, terminal=terminal)
    return 0
