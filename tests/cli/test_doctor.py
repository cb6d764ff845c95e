"""`doctor` on worlds that are broken in one way each: the verdict, the remedy, the exit code, and no secret."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.cli.checks.clock import check_clock
from reconciler.cli.checks.entra import _check_permissions
from reconciler.model.checkup import Check
from tests.end_to_end.world import SYNC, TENANT, Done, World, entra, guid, mappings, scenario, technician, upn, world

TOKEN = "canary0" * 11
PASSWORD = "Canary-Secret-9x"
OTHER_TENANT = "11111111-2222-4333-8444-555555555555"

PEOPLE = {"ann": entra("ann", "Ann Both"), "ben": entra("ben", "Ben Off")}
GROUPS = {"desk": ["ann", "ben"], "field": ["ann"]}
RESCUE = {
    "Desk": [technician("ann", "desk", "Ann Both"), technician("ben", "desk", "Ben Off", off=True)],
    "Field": [],
}
ADMINS = [{"name": "Ann Both", "email": upn("ann")}]


def made(**more: Any) -> str:
    more.setdefault("rescue_more", {"administrators": ADMINS})
    return scenario(PEOPLE, GROUPS, RESCUE, **more)


FILE = mappings({"desk": "Desk", "field": "Field"})


@pytest.fixture
def place(tmp_path: Path) -> Iterator[World]:
    with world(made(), FILE, tmp_path) as running:
        yield running


def edit(place: World, change: Callable[[dict[str, Any]], None]) -> None:
    loaded = yaml.safe_load(place.file.read_text(encoding="utf-8"))
    change(loaded)
    place.file.write_text(yaml.safe_dump(loaded), encoding="utf-8")


def look(place: World, *words: str, **environ: str) -> tuple[Done, dict[str, Any]]:
    """The report as JSON; the text is made too, so that no world breaks it. Neither holds a secret."""
    text = place.call("doctor", *words, **environ)
    ran = place.call("doctor", "--format", "json", *words, **environ)
    assert text.code == ran.code
    for output in (text.out, text.err, ran.out, ran.err):
        for secret in (place.env["RESCUE_API_TOKEN"], place.env["GRAPH_ACCESS_TOKEN"], TOKEN, PASSWORD):
            assert secret not in output
        assert "\x1b" not in output
    assert max(map(len, text.out.splitlines())) <= 100
    return ran, json.loads(ran.out)


def checks(report: dict[str, Any], side: str) -> list[Check]:
    section = next(section for section in report["sections"] if section["title"] == side)
    return [Check(**check) for check in section["checks"]]


def verdicts(report: dict[str, Any], side: str) -> dict[str, str]:
    """The worst verdict of each name."""
    order = ("failed", "not checked", "warning", "ok")
    found: dict[str, str] = {}
    for check in checks(report, side):
        found[check.name] = min(found.get(check.name, "ok"), check.verdict, key=order.index)
    return found


def bad(report: dict[str, Any], side: str, name: str) -> Check:
    """The check of this name that is no `ok`."""
    return next(check for check in checks(report, side) if check.name == name and check.verdict != "ok")


# -- all is well --


def test_a_healthy_world_is_told_as_such_and_nothing_is_written(place: World) -> None:
    ran = place.run("doctor")
    assert ran.code == 0, ran.out
    assert "failed" not in ran.out
    assert "not checked" not in ran.out
    assert "1234567" in ran.out
    assert f"{SYNC}, a master administrator" in ran.out
    assert place.writes() == []


def test_the_two_switches_no_api_shows_are_named(place: World) -> None:
    told = " ".join(place.run("doctor").out.split())
    assert "login and requestAuthCode endpoints are denied" in told
    assert "Admin password changes force user to change password at next logon" in told


def test_every_check_of_the_issue_is_there(place: World) -> None:
    _, report = look(place)
    assert list(verdicts(report, "File")) == ["file", "first password"]
    assert list(verdicts(report, "Entra")) == [
        "address", "credential", "token", "tenant", "permissions", "group of desk", "group of field", "clock"
    ]  # fmt: skip
    assert list(verdicts(report, "Rescue")) == [
        "credential", "address", "connection", "account", "tree", "caller", "group of desk", "group of field", "clock"
    ]  # fmt: skip


# -- the file and the first password --


def test_a_wrong_file_is_2_and_what_depends_on_it_is_not_checked(place: World) -> None:
    edit(place, lambda file: file["mappings"][0].update(rescue_groop="Desk"))
    ran, report = look(place)
    assert ran.code == 2
    assert "mappings.yaml:" in bad(report, "File", "file").message
    assert bad(report, "File", "file").remedy
    assert set(verdicts(report, "Entra").values()) == {"not checked"}
    assert verdicts(report, "Rescue").pop("credential") == "ok"
    assert place.box.requests() == []


def test_a_missing_file_is_2(place: World) -> None:
    ran, report = look(place, "nowhere.yaml")
    assert ran.code == 2
    assert "nowhere.yaml" in bad(report, "File", "file").message


def test_unknown_flags_are_2(place: World) -> None:
    assert place.run("doctor", "--no-such-flag").code == 2


@pytest.mark.parametrize(
    ("password", "verdict", "said", "remedy"),
    [
        ("", "warning", "is not set", "settings.initial_password: generate"),
        ("Sh0rt", "failed", "shorter than 8", "three of lower case"),
        ("onlylowercase", "failed", "too weak", "three of lower case"),
        ("with Blank 123", "failed", "white space", "no white space"),
        ("Aabbccdd1", "ok", "Good, not Strong", ""),
        ("Abcdefg12", "ok", "Good and Strong", ""),
        ("Aa1-bcd2", "ok", "Excellent", ""),
    ],
)
def test_the_first_password(place: World, password: str, verdict: str, said: str, remedy: str) -> None:
    ran, report = look(place, RESCUE_INITIAL_PASSWORD=password)
    check = next(check for check in checks(report, "File") if check.name == "first password")
    assert check.verdict == verdict
    assert said in check.message
    assert remedy in check.remedy
    assert ran.code == (1 if verdict == "failed" else 0)
    assert not password or password not in ran.out


def test_generated_passwords_need_none_of_ours(place: World) -> None:
    edit(place, lambda file: (file.update(settings={"initial_password": "generate"}),
                              file["defaults"].update(upn_as_sso_id=True)))  # fmt: skip
    _, report = look(place, RESCUE_INITIAL_PASSWORD="")
    check = next(check for check in checks(report, "File") if check.name == "first password")
    assert check.verdict == "ok"
    assert "a different one for each" in check.message


def test_nobody_created_needs_no_password(place: World) -> None:
    edit(place, lambda file: file["defaults"].update(create_missing=False))
    _, report = look(place, RESCUE_INITIAL_PASSWORD="")
    assert verdicts(report, "File")["first password"] == "ok"


# -- Entra --


def test_without_any_credential_both_sides_say_what_to_set(place: World) -> None:
    ran, report = look(place, GRAPH_ACCESS_TOKEN="", RESCUE_API_TOKEN="")
    assert ran.code == 1
    assert "GRAPH_ACCESS_TOKEN" in bad(report, "Entra", "credential").message
    assert "RESCUE_API_TOKEN" in bad(report, "Rescue", "credential").remedy
    assert verdicts(report, "Entra")["groups"] == "not checked"
    assert verdicts(report, "Rescue")["tree"] == "not checked"


def test_a_token_that_graph_refuses_leaves_rescue_checked(place: World) -> None:
    ran, report = look(place, GRAPH_ACCESS_TOKEN=TOKEN)
    assert ran.code == 1
    assert "cannot be looked into" in bad(report, "Entra", "tenant").message
    assert "401" in bad(report, "Entra", "groups").message
    assert "make a new one" in bad(report, "Entra", "groups").remedy
    assert verdicts(report, "Rescue")["tree"] == "ok"


def test_a_token_of_another_tenant(place: World) -> None:
    token = place.box.state.access_token(tenant=OTHER_TENANT)
    ran, report = look(place, GRAPH_ACCESS_TOKEN=token)
    assert ran.code == 1
    check = bad(report, "Entra", "tenant")
    assert OTHER_TENANT in check.message
    assert TENANT in check.message
    assert "entra.tenant_id" in check.remedy


@pytest.mark.parametrize(
    ("said", "message", "remedy"),
    [
        ("contoso.example", f"the token is for {TENANT}; whether that is contoso.example c", f"tenant_id: {TENANT}"),
        (None, f"the token is for {TENANT}, and no tenant is configured", "write entra.tenant_id"),
    ],
    ids=["a domain", "none"],
)  # fmt: skip
def test_a_tenant_that_the_file_does_not_say_by_its_id(
    place: World, said: str | None, message: str, remedy: str
) -> None:
    def name(file: dict[str, Any]) -> None:
        file["rescue"]["owner"] = "desk"
        del file["entra"]["tenant_id"]
        if said is not None:
            file["entra"]["tenant_id"] = said

    edit(place, name)
    ran, report = look(place, AZURE_TENANT_ID="")
    check = next(check for check in checks(report, "Entra") if check.name == "tenant")
    assert (ran.code, check.verdict) == (0, "warning")
    assert message in check.message
    assert remedy in check.remedy


def test_a_person_s_token_is_a_warning_and_what_it_may_is_looked_at() -> None:
    claims = {"tid": TENANT, "scp": "GroupMember.Read.All User.Read.All Member.Read.Hidden"}
    found = _check_permissions(claims)
    assert [check.verdict for check in found] == ["warning", "ok", "ok", "ok"]
    assert "the token is a person's" in found[0].message
    assert "Member.Read.Hidden" in found[-1].message
    assert [check.verdict for check in _check_permissions({"roles": "all", "scp": ["x"]})] == ["failed", "failed"]


@pytest.mark.parametrize(
    ("roles", "missing"),
    [
        (["GroupMember.Read.All"], "User.Read.All"),
        (["User.Read.All"], "GroupMember.Read.All"),
    ],
)
def test_a_permission_that_is_not_granted(place: World, roles: list[str], missing: str) -> None:
    token = place.box.state.access_token(roles=roles)
    ran, report = look(place, GRAPH_ACCESS_TOKEN=token)
    assert ran.code == 1
    assert missing in bad(report, "Entra", "permissions").message
    assert f"grant {missing}" in bad(report, "Entra", "permissions").remedy
    group = bad(report, "Entra", "group of desk")
    assert "freezes its mapping" in group.message
    assert f"grant {missing}" in group.remedy


def test_a_wider_permission_will_do(place: World) -> None:
    token = place.box.state.access_token(roles=["Directory.Read.All"])
    ran, report = look(place, GRAPH_ACCESS_TOKEN=token)
    assert ran.code == 0
    told = [check.message for check in checks(report, "Entra") if check.name == "permissions"]
    assert told == [
        "GroupMember.Read.All, as part of Directory.Read.All",
        "User.Read.All, as part of Directory.Read.All",
    ]


GROUP_TROUBLES = {
    "hidden": (
        {"more": {"visibility": "HiddenMembership"}},
        {},
        "hidden",
        "grant Member.Read.Hidden",
    ),
    "over the limit": ({}, {"limits": {"members": 1}}, "more than 1 direct user members", "limits.members"),
    "deleted": ({"id": guid("else")}, {}, "does not exist (404)", "replaces"),
    "limited information": (
        {"members": ["ann", "null"]},
        {},
        "without accountEnabled or userPrincipalName",
        "grant User.Read.All",
    ),
    "empty": ({"members": []}, {}, "readable, and empty", "allow_empty: true"),
}


@pytest.mark.parametrize("trouble", GROUP_TROUBLES)
def test_a_mapped_group_that_cannot_be_believed(tmp_path: Path, trouble: str) -> None:
    changed, top, said, remedy = GROUP_TROUBLES[trouble]
    text = yaml.safe_load(made())
    text["people"]["null"] = entra("null", enabled=None)
    text["groups"]["desk"].update(changed)
    file = yaml.safe_load(FILE) | top
    with world(yaml.safe_dump(text), yaml.safe_dump(file), tmp_path) as place:
        ran, report = look(place)
        check = bad(report, "Entra", "group of desk")
        assert said in check.message
        assert remedy in check.remedy
        assert ran.code == (0 if check.verdict == "warning" else 1)
        assert verdicts(report, "Entra")["group of field"] == "ok"


@pytest.mark.parametrize(
    ("name", "said", "remedy"),
    [
        ("twice", "2 Entra groups are called", "object id"),
        ("Desk", "no Entra group is called", "capitals"),
    ],
)
def test_a_name_that_fits_none_or_several(tmp_path: Path, name: str, said: str, remedy: str) -> None:
    text = yaml.safe_load(made())
    text["groups"] |= {"one": {"name": "twice"}, "two": {"name": "twice"}}
    file = yaml.safe_load(FILE)
    file["mappings"][0]["entra_group"] = name
    with world(yaml.safe_dump(text), yaml.safe_dump(file), tmp_path) as place:
        ran, report = look(place)
        assert ran.code == 1
        assert said in bad(report, "Entra", "group of desk").message
        assert remedy in bad(report, "Entra", "group of desk").remedy


def test_entra_out_of_reach_leaves_rescue_checked(place: World) -> None:
    ran, report = look(place, GRAPH_BASE_URL="http://127.0.0.1:1/v1.0")
    assert ran.code == 1
    assert verdicts(report, "Entra")["clock"] == "not checked"
    assert "failed" in verdicts(report, "Entra").values()
    assert set(verdicts(report, "Rescue").values()) == {"ok"}


@pytest.mark.parametrize(("variable", "side"), [("GRAPH_BASE_URL", "Entra"), ("RESCUE_BASE_URL", "Rescue")])
def test_an_address_that_is_not_https(place: World, variable: str, side: str) -> None:
    ran, report = look(place, **{variable: "http://host.example/v1.0"})
    assert ran.code == 1
    assert "https" in bad(report, side, "address").message
    assert verdicts(report, side)["clock"] == "not checked"


# -- Rescue --


def test_rescue_out_of_reach_leaves_entra_checked(place: World) -> None:
    ran, report = look(place, RESCUE_BASE_URL="http://127.0.0.1:1/API")
    assert ran.code == 1
    assert "no connection" in bad(report, "Rescue", "connection").message
    assert verdicts(report, "Rescue")["tree"] == "not checked"
    assert set(verdicts(report, "Entra").values()) == {"ok"}


def test_a_token_that_rescue_refuses(place: World) -> None:
    ran, report = look(place, RESCUE_API_TOKEN=TOKEN)
    assert ran.code == 1
    assert "INVALID_SECRETAUTHCODE" in bad(report, "Rescue", "connection").message
    assert "generate a new API token" in bad(report, "Rescue", "connection").remedy


def test_a_login_works_with_a_warning(place: World) -> None:
    ran, report = look(place, RESCUE_API_TOKEN="", RESCUE_EMAIL=SYNC, RESCUE_PASSWORD="Sync-Pw-2026")
    assert ran.code == 0
    assert "RESCUE_API_TOKEN" in bad(report, "Rescue", "credential").remedy
    assert "Sync-Pw-2026" not in ran.out


def test_a_refused_password_is_tried_once_and_never_shown(place: World) -> None:
    ran = place.call("doctor", RESCUE_API_TOKEN="", RESCUE_EMAIL=SYNC, RESCUE_PASSWORD=PASSWORD)
    assert ran.code == 1
    assert "Rescue refused RESCUE_EMAIL and RESCUE_PASSWORD" in ran.out
    assert PASSWORD not in ran.out + ran.err
    assert [entry["call"].lower() for entry in place.calls()] == ["login"]


def test_half_a_login_is_named(place: World) -> None:
    ran, report = look(place, RESCUE_API_TOKEN="", RESCUE_EMAIL=SYNC)
    assert ran.code == 1
    assert "RESCUE_PASSWORD is not set" in bad(report, "Rescue", "credential").message


def test_a_caller_who_is_no_master_administrator(tmp_path: Path) -> None:
    text = made(rescue_more={"administrators": ADMINS, "token_owner": upn("ann")})
    with world(text, FILE, tmp_path) as place:
        ran, report = look(place)
        assert ran.code == 1
        assert "no master administrator" in bad(report, "Rescue", "caller").message
        assert "API token of a master administrator" in bad(report, "Rescue", "caller").remedy
        assert verdicts(report, "Rescue")["group of desk"] == "ok"


def test_another_account_is_named_by_its_number(place: World) -> None:
    edit(place, lambda file: file["rescue"].update(account_id=7654321))
    ran, report = look(place)
    assert ran.code == 1
    check = bad(report, "Rescue", "account")
    assert "1234567" in check.message
    assert "7654321" in check.message
    assert "rescue.account_id: 1234567" in check.remedy
    assert verdicts(report, "Rescue")["tree"] == "ok"


@pytest.mark.parametrize("effect", ["html", "truncate"])
def test_a_tree_that_cannot_be_believed(place: World, effect: str) -> None:
    place.box.state.add_fault(side="rescue", method="getHierarchy*", effect=effect)
    ran, report = look(place)
    assert ran.code == 1
    assert bad(report, "Rescue", "tree").remedy
    assert verdicts(report, "Rescue")["account"] == "ok"
    assert verdicts(report, "Rescue")["caller"] == "not checked"
    assert verdicts(report, "Rescue")["groups"] == "not checked"


@pytest.mark.parametrize(
    ("path", "said"), [("Nowhere", "there is no technician group Nowhere"), ("desk", "is called 'Desk' there")]
)
def test_a_rescue_group_that_is_not_there(place: World, path: str, said: str) -> None:
    edit(place, lambda file: file["mappings"][0].update(rescue_group=path))
    ran, report = look(place)
    assert ran.code == 1
    assert said in bad(report, "Rescue", "group of desk").message
    assert "groups rescue" in bad(report, "Rescue", "group of desk").remedy


def test_the_address_of_the_other_region_is_told_to_be_a_guess(place: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from reconciler.cli.checks.rescue import check_rescue
    from reconciler.config.load import load_mappings
    from reconciler.target.connect import open_rescue

    monkeypatch.setattr("reconciler.target.rescue_reader.RescueReader.fetch_account", _refuse)
    rescue = open_rescue({"RESCUE_API_TOKEN": "x"}, "eu", None)
    with rescue.channel:
        found = check_rescue(load_mappings(str(place.file), tenant_id=None), rescue, "a guess").checks
    assert (found[0].name, found[0].verdict) == ("address", "warning")
    assert "RESCUE_BASE_URL" in found[0].remedy


def _refuse(_: object) -> None:
    from reconciler.errors import TargetError

    raise TargetError("not asked")


def test_a_client_secret_that_cannot_be_used_is_not_shown(place: World) -> None:
    ran, report = look(
        place,
        GRAPH_ACCESS_TOKEN="",
        AZURE_CLIENT_ID=guid("app"),
        AZURE_CLIENT_SECRET=PASSWORD,
        AZURE_AUTHORITY_HOST="https://127.0.0.1:1",
    )
    assert ran.code == 1
    assert "a client secret is used" in next(c.message for c in checks(report, "Entra") if c.name == "credential")
    assert "no token from Microsoft Entra by a client secret" in bad(report, "Entra", "token").message
    assert bad(report, "Entra", "token").remedy
    assert verdicts(report, "Entra")["groups"] == "not checked"
    assert PASSWORD not in ran.out + ran.err


# -- together --


def test_two_names_of_one_entra_group_are_2_as_for_plan(place: World) -> None:
    def name_it_twice(file: dict[str, Any]) -> None:
        file["mappings"][1]["entra_group"] = "desk"

    edit(place, name_it_twice)
    ran, report = look(place)
    assert ran.code == place.call("plan").code == 2
    assert "already mapped by 'desk'" in bad(report, "Together", "file").message
    assert "map each Entra group once" in bad(report, "Together", "file").remedy


# -- clocks and hostile names --


@pytest.mark.parametrize(
    ("ahead", "verdict", "said"),
    [
        (None, "not checked", "sent no date"),
        (4.0, "ok", "agree"),
        (-95.0, "warning", "95 s behind"),
        (4000.0, "failed", "4000 s ahead of"),
    ],
)
def test_the_clock(ahead: float | None, verdict: str, said: str) -> None:
    channel: Any = type("Channel", (), {"witness": type("Witness", (), {"ahead": ahead})})
    check = check_clock("clock", channel, "Rescue", "it matters")
    assert check.verdict == verdict
    assert said in check.message
    assert ("NTP" in check.remedy) == (verdict in ("warning", "failed"))


def test_what_comes_from_outside_is_shown_and_not_acted_on(tmp_path: Path) -> None:
    text = yaml.safe_load(made(rescue_more={"administrators": ADMINS, "organization": "Evil \x1b[2J\u202eorg"}))
    text["groups"]["desk"]["name"] = "x\x1b]0;owned\x07"
    with world(yaml.safe_dump(text), FILE, tmp_path) as place:
        text_run = place.call("doctor")
        assert "\x1b" not in text_run.out
        assert "\u202e" not in text_run.out
        assert "\\x1b" in text_run.out
        look(place, "--probe")


# -- the probe --


def probed(place: World, **switches: str) -> str:
    """The probe's answers as one text, after a look that nothing of anybody is in them."""
    for name, value in switches.items():
        place.box.state.set_switch(name, value)
    _, report = look(place, "--probe")
    text = "\n".join([line for answered in report["probe"] for line in [answered["question"], *answered["lines"]]])
    for word in ("contoso", "Ann", "Ben", "Sync", "Desk", "Field", "1234567", guid("ann"), "entra:"):
        assert word not in text
    nodes = {str(row["id"]) for row in place.box.state.nodes()}
    assert not nodes & set(re.findall(r"\d+", text))
    return text


def test_the_probe_shows_shapes_and_writes_nothing(place: World) -> None:
    text = probed(place)
    assert "getUser_v2: HTTP 200, text/plain; charset=utf-8, length stated, LF, ends with a blank line" in text
    assert "NODEID:<number> NAME:<text> NICK:<text> EMAIL:<address>" in text
    assert "getUser_v2: yes, between HASMOBILEADDON and ISACCOUNTHOLDER" in text
    assert "an unknown method: HTTP 404" in text
    assert "a page of HTML" in text
    assert "INVALIDPARAM_NODE, alone" in text
    assert "administrator and technician it gives: Technician" in text
    assert "without filteroffline: technicians: 2, of them Disabled: 1" in text
    assert "20 x getUser_v2" in text
    assert "HTTP 429: 0" in text
    assert place.writes() == []


@pytest.mark.parametrize(
    ("switch", "value", "said"),
    [
        ("newline", "crlf", "length stated, CRLF, ends with a blank line"),
        ("bom", "present", "BOM, LF"),
        ("colon", "spaced", "NODEID: <number> NAME: <text>"),
        (
            "list_end",
            "bare",
            "getHierarchy_v2: HTTP 200, text/plain; charset=utf-8, length stated, LF, ends with a line end",
        ),
        ("user_layout", "one_line", "all on one line: NODEID:"),
        ("tree_layout", "one_line", "all on one line: NodeID:"),
        ("content_type", "text/html", "text/html"),
        ("rpat_field", "v3_only", "getUser_v2: no"),
        ("rpat_field", "nowhere", "getUser_v3: no"),
        ("extra_fields", "after", "(and 2 other lines)"),
        ("type_spelling", "Masteradministrator", "TYPE:Masteradministrator"),
        ("email_lookup", "administrator", "it gives: Administrator"),
        ("email_lookup_case", "exact", "other capitals: INVALIDPARAM_EMAIL"),
        ("filteroffline_drops_disabled", "no", "with filteroffline: technicians: 1, of them Disabled: 1"),
        ("permissions_end", "bare", "PERMISSIONS:<list> "),
    ],
)
def test_the_probe_sees_every_layout(place: World, switch: str, value: str, said: str) -> None:
    assert said in probed(place, **{switch: value})


def test_the_probe_of_an_account_that_throttles(place: World) -> None:
    place.box.state.add_fault(side="rescue", method="getUser_v2", nth=8, times=3, effect="status", status=429)
    assert "HTTP 429: 3" in place.call("doctor", "--probe").out


def test_a_description_that_imitates_fields_is_not_repeated(place: World) -> None:
    node = next(row for row in place.box.state.nodes() if row["email"] == SYNC)
    place.box.state.set_node(node["id"], description="SECRETKEY: hush\nSTATUS:hush\nTYPE:hush")
    text = probed(place)
    assert "hush" not in text
    assert "SECRETKEY" not in text


def test_the_probe_where_rescue_cannot_be_reached(place: World) -> None:
    ran = place.call("doctor", "--probe", RESCUE_API_TOKEN="")
    assert ran.code == 1
    assert "not asked" in ran.out
