"""What a hash-locked requirements file asks for on this interpreter."""

from __future__ import annotations

import re

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_PIN = re.compile(r"==([^,*\s]+)")


class LockError(ValueError):
    """The file is not what `make lock` writes."""


def read_lock(text: str, *, everywhere: bool = False) -> dict[str, set[str]]:
    """Versions by normalised name; `everywhere`: for every interpreter and system.

    Raises LockError for a line that is not one pinned version with hashes, and for a file without any.
    """
    found: dict[str, set[str]] = {}
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        wanted, *hashes = re.split(r"\s--hash=", line.partition(" #")[0])
        if not wanted.strip() or wanted.lstrip().startswith("#"):
            continue
        try:
            requirement = Requirement(wanted.strip())
        except ValueError as bad:
            raise LockError(f"no requirement: {line.strip()[:100]}") from bad
        pin = _PIN.fullmatch(str(requirement.specifier))
        if pin is None or not hashes:
            raise LockError(f"not pinned with hashes: {wanted.strip()[:100]}")
        if everywhere or requirement.marker is None or requirement.marker.evaluate():
            found.setdefault(canonicalize_name(requirement.name), set()).add(pin[1])
    if not found:
        raise LockError("nothing is locked")
    return found
