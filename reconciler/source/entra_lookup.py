"""One person by whatever somebody calls them: object id, UPN, mail or another address (graph.md §1.4, §1.4a).

For `explain` alone: nothing is decided by it, so what could not be asked is said in words and not an error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from reconciler.errors import SourceError
from reconciler.model.directory import Person
from reconciler.source.entra_people import fetch_whereabouts
from reconciler.source.entra_rows import read_person
from reconciler.source.graph_batch import BatchAnswer, BatchItem
from reconciler.source.graph_client import GraphClient

_FIELDS = "$select=id,displayName,userPrincipalName,mail,accountEnabled,userType"
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_UNSENDABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Found:
    """Everybody a name fits, by object id; `why` says what could not be asked, empty where everything was."""

    people: Mapping[str, Person] = field(default_factory=dict)
    groups: Mapping[str, frozenset[str] | None] = field(default_factory=dict)
    """All groups of each, transitively, lower case; None where that could not be answered."""
    why: str = ""


def fetch_person(client: GraphClient, name: str) -> Found:
    """Asks for a user of this object id or UPN, and for those with this mail or proxy address; then their groups."""
    if not name or _UNSENDABLE.search(name):
        return Found()
    try:
        answers = client.batch(_questions(name))
        people: dict[str, Person] = {}
        reasons: dict[str, None] = {}
        for answer in answers.values():
            for row in _rows(answer, reasons):
                person = read_person(row)
                if isinstance(person, str):
                    reasons[person] = None
                else:
                    people[person.id] = person
        known = fetch_whereabouts(client, sorted(people), sorted(people)) if people else {}
    except SourceError as lost:
        return Found(why=str(lost))
    return Found(people, {id_: where.groups for id_, where in known.items()}, "; ".join(reasons))


def _questions(name: str) -> list[BatchItem]:
    items = [BatchItem("name", f"/users/{quote(name, safe='')}?{_FIELDS}")]
    if not _GUID.fullmatch(name):
        literal = name.replace("'", "''")
        for key, condition in (
            ("mail", f"mail eq '{literal}'"),
            ("alias", f"proxyAddresses/any(p:p eq 'smtp:{literal}')"),
        ):
            items.append(BatchItem(key, f"/users?$filter={quote(condition, safe='')}&{_FIELDS}"))
    return items


def _rows(answer: BatchAnswer, reasons: dict[str, None]) -> list[dict[str, object]]:
    """The users in an answer. A name that is none (400) and one nobody has (404) are answers, too."""
    body = answer.body
    if answer.status in (400, 404):
        return []
    if answer.status != 200 or not isinstance(body, dict):
        reasons[answer.clause()] = None
        return []
    listed = body.get("value", [body])
    rows = [row for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []
    if (
        not isinstance(listed, list)
        or len(rows) < len(listed)
        or not all(isinstance(row.get("id"), str) for row in rows)
    ):
        reasons["Graph answered with something that is not a user"] = None
        return []
    return rows
