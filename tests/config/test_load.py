"""`load_mappings` on whole files: the effective configuration, or every problem at once."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from reconciler.config.load import load_mappings, parse_mappings
from reconciler.errors import InputError
from reconciler.model.hierarchy import Role
from reconciler.model.mappings import EntraGroupName, Mappings

EXAMPLES = Path(__file__).parents[1] / "examples"
TENANT = "8d2f4c1e-0000-4000-8000-2b7f3d9a1c55"
HEAD = "version: 1\nrescue: {account_id: 1234567}\n"


def load(text: str, tenant_id: str | None = TENANT) -> Mappings:
    return parse_mappings("m.yaml", text.encode(), tenant_id=tenant_id)


def problems(text: str, tenant_id: str | None = TENANT) -> list[str]:
    with pytest.raises(InputError) as caught:
        load(text, tenant_id)
    return caught.value.lines()


def test_the_example_of_the_specification_means_what_it_says() -> None:
    found = load_mappings(EXAMPLES / "good" / "product.yaml", tenant_id=None)
    assert found.owner == "8d2f"
    mapping = found.mappings[0]
    assert mapping.entra_group == EntraGroupName("6a1d0c7e-0000-4000-8000-9f4e2b8d7c10", "Helpdesk EMEA")
    assert (mapping.rescue_group, mapping.role, mapping.nested) == (("EMEA", "Helpdesk"), Role.TECHNICIAN, "mirror")
    assert found.overrides[0].until == date(2027, 1, 31)
    assert found.permits[0].actions == frozenset({"5be0c1d29a7f0013"})
