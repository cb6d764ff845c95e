"""A plan or its outcomes onto GitHub: first what needs no network (summary, outputs, annotations), then the comment,
and last the status, so that no digest counts as reviewed that nobody could read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import click

from reconciler.cli.talk import Talk
from reconciler.errors import GitHubError, ReconcilerError, UsageError
from reconciler.github.client import GitHubClient
from reconciler.github.comments import fetch_planned_head, fetch_pull_number, put_comment
from reconciler.github.environment import Environment, as_link, as_sha, load_environment, path_in_repository
from reconciler.github.ours import fetch_author
from reconciler.github.statuses import PLAN, CommitStatus, context_of, describe_plan, put_status
from reconciler.github.step import append_outputs, append_summary, summary_room
from reconciler.model.plan import Outcomes, Plan
from reconciler.render.annotations import outcomes_annotations, plan_annotations
from reconciler.render.comment import COMMENT_BUDGET, Links, plan_words, render_outcomes_comment, render_plan_comment


class Commenting:
    """One run of the command. Raises UsageError before anything is written where flags or variables cannot be used."""

    def __init__(
        self,
        file: str,
        environ: Mapping[str, str],
        talk: Talk,
        *,
        pr: int | None,
        commit: str | None,
        author: str | None,
        artifact: str | None,
    ) -> None:
        self._environ = environ
        self._talk = talk
        self._pr = pr
        self._author = author
        self._here: Environment = load_environment(environ)
        self._source = file
        self._file = path_in_repository(file, environ)
        self._commit = as_sha(commit)
        if commit is not None and self._commit is None:
            raise UsageError(f"--commit {commit} is no commit id", advice="give all 40 digits of it")
        if artifact is not None and as_link(artifact) is None:
            raise UsageError("--artifact is no address of a web page", advice="give the artifact-url of the upload")
        planned = self._commit or self._here.head_sha or self._here.sha
        self._links = Links(planned, self._here.run_url, artifact)

    def show_plan(self, plan: Plan) -> None:
        masked = self._talk.masked_plan(plan)

        def render(budget: int) -> str:
            return render_plan_comment(masked, self._file, self._links, budget)

        removals = sum(action.removal for action in plan.actions)
        self._write_step(
            render,
            plan_annotations(masked, self._file, self._lines(plan)),
            plan,
            changes=plan.summary.changes_total,
            removals=removals,
        )
        with self._open() as client:
            pull = self._pr or fetch_pull_number(client, self._here, merged=False)
            if pull is None:
                self._talk.say("this run is about no pull request: there is only the job summary")
                return
            author = fetch_author(client, self._author)
            self._comment(client, pull, author, render(COMMENT_BUDGET))
            if plan.edit_digest is not None:
                self._set_status(client, pull, author, plan, plan.edit_digest)

    def show_outcomes(self, outcomes: Outcomes) -> None:
        masked = self._talk.masked_outcomes(outcomes)

        def render(budget: int) -> str:
            return render_outcomes_comment(masked, self._file, self._links, budget)

        done = [action for action in outcomes.actions if action.outcome == "done"]
        self._write_step(
            render,
            outcomes_annotations(masked, self._file, self._lines(outcomes)),
            outcomes,
            changes=len(done),
            removals=sum(action.removal for action in done),
        )
        self.post_outcomes(outcomes)

    def post_outcomes(self, outcomes: Outcomes) -> None:
        """The comment alone, where there is a pull request for it."""
        with self._open() as client:
            pull = self._pr or fetch_pull_number(client, self._here, merged=True)
            if pull is None:
                self._talk.say("this run is about no pull request: there is no comment")
                return
            body = render_outcomes_comment(self._talk.masked_outcomes(outcomes), self._file, self._links)
            self._comment(client, pull, fetch_author(client, self._author), body)

    def _open(self) -> GitHubClient:
        here = self._here
        if self._pr is None and here.pull is None and here.sha is None:
            raise UsageError("which pull request? There is no event and no commit", advice="give --pr N")
        return GitHubClient(here.api_url, here.needed_repository(), here.needed_token())

    def _write_step(
        self,
        render: Callable[[int], str],
        annotations: Sequence[str],
        about: Plan | Outcomes,
        *,
        changes: int,
        removals: int,
    ) -> None:
        """Summary, outputs and annotations, each where Actions has a place for it."""
        room = summary_room(self._environ)
        if room >= COMMENT_BUDGET:
            append_summary(self._environ, render(room))
        elif self._environ.get("GITHUB_STEP_SUMMARY"):
            self._talk.warn("the job summary is full: nothing was added to it")
        outputs = {
            "digest": about.digest or "",
            "edit-digest": about.edit_digest or "",
            "changes": str(changes),
            "removals": str(removals),
        }
        in_step = append_outputs(self._environ, outputs)
        if in_step or self._environ.get("GITHUB_ACTIONS") == "true":
            for line in annotations:
                click.echo(line)

    def _comment(self, client: GitHubClient, pull: int, author: str, body: str) -> None:
        result = put_comment(client, pull, author, body)
        self._talk.say(f"comment on #{pull}: {result}")

    def _set_status(self, client: GitHubClient, pull: int, author: str, plan: Plan, edit_digest: str) -> None:
        head = self._commit or fetch_planned_head(client, self._here, pull)
        if head is None:
            raise GitHubError(
                f"no commit status was set: it is not certain which commit of #{pull} this plan was made from",
                advice="run it on the pull_request event, or give --commit SHA; without the status a merge ends with 5",
            )
        status = CommitStatus("failure" if plan.refused else "success", describe_plan(edit_digest, plan_words(plan)))
        context = context_of(PLAN, self._file)
        new = put_status(client, head, context, author, status, self._links.run)
        self._talk.say(f"status of {head[:7]}: {'set' if new else 'unchanged'}")

    def _lines(self, about: Plan | Outcomes) -> dict[str, int]:
        """Where each mapping stands in the file: as it is here, else as the actions remember."""
        from reconciler.config.load import load_mappings

        try:
            found = load_mappings(self._source, tenant_id=self._environ.get("AZURE_TENANT_ID") or None).mappings
        except ReconcilerError:
            return {action.mapping: action.line for action in about.actions if action.mapping and action.line}
        return {mapping.name: mapping.line for mapping in found}
