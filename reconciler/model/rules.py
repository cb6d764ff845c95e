"""Which rules a finding comes from: decisions (D..) and sections (§..) of product.md, adsync-behaviour.md (R..).

One table for all that names them; it decides nothing.
"""

from __future__ import annotations

RULES_OF_FINDINGS: dict[str, tuple[str, ...]] = {
    "leaver_kept": ("§1", "D8", "R45"),
    "protected": ("§1", "§6"),
    "frozen": ("D17", "R24", "R25"),
    "marker_bad": ("D3",),
    "marker_twice": ("D3",),
    "conflict": ("D11", "R40"),
    "role_change": ("D12", "R41"),
    "both_roles": ("D12", "R41", "R57"),
    "no_login": ("D16", "R59"),
    "duplicate_login": ("D16", "R58"),
    "blocked_login": ("D16", "R58"),
    "duplicate_sso": ("D21", "R72"),
    "bad_name": ("D20",),
    "possible_rename": ("D5", "R55"),
    "adopt_blocked": ("D5", "R56"),
    "kept_disabled": ("D9", "R53"),
    "unconfirmed": ("D8", "R24"),
    "reading_moved": ("D8", "D15"),
    "group_clash": ("D2",),
    "group_missing": ("D2", "R29"),
    "no_seat": ("D22", "R66"),
    "orphaned": ("D7", "R62"),
    "unmanaged": ("D6", "R60"),
    "guest": ("R21",),
    "half_made": ("D14",),
    "no_mobile_seat": ("D22", "R68"),
    "group_gone": ("D2",),
    "group_moved": ("D2",),
    "group_renamed": ("D2",),
    "cycle": ("D1",),
    "edit_waiting": ("§5",),
    "expired": ("§2",),
}
"""In the order of §1: of several findings the first decides."""
