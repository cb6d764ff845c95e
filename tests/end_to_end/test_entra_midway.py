"""Entra changes or shows less while it is read: a token ends, a list moves between two pages, fields are null."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme

from reconciler.sandbox import parse_scenario, run_sandbox

from . import company
from .journal import Journal, Meanwhile, journal
from .sweep import Undisturbed, apply, at_work, check_moments, finish, picture
from .world import World, guid

BATCHES = range(1, 8)
"""Requests to Entra in one run, where a page holds four rows."""


@contextmanager
def with_a_client_secret(folder: Path) -> Iterator[Journal]:
    """The company behind TLS, with an authority that gives tokens for an hour."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    server = authority.issue_cert("127.0.0.1")
    server.private_key_pem.write_to_path(str(folder / "key.pem"))
    server.cert_chain_pems[0].write_to_path(str(folder / "cert.pem"))
    with run_sandbox(parse_scenario(company.company()), tls=(str(folder / "cert.pem"), str(folder / "key.pem"))) as box:
        made = World(box, folder, box.environment() | box.authority())
        del made.env["GRAPH_ACCESS_TOKEN"]
        made.env |= dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"), str(folder / "ca.pem"))
        made.file.write_text(company.FILE, encoding="utf-8")
        made.box.state.set_switch("largest_page", "4")
        with journal(made) as kept:
            yield kept


def an_hour_passes(made: World) -> None:
    made.box.state.advance_clock(3700)


@pytest.mark.parametrize("number", [2, 4, 6, 7])
def test_a_token_that_ends_in_mid_run_is_renewed(tmp_path: Path, undisturbed: Undisturbed, number: int) -> None:
    with with_a_client_secret(tmp_path) as kept:
        kept.meanwhile.append(Meanwhile("$batch", number, an_hour_passes))
        done = kept.made.run("apply", "--yes", "--out", "outcomes.json")
        assert done.code == 0, done.err
        assert kept.meanwhile == []
        refused = [entry["status"] for entry in kept.made.box.requests() if entry["path"].endswith("$batch")]
        assert refused.count(401) == 1
        assert picture(kept.made) == undisturbed.picture
        check_moments(kept)


@pytest.mark.parametrize("number", BATCHES)
def test_a_token_made_elsewhere_that_ends_in_mid_run(tmp_path: Path, undisturbed: Undisturbed, number: int) -> None:
    """There is nothing to renew it with: nothing is done, and the next run, with a new one, does everything."""
    with at_work(tmp_path) as kept:
        made = kept.made
        made.box.state.set_switch("largest_page", "4")
        made.env["GRAPH_ACCESS_TOKEN"] = made.box.state.access_token(lifetime=3599)
        kept.meanwhile.append(Meanwhile("$batch", number, an_hour_passes))
        done = apply(made)
        assert done.code == 1
        assert done.err.count("GRAPH_ACCESS_TOKEN") == 1
        assert len(kept.moments) == 1, "something was written"
        made.env["GRAPH_ACCESS_TOKEN"] = made.box.state.access_token()
        finish(kept, undisturbed)


# -- lists that move between two pages ----------------------------------------------------------------------------


def moves(key: str, old: str, new: str) -> Any:
    def act(made: World) -> None:
        made.box.state.remove_member(guid(old), guid(key))
        made.box.state.add_member(guid(new), guid(key))

    return act


CHANGES = {
    "from a page already read": moves("keep", "desk", "field"),
    "from a page to come": moves("rename", "desk", "field"),
    "to a page already read": moves("move", "field", "desk"),
    "to a page to come": moves("other", "field", "desk"),
    "into a nested group": moves("back", "desk", "tier2"),
    "out of a nested group": moves("wanders", "tier3", "desk"),
    "out and back": lambda made: (moves("keep", "desk", "field")(made), moves("keep", "field", "desk")(made)),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_list_that_changes_between_two_pages(tmp_path: Path, number: int, change: str) -> None:
    """Whoever was only moved about keeps their seat in every moment, and sits where they belong after two runs more."""
    with at_work(tmp_path) as kept:
        made = kept.made
        made.box.state.set_switch("largest_page", "4")
        kept.meanwhile.append(Meanwhile("skiptoken", number, CHANGES[change]))
        done = apply(made)
        assert done.code in (0, 6), done.err
        assert kept.meanwhile == []
        first = apply(made)
        assert first.code in (0, 6), first.err
        if first.code:
            assert apply(made).code == 0
        assert made.call("plan", "--detailed-exitcode").code == 0
        check_moments(kept)
        for group in ("desk", "field"):
            for member in made.box.state.members(guid(group)):
                person = made.box.state.person(member) if member not in map(guid, company.GROUPS) else None
                node = made.box.state.node_by_login(person["mail"]) if person and person["enabled"] else None
                if node is not None and node["name"] not in ("Resting", "The Boss"):
                    assert node["enabled"], node["email"]
                    assert made.box.state.node(node["parent"])["name"] == group.title(), node["email"]


# -- fields that are not shown ------------------------------------------------------------------------------------

FIELDS = {
    "one accountEnabled": ({"enabled": None}, ["keep"], 6),
    "every accountEnabled": ({"enabled": None}, company.GROUPS["desk"][:11], 6),
    "one UPN": ({"upn": None}, ["keep"], 6),
    "UPN and address": ({"upn": None, "mail": None}, ["keep", "rename"], 6),
    "one address": ({"mail": None}, ["keep"], 0),
    "one name": ({"name": None}, ["keep"], 6),
}


@pytest.mark.parametrize("case", FIELDS)
def test_fields_that_are_null(tmp_path: Path, undisturbed: Undisturbed, case: str) -> None:
    """A mapping is frozen, or one person left as they are; with the fields back everything is as always."""
    fields, keys, code = FIELDS[case]
    with at_work(tmp_path) as kept:
        state = kept.made.box.state
        before = {key: dict(state.person(guid(key))) for key in keys}
        for key in keys:
            state.set_person(guid(key), **fields)
        done = apply(kept.made)
        assert done.code == code, done.err
        check_moments(kept)
        frozen = {"one accountEnabled", "every accountEnabled", "one UPN", "UPN and address"}
        assert ("! frozen" in done.out) == (case in frozen), done.out
        for key in keys:
            state.set_person(guid(key), **{name: before[key][name] for name in fields})
        finish(kept, undisturbed)


def test_an_app_that_may_only_read_names(tmp_path: Path, undisturbed: Undisturbed) -> None:
    """With User.ReadBasic.All alone nobody's status is shown: nothing is written at all."""
    with at_work(tmp_path) as kept:
        good = kept.made.env["GRAPH_ACCESS_TOKEN"]
        roles = ["GroupMember.Read.All", "User.ReadBasic.All"]
        kept.made.env["GRAPH_ACCESS_TOKEN"] = kept.made.box.state.access_token(roles=roles)
        done = apply(kept.made)
        assert done.code in (1, 6), done.err
        assert len(kept.moments) == 1
        kept.made.env["GRAPH_ACCESS_TOKEN"] = good
        finish(kept, undisturbed)
