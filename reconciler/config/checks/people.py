"""Everything that is said of people and of what may be done to them: owner, overrides, permits, guards, protected."""

from __future__ import annotations

from datetime import date
from difflib import get_close_matches

from reconciler.config.checks.parts import Parts, Remarks
from reconciler.config.messages import shown
from reconciler.config.settle import is_guid, nfc, settled_owner
from reconciler.config.yaml_lines import Path, Place
from reconciler.model.text import normal_login


def check_owner(parts: Parts, remarks: Remarks) -> None:
    """The owner of the markers is known, and the tenant is one (D3)."""
    said = parts.entra.tenant_id if parts.entra else None
    place = parts.document.value_place(("entra", "tenant_id"))
    if said and parts.tenant_id and said.lower() != parts.tenant_id.lower():
        if is_guid(said) and is_guid(parts.tenant_id):
            remarks.warning(
                place, f"AZURE_TENANT_ID names another tenant, {parts.tenant_id}; this one, {said}, is used"
            )
        else:
            remarks.warning(place, f"AZURE_TENANT_ID says {shown(parts.tenant_id)}; what stands here is used")
    if parts.entra and parts.rescue and settled_owner(parts.rescue.owner, parts.tenant) is None:
        where = "entra.tenant_id" if said else "AZURE_TENANT_ID"
        remarks.problem(
            parts.document.key_place(("rescue",)),
            f"rescue lacks owner, which has no default while {where} is not an object id",
            "add owner: with a short tag that no other tenant uses in this account",
        )


def check_overrides(parts: Parts, remarks: Remarks) -> None:
    """One override a login, on a mapping where it needs one, until a day that exists."""
    names = {pair.mapping.name for pair in parts.pairs}
    all_known = len(parts.pairs) == parts.mappings_written
    seen: dict[str, Place] = {}
    for index, entry in parts.overrides:
        path: Path = ("overrides", index)
        place = parts.document.value_place((*path, "login"))
        first = seen.setdefault(normal_login(entry.login), place)
        if first != place:
            remarks.problem(
                place, f"{shown(entry.login)} has an override in line {first.line} already", "keep one of the two"
            )
        elif "@" not in entry.login and not (entry.action == "include" and is_guid(entry.login.strip())):
            remarks.warning(place, f"{shown(entry.login)} is no address, so nobody can have it as login")
        if entry.action == "include" and entry.mapping is None:
            remarks.problem(
                parts.document.value_place(path),
                "include lacks mapping",
                "add mapping: with the name of the mapping they count in",
            )
        elif entry.action != "include" and entry.mapping is not None:
            remarks.problem(
                parts.document.key_place((*path, "mapping")),
                f"mapping means nothing with {entry.action}",
                "take it out",
            )
        elif entry.mapping is not None and nfc(entry.mapping.strip()) not in names and all_known:
            close = get_close_matches(entry.mapping[:200], names, 1)
            remarks.problem(
                parts.document.value_place((*path, "mapping")),
                f"no mapping has the name {shown(entry.mapping)}",
                f"write {close[0]}" if close else "write the name of one that is in the file",
            )
        _check_day(parts, (*path, "until"), entry.until, remarks)


def check_permits(parts: Parts, remarks: Remarks) -> None:
    """No action is permitted twice for one guard, and until a day that exists (§6)."""
    seen: dict[tuple[str, str], int] = {}
    for index, entry in parts.permits:
        for number, action in enumerate(entry.actions):
            place = parts.document.value_place(("permits", index, "actions", number))
            if (entry.guard, action) in seen:
                remarks.problem(
                    place,
                    f"action {action} is already permitted for {entry.guard} in line {seen[entry.guard, action]}",
                    "keep one of the two",
                )
            seen.setdefault((entry.guard, action), place.line)
        _check_day(parts, ("permits", index, "until"), entry.until, remarks)


def _check_day(parts: Parts, path: Path, text: str, remarks: Remarks) -> None:
    try:
        date.fromisoformat(text)
    except ValueError:
        remarks.problem(
            parts.document.value_place(path), f"{text} is not a day of the calendar", "write a day like 2027-01-31"
        )


def check_guards(parts: Parts, remarks: Remarks) -> None:
    """Nothing switches a guard off silently (§6)."""
    for name, limit in parts.guards or ():
        if limit in ("off", "100%"):
            said = "is off" if limit == "off" else "at 100% never refuses"
            remarks.warning(parts.document.value_place(("guards", name)), f"the guard {name} {said}")


def check_protected(parts: Parts, remarks: Remarks) -> None:
    """A pattern that protects everybody, or nobody, is warned of (§6)."""
    for index, login in parts.protected:
        place = parts.document.value_place(("protected", index))
        if not login.strip(" *"):
            remarks.warning(place, f"{shown(login)} protects everybody, so nothing is ever written")
        elif "@" not in login and "*" not in login:
            remarks.warning(place, f"{shown(login)} is no address, so nobody can have it as login")
