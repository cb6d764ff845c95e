"""The Rescue side of one reading, every person in full, as `plan --save-readings` keeps it. No secret is in it.

A file of it is believed only whole: nodes that hang together, every person there, as the reader of Rescue gives them.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from reconciler.model.hierarchy import CATEGORY_TYPE, PEOPLE_TYPES, Caller, Details, Node, NodeType, Tree


class NotSaved(ValueError):
    """What is wrong with a text that should hold saved readings, as a clause."""


class SavedModel(BaseModel):
    """Later versions may add fields: those not known are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class SavedNode(SavedModel):
    id: int
    parent: int | None
    name: str
    login: str
    description: str
    status: str
    type: str


class SavedPerson(SavedModel):
    id: int
    name: str
    nick: str
    login: str
    sso_id: str
    description: str
    type: str
    mobile: bool
    rpat: bool | None
    account_holder: bool
    status: str


class SavedReadings(SavedModel):
    """One account as it was at one moment."""

    kind: Literal["rescue-readings"] = "rescue-readings"
    format_version: Literal["1.0"] = "1.0"
    account_id: int
    organization: str
    read_at: str
    """In UTC, as plans write it: when the tree was asked for."""
    caller_login: str
    caller_node: int
    nodes: tuple[SavedNode, ...]
    people: tuple[SavedPerson, ...]
    """getUser of every person of the tree."""
    gone: tuple[int, ...] = ()
    """Those whom getUser did not know any more."""

    @model_validator(mode="after")
    def _hangs_together(self) -> SavedReadings:
        ids = {node.id for node in self.nodes}
        if len(ids) != len(self.nodes):
            raise ValueError("a node is in it twice")
        if any(node.parent is not None and node.parent not in ids for node in self.nodes):
            raise ValueError("a node hangs below one that is not in it")
        types = {node.type for node in self.nodes}
        if not {NodeType.ROOT, *CATEGORY_TYPE.values()} <= types:
            raise ValueError("it is not a whole tree")
        told = [*(person.id for person in self.people), *self.gone]
        if sorted(told) != sorted(node.id for node in self.nodes if node.type in PEOPLE_TYPES):
            raise ValueError("the people of the tree and those read one by one are not the same")
        if self.caller_node not in {person.id for person in self.people}:
            raise ValueError("whoever read it is not in it")
        return self

    @property
    def tree(self) -> Tree:
        return Tree(Node(**node.model_dump()) for node in self.nodes)

    @property
    def details(self) -> dict[int, Details | None]:
        return {person.id: Details(**person.model_dump()) for person in self.people} | dict.fromkeys(self.gone)

    @property
    def caller(self) -> Caller:
        found = next(person for person in self.people if person.id == self.caller_node)
        details = Details(**found.model_dump())
        return Caller(self.account_id, self.organization, self.caller_login, self.caller_node, details)


def people_of(tree: Tree) -> list[int]:
    """Everybody whom saved readings hold in full, by node id."""
    return [node.id for node in tree.nodes.values() if node.type in PEOPLE_TYPES]


def make_saved(tree: Tree, caller: Caller, details: dict[int, Details | None], read_at: str) -> SavedReadings:
    """`details`: at least of everybody in `people_of`."""
    everybody = people_of(tree)
    return SavedReadings(
        account_id=caller.account_id,
        organization=caller.organization,
        read_at=read_at,
        caller_login=caller.login,
        caller_node=caller.admin_node,
        nodes=tuple(SavedNode(**node._asdict()) for node in tree.nodes.values()),
        people=tuple(SavedPerson(**one._asdict()) for id_ in everybody if (one := details[id_]) is not None),
        gone=tuple(id_ for id_ in everybody if details[id_] is None),
    )


def read_saved(text: str) -> SavedReadings:
    """Raises NotSaved for anything but what `make_saved` made, whole."""
    try:
        return SavedReadings.model_validate_json(text)
    except ValidationError as invalid:
        first = invalid.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise NotSaved(f"{field}: {first['msg']}" if field else first["msg"]) from None
