"""The option of every command that speaks to GitHub: whose texts and statuses there are ours."""

from __future__ import annotations

import click

author_option = click.option(
    "--author",
    metavar="LOGIN",
    help="Whose comments, issues and statuses on GitHub are ours; default: the token's own login, or "
    "github-actions[bot].",
)
