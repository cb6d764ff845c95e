"""What `mappings.yaml` may say, key by key (product.md §2). `schema/mappings.schema.json` is generated from here.

These are the words of the file, before defaults are inherited and names are settled; `model.mappings` is what they mean.
Descriptions are what an editor shows on hover.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

GUID = r"^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$"
DAY = r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"

Guid = Annotated[str, Field(pattern=GUID)]
Text = Annotated[str, Field(min_length=1, pattern=r"\S")]
Day = Annotated[str, Field(pattern=DAY, description="The last day it has effect, YYYY-MM-DD, in UTC.")]
Count = Annotated[int, Field(ge=0, strict=True)]
Share = Annotated[str, Field(pattern=r"^(100|[1-9]?[0-9])%$")]
Limit = Annotated[
    Count | Share | Literal["off"],
    Field(description="A number of people, a whole percentage such as 20%, or off."),
]
RoleName = Literal["technician", "admin"]
Nested = Literal["mirror", "flatten", "direct"]
MobileLicense = Literal["award", "release", "keep"]


class FileModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class EntraSection(FileModel):
    tenant_id: Text | None = Field(
        None, description="The tenant's id. Without it AZURE_TENANT_ID is used.", pattern=r"^[A-Za-z0-9.-]+$"
    )
    cloud: Literal["global", "us-gov", "us-gov-dod", "china"] = Field(
        "global", description="The Microsoft cloud the tenant lives in."
    )


class RescueSection(FileModel):
    region: Literal["us", "eu"] = Field("us", description="The Rescue estate. RESCUE_BASE_URL overrides it.")
    account_id: int = Field(description="The Rescue account's number; no other account is ever written.", strict=True)
    owner: str | None = Field(
        None,
        description="The tag in markers, by which several tenants can share an account. Default: the first 4 hex digits "
        "of the tenant id.",
        pattern=r"^[A-Za-z0-9_.-]{1,32}$",
    )
    technician_seats: Count | None = Field(None, description="Technician seats bought: enabled technicians allowed.")
    mobile_seats: Count | None = Field(None, description="Mobile licences this file may award.")
    requests_per_second: Annotated[float, Field(ge=0.1, le=100)] = Field(
        5, description="The pace of calls to Rescue, 0.1 to 100.", strict=False
    )


class Settings(FileModel):
    use_upn_as_email: bool = Field(False, description='The original\'s "Use UPN instead of Email address".')
    use_email_as_sso_id: bool = Field(False, description='The original\'s "Use Email address as a SSO ID".')
    adopt: Literal["login", "aliases", "never"] = Field(
        "login", description="How a technician who is already in Rescue is recognised at first contact."
    )
    adopt_admins: bool = Field(False, description="Whether administrators may be adopted too.")
    unmanaged: Literal["report", "disable"] = Field(
        "report", description="What happens to technicians in a mapped group whom no Entra group knows."
    )
    reenable: Literal["ours", "always"] = Field(
        "ours", description="Whom to enable again: those this tool disabled, or also those a person disabled in Rescue."
    )
    guests: Literal["skip", "include"] = Field("skip", description="Whether guest accounts of the tenant count.")
    initial_password: Literal["env", "generate"] = Field(
        "env", description="New people get RESCUE_INITIAL_PASSWORD, or a random password each that nobody ever sees."
    )


class Limits(FileModel):
    groups: Count = Field(999, description="Most mappings the file may hold; more is an invalid file.")
    members: Count = Field(999, description="Most direct user members of one Entra group; more freezes its mapping.")


class Guards(FileModel):
    max_removals: Limit = "20%"
    max_removals_per_mapping: Limit = "50%"
    max_moves: Limit = "30%"
    max_identity_changes: Limit = "20%"
    max_creates: Limit = "50%"
    max_group_creates: Limit = 20
    max_admin_grants: Limit = 2
    min_admins: Count | Literal["off"] = Field(
        2, description="Enabled administrators and master administrators that must remain, or off."
    )
    small_team: Count = Field(10, description="Below this many people a share still allows 2.")
    on_violation: Literal["refuse", "hold_removals"] = Field(
        "refuse", description="Refuse the whole plan, or hold back its removals and do the rest."
    )


class EntraGroup(FileModel):
    id: Guid | None = Field(None, description="The group's object id.")
    name: Text | None = Field(None, description="The group's display name; beside an id it is only checked.")


EntraGroupRef = Annotated[
    Text | EntraGroup, Field(description="An Entra group: object id, or a display name only one group bears.")
]
RescueGroupRef = Annotated[
    Text | Annotated[list[Text], Field(min_length=1)] | Annotated[int, Field(strict=True)],
    Field(description="A Rescue group: names below the category joined by /, a list of names, or a node id."),
]


class MappingKeys(FileModel):
    """Keys a mapping may inherit from `defaults`."""

    role: RoleName | None = Field(None, description="technician or admin: the original's two kinds of groups.")
    full_sync: bool | None = Field(None, description='The original\'s "Enable Full Group synchronization".')
    nested: Nested | None = Field(None, description="What nested Entra groups become: mirror, flatten or direct.")
    mobile_license: MobileLicense | None = Field(None, description='The original\'s "Mobile license".')
    upn_as_sso_id: bool | None = Field(None, description='The original\'s "Mapping UPN to SSOID".')
    create_missing: bool | None = Field(
        None, description="Whether missing people are created. Default: the value of full_sync."
    )
    create_group: bool | None = Field(None, description="Whether a missing Rescue group is created.")
    permissions_from: Text | None = Field(
        None, description="The Rescue group whose permissions a group created below the category gets."
    )
    allow_empty: bool | None = Field(None, description="Whether the Entra group may be empty on purpose.")
    priority: Annotated[int, Field(strict=True)] | None = Field(
        None, description="Who wins where a person is in several mappings: the lower number."
    )


class Mapping(MappingKeys):
    name: Text | None = Field(None, description="A label for plans. Default: the rescue_group.")
    entra_group: EntraGroupRef
    rescue_group: RescueGroupRef
    replaces: list[Guid] = Field(
        default=[], description="Object ids of Entra groups this one replaces; their markers count as its own."
    )


class Override(FileModel):
    login: Text = Field(description="The person's login; for include the Entra user's UPN or object id.")
    action: Literal["exclude", "hold", "include"] = Field(
        description="hold: no write; exclude: as if in no group; include: as if a member of mapping."
    )
    until: Day
    reason: Text | None = None
    mapping: Text | None = Field(None, description="For include: the name of the mapping.")


class Retired(FileModel):
    entra_group: Guid = Field(description="The object id of the Entra group whose mapping was taken out.")
    people: Literal["keep", "disable"]


class Permit(FileModel):
    guard: Literal[
        "max_removals",
        "max_removals_per_mapping",
        "max_moves",
        "max_identity_changes",
        "max_creates",
        "max_group_creates",
        "max_admin_grants",
        "min_admins",
    ]
    actions: Annotated[list[Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]], Field(min_length=1)] = Field(
        description="The ids of the actions permitted, as the plan shows them."
    )
    reason: Text | None = None
    until: Day


class MappingsFile(FileModel):
    """Which Entra groups should be which Rescue groups, and how. See docs: README.md."""

    version: Literal[1] = Field(description="The version of this format.")
    entra: EntraSection = EntraSection()
    rescue: RescueSection
    settings: Settings = Settings()
    limits: Limits = Limits()
    guards: Guards = Guards()
    protected: list[Text] = Field(
        default=[], description="Logins never written, created or adopted; * stands for any text."
    )
    defaults: MappingKeys = Field(MappingKeys(), description="Inherited by every mapping.")
    mappings: list[Mapping]
    overrides: list[Override] = []
    retired: list[Retired] = []
    permits: list[Permit] = []
