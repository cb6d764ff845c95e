"""`init` on a pseudo-terminal as somebody answers it, and its parts that ask nothing."""

from __future__ import annotations

import pytest
import yaml

from reconciler.sandbox import Sandbox

from .conftest import ROOT, Shell
from .terminal import terminal

IDS = {
    "Helpdesk EMEA": "6a1d0c7e-0000-4000-8000-9f4e2b8d7c10",
    "Field Service EMEA": "b27e94d3-0000-4000-8000-51c8a06f3e22",
}
SAMPLE = (ROOT / "mappings.yaml").read_text(encoding="utf-8")


def where(screen) -> None:  # type: ignore[no-untyped-def]
    """The first three questions, answered by what they offer."""
    for question in ("Tenant id", "Cloud (", "Rescue region ("):
        screen.answer(question, "")


def settings(screen) -> None:  # type: ignore[no-untyped-def]
    screen.answer("UPN instead of the e-mail", "")
    screen.answer("e-mail address as SSO ID", "")
    screen.answer("Protected, with blanks between", "")


def test_the_wizard_writes_a_file_that_validates(live: Shell) -> None:
    with terminal(live, "init", "new.yaml") as screen:
        screen.wait_for("stop the vendor's AdSync")
        screen.answer("Tenant id of Microsoft Entra [8d2f4c1e-0000-4000-8000-2b7f3d9a1c55]", "contoso")
        screen.answer("that is no tenant id", "")
        screen.answer("Cloud (", "moon")
        screen.answer("'moon' is none of these", "glo")
        screen.answer("Rescue region (", "")
        screen.wait_for("Rescue account 1234567, Contoso, as rescue-sync@contoso.example")
        screen.answer("UPN instead of the e-mail", "y")
        screen.answer("e-mail address as SSO ID", "")
        screen.answer("Protected, with blanks between (- for none) [-]", "breakglass")
        screen.answer("'breakglass' is no login", "breakglass@contoso.example, *@emergency.example")
        screen.answer("Which kind", "t")
        screen.answer("Search Entra groups", "nowhere")
        screen.wait_for("No Entra group has 'nowhere' in its name")
        screen.answer("Search Entra groups", "EMEA")
        screen.answer("Which, by number", "3")
        screen.answer("3 is not in the list, which goes from 1 to 2", "1 2")
        screen.wait_for("Rescue group for Field Service EMEA")
        screen.answer("[7]", "")  # EMEA/Field, the likeliest
        screen.answer("Full group synchronization", "")
        screen.answer("Groups inside the Entra group", "direct")
        screen.answer("Mobile licence", "")
        screen.answer("Use the UPN as SSO ID?", "")
        screen.wait_for("Rescue group for Helpdesk EMEA")
        screen.answer("[8]", "nothing like it")
        screen.answer("no Rescue group has 'nothing like it' in its path", "help")
        screen.answer("3 of 9 groups", "3")
        screen.answer("Full group synchronization", "n")
        screen.answer("Groups inside the Entra group (flatten | direct)", "d")
        screen.answer("add, change N, remove N, or done", "remove")
        screen.answer("which one? write remove and its number", "done")
        screen.answer("Write new.yaml?", "")
        screen.wait_for("next: read it, then see what it would do: reconciler plan new.yaml")
        assert screen.ends() == 0
    said = yaml.safe_load((live.folder / "new.yaml").read_text(encoding="utf-8"))
    assert said == {
        "version": 1,
        "entra": {"tenant_id": "8d2f4c1e-0000-4000-8000-2b7f3d9a1c55", "cloud": "global"},
        "rescue": {"region": "us", "account_id": 1234567},
        "settings": {"use_upn_as_email": True, "use_email_as_sso_id": False},
        "protected": ["breakglass@contoso.example", "*@emergency.example"],
        "mappings": [
            {
                "entra_group": {"id": IDS["Field Service EMEA"], "name": "Field Service EMEA"},
                "rescue_group": "EMEA/Field",
                "role": "technician",
                "nested": "direct",
            },
            {
                "entra_group": {"id": IDS["Helpdesk EMEA"], "name": "Helpdesk EMEA"},
                "rescue_group": "EMEA/Helpdesk",
                "role": "technician",
                "full_sync": False,
                "nested": "direct",
            },
        ],
    }
    assert live.run("validate", "new.yaml").returncode == 0


def test_an_existing_file_gives_the_defaults_and_keeps_its_text(live: Shell) -> None:
    before = (live.folder / "mappings.yaml").read_text(encoding="utf-8")
    with terminal(live, "init") as screen:
        screen.wait_for("mappings.yaml is there: its words are the defaults.")
        where(screen)
        settings(screen)
        screen.wait_for("6  Helpdesk APAC")
        screen.answer("add, change N, remove N, or done", "remove 2")
        screen.answer("plans report them as orphaned", "add")
        screen.answer("Which kind", "")
        screen.answer("Search Entra groups", "helpdesk")
        screen.wait_for("paired with APAC/Helpdesk")
        screen.answer("Which, by number", "1")
        screen.answer("Helpdesk Americas has a pair already", "")
        screen.answer("Search Entra groups", "")
        screen.answer("add, change N, remove N, or done", "")
        screen.wait_for("Sections and pairs that did not change stay as they are written")
        screen.answer("Replace mappings.yaml?", "y")
        assert screen.ends() == 0
    gone = before[before.index("  - name: field-emea") : before.index("  - name: server-operations")]
    assert (live.folder / "mappings.yaml").read_text(encoding="utf-8") == before.replace(gone, "")


def test_a_changed_pair_changes_its_lines_and_no_others(live: Shell) -> None:
    before = (live.folder / "mappings.yaml").read_text(encoding="utf-8")
    with terminal(live, "init") as screen:
        where(screen)
        settings(screen)
        screen.answer("add, change N, remove N, or done", "change 9")
        screen.answer("9 is not in the list, which goes from 1 to 7", "x")
        screen.answer("write add, change 2, remove 1 3, or done", "c 1 2")
        screen.wait_for("Helpdesk EMEA -> EMEA/Helpdesk")
        screen.answer("Full group synchronization", "n")  # what only full sync has goes
        screen.answer("Groups inside the Entra group (flatten | direct) [direct]", "")
        screen.wait_for("Field Service EMEA -> EMEA/Field")
        screen.answer("Full group synchronization", "")
        screen.answer("Groups inside the Entra group (mirror | flatten | direct) [direct]", "")
        screen.answer("Mobile licence (keep | award | release) [keep]", "")
        screen.answer("Use the UPN as SSO ID? [y/N]", "y")
        screen.answer("add, change N, remove N, or done", "")
        screen.answer("Replace mappings.yaml?", "y")
        assert screen.ends() == 0
    first = "    upn_as_sso_id: true       # they sign in through Entra, with their UPN\n"
    second = "    rescue_group: EMEA/Field\n    role: technician\n"
    wanted = before.replace(first, "    full_sync: false\n", 1).replace(second, f"{second}    upn_as_sso_id: true\n")
    assert (live.folder / "mappings.yaml").read_text(encoding="utf-8") == wanted


def test_nothing_is_replaced_without_a_yes(live: Shell) -> None:
    before = (live.folder / "mappings.yaml").read_bytes()
    with terminal(live, "init") as screen:
        where(screen)
        settings(screen)
        screen.answer("add, change N, remove N, or done", "remove 1-7")
        screen.wait_for("none yet")
        screen.answer("add, change N, remove N, or done", "done")
        screen.answer("Replace mappings.yaml?", "")
        screen.wait_for("nothing was written")
        assert screen.ends() == 0
    assert (live.folder / "mappings.yaml").read_bytes() == before


def test_no_change_is_no_writing(live: Shell) -> None:
    with terminal(live, "init") as screen:
        where(screen)
        settings(screen)
        screen.answer("add, change N, remove N, or done", "")
        screen.wait_for("says all this already; nothing was written")
        assert screen.ends() == 0


def test_a_search_that_fails_loses_no_answers(live: Shell, box: Sandbox) -> None:
    with terminal(live, "init", "new.yaml") as screen:
        where(screen)
        settings(screen)
        screen.wait_for("Which kind")
        box.state.add_fault(side="graph", effect="status", status=403, times=1)
        screen.answer("", "technician")
        screen.answer("Search Entra groups", "finance")
        screen.wait_for("403")
        screen.wait_for("GroupMember.Read.All")
        screen.answer("Search Entra groups", "finance")
        screen.wait_for("4 people")
        assert "\x1b" not in screen.screen


def test_a_hidden_membership_is_told_when_it_is_chosen(live: Shell) -> None:
    with terminal(live, "init", "new.yaml") as screen:
        where(screen)
        settings(screen)
        screen.answer("Which kind", "technician")
        screen.answer("Search Entra groups", "works")
        screen.answer("Which, by number", "1")
        screen.wait_for("The membership of Works Council is hidden: it takes Member.Read.Hidden to read it.")
        screen.answer("by number, or a part of its name", "0")
        screen.answer("add, change N, remove N, or done", "done")
        screen.answer("Write new.yaml?", "n")
        screen.wait_for("nothing was written")
        assert screen.ends() == 0
    assert not (live.folder / "new.yaml").exists()


def test_ctrl_c_writes_nothing(live: Shell) -> None:
    with terminal(live, "init", "new.yaml") as screen:
        where(screen)
        settings(screen)
        screen.wait_for("Which kind")
        screen.interrupt()
        screen.wait_for("Stopped by SIGINT.")
        assert screen.ends() == 1
    assert not (live.folder / "new.yaml").exists()


def test_an_administrator_pair_is_chosen_among_administrator_groups(live: Shell) -> None:
    with terminal(live, "init", "new.yaml") as screen:
        where(screen)
        settings(screen)
        screen.answer("Which kind", "admin")
        screen.answer("Search Entra groups", "rescue adm")
        screen.answer("Which, by number", "1")
        screen.answer("Regional Administrators  node", "2")
        screen.answer("Full group synchronization", "")
        screen.answer("Groups inside the Entra group (flatten | direct) [direct]", "")
        screen.answer("Use the UPN as SSO ID?", "y")
        screen.answer("add, change N, remove N, or done", "")
        screen.answer("Write new.yaml?", "")
        assert screen.ends() == 0
    (pair,) = yaml.safe_load((live.folder / "new.yaml").read_text(encoding="utf-8"))["mappings"]
    assert pair["role"] == "admin"
    assert pair["rescue_group"] == "Regional Administrators"


def test_a_file_for_another_account_is_not_turned_around_by_the_way(live: Shell) -> None:
    live.edit("account_id: 1234567", "account_id: 7654321")
    with terminal(live, "init") as screen:
        where(screen)
        screen.wait_for("the file is for account 7654321, and this is Rescue account 1234567, Contoso")
        screen.answer("Make the file one for this account?", "")
        screen.wait_for("nothing was written")
        assert screen.ends() == 0


def test_what_validate_refuses_is_told_and_the_pairs_are_asked_again(live: Shell) -> None:
    live.edit("defaults:", "limits: {groups: 7}\ndefaults:")
    with terminal(live, "init") as screen:
        where(screen)
        settings(screen)
        screen.answer("add, change N, remove N, or done", "add")
        screen.answer("Which kind", "technician")
        screen.answer("Search Entra groups", "finance")
        screen.answer("Which, by number", "1")
        screen.answer("by number, or a part of its name", "8")
        screen.answer("Full group synchronization", "n")
        screen.answer("Groups inside", "direct")
        screen.wait_for("8  Finance")
        screen.wait_for("-> EMEA/Helpdesk")
        screen.answer("add, change N, remove N, or done", "")
        screen.wait_for("The file would not be valid:")
        screen.wait_for("8 mappings are more than limits.groups allows")
        screen.answer("add, change N, remove N, or done", "r 8")
        screen.answer("add, change N, remove N, or done", "")
        screen.wait_for("says all this already")
        assert screen.ends() == 0


def test_without_a_terminal_it_says_what_needs_none(live: Shell) -> None:
    ran = live.run("init", "new.yaml")
    assert ran.returncode == 2
    assert "init asks questions, and there is no terminal to ask them on" in ran.stderr
    assert "init --import" in ran.stderr
    assert not (live.folder / "new.yaml").exists()


def test_without_a_terminal_no_file_is_replaced(live: Shell) -> None:
    before = (live.folder / "mappings.yaml").read_bytes()
    ran = live.run("init", "--import")
    assert ran.returncode == 2
    assert "mappings.yaml is there already" in ran.stderr
    assert (live.folder / "mappings.yaml").read_bytes() == before


def test_a_folder_that_is_not_there_is_told_before_the_work(live: Shell) -> None:
    ran = live.run("init", "--import", "no/where.yaml")
    assert ran.returncode == 2
    assert "there is no folder no" in ran.stderr


def test_an_existing_file_must_be_right(live: Shell) -> None:
    live.edit("version: 1", "version: 2")
    with terminal(live, "init") as screen:
        screen.wait_for("mappings.yaml:4:10")
        assert screen.ends() == 2


def test_credentials_that_lack_are_told_by_side(shell: Shell, live: Shell) -> None:
    del live.environ["RESCUE_API_TOKEN"]
    ran = live.run("init", "--import", "new.yaml")
    assert ran.returncode == 1
    assert "no credential for Rescue" in ran.stderr
    live.environ["RESCUE_API_TOKEN"] = "wrong"
    assert live.run("init", "--import", "new.yaml").returncode == 1
    assert not (live.folder / "new.yaml").exists()


# -- --import --


def test_an_import_finds_the_pairs_of_the_sample_account(live: Shell) -> None:
    ran = live.run("init", "--import", "new.yaml")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == ""
    assert "next: read it, then see what it would do: reconciler plan new.yaml" in ran.stderr
    text = (live.folder / "new.yaml").read_text(encoding="utf-8")
    said, sample = yaml.safe_load(text), yaml.safe_load(SAMPLE)
    ours = {(pair["entra_group"]["id"], pair["rescue_group"]): pair for pair in said["mappings"]}
    theirs = {
        (pair["entra_group"]["id"], pair["rescue_group"]): pair
        for pair in sample["mappings"]
        if pair["role"] == "technician"
    }
    assert ours.keys() == theirs.keys()
    for key, pair in theirs.items():
        assert ours[key].get("upn_as_sso_id", False) == pair.get("upn_as_sso_id", False)
        assert ours[key].get("full_sync", False) == pair.get("upn_as_sso_id", False)
    assert said["settings"]["adopt"] == "login"
    assert said["protected"] == ["breakglass@contoso.example"]
    assert said["defaults"] == {"full_sync": False, "nested": "direct"}
    assert "  # 8 of 8 technicians of APAC/Helpdesk are members (it has 10); 6 carry this pair's link already\n" in text
    assert "#   # 3 of 3 administrators of Regional Administrators are members" in text
    assert live.run("validate", "new.yaml").returncode == 0


def test_an_administrator_pair_waits_as_a_comment_that_can_be_taken_in(live: Shell) -> None:
    live.run("init", "--import", "new.yaml")
    file = live.folder / "new.yaml"
    text = file.read_text(encoding="utf-8")
    begin = text.index("#   # 3 of 3 administrators")
    taken = "".join(line.removeprefix("# ") for line in text[begin:].splitlines(keepends=True))
    file.write_text(text[:begin] + taken, encoding="utf-8")
    ran = live.run("validate", "new.yaml")
    assert ran.stdout == "new.yaml: valid, 7 mappings (6 technician, 1 admin)\n"


def test_an_import_can_be_printed(live: Shell) -> None:
    ran = live.run("init", "--import", "-")
    assert ran.returncode == 0
    assert len(yaml.safe_load(ran.stdout)["mappings"]) == 6


def test_an_import_into_an_existing_file_adds_what_is_not_mapped(live: Shell) -> None:
    before = (live.folder / "mappings.yaml").read_text(encoding="utf-8")
    begin = before.index("  - name: helpdesk-apac")
    (live.folder / "mappings.yaml").write_text(before[:begin], encoding="utf-8")
    with terminal(live, "init", "--import") as screen:
        where(screen)
        screen.wait_for("1 pair proposed")
        settings(screen)
        screen.wait_for("8 of 8 technicians of APAC/Helpdesk are members")
        screen.answer("add, change N, remove N, or done", "done")
        screen.answer("Replace mappings.yaml?", "y")
        assert screen.ends() == 0
    after = (live.folder / "mappings.yaml").read_text(encoding="utf-8")
    assert after.startswith(before[:begin].rstrip())
    (pair,) = yaml.safe_load(after)["mappings"][5:]
    assert pair["rescue_group"] == "APAC/Helpdesk"
    assert pair["upn_as_sso_id"] is True


def test_without_any_tenant_id_there_is_nothing_to_write(live: Shell) -> None:
    del live.environ["AZURE_TENANT_ID"]
    ran = live.run("init", "--import", "new.yaml")  # the token tells it
    assert ran.returncode == 0, ran.stderr
    assert "tenant_id: 8d2f4c1e-0000-4000-8000-2b7f3d9a1c55" in (live.folder / "new.yaml").read_text(encoding="utf-8")


def test_a_domain_becomes_the_tenants_id(live: Shell) -> None:
    ran = live.run("init", "--import", "new.yaml", AZURE_TENANT_ID="contoso.example")
    assert ran.returncode == 0, ran.stderr
    assert "contoso.example is the tenant 8d2f4c1e-0000-4000-8000-2b7f3d9a1c55" in ran.stderr
    assert "tenant_id: 8d2f4c1e-0000-4000-8000-2b7f3d9a1c55" in (live.folder / "new.yaml").read_text(encoding="utf-8")


def test_a_token_of_another_tenant_is_told(live: Shell) -> None:
    ran = live.run("init", "--import", "new.yaml", AZURE_TENANT_ID="11111111-0000-4000-8000-000000000001")
    assert "warning: the access token is for tenant 8d2f4c1e-0000-4000-8000-2b7f3d9a1c55" in ran.stderr


# -- --pin --


def test_names_become_ids_and_nothing_else_changes(live: Shell) -> None:
    pinned = (live.folder / "mappings.yaml").read_text(encoding="utf-8")
    for name, id_ in IDS.items():
        live.edit(f"{{id: {id_}, name: {name}}}", name)
    ran = live.run("init", "--pin")
    assert ran.returncode == 0, ran.stderr
    assert (live.folder / "mappings.yaml").read_text(encoding="utf-8") == pinned
    line = 1 + next(number for number, text in enumerate(pinned.splitlines()) if IDS["Helpdesk EMEA"] in text)
    assert f"mappings.yaml:{line}: Helpdesk EMEA is {IDS['Helpdesk EMEA']}" in ran.stderr
    again = live.run("init", "--pin")
    assert again.returncode == 0
    assert "nothing to pin" in again.stderr


def test_a_terminal_asks_before_it_pins(live: Shell) -> None:
    live.edit(f"{{id: {IDS['Helpdesk EMEA']}, name: Helpdesk EMEA}}", "Helpdesk EMEA")
    before = (live.folder / "mappings.yaml").read_bytes()
    with terminal(live, "init", "--pin") as screen:
        screen.answer("Put 1 id into mappings.yaml? Nothing else in it changes", "n")
        assert screen.ends() == 0
    assert (live.folder / "mappings.yaml").read_bytes() == before


def test_a_name_that_fits_no_group_is_told_with_its_line(live: Shell) -> None:
    live.edit(f"{{id: {IDS['Helpdesk EMEA']}, name: Helpdesk EMEA}}", "Helpdesk EMEAA")
    live.edit(f"{{id: {IDS['Field Service EMEA']}, name: Field Service EMEA}}", "helpdesk emea")
    before = (live.folder / "mappings.yaml").read_bytes()
    ran = live.run("init", "--pin")
    assert ran.returncode == 2
    for name in ("Helpdesk EMEAA", "helpdesk emea"):
        line = 1 + next(n for n, text in enumerate(before.decode().splitlines()) if f"entra_group: {name}" in text)
        assert f"mappings.yaml:{line}:18: no Entra group is called {name!r}" in ran.stderr
    assert "reconciler groups search" in ran.stderr
    assert (live.folder / "mappings.yaml").read_bytes() == before


def test_pinning_without_rescue_says_what_was_not_checked(live: Shell) -> None:
    live.edit(f"{{id: {IDS['Helpdesk EMEA']}, name: Helpdesk EMEA}}", "Helpdesk EMEA")
    del live.environ["RESCUE_API_TOKEN"]
    ran = live.run("init", "--pin")
    assert ran.returncode == 0
    assert "Rescue paths are not checked" in ran.stderr


def test_pinning_when_entra_does_not_answer(live: Shell) -> None:
    live.edit(f"{{id: {IDS['Helpdesk EMEA']}, name: Helpdesk EMEA}}", "Helpdesk EMEA")
    ran = live.run("init", "--pin", GRAPH_BASE_URL="http://127.0.0.1:9/v1.0")
    assert ran.returncode == 1
    assert "no connection" in ran.stderr


def test_there_has_to_be_a_file_to_pin(live: Shell) -> None:
    ran = live.run("init", "--pin", "none.yaml")
    assert ran.returncode == 2
    assert "there is no file none.yaml to pin" in ran.stderr


def test_a_name_that_several_groups_have_is_told_to_be_pinned_by_hand(live: Shell, box: Sandbox) -> None:
    box.state.add_group(name="Twin")
    box.state.add_group(name="Twin")
    live.edit(f"{{id: {IDS['Helpdesk EMEA']}, name: Helpdesk EMEA}}", "Twin")
    ran = live.run("init", "--pin")
    assert ran.returncode == 2
    assert "2 Entra groups are called 'Twin': " in ran.stderr
    assert "; write the id of the one that is meant" in ran.stderr


def test_names_that_are_all_settled_can_be_pinned_after_an_import(live: Shell) -> None:
    """`--import --pin` on a file that is there: first its new pairs, then, as more than one change, its names."""
    live.edit(f"{{id: {IDS['Helpdesk EMEA']}, name: Helpdesk EMEA}}", "Helpdesk EMEA")
    with terminal(live, "init", "--import", "--pin") as screen:
        where(screen)
        settings(screen)
        screen.answer("add, change N, remove N, or done", "done")
        screen.answer("Replace mappings.yaml?", "y")
        screen.answer("Put 1 id into mappings.yaml?", "y")
        assert screen.ends() == 0
    assert IDS["Helpdesk EMEA"] in (live.folder / "mappings.yaml").read_text(encoding="utf-8")


# -- a token that does not tell its tenant --


@pytest.fixture
def untold(live: Shell, box: Sandbox) -> Shell:
    live.environ["GRAPH_ACCESS_TOKEN"] = box.state.access_token(tenant="contoso.example")
    live.environ["AZURE_TENANT_ID"] = ""
    return live


def test_a_tenant_that_nobody_says_cannot_be_written(untold: Shell) -> None:
    ran = untold.run("init", "--import", "new.yaml")
    assert ran.returncode == 2
    assert "nobody says which tenant this is" in ran.stderr
    assert not (untold.folder / "new.yaml").exists()


def test_a_domain_makes_no_tag_for_markers(untold: Shell) -> None:
    ran = untold.run("init", "--import", "new.yaml", AZURE_TENANT_ID="contoso.example")
    assert ran.returncode == 2
    assert "contoso.example is a domain, no id" in ran.stderr
    assert not (untold.folder / "new.yaml").exists()


def test_on_a_terminal_the_tag_is_asked_for(untold: Shell) -> None:
    untold.environ["AZURE_TENANT_ID"] = "contoso.example"
    with terminal(untold, "init", "--import", "new.yaml") as screen:
        where(screen)
        screen.answer("Tag for our notes in Rescue, up to 32 letters or digits", "no blanks")
        screen.answer("up to 32 letters, digits, dots, - or _", "desk")
        screen.wait_for("Rescue account 1234567, Contoso")
        screen.wait_for("refused GRAPH_ACCESS_TOKEN")  # the sandbox knows no such tenant
        assert screen.ends() == 1
    assert not (untold.folder / "new.yaml").exists()
