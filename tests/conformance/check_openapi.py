"""Every Graph answer of the sandbox against Graph's OpenAPI description: those a `plan` gets, and all paths by hand.

Runs in the project's environment. At last the judge is judged: a proxy breaks answers on purpose, one way at a time,
and each of these must be found, or the check fails.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
from harness import HERE, LOST, Verdicts, ask_sandbox
from openapi import BEYOND, Description, Exchange, Report
from proxy import Recorder, recording

EVENTUAL = {"ConsistencyLevel": "eventual"}
EVERYTHING = ["Directory.Read.All", "Member.Read.Hidden"]
NOT_OFFERED = {
    # what the sandbox leaves out on purpose: the product asks for none of it; it has to refuse them properly
    "GET /groups/delta()",
    "GET /users/delta()",
    "GET /groups/{group-id}/members/graph.application",
    "GET /groups/{group-id}/transitiveMembers/graph.application",
    "GET /directory/deletedItems/graph.group",
    "GET /directory/deletedItems/{directoryObject-id}",
}
KNOWN: dict[str, tuple[str, str]] = {}
"""Where the sandbox differs from the description: the part of the run, and the words of the complaint."""
FIELDS = "id,displayName,userPrincipalName,mail,accountEnabled,userType,proxyAddresses,otherMails,employeeId"


class Sweep:
    """A client that asks through the recorder and reads no answer but the next link."""

    def __init__(self, recorder: Recorder) -> None:
        self.client = httpx.Client(base_url=f"{recorder.url}/v1.0", trust_env=False, timeout=60)
        self.token = ""

    def get(self, path: str, headers: dict[str, str] | None = None) -> Any:
        """One GET; the answer's JSON, or None for plain text."""
        answer = self.client.get(self.url(path), headers=self.headers(headers))
        return answer.json() if "json" in answer.headers["Content-Type"] else None

    def pages(self, path: str, headers: dict[str, str] | None = None) -> list[dict[str, Any]]:
        """A list to its end, each page recorded."""
        rows, page = [], self.get(path, headers)
        while True:
            rows += page["value"]
            if "@odata.nextLink" not in page:
                return rows
            page = self.client.get(page["@odata.nextLink"], headers=self.headers(headers)).json()

    def post(self, path: str, body: Any) -> Any:
        """One POST with a JSON body."""
        return self.client.post(self.url(path), headers=self.headers(None), json=body).json()

    def url(self, path: str) -> httpx.URL:
        """A path below the version, byte for byte: httpx would write `$` differently."""
        return httpx.URL(str(self.client.base_url).rstrip("/") + path)

    def headers(self, more: dict[str, str] | None) -> dict[str, str]:
        """The token and more."""
        return ({"Authorization": f"Bearer {self.token}"} if self.token else {}) | (more or {})


def populate() -> dict[str, str]:
    """What the sample account lacks: a group with a member of every kind, objects with many properties."""
    kinds = ("device", "servicePrincipal", "orgContact")
    members = [ask_sandbox("add_object", kind, name=f"A {kind}") for kind in kinds]
    inner = ask_sandbox(
        "add_group", name="Inner", description="Groupe «intérieur»", visibility="Private", groupTypes=["Unified"],
        mailNickname="inner", mail="inner@contoso.example", proxyAddresses=["SMTP:inner@contoso.example"],
        mailEnabled=True, createdDateTime="2024-02-29T23:59:59Z", isAssignableToRole=False,
    )  # fmt: skip
    person = ask_sandbox(
        "add_person", name="Zoë Ünal", upn="zoe@contoso.example", mail="zoe@contoso.example",
        businessPhones=["+49 30 1"], givenName="Zoë", surname="Ünal", jobTitle="Lead", employeeId="4711",
        otherMails=["zoe@elsewhere.example"], onPremisesSyncEnabled=True, onPremisesImmutableId="AAAA==",
        department="Service", preferredLanguage="de-DE",
    )  # fmt: skip
    outer = ask_sandbox("add_group", name="Outer", visibility="HiddenMembership")
    ask_sandbox("add_member", inner, person)
    for member in (*members, inner, person):
        ask_sandbox("add_member", outer, member)
    return {"outer": outer, "inner": inner, "person": person, "device": members[0]}


def run_plan(recorder: Recorder, folder: Path) -> subprocess.CompletedProcess[str]:
    """The product's own `plan` of the sample account, its Graph read through the recorder."""
    environment = os.environ | {"GRAPH_BASE_URL": f"{recorder.url}/v1.0"}
    command = [str(Path(sys.executable).with_name("reconciler")), "plan", str(HERE.parents[1] / "mappings.yaml")]
    return subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, encoding="utf-8", timeout=120
    )  # fmt: skip


def sweep_lists(sweep: Sweep, ids: dict[str, str]) -> None:
    """Groups, users, members: lists, casts, counts, single ones."""
    outer, inner, person = ids["outer"], ids["inner"], ids["person"]
    for path in ("/groups", "/users"):
        sweep.pages(path)
        sweep.pages(f"{path}?$top=7&$select=id,displayName")
        sweep.pages(f"{path}?$select=displayName")
        sweep.pages(f"{path}?$count=true&$top=50", EVENTUAL)
        sweep.pages(f"{path}?$count=true&$search=%22displayName:Ou%22", EVENTUAL)
        sweep.pages(f"{path}?$count=true&$filter=displayName%20ne%20%27x%27&$orderby=displayName", EVENTUAL)
        sweep.get(f"{path}/$count", EVENTUAL)
    sweep.pages(f"/users?$select={FIELDS},createdDateTime,department,onPremisesImmutableId,onPremisesSyncEnabled")
    for id in (outer, inner):
        sweep.get(f"/groups/{id}")
        sweep.get(f"/groups/{id}?$expand=members")
        sweep.get(f"/groups/{id}?$select=id,displayName,visibility,groupTypes,securityEnabled,membershipRule")
    for id in (person, "zoe@contoso.example"):
        sweep.get(f"/users/{id}")
        sweep.get(f"/users/{id}?$select={FIELDS},mailNickname,externalUserState,securityIdentifier")
    for which in ("members", "transitiveMembers"):
        sweep.pages(f"/groups/{outer}/{which}")
        sweep.pages(f"/groups/{outer}/{which}?$top=2&$select={FIELDS}")
        sweep.get(f"/groups/{outer}/{which}/$count", EVENTUAL)
        sweep.get(f"/groups/{outer}/{which}/microsoft.graph.user/$count", EVENTUAL)
        for cast in ("user", "group", "device", "servicePrincipal", "orgContact"):
            for spelling in ("graph", "microsoft.graph"):
                sweep.pages(f"/groups/{outer}/{which}/{spelling}.{cast}?$count=true&$top=1", EVENTUAL)
    sweep.pages("/directory/deletedItems/microsoft.graph.user")
    sweep.pages("/directory/deletedItems/graph.user?$top=1&$select=id,deletedDateTime,userPrincipalName")


def sweep_actions(sweep: Sweep, ids: dict[str, str]) -> None:
    """POSTs: a user's groups, getByIds, $batch with good and bad items."""
    everything = [*ids.values(), LOST]
    sweep.post("/directoryObjects/getByIds", {"ids": everything})
    by_ids = "/directoryObjects/microsoft.graph.getByIds?$select=id,displayName"
    sweep.post(by_ids, {"ids": everything, "types": ["user"]})
    sweep.post(f"/users/{ids['person']}/getMemberGroups", {"securityEnabledOnly": False})
    sweep.post(f"/users/{ids['person']}/microsoft.graph.checkMemberGroups", {"groupIds": [ids["inner"]]})
    json_type = {"Content-Type": "application/json"}
    items = [
        {"method": "GET", "url": f"/groups/{ids['outer']}"},
        {"method": "GET", "url": f"groups/{ids['outer']}/transitiveMembers?$top=2"},
        {"method": "GET", "url": f"/groups/{ids['outer']}/members/graph.user?$count=true", "headers": EVENTUAL},
        {"method": "GET", "url": f"/groups/{ids['outer']}/members/$count", "headers": EVENTUAL},
        {"method": "GET", "url": f"/groups/{LOST}/members"},
        {"method": "GET", "url": "/nonsense"},
        {"method": "GET", "url": f"/users/{ids['person']}", "dependsOn": ["4"]},
        {"method": "GET", "url": "/directory/deletedItems/microsoft.graph.user"},
        {"method": "POST", "url": f"/users/{ids['person']}/getMemberGroups", "headers": json_type, "body": {}},
    ]
    sweep.post("/$batch", {"requests": [item | {"id": str(number)} for number, item in enumerate(items)]})


def sweep_refusals(sweep: Sweep, ids: dict[str, str]) -> None:
    """Errors of every kind, and the described paths that the sandbox does not offer."""
    outer = ids["outer"]
    for path in (
        f"/groups/{LOST}", f"/groups/{LOST}/members", "/groups/nonsense", f"/users/{LOST}", "/nonsense",
        "/groups?$top=1000", "/groups?top=5", "/groups?$skip=3", "/groups?$skiptoken=made-up", "/groups?$filter=(",
        "/users/$count", "/groups?$search=%22displayName:x%22", f"/groups/{outer}/members/microsoft.graph.user",
        "/groups?$filter=endsWith(displayName,%27x%27)", f"/users/{ids['person']}?$filter=mail%20eq%20%27x%27",
    ):  # fmt: skip
        sweep.get(path)
    sweep.get("/groups", {"ConsistencyLevel": "whatever"})
    for operation in sorted(NOT_OFFERED):
        path = operation.removeprefix("GET ").replace("{group-id}", outer)
        sweep.get(f"{path.replace('{directoryObject-id}', ids['person'])}?$count=true", EVENTUAL)
    sweep.client.post(sweep.url("/groups"), headers=sweep.headers(None), json={})
    for path, body in (
        ("/$batch", {}),
        ("/$batch", {"requests": [{"id": "1", "method": "GET", "url": "/users"}] * 2}),
        ("/directoryObjects/getByIds", {"ids": ["x"]}),
        (f"/users/{LOST}/getMemberGroups", {}),
    ):
        sweep.post(path, body)
    for status in (429, 500, 503, 504):
        ask_sandbox("add_fault", side="graph", effect="status", status=status, retry_after=1, nth=1)
        sweep.get("/groups")
        ask_sandbox("clear_faults")
    ask_sandbox("add_fault", side="graph", effect="expired_token", nth=1)
    sweep.get("/groups")
    ask_sandbox("clear_faults")
    ask_sandbox("add_fault", side="graph", item="/groups", effect="status", status=429, retry_after=1, nth=1)
    sweep.post("/$batch", {"requests": [{"id": "1", "method": "GET", "url": "/groups"}]})
    ask_sandbox("clear_faults")
    sweep.client.get(sweep.url("/groups"))
    sweep.client.get(f"{str(sweep.client.base_url).replace('v1.0', 'v9.9')}groups", headers=sweep.headers(None))
    for token in ("not.a.token", ask_sandbox("access_token", lifetime=-1), ask_sandbox("access_token", roles=[])):
        sweep.client.get(sweep.url("/groups"), headers={"Authorization": f"Bearer {token}"})


def sweep_permissions(sweep: Sweep, ids: dict[str, str]) -> None:
    """Rows of types that the app may not read, and properties that it may not."""
    for roles in (["GroupMember.Read.All"], ["GroupMember.ReadBasic.All", "User.ReadBasic.All"]):
        sweep.token = ask_sandbox("access_token", roles=[*roles, "Member.Read.Hidden"])
        sweep.pages(f"/groups/{ids['outer']}/transitiveMembers")
        sweep.pages(f"/groups/{ids['outer']}/members?$select={FIELDS}")
        sweep.pages(f"/groups/{ids['outer']}/members/graph.user?$count=true", EVENTUAL)


def sweep_switches(sweep: Sweep, ids: dict[str, str]) -> None:
    """The shapes that other guesses give."""
    for name, value, usual in (
        ("last_page", "extra_empty", "exact"),
        ("empty_middle_page", "yes", "no"),
        ("not_basic", "absent", "null"),
        ("service_principals", "listed", "left_out"),
        ("select_implies_id", "yes", "no"),
        ("hidden_members", "empty", "403"),
        ("cycle_lists_itself", "yes", "no"),
    ):
        ask_sandbox("set_switch", name, value)
        sweep.pages("/groups?$top=2&$select=displayName")
        sweep.pages(f"/groups/{ids['outer']}/transitiveMembers?$top=2")
        sweep.pages(f"/groups/{ids['outer']}/members?$top=5&$select=displayName,mail")
        ask_sandbox("set_switch", name, usual)


# --- the judge judged -------------------------------------------------------------------------------------------------


def first_row(change: Callable[[dict[str, Any]], object]) -> Callable[[Exchange], Exchange]:
    """A change to the first row of a list, for `Recorder.change`."""
    return in_json(lambda body: change(body["value"][0]))


def in_json(change: Callable[[Any], object]) -> Callable[[Exchange], Exchange]:
    """A change to the JSON of a body."""

    def changed(exchange: Exchange) -> Exchange:
        body = json.loads(exchange.body)
        change(body)
        return replace(exchange, body=json.dumps(body))

    return changed


def judge_the_judge(recorder: Recorder, sweep: Sweep, ids: dict[str, str], verdicts: Verdicts) -> None:
    """Break one answer in each way, see that the right thing is found; the same answer unbroken is fine."""
    users = f"/users?$top=3&$select={FIELDS},createdDateTime"
    rows, group = f"/groups/{ids['outer']}/members", f"/groups/{ids['outer']}"
    lost, batch = f"/groups/{LOST}", "/$batch"
    cases: list[tuple[str, str, Callable[[Exchange], Exchange], str]] = [
        ("a boolean as text", users, first_row(lambda row: row.update(accountEnabled="yes")), "accountEnabled"),
        ("a number for an id", users, first_row(lambda row: row.update(id=7)), "id"),
        ("no id", users, first_row(lambda row: row.pop("id")), "id is missing"),
        ("null for a list", users, first_row(lambda row: row.update(proxyAddresses=None)), "proxyAddresses"),
        ("a number in a list", users, first_row(lambda row: row.update(otherMails=[1])), "otherMails"),
        ("a date without zone", users, first_row(
            lambda row: row.update(createdDateTime="2024-01-01T00:00:00")), "createdDateTime"),
        ("an unknown property", users, first_row(lambda row: row.update(upn="x")), "upn"),
        ("a wrong spelling", users, first_row(lambda row: row.update(displayname="x")), "displayname"),
        ("no value", users, in_json(lambda body: body.pop("value")), "value is missing"),
        ("an object for the list", users, in_json(lambda body: body.update(value={})), "value"),
        ("no context", users, in_json(lambda body: body.pop("@odata.context")), "@odata.context is missing"),
        ("a count as text", users, in_json(lambda body: body.update({"@odata.count": "3"})), "@odata.count"),
        ("a link that is none", users, in_json(lambda body: body.update({"@odata.nextLink": 1})), "@odata.nextLink"),
        ("text/html", users, lambda exchange: replace(exchange, content_type="text/html"), "Content-Type"),
        ("half a body", users, lambda exchange: replace(exchange, body=exchange.body[:-9]), "no JSON"),
        ("no type in an uncast list", rows, first_row(lambda row: row.pop("@odata.type")), "@odata.type"),
        ("an unknown type", rows, first_row(
            lambda row: row.update({"@odata.type": "#microsoft.graph.x"})), "@odata.type"),
        ("another type's property", rows, first_row(
            lambda row: row.update(userPrincipalName="x")), "userPrincipalName is no property of"),
        ("a group's types as text", group, in_json(lambda body: body.update(groupTypes="Unified")), "groupTypes"),
        ("words for a count", "/users/$count", lambda exchange: replace(exchange, body="many"), "no number"),
        ("an error without code", lost, in_json(lambda body: body["error"].pop("code")), "code"),
        ("an error as text", lost, in_json(lambda body: body.update(error="no")), "error"),
        ("a wrong type in a $batch", batch, in_json(
            lambda body: body["responses"][0]["body"].update(displayName=1)), "displayName"),
        ("a lost answer of a $batch", batch, in_json(lambda body: body["responses"].pop()), "not one answer"),
    ]  # fmt: skip
    description = Description()
    found = 0
    for what, path, change, words in cases:
        reports = []
        for recorder.change in (None, change):
            recorder.taken()
            if path == batch:
                body = {"requests": [{"id": str(n), "method": "GET", "url": group} for n in (1, 2)]}
                sweep.client.post(sweep.url(path), headers=sweep.headers(None), json=body)
            else:
                sweep.client.get(sweep.url(path), headers=sweep.headers(EVENTUAL if "count" in path else None))
            reports.append(description.judge(recorder.taken()).wrong)
        recorder.change = None
        sound, broken = reports
        found += not sound and any(words in problem for problem in broken)
        if sound or not any(words in problem for problem in broken):
            verdicts.that(f"the judge finds {what}", is_so=False, found=f"unbroken {sound}, broken {broken}")
    verdicts.same(f"the judge finds each of {len(cases)} faults made on purpose, and none without", len(cases), found)


# --- the whole --------------------------------------------------------------------------------------------------------


def verdict_on(
    what: str, description: Description, exchanges: list[Exchange], verdicts: Verdicts, known: set[str]
) -> Report:
    """Judge what was recorded in one part. What is known to be wrong goes to `known`, not into the verdict."""
    report = description.judge(exchanges)
    problems = ""
    for problem in dict.fromkeys(report.wrong):
        name = next((name for name, (part, words) in KNOWN.items() if part in what and re.search(words, problem)), "")
        if name:
            known.add(name)
        else:
            problems += f"\n          {problem}"
    verdicts.that(f"{what}: {len(exchanges)} answers fit the description", bool(exchanges) and not problems, problems)
    return report


def tell_coverage(description: Description, report: Report, verdicts: Verdicts) -> str:
    """Which described operations were answered, refused, left alone; all have to be met, all but a few answered."""
    print("  covered (answers that fit; refusals that fit):")
    for name in [*description.operations, *BEYOND]:
        refusals = ", ".join(map(str, sorted(report.refused.get(name, ())))) or "none"
        note = " (not in the subset)" if name in BEYOND else " (not offered)" if name in NOT_OFFERED else ""
        print(f"    {report.answered.get(name, 0):4}; {refusals:24} {name}{note}")
    wanted = set(description.operations) - NOT_OFFERED | set(BEYOND)
    verdicts.same("every offered operation was answered", set(), wanted - set(report.answered))
    refused = {name for name in NOT_OFFERED if name in report.refused and name not in report.answered}
    verdicts.same("every other one was refused in Graph's own shape", NOT_OFFERED, refused)
    return f"{len(wanted - set(BEYOND))} of {len(description.operations)} described operations answered"


def main() -> None:
    """A plan, then the sweep, then the judge."""
    verdicts = Verdicts("Graph, judged by its OpenAPI description")
    description, whole, known, note = Description(), Report(), set[str](), ""
    with recording(os.environ["SANDBOX_URL"]) as recorder, tempfile.TemporaryDirectory(prefix="plan-") as folder:
        sweep = Sweep(recorder)

        def judge(what: str) -> None:
            report = verdict_on(what, description, recorder.taken(), verdicts, known)
            for name, number in report.answered.items():
                whole.answered[name] = whole.answered.get(name, 0) + number
            for name, statuses in report.refused.items():
                whole.refused.setdefault(name, set()).update(statuses)

        with verdicts.about("the plan"):
            done = run_plan(recorder, Path(folder))
            verdicts.that("plan reads the sample account", done.returncode == 0, done.stderr)
            judge("plan")
        with verdicts.about("the sweep"):
            ids = populate()
            for part in (sweep_lists, sweep_actions, sweep_refusals, sweep_switches, sweep_permissions):
                sweep.token = ask_sandbox("access_token", roles=EVERYTHING)
                part(sweep, ids)
                judge(part.__name__.replace("_", " of "))
            note = tell_coverage(description, whole, verdicts)
            sweep.token = ask_sandbox("access_token", roles=EVERYTHING)
            judge_the_judge(recorder, sweep, ids, verdicts)
    for name in KNOWN:
        print(f"  known   {name}" if name in known else f"  gone    {name}: take it out of KNOWN")
    verdicts.finish(note + "".join(f"; known difference: {name}" for name in sorted(known)))


if __name__ == "__main__":
    main()
