"""Mappings: how many there are, their names, and keys that another key rules out (D1, D2, D10, D19, D21)."""

from __future__ import annotations

from reconciler.config.checks.parts import Pair, Parts, Remarks
from reconciler.config.messages import shown
from reconciler.config.yaml_lines import Place
from reconciler.model.hierarchy import Role
from reconciler.model.mappings import Mapping


def check_count(parts: Parts, remarks: Remarks) -> None:
    """As many mappings as `limits.groups` allows; none at all is warned of."""
    written = parts.mappings_written
    if parts.limits and written > parts.limits.groups:
        remarks.problem(
            parts.document.value_place(("mappings", parts.limits.groups)),
            f"{written} mappings are more than limits.groups allows, which is {parts.limits.groups}",
            "take mappings out, or raise limits.groups",
        )
    if written == 0 and ("mappings",) in parts.document.values:
        remarks.warning(parts.document.key_place(("mappings",)), "there are no mappings, so nothing is managed")


def check_names(parts: Parts, remarks: Remarks) -> None:
    """No two mappings have one name."""
    seen: dict[str, Pair] = {}
    for pair in parts.pairs:
        name = pair.mapping.name
        first = seen.setdefault(name, pair)
        if first is not pair:
            given = "" if pair.said.name else ", which is its rescue_group,"
            remarks.problem(
                parts.document.value_place((*pair.path, "name")),
                f"the name {shown(name)}{given} is also that of the mapping in line {first.mapping.line}",
                "give each mapping a name: of its own",
            )


def check_roles(parts: Parts, remarks: Remarks) -> None:
    """Keys that the role, or full_sync, rules out (D1, D2, D10, D13)."""
    for pair in parts.pairs if parts.defaults else ():
        mapping = pair.mapping
        if mapping.role is Role.ADMIN:
            if not mapping.entra_group.id:
                remarks.problem(
                    parts.document.value_place((*pair.path, "entra_group")),
                    "a mapping with role admin names its Entra group by display name",
                    "write the group's object id",
                )
            if mapping.nested == "mirror":
                _rule_out(parts, remarks, pair, "nested", "mirror is for technicians", "direct or flatten", "role")
            if mapping.mobile_license != "keep":
                message = f"{mapping.mobile_license} is for technicians"
                _rule_out(parts, remarks, pair, "mobile_license", message, "keep", "role")
            if mapping.create_group:
                message = "administrator groups are never created"
                _rule_out(parts, remarks, pair, "create_group", message, "false", "role")
            if mapping.permissions_from is not None:
                message = "administrator groups are never created"
                _rule_out(parts, remarks, pair, "permissions_from", message, "null", "role")
        elif not mapping.full_sync:
            if mapping.nested == "mirror":
                message = "mirror needs full_sync: true"
                _rule_out(parts, remarks, pair, "nested", message, "flatten or direct", "full_sync")
            for key, useless in (("create_group", mapping.create_group), ("upn_as_sso_id", mapping.upn_as_sso_id)):
                if useless and key in pair.said.model_fields_set:
                    place = parts.document.key_place((*pair.path, key))
                    remarks.warning(place, f"{key} has no effect without full_sync")
            if mapping.mobile_license == "award" and pair.said.mobile_license:
                place = parts.document.key_place((*pair.path, "mobile_license"))
                remarks.warning(place, "mobile_license: award has no effect without full_sync")


def _rule_out(parts: Parts, remarks: Remarks, pair: Pair, key: str, why: str, instead: str, cause: str) -> None:
    """A key that another one, `cause`, rules out: told where the mapping says either of them."""
    keys = parts.document.keys
    if (*pair.path, key) in keys:
        remarks.problem(parts.document.value_place((*pair.path, key)), f"{key}: {why}", f"write {instead}")
        return
    place = parts.document.key_place((*pair.path, cause))
    remarks.problem(place, f"{key} is inherited from defaults: {why}", f"write {key}: {instead} in this mapping")


def check_sso(parts: Parts, remarks: Remarks) -> None:
    """Generated passwords need an SSO ID for everybody who may be created (D19, D21)."""
    if parts.settings is None or parts.defaults is None:
        return
    by_email = parts.settings.use_email_as_sso_id
    both: dict[Place, None] = {}
    without: list[str] = []
    for pair in parts.pairs:
        mapping = pair.mapping
        if by_email and mapping.upn_as_sso_id and mapping.full_sync:
            own = (*pair.path, "upn_as_sso_id")
            both[parts.document.key_place(own if own in parts.document.keys else ("defaults", "upn_as_sso_id"))] = None
        if _creates_without_sso(mapping, by_email=by_email):
            without.append(mapping.name)
    for place in both:
        remarks.warning(place, "upn_as_sso_id and settings.use_email_as_sso_id both apply; upn_as_sso_id wins")
    if parts.settings.initial_password == "generate" and without:  # noqa: S105
        more = f" and {len(without) - 3} more" if len(without) > 3 else ""
        remarks.problem(
            parts.document.value_place(("settings", "initial_password")),
            f"generate needs an SSO ID rule, and full_sync, on every mapping that creates people; "
            f"{', '.join(map(shown, without[:3]))}{more} would get people who can never sign in",
            "write settings.use_email_as_sso_id: true, or upn_as_sso_id: true there, or env here",
        )


def _creates_without_sso(mapping: Mapping, *, by_email: bool) -> bool:
    """Would people of this mapping begin without an SSO ID? Without full_sync everybody does (D3, D19)."""
    if not mapping.create_missing:
        return False
    return not mapping.full_sync or not (by_email or mapping.upn_as_sso_id)
