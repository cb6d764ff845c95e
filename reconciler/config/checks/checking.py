"""The list of the checks: a new one is added here."""

from __future__ import annotations

from reconciler.config.checks.entra_groups import check_entra_groups, check_markers
from reconciler.config.checks.mappings import check_count, check_names, check_roles, check_sso
from reconciler.config.checks.parts import Parts, Remarks
from reconciler.config.checks.people import check_guards, check_overrides, check_owner, check_permits, check_protected
from reconciler.config.checks.rescue_groups import check_group_creation, check_rescue_groups, check_shared_groups


def check_parts(parts: Parts) -> Remarks:
    """What every check finds, in any order."""
    remarks = Remarks()
    for check in (
        check_count,
        check_names,
        check_entra_groups,
        check_markers,
        check_rescue_groups,
        check_shared_groups,
        check_roles,
        check_group_creation,
        check_sso,
        check_owner,
        check_overrides,
        check_permits,
        check_guards,
        check_protected,
    ):
        check(parts, remarks)
    return remarks
