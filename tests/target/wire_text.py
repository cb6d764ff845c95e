"""Writes answers as rescue-api.md describes them, for tests: an independent hand, no code of the package but its types.

A `Style` is one layout that the document allows (§1.3, §7).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product

from reconciler.model.hierarchy import Details, GroupRecord, Node


@dataclass(frozen=True)
class Style:
    newline: str = "\n"
    blank: str = ""
    ending: str = "\n"  # what follows the last line's end: the blank line, or nothing
    bom: bool = False
    one_line: bool = False
    spelling: str = "MasterAdministrator"
    root_parent: str = "0"
    tail: tuple[tuple[str, str], ...] = ()


STYLES = [
    Style(newline, blank, ending, bom, one_line, spelling, root_parent)
    for newline, blank, ending, bom, one_line, spelling, root_parent in product(
        ("\n", "\r\n"),
        ("", " "),
        ("\n", ""),
        (False, True),
        (False, True),
        ("MasterAdministrator", "Masteradministrator"),
        ("", "0", "-1", "4711"),
    )
]

SPELLED = {
    "root": "Root",
    "masteradministrators": "MasterAdministrators",
    "administrators": "Administrators",
    "technicians": "Technicians",
    "masteradministrator": "MasterAdministrator",
    "administrator": "Administrator",
    "administratorgroup": "AdministratorGroup",
    "techniciangroup": "TechnicianGroup",
    "technician": "Technician",
    "administratorlink": "AdministratorLink",
    "channel": "Channel",
}


def written_tree(nodes: Iterable[Node], style: Style) -> bytes:
    """A getHierarchy answer."""
    records = []
    for node in nodes:
        kind = SPELLED.get(node.type, node.type).replace("MasterAdministrator", style.spelling)
        fields = (
            ("NodeID", str(node.id)),
            ("ParentID", style.root_parent if node.parent is None else str(node.parent)),
            ("Name", node.name),
            ("Email", node.login),
            ("Description", node.description),
            ("Status", node.status),
            ("Type", kind),
            *style.tail,
        )
        records.append(written_record(fields, style))
    nl = style.newline
    if style.one_line:
        return _encoded("OK " + " ".join(records) + (nl + nl if style.ending else ""), style)
    ending = nl if style.ending else ""
    return _encoded(f"OK{nl}{nl}" + nl.join(records) + ending, style)


def written_record(fields: Sequence[tuple[str, str]], style: Style) -> str:
    parts = [f"{key}:{style.blank}{value}" for key, value in fields]
    return " ".join(parts) if style.one_line else "".join(part + style.newline for part in parts)


def user_fields(person: Details, style: Style) -> list[tuple[str, str]]:
    """The fields of getUser in the documented order (§3.2); HASRPATADDON left out where `rpat` is None."""
    return [
        ("NODEID", str(person.id)),
        ("NAME", person.name),
        ("NICK", person.nick),
        ("EMAIL", person.login),
        ("SSOID", person.sso_id),
        ("DESCRIPTION", person.description),
        ("TYPE", SPELLED.get(person.type, person.type)),
        ("HASMOBILEADDON", str(person.mobile)),
        *([] if person.rpat is None else [("HASRPATADDON", str(person.rpat))]),
        ("ISACCOUNTHOLDER", str(person.account_holder)),
        ("STATUS", person.status),
        *style.tail,
    ]


def group_fields(group: GroupRecord, style: Style, *, end: str = ",", version: int = 2) -> list[tuple[str, str]]:
    """The fields of getGroup in the documented order (§3.4); `end`: how a list that is not empty ends."""

    def names(given: Sequence[str]) -> str:
        return ", ".join(given) + (end if given else "")

    return [
        ("NODEID", str(group.id)),
        ("NAME", group.name),
        ("DESCRIPTION", group.description),
        ("TYPE", {"techniciangroup": "TechnicianGroup"}.get(group.type, group.type)),
        ("PERMISSIONS", names(group.permissions)),
        ("LOCKEDPERMISSIONS", names(group.locked)),
        ("ISENABLED", str(group.enabled)),
        ("STANDARDCONCURRENTLIMIT", "0"),
        ("MOBILECONCURRENTLIMIT", "5"),
        *([("RPATCONCURRENTLIMIT", "0")] if version == 2 else []),
        *style.tail,
    ]


def written_user(person: Details, style: Style = Style()) -> bytes:
    return written_answer(user_fields(person, style), style)


def written_answer(fields: Sequence[tuple[str, str]], style: Style = Style()) -> bytes:
    """One record as an answer."""
    nl = style.newline
    body = written_record(fields, style)
    return _encoded(f"OK {body}" if style.one_line else f"OK{nl}{nl}{body}{style.ending and nl}", style)


def _encoded(text: str, style: Style) -> bytes:
    return (b"\xef\xbb\xbf" if style.bom else b"") + text.encode()


ROOT = Node(1, None, "Contoso", "", "", "Offline", "root")
SKELETON = (
    ROOT,
    Node(2, 1, "Master Administrators", "", "", "Offline", "masteradministrators"),
    Node(3, 1, "Administrators", "", "", "Offline", "administrators"),
    Node(4, 1, "Technicians", "", "", "Offline", "technicians"),
)
COMPANY = (
    *SKELETON,
    Node(10, 2, "Olga Owner", "olga@contoso.example", "", "Online", "masteradministrator"),
    Node(20, 3, "Admins: EMEA", "", "", "Offline", "administratorgroup"),
    Node(21, 20, "Ada Admin", "ada@contoso.example", "", "Away", "administrator"),
    Node(30, 4, "EMEA", "", "Status: Type: all", "Offline", "techniciangroup"),
    Node(31, 30, "Help: Desk", "", "", "Offline", "techniciangroup"),
    Node(32, 31, "Tina Tech", "tina@contoso.example", "[entra:8d2f:x@1#2]", "Busy", "technician"),
    Node(33, 31, "Tom Tech", "tom@contoso.example", "two\n\nparagraphs", "Disabled", "technician"),
    Node(34, 30, "Ada Admin", "ada@contoso.example", "", "Offline", "administratorlink"),
    Node(40, 1, "Web", "", "", "Offline", "channel"),
)
TINA = Details(
    32, "Tina Tech", "Tina", "tina@contoso.example", "tina-sso", "a note", "technician", True, False, False, "Busy"
)
