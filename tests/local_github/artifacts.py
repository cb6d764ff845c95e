"""What workflow runs left behind: artifacts by name, and their zip files behind a redirect, as GitHub serves them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.local_github.state import Repo

BLOBS = "/blobs/"
"""Where the redirects lead: a storage that knows no token of GitHub's, and refuses a request with one."""


@dataclass
class Artifact:
    """One archive. `head_repository`: the number of the repository whose commit the run was for; a fork's differs."""

    id: int
    name: str
    run: int
    branch: str
    head_repository: int
    head_sha: str
    data: bytes
    created_at: str
    expired: bool = False


def zipped(files: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return packed.getvalue()


def artifact_json(base: str, repo: Repo, artifact: Artifact) -> dict[str, Any]:
    at = f"{base}/repos/{repo.name}/actions/artifacts/{artifact.id}"
    return {
        "id": artifact.id,
        "node_id": f"A{artifact.id}",
        "name": artifact.name,
        "size_in_bytes": len(artifact.data),
        "url": at,
        "archive_download_url": f"{at}/zip",
        "expired": artifact.expired,
        "created_at": artifact.created_at,
        "expires_at": artifact.created_at,
        "updated_at": artifact.created_at,
        "digest": None,
        "workflow_run": {
            "id": artifact.run,
            "repository_id": repo.number,
            "head_repository_id": artifact.head_repository,
            "head_branch": artifact.branch,
            "head_sha": artifact.head_sha,
        },
    }
