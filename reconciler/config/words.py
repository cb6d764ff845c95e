"""A sound file -> its own words (`model.words`): defaults filled in, entries of lists under what names them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reconciler.config.settle import settle_mapping
from reconciler.model import file as keys
from reconciler.model.mappings import EntraGroupName, Mapping
from reconciler.model.words import Entry, Word, Words

_INHERITED = tuple(keys.MappingKeys.model_fields)
_SECTIONS = ("entra", "rescue", "settings", "limits", "guards")


def words_of(whole: keys.MappingsFile, mappings: Iterable[Mapping]) -> Words:
    """`mappings`: those of the file, settled, in its order."""
    words: dict[str, Entry] = {}
    for name in _SECTIONS:
        values = getattr(whole, name).model_dump()
        words[name] = Entry({key: _word(value) for key, value in values.items()}, frozenset(values))
    nothing = keys.Mapping(entra_group="-", rescue_group="-")
    inherited = _inherited(settle_mapping(nothing, whole.defaults, 0))
    words["defaults"] = Entry(inherited, frozenset(whole.defaults.model_fields_set))
    entries = [*_mappings(whole, mappings), *_others(whole)]
    for place, entry in entries:
        free, count = place, 1
        while free in words:
            count += 1
            free = f"{place} ({count})"
        words[free] = entry
    return words


def words_of_nothing(like: Words) -> Words:
    """A file without mappings for the same two sides: what a missing file counts as."""
    rescue = keys.RescueSection(account_id=1)
    empty = words_of(keys.MappingsFile(version=1, rescue=rescue, mappings=[]), ())
    return {**empty, **{name: like[name] for name in ("entra", "rescue") if name in like}}


def _mappings(whole: keys.MappingsFile, mappings: Iterable[Mapping]) -> Iterator[tuple[str, Entry]]:
    for said, mapping in zip(whole.mappings, mappings, strict=True):
        group = _group(mapping.entra_group)
        values: dict[str, Word] = {
            "name": mapping.name,
            "entra_group": group,
            "rescue_group": mapping.rescue_group_text,
            **_inherited(mapping),
            "replaces": ", ".join(mapping.replaces),
        }
        written = said.model_fields_set | {"entra_group", "rescue_group", "replaces"}
        yield f"mappings.{mapping.name}", Entry(values, frozenset(written), f"{group} to {mapping.rescue_group_text}")


def _others(whole: keys.MappingsFile) -> Iterator[tuple[str, Entry]]:
    for login in dict.fromkeys(whole.protected):
        yield f"protected.{login}", Entry(told=login)
    for override in whole.overrides:
        values: dict[str, Word] = {"until": override.until, "mapping": override.mapping, "reason": override.reason}
        into = f" in {override.mapping}" if override.mapping else ""
        place = f"overrides.{override.login} ({override.action})"
        yield place, Entry(values, frozenset(values), f"{override.action}{into} until {override.until}")
    for gone in whole.retired:
        yield f"retired.{gone.entra_group.lower()}", Entry({"people": gone.people}, frozenset(["people"]), gone.people)
    for permit in whole.permits:
        values = {"actions": ", ".join(sorted(permit.actions)), "until": permit.until, "reason": permit.reason}
        count = len(set(permit.actions))
        told = f"{count} action{'' if count == 1 else 's'} until {permit.until}"
        yield f"permits.{permit.guard}", Entry(values, frozenset(values), told)


def _inherited(mapping: Mapping) -> dict[str, Word]:
    return {key: _word(getattr(mapping, key)) for key in _INHERITED}


def _word(value: object) -> Word:
    if isinstance(value, tuple):
        return "/".join(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return str(value) if isinstance(value, str) else value  # type: ignore[return-value]


def _group(group: EntraGroupName) -> str:
    return f"{group.name} ({group.id})" if group.name and group.id else str(group)
