"""`reconciler demo`: the main job on the sandbox in one go, with the commands a person would type.

Every step is the installed command in a process of its own; nothing is shown that it did not print.
"""

from __future__ import annotations

import click

from reconciler.cli.talk import Talk, talk_options


@click.command(short_help="See the main job done on the sandbox, in one go.")
@click.option(
    "--into", default="rescue-demo", show_default=True, metavar="FOLDER", help="Where the file and the reports are put."
)
@talk_options
def demo(into: str, quiet: bool, verbose: int) -> int:
    """Sandbox, plan, reports, apply, and a second plan with nothing left to do, on a copy of the sample account."""
    import os
    import shlex
    import subprocess
    import sys
    from pathlib import Path

    from reconciler.errors import UsageError
    from reconciler.sandbox import run_sandbox, sample_scenario
    from reconciler.sandbox.sample import sample_mappings

    talk = Talk(quiet=quiet, verbose=verbose)
    folder = Path(into)
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file", advice="choose another --into")
    # The sandbox is on this machine: it needs no pacing.
    text = sample_mappings().replace("\nrescue:\n", "\nrescue:\n  requests_per_second: 100\n", 1)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "mappings.yaml").write_text(text, encoding="utf-8")
    except OSError as failed:
        raise UsageError(f"{folder} cannot be written: {failed.strerror}", advice="choose another --into") from failed
    steps = (
        ("Is the file right?", ["validate"]),
        ("What would it do? The plan for a terminal, a pull request, a browser, a spreadsheet and a program:",
         ["plan", "--out", "plan.json", "--report", "plan.md", "--report", "plan.html", "--report", "plan.xlsx"]),
        ("Do it, if it is still that plan:",
         ["apply", "--plan", "plan.json", "--yes", "--out", "outcomes.json", "--report", "outcomes.md"]),
        ("And again: Rescue equals Entra, so nothing is left to do (exit code 3 would say there was):",
         ["plan", "--detailed-exitcode"]),
    )  # fmt: skip
    with run_sandbox(sample_scenario()) as box:
        environ = {**os.environ, **box.environment()}
        talk.say(f"An Entra tenant and a Rescue account are running on {box.base_url}.")
        for title, words in steps:
            arguments = [*words, *talk.log.flags]
            click.secho(f"\n# {title}", bold=True)
            click.echo(f"$ reconciler {shlex.join(arguments)}")
            sys.stdout.flush()
            done = subprocess.run(  # noqa: S603 - our own command and nothing else
                [sys.executable, "-m", "reconciler", *arguments], cwd=folder, env=environ, check=False
            )
            if done.returncode != 0:
                talk.warn(f"the step ended with exit code {done.returncode}")
                return done.returncode
    click.echo(
        f"\nThe file, the plan and the reports are in {folder}/. To play on: `reconciler sandbox` in one terminal, the "
        f"lines it prints in another, and there edit {folder}/mappings.yaml and plan again."
    )
    return 0
