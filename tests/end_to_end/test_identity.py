"""Which address is the login and which the SSO ID, and whose it is (D12, D16, D20, D21), with the installed command."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
import yaml

from .world import World, entra, mappings, marker, scenario, technician, upn, world

FREE = {"max_identity_changes": "off", "max_removals": "off", "max_removals_per_mapping": "off", "max_moves": "off"}


def at(local: str) -> str:
    return f"{local}@contoso.example"


def company(
    folder: Path,
    people: dict[str, dict[str, Any]],
    nodes: list[dict[str, Any]],
    *,
    guards: dict[str, Any] | None = None,
    sso: bool = False,
    settings: dict[str, Any] | None = None,
    **top: Any,
) -> Any:
    """Everybody is a member of the one mapped group. `nodes`: technicians in its Rescue group."""
    file = mappings({"desk": "Desk"}, sso=sso, guards=FREE | (guards or {}), settings=settings or {}, **top)
    return world(scenario(people, {"desk": list(people)}, {"Desk": nodes}), file, folder)


def planned(made: World, *words: str) -> dict[str, Any]:
    done = made.call("plan", "--format", "json", *words)
    assert done.code == 0, done.err
    return dict(json.loads(done.out))


def codes(plan: dict[str, Any]) -> list[str]:
    return sorted(f"{item['code']} {(item['login'] or '').partition('@')[0]}" for item in plan["findings"])


def people_of(made: World) -> dict[str, tuple[Any, ...]]:
    """Node by node: login, SSO ID, name, enabled."""
    rows = made.box.state.nodes()
    return {
        row["id"]: (row["email"], row["sso_id"], row["name"], row["enabled"])
        for row in rows
        if row["type"] == "Technician"
    }


def check_converged(made: World) -> None:
    assert made.call("plan", "--detailed-exitcode", "--refresh", "full").code in (0, 6)
    made.forget_calls()
    made.apply()
    assert made.writes() == []


# -- the switches (D21) ------------------------------------------------------------------------------------------------

MAIL, UPN = at("ann.m"), at("ann.u")
SWITCHES = [
    # use_upn_as_email, use_email_as_sso_id, upn_as_sso_id -> login, SSO ID, whether two rules meet
    (False, False, False, MAIL, "by hand", False),
    (True, False, False, UPN, "by hand", False),
    (False, True, False, MAIL, MAIL, False),
    (False, False, True, MAIL, UPN, False),
    (True, True, False, UPN, MAIL, False),
    (True, False, True, UPN, UPN, False),
    (False, True, True, MAIL, UPN, True),
    (True, True, True, UPN, UPN, True),
]


@pytest.mark.parametrize(("by_upn", "mail_sso", "upn_sso", "login", "sso", "meet"), SWITCHES)
def test_what_is_the_login_and_what_the_sso_id(
    tmp_path: Path, by_upn: bool, mail_sso: bool, upn_sso: bool, login: str, sso: str, meet: bool
) -> None:
    people = {"ann": entra("ann", mail=MAIL, upn=UPN), "new": entra("new", mail=at("new.m"), upn=at("new.u"))}
    settings = {"use_upn_as_email": by_upn, "use_email_as_sso_id": mail_sso}
    nodes = [technician("ann", "desk", sso="by hand", email=at("ann.before"))]
    with company(tmp_path, people, nodes, sso=upn_sso, settings=settings) as made:
        warned = made.call("validate").err
        assert ("upn_as_sso_id wins" in warned) == meet
        assert not meet or "mappings.yaml:" in warned
        done = made.run("apply", "--yes", "--out", "outcomes.json")
        assert done.code == 0, done.err
        assert ("upn_as_sso_id wins" in done.err) == meet
        kept, created = people_of(made).values()
        assert kept == (login, sso, "Ann", True)
        unmanaged = not (mail_sso or upn_sso)
        assert created == (login.replace("ann", "new"), "" if unmanaged else sso.replace("ann", "new"), "New", True)
        (row,) = [row for row in made.box.state.nodes() if row["email"] == login]
        assert row["description"] == marker("ann", "desk", None if unmanaged else sso)
        check_converged(made)


def test_a_mapping_of_its_own_beats_the_global_switch(tmp_path: Path) -> None:
    people = {"ann": entra("ann", mail=MAIL, upn=UPN), "bob": entra("bob", mail=at("bob.m"), upn=at("bob.u"))}
    text = scenario(people, {"desk": ["ann"], "field": ["bob"]}, {"Desk": [], "Field": []})
    file = yaml.safe_load(mappings({"desk": "Desk", "field": "Field"}, settings={"use_email_as_sso_id": True}))
    file["mappings"][1]["upn_as_sso_id"] = True
    with world(text, yaml.safe_dump(file), tmp_path) as made:
        warned = made.call("validate").err
        assert warned.count("upn_as_sso_id wins") == 1
        assert made.apply().code == 0
        assert [row[:2] for row in people_of(made).values()] == [(MAIL, MAIL), (at("bob.m"), at("bob.u"))]


# -- no address, guests ------------------------------------------------------------------------------------------------


def test_nobody_without_an_address_is_written_or_blanked(tmp_path: Path) -> None:
    people = {
        "kim": entra("kim"),
        "old": entra("old", "New Name", mail=None),
        "new": entra("new", mail=None),
        "blank": entra("blank", mail="  "),
        "gust": entra("gust", upn="gust_x.example#EXT#@contoso.example", mail=at("gust"), guest=True),
    }
    nodes = [technician("kim", "desk"), technician("old", "desk", "Old Name")]
    with company(tmp_path, people, nodes, settings={"guests": "include"}) as made:
        plan = planned(made)
        assert codes(plan) == ["no_login blank", "no_login new", "no_login old"]
        assert [a["subject"]["login"] for a in plan["actions"]] == [at("gust")]
        before = made.node("old")
        assert made.apply().code == 0
        assert made.node("old") == before


@pytest.mark.parametrize("sso", [True, False])
def test_a_guests_ext_name_becomes_neither_login_nor_sso_id(tmp_path: Path, sso: bool) -> None:
    people = {
        "kim": entra("kim"),
        "gust": entra("gust", upn="gust_x.example#EXT#@contoso.example", mail=at("gust"), guest=True),
    }
    settings = {"guests": "include", "use_upn_as_email": not sso}
    with company(tmp_path, people, [technician("kim", "desk", sso=upn("kim"))], sso=True, settings=settings) as made:
        plan = planned(made)
        assert codes(plan) == ([] if sso else ["no_login gust_x.example#EXT#"])
        assert made.apply().code == 0
        assert "#EXT#" not in str(people_of(made))
        assert len(people_of(made)) == (2 if sso else 1)
        if sso:
            assert made.node("gust")["sso_id"] == ""
        check_converged(made)


# -- two people, one address -------------------------------------------------------------------------------------------

NFD = unicodedata.normalize("NFD", "zoë@contoso.example")
TWINS = {
    "one address": (at("twin"), at("twin")),
    "in another case": (at("twin"), "Twin@CONTOSO.example"),
    "in another Unicode form": (unicodedata.normalize("NFC", NFD), NFD),
    "both, and a blank": (f" {NFD.upper()}", unicodedata.normalize("NFC", NFD)),
}


@pytest.mark.parametrize("case", TWINS)
def test_two_people_with_one_address_get_nothing(tmp_path: Path, case: str) -> None:
    first, second = TWINS[case]
    people = {"kim": entra("kim"), "ann": entra("ann", "Ann New", mail=first), "eve": entra("eve", mail=second)}
    with company(tmp_path, people, [technician("kim", "desk"), technician("ann", "desk")]) as made:
        before = made.tree()
        plan = planned(made)
        assert plan["actions"] == []
        assert [finding["code"] for finding in plan["findings"]] == ["duplicate_login", "duplicate_login"]
        done = made.run("apply", "--yes", "--out", "outcomes.json")
        assert done.code == 6, done.err
        assert made.tree() == before


SAME = {
    "case": ("Ann@CONTOSO.example", at("ann")),
    "Unicode form": (NFD, unicodedata.normalize("NFC", NFD)),
    "Unicode form, the other way": (unicodedata.normalize("NFC", NFD), NFD),
}


@pytest.mark.parametrize("what", SAME)
def test_addresses_that_differ_only_in_case_or_unicode_form_are_one(tmp_path: Path, what: str) -> None:
    in_entra, in_rescue = SAME[what]
    people = {"kim": entra("kim"), "ann": entra("ann", mail=in_entra), "bob": entra("bob", mail=in_entra + "x")}
    nodes = [technician("kim", "desk"), technician("ann", None, email=in_rescue)]
    nodes.append(technician("bob", "desk", email=in_rescue + "x"))
    with company(tmp_path, people, nodes) as made:
        plan = planned(made)
        assert [(a["verbs"], [c["field"] for c in a["changes"]]) for a in plan["actions"]] == [
            (["adopt"], ["description"])
        ]
        assert made.apply().code == 0
        assert [row[0] for row in people_of(made).values()] == [upn("kim"), in_rescue, in_rescue + "x"]
        check_converged(made)


# -- addresses that change hands ---------------------------------------------------------------------------------------


def renamed(*moves: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """People and their nodes; `a>b`: a's node has a's address and Entra says b's."""
    people: dict[str, Any] = {"kim": entra("kim")}
    nodes = [technician("kim", "desk")]
    for move in moves:
        key, new = move.split(">")
        people[key] = entra(key, mail=at(new), upn=at(f"{key}.upn"))
        nodes.append(technician(key, "desk"))
    return people, nodes


def test_an_address_passed_on_is_written_by_its_giver_first(tmp_path: Path) -> None:
    people, nodes = renamed("ann>bob", "bob>cat", "cat>dan")
    people["new"] = entra("new", mail=at("ann"))
    with company(tmp_path, people, nodes) as made:
        plan = planned(made)
        assert [a["subject"]["login"] for a in plan["actions"]] == [at("cat"), at("bob"), at("ann"), at("ann")]
        assert [len(a["depends_on"]) for a in plan["actions"]] == [0, 1, 1, 1]
        done = made.run("apply", "--yes", "--out", "outcomes.json")
        assert done.code == 0, done.err
        assert sorted(row[0] for row in people_of(made).values()) == [
            at(key) for key in ("ann", "bob", "cat", "dan", "kim")
        ]
        check_converged(made)


def test_whoever_waits_for_a_giver_who_failed_is_skipped(tmp_path: Path) -> None:
    people, nodes = renamed("ann>bob", "bob>cat")
    with company(tmp_path, people, nodes) as made:
        before = made.tree()
        made.box.state.add_fault(side="rescue", method="setUser*", effect="error_before")
        done = made.apply()
        assert done.code == 6
        assert (done.result_of("bob"), done.result_of("ann")) == ("unknown", "skipped")
        assert made.tree() == before
        made.box.state.clear_faults()
        assert made.apply().code == 0
        assert (made.node("bob")["name"], made.node("cat")["name"]) == ("Ann", "Bob")


@pytest.mark.parametrize("moves", [("ann>bob", "bob>ann"), ("ann>bob", "bob>cat", "cat>ann")])
def test_logins_that_swap_are_blocked_naming_the_holder(tmp_path: Path, moves: tuple[str, ...]) -> None:
    people, nodes = renamed(*moves)
    with company(tmp_path, people, nodes) as made:
        before = made.tree()
        plan = planned(made)
        assert plan["actions"] == []
        assert codes(plan) == sorted(f"blocked_login {move.partition('>')[0]}" for move in moves)
        for finding in plan["findings"]:
            wanted = next(m.partition(">")[2] for m in moves if at(m.partition(">")[0]) == finding["login"])
            assert f"technician {at(wanted)} (node {made.node(wanted)['id']})" in finding["message"]
        assert made.apply().code == 0
        assert made.tree() == before


HOLDERS = {
    "disabled by us": (technician("taken", "desk", off=True), "disabled technician"),
    "disabled by a human": (technician("taken", None, status="Disabled"), "disabled technician"),
    "foreign": (technician("taken", None, text=marker("x", "desk").replace("8d2f", "beef")), "technician"),
    "unmarked": (technician("taken", None), "technician"),
    "of a frozen mapping": (technician("taken", "lost"), "technician"),
    "of nobody known": (technician("taken", None, text=f"{marker('a', 'desk')} {marker('b', 'desk')}"), "technician"),
}


@pytest.mark.parametrize("whose", HOLDERS)
def test_an_address_on_somebody_elses_node_is_blocked_naming_the_holder(tmp_path: Path, whose: str) -> None:
    node, kind = HOLDERS[whose]
    people = {
        "kim": entra("kim"),
        "ann": entra("ann", "Ann New", mail=at("taken"), upn=at("ann.upn")),
        "taken": entra("taken", mail=at("taken.new"), upn=at("taken.upn")),
    }
    text = scenario(
        people,
        {"desk": ["kim", "ann"], "lost": ["taken"]},
        {"Desk": [technician("kim", "desk"), node]} | {"Old": [technician("ann", "desk")]},
    )
    with world(text, mappings({"desk": "Desk", "lost": "Nowhere"}, guards=FREE), tmp_path) as made:
        before = made.tree()
        plan = planned(made)
        assert plan["actions"] == []
        (finding,) = [item for item in plan["findings"] if item["code"] == "blocked_login"]
        assert finding["login"] == at("ann")
        assert f"held by the {kind} {at('taken')} (node {made.node('taken')['id']})" in finding["message"]
        assert made.apply().code == 6, "the frozen mapping"
        assert made.tree() == before


# -- SSO IDs -----------------------------------------------------------------------------------------------------------


def test_one_sso_id_for_two_people_is_written_for_neither(tmp_path: Path) -> None:
    people = {"kim": entra("kim"), "ann": entra("ann"), "eve": entra("eve", mail=at("ann"))}
    settings = {"use_upn_as_email": True, "use_email_as_sso_id": True}
    with company(tmp_path, people, [technician("kim", "desk", sso=upn("kim"))], settings=settings) as made:
        plan = planned(made)
        assert plan["actions"] == []
        assert codes(plan) == ["duplicate_sso ann", "duplicate_sso eve"]
        assert made.apply().code == 6
        assert len(people_of(made)) == 1


def test_an_sso_id_that_somebody_read_keeps(tmp_path: Path) -> None:
    """The excluded one keeps the SSO ID; only a full reading can know, and then nobody gets it twice."""
    people = {"kim": entra("kim"), "ann": entra("ann"), "bo": entra("bo", upn="bo#EXT#@contoso.example", mail=at("bo"))}
    nodes = [
        technician("kim", "desk", sso=upn("kim")),
        technician("ann", "desk"),
        technician("bo", "desk", sso=at("ann")),
    ]
    with company(tmp_path, people, nodes, sso=True) as made:
        plan = planned(made, "--refresh", "full")
        assert codes(plan) == ["duplicate_sso ann"]
        assert f"technician {at('bo')} (node {made.node('bo')['id']})" in plan["findings"][0]["message"]
        assert made.apply("--refresh", "full").code == 6
        assert made.node("ann")["sso_id"] == ""


# -- the whole tenant (R73) --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["login", "SSO ID", "both"])
def test_a_new_upn_suffix_for_everybody_trips_the_guard(tmp_path: Path, what: str) -> None:
    keys = [f"p{number:02}" for number in range(20)]
    people = {key: entra(key, upn=f"{key}@new.example", mail=upn(key)) for key in keys}
    nodes = [technician(key, "desk", sso=None if what == "login" else upn(key)) for key in keys]
    settings = {"use_upn_as_email": what != "SSO ID"}
    guards = {"max_identity_changes": "20%"}
    with company(tmp_path, people, nodes, sso=what != "login", settings=settings, guards=guards) as made:
        before = made.tree()
        done = made.run("apply", "--yes", "--out", "outcomes.json")
        assert done.code == 4, done.err
        assert "max_identity_changes" in done.err
        assert "permits:" in done.err
        assert made.writes() == []
        assert made.tree() == before
        assert done.results == {"held"}
        (guard,) = [g for g in (done.outcomes or {})["guards"] if not g["passed"]]
        assert (guard["measured"], guard["of"], guard["limit"]) == (20, 20, 4)
        permit = {"guard": guard["name"], "actions": guard["actions"], "until": "2099-12-31", "reason": "new suffix"}
        file = yaml.safe_load(made.file.read_text(encoding="utf-8")) | {"permits": [permit]}
        made.file.write_text(yaml.safe_dump(file), encoding="utf-8")
        assert made.apply().code == 0
        check_converged(made)


def test_an_address_passes_from_an_administrator_to_a_technician(tmp_path: Path) -> None:
    people = {
        "kim": entra("kim"),
        "root": entra("root"),
        "ann": entra("ann", mail=at("bob"), upn=at("ann.upn")),
        "bob": entra("bob", mail=at("bob.new"), upn=at("bob.upn")),
    }
    groups = {"desk": ["kim", "ann"], "admins": ["root", "bob"]}
    data = yaml.safe_load(scenario(people, groups, {"Desk": [technician(key, "desk") for key in groups["desk"]]}))
    data["rescue"]["administrators"] = [
        {"group": "Regional", "people": [technician(key, "admins") for key in groups["admins"]]}
    ]
    data["switches"] = {"admin_address": "refused"}
    file = yaml.safe_load(mappings({"desk": "Desk", "admins": "Regional"}, guards=FREE))
    file["mappings"][1]["role"] = "admin"
    with world(yaml.safe_dump(data), yaml.safe_dump(file), tmp_path) as made:
        plan = planned(made)
        assert [(a["role"], len(a["depends_on"])) for a in plan["actions"]] == [("admin", 0), ("technician", 1)]
        done = made.run("apply", "--yes", "--out", "outcomes.json")
        assert done.code == 0, done.err
        assert made.node("bob")["name"] == "Ann"
        check_converged(made)
