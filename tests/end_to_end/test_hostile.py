"""Sources that lie, from outside: the command before servers that forge, drop, swell, lead away and never end.

Whatever they do, nobody is written who should not be, no credential reaches another host, and the command ends, with
a bounded memory (issue: hostile sources; rescue-api.md §7; D3, D15, D17).
"""

from __future__ import annotations

import json
import os
import re
import time
import zlib
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.dripping import DRIPS, Dripping

from .front import Asked, Pass, Reply, Spoil, front, let_pass
from .world import STORY_FILE, Done, World, entra, guid, mappings, marker, scenario, story, technician, upn, world

TREE = ("getHierarchy_v2", "getHierarchy")
SECRET = "Bearer"
PEAKS_MB = {"RESCUE_BASE_URL": 1300, "GRAPH_BASE_URL": 600}
"""The largest tree that is taken has a GiB, the largest answer of Graph 256 MiB; each is held once."""


def tree_spoiled(change: Callable[[str], str]) -> Spoil:
    """Changes the text of every bulk read."""

    def spoil(asked: Asked, onward: Pass) -> Reply:
        reply = onward()
        if asked.call in TREE:
            reply.body = change(reply.body.decode()).encode()
        return reply

    return spoil


def records(text: str) -> tuple[str, list[str]]:
    """The head, and every record with the blank line that ends it."""
    head, *found = re.split(r"(?m)^(?=NodeID:-?\d+\nParentID:)", text)
    return head, found


def who(found: list[str], name: str) -> int:
    return next(number for number, record in enumerate(found) if f"\nName:{name}\n" in record)


def in_description(name: str, text: str) -> Callable[[str], str]:
    """The tree as it would be if that person's Description held the text."""

    def change(tree: str) -> str:
        head, found = records(tree)
        place = who(found, name)
        found[place] = found[place].replace("\nDescription:", f"\nDescription:{text}", 1)
        return head + "".join(found)

    return change


def reordered(tree: str) -> str:
    head, found = records(tree)
    return head + "".join(reversed(found))


def doubled(name: str) -> Callable[[str], str]:
    def change(tree: str) -> str:
        head, found = records(tree)
        return head + "".join([*found, found[who(found, name)]])

    return change


def id_of(tree: str, name: str) -> str:
    _, found = records(tree)
    return found[who(found, name)].split("\n")[0].removeprefix("NodeID:")


def forged(name: str, parent: str, *, id_of_victim: str | None = None) -> Callable[[str], str]:
    """A record hidden in somebody's Description: their own is ended early, a new one begins."""

    def change(tree: str) -> str:
        node = id_of(tree, id_of_victim) if id_of_victim else "990001"
        text = (
            f"x\nStatus:Offline\nType:Technician\n\nNodeID:{node}\nParentID:{id_of(tree, parent)}\nName:Nora New\n"
            f"Email:{upn('new')}\nDescription:{marker('new', 'desk', upn('new'))} "
        )
        return in_description(name, text)(tree)

    return change


# -- the tree -------------------------------------------------------------------------------------------------------

LIES: dict[str, Callable[[str], str]] = {
    "cut in a record": lambda tree: tree[: len(tree) * 2 // 3].rstrip("\n") + "x",
    "cut before the last blank line": lambda tree: tree.rstrip("\n"),
    "a record twice": doubled("Kerstin Keep"),
    "a forged record of somebody's id": forged("Uma Unmanaged", "Desk", id_of_victim="Kerstin Keep"),
    "a forged technician below a technician": forged("Uma Unmanaged", "Kerstin Keep"),
    "a forged technician below the category": forged("Uma Unmanaged", "Technicians"),
    "half a forged record": in_description("Uma Unmanaged", "x\n\nNodeID:990001\nParentID:1\nName:half\n\n"),
    "a forged root": in_description(
        "Uma Unmanaged", "x\nStatus:Offline\nType:Technician\n\nNodeID:990001\nParentID:\nName:R\nEmail:\n"
        "Description:\nStatus:Offline\nType:Root\n\nNodeID:990002\nParentID:990001\nName:\nEmail:\nDescription:",
    ),
    "nothing at all": lambda _: "OK\n\n",
    "another word": lambda _: "OK\n\nhello world\n\n",
}  # fmt: skip


@pytest.mark.parametrize("lie", sorted(LIES))
def test_a_tree_that_lies_ends_the_run_before_anything_is_written(tmp_path: Path, lie: str) -> None:
    def spoil(asked: Asked, onward: Pass) -> Reply:
        reply = tree_spoiled(LIES[lie])(asked, onward)
        if lie.startswith("cut before"):  # the server states no length that would prove it whole
            asked.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + reply.body)
            return None  # type: ignore[return-value]
        return reply

    with world(story(), STORY_FILE, tmp_path) as made, front(made.env["RESCUE_BASE_URL"], spoil) as liar:
        before = made.tree()
        done = made.apply(RESCUE_BASE_URL=liar.url)
        assert done.code == 1, done.out + done.err
        assert made.writes() == []
        assert made.tree() == before
        assert "error: " in done.err


def test_the_order_of_records_means_nothing(tmp_path: Path) -> None:
    with world(story(), STORY_FILE, tmp_path) as made:
        digests = []
        for change in (str, reordered):
            with front(made.env["RESCUE_BASE_URL"], tree_spoiled(change)) as liar:
                assert made.call("plan", "--out", "plan.json", RESCUE_BASE_URL=liar.url).code == 0
            digests.append(json.loads((tmp_path / "plan.json").read_text())["digest"])
        assert digests[0] == digests[1]


def test_a_forged_person_who_fits_is_nobody_to_write_to(tmp_path: Path) -> None:
    """Nothing in the text tells it from the truth; getUser does, before the write (D15)."""
    with world(story(), STORY_FILE, tmp_path) as made:
        lie = tree_spoiled(forged("Uma Unmanaged", "Field"))
        uma = made.box.state.node_by_login("uma@elsewhere.example")
        with front(made.env["RESCUE_BASE_URL"], lie) as liar:
            done = made.apply(RESCUE_BASE_URL=liar.url)
        assert "reading_moved  new@contoso.example: nothing this time: node 990001 is no user" in done.out
        assert not any("990001" in asked.form.values() for asked in liar.seen if asked.call.startswith(("set", "move")))
        assert made.box.state.node_by_login("uma@elsewhere.example") == uma
        assert done.outcomes is not None
        assert guid("new") not in {item["subject"]["entra_id"] for item in done.outcomes["actions"]}
        assert made.apply().code == 0
        assert made.node("new")["enabled"]


# -- markers --------------------------------------------------------------------------------------------------------


def impostor(text: str) -> dict[str, Any]:
    return {"name": "Ivo Impostor", "email": "ivo@elsewhere.example", "description": text, "sso_id": "ivo"}


def marked(owner: str, person: str, group: str = "desk") -> str:
    return marker(person, group, upn(person)).replace(":8d2f:", f":{owner}:")


IMITATIONS: dict[str, tuple[str, set[str]]] = {
    "somebody's marker": (marker("keep", "desk", upn("keep")), {"marker_twice"}),
    "somebody's marker in capitals": (marker("keep", "desk", upn("keep")).upper(), {"marker_twice"}),
    "somebody's marker in other text": (f"see\n{marker('keep', 'desk', upn('keep'))}\nfor more", {"marker_twice"}),
    "two people's markers": (marker("keep", "desk") + marker("rename", "desk"), {"marker_bad"}),
    "one person's marker in two versions": (
        marker("keep", "desk", upn("keep")) + marker("keep", "desk", upn("keep"), off=True),
        {"marker_bad", "marker_twice"},
    ),
    "a certain leaver's beside another owner's": (marker("gone", "desk") + marked("ffff", "keep"), {"marker_bad"}),
    "another owner's": (marked("ffff", "keep"), set()),
    "another owner's of a certain leaver": (marked("ffff", "gone"), set()),
    "a group's": (f"[entra-group:8d2f:{guid('desk')}@{guid('desk')[:8]}]", set()),
    "one of a role that does not count": (f"[entra:8d2f:{guid('keep')}@{guid('desk')[:8]}#zzzzzzzz]", set()),
}


@pytest.mark.parametrize("case", sorted(IMITATIONS))
def test_a_description_that_imitates_a_marker_gets_nothing_done(tmp_path: Path, case: str) -> None:
    """Neither whoever imitates is written, nor does whom they imitate lose anything."""
    text, codes = IMITATIONS[case]
    people = {key: entra(key) for key in ("keep", "rename")} | {"gone": entra("gone", enabled=False)}
    groups = {"desk": ["keep", "rename", "gone"]}
    rescue = {
        "Desk": [
            technician("keep", "desk", sso=upn("keep")),
            technician("rename", "desk", sso=upn("rename")),
            technician("gone", "desk", sso=upn("gone"), off=True),
            impostor(text),
        ]
    }
    with world(scenario(people, groups, rescue), mappings({"desk": "Desk"}, sso=True), tmp_path) as made:
        before = made.tree()
        done = made.apply()
        assert made.writes() == [], done.out
        assert made.tree() == before
        assert done.code == (6 if codes else 0), done.out + done.err
        assert done.outcomes is not None
        assert {item["code"] for item in done.outcomes["findings"]} & {"marker_bad", "marker_twice"} == codes


def test_whoever_carries_another_owners_marker_is_not_written_even_when_wanted(tmp_path: Path) -> None:
    people = {"keep": entra("keep", "Kerstin New-Name")}
    rescue = {"Desk": [technician("keep", None, text=marked("ffff", "keep"))]}
    with world(scenario(people, {"desk": ["keep"]}, rescue), mappings({"desk": "Desk"}, sso=True), tmp_path) as made:
        before = made.tree()
        done = made.apply()
        assert made.writes() == [], done.out + done.err
        assert made.tree() == before


# -- a server that does not keep what it was sent ---------------------------------------------------------------------

DROPPED = {
    "the text": ("description", "[entra:8d2f:x]"),
    "the nick": ("nick", ""),
    "the SSO ID": ("ssoid", ""),
    "the other add-on": ("rpataddon", "False"),
}


@pytest.mark.parametrize("what", sorted(DROPPED))
def test_a_server_that_drops_what_it_was_sent_gets_one_write(tmp_path: Path, what: str) -> None:
    name, value = DROPPED[what]
    rescue = {
        "Desk": [
            technician(key, "desk", f"{key} old", sso=upn(key), nick="N", rpat=True, text="keeps the keys")
            for key in ("keep", "rename", "left")
        ]
    }
    people = {key: entra(key) for key in ("keep", "rename", "left")}

    def spoil(asked: Asked, onward: Pass) -> Reply:
        if asked.call != "setUser_v2":
            return onward()
        return onward(asked.form | {name: value})

    text = scenario(people, {"desk": list(people)}, rescue)
    with world(text, mappings({"desk": "Desk"}, sso=True), tmp_path) as made:
        with front(made.env["RESCUE_BASE_URL"], spoil) as liar:
            done = made.apply(RESCUE_BASE_URL=liar.url)
        assert len(made.writes()) == 1, done.out + done.err
        assert done.code == 6, done.out + done.err
        assert done.outcomes is not None
        assert sorted(item["outcome"] for item in done.outcomes["actions"]) == ["failed", "skipped", "skipped"]


# -- swelling answers -------------------------------------------------------------------------------------------------


def bomb(size: int) -> bytes:
    """A thousandth of what it unpacks to."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    zeros = bytes(1 << 20)
    return packer.compress(b"OK\n\n") + b"".join(packer.compress(zeros) for _ in range(size >> 20)) + packer.flush()


def packed(size: int) -> Callable[[Asked], None]:
    def answer(asked: Asked) -> None:
        body = bomb(size)
        asked.write(HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    return answer


CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
CHUNK = b"4000\r\n" + b"x" * 0x4000 + b"\r\n"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"


def endless(head: bytes, unit: bytes) -> Callable[[Asked], None]:
    """Goes on until the client hangs up; never longer than a GB."""

    def answer(asked: Asked) -> None:
        asked.write(head)
        piece = unit * (65536 // len(unit))
        for _ in range((1 << 30) // len(piece)):
            asked.write(piece)
        raise AssertionError("a GB was taken")

    return answer


SWELLING: dict[str, tuple[str, Callable[[Asked], None]]] = {
    "a tree that is a gzip bomb": ("RESCUE_BASE_URL", packed(1100 << 20)),
    "an endless line of a header of Rescue": ("RESCUE_BASE_URL", endless(HEAD + b"X: ", b"y")),
    "endless headers of Rescue": ("RESCUE_BASE_URL", endless(HEAD, b"X-More: yyyyyyy\r\n")),
    "a page of Graph that is a gzip bomb": ("GRAPH_BASE_URL", packed(300 << 20)),
    "an endless body of Graph": ("GRAPH_BASE_URL", endless(HEAD + b"Connection: close\r\n\r\n", b'{"value": [')),
    "an endless body of Graph in chunks": ("GRAPH_BASE_URL", endless(HEAD + CHUNKED, CHUNK)),
}  # fmt: skip


def measured(made: World, *words: str, **env: str) -> tuple[Done, int]:
    """The installed command, and its peak of resident memory in MB."""
    process = made.start(*words, **env)
    assert process.stdout is not None
    assert process.stderr is not None
    out, err = process.stdout.read(), process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    process.stderr.close()
    assert "Traceback" not in err, err
    return Done(process.returncode, out, err), usage.ru_maxrss // 1024


@pytest.mark.parametrize("case", sorted(SWELLING))
def test_an_answer_that_swells_ends_in_bounded_memory(tmp_path: Path, case: str) -> None:
    variable, swell = SWELLING[case]

    def spoil(asked: Asked, onward: Pass) -> Reply | None:
        if variable == "RESCUE_BASE_URL" and asked.call not in TREE:
            return onward()
        swell(asked)
        return None

    with world(story(), STORY_FILE, tmp_path) as made, front(made.env[variable], spoil) as liar:
        done, peak = measured(made, "apply", "--yes", **{variable: liar.url})
        assert done.code == 1, done.out + done.err
        assert made.writes() == []
        assert peak < PEAKS_MB[variable]
        assert len(done.out + done.err) < 10_000


# -- answers that drip ------------------------------------------------------------------------------------------------


def dripping(head: bytes, unit: bytes, pause: float) -> Callable[[Asked], None]:
    """Goes on until the client hangs up, for ten seconds at most."""

    def answer(asked: Asked) -> None:
        asked.write(head)
        for _ in range(round(10 / pause)):
            asked.write(unit)
            time.sleep(pause)
        raise AssertionError("ten seconds were waited")

    return answer


INTERIM = b"HTTP/1.1 100 Continue\r\n\r\n"
DRIPPING: dict[str, Callable[[Asked], None]] = {
    "100 Continue for ever": dripping(b"", INTERIM, 0.05),
    "100 Continue for ever, in a flood": dripping(b"", INTERIM * 200, 0.001),
    "a status line byte by byte": dripping(b"", b"H", 0.05),
    "a header byte by byte": dripping(HEAD + b"X: ", b"y", 0.05),
    "header after header": dripping(HEAD, b"X-More: y\r\n", 0.05),
    "the size of a chunk byte by byte": dripping(HEAD + CHUNKED, b"0", 0.05),
    "a body byte by byte": dripping(HEAD + b"Content-Length: 90000\r\n\r\n", b"x", 0.05),
}


@pytest.mark.parametrize("case", DRIPPING)
@pytest.mark.parametrize("variable", ["RESCUE_BASE_URL", "GRAPH_BASE_URL"])
def test_an_answer_that_drips_ends_the_run_before_anything_is_written(tmp_path: Path, variable: str, case: str) -> None:
    def spoil(asked: Asked, onward: Pass) -> Reply | None:
        if variable == "RESCUE_BASE_URL" and asked.call not in TREE:
            return onward()
        return DRIPPING[case](asked)

    with world(story(), STORY_FILE, tmp_path) as made, front(made.env[variable], spoil) as liar:
        before = made.tree()
        made.patience = 0.6
        done = made.apply(**{variable: liar.url})
        assert done.code == 1, done.out + done.err
        assert "the answer did not end within" in done.err
        assert made.writes() == []
        assert made.tree() == before


@pytest.mark.parametrize("case", ["100 Continue for ever", "a header byte by byte"])
def test_a_write_whose_answer_drips_is_unknown_and_the_rest_goes_on(tmp_path: Path, case: str) -> None:
    def spoil(asked: Asked, onward: Pass) -> Reply | None:
        if asked.call != "setUser_v2" or asked.form["email"] != upn("rename"):
            return onward()
        onward()
        return DRIPPING[case](asked)

    with world(story(), STORY_FILE, tmp_path) as made:
        made.patience = 3
        with front(made.env["RESCUE_BASE_URL"], spoil) as liar:
            done = made.apply(RESCUE_BASE_URL=liar.url)
        assert done.code == 6, done.out + done.err
        assert done.result_of("rename") == "unknown"
        assert done.results == {"done", "unknown"}
        assert "the answer did not end within" in done.action("rename")["message"]
        assert made.apply().code == 0


@pytest.mark.parametrize("case", ["interim answers one by one", "one header"])
def test_a_token_that_drips_ends_the_run(
    tmp_path: Path, certificates: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    """Of Entra's own endpoint, which azure-identity asks and not our transport."""
    monkeypatch.setattr("reconciler.source.credentials.LONGEST", 0.5)
    server = Dripping(*DRIPS[case], certificate=str(certificates / "server.pem"))
    with world(story(), STORY_FILE, tmp_path) as made, closing(server):
        del made.env["GRAPH_ACCESS_TOKEN"]
        made.env |= {"AZURE_CLIENT_ID": guid("app"), "AZURE_CLIENT_SECRET": "canary"}
        made.env |= {"AZURE_TENANT_ID": guid("tenant"), "AZURE_AUTHORITY_HOST": f"https://127.0.0.1:{server.port}"}
        done = made.apply(REQUESTS_CA_BUNDLE=str(certificates / "ca.pem"))
        assert done.code == 1, done.out + done.err
        assert "the answer did not end within" in done.err
        assert made.writes() == []


# -- leading away -----------------------------------------------------------------------------------------------------


def all_of(asked: Asked) -> str:
    return f"{asked.path} {asked.headers} {asked.body!r}"


def test_the_front_itself_sees_credentials(tmp_path: Path) -> None:
    """So that a test which finds none elsewhere has looked for the right thing."""
    with world(story(), STORY_FILE, tmp_path) as made, ExitStack() as stack:
        rescue = stack.enter_context(front(made.env["RESCUE_BASE_URL"]))
        graph = stack.enter_context(front(made.env["GRAPH_BASE_URL"]))
        done = made.call("plan", RESCUE_BASE_URL=rescue.url, GRAPH_BASE_URL=graph.url)
        assert done.code == 0, done.out + done.err
        assert all(made.env["RESCUE_API_TOKEN"] in all_of(asked) for asked in rescue.seen)
        assert all(SECRET in asked.headers.get("authorization", "") for asked in graph.seen)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("variable", ["RESCUE_BASE_URL", "GRAPH_BASE_URL"])
def test_a_redirect_to_another_host_is_not_followed(tmp_path: Path, variable: str, status: int) -> None:
    with world(story(), STORY_FILE, tmp_path) as made, ExitStack() as stack:
        elsewhere = stack.enter_context(front(made.env[variable]))

        def spoil(asked: Asked, _: Pass) -> Reply:
            return Reply(status, {"Location": elsewhere.root + asked.path}, b"")

        liar = stack.enter_context(front(made.env[variable], spoil))
        done = made.apply(**{variable: liar.url})
        assert done.code == 1, done.out + done.err
        assert elsewhere.seen == []
        assert made.writes() == []


@pytest.mark.parametrize("case", ["another port", "another name", "with a user", "a circle", "below another root"])
def test_a_next_page_elsewhere_or_in_a_circle_freezes_and_no_token_goes_there(tmp_path: Path, case: str) -> None:
    """The members come in a batch; the link of one group leads away, the other mapping goes on."""
    with world(story(), STORY_FILE, tmp_path) as made, ExitStack() as stack:
        elsewhere = stack.enter_context(front(made.env["GRAPH_BASE_URL"]))

        def link(rest: str) -> str:
            return {
                "another port": f"{elsewhere.url}{rest}",
                "another name": f"{liar.url.replace('127.0.0.1', 'localhost')}{rest}",
                "with a user": f"{liar.url.replace('127.0.0.1', f'127.0.0.1@{elsewhere.url[7:]}')}{rest}",
                "a circle": f"{liar.url}{rest}",
                "below another root": f"{liar.root}/beta{rest}",
            }[case]

        def spoil(asked: Asked, onward: Pass) -> Reply:
            reply = onward()
            if asked.call != "$batch":
                return reply
            questions = {item["id"]: item["url"] for item in json.loads(asked.body)["requests"]}
            answer = json.loads(reply.body)
            for item in answer["responses"]:
                url = questions[item["id"]]
                if f"/groups/{guid('field')}/members" in url:
                    item["body"]["@odata.nextLink"] = link(url if case == "a circle" else f"{url}&$skiptoken=x")
            return Reply(200, reply.headers, json.dumps(answer).encode())

        liar = stack.enter_context(front(made.env["GRAPH_BASE_URL"], spoil))
        done = made.apply(GRAPH_BASE_URL=liar.url)
        assert done.code == 6, done.out + done.err
        assert elsewhere.seen == []
        assert done.outcomes is not None
        [frozen] = [item for item in done.outcomes["findings"] if item["code"] == "frozen"]
        assert frozen["mapping"] == "field"
        assert ("in a circle" if case == "a circle" else "leads elsewhere") in frozen["message"]
        assert {item["mapping"] for item in done.outcomes["actions"]} == {"desk"}
        assert len([asked for asked in liar.seen if asked.call == "$batch"]) < 20


# -- plain http and certificates --------------------------------------------------------------------------------------


@pytest.mark.parametrize("variable", ["RESCUE_BASE_URL", "GRAPH_BASE_URL"])
@pytest.mark.parametrize(
    "url", ["http://rescue.corp.example/v1.0", "http://127.0.0.1.corp.example/v1.0", "ftp://127.0.0.1/v1.0"]
)
def test_plain_http_is_refused_but_for_loopback(tmp_path: Path, variable: str, url: str) -> None:
    with world(story(), STORY_FILE, tmp_path) as made:
        done = made.run("apply", "--yes", **{variable: url})
        assert done.code == 2, done.out + done.err
        assert "https://" in done.err
        assert made.calls() == []


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    ca, stranger = trustme.CA(), trustme.CA()
    ca.cert_pem.write_to_path(str(folder / "ca.pem"))
    stranger.cert_pem.write_to_path(str(folder / "stranger.pem"))
    ca.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(folder / "server.pem"))
    ca.issue_cert("rescue.corp.example").private_key_and_cert_chain_pem.write_to_path(str(folder / "other-name.pem"))
    return folder


@pytest.mark.parametrize(
    ("trusted", "server", "code"),
    [("ca", "server", 0), (None, "server", 1), ("stranger", "server", 1), ("ca", "other-name", 1)],
    ids=["a private CA that is named", "a CA nobody named", "another CA", "a certificate for another name"],
)
def test_a_private_ca_is_honoured_and_an_unknown_one_refused(
    tmp_path: Path,
    certificates: Path,
    monkeypatch: pytest.MonkeyPatch,
    trusted: str | None,
    server: str,
    code: int,
) -> None:
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    with world(story(), STORY_FILE, tmp_path) as made, ExitStack() as stack:
        pem = certificates / f"{server}.pem"
        rescue = stack.enter_context(front(made.env["RESCUE_BASE_URL"], let_pass, pem))
        env = {"RESCUE_BASE_URL": rescue.url} | ({"SSL_CERT_FILE": f"{certificates / trusted}.pem"} if trusted else {})
        done = made.call("plan", **env)
        assert done.code == code, done.out + done.err
        assert bool(rescue.seen) == (code == 0), "nothing is said before the certificate is believed"
        assert code == 0 or "certificate" in done.err.lower()
