"""What `mappings.yaml` may say, key by key (product.md §2). `schema/mappings.schema.json` is generated from here.

These are the words of the file, before defaults are inherited and names are settled; `model.mappings` is what they
mean. Descriptions are what an editor shows on hover. Patterns keep to what ECMA, Python and Rust read alike (no `\\s`,
no `\\d`), so that JSON Schema and pydantic cannot disagree. A key written without a value is an error, not a default.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic import ValidationError as ValidationError  # for config, which does not know pydantic

_HEX = "[0-9A-Fa-f]"
GUID = f"^{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}$"
TENANT = f"^({GUID[1:-1]}|[A-Za-z0-9-]+([.][A-Za-z0-9-]+)+)$"
DAY = "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
SHARE = "^(100|[1-9]?[0-9])%$"
OWNER = "^[A-Za-z0-9_.-]{1,32}$"
ACTION = "^[0-9a-f]{16}$"
# One line with something to see in it: no control characters or line breaks, not only blanks.
_CONTROL = r"\u0000-\u001f\u007f-\u009f\u2028\u2029"
_BLANK = r"\u0020\u00a0\u2000-\u200f\u202f\u205f\u2060\u3000\ufeff"
TEXT = f"^[{_BLANK}]*[^{_BLANK}{_CONTROL}][^{_CONTROL}]*$"

NULLABLE = frozenset({"permissions_from"})
"""Keys that may be null: there it says "none", against what `defaults` says."""

Guid = Annotated[str, Field(pattern=GUID)]
Text = Annotated[str, Field(pattern=TEXT)]
Day = Annotated[str, Field(pattern=DAY, description="The last day it has effect, YYYY-MM-DD, in UTC.")]
Count = Annotated[int, Field(ge=0, strict=True)]
Number = Annotated[int, Field(ge=1, strict=True)]
Share = Annotated[str, Field(pattern=SHARE)]
Limit = Count | Share | Literal["off"]
RoleName = Literal["technician", "admin"]
Nested = Literal["mirror", "flatten", "direct"]
MobileLicense = Literal["award", "release", "keep"]

_LIMIT = "A number, a whole percentage such as 20%, or off."


class FileModel(BaseModel):
    """Keys as listed, each with a value of its exact type."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    @model_validator(mode="before")
    @classmethod
    def _no_key_without_value(cls, data: Any) -> Any:
        if isinstance(data, dict):
            for key, value in data.items():
                if value is None and key not in NULLABLE:
                    raise ValueError(f"{key} has no value")
        return data


class EntraSection(FileModel):
    """The Entra ID tenant the groups are read from."""

    tenant_id: str | None = Field(
        None, description="The tenant's id. Without it AZURE_TENANT_ID is used.", pattern=TENANT
    )
    cloud: Literal["global", "us-gov", "us-gov-dod", "china"] = Field(
        "global", description="The Microsoft cloud the tenant lives in."
    )


class RescueSection(FileModel):
    """The LogMeIn Rescue account that is kept equal."""

    region: Literal["us", "eu"] = Field("us", description="The Rescue estate. RESCUE_BASE_URL overrides it.")
    account_id: Number = Field(
        description="The Rescue account's number, as `plan` prints it if it is wrong; no other account is ever written."
    )
    owner: str | None = Field(
        None,
        description="The tag in markers, by which several tenants can share an account. Default: the first 4 hex "
        "digits of the tenant id.",
        pattern=OWNER,
    )
    technician_seats: Count | None = Field(None, description="Technician seats bought: enabled technicians allowed.")
    mobile_seats: Count | None = Field(None, description="Mobile licences this file may award.")
    requests_per_second: Annotated[float, Field(ge=0.1, le=100)] = Field(
        5, description="The pace of calls to Rescue, 0.1 to 100."
    )


class Settings(FileModel):
    """What holds for everybody: the original's "Global settings", and ours."""

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
    """The original's limits."""

    groups: Count = Field(999, description="Most mappings the file may hold; more is an invalid file.")
    members: Count = Field(999, description="Most direct user members of one Entra group; more freezes its mapping.")


class Guards(FileModel):
    """Rules about a whole plan; a plan that breaks one is refused before anything is written."""

    max_removals: Limit = Field("20%", description=f"Most people of a role a plan may disable. {_LIMIT}")
    max_removals_per_mapping: Limit = Field("50%", description=f"The same for each mapping. {_LIMIT}")
    max_moves: Limit = Field("30%", description=f"Most people a plan may move to another group. {_LIMIT}")
    max_identity_changes: Limit = Field(
        "20%", description=f"Most changes of a login or SSO ID that was not empty. {_LIMIT}"
    )
    max_creates: Limit = Field(
        "50%", description=f"Most people a plan may create; a share is at least 50 people. {_LIMIT}"
    )
    max_group_creates: Limit = Field(20, description=f"Most groups a plan may create. {_LIMIT}")
    max_admin_grants: Limit = Field(2, description=f"Most administrators created, enabled or moved. {_LIMIT}")
    min_admins: Count | Literal["off"] = Field(
        2, description="Enabled administrators and master administrators that must remain, or off."
    )
    small_team: Count = Field(10, description="Below this many people a share still allows 2.")
    on_violation: Literal["refuse", "hold_removals"] = Field(
        "refuse", description="Refuse the whole plan, or hold back its removals and do the rest."
    )


class EntraGroup(FileModel):
    """An Entra group by object id, by display name, or by id with the name beside it for readers."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    id: Guid | None = Field(None, description="The group's object id.")
    name: Text | None = Field(None, description="The group's display name; beside an id it is only checked.")

    @model_validator(mode="after")
    def _says_which(self) -> EntraGroup:
        if self.id is None and self.name is None:
            raise ValueError("no id and no name")
        return self


class MappingKeys(FileModel):
    """Keys a mapping may inherit from `defaults`."""

    role: RoleName | None = Field(
        None, description="The original's two kinds of groups: technician or admin. Default: technician."
    )
    full_sync: bool | None = Field(
        None, description='The original\'s "Enable Full Group synchronization". Default: true.'
    )
    nested: Nested | None = Field(
        None,
        description="What nested Entra groups become: Rescue groups below (mirror), members of this one (flatten), or "
        "nothing (direct). Default: mirror; flatten without full_sync; direct for admins.",
    )
    mobile_license: MobileLicense | None = Field(
        None, description='The original\'s "Mobile license": award if available, release, or keep. Default: keep.'
    )
    upn_as_sso_id: bool | None = Field(None, description='The original\'s "Mapping UPN to SSOID". Default: false.')
    create_missing: bool | None = Field(
        None, description="Whether missing people are created. Default: the value of full_sync."
    )
    create_group: bool | None = Field(
        None, description="Whether a missing Rescue group is created. Default: false; never for admins."
    )
    permissions_from: Text | None = Field(
        None,
        description="The path of the Rescue group whose permissions a group created directly below the category gets.",
    )
    allow_empty: bool | None = Field(
        None, description="Whether the Entra group may be empty on purpose. Default: false."
    )
    priority: Annotated[int, Field(strict=True)] | None = Field(
        None, description="Who wins where a person is in several mappings: the lower number. Default: 100."
    )


class Mapping(MappingKeys):
    """One Entra group, one Rescue group, and how the people of the first get into the second."""

    name: Text | None = Field(None, description="A label for plans. Default: the rescue_group.")
    entra_group: Text | EntraGroup = Field(
        description="An Entra group: its object id, or a display name that only one group bears."
    )
    rescue_group: Text | Annotated[list[Text], Field(min_length=1)] | Number = Field(
        description="A Rescue group: names below the role's category joined by /, a list of names, or a node id."
    )
    replaces: list[Guid] = Field(
        default=[], description="Object ids of Entra groups this one replaces; their markers count as its own."
    )


class Override(FileModel):
    """An exception for one person, for a time; without effect after the day named, and then reported."""

    login: Text = Field(description="The person's login; for include the Entra user's UPN or object id.")
    action: Literal["exclude", "hold", "include"] = Field(
        description="hold: no write until then; exclude: as if in no group; include: as if a member of mapping."
    )
    until: Day
    reason: Text | None = Field(None, description="Why, for readers.")
    mapping: Text | None = Field(None, description="For include: the name of the mapping.")


class Retired(FileModel):
    """A mapping taken out on purpose, and what becomes of its people."""

    entra_group: Guid = Field(description="The object id of the Entra group whose mapping was taken out.")
    people: Literal["keep", "disable"] = Field(description="Leave its people as they are, or disable them.")


class Permit(FileModel):
    """Reviewed permission for the listed actions to pass one guard, until a day."""

    guard: Literal[
        "max_removals",
        "max_removals_per_mapping",
        "max_moves",
        "max_identity_changes",
        "max_creates",
        "max_group_creates",
        "max_admin_grants",
        "min_admins",
    ] = Field(description="The guard that does not count these actions.")
    actions: Annotated[list[Annotated[str, Field(pattern=ACTION)]], Field(min_length=1)] = Field(
        description="The ids of the actions permitted, as the plan shows them."
    )
    reason: Text | None = Field(None, description="Why, for readers.")
    until: Day


class MappingsFile(FileModel):
    """Which Entra ID groups should be which LogMeIn Rescue groups, and how."""

    version: Annotated[int, Field(strict=True, ge=1, le=1)] = Field(
        description="The version of this format: 1.", json_schema_extra={"const": 1}
    )
    entra: EntraSection = EntraSection()
    rescue: RescueSection
    settings: Settings = Settings()
    limits: Limits = Limits()
    guards: Guards = Guards()
    protected: list[Text] = Field(
        default=[], description="Logins never written, created or adopted; * stands for any text."
    )
    defaults: MappingKeys = Field(MappingKeys(), description="Inherited by every mapping.")
    mappings: list[Mapping] = Field(description="The pairs of groups.")
    overrides: list[Override] = Field(default=[], description="Exceptions for single people, each for a time.")
    retired: list[Retired] = Field(default=[], description="Mappings taken out on purpose.")
    permits: list[Permit] = Field(default=[], description="Reviewed permission to pass a guard, item by item.")
