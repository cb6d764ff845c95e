"""Every fact an explanation shows, value by value: the account, the groups, the nodes, what a marker says."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.explanation import (
    Decided,
    EntraSeen,
    Explanation,
    MarkerRead,
    Membership,
    NodeSeen,
    PersonExplained,
    RoleExplained,
)
from reconciler.model.hierarchy import Role
from reconciler.model.mappings import EntraGroupName, Retired
from reconciler.model.marker import Licence, Marker

from .told import ANN, company, explain, freeze
from .world import ADMIN, World, group_id, id_of, mark

TRIED = (
    "object ids, mails and UPNs in the 1 mapped Entra groups that could be read: nobody has it",
    "all of Entra, by object id, UPN, mail and proxy address: nobody has it",
    "logins, and object ids in markers, of the 3 people in Rescue: nobody has it",
)


def read(marker: Marker, **said: Any) -> MarkerRead:
    values: dict[str, Any] = {
        "text": str(marker), "owner": marker.owner, "ours": True, "entra_id": marker.entra_id,
        "mapping_prefix": marker.mapping, "mapping": "field", "line": 10, "print": marker.print,
        "print_means": "SSO IDs were not managed when it was written", "licence_means": "not managed",
        "off": marker.off,
    }  # fmt: skip
    return MarkerRead(**{**values, **said})


def shown(world: World, name: str = ANN, *, in_full: bool = False) -> NodeSeen:
    (person,) = explain(world, name, in_full=in_full).people
    (role,) = person.roles
    assert role.node is not None
    return role.node


def test_everything_of_somebody_in_sync() -> None:
    world = company()
    freeze(world, "lost", priority=200)
    world.person("ann", "field", name="Ann Ash", upn="ann.upn@x.example")
    world.node("ann", mark("ann"), name="Ann Ash", status="Online")
    assert explain(world, " ANN@x.example") == Explanation(
        asked=" ANN@x.example",
        file="mappings.yaml",
        sso_verified="auto",
        guards_refuse=False,
        people=(
            PersonExplained(
                entra=EntraSeen(
                    id=id_of("ann"), name="Ann Ash", upn="ann.upn@x.example", mail=ANN, enabled=True, guest=False
                ),
                entra_note="",
                memberships=(
                    Membership(
                        mapping="field", line=10, role="technician", priority=100, entra_group="field",
                        rescue_group="field", state="ok", why="", how="direct", path=("field",),
                    ),
                    Membership(
                        mapping="lost", line=20, role="technician", priority=200, entra_group=group_id("lost"),
                        rescue_group="lost", state="frozen", why="nothing is written for it: short of a page",
                        how="unknown", path=(),
                    ),
                ),
                exceptions=(),
                roles=(
                    RoleExplained(
                        role="technician",
                        node=NodeSeen(
                            id=1001, kind="technician", login=ANN, name="Ann Ash", group="field", enabled=True,
                            status="Online", sso_id=None, mobile=None, markers=(read(mark("ann")),),
                        ),
                        decided=Decided(
                            rules=("D3", "D4"), text="in sync: wanted by field and as wanted; nothing to do"
                        ),
                        actions=(),
                        needs=(),
                        findings=(),
                    ),
                ),
            ),
        ),
        tried=TRIED,
    )  # fmt: skip


def test_a_guest_whose_account_is_disabled_and_has_no_mail() -> None:
    world = company().person("ann", "field", mail=None, enabled=False, guest=True)
    assert explain(world).people[0].entra == EntraSeen(
        id=id_of("ann"), name="Ann", upn=ANN, mail=None, enabled=False, guest=True
    )


def test_where_was_looked_for_somebody_nobody_knows() -> None:
    world = company()
    world.node("bo")
    assert explain(world, "nobody@x.example").tried == TRIED
    assert explain(world, "nobody@x.example", why="403").tried[1] == (
        "all of Entra, by object id, UPN, mail and proxy address: could not be asked: 403"
    )


def test_what_only_getuser_shows() -> None:
    world = company()
    world.both("ann", sso="by hand", mobile=True)
    node = shown(world, in_full=True)
    assert (node.sso_id, node.mobile) == ("by hand", True)


@pytest.mark.parametrize(
    ("name", "kind", "group"),
    [
        pytest.param("kim@x.example", "technician", "field", id="technician"),
        pytest.param("bea@x.example", "administrator", "adm", id="administrator"),
        pytest.param(ADMIN, "master administrator", None, id="master administrator"),
    ],
)
def test_what_a_node_is_called_and_where_it_is(name: str, kind: str, group: str | None) -> None:
    world = company().mapping("adm", role=Role.ADMIN)
    world.both("bea", "adm")
    assert (shown(world, name).kind, shown(world, name).group) == (kind, group)


def test_nodes_stand_by_role_then_by_number() -> None:
    world = company().mapping("adm", role=Role.ADMIN)
    world.person("ann")
    for number, group in ((1103, "field"), (1102, "field"), (1101, "field"), (1105, "adm"), (1104, "adm")):
        world.node("ann", mark("ann", group), id=number, group=group)
    ids = [role.node.id for role in explain(world).people[0].roles if role.node is not None]
    assert ids == [1104, 1105, 1101, 1102, 1103]


NOBODY: dict[str, Any] = {"mapping": None, "line": None}
MARKERS: list[tuple[str, Marker, str, dict[str, Any]]] = [
    ("plain", mark("ann"), "", {}),
    ("off", mark("ann", off=True), "", {}),
    ("with a licence", mark("ann", m=Licence.GIVEN), "", {"licence_means": "given (+m)"}),
    ("without a licence", mark("ann", m=Licence.NOT_GIVEN), "", {"licence_means": "not given (-m)"}),
    (
        "refused",
        mark("ann", m=Licence.REFUSED),
        "",
        {"licence_means": "refused by Rescue when it was last tried (~m)"},
    ),
    ("of the SSO ID", mark("ann", sso="a1"), "a1", {"print_means": "of the SSO ID that Rescue shows"}),
    (
        "of another SSO ID",
        mark("ann", sso="a1"),
        "a2",
        {
            "print_means": "of another SSO ID than Rescue shows: changed since by somebody else; a plan with --refresh "
            "full sees it"
        },
    ),
    ("of a group known by name", mark("ann", "desk"), "", {"mapping": "desk", "line": 20}),
    ("of no mapping", mark("ann", "nowhere"), "", NOBODY),
    ("of a retired one", mark("ann", "old"), "", NOBODY),
    ("of another owner", mark("ann", owner="ffff"), "", {"ours": False, **NOBODY}),
]


@pytest.mark.parametrize(("marker", "sso", "meant"), [pytest.param(*case[1:], id=case[0]) for case in MARKERS])
def test_what_a_marker_says(marker: Marker, sso: str, meant: dict[str, Any]) -> None:
    world = company().mapping("desk", entra_group=EntraGroupName(None, "desk"))
    world.retired.append(Retired(group_id("old"), "keep", 70))
    world.node("ann", marker, sso=sso)
    assert shown(world, in_full=True).markers == (read(marker, **meant),)


def test_a_print_is_not_compared_while_the_sso_id_is_not_known() -> None:
    world = company()
    marker = mark("ann", sso="a1", owner="ffff")
    world.node("ann", marker)
    meant = read(marker, ours=False, mapping=None, line=None, print_means="of an SSO ID; not compared")
    assert shown(world).markers == (meant,)


def test_markers_stand_in_the_order_of_their_text() -> None:
    world = company()
    texts = [str(mark("ann", m=licence)) for licence in (Licence.REFUSED, None, Licence.GIVEN)]
    world.node("ann", " ".join(texts))
    assert [marker.text for marker in shown(world).markers] == sorted(texts)
