"""From the words of the file to what they mean: defaults inherited, names settled, one digest over the result.

Pure: values in, values out. Only what passed schema and cross-checks is settled into a `Mappings`; single mappings are
settled before, so that the cross-checks can look at what is inherited.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import asdict
from typing import Any

from reconciler.model import file as words
from reconciler.model.canonical import digest_of
from reconciler.model.hierarchy import Role
from reconciler.model.mappings import EntraGroupName, Mapping, Mappings
from reconciler.model.text import normal_login

_GUID = re.compile(words.GUID.removesuffix("$") + r"\Z")


def nfc(text: str) -> str:
    """One Unicode form of a name; nothing else about it changes."""
    return unicodedata.normalize("NFC", text)


def is_guid(text: str) -> bool:
    """Whether the text is an object id, in any case."""
    return _GUID.match(text) is not None


def path_of(text: str) -> tuple[str, ...]:
    """`A/B` -> ("A", "B"), blanks around names dropped; an empty name stays, for the checks to find."""
    return tuple(nfc(name.strip()) for name in text.split("/"))


def entra_group_of(said: str | words.EntraGroup) -> EntraGroupName:
    """A plain string is an id if it looks like one, else a display name."""
    if isinstance(said, str):
        text = said.strip()
        return EntraGroupName(text.lower(), None) if is_guid(text) else EntraGroupName(None, nfc(text))
    return EntraGroupName(said.id.lower() if said.id else None, nfc(said.name.strip()) if said.name else None)


def rescue_group_of(said: str | list[str] | int) -> tuple[str, ...] | int:
    """A node id stays a number, names become a path."""
    if isinstance(said, int):
        return said
    return path_of(said) if isinstance(said, str) else tuple(nfc(name.strip()) for name in said)


def settle_mapping(said: words.Mapping, defaults: words.MappingKeys, line: int) -> Mapping:
    """One mapping with everything inherited: its own word, then that of `defaults`, then the built-in one."""

    def word(key: str, built_in: Any) -> Any:
        for place in (said, defaults):
            value = getattr(place, key)
            if value is not None:
                return value
        return built_in

    role = Role(word("role", "technician"))
    full_sync: bool = word("full_sync", True)
    nested = word("nested", "direct" if role is Role.ADMIN else "mirror" if full_sync else "flatten")
    parent = (said if "permissions_from" in said.model_fields_set else defaults).permissions_from
    rescue_group = rescue_group_of(said.rescue_group)
    text = "/".join(rescue_group) if isinstance(rescue_group, tuple) else f"node {rescue_group}"
    return Mapping(
        name=nfc(said.name.strip()) if said.name else text,
        entra_group=entra_group_of(said.entra_group),
        rescue_group=rescue_group,
        role=role,
        full_sync=full_sync,
        nested=nested,
        mobile_license=word("mobile_license", "keep"),
        upn_as_sso_id=word("upn_as_sso_id", False),
        create_missing=word("create_missing", full_sync),
        create_group=word("create_group", False),
        permissions_from=path_of(parent) if parent is not None else None,
        replaces=tuple(group.lower() for group in said.replaces),
        allow_empty=word("allow_empty", False),
        priority=word("priority", 100),
        line=line,
    )


def settled_owner(said: str | None, tenant: str | None) -> str | None:
    """The tag in markers; empty while the tenant is not known, None where a tenant given as a domain has no default."""
    if said is not None:
        return said.lower()
    if tenant is None:
        return ""
    return tenant[:4].lower() if is_guid(tenant) else None


def config_digest(mappings: Mappings) -> str:
    """SHA-256 over everything here that can change a plan; where order means nothing it does not count."""
    settings: dict[str, Any] = mappings.settings.model_dump()
    return digest_of(
        {
            "tenant_id": mappings.tenant_id,
            "cloud": mappings.cloud,
            "region": mappings.region,
            "account_id": mappings.account_id,
            "owner": mappings.owner,
            "technician_seats": mappings.technician_seats,
            "mobile_seats": mappings.mobile_seats,
            "settings": settings,
            "max_members": mappings.limits.members,
            "guards": mappings.guards.model_dump(),
            "protected": sorted({normal_login(login) for login in mappings.protected}),
            "mappings": sorted((_plain(mapping) for mapping in mappings.mappings), key=lambda item: str(item["name"])),
            "overrides": _sorted(
                {"login": normal_login(item.login), "action": item.action, "until": str(item.until)}
                | {"mapping": item.mapping}
                for item in mappings.overrides
            ),
            "retired": _sorted({"entra_group": item.entra_group, "people": item.people} for item in mappings.retired),
            "permits": _sorted(
                {"guard": item.guard, "actions": sorted(item.actions), "until": str(item.until)}
                for item in mappings.permits
            ),
        }
    )


def _plain(mapping: Mapping) -> dict[str, Any]:
    plain = asdict(mapping)
    del plain["line"]
    plain["replaces"] = sorted(plain["replaces"])
    return plain


def _sorted(items: Any) -> list[dict[str, Any]]:
    return sorted(items, key=digest_of)
