"""What a merge and a schedule apply, found on GitHub (product.md §5): accepted file, reviewed digest, accepting.

A merge applies what its pull request's reviewed digest stands for, and nothing else. A schedule applies what a merge
has accepted; whatever came later waits, and is said. GitHub is read before Entra and Rescue, and written once: the
status of the accepted commit, before the first write to Rescue.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from reconciler.cli.base import Base, base_of
from reconciler.cli.edits import Edit, same_digest
from reconciler.cli.talk import Talk
from reconciler.errors import NotReviewed, ReconcilerError, UsageError
from reconciler.github.client import GitHubClient
from reconciler.github.comments import fetch_merged_pull
from reconciler.github.environment import Environment, load_environment, path_in_repository
from reconciler.github.history import (
    MOST_COMMITS,
    Accepted,
    fetch_accepted,
    fetch_file,
    fetch_touching,
    is_on_default_branch,
)
from reconciler.github.ours import fetch_author
from reconciler.github.statuses import ACCEPTED, PLAN, CommitStatus, context_of, describe_plan, fetch_status, put_status
from reconciler.model.mappings import Mappings
from reconciler.model.plan import Outcomes, Plan, make_finding


@dataclass(frozen=True, slots=True)
class Reviewed:
    """The digest that was reviewed and where it stands, or why there is none."""

    digest: str | None
    where: str


class GitHubEdits:
    """The repository a step runs in. Raises UsageError where its variables cannot be used, GitHubError as it reads."""

    def __init__(self, file: str, environ: Mapping[str, str], author: str | None) -> None:
        self.file = file
        self.environ = environ
        self.here: Environment = load_environment(environ)
        self.name = path_in_repository(file, environ)
        if self.name.startswith(("/", "../")):
            raise UsageError(f"{file} is not in the repository", advice="name a file below GITHUB_WORKSPACE")
        self.author = author

    @contextmanager
    def open(self) -> Iterator[tuple[GitHubClient, str]]:
        """A client, and whose statuses count."""
        with GitHubClient(self.here.api_url, self.here.needed_repository(), self.here.needed_token()) as client:
            yield client, fetch_author(client, self.author)

    def base(self, accepted: Accepted | None, head: Mappings, talk: Talk) -> Base:
        """The newest accepted file as the one before the edit."""
        if accepted is None:
            name = f"accepted {self.name} among the newest {MOST_COMMITS} commits that touch it"
            return base_of(name, None, head, talk)
        talk.say(f"the file before the edit: {self.name} of commit {accepted.sha[:7]}, the newest accepted one")
        return base_of(f"{self.name} of {accepted.sha[:7]}", accepted.data, head, talk)


def fetch_base(file: str, head: Mappings, environ: Mapping[str, str], author: str | None, talk: Talk) -> Base:
    """The file before the edit, for `plan --github`."""
    edits = GitHubEdits(file, environ, author)
    with edits.open() as (client, who):
        return edits.base(fetch_accepted(client, edits.name, who), head, talk)


class MergedEdit(GitHubEdits):
    """`apply --github merge`. `reviewed`: a digest given by hand, in place of the pull request's."""

    def __init__(self, file: str, environ: Mapping[str, str], author: str | None, reviewed: str | None) -> None:
        super().__init__(file, environ, author)
        self._reviewed = reviewed
        if self.here.sha is None:
            raise UsageError("which commit was merged? GITHUB_SHA is not set", advice="set it as Actions does")

    @property
    def _sha(self) -> str:
        return self.here.sha or ""

    def load(self, talk: Talk) -> Edit:
        from reconciler.cli.reading import load_file
        from reconciler.config.load import read_bytes

        mappings, data = load_file(self.file, talk), read_bytes(self.file)
        with self.open() as (client, who):
            touching = next(fetch_touching(client, self.name, self._sha), None)
            accepted = fetch_accepted(client, self.name, who)
            refusal = self._not_merged(client, touching, data)
            known = accepted is not None and same_file(accepted.data, data)
            reviewed = Reviewed(self._reviewed, "the digest given by hand")
            if self._reviewed is None:
                reviewed = Reviewed(None, "accepted before") if known else self._fetch_reviewed(client, who)

        def judge(plan: Plan) -> NotReviewed | None:
            if refusal is not None:
                return _refused(refusal, plan, by_hand=False)
            if known and self._reviewed is None:
                return None  # nothing is edited: what is left of an accepted edit is pending
            if reviewed.digest is None:
                return _refused(f"the edit was not reviewed: {reviewed.where}", plan)
            if not same_digest(reviewed.digest, plan):
                what = f"the edit would now do something else than what was reviewed ({reviewed.where})"
                return _refused(what, plan)
            return None

        def accept(plan: Plan) -> None:
            status = CommitStatus("success", describe_plan(plan.edit_digest or "", "accepted"))
            with self.open() as (client, who):
                for sha in dict.fromkeys(filter(None, (self._sha, touching))):
                    put_status(client, sha, context_of(ACCEPTED, self.name), who, status, self.here.run_url)
            talk.say(f"accepted: {self.name} of commit {self._sha[:7]}")

        def tell_refused(outcomes: Outcomes) -> None:
            _comment(self.file, self.environ, talk, self.author, outcomes)

        base = self.base(accepted, mappings, talk)
        return Edit(mappings, base, judge=judge, accept=accept, tell_refused=tell_refused)

    def _not_merged(self, client: GitHubClient, touching: str | None, data: bytes) -> str | None:
        """Why the file here is not what this commit brought to the default branch, None where it is."""
        if touching is None or not is_on_default_branch(client, self.name, touching):
            return f"commit {self._sha[:7]} brings no {self.name} to the default branch"
        merged = fetch_file(client, self.name, touching)
        if merged is None or not same_file(merged, data):
            return f"{self.file} here is not {self.name} of commit {self._sha[:7]}"
        return None

    def _fetch_reviewed(self, client: GitHubClient, author: str) -> Reviewed:
        pull = fetch_merged_pull(client, self._sha)
        if pull is None:
            return Reviewed(None, f"no pull request brought commit {self._sha[:7]}")
        context = context_of(PLAN, self.name)
        status = fetch_status(client, pull.head, context, author)
        if status is None or status.edit_digest is None:
            head = f"{pull.head[:7]}, the head of #{pull.number}"
            return Reviewed(None, f"{head}, has no status {context} by {author} with a digest")
        return Reviewed(status.edit_digest, f"{status.edit_digest[:12]} in #{pull.number}")


class AcceptedEdit(GitHubEdits):
    """`apply --github schedule`."""

    def load(self, talk: Talk) -> Edit:
        from reconciler.cli.reading import load_file
        from reconciler.config.load import parse_mappings

        with self.open() as (client, who):
            accepted = fetch_accepted(client, self.name, who)
            waiting = accepted is not None and self._is_waiting(client, accepted)
        if accepted is None:
            why = f"no commit among the newest {MOST_COMMITS} that touch {self.name} was accepted by a merge yet"
            finding = make_finding("edit_waiting", f"{why}; all of the file waits, and nothing is applied")
            return Edit(load_file(self.file, talk), findings=(finding,), unaccepted=why)
        talk.say(f"applying {self.name} of commit {accepted.sha[:7]}, the newest accepted one")
        mappings = parse_mappings(self.name, accepted.data, tenant_id=self.environ.get("AZURE_TENANT_ID") or None)
        for warning in mappings.warnings:
            talk.warn(warning)
        if not waiting:
            return Edit(mappings)
        message = (
            f"{self.name} of commit {accepted.newest[:7]} was merged and not accepted; none of it is applied, "
            f"what is applied is the file of {accepted.sha[:7]}"
        )
        return Edit(mappings, findings=(make_finding("edit_waiting", message),))

    def _is_waiting(self, client: GitHubClient, accepted: Accepted) -> bool:
        """Whether the newest version says something else. One that takes the file away does."""
        if accepted.newest == accepted.sha:
            return False
        newest = fetch_file(client, self.name, accepted.newest)
        return newest is None or not same_file(newest, accepted.data)


def same_file(one: bytes, other: bytes) -> bool:
    """Whatever line ends a checkout made of it."""
    return one.replace(b"\r\n", b"\n") == other.replace(b"\r\n", b"\n")


def _refused(what: str, plan: Plan, *, by_hand: bool = True) -> NotReviewed:
    remedy = f"start the workflow by hand with the edit digest {plan.edit_digest}" if by_hand else "merge it first"
    return NotReviewed(f"{what}; nothing was written", advice=f"look at the plan above; if it is right, {remedy}")


def _comment(file: str, environ: Mapping[str, str], talk: Talk, author: str | None, outcomes: Outcomes) -> None:
    """The new plan where it will be looked for. That it could not be posted changes nothing about the refusal."""
    from reconciler.cli.commenting import Commenting

    try:
        Commenting(file, environ, talk, pr=None, commit=None, author=author, artifact=None).post_outcomes(outcomes)
    except ReconcilerError as failed:
        talk.warn(f"the new plan is not on the pull request: {failed}")
