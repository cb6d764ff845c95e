"""Where the two sides are, by a file that may still be a draft: for the commands that help to write it.

Only the sections `entra` and `rescue` are looked at, so that groups can be searched while the mappings are not right
yet. What is wrong in these two is told as `validate` would.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from reconciler.config.load import parse_mappings, read_bytes
from reconciler.config.yaml_lines import Document, read_yaml
from reconciler.errors import InputError
from reconciler.model import file as words


@dataclass(frozen=True, slots=True)
class Connection:
    """Which tenant, cloud, region and account. None where nobody says."""

    tenant_id: str | None = None
    cloud: str = "global"
    region: str = "us"
    account_id: int | None = None
    owner: str | None = None
    requests_per_second: float = 5


@dataclass(frozen=True, slots=True)
class Draft:
    """A file as it stands, right or not: its bytes, its values with their places, and its connection."""

    file: str
    data: bytes
    document: Document
    connection: Connection


def load_draft(file: str) -> Draft:
    """InputError where there is no such file, it is no YAML, or its `entra` or `rescue` cannot be used."""
    data = read_bytes(file)
    document = read_yaml(file, data)
    value: Any = document.value
    if document.problems or not isinstance(value, dict):
        parse_mappings(file, data, tenant_id=None)  # raises, with everything that is wrong
        raise InputError(file, document.problems)
    said = value.get("rescue", {})
    numbered = {"account_id": 1, **said} if isinstance(said, dict) else said
    try:
        entra = words.EntraSection.model_validate(value.get("entra", {}))
        rescue = words.RescueSection.model_validate(numbered)
    except words.ValidationError as wrong:
        parse_mappings(file, data, tenant_id=None)
        raise AssertionError("the schema lets pass what the models refuse") from wrong
    return Draft(
        file,
        data,
        document,
        Connection(
            tenant_id=entra.tenant_id,
            cloud=entra.cloud,
            region=rescue.region,
            account_id=rescue.account_id if "account_id" in said else None,
            owner=rescue.owner.lower() if rescue.owner else None,
            requests_per_second=rescue.requests_per_second,
        ),
    )
