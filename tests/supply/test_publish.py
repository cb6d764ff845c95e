"""The step that puts a release on PyPI, run as it stands in the workflow, against an index and an identity on loopback.

Only the signing is played, for it needs the public log of signatures.
"""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme
import yaml

ROOT = Path(__file__).parents[2]
UV = Path(sys.executable).with_name("uv")
STEP = "Sign for PyPI and upload, with the identity of this job"
SIGN = """#!/bin/bash
[ "$1" = sign ] || exit 2
for file in "${@:2}"; do printf '{"signed": "%s"}' "${file##*/}" >"$file.publish.attestation"; done
"""


@dataclass
class Index:
    """PyPI's side of trusted publishing, and the runner's identity."""

    url: str = ""
    authority: str = ""
    trusted: bool = True
    minted: list[dict[str, Any]] = field(default_factory=list)
    uploads: list[dict[str, str]] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)

    def answer(self, path: str, headers: Any, body: bytes) -> tuple[int, Any]:
        if path == "/_/oidc/audience":
            return 200, {"audience": "an-index"}
        if path.startswith("/identity"):
            known = "audience=an-index" in path and headers["Authorization"].lower() == "bearer runner"
            return (200, {"value": "identity"}) if known else (401, {})
        if path == "/_/oidc/mint-token":
            self.minted.append(json.loads(body))
            errors = {"message": "Token request failed", "errors": [{"code": "invalid-publisher", "description": "no"}]}
            return (200, {"success": True, "token": "pypi-for-minutes"}) if self.trusted else (422, errors)
        if path == "/_/oidc/burn-token":
            return 200, {}
        if path != "/legacy/":
            return 404, {}
        self.logins.append(headers["Authorization"])
        self.uploads.append(form(headers["Content-Type"], body))
        return 200, {}


def form(kind: str, body: bytes) -> dict[str, str]:
    parsed: Message = BytesParser().parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
    found = {}
    for part in parsed.get_payload():
        assert isinstance(part, Message)
        name = str(part.get_param("name", header="content-disposition"))
        found[name] = part.get_filename() or str(part.get_payload())
    return found


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    made = Index()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, said = made.answer(self.path, self.headers, body)
            data = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_POST = do_GET

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

    authority = trustme.CA()
    made.authority = str(tmp_path / "authority.pem")
    authority.cert_pem.write_to_path(made.authority)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        made.url = f"https://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield made
        server.shutdown()
        thread.join()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A job's folder with a wheel and an sdist in dist/, and the uploader where the step before installed it."""
    (tmp_path / "dist").mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--directory", str(tmp_path / "dist")],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0
    (tmp_path / "dist/SHA256SUMS").write_text("", encoding="utf-8")
    tools = tmp_path / "temp/publish/bin"
    tools.mkdir(parents=True)
    (tools / "uv").symlink_to(UV)
    (tools / "pypi-attestations").write_text(SIGN, encoding="utf-8")
    (tools / "pypi-attestations").chmod(0o755)
    return tmp_path


def publish(folder: Path, index: Index) -> subprocess.CompletedProcess[str]:
    workflow = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text(encoding="utf-8"))
    (script,) = [step["run"] for step in workflow["jobs"]["pypi"]["steps"] if step.get("name") == STEP]
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    environment |= {
        "GITHUB_ACTIONS": "true",
        "ACTIONS_ID_TOKEN_REQUEST_URL": f"{index.url}/identity?v=1",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "runner",
        "SSL_CERT_FILE": index.authority,
        "RUNNER_TEMP": str(folder / "temp"),
        "UV_PUBLISH_URL": f"{index.url}/legacy/",
        "UV_NO_CACHE": "1",
    }
    return subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_wheel_and_sdist_are_uploaded_with_their_signatures_and_a_token_made_for_it(folder: Path, index: Index) -> None:
    ran = publish(folder, index)
    assert ran.returncode == 0, ran.stderr
    assert index.minted == [{"token": "identity"}]
    names = sorted(path.name for path in (folder / "dist").iterdir() if path.suffix in (".whl", ".gz"))
    assert sorted(upload["content"] for upload in index.uploads) == names
    assert [json.loads(upload["attestations"]) for upload in index.uploads] == [
        [{"signed": upload["content"]}] for upload in index.uploads
    ]
    assert {upload["name"] for upload in index.uploads} == {"rescue-reconciler"}
    assert len(set(index.logins)) == 1
    out = ran.stdout + ran.stderr
    assert (out.count("pypi-for-minutes"), "::add-mask::pypi-for-minutes" in out) == (1, True)


def test_nothing_is_uploaded_where_the_index_does_not_trust_the_workflow(folder: Path, index: Index) -> None:
    index.trusted = False
    ran = publish(folder, index)
    assert ran.returncode != 0
    assert "invalid-publisher" in ran.stderr
    assert len(index.minted) == 1
    assert index.uploads == []
