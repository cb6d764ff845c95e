"""People of mappings that were taken out of the file on purpose: kept as they are, or disabled (D7, D8).

Disabled is everybody marked for the retired group whom nothing of the file wants. They are asked for by id alone, so
nobody knows which other groups they are in: while a group of the role could not be read, whoever may be in it stays.
"""

from __future__ import annotations

from reconciler.model.mappings import Retired
from reconciler.planning.leavers import Standing, Verdict
from reconciler.planning.people import People


def judge_retired(people: People, entra_id: str, retired: Retired) -> Verdict:
    """What becomes of somebody marked for a retired group whose account lives and whom no mapping wants.

    LEAVER: disabled. PRESENT: kept, as the file says. UNCONFIRMED: kept, because a frozen mapping may have them.
    """
    if retired.people == "keep":
        return Verdict(Standing.PRESENT)
    if entra_id not in people.left_out:
        places = people.places_of(entra_id)
        for item in places or people.paired:
            if item.frozen is not None and (places or item.group is None):
                what = "is in" if places else "may be in"
                return Verdict(Standing.UNCONFIRMED, f"{what} {item.entra_name}, whose mapping is frozen")
    return Verdict(Standing.LEAVER, f"the Entra group {retired.entra_group} is retired (line {retired.line})")
