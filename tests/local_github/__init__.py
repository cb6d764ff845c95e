"""A GitHub on loopback for tests: the part of the REST API that pull requests, statuses and issues need.

Written from GitHub's documentation, over real sockets, and sharing nothing with the client it is there to judge. A
test makes a `LocalGitHub`, commits files, opens pull requests, hands out tokens with permissions, plans faults, and
afterwards looks at the state and at the log of requests.
"""

from __future__ import annotations

from tests.local_github.artifacts import Artifact
from tests.local_github.faults import Fault
from tests.local_github.server import LocalGitHub, also_on_socket, run_github
from tests.local_github.state import Comment, Commit, Identity, Issue, Pull, Repo, Status

__all__ = [
    "Artifact",
    "Comment",
    "Commit",
    "Fault",
    "Identity",
    "Issue",
    "LocalGitHub",
    "Pull",
    "Repo",
    "Status",
    "also_on_socket",
    "run_github",
]
