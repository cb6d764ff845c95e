"""What `mappings.yaml` means: defaults inherited, names settled, lines remembered. Made by `config`, read by all.

Plain frozen dataclasses: planning reads these for every person, and the part of the file that is only a table of
scalars (settings, limits, guards) is taken over from `model.file` as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from reconciler.model.file import Guards, Limits, MobileLicense, Nested, Settings
from reconciler.model.hierarchy import Role
from reconciler.model.words import Words


@dataclass(frozen=True, slots=True)
class EntraGroupName:
    """How a mapping names its Entra group. At least one is set; a name beside an id is only checked (D13)."""

    id: str | None
    name: str | None

    def __str__(self) -> str:
        return self.name or self.id or ""


@dataclass(frozen=True, slots=True)
class Mapping:
    """One pair of groups, everything inherited. `rescue_group` is a path below the role's category, or a node id."""

    name: str
    entra_group: EntraGroupName
    rescue_group: tuple[str, ...] | int
    role: Role
    full_sync: bool
    nested: Nested
    mobile_license: MobileLicense
    upn_as_sso_id: bool
    create_missing: bool
    create_group: bool
    permissions_from: tuple[str, ...] | None
    replaces: tuple[str, ...]
    allow_empty: bool
    priority: int
    line: int
    """Of the mapping's first key in the file, from 1."""

    @property
    def rescue_group_text(self) -> str:
        """The Rescue group as plans show it."""
        return "/".join(self.rescue_group) if isinstance(self.rescue_group, tuple) else f"node {self.rescue_group}"


@dataclass(frozen=True, slots=True)
class Override:
    """One person, for a time. `login` is as written; for `include` it may be an object id."""

    login: str
    action: str
    until: date
    reason: str | None
    mapping: str | None
    line: int


@dataclass(frozen=True, slots=True)
class Retired:
    """A mapping taken out of the file on purpose (D7)."""

    entra_group: str
    people: str
    line: int


@dataclass(frozen=True, slots=True)
class Permit:
    """Listed actions that one guard does not count, until a day (§6)."""

    guard: str
    actions: frozenset[str]
    reason: str | None
    until: date
    line: int


@dataclass(frozen=True, slots=True)
class Mappings:
    """The whole file. Ids are lower case. Immutable; equal files with other comments give an equal `config_digest`."""

    file: str
    tenant_id: str | None
    cloud: str
    region: str
    account_id: int
    owner: str
    """Lower case; empty only while neither the file nor AZURE_TENANT_ID says which tenant it is."""
    technician_seats: int | None
    mobile_seats: int | None
    requests_per_second: float
    settings: Settings
    limits: Limits
    guards: Guards
    protected: tuple[str, ...]
    mappings: tuple[Mapping, ...]
    overrides: tuple[Override, ...]
    retired: tuple[Retired, ...]
    permits: tuple[Permit, ...]
    config_digest: str
    """SHA-256 of the canonical JSON of all of the above that can change a plan: no file name, no line."""
    warnings: tuple[str, ...]
    """`FILE:LINE:COLUMN: …` remarks that leave the file valid, such as two SSO rules on one mapping (D21)."""
    words: Words = field(default_factory=dict, compare=False, repr=False)
    """The same in the words of the file, to show what an edit edits."""
