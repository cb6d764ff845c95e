"""Whether the file fits both readings: what only they can show to be wrong with it (D3, D13)."""

from __future__ import annotations

from reconciler.errors import InputError
from reconciler.model.checkup import Check, failed, passed, unchecked
from reconciler.model.directory import Directory
from reconciler.model.hierarchy import Tree
from reconciler.model.mappings import Mappings


def check_together(mappings: Mappings | None, directory: Directory | None, tree: Tree | None) -> Check:
    """Two names for one Entra group, and whatever else makes `plan` refuse the file once both sides are read."""
    from reconciler.planning.desired import pair_mappings

    name = "file"
    if mappings is None or directory is None or tree is None:
        return unchecked(name, "it takes the file, the Entra groups and the Rescue tree")
    try:
        pair_mappings(mappings, directory, tree)
    except InputError as wrong:
        remedies = "; ".join(dict.fromkeys(problem.remedy for problem in wrong.problems if problem.remedy))
        return failed(name, str(wrong), remedies or "mend the file as said")
    return passed(name, "it fits what both sides show")
