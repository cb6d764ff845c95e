"""What the inputs of each target are made from: whole, sound ones, and everything that once was a find.

`corpus/TARGET/` holds the finds and the few seeds that no code makes; every file of it is tried by `make test`.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from reconciler.model.hierarchy import Caller, Details
from reconciler.model.saved import make_saved, people_of
from reconciler.target.tree_checks import check_tree
from tests.target.wire_text import (
    COMPANY,
    STYLES,
    TINA,
    Style,
    group_fields,
    written_answer,
    written_tree,
    written_user,
)

from .file_checks import ROOT
from .rescue_checks import UUID

CORPUS = Path(__file__).parent / "corpus"
EXAMPLES = ROOT / "tests" / "examples"
GOLDEN = ROOT / "tests" / "golden"


def corpus_of(name: str) -> dict[str, bytes]:
    """File name -> content."""
    return {file.name: file.read_bytes() for file in sorted((CORPUS / name).glob("*"))}


@cache
def seeds_of(name: str) -> tuple[bytes, ...]:
    """Sound inputs and finds."""
    return (*_MAKERS[name](), *corpus_of(name).values())


def _hierarchies() -> list[bytes]:
    styles = [*STYLES[::17], Style(tail=(("Extra", "1"),))]
    return [written_tree(COMPANY, style) for style in (Style(), Style(blank=" "), *styles)]


def _records() -> list[bytes]:
    from reconciler.model.hierarchy import GroupRecord

    desk = GroupRecord(31, "Help: Desk", "note", "techniciangroup", ("RemoteControl", "SendFile"), ("SendFile",), True)
    account = [("AccountID", "1234567"), ("Organization", "Contoso: ADMINID: & Co"), ("AdminID", "10"), ("TechID", "0"),
               ("Email", "olga@contoso.example")]  # fmt: skip
    styles = [Style(), Style(newline="\r\n", blank=" "), Style(one_line=True, blank=" ")]
    return [
        *(written_user(TINA._replace(description="two\nlines"), style) for style in styles),
        *(written_answer(group_fields(desk, style), style) for style in styles),
        *(written_answer(account, replace(style, one_line=False)) for style in styles),
        b"OK\n\n337370", b"OK 337370", b"OK\n\nNODEID:337370", b"OK\n\nAUTHCODE:abc", b"INVALIDPARAM_EMAIL\n", b"ERROR",
        b"<html><body><form><input type=\"password\"></form></body></html>",
    ]  # fmt: skip


def _markers() -> list[bytes]:
    marker = f"[entra:8d2f:{UUID}@0123abcd#89ef4567"
    return [text.encode() for text in (
        "", "a note", f"{marker}]",
        f"hired 2019 {marker}+m!off] keep", f"{marker}] {marker}!off]", f"{marker.upper()}-M]",
        f"[entra-group:8d2f:{UUID}@0123abcd] {marker}~m]", f"[entra:8d2f:{marker}]]", f"line\n{marker}]\n\n",
        '<!-- rescue-reconciler {"kind":"plan","file":"mappings.yaml","commit":"4c1f09e"} -->\n### Plan',
    )]  # fmt: skip


def _files() -> list[bytes]:
    good = [file.read_bytes() for file in sorted((EXAMPLES / "good").glob("*.yaml"))]
    bad = [file.read_bytes() for file in sorted((EXAMPLES / "bad").glob("*.yaml")) if file.stat().st_size < 5000]
    as_json = [json.dumps(yaml.load(data, yaml.BaseLoader)).encode() for data in good[:1]]  # noqa: S506 - it makes text only
    return [*good, *as_json, *bad, (ROOT / "mappings.yaml").read_bytes()]


def _readings() -> list[bytes]:
    tree = check_tree(COMPANY).tree
    details: dict[int, Details | None] = {
        id_: Details(
            node.id, node.name, "", node.login, "", node.description, node.type, False, True, False, node.status
        )
        for id_ in people_of(tree)
        for node in [tree.nodes[id_]]
    }
    olga = details[10]
    assert olga is not None
    caller = Caller(1234567, "Contoso", "olga@contoso.example", 10, olga)
    whole = make_saved(tree, caller, details, "2026-11-26T02:00:00Z").model_dump_json().encode()
    part = make_saved(tree, caller, {**details, 33: None}, "2026-11-26T02:00:00Z").model_dump_json().encode()
    return [whole, part]


def _graph() -> list[bytes]:
    member: dict[str, Any] = {"@odata.type": "#microsoft.graph.user", "id": UUID, "displayName": "Ann",
              "accountEnabled": True, "userPrincipalName": "ann@contoso.example", "mail": None,
              "userType": "Member"}  # fmt: skip
    nested = {
        "@odata.type": "#microsoft.graph.group",
        "id": "6A1D0C7E-1111-4000-8000-9f4e2b8d7c10",
        "displayName": "Tier 2",
    }
    device = {"@odata.type": "#microsoft.graph.device", "id": "d"}
    page = {
        "@odata.context": "x",
        "@odata.nextLink": "/groups/x/members?$skiptoken=1",
        "value": [member, nested, device],
    }
    addresses = member | {"proxyAddresses": ["SMTP:ann@contoso.example", "smtp:a@contoso.example", "x500:x"]}
    missing = {"error": {"code": "Request_ResourceNotFound", "message": "gone", "innerError": {"date": "2026"}}}
    batch = {"responses": [
        {"id": "2", "status": 200, "headers": {"Content-Type": "application/json"}, "body": page},
        {"id": "1", "status": 429, "headers": {"Retry-After": "7"}, "body": missing},
        {"id": "3", "status": 404, "body": missing},
    ]}  # fmt: skip
    groups = {"value": [UUID, "b"], "@odata.nextLink": None}
    return [
        json.dumps(value).encode() for value in (page, batch, member, addresses, missing, groups, {"value": [member]})
    ]


_MAKERS = {
    "hierarchy": _hierarchies,
    "records": _records,
    "marker": _markers,
    "yaml": _files,
    "plan": lambda: [(GOLDEN / "plan.json").read_bytes()],
    "outcomes": lambda: [(GOLDEN / "outcomes.json").read_bytes()],
    "readings": _readings,
    "graph": _graph,
    "unpacking": lambda: [
        gzip.compress(b"OK\n\n" * 500, mtime=0),
        gzip.compress(b"one", mtime=0) + gzip.compress(b"two", mtime=0),
        gzip.compress(bytes(3_000_000), mtime=0),
    ],
    "pauses": lambda: [b"120\n", b"Wed, 21 Oct 2026 07:28:00 GMT\nWed, 21 Oct 2026 07:27:00 GMT", b"0.5\n"],
}
