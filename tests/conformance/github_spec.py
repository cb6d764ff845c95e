"""GitHub's own OpenAPI description, cut to the operations that are spoken here, as one JSON file for Prism.

github_spec.py DESCRIPTION OUT      cut DESCRIPTION (npm's @octokit/openapi) and write OUT

Nothing that describes an operation is changed. What is added, because the description says it in words only:
a path parameter of several segments (`x-multi-segment`) gets paths of two and three segments, `/repositories/NUMBER`
stands for the repository as in every Link header, the raw media type answers text, and statuses are listed at their
legacy route as well. `nullable` beside `anyOf` is spelt as one more choice: Prism's validator cannot compile it, and
then passes every answer of that operation without a word.
"""

from __future__ import annotations

import copy
import json
import sys
from pathlib import Path
from typing import Any

HERE = "/repos/{owner}/{repo}"
OPERATIONS: dict[str, tuple[str, ...]] = {
    "/user": ("get",),
    HERE: ("get",),
    f"{HERE}/issues": ("get", "post"),
    f"{HERE}/issues/{{issue_number}}": ("get", "patch"),
    f"{HERE}/issues/{{issue_number}}/comments": ("get", "post"),
    f"{HERE}/issues/comments/{{comment_id}}": ("get", "patch"),
    f"{HERE}/pulls/{{pull_number}}": ("get",),
    f"{HERE}/commits": ("get",),
    f"{HERE}/commits/{{ref}}": ("get",),
    f"{HERE}/commits/{{commit_sha}}/pulls": ("get",),
    f"{HERE}/commits/{{ref}}/statuses": ("get",),
    f"{HERE}/statuses/{{sha}}": ("post",),
    f"{HERE}/contents/{{path}}": ("get",),
}
NULL = {"type": "string", "nullable": True, "not": {"type": "string"}}
RAW = "application/vnd.github.raw+json"


def cut(whole: dict[str, Any]) -> dict[str, Any]:
    """The part of a description that OPERATIONS need. Raises KeyError for an operation that GitHub does not have."""
    paths: dict[str, Any] = {}
    for path, verbs in OPERATIONS.items():
        described = whole["paths"][path]
        paths[path] = {verb: _plain(described[verb]) for verb in verbs}
    _add_segments(paths)
    paths[f"{HERE}/statuses/{{sha}}"]["get"] = _legacy(paths[f"{HERE}/commits/{{ref}}/statuses"]["get"])
    paths[f"{HERE}/contents/{{path}}"]["get"]["responses"]["200"]["content"][RAW] = {"schema": {"type": "string"}}
    for path in list(paths):
        if path.startswith(f"{HERE}/"):
            paths[path.replace(HERE, "/repositories/{repository_id}")] = _by_number(paths[path])
    made = {name: whole[name] for name in ("openapi", "info", "servers")} | {"paths": paths, "components": {}}
    _add_components(whole, made)
    return made


def _plain(value: Any, *, names: bool = False) -> Any:
    """A copy without examples, which are most of the description. `names`: the keys are names of properties."""
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    kept = ((name, inner) for name, inner in value.items() if names or name not in ("example", "examples"))
    made = {name: _plain(inner, names=name == "properties" and not names) for name, inner in kept}
    if not names and made.get("nullable") is True and "type" not in made:
        del made["nullable"]
        return {"anyOf": [made, NULL]}
    return made


def _add_segments(paths: dict[str, Any]) -> None:
    for path in list(paths):
        for verb, operation in paths[path].items():
            for parameter in operation.get("parameters", ()):
                if parameter.get("x-multi-segment"):
                    name = parameter["name"]
                    for more in (("folder",), ("top", "folder")):
                        longer = "/".join(f"{{{part}}}" for part in (*more, name))
                        added = copy.deepcopy(operation)
                        added["parameters"] += [parameter | {"name": part} for part in more]
                        paths.setdefault(path.replace(f"{{{name}}}", longer), {})[verb] = added


def _legacy(operation: dict[str, Any]) -> dict[str, Any]:
    """Listing statuses, where the commit is named as in the path that sets one."""
    made = copy.deepcopy(operation)
    rest = [one for one in made["parameters"] if one.get("$ref", "").split("/")[-1] != "commit-ref"]
    made["parameters"] = [{"name": "sha", "in": "path", "required": True, "schema": {"type": "string"}}, *rest]
    return made


def _by_number(described: dict[str, Any]) -> dict[str, Any]:
    number = {"name": "repository_id", "in": "path", "required": True, "schema": {"type": "integer"}}
    made = copy.deepcopy(described)
    for operation in made.values():
        rest = [one for one in operation["parameters"] if one.get("$ref", "").split("/")[-1] not in ("owner", "repo")]
        operation["parameters"] = [number, *rest]
    return made


def _add_components(whole: dict[str, Any], made: dict[str, Any]) -> None:
    """Every component that something in `made` refers to, and what that refers to in turn."""
    waiting: list[Any] = [made["paths"]]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            waiting += value.values()
            where = value.get("$ref")
            if isinstance(where, str):
                kind, name = where.removeprefix("#/components/").split("/")
                kept = made["components"].setdefault(kind, {})
                if name not in kept:
                    kept[name] = _plain(whole["components"][kind][name])
                    waiting.append(kept[name])


if __name__ == "__main__":
    source, out = map(Path, sys.argv[1:])
    out.write_text(json.dumps(cut(json.loads(source.read_text(encoding="utf-8")))), encoding="utf-8")
