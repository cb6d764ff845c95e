"""The paths of Graph: groups and their members, users, deleted users, getByIds; every list through `paging.page_of`."""

from __future__ import annotations

import json
import re
import sqlite3
from dataclasses import dataclass
from typing import Any

from reconciler.sandbox.constants import KINDS
from reconciler.sandbox.messages import Answer, Request, json_answer
from reconciler.sandbox.state import SandboxState

from .access import BASIC_USERS, DIRECTORY, GROUPS, MEMBERSHIPS, USERS, Access
from .errors import JSON, GraphError, bad_request, denied, no_segment, not_found, unsupported, wrong_method
from .options import Options, only_select, read_options
from .paging import Listing, page_of
from .rows import SELECTED, RowWriter, context

GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
KEY_FORM = re.compile(r"([A-Za-z$]+)\('((?:[^']|'')*)'\)")
MOST_GROUPS = 11000
TRANSITIVE = (
    "WITH RECURSIVE reached (key) AS (SELECT member_key FROM members WHERE group_key = ? "
    "UNION SELECT m.member_key FROM members m JOIN reached r ON m.group_key = r.key)"
)


@dataclass(frozen=True, slots=True)
class Visit:
    """One request on its way through the paths."""

    state: SandboxState
    request: Request
    access: Access
    switches: dict[str, str]
    parts: tuple[str, ...]

    def options(self) -> Options:
        """The query options, checked."""
        return read_options(self.request)


def parts_of(request: Request) -> tuple[str, ...]:
    """The path below the version, `users('id')` taken apart. [reported] graph.md §7: trailing slashes are accepted."""
    found: list[str] = []
    for segment in request.segments()[1:]:
        match = KEY_FORM.fullmatch(segment)
        found += [match[1], match[2].replace("''", "'")] if match else [segment.removesuffix("()")]
    return tuple(found)


def visit(path: Visit) -> Answer:
    """The answer for a path; GraphError for what Graph refuses."""
    words = tuple(part.lower() for part in path.parts)
    match words:
        case ("groups",):
            return _groups(path)
        case ("groups", "$count") | ("users", "$count"):
            return _count_all(path, words[0])
        case ("groups", _):
            return _group(path)
        case ("groups", _, ("members" | "transitivemembers") as which, *rest):
            return _members(path, transitive=which == "transitivemembers", rest=tuple(rest))
        case ("users",):
            return _users(path)
        case ("users", _):
            return _user(path)
        case ("users", _, "getmembergroups" | "microsoft.graph.getmembergroups"):
            return _member_groups(path)
        case ("users", _, "checkmembergroups" | "microsoft.graph.checkmembergroups"):
            return _check_member_groups(path)
        case ("directory", "deleteditems", "microsoft.graph.user" | "graph.user"):
            return _deleted(path)
        case ("directoryobjects", "getbyids" | "microsoft.graph.getbyids"):
            return _get_by_ids(path)
    raise no_segment(path.parts[-1] if path.parts else "")


def _only(path: Visit, method: str) -> None:
    if path.request.method != method:
        raise wrong_method()


# --- groups -----------------------------------------------------------------------------------------------------------


def _groups(path: Visit) -> Answer:
    """[documented] graph.md §1.1: default page 100, at most 999."""
    _only(path, "GET")
    path.access.need(GROUPS)
    return _list(path, Listing("objects o", "o.kind = 'group' AND o.deleted_at IS NULL", about="groups"), typed=False)


def _count_all(path: Visit, what: str) -> Answer:
    """[documented] graph.md §1.3: plain digits, only with the header."""
    _only(path, "GET")
    path.access.need(GROUPS if what == "groups" else BASIC_USERS)
    kind = what.removesuffix("s")
    return _plain_count(path, Listing("objects o", "o.kind = ? AND o.deleted_at IS NULL", [kind]))


def _group(path: Visit) -> Answer:
    """[documented] graph.md §1.1; `$expand=members` gives at most 20 of them and no link ([documented] §1.2)."""
    _only(path, "GET")
    path.access.need(GROUPS)
    options = path.options()
    only_select(options)
    row = _group_row(path)
    written = RowWriter(options.select, path.access, path.switches, typed=False).write([row])[0]
    if options.expand:
        if options.expand.lower() != "members":
            raise GraphError(400, "BadRequest", "Parsing OData Select and Expand failed.")
        source = "members m JOIN objects o ON o.key = m.member_key"
        some = f"SELECT {SELECTED} FROM {source} WHERE m.group_key = ? ORDER BY o.key LIMIT 20"  # noqa: S608 - our parts
        rows = path.state.rows(some, row["key"])
        written["members"] = RowWriter((), path.access, path.switches, typed=True).write(rows)
    return _json({"@odata.context": context("groups/$entity", options.select)} | written)


def _group_row(path: Visit) -> sqlite3.Row:
    """404 for an unknown group, 400 for what is no id. [reported] graph.md §7."""
    id = path.parts[1]
    if not GUID.fullmatch(id):
        raise bad_request(f"Invalid object identifier '{id}'.")
    row = path.state.row("SELECT * FROM objects WHERE id = ? AND kind = 'group' AND deleted_at IS NULL", id.lower())
    if row is None:
        raise not_found(id)
    return row


def _members(path: Visit, *, transitive: bool, rest: tuple[str, ...]) -> Answer:
    """[documented] graph.md §1.2: direct or transitive, all types or cast to one, both spellings of the cast."""
    _only(path, "GET")
    path.access.need(MEMBERSHIPS)
    group = _group_row(path)
    counting = rest[-1:] == ("$count",)
    cast = _cast(rest[:-1] if counting else rest)
    options = path.options()
    if cast:
        _check_cast(path, options, group, cast, counting=counting)
    elif (options.filter or options.orderby) and not (options.advanced and options.count):
        # [documented] graph.md §1.2, §1.3
        raise unsupported("The specified filter to the reference property query is currently not supported.")
    listing = _member_listing(path, group, cast, transitive=transitive)
    if counting:
        return _plain_count(path, listing)
    return _list(path, listing, typed=not cast)


def _cast(rest: tuple[str, ...]) -> str:
    if not rest:
        return ""
    kinds = {kind.lower(): kind for kind in KINDS}
    name = rest[0].removeprefix("microsoft.").removeprefix("graph.")
    if len(rest) != 1 or name not in kinds or not rest[0].startswith(("graph.", "microsoft.graph.")):
        raise no_segment(rest[-1])
    return kinds[name]


def _check_cast(path: Visit, options: Options, group: sqlite3.Row, cast: str, *, counting: bool) -> None:
    """[documented] graph.md §1.2: the header and `$count=true`; without them refused at once or on the second page."""
    unified = "Unified" in json.loads(group["more"]).get("groupTypes", ())
    if unified and cast == "group":
        raise unsupported("The specified cast is not supported for members of this type of group.")
    if (options.advanced and options.count) or (counting and options.advanced):
        return
    if path.switches["cast_without_header"] == "refused" or options.skiptoken:
        raise unsupported(
            "Invalid search request." if options.skiptoken else "The specified cast to a derived type is not supported."
        )


def _member_listing(path: Visit, group: sqlite3.Row, cast: str, *, transitive: bool) -> Listing:
    where = "o.deleted_at IS NULL"
    values: list[object] = [group["key"]]
    if transitive:
        prelude, source = TRANSITIVE, "reached r JOIN objects o ON o.key = r.key"
        if path.switches["cycle_lists_itself"] == "no":
            where += " AND o.key != ?"
            values.append(group["key"])
    else:
        prelude, source = "", "members m JOIN objects o ON o.key = m.member_key"
        where += " AND m.group_key = ?"
        if path.switches["service_principals"] == "left_out":
            where += " AND o.kind != 'servicePrincipal'"
    if cast:
        where += " AND o.kind = ?"
        values.append(cast)
        if path.switches["index_lag"] == "on":  # [documented] graph.md §3: advanced queries read an index that may lag
            where += " AND NOT EXISTS (SELECT 1 FROM lagging l WHERE l.group_key = ? AND l.member_key = o.key)"
            values.append(group["key"])
    if json.loads(group["more"]).get("visibility") == "HiddenMembership" and not path.access.hidden:
        # [unknown] graph.md §3: refused, or left out silently
        if path.switches["hidden_members"] == "403":
            raise denied()
        where += " AND 0"
    about = {"": "directoryObjects", "user": "users", "group": "groups"}.get(cast, f"{cast}s")
    return Listing(source, where, values, prelude, about)


# --- users ------------------------------------------------------------------------------------------------------------


def _users(path: Visit) -> Answer:
    """[documented] graph.md §1.4."""
    _only(path, "GET")
    path.access.need(BASIC_USERS)
    return _list(path, Listing("objects o", "o.kind = 'user' AND o.deleted_at IS NULL", about="users"), typed=False)


def _user(path: Visit) -> Answer:
    """[documented] graph.md §1.4: by object id or UPN; 404 when absent."""
    _only(path, "GET")
    path.access.need(BASIC_USERS)
    options = path.options()
    only_select(options)
    row = _user_row(path)
    written = RowWriter(options.select, path.access, path.switches, typed=False).write([row])
    return _json({"@odata.context": context("users/$entity", options.select)} | written[0])


def _user_row(path: Visit) -> sqlite3.Row:
    id = path.parts[1]
    column = "id = ?" if GUID.fullmatch(id) else "upn = ? COLLATE NOCASE"
    found = f"SELECT * FROM objects WHERE {column} AND kind = 'user' AND deleted_at IS NULL"  # noqa: S608 - our parts
    row = path.state.row(found, id.lower() if GUID.fullmatch(id) else id)
    if row is None:
        raise not_found(id)
    return row


def _groups_of(path: Visit, user: sqlite3.Row) -> list[sqlite3.Row]:
    """Every group the user is in, through any nesting; without hidden ones the app may not evaluate ([unknown])."""
    rows = path.state.rows(
        "WITH RECURSIVE above (key) AS (SELECT group_key FROM members WHERE member_key = ? "
        "UNION SELECT m.group_key FROM members m JOIN above a ON m.member_key = a.key) "
        "SELECT o.* FROM above a JOIN objects o ON o.key = a.key WHERE o.kind = 'group' ORDER BY o.key",
        user["key"],
    )
    if path.access.hidden:
        return rows
    return [row for row in rows if json.loads(row["more"]).get("visibility") != "HiddenMembership"]


def _member_groups(path: Visit) -> Answer:
    """[documented] graph.md §1.4a: transitive, ids only, at most 11,000."""
    _only(path, "POST")
    path.access.need(BASIC_USERS)
    path.access.need(GROUPS)
    only_secure = _body(path).get("securityEnabledOnly", False)
    if not isinstance(only_secure, bool):
        raise bad_request("Invalid value for parameter 'securityEnabledOnly'.")
    groups = _groups_of(path, _user_row(path))
    if only_secure:
        groups = [row for row in groups if json.loads(row["more"]).get("securityEnabled", True)]
    if len(groups) > MOST_GROUPS:
        message = "The result size exceeds the maximum allowed."
        raise GraphError(400, "Directory_ResultSizeLimitExceeded", message)
    return _json({"@odata.context": context("Collection(Edm.String)", ()), "value": [row["id"] for row in groups]})


def _check_member_groups(path: Visit) -> Answer:
    """[documented] graph.md §1.4a: at most 20 ids; a malformed one fails the whole request."""
    _only(path, "POST")
    path.access.need(BASIC_USERS)
    path.access.need(GROUPS)
    ids = _ids(path, "groupIds", 20)
    inside = {row["id"] for row in _groups_of(path, _user_row(path))}
    found = [id for id in ids if id.lower() in inside]
    return _json({"@odata.context": context("Collection(Edm.String)", ()), "value": found})


def _deleted(path: Visit) -> Answer:
    """[documented] graph.md §1.5: the cast is part of the path; needs User.Read.All."""
    _only(path, "GET")
    path.access.need(USERS)
    return _list(path, Listing("objects o", "o.kind = 'user' AND o.deleted_at IS NOT NULL", about="users"), typed=False)


def _get_by_ids(path: Visit) -> Answer:
    """[documented, stale] graph.md §4: Directory.Read.All; up to 1000 ids; unknown ones are left out."""
    _only(path, "POST")
    path.access.need(DIRECTORY if path.switches["get_by_ids"] == "directory_role" else BASIC_USERS | MEMBERSHIPS)
    options = path.options()
    ids = _ids(path, "ids", 1000)
    types = [str(kind).lower() for kind in _body(path).get("types", [])]
    rows = []
    for id in dict.fromkeys(id.lower() for id in ids):
        row = path.state.row("SELECT * FROM objects WHERE id = ? AND deleted_at IS NULL", id)
        if row is not None and (not types or row["kind"].lower() in types):
            rows.append(row)
    value = RowWriter(options.select, path.access, path.switches, typed=True).write(rows)
    return _json({"@odata.context": context("directoryObjects", ()), "value": value})


def _body(path: Visit) -> dict[str, Any]:
    try:
        body = json.loads(path.request.body or b"{}")
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise GraphError(400, "BadRequest", "Unable to read JSON request payload.")
    return body


def _ids(path: Visit, name: str, most: int) -> list[str]:
    ids = _body(path).get(name)
    if not isinstance(ids, list) or not ids:
        raise bad_request(f"'{name}' has to be a list of object identifiers.")
    if len(ids) > most:
        raise bad_request(f"Too many items in '{name}': at most {most}.")
    for id in ids:
        if not isinstance(id, str) or not GUID.fullmatch(id):
            raise bad_request(f"Invalid object identifier '{id}'.")
    return ids


# --- answers ----------------------------------------------------------------------------------------------------------


def _list(path: Visit, listing: Listing, *, typed: bool) -> Answer:
    options = path.options()
    writer = RowWriter(options.select, path.access, path.switches, typed=typed)
    return _json(page_of(path.state, path.request, options, listing, writer, path.switches))


def _plain_count(path: Visit, listing: Listing) -> Answer:
    if not path.options().advanced:
        raise bad_request("$count is not currently supported.")
    sql = f"{listing.prelude} SELECT count(*) FROM {listing.source} WHERE {listing.where}"  # noqa: S608 - our parts
    return Answer(200, str(path.state.number(sql, *listing.values)).encode(), {"Content-Type": "text/plain"})


def _json(value: dict[str, Any]) -> Answer:
    return json_answer(200, value, {"OData-Version": "4.0"}, JSON)
