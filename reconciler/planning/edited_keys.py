"""Two files in their own words -> the keys that an edit changed, for a reviewer to read first (§5).

A key that only inherits in both files is not told of: what it inherits from is. Nothing is decided here.
"""

from __future__ import annotations

from reconciler.model.file import MappingsFile
from reconciler.model.plan import Edit
from reconciler.model.text import sort_key
from reconciler.model.words import Word, Words
from reconciler.planning.diff import diff_words

_ORDER = tuple(MappingsFile.model_fields)
_IDLE = ("guards.", "permits.", "limits.groups", "rescue.requests_per_second", "rescue.region")
"""Keys that by themselves change nothing about anybody: they say what may be done, or how fast."""
_IDLE_ENDS = (".reason", ".name")


def edited_keys(before: Words, after: Words) -> tuple[Edit, ...]:
    """Each key in the order of the file's sections, entries by name. How many people it affects is not known yet."""
    names = _same_mappings(before, after)
    old = {names.get(place, place): entry for place, entry in before.items()}
    told = {place: old[place].written | after[place].written for place in old.keys() & after.keys()}

    def shown(words: Words) -> dict[str, dict[str, Word]]:
        return {
            place: {key: word for key, word in entry.values.items() if key in told.get(place, ())}
            for place, entry in words.items()
        }

    edits = []
    for place, key, was, now in diff_words(shown(old), shown(after)):
        if key is not None:
            edits.append(Edit(key=f"{place}.{key}", before=was, after=now))
            continue
        name = "protected" if place.startswith("protected.") else place
        come, gone = after.get(place), old.get(place)
        edits.append(Edit(key=name, before=gone.told if gone else None, after=come.told if come else None))
    return tuple(sorted(edits, key=_order))


def with_people(edits: tuple[Edit, ...], people: int) -> tuple[Edit, ...]:
    """`people`, of whom something is done or stopped by the whole edit, told of the one key that can have caused it."""
    causes = [edit for edit in edits if not edit.key.startswith(_IDLE) and not edit.key.endswith(_IDLE_ENDS)]
    if len(causes) != 1:
        return edits
    return tuple(edit.model_copy(update={"people": people}) if edit is causes[0] else edit for edit in edits)


def _same_mappings(before: Words, after: Words) -> dict[str, str]:
    """The place of a mapping in the old file -> in the new one, where it is only called otherwise now."""
    gone = {place: entry for place, entry in before.items() if place not in after}
    new = {
        entry.values["entra_group"]: place
        for place, entry in after.items()
        if place not in before and "entra_group" in entry.values
    }
    return {place: new[group] for place, entry in gone.items() if (group := entry.values.get("entra_group")) in new}


def _order(edit: Edit) -> tuple[int, str, str]:
    section = edit.key.partition(".")[0]
    return _ORDER.index(section), sort_key(edit.key), edit.key
