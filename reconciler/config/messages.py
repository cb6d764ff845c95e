"""What the JSON Schema has against a file, in words for the person who wrote it.

jsonschema finds the errors; here each becomes a Problem at its place that says what to write instead. Of several
alternatives the one meant is taken, a misspelt key does not count as missing as well, and nothing is said about
values that were refused before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from reconciler.config.schema import mappings_schema
from reconciler.config.yaml_lines import MAX_PROBLEMS, UNUSABLE, Document, Path
from reconciler.errors import Problem
from reconciler.model.file import ACTION, DAY, GUID, OWNER, SHARE, TENANT, TEXT

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

_PATTERNS = {
    GUID: "an object id like 6a1d0c7e-0000-4000-8000-9f4e2b8d7c10",
    TENANT: "a tenant id like 8d2f4c1e-0000-4000-8000-2b7f3d9a1c55, or a domain like contoso.onmicrosoft.com",
    DAY: "a day like 2027-01-31",
    SHARE: "a whole percentage such as 20%",
    OWNER: "up to 32 letters, digits, dots, - or _",
    ACTION: "an action's id as the plan shows it, 16 digits out of 0-9 and a-f",
    TEXT: "text",
}
_ENTRIES = {"mappings": "mapping", "overrides": "override", "retired": "entry of retired", "permits": "permit"}
_EXAMPLES = {
    "version": "version: 1",
    "rescue": "rescue: {account_id: 1234567}, with the account's number",
    "account_id": "account_id: 1234567; with a wrong number, `reconciler plan` says what the account's is",
    "mappings": "mappings: and below it the pairs of groups",
    "entra_group": "entra_group: with the Entra group's object id or name",
    "rescue_group": "rescue_group: with the names below the category, like EMEA/Helpdesk, or a node id",
    "until": "until: with the last day it has effect, like 2027-01-31",
    "action": "action: hold, exclude or include",
    "people": "people: keep or disable",
}
_YES_NO = {"yes": "true", "on": "true", "y": "true", "true": "true", "no": "false", "off": "false", "n": "false"} | {
    "false": "false"
}


def schema_problems(document: Document) -> list[Problem]:
    """Every problem the JSON Schema finds in the document, unsorted; at most a few hundred."""
    found: dict[Problem, None] = {}
    for error in _validator().iter_errors(document.value):
        for leaf in _meant(error):
            for problem in _problems(leaf, document):
                found[problem] = None
                if len(found) > MAX_PROBLEMS:
                    return list(found)
    return list(found)


def schema_accepts(value: Any) -> bool:
    """Whether the JSON Schema alone has nothing against plain values."""
    return bool(_validator().is_valid(value))


def shown(value: Any, raw: str | None = None) -> str:
    """A value from the file as messages quote it: one line, no control characters, not too long."""
    if isinstance(value, str):
        text = value if len(value) <= 60 else f"{value[:57]}..."
        return '"' + "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text) + '"'
    if isinstance(value, dict):
        return "a set of keys"
    if isinstance(value, list):
        return "a list"
    return raw if raw is not None else str(value)


def label(path: Path) -> str:
    """How messages name the thing at a path: `settings.adopt`, `role`, `this mapping`."""
    if not path:
        return "the file"
    if path[0] in _ENTRIES and len(path) > 1:
        if len(path) == 2:
            return f"this {_ENTRIES[str(path[0])]}"
        path = path[2:]
    if isinstance(path[-1], int):
        return f"item {path[-1] + 1} of {label(path[:-1])}"
    return ".".join(str(step) for step in path)


@lru_cache(maxsize=1)
def _validator() -> Validator:
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    strict: Any = extend  # untyped in the stubs
    # 1.0 is no whole number to pydantic, and `$` is the very end to ECMA and pydantic, but not to Python.
    checker = Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int)
    made: Validator = strict(Draft202012Validator, {"pattern": _check_pattern}, type_checker=checker)(mappings_schema())
    return made


def _check_pattern(_: Any, pattern: str, instance: Any, __: Any) -> Iterator[ValidationError]:
    from jsonschema import ValidationError

    if isinstance(instance, str) and not re.search(pattern.removesuffix("$") + r"\Z", instance):
        yield ValidationError(f"does not match {pattern}")


def _meant(error: ValidationError) -> Iterator[ValidationError]:
    """The error itself, or of alternatives the errors of the only one whose type fits."""
    if error.validator != "anyOf":
        yield error
        return
    branches: dict[Any, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.relative_schema_path[0], []).append(inner)
    fitting = [
        errors
        for errors in branches.values()
        if not any(inner.validator == "type" and not inner.relative_path for inner in errors)
    ]
    if len(fitting) != 1 or any(inner.validator == "const" for inner in fitting[0]):
        yield error
        return
    for inner in fitting[0]:
        yield from _meant(inner)


def _problems(error: Any, document: Document) -> Iterator[Problem]:
    value, path = error.instance, tuple(error.absolute_path)
    if value is UNUSABLE:
        return
    if error.validator == "additionalProperties":
        known = list(error.schema["properties"])
        for key in value:
            if key not in known:
                yield Problem(*document.key_place((*path, key)), *_unknown_key(key, known, path))
        return
    place, name, raw = document.value_place(path), label(path), document.raw.get(path)
    if error.validator == "required":
        known = list(error.schema["properties"])
        misspelt = {_closest(key, known) for key in value if key not in known}
        for key in error.validator_value:
            if key not in value and key not in misspelt:
                yield Problem(*place, f"{name} lacks {key}", f"add {_EXAMPLES.get(key, f'{key}:')}")
        return
    yield Problem(*place, *_wrong_value(error, name, value, raw))


def _wrong_value(error: Any, name: str, value: Any, raw: str | None) -> tuple[str, str]:
    rule, wanted, schema = error.validator, error.validator_value, error.schema
    expected = _expected(schema)
    if value is None:
        needed = name.rpartition(".")[2] in _required()
        return f"{name} has no value", f"write {expected}" if needed else f"write {expected}, or leave the key out"
    if rule in ("enum", "const"):
        if name == "version":
            return f"version {shown(value, raw)} is not known here", "write 1"
        choices = wanted if rule == "enum" else [wanted]
        close = get_close_matches(value[:60].lower(), choices, 1, 0.75) if isinstance(value, str) else []
        remedy = f"write {close[0]} (it can be {_either(choices)})" if close else f"write {_either(choices)}"
        return f"{name} cannot be {shown(value, raw)}", remedy
    if rule == "pattern" and wanted == TEXT:
        if not value.strip():
            return f"{name} is empty", "write text"
        return f"{name} holds a line break or a control character, or nothing visible", "write one line of plain text"
    if rule == "minItems":
        return f"{name} is an empty list", "write at least one item"
    if rule == "minProperties":
        return f"{name} names no group", "write an id, or a name"
    if rule in ("type", "anyOf"):
        plain_text = rule == "anyOf" and any(branch.get("pattern") == TEXT for branch in wanted)
        special = _wrong_type("string" if plain_text else wanted, name, value, raw)
        if special:
            return special
    return f"{name} cannot be {shown(value, raw)}", f"write {expected}"


def _wrong_type(wanted: Any, name: str, value: Any, raw: str | None) -> tuple[str, str] | None:
    """Slips whose remedy can be said exactly."""
    if wanted == "boolean" and isinstance(value, str) and value.lower() in _YES_NO:
        word = _YES_NO[value.lower()]
        quoted = " without quotes" if value.lower() == word else ""
        return f"{name}: {shown(value)} is text, not true or false", f"write {word}{quoted}"
    if wanted == "string" and not isinstance(value, dict | list | str):
        kind = "true or false" if isinstance(value, bool) else "a number"
        return f"{name}: {shown(value, raw)} is {kind}, not text", f'put it in quotes: "{shown(value, raw)}"'
    if wanted in ("integer", "number") and isinstance(value, str) and re.fullmatch(r"[0-9]{1,18}", value):
        return f"{name}: {shown(value)} is text, not a number", f"write it without quotes: {value}"
    if wanted == "array" and not isinstance(value, dict):
        plain = isinstance(value, str) and value.isprintable() and len(value) <= 60
        return f"{name} is not a list", f"write a list, like [{value if plain else shown(value, raw)}]"
    if wanted == "object":
        return f"{name} is not a set of keys", "write `key: value` lines below it"
    return None


def _unknown_key(key: str, known: list[str], path: Path) -> tuple[str, str]:
    place = "" if not path else f" in {label(path)}"
    message = f"unknown key {shown(key)}{place}"
    close = _closest(key, known)
    if close:
        return message, f"write {close}"
    homes = [section for section, keys in _sections().items() if key in keys]
    if homes:
        return message, f"it belongs {_either(homes)}"
    return message, f"take it out; known here: {', '.join(known)}"


def _closest(key: str, known: list[str]) -> str | None:
    plain = key.lower().replace("-", "_").replace(" ", "_")
    return plain if plain in known else next(iter(get_close_matches(plain[:60], known, 1, 0.7)), None)


@lru_cache(maxsize=1)
def _sections() -> dict[str, frozenset[str]]:
    """Where keys live, as messages say it -> the keys there."""
    schema = mappings_schema()
    homes = {"at the top": frozenset(schema["properties"])}
    for name, item in schema["properties"].items():
        inner = _resolved(item.get("items", item))
        if inner.get("type") == "object":
            homes[f"under {name}"] = frozenset(inner["properties"])
    return homes


@lru_cache(maxsize=1)
def _required() -> frozenset[str]:
    """Keys that have to be there wherever they may be."""
    schema = mappings_schema()
    return frozenset(key for item in (schema, *schema["$defs"].values()) for key in item.get("required", ()))


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    ref = schema.get("$ref")
    found: dict[str, Any] = mappings_schema()["$defs"][ref.rpartition("/")[2]] if ref else schema
    return found


def _expected(schema: dict[str, Any]) -> str:
    """What to write, from the schema."""
    if schema.get("$ref", "").endswith("/EntraGroup"):
        return "{id: its object id}"
    schema = _resolved(schema)
    if "anyOf" in schema:
        return _either([_expected(branch) for branch in schema["anyOf"]])
    if "const" in schema:
        return str(schema["const"])
    if "enum" in schema:
        return _either(schema["enum"])
    if "pattern" in schema:
        return _PATTERNS[schema["pattern"]]
    low, high = schema.get("minimum"), schema.get("maximum")
    bounds = (f" from {low}" if low is not None else "") + (f" to {high}" if high is not None else "")
    return {
        "boolean": "true or false",
        "integer": f"a whole number{bounds}",
        "number": f"a number{bounds}",
        "array": "a list",
        "object": "keys and their values",
        "null": "null",
    }[schema["type"]]


def _either(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
