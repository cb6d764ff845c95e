"""One side opened by itself, for the commands that choose groups: no mappings are needed, no plan is made."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.talk import Talk

if TYPE_CHECKING:
    from reconciler.config.connection import Connection
    from reconciler.source.graph_client import GraphClient
    from reconciler.target.rescue_reader import RescueReader

DEFAULT_FILE = "mappings.yaml"


def connection_of(file: str | None) -> Connection:
    """What `file` says of the two sides; without one mappings.yaml where it is there, else nothing."""
    from reconciler.config.connection import Connection, load_draft

    if file is None and not Path(DEFAULT_FILE).is_file():
        return Connection()
    return load_draft(file or DEFAULT_FILE).connection


@contextmanager
def open_entra(connection: Connection, talk: Talk, environ: Mapping[str, str] = os.environ) -> Iterator[GraphClient]:
    """A client for Graph, proven by a first token. CredentialsError, UsageError."""
    from reconciler.source.clouds import graph_base_url
    from reconciler.source.credentials import make_token_source
    from reconciler.source.graph_client import GraphClient
    from reconciler.transport import Channel

    tokens = make_token_source(environ, tenant_id=connection.tenant_id, cloud=connection.cloud)
    url = graph_base_url(environ, connection.cloud)
    with Channel(url, service="Microsoft Graph (GRAPH_BASE_URL)") as channel:
        client = GraphClient(channel, tokens, run=talk.run)
        client.claims()
        yield client


@contextmanager
def open_rescue_side(connection: Connection, environ: Mapping[str, str] = os.environ) -> Iterator[RescueReader]:
    """A reader for Rescue. CredentialsError, UsageError; no call is made yet."""
    from reconciler.target.connect import open_rescue

    rescue = open_rescue(environ, connection.region, connection.requests_per_second)
    with rescue.channel:
        yield rescue.reader
