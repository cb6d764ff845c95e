"""The tap as its maker ships it, its one host name replaced by the sandbox's address. Runs in the tap's environment.

The tap has `https://secure.logmeinrescue.com` written into it; every other address is refused, so that nothing of a
check can leave this machine. `tap.py catalog` prints the catalog with technicians chosen; all else is for the tap.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import requests
import tap_logmeinrescue
from tap_logmeinrescue.streams import TechniciansStream

REAL = "https://secure.logmeinrescue.com/"


def redirect() -> None:
    """Let every request for Rescue go to the sandbox, and none anywhere else."""
    original = requests.Session.request

    def request(self: requests.Session, method: str, url: str, *rest: Any, **named: Any) -> requests.Response:
        if not url.startswith(REAL):
            raise RuntimeError(f"the tap wanted {url}")
        return original(self, method, f"{os.environ['SANDBOX_URL']}/{url.removeprefix(REAL)}", *rest, **named)

    requests.Session.request = request


def catalog() -> dict[str, Any]:
    """The tap's own catalog entry of technicians, chosen. Its discovery is not used: it would ask for reports."""
    streams = TechniciansStream({}, {}, None, None).generate_catalog()
    for entry in streams[0]["metadata"]:
        if not entry["breadcrumb"]:
            entry["metadata"]["selected"] = True
    return {"streams": streams}


if __name__ == "__main__":
    if sys.argv[1:] == ["catalog"]:
        json.dump(catalog(), sys.stdout)
    else:
        redirect()
        tap_logmeinrescue.main()
