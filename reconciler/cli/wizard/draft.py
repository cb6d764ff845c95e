"""The file as `init` changes it: values of sections, pairs with where they come from, and the text at the end."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from reconciler.config.load import parse_mappings, read_bytes
from reconciler.config.settle import entra_group_of
from reconciler.config.write import Before, Entry, keeps_text, render_file
from reconciler.config.yaml_lines import read_yaml
from reconciler.model.file import EntraGroup
from reconciler.model.mappings import Mappings


class FileDraft:
    """Starts as an existing file, which must be right (InputError), or as an empty one."""

    def __init__(self, file: str, *, exists: bool, tenant_id: str | None) -> None:
        self.file = file
        self.entries: list[Entry] = []
        self.tail: list[str] = []
        self.comments: dict[str, list[str]] = {}
        self.before: Before | None = None
        self._tenant_id = tenant_id
        self._value: dict[str, Any] = {"version": 1}
        if exists:
            data = read_bytes(file)
            parse_mappings(file, data, tenant_id=tenant_id)
            document = read_yaml(file, data)
            self.before = Before(data, document)
            self._value = deepcopy(document.value)
            self.entries = [Entry(value, index) for index, value in enumerate(self._value.pop("mappings"))]

    @property
    def keeps_text(self) -> bool:
        """Whether what does not change stays as it is written."""
        return self.before is not None and keeps_text(self.before)

    def said(self, section: str, key: str) -> Any:
        """What the section says, None where nothing."""
        return self._value.get(section, {}).get(key)

    def put(self, section: str, key: str, answer: Any, *, built_in: Any = None) -> None:
        """Say it. An existing file is left as it is where that already means the answer."""
        if self.before is not None and answer == self._value.get(section, {}).get(key, built_in):
            return
        self._value.setdefault(section, {})[key] = answer

    @property
    def protected(self) -> list[str]:
        """Logins never written. Setting the same ones leaves an existing list as it is written."""
        return list(self._value.get("protected", []))

    @protected.setter
    def protected(self, logins: list[str]) -> None:
        if logins:
            self._value["protected"] = logins
        elif self.protected:
            del self._value["protected"]

    def effective(self, value: Mapping[str, Any], key: str, built_in: Any) -> Any:
        """What a mapping means: its own word, then that of `defaults`, then the built-in one."""
        return value.get(key, self._value.get("defaults", {}).get(key, built_in))

    def with_switch(self, value: Mapping[str, Any], key: str, answer: Any, built_in: Any) -> dict[str, Any]:
        """The mapping with the switch said, but where it means that already."""
        if self.effective(value, key, built_in) == answer:
            return dict(value)
        return {**value, key: answer}

    def without_defaults(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """The mapping without what `defaults` says in the same words."""
        defaults = self._value.get("defaults", {})
        return {key: said for key, said in value.items() if key not in defaults or defaults[key] != said}

    def pair_of(self, id_: str, name: str) -> Mapping[str, Any] | None:
        """The mapping of this Entra group, by id, or by name where the file has only a name."""
        for entry in self.entries:
            group = self.group_of(entry)
            if group.id == id_ or (group.id is None and group.name == name):
                return entry.value
        return None

    def group_of(self, entry: Entry) -> Any:
        """The Entra group an entry names."""
        said = entry.value["entra_group"]
        return entra_group_of(said if isinstance(said, str) else EntraGroup.model_validate(said))

    def spent_ids(self) -> set[str]:
        """Ids of Entra groups that are retired or replaced, which no mapping may name."""
        spent = {str(entry["entra_group"]).lower() for entry in self._value.get("retired", [])}
        return spent | {str(id_).lower() for entry in self.entries for id_ in entry.value.get("replaces", [])}

    def render(self) -> tuple[str, Mappings]:
        """The text, and what it means. InputError where `validate` would refuse it."""
        text = render_file(
            self._value, self.entries, before=self.before, section_comments=self.comments, tail=self.tail
        )
        return text, parse_mappings(self.file, text.encode("utf-8"), tenant_id=self._tenant_id)
