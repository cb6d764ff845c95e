"""All checks in their order, put together into one Checkup."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.cli.checks.entra import check_entra
from reconciler.cli.checks.machine import BY_HAND, check_file, check_first_password
from reconciler.cli.checks.rescue import Seen, check_credential, check_rescue, nothing_to_ask
from reconciler.cli.checks.together import check_together
from reconciler.cli.talk import Progress
from reconciler.errors import ReconcilerError
from reconciler.model.checkup import Answered, Checkup, Section, failed
from reconciler.model.mappings import Mappings

_NOT_PROBED = (Answered(question="Rescue", lines=("not asked: it cannot be reached, see the checks above",)),)


def examine(file: str, environ: Mapping[str, str], progress: Progress, *, probe: bool) -> Checkup:
    """Makes every check. Raises nothing that a wrong file, credential or service could cause."""
    machine, mappings = check_file(file, environ.get("AZURE_TENANT_ID") or None)
    machine.append(check_first_password(mappings, environ))
    entra = check_entra(mappings, environ, progress)
    seen, answered = _examine_rescue(mappings, environ, probe=probe)
    return Checkup(
        file=file,
        sections=(
            Section(title="File", checks=tuple(machine)),
            Section(title="Entra", checks=tuple(entra.checks)),
            Section(title="Rescue", checks=tuple(seen.checks)),
            Section(title="Together", checks=(check_together(mappings, entra.directory, seen.tree),)),
        ),
        by_hand=BY_HAND,
        probe=answered if probe else None,
    )


def _examine_rescue(
    mappings: Mappings | None, environ: Mapping[str, str], *, probe: bool
) -> tuple[Seen, tuple[Answered, ...]]:
    from reconciler.target.base_url import base_url
    from reconciler.target.connect import open_rescue
    from reconciler.target.credentials import credentials_from
    from reconciler.target.probe import probe_rescue

    credential = check_credential(environ)
    if mappings is None:
        return Seen([credential, *nothing_to_ask("the file says which region, and cannot be read")]), _NOT_PROBED
    if credential.verdict == "failed":
        return Seen([credential, *nothing_to_ask("there is no credential")]), _NOT_PROBED
    try:
        rescue = open_rescue(environ, mappings.region, mappings.requests_per_second)
        note = base_url(environ, mappings.region).note
    except ReconcilerError as wrong:
        address = failed("address", str(wrong), wrong.advice or "look at RESCUE_BASE_URL")
        rest = nothing_to_ask("there is no usable address")[1:]
        return Seen([credential, address, *rest]), _NOT_PROBED
    with rescue.channel:
        seen = check_rescue(mappings, rescue, note)
        answered = probe_rescue(rescue.channel, credentials_from(environ), seen.tree) if probe else ()
    return Seen([credential, *seen.checks], seen.tree), answered
