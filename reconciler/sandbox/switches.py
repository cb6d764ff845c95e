"""Every guess about the two services, as a switch: its values, its default and the section it comes from.

What the references call `[unknown]` is decided here and nowhere else, so that a correction from a real account is one
edit. A switch is set in a scenario (`switches:`) or by `SandboxState.set_switch`; an unknown name or value is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.errors import UsageError

ANY_TEXT: tuple[str, ...] = ()
"""`values` of a switch that takes any text."""

WHOLE_NUMBER: tuple[str, ...] = ("0, 1, 2, ...",)
"""`values` of a switch that takes a whole number."""

DELAY: tuple[str, ...] = ("none", "reads:N", "seconds:N")
"""`values` of a switch that takes a delay."""


@dataclass(frozen=True, slots=True)
class Switch:
    """One guess: `values` it can take, the `default`, the `section` that leaves it open, and what it decides."""

    name: str
    values: tuple[str, ...]
    default: str
    section: str
    decides: str

    def check(self, value: str) -> str:
        """Return the value as stored; UsageError when the switch can't take it."""
        if self.values is ANY_TEXT:
            return value
        if self.values is WHOLE_NUMBER:
            fits = value.isascii() and value.isdigit()
        elif self.values is DELAY:
            kind, _, number = value.partition(":")
            fits = value == "none" or (kind in ("reads", "seconds") and number.replace(".", "", 1).isdigit())
        else:
            fits = value in self.values
        if not fits:
            raise UsageError(f"switch {self.name}: {value!r} is not one of {' | '.join(self.values)}")
        return value


_R = "rescue-api.md "
_G = "graph.md "

SWITCHES: dict[str, Switch] = {
    switch.name: switch
    for switch in (
        # Rescue: the text of the answers
        Switch("newline", ("lf", "crlf"), "lf", _R + "§1.3", "what ends a line"),
        Switch("bom", ("absent", "present"), "absent", _R + "§1.3", "a byte order mark before the status word"),
        Switch("colon", ("bare", "spaced"), "bare", _R + "§1.3", "`Key:Value` or `Key: Value`"),
        Switch("list_end", ("blank_line", "bare"), "blank_line", _R + "§1.3", "what follows the last record"),
        Switch(
            "ok_layout", ("bare", "blank_line"), "bare", _R + "§1.3", "`OK` or `OK` and a blank line, without payload"
        ),
        Switch(
            "create_layout", ("blank_line", "one_line", "keyed"), "blank_line", _R + "§1.3, §4.1", "the new node id"
        ),
        Switch("user_layout", ("lines", "one_line"), "lines", _R + "§1.3", "getUser, getGroup, getAccount"),
        Switch("tree_layout", ("lines", "one_line"), "lines", _R + "§1.3, §7.2", "getHierarchy"),
        Switch("content_type", ("text/plain", "text/html"), "text/plain", _R + "§1.3", "the header of a text answer"),
        Switch(
            "type_spelling", ("MasterAdministrator", "Masteradministrator"), "MasterAdministrator", _R + "§5", "as said"
        ),
        Switch("rpat_field", ("v2_and_v3", "v3_only", "nowhere"), "v2_and_v3", _R + "§3.2", "who shows HASRPATADDON"),
        Switch(
            "extra_fields", ("none", "after"), "none", _R + "§3.2", "unknown fields after the known ones of getUser"
        ),
        Switch(
            "record_order", ("tree", "by_id", "reversed"), "tree", _R + "§3.1", "order of the records below the root"
        ),
        Switch("permissions_end", ("comma", "bare"), "comma", _R + "§3.4", "how a list of permissions ends"),
        # Rescue: what it does
        Switch("blank_name", ANY_TEXT, "New technician", _R + "§4.1", "the name of a person createUser made"),
        Switch("blank_email", ANY_TEXT, "", _R + "§4.1", "their address; `{id}` stands for the node id"),
        Switch("blank_status", ("Disabled", "Offline"), "Disabled", _R + "§4.1", "their status"),
        Switch("blank_group_name", ANY_TEXT, "", _R + "§4.6", "the name of a group createGroup made"),
        Switch("blank_group_status", ("Disabled", "Offline"), "Offline", _R + "§4.6", "its status"),
        Switch(
            "omitted_optional", ("clears", "keeps"), "clears", _R + "§4.3", "setUser without nick, ssoid, description"
        ),
        Switch("empty_optional", ("clears", "keeps"), "clears", _R + "§4.3", "setUser with them empty"),
        Switch("blank_group_permissions", ("none", "parent"), "none", _R + "§4.6", "those of a group createGroup made"),
        Switch("omitted_permission", ("clears", "keeps"), "clears", _R + "§4.6", "setGroup without permission lists"),
        Switch(
            "unknown_permission",
            ("kept", "INVALIDPARAM_PERMISSION"),
            "kept",
            _R + "§3.4, §4.6",
            "setGroup with a permission whose name is in no document",
        ),
        Switch(
            "group_v2", ("present", "absent"), "present", _R + "§3.4, §4.6", "getGroup_v2, setGroup_v2; absent: 404"
        ),
        Switch("set_user_v2", ("present", "absent"), "present", _R + "§4.3", "absent: 404 like any unknown method"),
        Switch(
            "move_spelling", ("both", "targetnode", "targetnodeid"), "both", _R + "§4.4", "parameters moveNode reads"
        ),
        Switch("move_to_own_parent", ("OK", "INVALID_MOVE"), "OK", _R + "§4.4", "moving to where it is"),
        Switch(
            "admin_into_technician_group", ("link", "INVALID_MOVE"), "link", _R + "§4.7", "moveNode of an administrator"
        ),
        Switch(
            "delete_group", ("cascade", "refuse"), "cascade", _R + "§4.5", "deleteNode of a group that is not empty"
        ),
        Switch(
            "email_lookup",
            ("technician", "administrator", "lowest_id"),
            "technician",
            _R + "§3.2",
            "getUser_v3 by address",
        ),
        Switch("email_lookup_case", ("ignored", "exact"), "ignored", _R + "§3.2", "case of that address"),
        Switch("isnode_scope", ("descendants", "node"), "descendants", _R + "§3.1", "getHierarchy with isnode=true"),
        Switch("filteroffline_drops_disabled", ("yes", "no"), "yes", _R + "§3.1", "as said"),
        Switch(
            "description_storing", ("kept", "dropped", "truncated", "normalised"), "kept", _R + "§7.16", "by setUser"
        ),
        Switch("description_limit", WHOLE_NUMBER, "64", _R + "§7.16", "characters kept where it is truncated"),
        Switch("name_limit", WHOLE_NUMBER, "256", _R + "§4.3, §7.16", "longer: INVALIDPARAM_NAME"),
        Switch("request_validation", ("on", "off"), "on", _R + "§7.8", "500 for `<letter` or `&#` in a value"),
        Switch(
            "duplicate_sso",
            ("accepted", "ERROR"),
            "accepted",
            _R + "§4.3",
            "a second person of the role with one SSO ID",
        ),
        Switch(
            "admin_address",
            ("accepted", "refused"),
            "accepted",
            _R + "§4.2, §5",
            "an administrator's, for a technician",
        ),
        Switch(
            "enable_without_credential", ("accepted", "ERROR"), "accepted", _R + "§4.3", "neither password nor SSO ID"
        ),
        Switch("seat_refusal", ANY_TEXT, "ERROR", _R + "§4.1", "the word when no technician seat is left"),
        Switch(
            "mobile_refusal",
            ANY_TEXT,
            "ERROR",
            _R + "§4.3",
            "the word when no mobile licence is left; not_kept: OK, and the flag stays False",
        ),
        Switch("account_holder", ("protected", "writable"), "protected", _R + "§5", "writes to the holder's nodes"),
        Switch("deny_login", ("no", "yes"), "no", _R + "§2", "the account's own setting"),
        Switch("deny_request_auth_code", ("no", "yes"), "no", _R + "§2", "the account's own setting"),
        Switch("denied_answer", ("ERROR", "INVALID"), "ERROR", _R + "§2", "what a denied endpoint answers"),
        Switch("auth_code_ends_api_token", ("no", "yes"), "no", _R + "§2", "requestAuthCode against the API token"),
        Switch(
            "groups_shown", ("all", "assigned"), "all", _R + "§1.5", "to administrators who are no master administrator"
        ),
        Switch(
            "disabled_group", ("keeps", "shows_disabled"), "keeps", _R + "§5", "status of people in a disabled group"
        ),
        Switch("visibility_delay", DELAY, "none", _R + "§7.13", "how long reads show what was before a write"),
        # Graph
        Switch("last_page", ("exact", "extra_empty"), "exact", _G + "§2", "a nextLink to an empty page at the end"),
        Switch("largest_page", WHOLE_NUMBER, "999", _G + "§2", "rows a page has at most, whatever $top asks for"),
        Switch("empty_middle_page", ("no", "yes"), "no", _G + "§2", "an empty page with a nextLink after the first"),
        Switch("hidden_members", ("403", "empty"), "403", _G + "§3", "HiddenMembership without Member.Read.Hidden"),
        Switch("not_basic", ("null", "absent", "403"), "null", _G + "§4", "$select beyond User.ReadBasic.All"),
        Switch(
            "cast_without_header", ("refused", "next_page_refused"), "refused", _G + "§1.2", "a cast without the header"
        ),
        Switch(
            "cycle_lists_itself", ("no", "yes"), "no", _G + "§1.2", "a group in a cycle among its transitive members"
        ),
        Switch(
            "service_principals", ("left_out", "listed"), "left_out", _G + "§1.2", "in /members, never in the count"
        ),
        Switch("select_implies_id", ("no", "yes"), "no", _G + "§1.4", "id in rows whose $select leaves it out"),
        Switch("get_by_ids", ("directory_role", "any_role"), "directory_role", _G + "§4", "who may call getByIds"),
        Switch("index_lag", ("off", "on"), "off", _G + "§3", "casts miss members added since, until catch_up_index()"),
        Switch("throttle_units", WHOLE_NUMBER, "0", _G + "§5", "resource units per 10 seconds; 0: never throttled"),
        Switch("throttle_retry_after", ("present", "absent"), "present", _G + "§5", "the header of such a 429"),
        Switch(
            "batch_order",
            ("shuffled", "as_asked", "reversed"),
            "shuffled",
            _G + "§6",
            "order of the answers in a $batch",
        ),
        Switch("token_lifetime", WHOLE_NUMBER, "3599", _G + "§9.3", "seconds, for tokens of the token endpoint"),
    )
}


def check_switch(name: str, value: str) -> str:
    """Return the value to store. UsageError for an unknown switch, naming near ones, or a value it can't take."""
    if name not in SWITCHES:
        raise UsageError(f"there is no switch {name!r}", advice="the switches stand in reconciler/sandbox/switches.py")
    return SWITCHES[name].check(value)
