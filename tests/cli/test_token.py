"""`reconciler token` from outside: what is on which stream, what works afterwards, and how it fails."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator

import pytest

from reconciler.sandbox import Sandbox, parse_scenario, run_sandbox

from .conftest import Shell

EMAIL = "sync@contoso.example"
PASSWORD = "Canary-Pw-2026"
SCENARIO = f"""
tenant: {{id: 8d2f4c1e-0000-4000-8000-2b7f3d9a1c55}}
people: {{}}
groups: {{}}
rescue:
  account_id: 1234567
  token_owner: {EMAIL}
  master_administrators: [{{name: Sync, email: {EMAIL}, password: {PASSWORD}}}]
  technicians: []
"""


@pytest.fixture
def place() -> Iterator[Sandbox]:
    with run_sandbox(parse_scenario(SCENARIO)) as box:
        yield box


@pytest.fixture
def ask(shell: Shell, place: Sandbox):
    """Runs the command against the sandbox."""
    shell.environ["RESCUE_BASE_URL"] = place.environment()["RESCUE_BASE_URL"]

    def run(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
        return shell.run("token", *words, **{"RESCUE_EMAIL": EMAIL, "RESCUE_PASSWORD": PASSWORD, **environ})

    return run


def test_the_code_and_nothing_else_is_on_stdout_and_the_warning_is_on_stderr(ask) -> None:
    ran = ask()
    assert ran.returncode == 0
    assert re.fullmatch(r"[a-z0-9]{79}\n", ran.stdout)
    assert "ends every older authcode" in ran.stderr
    assert ran.stdout.strip() not in ran.stderr
    assert PASSWORD not in ran.stderr


def test_the_code_enters_and_the_one_before_does_not(ask, place: Sandbox) -> None:
    from reconciler.errors import CredentialsError
    from reconciler.target.connect import open_rescue

    def enters(code: str) -> bool:
        environ = {"RESCUE_BASE_URL": place.environment()["RESCUE_BASE_URL"], "RESCUE_API_TOKEN": code}
        rescue = open_rescue(environ, "us", None)
        with rescue.channel:
            try:
                return bool(rescue.reader.fetch_tree())
            except CredentialsError:
                return False

    first = ask().stdout.strip()
    assert enters(first)
    second = ask().stdout.strip()
    assert enters(second)
    assert not enters(first)


def test_quiet_still_warns(ask) -> None:
    assert "ends every older authcode" in ask("--quiet").stderr


def test_a_job_of_github_masks_the_code_before_it_is_printed(ask) -> None:
    ran = ask(GITHUB_ACTIONS="true")
    code = ran.stdout.strip()
    assert re.fullmatch(r"[a-z0-9]{79}\n", ran.stdout)
    assert f"::add-mask::{code}\n" in ran.stderr
    assert ran.stderr.count(code) == 1


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"RESCUE_EMAIL": ""}, "RESCUE_EMAIL is not set"),
        ({"RESCUE_PASSWORD": ""}, "RESCUE_PASSWORD is not set"),
        ({"RESCUE_EMAIL": " ", "RESCUE_PASSWORD": ""}, "RESCUE_EMAIL and RESCUE_PASSWORD are not set"),
    ],
)
def test_what_is_missing_is_named_and_nothing_is_asked(ask, place: Sandbox, environ: dict[str, str], said: str) -> None:
    ran = ask(**environ)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert said in ran.stderr
    assert place.requests() == []


@pytest.mark.parametrize("answer", ["ERROR", "INVALID"])
def test_an_endpoint_that_is_denied_is_explained(ask, place: Sandbox, answer: str) -> None:
    place.state.set_switch("deny_request_auth_code", "yes")
    place.state.set_switch("denied_answer", answer)
    ran = ask()
    assert (ran.returncode, ran.stdout) == (1, "")
    assert answer in ran.stderr
    assert "RESCUE_API_TOKEN" in ran.stderr
    assert len(place.requests()) == 1


def test_a_refused_password_is_tried_once(ask, place: Sandbox) -> None:
    ran = ask(RESCUE_PASSWORD="canary-wrong-password")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "Rescue refused RESCUE_EMAIL and RESCUE_PASSWORD" in ran.stderr
    assert "canary" not in ran.stderr
    assert len(place.requests()) == 1


def scripted(answers: list[bytes | None]) -> Iterator[str]:
    """The address of something that answers each request with one of these, or hangs up."""
    import threading
    from http.server import BaseHTTPRequestHandler, HTTPServer

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            body = answers.pop(0)
            if body is not None:
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/API"
        server.shutdown()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"LIMITREACHED", "wait at least 3 minutes"),
        (b"USER_DELETED_OR_DISABLED", "deleted, disabled"),
        (b"OK\n\n", "gave no authcode"),
        (b"<html>", "gave no authcode"),
        (None, "whether the older code still works is not known"),
    ],
)
def test_other_answers_are_explained(shell: Shell, answer: bytes | None, said: str) -> None:
    served = scripted([answer])
    address = next(served)
    ran = shell.run("token", RESCUE_BASE_URL=address, RESCUE_EMAIL=EMAIL, RESCUE_PASSWORD=PASSWORD)
    next(served, None)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr


def test_nobody_there_made_no_code(shell: Shell) -> None:
    ran = shell.run("token", RESCUE_BASE_URL="http://127.0.0.1:1/API", RESCUE_EMAIL=EMAIL, RESCUE_PASSWORD=PASSWORD)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "no code was made" in ran.stderr


@pytest.mark.parametrize(("words", "host"), [([], "logmeinrescue.com"), (["--region", "eu"], "logmeinrescue.eu")])
def test_the_region_says_where(monkeypatch, words: list[str], host: str) -> None:
    from click.testing import CliRunner

    from reconciler.cli.token import token

    asked = []

    def note(channel, email, password):
        asked.append((channel.base_url, email, password))
        return "abc"

    monkeypatch.setattr("reconciler.target.credentials.request_authcode", note)
    environ = {"RESCUE_EMAIL": EMAIL, "RESCUE_PASSWORD": PASSWORD, "RESCUE_BASE_URL": "", "GITHUB_ACTIONS": ""}
    ran = CliRunner().invoke(token, words, env=environ)
    assert ran.stdout == "abc\n"
    assert asked == [(f"https://secure.{host}/API", EMAIL, PASSWORD)]
