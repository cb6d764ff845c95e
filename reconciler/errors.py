"""Every error raised on purpose, with its exit code and its advice.

One base class. `cli.main` catches it once, prints what happened, where and what to do, and leaves with `exit_code`
(product.md §3); any other exception is a bug and keeps its traceback. Foreign exceptions are converted where they
occur, with `from`. No message holds a secret or a URL with a query.

    ReconcilerError             1   could not read, network
      CredentialsError          1   no credential, or it was refused
      SourceError               1   Entra could not be read
      TargetError               1   Rescue could not be read, or is not what we were told it is
        TargetRefused           1   Rescue answered a definite no to one call; nothing changed by it
        TargetUnknown           1   what became of one call is not known: `ERROR`, a lost answer
      GitHubError               1   GitHub did not do what was asked of it; nothing of Rescue is concerned
      UsageError                2   flags or environment that cannot be used
        InputError              2   the file is wrong; carries every problem
      GuardRefused              4   a guard refused the plan; nothing written
      NotReviewed               5   not the reviewed, or no longer the saved plan; nothing written
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class ReconcilerError(Exception):
    """What happened, in one sentence; `advice` says what to do about it (may be empty)."""

    exit_code = 1
    advice = ""

    def __init__(self, message: str, *, advice: str | None = None) -> None:
        super().__init__(message)
        if advice is not None:
            self.advice = advice


class CredentialsError(ReconcilerError):
    """No usable credential, or the service refused it. Never retried: repeated refusals lock accounts."""


class SourceError(ReconcilerError):
    """Entra as a whole could not be read. Trouble with one group is not an error but a frozen mapping (D17)."""

    advice = "nothing was changed; run again, and see `reconciler plan -v` if it happens again"


class TargetError(ReconcilerError):
    """Rescue could not be read, or its answer cannot be believed (rescue-api.md §7)."""

    advice = "nothing was changed; run again, and see `reconciler plan -v` if it happens again"


class TargetRefused(TargetError):
    """A definite refusal of one call. `token` is the answer's first word, verbatim (rescue-api.md §6)."""

    advice = ""

    def __init__(self, token: str, message: str) -> None:
        super().__init__(message)
        self.token = token


class TargetUnknown(TargetError):
    """One write was sent and its fate is not known: `ERROR`, a time-out, a dropped connection, a page of HTML.

    Never repeated blindly; the next reading tells. `token` is the answer's first word, empty where no answer came.
    """

    advice = ""

    def __init__(self, message: str, *, token: str = "") -> None:
        super().__init__(message)
        self.token = token


class GitHubError(ReconcilerError):
    """GitHub refused or did not answer. `status` is the answer's, 0 where there was none."""

    advice = "run the step again; nothing in Rescue or Entra is concerned"

    def __init__(self, message: str, *, status: int = 0, advice: str | None = None) -> None:
        super().__init__(message, advice=advice)
        self.status = status


class UsageError(ReconcilerError):
    """Flags, variables or a combination of them that cannot be used."""

    exit_code = 2


class Problem(NamedTuple):
    """One thing wrong with a file. Lines and columns count from 1; 0 where the file as a whole is meant."""

    line: int
    column: int
    message: str
    remedy: str


class InputError(UsageError):
    """A file is wrong. Carries every problem found, in the order of the file, never only the first."""

    def __init__(self, file: str, problems: Sequence[Problem]) -> None:
        self.file = file
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(self.lines()))

    def lines(self) -> list[str]:
        """`FILE:LINE:COLUMN: what is wrong; what to write instead`, one a problem."""
        found = []
        for problem in self.problems:
            place = f"{self.file}:{problem.line}:{problem.column}" if problem.line else self.file
            found.append(f"{place}: {problem.message}" + (f"; {problem.remedy}" if problem.remedy else ""))
        return found


class GuardRefused(ReconcilerError):
    """A guard of product.md §6 refused the whole plan before the first write."""

    exit_code = 4


class NotReviewed(ReconcilerError):
    """The plan made now is not the one that was reviewed or saved."""

    exit_code = 5
