"""A marker spelled out in words: whose it is, which mapping it means, what its print and flags say (D3)."""

from __future__ import annotations

from reconciler.model.explanation import MarkerRead
from reconciler.model.hierarchy import PERSON_TYPE, Details, Node
from reconciler.model.mappings import Mapping, Mappings
from reconciler.model.marker import NO_PRINT, Licence, Marker, find_markers, print_of
from reconciler.model.readings import Readings
from reconciler.planning.desired import PREFIX

_LICENCES = {
    None: "not managed",
    Licence.GIVEN: "given (+m)",
    Licence.NOT_GIVEN: "not given (-m)",
    Licence.REFUSED: "refused by Rescue when it was last tried (~m)",
}


def read_markers(node: Node, details: Details | None, mappings: Mappings, readings: Readings) -> tuple[MarkerRead, ...]:
    """Every marker of a node, in a fixed order; `details` None: its SSO ID is not known."""
    return tuple(
        _read(marker, node, details, mappings, readings) for marker in sorted(find_markers(node.description), key=str)
    )


def _read(marker: Marker, node: Node, details: Details | None, mappings: Mappings, readings: Readings) -> MarkerRead:
    ours = marker.owner == mappings.owner
    meant = _meant(marker, node, mappings, readings) if ours else None
    return MarkerRead(
        text=str(marker),
        owner=marker.owner,
        ours=ours,
        entra_id=marker.entra_id,
        mapping_prefix=marker.mapping,
        mapping=meant.name if meant else None,
        line=meant.line if meant else None,
        print=marker.print,
        print_means=_print_means(marker, details),
        licence_means=_LICENCES[marker.licence],
        off=marker.off,
    )


def _meant(marker: Marker, node: Node, mappings: Mappings, readings: Readings) -> Mapping | None:
    """The mapping of the file that a marker means, by its own group's id or one that it `replaces` (D7).

    While the id of a group is not known, a marker of its role that fits nothing known counts as its (D17).
    """
    nameless = []
    for mapping in mappings.mappings:
        own = readings.directory.groups[mapping.name].id
        if any(id_[:PREFIX] == marker.mapping for id_ in (own, *mapping.replaces) if id_ is not None):
            return mapping
        if own is None and node.type == PERSON_TYPE[mapping.role]:
            nameless.append(mapping)
    if any(item.entra_group[:PREFIX] == marker.mapping for item in mappings.retired):
        return None
    return min(nameless, key=lambda mapping: mapping.name, default=None)


def _print_means(marker: Marker, details: Details | None) -> str:
    if marker.print == NO_PRINT:
        return "SSO IDs were not managed when it was written"
    if details is None:
        return "of an SSO ID; not compared"
    if print_of(details.sso_id) == marker.print:
        return "of the SSO ID that Rescue shows"
    return "of another SSO ID than Rescue shows: changed since by somebody else; a plan with --refresh full sees it"
