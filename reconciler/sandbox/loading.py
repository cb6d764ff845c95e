"""Fill an empty state from a scenario. Node ids are given in the order of the scenario, the categories first."""

from __future__ import annotations

from .constants import (
    ADMINISTRATOR,
    ADMINISTRATOR_GROUP,
    ADMINISTRATOR_LINK,
    CATEGORIES,
    MASTER_ADMINISTRATOR,
    ROOT,
    TECHNICIAN,
    TECHNICIAN_GROUP,
)
from .faults import save_fault
from .scenario import RescueGroup, RescuePerson, Scenario
from .state import SandboxState
from .store import hash_secret


def load(state: SandboxState, scenario: Scenario) -> None:
    """Fill an empty state from a scenario."""
    with state.transaction():
        _fill(state, scenario)
        state.new_api_token()
        state.set_meta("loaded", True)


def _fill(state: SandboxState, scenario: Scenario) -> None:
    state.set_meta("tenant", scenario.tenant)
    _fill_directory(state, scenario)
    owner = scenario.account.get("token_owner") or next((p.values["email"] for p in scenario.master_administrators), "")
    state.set_account(**scenario.account | {"token_owner": owner})
    if scenario.sso_password:
        state.set_meta("sso_password", hash_secret(scenario.sso_password))
    for address in scenario.foreign_addresses:
        state.add_foreign_address(address)
    _fill_tree(state, scenario)
    for name, value in scenario.switches.items():
        state.set_switch(name, value)
    for fault in scenario.faults:
        save_fault(state, fault)


def _fill_directory(state: SandboxState, scenario: Scenario) -> None:
    ids: dict[str, str] = {}
    for thing in scenario.objects:
        if thing.kind == "user":
            ids[thing.key] = state.add_person(
                thing.id,
                name=thing.name,
                upn=thing.upn,
                mail=thing.mail,
                enabled=thing.enabled,
                guest=thing.guest,
                **thing.more,
            )
        else:
            ids[thing.key] = state.add_object(thing.kind, thing.id, name=thing.name or "", **thing.more)
    for group in scenario.groups:
        ids[group.key] = state.add_group(group.id, name=group.name, **group.more)
    for group in scenario.groups:
        state.add_members((group.id, ids[member]) for member in group.members)
    for thing in scenario.objects:
        if thing.deleted:
            state.delete_person(thing.id)


def _fill_tree(state: SandboxState, scenario: Scenario) -> None:
    root = state.add_node(None, ROOT, name=state.account()["organization"])
    masters, administrators, technicians = (state.add_node(root, kind, name=_title(kind)) for kind in CATEGORIES)
    for person in scenario.master_administrators:
        _add_person(state, masters, MASTER_ADMINISTRATOR, person)
    for entry in scenario.administrators:
        if isinstance(entry, RescueGroup):
            _add_group(state, administrators, ADMINISTRATOR_GROUP, ADMINISTRATOR, entry)
        else:
            _add_person(state, administrators, ADMINISTRATOR, entry)
    for group in scenario.technicians:
        _add_group(state, technicians, TECHNICIAN_GROUP, TECHNICIAN, group)


def _title(kind: str) -> str:
    return kind.replace("MasterA", "Master A")


def _add_person(state: SandboxState, parent: int, kind: str, person: RescuePerson) -> None:
    state.add_node(parent, kind, id=person.id, **person.values)


def _add_group(state: SandboxState, parent: int, kind: str, people: str, group: RescueGroup) -> None:
    id = state.add_node(parent, kind, id=group.id, **group.values)
    for person in group.people:
        _add_person(state, id, people, person)
    for below in group.groups:
        _add_group(state, id, kind, people, below)
    for address in group.links:
        admin = state.node_by_login(address, "admin")
        if admin is not None:
            state.add_node(id, ADMINISTRATOR_LINK, name=admin["name"], email=admin["email"], target=admin["id"])
