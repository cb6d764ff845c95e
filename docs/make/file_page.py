"""Writes docs/file.md: mappings.yaml key by key, from the schema that the file is checked against (`make schema`).

Types, defaults and meanings are the schema's; what is said here is a word before each section, what
choices mean, and an example that a test validates.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from reconciler.config.schema import mappings_schema
from reconciler.model.file import ACTION, DAY, GUID, OWNER, SHARE, TENANT, TEXT

PAGE = Path(__file__).parents[1] / "file.md"

_HEAD = """\
<!-- Written by `make schema` from reconciler/model/file.py; edit docs/make/file_page.py or the models instead. -->
# The file, key by key

`mappings.yaml` says which Entra groups are which Rescue groups, and how. `reconciler validate` checks it without any
network and names every problem at once, by line and column. Editors complete and explain the keys with this first line:

```yaml
# yaml-language-server: $schema=schema/mappings.schema.json
version: 1
rescue: {account_id: 1234567}
mappings: []
```

- It is read with the core rules of YAML 1.2, as editors read it: `no`, `off`, dates and `24:30` are text.
- An unknown or repeated key, an alias (`*name`) or a key without a value is an error, not a default.
- `reconciler init` writes a first file by asking, or with `--import` from an account that is in use.

A small file for one group:

```yaml
version: 1
entra: {tenant_id: 8d2f4c1e-0000-4000-8000-2b7f3d9a1c55}
rescue: {account_id: 1234567}
mappings:
  - name: helpdesk-emea
    entra_group: {id: 6a1d0c7e-0000-4000-8000-9f4e2b8d7c10, name: Helpdesk EMEA}
    rescue_group: EMEA/Helpdesk
    upn_as_sso_id: true
```
"""


class Said(NamedTuple):
    """What the schema cannot say of a section: a word before its keys, and an example."""

    before: str
    example: str


CHOICES: dict[str, dict[str, str]] = {
    "settings": {
        "adopt: login": "a technician whose login is the person's login is linked",
        "adopt: aliases": "also one whose login is another address of theirs: mail, UPN, a proxy address; the login is "
        "put right",
        "adopt: never": "nobody is linked; who is there already is reported, and nobody is created beside them",
        "unmanaged: report": "technicians in a mapped group whom no Entra member explains are listed",
        "unmanaged: disable": "they are disabled, as AdSync would; counted as removals",
        "reenable: ours": "whom this tool disabled is enabled when they come back; whom a person disabled stays so",
        "reenable: always": "both, for technicians",
        "guests: skip": "guests are no members, and leave if they were",
        "guests: include": "guests are members like others",
        "initial_password: env": "new people get `RESCUE_INITIAL_PASSWORD`. Whether they must change it at their first "
        "login is a switch in Rescue's Global Settings: look at it once",
        "initial_password: generate": "each gets their own, which nobody sees. They sign in by SSO, so an SSO ID rule "
        "is needed",
    },
    "defaults": {
        "role: technician": "both groups are for technicians",
        "role: admin": "both are for administrators; `entra_group` needs an id",
        "full_sync: true": "names, logins, SSO IDs, groups and status follow Entra",
        "full_sync: false": "only link and status do; nobody is created unless `create_missing: true`",
        "nested: mirror": "a group inside the Entra group is the Rescue group of the same name below; whoever is in "
        "more than one sits in the deepest",
        "nested: flatten": "people of groups inside count as members of this one",
        "nested: direct": "groups inside are not looked at",
        "create_group: true": "missing Rescue groups get their parent's permissions; at the top `permissions_from` is "
        "needed",
        "mobile_license: award": "each member gets one, as far as `rescue.mobile_seats` goes",
        "mobile_license: release": "they are taken back",
        "mobile_license: keep": "licences are left as they are, except that a leaver gives theirs back",
    },
}
"""What a choice means, where a word in the table of keys is not enough."""

_AFTER = {
    "settings": "Without `use_email_as_sso_id` and `upn_as_sso_id` SSO IDs are left alone. They are never emptied.",
}

SECTIONS: dict[str, Said] = {
    "version": Said("", "version: 1\n"),
    "entra": Said(
        "Nothing is ever written there.",
        "entra:\n  tenant_id: 8d2f4c1e-0000-4000-8000-2b7f3d9a1c55\n  cloud: global\n",
    ),
    "rescue": Said(
        "A credential for any other account is refused before anything is planned.",
        "rescue:\n  region: us\n  account_id: 1234567\n  technician_seats: 120\n  mobile_seats: 20\n",
    ),
    "settings": Said(
        "",
        "settings:\n  use_upn_as_email: true\n  adopt: aliases\n  adopt_admins: true\n  unmanaged: report\n",
    ),
    "limits": Said("Beyond them nothing is cut off.", "limits: {groups: 999, members: 2000}\n"),
    "guards": Said(
        "What each counts, and what to do when one refuses: [when a guard refuses](when-a-guard-refuses.md).",
        "guards:\n  max_removals: 10%\n  max_moves: 40\n  on_violation: hold_removals\n",
    ),
    "protected": Said(
        "The login somebody has now, or would get. The account holder, master administrators and whoever the tool runs "
        "as need no entry.",
        'protected: [breakglass@contoso.example, "svc-*@contoso.example"]\n',
    ),
    "defaults": Said(
        "A mapping inherits what it does not say itself.", "defaults: {full_sync: true, nested: direct}\n"
    ),
    "mappings": Said(
        "One Entra group may be in one mapping. Several mappings may share a Rescue group: its people are those of all "
        "of them. Beside the keys below a mapping has all those of [defaults](#defaults).",
        """\
mappings:
  - name: helpdesk-emea
    entra_group: {id: 6a1d0c7e-0000-4000-8000-9f4e2b8d7c10, name: Helpdesk EMEA}
    rescue_group: EMEA/Helpdesk
    mobile_license: award
  - name: help-desk-two             # a group whose name has a slash: a list of names, or the node id
    entra_group: Second Line
    rescue_group: [EMEA, Help/Desk]
    priority: 50                    # who is in both groups sits here
  - name: administrators
    entra_group: 2e58b7c4-0000-4000-8000-f19a03d64c88
    rescue_group: Regional Administrators
    role: admin
""",
    ),
    "overrides": Said(
        "After the day named an entry has no effect, and is reported as `expired`.",
        """\
overrides:
  - {login: temp@contoso.example, action: exclude, until: 2027-01-31, reason: INC-4411}
  - {login: m.holt@contoso.example, action: hold, until: 2027-01-31}
  - {login: s.kjaer@contoso.example, action: include, mapping: helpdesk-emea, until: 2027-01-31}
""",
    ),
    "retired": Said(
        "Without an entry the people of a mapping that left the file are reported as `orphaned`, and left alone.",
        "retired:\n  - {entra_group: 91e6a3d8-0000-4000-8000-0c74f2db8e66, people: disable}\n",
    ),
    "permits": Said(
        "The plan prints the entry when a guard refuses; it counts for the actions it lists and for nobody else.",
        """\
permits:
  - {guard: max_removals, actions: ["5be0c1d29a7f0013"], reason: Lisbon office closed, until: 2026-12-01}
""",
    ),
}

_PATTERNS = {
    GUID: "object id",
    TENANT: "tenant id or domain",
    DAY: "day, `YYYY-MM-DD`",
    SHARE: "percentage",
    OWNER: "1 to 32 letters, digits, `_.-`",
    ACTION: "action id, 16 hex digits",
    TEXT: "text of one line",
}


_LIMIT = " A number, a whole percentage such as 20%, or off."


def render_page() -> str:
    """The whole page. Raises KeyError where the schema has a section that is not spoken of here, or the reverse."""
    schema = mappings_schema()
    sections = schema["properties"]
    if sections.keys() != SECTIONS.keys():
        raise KeyError(", ".join(sorted(sections.keys() ^ SECTIONS.keys())))
    parts = [_HEAD]
    parts += [_section(name, section, schema) for name, section in sections.items()]
    return "\n".join(parts)


def _section(name: str, section: dict[str, Any], schema: dict[str, Any]) -> str:
    said = SECTIONS[name]
    own = section.get("description") or _referred(section, schema).get("description", "")
    required = " Required." if name in schema["required"] else ""
    lines = [f"## {name}", "", " ".join(filter(None, (f"{own}{required}", said.before))), ""]
    table = _referred(section.get("items", section), schema)
    if "properties" in table:
        inherited = set(schema["$defs"]["MappingKeys"]["properties"]) if name == "mappings" else set()
        keys = {key: value for key, value in table["properties"].items() if key not in inherited}
        lines += _table(keys, table.get("required", ()), schema)
    if name == "mappings":
        lines += ["`entra_group` as an object:", "", *_table(schema["$defs"]["EntraGroup"]["properties"], (), schema)]
    lines += ["```yaml", said.example.rstrip("\n"), "```", ""]
    if name in CHOICES:
        _check_choices(name, table["properties"])
        lines += ["| choice | means |", "| --- | --- |"]
        lines += [f"| `{choice}` | {means} |" for choice, means in CHOICES[name].items()]
        lines += [""]
    if name in _AFTER:
        lines += [_AFTER[name], ""]
    return "\n".join(lines)


def _check_choices(name: str, keys: dict[str, Any]) -> None:
    """Every word that a key may have is explained. Raises KeyError where one is not."""
    choices = {f"{key}: {word}" for key, value in keys.items() for word in value.get("enum", ())}
    if choices - CHOICES[name].keys():
        raise KeyError(", ".join(sorted(choices - CHOICES[name].keys())))


def _table(keys: dict[str, Any], required: tuple[str, ...] | list[str], schema: dict[str, Any]) -> list[str]:
    lines = ["| key | value | default | meaning |", "| --- | --- | --- | --- |"]
    for key, value in keys.items():
        meaning = value.get("description") or _referred(value, schema).get("description", "")
        meaning = meaning.removesuffix(_LIMIT)  # which the second column says
        default = "required" if key in required else _default(value)
        if not default and "Default: " in meaning:
            meaning, _, default = meaning.partition(" Default: ")
            default = _cell(default.rstrip("."))
        lines.append(f"| `{key}` | {_type(value, schema)} | {default} | {_cell(meaning)} |")
    return [*lines, ""]


def _default(value: dict[str, Any]) -> str:
    if "default" not in value:
        return ""
    default = value["default"]
    if default == []:
        return "none"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _type(value: dict[str, Any], schema: dict[str, Any]) -> str:
    value = _referred(value, schema)
    if "const" in value:
        return f"`{value['const']}`"
    if "enum" in value:
        return " or ".join(f"`{choice}`" for choice in value["enum"])
    if "anyOf" in value:
        return ", or ".join(_type(branch, schema) for branch in value["anyOf"] if branch != {"type": "null"})
    kind = value.get("type")
    if kind == "array":
        return f"list: {_type(value['items'], schema)}"
    if kind == "boolean":
        return "`true` or `false`"
    if kind in ("integer", "number"):
        return "number" + (f", from {value['minimum']}" if "minimum" in value else "") + _most(value)
    return _PATTERNS[value["pattern"]] if "pattern" in value else "object"


def _most(value: dict[str, Any]) -> str:
    return f" to {value['maximum']}" if "maximum" in value else ""


def _referred(value: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    reference = value.get("$ref")
    found: dict[str, Any] = schema["$defs"][reference.rpartition("/")[2]] if reference else value
    return found


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(render_page(), encoding="utf-8")
