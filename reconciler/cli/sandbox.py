"""`reconciler sandbox`: the embedded Entra and Rescue as a process of their own, until SIGINT or SIGTERM."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.talk import Talk, talk_options


@click.command()
@click.option("--scenario", type=click.Path(path_type=Path), help="What to start with; default: the sample account.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port on loopback; 0, the default: a free one.")
@click.option(
    "--state", type=click.Path(path_type=Path), help="SQLite file that keeps everything; an existing one is continued."
)
@talk_options
def sandbox(scenario: Path | None, port: int, state: Path | None, quiet: bool, verbose: int) -> None:
    """Run an embedded Entra and Rescue on loopback and print the variables to export.

    \b
    reconciler sandbox --state box.db > box.env &
    sleep 1; . ./box.env; reconciler plan
    """
    import tempfile

    from reconciler.sandbox.process import run_process

    talk = Talk(quiet=quiet, verbose=verbose)

    def say(text: str, is_talk: bool) -> None:
        if is_talk:
            talk.say(text)
        else:
            click.echo(text)

    with tempfile.TemporaryDirectory(prefix="sandbox-") as folder:
        run_process(scenario, port, state or Path(folder) / "state.db", say)
