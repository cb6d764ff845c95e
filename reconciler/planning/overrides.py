"""Whom the file names: `overrides:` in force, `protected:` patterns. Names are compared in their normal form (D20)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from reconciler.model.mappings import Override
from reconciler.model.text import normal_login


class InForce:
    """The overrides of one action that have not ended: by mail, UPN, login or object id, the last day included."""

    def __init__(self, overrides: Iterable[Override], action: str, today: date) -> None:
        self._by_name: dict[str, Override] = {}
        for override in sorted(overrides, key=lambda item: item.line):
            if override.action == action and override.until >= today:
                self._by_name.setdefault(normal_login(override.login), override)

    def __bool__(self) -> bool:
        return bool(self._by_name)

    @property
    def overrides(self) -> tuple[Override, ...]:
        """All of them, in the order of the file."""
        return tuple(self._by_name.values())

    def find(self, names: Iterable[str]) -> Override | None:
        """The override for somebody with these normal names, the first of the file where there are several."""
        found = [self._by_name[name] for name in names if name in self._by_name]
        return min(found, key=lambda override: override.line, default=None)


class LoginPatterns:
    """`protected:` of the file; `*` stands for any text."""

    def __init__(self, patterns: Iterable[str]) -> None:
        parts = ["".join(".*" if c == "*" else re.escape(c) for c in normal_login(pattern)) for pattern in patterns]
        self._match = re.compile("|".join(f"(?:{part})" for part in parts)).fullmatch if parts else None

    def holds(self, login: str) -> bool:
        """`login` in its normal form."""
        return self._match is not None and self._match(login) is not None
