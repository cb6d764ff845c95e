"""The floor: the requests of `reconciler plan` where nothing changes, each answer parsed, and nothing else done.

    python -m bench.floor GROUPS.TXT [AT_ONCE]

One bare httpx client; `json.loads` for Graph, one pass of one regular expression over the Rescue tree; nothing is kept
or compared. One request after the other, or AT_ONCE batches of Graph at a time.
"""

from __future__ import annotations

import json
import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

_FIELDS = "id,displayName,userPrincipalName,mail,accountEnabled,userType"
_RECORD = re.compile(r"NodeID:(.*)\nParentID:(.*)\nName:(.*)\nEmail:(.*)\nDescription:(.*)\nStatus:(.*)\nType:(.*)\n")


def read_entra(client: httpx.Client, ids: list[str], at_once: int) -> int:
    base, token = os.environ["GRAPH_BASE_URL"], os.environ["GRAPH_ACCESS_TOKEN"]
    paths = [
        path
        for id_ in ids
        for path in (
            f"/groups/{id_}?$select=id,displayName,visibility",
            f"/groups/{id_}/members?$select={_FIELDS}&$top=999",
        )
    ]

    def ask(start: int) -> int:
        asked = [
            {"id": str(number), "method": "GET", "url": path}
            for number, path in enumerate(paths[start : start + 20], 1)
        ]
        answer = client.post(f"{base}/$batch", json={"requests": asked}, headers={"Authorization": f"Bearer {token}"})
        return sum(len(one["body"].get("value", ())) for one in json.loads(answer.content)["responses"])

    starts = range(0, len(paths), 20)
    if at_once == 1:
        return sum(map(ask, starts))
    with ThreadPoolExecutor(at_once) as pool:
        return sum(pool.map(ask, starts))


def read_rescue(client: httpx.Client) -> int:
    base, form = os.environ["RESCUE_BASE_URL"], {"authcode": os.environ["RESCUE_API_TOKEN"]}
    tree = client.post(f"{base}/getHierarchy_v2.aspx", data=form).content.decode()
    found = sum(1 for _ in _RECORD.finditer(tree))
    account = client.post(f"{base}/getAccount.aspx", data=form).text
    node = re.search(r"ADMINID:(\d+)", account, re.IGNORECASE)
    client.post(f"{base}/getUser_v2.aspx", data={**form, "node": node[1] if node else ""})
    return found


def main() -> None:
    ids = Path(sys.argv[1]).read_text(encoding="ascii").split()
    at_once = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    with httpx.Client(timeout=300, trust_env=False) as client:
        print(read_entra(client, ids, at_once), read_rescue(client))


if __name__ == "__main__":
    main()
