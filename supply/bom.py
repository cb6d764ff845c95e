"""The list of parts of a release, as CycloneDX JSON: the locked packages it needs to run, with their hashes.

Made by cyclonedx-py from requirements/runtime.txt; here it gets the version, which pyproject.toml does not hold, and is
checked against the lock: each package once, each hash. The same lock and version give the same bytes.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from supply.locks import read_lock

LOCK = "requirements/runtime.txt"


class BomError(RuntimeError):
    """The list could not be made, or is not that of the lock."""


def make_bom(root: Path, version: str, epoch: str, command: str) -> str:
    """The JSON of the list for the lock below `root`. `command`: cyclonedx-py."""
    lock = root / LOCK
    ran = subprocess.run(  # noqa: S603 - the command is ours
        [
            command, "requirements", "--pyproject", str(root / "pyproject.toml"), "--output-reproducible",
            "--output-format", "JSON", "--spec-version", "1.6", "--output-file", "-", str(lock),
        ],
        env=os.environ | {"SOURCE_DATE_EPOCH": epoch, "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    if ran.returncode != 0:
        raise BomError(f"cyclonedx-py failed: {ran.stderr.strip()[-500:]}")
    bom = json.loads(ran.stdout)
    subject = bom["metadata"]["component"]
    subject |= {"version": version, "purl": f"pkg:pypi/{subject['name']}@{version}"}
    check_bom(bom, lock.read_text(encoding="utf-8"))
    return json.dumps(bom, indent=1, sort_keys=True) + "\n"


def check_bom(bom: dict[str, Any], lock: str) -> None:
    """Raises BomError unless it holds exactly the packages and hashes of the lock."""
    parts = bom.get("components", [])
    named: dict[str, set[str]] = {}
    for part in parts:
        named.setdefault(canonicalize_name(part["name"]), set()).add(part["version"])
    wanted = read_lock(lock, everywhere=True)
    if named != wanted or len(parts) != sum(map(len, wanted.values())):
        strange = sorted(name for name in named.keys() | wanted.keys() if named.get(name) != wanted.get(name))
        raise BomError(f"the list of parts is not that of the lock: {', '.join(strange) or 'a package stands twice'}")
    hashes = {
        each["content"] for part in parts for link in part["externalReferences"] for each in link.get("hashes", ())
    }
    if hashes != set(re.findall(r"--hash=sha256:([0-9a-f]{64})", lock)):
        raise BomError("the hashes in the list of parts are not those of the lock")
