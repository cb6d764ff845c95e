"""The sound parts of a file, which every check is given, and what the checks find."""

from __future__ import annotations

from dataclasses import dataclass, field

from reconciler.config.yaml_lines import Document, Path, Place
from reconciler.errors import Problem
from reconciler.model import file as words
from reconciler.model.mappings import Mapping


@dataclass(frozen=True, slots=True)
class Pair:
    """A sound mapping: its index in the file, its words, and what they mean."""

    index: int
    said: words.Mapping
    mapping: Mapping

    @property
    def path(self) -> Path:
        return ("mappings", self.index)


@dataclass(slots=True)
class Parts:
    """The sound parts of a file. A section that is wrong in itself is None; an entry that is wrong is left out."""

    document: Document
    tenant_id: str | None
    """What the environment says."""
    entra: words.EntraSection | None
    rescue: words.RescueSection | None
    settings: words.Settings | None
    limits: words.Limits | None
    guards: words.Guards | None
    defaults: words.MappingKeys | None
    protected: list[tuple[int, str]]
    pairs: list[Pair]
    overrides: list[tuple[int, words.Override]]
    retired: list[tuple[int, words.Retired]]
    permits: list[tuple[int, words.Permit]]
    mappings_written: int
    """How many mappings the file holds, sound or not."""

    @property
    def tenant(self) -> str | None:
        """The tenant that counts: the file's word before the environment's."""
        said = self.entra.tenant_id if self.entra else None
        return (said or self.tenant_id or "").lower() or None


@dataclass(slots=True)
class Remarks:
    """What the checks found, in any order."""

    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    def problem(self, place: Place, message: str, remedy: str) -> None:
        self.problems.append(Problem(*place, message, remedy))

    def warning(self, place: Place, message: str, remedy: str = "") -> None:
        self.warnings.append(Problem(*place, message, remedy))
