"""Checks that need neither side: the file, the first password (D19), and what a person has to look at by hand."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.cli.passwords import VARIABLE, initial_password
from reconciler.errors import InputError, UsageError
from reconciler.model.checkup import Check, doubtful, failed, passed, unchecked
from reconciler.model.mappings import Mappings
from reconciler.render.words import many

BY_HAND = (
    "Admin Center > Global Settings, beside `Generate API token`: whether the login and requestAuthCode endpoints are "
    "denied. With an API token deny both, so that a stolen password opens nothing; with RESCUE_EMAIL and "
    "RESCUE_PASSWORD, and for `reconciler token`, they have to stay open.",
    "Admin Center > Global Settings > password policies: `Admin password changes force user to change password at next "
    "logon`. Only with it on does somebody new have to replace the first password this tool gives them; without it, "
    "everybody who knows RESCUE_INITIAL_PASSWORD can go on signing in as them.",
)
"""The two settings of Rescue that no API shows (rescue-api.md §2, §4.3; R5)."""


def check_file(file: str, tenant_id: str | None) -> tuple[list[Check], Mappings | None]:
    """The file as `validate` sees it, one check a problem, and what it says, None while it is wrong."""
    from reconciler.config.load import load_mappings

    try:
        mappings = load_mappings(file, tenant_id=tenant_id)
    except InputError as wrong:
        return [_problem(wrong, index) for index in range(len(wrong.problems))], None
    checks = [passed("file", f"{file} is valid, {many(len(mappings.mappings), 'mapping')}")]
    checks += [doubtful("file", warning, "it works; see whether it is meant") for warning in mappings.warnings]
    return checks, mappings


def _problem(wrong: InputError, index: int) -> Check:
    problem = wrong.problems[index]
    place = f"{wrong.file}:{problem.line}:{problem.column}" if problem.line else wrong.file
    return failed("file", f"{place}: {problem.message}", problem.remedy or "see `reconciler validate --help`")


def check_first_password(mappings: Mappings | None, environ: Mapping[str, str]) -> Check:
    """RESCUE_INITIAL_PASSWORD against what every password policy demands (R6), where the file uses it at all."""
    name = "first password"
    if mappings is None:
        return unchecked(name, "the file cannot be read")
    if mappings.settings.initial_password == "generate":  # noqa: S105 - a setting
        return passed(name, "settings.initial_password is generate: a different one for each new person")
    if not any(mapping.create_missing for mapping in mappings.mappings):
        return passed(name, "not needed: no mapping creates anyone")
    if not environ.get(VARIABLE):
        return doubtful(
            name,
            f"{VARIABLE} is not set: an apply that creates anyone would end with exit code 2",
            f"set {VARIABLE} where apply runs, or settings.initial_password: generate; planning needs neither",
        )
    try:
        password = initial_password(environ)
    except UsageError as weak:
        return failed(name, str(weak), weak.advice)
    return passed(name, f"{VARIABLE} satisfies {_strength(password)} of the account's password policies")


def _strength(password: str) -> str:
    """The strongest global policy that a password of at least three classes satisfies (rescue-api.md §4.3)."""
    classes = sum(
        (
            any(char.islower() for char in password),
            any(char.isupper() for char in password),
            any(char.isdigit() for char in password),
            any(not char.isalnum() for char in password),
        )
    )
    repeats = len(set(password)) < len(password)
    if classes == 4 and not repeats:
        return "Excellent, the strictest"
    return "Good, not Strong or Excellent," if repeats and classes == 3 else "Good and Strong, not Excellent,"
