"""Questions about single people by object id (D5, D6, D8), in batches. What could not be answered is never a no."""

from __future__ import annotations

from collections.abc import Callable, Collection
from urllib.parse import quote

from reconciler.model.directory import Account, NoPerson, Person, Whereabouts
from reconciler.model.text import normal_login
from reconciler.source.entra_rows import MEMBER_FIELDS, read_person
from reconciler.source.graph_batch import BatchAnswer, BatchItem
from reconciler.source.graph_client import GraphClient

Progress = Callable[[str, int, int], None]


def fetch_whereabouts(
    client: GraphClient, ids: Collection[str], groups_for: Collection[str], progress: Progress | None = None
) -> dict[str, Whereabouts]:
    """Whether each account of `ids` lives, and for those of `groups_for` which groups they are in, transitively.

    getMemberGroups and not memberOf: it needs no more than the two permissions we have (D8, graph.md §1.4a).
    """
    asked_for, groups_wanted = dict.fromkeys([*ids, *groups_for]), frozenset(groups_for)
    items: list[BatchItem] = []
    for id_ in asked_for:
        path = f"/users/{quote(id_, safe='')}"
        items.append(BatchItem(f"account {id_}", f"{path}?$select=id,accountEnabled"))
        if id_ in groups_wanted:
            body = {"securityEnabledOnly": False}
            items.append(BatchItem(f"groups {id_}", f"{path}/getMemberGroups", "POST", body))
    accounts: dict[str, Account] = {}
    groups: dict[str, frozenset[str] | None] = {}
    for key, answer in client.batch_each(items):
        kind, _, id_ = key.partition(" ")
        if kind == "account":
            accounts[id_] = _read_account(id_, answer)
            if progress:
                progress("asking Entra about people", len(accounts), len(asked_for))
        else:
            groups[id_] = _read_groups(answer)
    return {id_: Whereabouts(accounts[id_], groups.get(id_), id_ in groups_wanted) for id_ in asked_for}


def fetch_people(
    client: GraphClient, names: Collection[str], progress: Progress | None = None
) -> dict[str, Person | NoPerson]:
    """Everybody of `names`, each a UPN or an object id, with what a member's row has (graph.md §1.4)."""
    items = [BatchItem(name, f"{_user_path(name)}?$select={MEMBER_FIELDS}") for name in dict.fromkeys(names)]
    found: dict[str, Person | NoPerson] = {}
    for name, answer in client.batch_each(items):
        found[name] = _read_named(name, answer)
        if progress:
            progress("asking Entra about people the file includes", len(found), len(items))
    return found


def fetch_addresses(
    client: GraphClient, ids: Collection[str], progress: Progress | None = None
) -> dict[str, frozenset[str] | None]:
    """Mail, UPN and all `smtp:` proxy addresses of each, as Entra has them (D5); None where they could not be read."""
    items = [
        BatchItem(id_, f"/users/{quote(id_, safe='')}?$select=id,mail,userPrincipalName,proxyAddresses")
        for id_ in dict.fromkeys(ids)
    ]
    found: dict[str, frozenset[str] | None] = {}
    for id_, answer in client.batch_each(items):
        found[id_] = _read_addresses(id_, answer)
        if progress:
            progress("asking Entra for addresses", len(found), len(items))
    return found


def _user_path(name: str) -> str:
    """The path of one user. A UPN that begins with a dollar sign is a key in brackets; `#` and the like are encoded."""
    if name.startswith("$"):
        doubled = name.replace("'", "''")
        return f"/users('{quote(doubled, safe='$@')}')"
    return f"/users/{quote(name, safe='@')}"


def _read_named(name: str, answer: BatchAnswer) -> Person | NoPerson:
    body = answer.body
    if answer.status == 404 and answer.code == "Request_ResourceNotFound":
        return NoPerson("Entra has nobody of this UPN or object id (404)", gone=True)
    if answer.status != 200:
        return NoPerson(answer.clause())
    if not isinstance(body, dict) or not isinstance(body.get("id"), str) or not body["id"]:
        return NoPerson("Graph answered with something that is not a user")
    person = read_person(body)
    if isinstance(person, str):
        return NoPerson(f"Entra did not show them whole ({person})")
    if normal_login(name) not in (person.id, normal_login(person.upn)):
        return NoPerson("Graph answered with another person")
    return person


def _read_account(id_: str, answer: BatchAnswer) -> Account:
    if answer.status == 404 and answer.code == "Request_ResourceNotFound":
        return Account.GONE
    body = _record(id_, answer)
    enabled = body.get("accountEnabled")
    if not isinstance(enabled, bool):
        return Account.UNKNOWN
    return Account.ENABLED if enabled else Account.DISABLED


def _read_groups(answer: BatchAnswer) -> frozenset[str] | None:
    """None for anything but a whole list; above 11,000 groups Graph refuses (400 Directory_ResultSizeLimitExceeded)."""
    body = answer.body
    if answer.status != 200 or not isinstance(body, dict) or body.get("@odata.nextLink") is not None:
        return None
    ids = body.get("value")
    if not isinstance(ids, list) or not all(isinstance(id_, str) and id_ for id_ in ids):
        return None
    return frozenset(id_.lower() for id_ in ids)


def _read_addresses(id_: str, answer: BatchAnswer) -> frozenset[str] | None:
    body = _record(id_, answer)
    upn, mail, proxies = body.get("userPrincipalName"), body.get("mail"), body.get("proxyAddresses")
    # proxyAddresses is never null in Entra: a null is a permission that is missing (graph.md §1.4, §3).
    if not isinstance(upn, str) or not upn or not isinstance(proxies, list):
        return None
    if not (mail is None or isinstance(mail, str)) or not all(isinstance(proxy, str) for proxy in proxies):
        return None
    aliases = (proxy[5:] for proxy in proxies if proxy[:5].lower() == "smtp:")
    return frozenset(address for address in (upn, mail, *aliases) if address)


def _record(id_: str, answer: BatchAnswer) -> dict[str, object]:
    """The user's record, empty where it is not this user's."""
    body = answer.body
    if answer.status != 200 or not isinstance(body, dict):
        return {}
    found = body.get("id")
    return body if isinstance(found, str) and found.lower() == id_.lower() else {}
