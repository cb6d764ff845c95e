"""Graph's OpenAPI description as JSON Schemas, and the judgement of one recorded answer by it.

The description is `graph-openapi-subset.json`; what it says of itself stands in its `info`. Read strictly:

- `nullable` becomes the type null; Microsoft's way to write a nullable reference (`anyOf` with an empty nullable
  object) becomes "that, or null"; formats are checked.
- `allOf` is flattened and closed: a property that no schema names is wrong, other than `@odata.` annotations.
- the discriminator decides: a row of an uncast list has to carry `@odata.type` and to fit the schema of that name.
- what Graph always sends is asked for although OpenAPI leaves it optional: `@odata.context`, `value`, and `id` unless a
  `$select` leaves it out.

A $batch is taken apart, its items judged like answers of their own.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import jsonschema

DESCRIPTION = Path(__file__).with_name("graph-openapi-subset.json")
PREFIX = "#/components/schemas/"
ERROR = "microsoft.graph.ODataErrors.ODataError"
UNCAST = "microsoft.graph.directoryObject"
FORMATS = jsonschema.FormatChecker(formats=())
WORDS = {"type": "array", "items": {"type": "string", "format": "uuid"}}
BEYOND = {
    # paths of Graph that the subset leaves out, by its documentation pages
    "POST /users/{user-id}/getMemberGroups": WORDS,
    "POST /users/{user-id}/checkMemberGroups": WORDS,
    "POST /$batch": None,
}


@FORMATS.checks("uuid", raises=ValueError)
def _uuid(value: object) -> bool:
    return not isinstance(value, str) or str(uuid.UUID(value)) == value.lower()


@FORMATS.checks("date-time", raises=ValueError)
def _date_time(value: object) -> bool:
    return not isinstance(value, str) or ("T" in value and datetime.fromisoformat(value).tzinfo is not None)


@FORMATS.checks("base64url", raises=(ValueError, binascii.Error))
def _base64url(value: object) -> bool:
    return not isinstance(value, str) or isinstance(base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)), bytes)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer; `asked` and `body` are the texts of both bodies."""

    method: str
    target: str
    status: int
    content_type: str
    body: str
    asked: str = ""


@dataclass(slots=True)
class Report:
    """Which operations were answered well, which were refused, and everything that does not fit."""

    answered: dict[str, int] = field(default_factory=dict)
    refused: dict[str, set[int]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


class Description:
    """The description, ready to judge."""

    def __init__(self) -> None:
        described = json.loads(DESCRIPTION.read_text(encoding="utf-8"))
        self.schemas: dict[str, Any] = described["components"]["schemas"]
        self.operations = {
            f"{method.upper()} {path}": operation
            for path, methods in described["paths"].items()
            for method, operation in methods.items()
            if method in ("get", "post", "put", "patch", "delete")
        }
        self.patterns = [
            (re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(name)), re.IGNORECASE), name)
            for name in sorted([*self.operations, *BEYOND], key=lambda name: (name.count("{"), -len(name)))
        ]
        self.validator = cache(self._validator)

    # --- schemas --------------------------------------------------------------------------------------------------

    def _validator(self, name: str) -> jsonschema.Draft202012Validator:
        """A validator for a component, with everything it refers to."""
        schema = {"$ref": f"#/$defs/{name}", "$defs": {known: self._component(known) for known in self.schemas}}
        return jsonschema.Draft202012Validator(schema, format_checker=FORMATS)

    def _component(self, name: str) -> dict[str, Any]:
        schema = self._flat(self.schemas[name])
        if schema.get("type") == "object" and schema.get("properties") and "additionalProperties" not in schema:
            return schema | {"additionalProperties": False, "patternProperties": {"@odata\\.": True}}
        return schema

    def _flat(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The schema with its bases in it, in JSON Schema's words."""
        merged: dict[str, Any] = {}
        for part in schema.get("allOf", ()):
            inner = self.schemas[part["$ref"].removeprefix(PREFIX)] if "$ref" in part else part
            flat = self._flat(inner)
            merged |= flat | {"properties": merged.get("properties", {}) | flat.get("properties", {})}
        return merged | self._words({name: value for name, value in schema.items() if name != "allOf"})

    def _words(self, schema: dict[str, Any]) -> dict[str, Any]:
        left_out = ("nullable", "description", "title", "discriminator", "example", "readOnly", "writeOnly", "default")
        found: dict[str, Any] = {}
        for name, value in schema.items():
            if name in left_out or name.startswith("x-"):
                continue
            if name == "$ref":
                found["$ref"] = "#/$defs/" + value.removeprefix(PREFIX)
            elif name == "properties":
                found[name] = {key: self._words(inner) for key, inner in value.items()}
            elif name == "anyOf":
                null = {"type": "object", "nullable": True}
                found[name] = [{"type": "null"} if inner == null else self._words(inner) for inner in value]
            elif name == "items" or (name == "additionalProperties" and isinstance(value, dict)):
                found[name] = self._words(value)
            else:
                found[name] = value
        if schema.get("nullable"):
            found["type"] = [found["type"], "null"]
            if "enum" in found:
                found["enum"] = [*found["enum"], None]
        return found

    # --- answers --------------------------------------------------------------------------------------------------

    def operation(self, method: str, path: str) -> str:
        """The operation a request means, as `GET /groups/{group-id}`; empty if there is none."""
        plain = re.sub(r"(?i)/microsoft\.graph\.", "/graph.", unquote(path)).rstrip("/")
        plain = re.sub(r"(?i)/graph\.(getByIds|getMemberGroups|checkMemberGroups)$", r"/\1", plain)
        return next((name for pattern, name in self.patterns if pattern.fullmatch(f"{method} {plain}")), "")

    def judge(self, exchanges: Iterable[Exchange]) -> Report:
        """Judge every answer, those inside of a $batch too."""
        report = Report()
        for exchange in exchanges:
            for single in self._apart(exchange, report):
                self._judge(single, report)
        return report

    def _apart(self, exchange: Exchange, report: Report) -> Iterator[Exchange]:
        """The answer itself, and if it is a $batch what is in it."""
        yield exchange
        if not exchange.target.lower().endswith("/$batch") or exchange.status != 200:
            return
        try:
            asked = {item["id"].lower(): item for item in json.loads(exchange.asked)["requests"]}
            answers = json.loads(exchange.body)["responses"]
            if sorted(asked) != sorted(answer["id"].lower() for answer in answers):
                report.wrong.append("POST /$batch: not one answer for each item")
            for answer in answers:
                item = asked[answer["id"].lower()]
                kind = {name.lower(): value for name, value in answer["headers"].items()}["content-type"]
                body = answer["body"] if kind.startswith("text/") else json.dumps(answer["body"])
                target = "/v1.0/" + item["url"].lstrip("/")
                yield Exchange(item["method"], target, answer["status"], kind, str(body))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            report.wrong.append(f"POST /$batch: not the shape of a $batch: {error!r}")

    def _judge(self, exchange: Exchange, report: Report) -> None:
        split = urlsplit(exchange.target)
        path = re.sub(r"(?i)^/v1\.0(?=/)", "", split.path)
        name = self.operation(exchange.method, path)
        here = f"{exchange.method} {exchange.target} -> {exchange.status}"
        problems = list(self._problems(exchange, name, dict(parse_qsl(split.query))))
        report.wrong += [f"{here}: {problem}" for problem in problems]
        if exchange.status >= 400:
            report.refused.setdefault(name or "a path that Graph does not have", set()).add(exchange.status)
        elif not problems:
            report.answered[name] = report.answered.get(name, 0) + 1

    def _problems(self, exchange: Exchange, name: str, options: dict[str, str]) -> Iterator[str]:
        plain = name.endswith("/$count") and exchange.status < 400
        wanted = "text/plain" if plain else "application/json"
        if exchange.content_type.partition(";")[0].strip() != wanted:
            yield f"Content-Type is {exchange.content_type!r}, not {wanted}"
            return
        try:
            body = json.loads(exchange.body)
        except ValueError:
            yield f"the body is no {'number' if plain else 'JSON'}: {exchange.body[:80]!r}"
            return
        if exchange.status >= 400:
            yield from self._by(ERROR, body)
        elif not name:
            yield "an answer for a path that Graph does not have"
        elif name in BEYOND:
            yield from self._beyond(name, body)
        else:
            content = self.operations[name]["responses"]["2XX"]["content"]
            component = next(iter(content.values()))["schema"]["$ref"].removeprefix(PREFIX)
            yield from self._named(component, body, options)

    def _beyond(self, name: str, body: Any) -> Iterator[str]:
        shape = BEYOND[name]
        if shape is not None:  # the items of a $batch are judged one by one
            schema = {"type": "object", "required": ["@odata.context", "value"], "properties": {"value": shape}}
            yield from _errors(jsonschema.Draft202012Validator(schema, format_checker=FORMATS), body)

    def _named(self, component: str, body: Any, options: dict[str, str]) -> Iterator[str]:
        """What does not fit a component, rows by the type they name themselves."""
        select = [part.strip() for part in options.get("$select", "").split(",") if part.strip()]
        collection = component.endswith("CollectionResponse")
        if isinstance(body, dict):
            needed = ["@odata.context", "value"] if collection else ["@odata.context"]
            if component == "ODataCountResponse":
                needed = []
            yield from (f"{key} is missing" for key in needed if key not in body)
        if not collection or not isinstance(body, dict) or not isinstance(body.get("value"), list):
            members = body.pop("members", None) if options.get("$expand") == "members" else None
            yield from self._by(component, body)
            for row in members or ():
                yield from self._row(UNCAST, row, [])
            return
        yield from self._by(component, body | {"value": []})
        kind = component.removesuffix("CollectionResponse")
        for number, row in enumerate(body["value"]):
            yield from (f"value[{number}]: {problem}" for problem in self._row(kind, row, select))

    def _row(self, kind: str, row: Any, select: list[str]) -> Iterator[str]:
        if not isinstance(row, dict):
            yield f"{row!r} is no object"
            return
        if "id" not in row and (not select or "id" in select):
            yield "id is missing"
        if kind != UNCAST:
            yield from self._by(kind, row)
            return
        named = str(row.get("@odata.type", ""))
        known = self.schemas[UNCAST]["allOf"][1]["discriminator"]["mapping"]
        if named in known:
            yield from self._by(known[named].removeprefix(PREFIX), row)
        else:
            yield f"@odata.type is {named!r}, none of the discriminator's"

    def _by(self, component: str, body: Any) -> Iterator[str]:
        return _errors(self.validator(component), body, component)


def _errors(validator: jsonschema.Draft202012Validator, body: Any, component: str = "") -> Iterator[str]:
    for error in validator.iter_errors(body):
        place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path)
        place = f"{place.lstrip('.')}: " if place else ""
        if error.validator == "additionalProperties":
            strange = [name for name in error.instance if name not in error.schema["properties"]]
            for name in strange:
                if "@odata." not in name:
                    yield f"{place}{name} is no property of {place and 'that in '}{component}"
        else:
            yield f"{place}{error.message[:300]}"
