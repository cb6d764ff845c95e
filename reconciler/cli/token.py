"""`reconciler token`: an authcode for an e-mail address and a password. stdout holds the code and nothing else."""

from __future__ import annotations

import os
from collections.abc import Mapping

import click

from reconciler.cli.talk import Talk, talk_options


@click.command(short_help="Trade RESCUE_EMAIL and RESCUE_PASSWORD for an authcode.")
@click.option(
    "--region",
    type=click.Choice(["us", "eu"]),
    default="us",
    show_default=True,
    help="Where the account is; RESCUE_BASE_URL overrides it.",
)
@talk_options
def token(region: str, quiet: bool, verbose: int) -> None:
    """Trade RESCUE_EMAIL and RESCUE_PASSWORD for an authcode and print only that.

    It does what an API token does, as RESCUE_API_TOKEN, and does not expire; but every older authcode of this account
    dies with it. Better is an API token (Admin Center, Global Settings), which no call of a program can end.

    \b
    RESCUE_API_TOKEN=$(reconciler token) && export RESCUE_API_TOKEN
    """
    from reconciler.errors import TargetError
    from reconciler.target.connect import open_channel
    from reconciler.target.credentials import request_authcode
    from reconciler.transport import TransportError

    talk = Talk(quiet=quiet, verbose=verbose)
    email, password = _login_from(os.environ)
    with open_channel(os.environ, region, None) as channel:
        talk.warn("this ends every older authcode of this account: programs that use one must be given the new one")
        try:
            code = request_authcode(channel, email, password)
        except TargetError as failed:
            lost = isinstance(failed.__cause__, TransportError) and failed.__cause__.sent
            advice = "whether the older code still works is not known: run again, and use the code that prints"
            raise TargetError(str(failed), advice=advice if lost else "no code was made; run again") from failed
    if os.environ.get("GITHUB_ACTIONS") == "true":
        # The runner takes commands from stderr as well; written before the code can be on stdout.
        click.echo(f"::add-mask::{code}", err=True)
    click.echo(code)


def _login_from(environ: Mapping[str, str]) -> tuple[str, str]:
    from reconciler.errors import CredentialsError

    email, password = environ.get("RESCUE_EMAIL", "").strip(), environ.get("RESCUE_PASSWORD", "")
    missing = [name for name, value in (("RESCUE_EMAIL", email), ("RESCUE_PASSWORD", password)) if not value]
    if missing:
        raise CredentialsError(
            f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set",
            advice="set both to those of a master administrator",
        )
    return email, password
