"""Why one person is where they are: what `explain` shows, as one value. Field names are edges, as the plan's are.

It decides nothing: actions and findings are the plan's own, and `Decided` names the rule of product.md §1 (D..) or
adsync-behaviour.md (R..) by which planning came to them.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict

from reconciler.model.plan import Action, Finding, Refresh
from reconciler.model.text import encodable

Text = Annotated[str, AfterValidator(encodable)]
How = Literal["direct", "included", "nested", "none", "unknown"]
"""`included`: an override counts them in; `nested`: only through groups inside it, which the mapping does not follow;
`unknown`: the group could not be read, and what is known of the person does not rule it out."""


class ExplanationModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EntraSeen(ExplanationModel):
    """The Entra account. `enabled` null: nobody could say."""

    id: str
    name: Text
    upn: Text
    mail: Text | None
    enabled: bool
    guest: bool


class Membership(ExplanationModel):
    """One mapping of the file, and whether its Entra group holds the person."""

    mapping: Text
    line: int
    role: str
    priority: int
    entra_group: Text
    rescue_group: Text
    state: Literal["ok", "frozen"]
    why: Text
    """Why it is frozen; empty where it is not."""
    how: How
    path: tuple[Text, ...] = ()
    """Entra groups from the mapped one down to the one they are in, where they are in it."""

    @property
    def counts(self) -> bool:
        """Whether the mapping counts them among its people."""
        return self.how in ("direct", "included")


class MarkerRead(ExplanationModel):
    """One marker, taken apart. `mapping`, `line`: of the mapping it means; null where the file has none."""

    text: Text
    owner: Text
    ours: bool
    entra_id: str
    mapping_prefix: str
    mapping: Text | None
    line: int | None
    print: str
    print_means: Text
    licence_means: Text
    off: bool


class NodeSeen(ExplanationModel):
    """What Rescue shows of them. `sso_id`, `mobile` null where getUser was not answered."""

    id: int
    kind: str
    login: Text
    name: Text
    group: Text | None
    enabled: bool
    status: Text
    sso_id: Text | None
    mobile: bool | None
    markers: tuple[MarkerRead, ...]


class Decided(ExplanationModel):
    rules: tuple[str, ...]
    text: Text


class RoleExplained(ExplanationModel):
    """One role of the person: their node, which rule decided, and what the plan says."""

    role: str
    node: NodeSeen | None
    decided: Decided
    actions: tuple[Action, ...] = ()
    held: tuple[str, ...] = ()
    """Ids of those actions that wait because a guard holds removals back (§6)."""
    needs: tuple[Action, ...] = ()
    """Actions about others that have to be done first, in the plan's order (D16)."""
    findings: tuple[Finding, ...] = ()


class PersonExplained(ExplanationModel):
    entra: EntraSeen | None
    entra_note: Text
    """What Entra said where `entra` is null or incomplete; empty otherwise."""
    memberships: tuple[Membership, ...]
    exceptions: tuple[Text, ...]
    """Overrides, `protected`, survival, permits and `retired` that speak of them."""
    roles: tuple[RoleExplained, ...]


class Explanation(ExplanationModel):
    format_version: Literal["1.0"] = "1.0"
    asked: Text
    file: Text
    sso_verified: Refresh
    guards_refuse: bool
    """Guards refuse the plan as a whole, so that nothing of it would be applied."""
    people: tuple[PersonExplained, ...]
    tried: tuple[Text, ...]
    """Where they were looked for; of use where `people` is empty."""
