"""`mappings.yaml` -> `Mappings`, or one InputError with every problem in the file, sorted by place.

YAML with places, JSON Schema, pydantic, cross-checks, then the effective configuration. Reads the one file and nothing
else: the tenant the environment names is handed in.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from reconciler.config.checks.checking import check_parts
from reconciler.config.checks.parts import Pair, Parts
from reconciler.config.messages import label, schema_problems
from reconciler.config.settle import config_digest, nfc, settle_mapping, settled_owner
from reconciler.config.words import words_of
from reconciler.config.yaml_lines import MAX_BYTES, MAX_PROBLEMS, UNUSABLE, Document, read_yaml
from reconciler.errors import InputError, Problem
from reconciler.model import file as words
from reconciler.model.mappings import Mappings, Override, Permit, Retired

Model = TypeVar("Model", bound=words.FileModel)


def load_mappings(path: str | Path, *, tenant_id: str | None) -> Mappings:
    """The file's meaning. `tenant_id` is what AZURE_TENANT_ID says; the file's own word goes before it.

    Raises InputError with all problems; warnings stand in the result.
    """
    return parse_mappings(str(path), read_bytes(path), tenant_id=tenant_id)


def read_bytes(path: str | Path) -> bytes:
    """The file's bytes. Raises InputError for what is missing, unreadable, no file, or larger than any real one."""
    file = str(path)
    try:
        with Path(path).open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            data = stream.read(MAX_BYTES + 1) if size <= MAX_BYTES else b""
    except FileNotFoundError:
        _refuse(file, "there is no such file", "check the name, or copy the sample mappings.yaml")
    except IsADirectoryError:
        _refuse(file, "this is a directory", "name the file in it")
    except PermissionError:
        _refuse(file, "this file may not be read", "give yourself the right to read it")
    except (OSError, ValueError) as err:
        _refuse(file, f"this file cannot be read ({getattr(err, 'strerror', None) or err})", "name another file")
    if size > MAX_BYTES or len(data) > MAX_BYTES:
        _refuse(file, f"this file is larger than {MAX_BYTES // 1_000_000} MB", "name a mappings file")
    return data


def parse_mappings(file: str, data: bytes, *, tenant_id: str | None) -> Mappings:
    """The same from bytes: `file` is the name that messages give, such as that of another commit's version."""
    document = read_yaml(file, data)
    if document.value is UNUSABLE:
        raise InputError(file, document.problems)
    if not isinstance(document.value, dict):
        empty = document.value is None
        what = "the file is empty" if empty else "the file is not keys and their values"
        raise InputError(
            file, [*document.problems, Problem(*document.value_place(()), what, "begin with `version: 1`")]
        )
    problems = document.problems + schema_problems(document)
    whole = None if problems else _whole(file, document)
    parts = _parts(document, tenant_id or None, whole)
    remarks = check_parts(parts)
    problems += remarks.problems
    if whole is None or problems:
        raise InputError(file, _shortened(problems))
    warnings = tuple(InputError(file, _shortened(remarks.warnings)).lines())
    return _settled(file, document, whole, parts, warnings)


def pydantic_problems(document: Document, error: words.ValidationError) -> list[Problem]:
    """What pydantic has against values the JSON Schema let pass: none, unless the two disagree."""
    found = []
    for item in error.errors(include_url=False):
        path = tuple(step for step in item["loc"])
        while path and path not in document.values:
            path = path[:-1]
        found.append(Problem(*document.value_place(path), f"{label(path)}: {item['msg']}", "see schema/"))
    return found


def _refuse(file: str, message: str, remedy: str) -> NoReturn:
    raise InputError(file or "(no name)", [Problem(0, 0, message, remedy)]) from None


def _whole(file: str, document: Document) -> words.MappingsFile:
    try:
        return words.MappingsFile.model_validate(document.value)
    except words.ValidationError as err:
        raise InputError(file, pydantic_problems(document, err)) from err


def _parts(document: Document, tenant_id: str | None, whole: words.MappingsFile | None) -> Parts:
    """The sound parts: of a sound file all, else each section and each entry that holds by itself."""
    value = document.value if whole is None else {}

    def section(key: str, model: type[Model]) -> Model | None:
        return getattr(whole, key) if whole else _sound(model, value.get(key, {}))

    def entries(key: str, model: type[Model]) -> Iterator[tuple[int, Model]]:
        if whole:
            yield from enumerate(getattr(whole, key))
            return
        for index, item in enumerate(_list(value.get(key))):
            sound = _sound(model, item)
            if sound is not None:
                yield index, sound

    defaults = section("defaults", words.MappingKeys)
    pairs = []
    for index, said in entries("mappings", words.Mapping):
        line = document.value_place(("mappings", index)).line
        pairs.append(Pair(index, said, settle_mapping(said, defaults or words.MappingKeys(), line)))
    protected = whole.protected if whole else _list(value.get("protected"))
    return Parts(
        document=document,
        tenant_id=tenant_id,
        entra=section("entra", words.EntraSection),
        rescue=section("rescue", words.RescueSection),
        settings=section("settings", words.Settings),
        limits=section("limits", words.Limits),
        guards=section("guards", words.Guards),
        defaults=defaults,
        protected=[(index, login) for index, login in enumerate(protected) if isinstance(login, str)],
        pairs=pairs,
        overrides=list(entries("overrides", words.Override)),
        retired=list(entries("retired", words.Retired)),
        permits=list(entries("permits", words.Permit)),
        mappings_written=len(_list(document.value.get("mappings"))),
    )


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _sound(model: type[Model], value: Any) -> Model | None:
    try:
        return model.model_validate(value)
    except words.ValidationError:
        return None


def _shortened(problems: list[Problem]) -> list[Problem]:
    """All, or of hundreds the first ones, and how many more there are."""
    if len(problems) <= MAX_PROBLEMS:
        return problems
    kept = sorted(problems)[:MAX_PROBLEMS]
    more = f"{len(problems) - MAX_PROBLEMS} or more like these follow"
    return [*kept, Problem(kept[-1].line, kept[-1].column + 1, more, "correct these first")]


def _settled(
    file: str, document: Document, whole: words.MappingsFile, parts: Parts, warnings: tuple[str, ...]
) -> Mappings:
    def line(key: str, index: int) -> int:
        return document.value_place((key, index)).line

    found = Mappings(
        file=file,
        tenant_id=parts.tenant,
        cloud=whole.entra.cloud,
        region=whole.rescue.region,
        account_id=whole.rescue.account_id,
        owner=settled_owner(whole.rescue.owner, parts.tenant) or "",
        technician_seats=whole.rescue.technician_seats,
        mobile_seats=whole.rescue.mobile_seats,
        requests_per_second=whole.rescue.requests_per_second,
        settings=whole.settings,
        limits=whole.limits,
        guards=whole.guards,
        protected=tuple(whole.protected),
        mappings=tuple(pair.mapping for pair in parts.pairs),
        overrides=tuple(
            Override(
                login=entry.login,
                action=entry.action,
                until=date.fromisoformat(entry.until),
                reason=entry.reason,
                mapping=nfc(entry.mapping.strip()) if entry.mapping is not None else None,
                line=line("overrides", index),
            )
            for index, entry in enumerate(whole.overrides)
        ),
        retired=tuple(
            Retired(entry.entra_group.lower(), entry.people, line("retired", index))
            for index, entry in enumerate(whole.retired)
        ),
        permits=tuple(
            Permit(
                guard=entry.guard,
                actions=frozenset(entry.actions),
                reason=entry.reason,
                until=date.fromisoformat(entry.until),
                line=line("permits", index),
            )
            for index, entry in enumerate(whole.permits)
        ),
        config_digest="",
        warnings=warnings,
        words=words_of(whole, [pair.mapping for pair in parts.pairs]),
    )
    return replace(found, config_digest=config_digest(found))
