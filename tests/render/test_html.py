"""The page, read by the standard library's parser: what is in it without a script, and that no name in it acts."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given, settings

from reconciler.model.plan import Action, Change, Edit, Guard, Outcomes, Place, Plan, Subject
from reconciler.render import html, html_data
from reconciler.render.elements import Html, element, joined
from reconciler.render.html_sections import FOLD_ABOVE, SHOWN

from .plans import an_action, nothing_to_do, one_of_everything, removals_held, some_outcomes
from .test_hostile_names import ANYTHING, CONTROLS, plan_naming

PAGE = files("reconciler.render").joinpath("page")


def plan_page(plan: Plan, file: str) -> str:
    return html.render_plan(plan, file).decode()


def outcomes_page(outcomes: Outcomes) -> str:
    return html.render_outcomes(outcomes).decode()


class Read(HTMLParser):
    """Every element with its attributes in order, and the text outside of style and script."""

    def __init__(self, made: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.texts: list[str] = []
        self.inside: list[str] = []
        self.scripts: list[str] = []
        self.styles: list[str] = []
        self.feed(made)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(attrs)))
        if tag not in {"meta", "input"}:
            self.inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.inside.pop() == tag

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def handle_data(self, data: str) -> None:
        within = self.inside[-1] if self.inside else ""
        {"script": self.scripts, "style": self.styles}.get(within, self.texts).append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    @property
    def data(self) -> dict[str, Any]:
        made: dict[str, Any] = json.loads(self.scripts[0])
        return made

    def attributes(self, name: str) -> Iterator[str]:
        return (value or "" for _, attributes in self.elements for key, value in attributes if key == name)

    def headings(self) -> list[str]:
        return [anchor for anchor in self.attributes("href") if anchor not in {"#main"}]


def read(plan: Plan) -> Read:
    return Read(plan_page(plan, "mappings.yaml"))


def rows(page: Read) -> list[dict[str, Any]]:
    """The actions of the data, by column."""
    return [dict(zip(page.data["columns"], row, strict=True)) for row in page.data["actions"]]


def test_what_is_lost_comes_first_then_guards() -> None:
    assert read(one_of_everything()).headings() == [
        "#losses", "#guards", "#counts", "#seats", "#findings", "#groups", "#actions", "#mappings", "#about",
    ]  # fmt: skip
    assert Read(outcomes_page(some_outcomes())).headings() == [
        "#about", "#missed", "#losses", "#guards", "#counts", "#findings", "#groups", "#actions",
    ]  # fmt: skip
    assert read(nothing_to_do()).headings() == ["#counts", "#seats", "#about"]


def test_without_a_script_losses_guards_findings_and_counts_can_be_read() -> None:
    text = read(one_of_everything()).text
    for told in (
        "7 changes, 1 person loses access",
        "disable left@contoso.example EMEA/Helpdesk left Helpdesk EMEA ; mobile licence released mappings.yaml:12",
        "Guards: refused, nothing is written",
        "max_removals – refused 1 45 0 –",
        "max_removals_per_mapping helpdesk-emea passed 1 40 20 1",
        "max_moves – not judged 1 45 – –",
        'permits: - {guard: max_removals, actions: ["00000000000000a3"], reason: write why, until: 2026-11-29}',
        "disable 1 update 2 move 1",
        "kept disabled 1",
        "Technician seats – 45 1 2 46 –",
        "Mobile licences 20 20 1 1 20 1 person k@contoso.example",
        "error frozen field nothing is written for it: gone",
        "warning unmanaged k@contoso.example field left",
        "helpdesk-emea ok Helpdesk EMEA 40 1",
        "field frozen Field Field – –",
        f"digest {one_of_everything().digest}",
    ):
        assert told in text, told


def test_what_a_guard_holds_back_is_no_loss() -> None:
    page = read(removals_held())
    assert page.headings()[:2] == ["#held", "#guards"]
    assert "nobody loses access" in page.text
    assert "Guards: removals held back, the rest goes on" in page.text
    assert [row["login"] for row in rows(page) if row["state"] == "held"] == ["left@contoso.example"]


def test_what_the_edit_stops_is_told_and_is_no_action() -> None:
    stopped = an_action("stays@contoso.example", "disable", reason="left Field")
    plan = one_of_everything().model_copy(update={"stopped": (stopped,), "edit_digest": "e" * 64})
    page = read(plan)
    assert page.headings()[:3] == ["#losses", "#guards", "#stopped"]
    assert "This edit stops 1" in page.text
    assert f"edit digest {'e' * 64}" in page.text
    assert [row["login"] for row in rows(page) if row["state"] == "stopped"] == ["stays@contoso.example"]


def test_the_edited_keys_come_before_all_else() -> None:
    keys = (
        Edit(key="settings.use_upn_as_email", before=False, after=True, people=61),
        Edit(key="mappings.field", after="Field to EMEA/Field"),
        Edit(key="protected[0]", before="boss@contoso.example"),
    )
    page = read(one_of_everything().model_copy(update={"edits": keys, "edit_digest": "e" * 64}))
    assert page.headings()[:2] == ["#edits", "#losses"]
    assert "settings.use_upn_as_email false true 61" in page.text
    assert "mappings.field not there Field to EMEA/Field –" in page.text
    assert "protected[0] boss@contoso.example removed –" in page.text


def test_an_apply_that_was_not_reviewed_tells_the_edit_as_its_plan_does() -> None:
    stopped = an_action("stays@contoso.example", "disable", reason="left Field")
    more = {"exit_code": 5, "stopped": (stopped,), "edits": (Edit(key="mappings.field", after="Field"),)}
    page = Read(outcomes_page(some_outcomes().model_copy(update=more)))
    assert page.headings()[:2] == ["#about", "#edits"]
    assert "#stopped" in page.headings()
    assert "stays@contoso.example" in page.text


def test_outcomes_say_what_was_not_done_and_why() -> None:
    page = Read(outcomes_page(some_outcomes()))
    assert "2 done, 1 failed, 1 skipped, 1 stale, 1 unknown, 1 held" in page.text
    assert "update old@contoso.example failed EMEA/Helpdesk what was said of failed" in page.text
    assert "exit code 6: done in part" in page.text
    assert "Rescue equals the plan not yet" in page.text
    assert {row["state"]: row["message"] for row in rows(page)}["stale"] == "what was said of stale"
    refused = some_outcomes().model_copy(update={"exit_code": 4, "actions": (), "converged": None})
    text = Read(outcomes_page(refused)).text
    assert "Nothing to do" in text
    assert "Guards: refused, nothing is written" in text
    assert "exit code 4: a guard refused: nothing was written" in text


def test_the_data_has_every_action_with_before_and_after_and_its_groups() -> None:
    page = read(one_of_everything())
    data = page.data
    names = [name for name, _ in data["groups"]]
    assert data["groups"] == [["Technicians", None], ["EMEA", 0], ["Field", 1], ["Helpdesk", 1], ["Field", 0]]
    (moved,) = [row for row in rows(page) if row["login"] == "moved@contoso.example"]
    assert (names[moved["before"]], names[moved["after"]], moved["line"]) == ("Helpdesk", "Field", 19)
    assert data["texts"][moved["reason"]] == "direct member of Helpdesk EMEA"
    (old,) = [row for row in rows(page) if row["login"] == "old@contoso.example"]
    assert old["changes"][1] == ["name", 'Say "hi"', "Zoë"]
    (new,) = [row for row in rows(page) if row["login"] == "new@contoso.example"]
    assert (new["before"], data["texts"][new["verbs"]], new["sign"], new["rule"]) == (None, "create", "+", "R43")
    (left,) = [row for row in rows(page) if row["removal"]]
    assert ["enabled", True, False] in left["changes"]


def test_groups_of_both_roles_stand_below_their_own_root_and_sort_as_plans_do() -> None:
    new = Action(
        id="g" * 16,
        verbs=("create_group",),
        role="technician",
        mapping="helpdesk-emea",
        subject=Subject(entra_id="1" * 36, name="night", path="EMEA/night"),
        group=Place(after="EMEA/night"),
        changes=(Change(field="name", after="night"),),
        reason="no such Rescue group yet",
    )
    admin = an_action("boss@contoso.example", "enable", place="", before="").model_copy(
        update={"role": "admin", "mapping": "bosses"}
    )
    plan = one_of_everything()
    bosses = plan.mappings[0].model_copy(update={"name": "bosses", "rescue_group": "Zed"})
    by_node = plan.mappings[0].model_copy(update={"name": "by-node", "rescue_group": "node 337364"})
    guard = Guard(name="max_removals", role="admin", mapping="bosses", passed=True, measured=0, of=1, limit=2)
    least = Guard(name="min_admins", role="admin", passed=True, measured=3, of=4, limit=2)
    page = read(
        plan.model_copy(
            update={"actions": (new, admin), "mappings": (by_node, bosses, plan.mappings[0]), "guards": (guard, least)}
        )
    )
    assert page.data["groups"] == [
        ["Technicians", None], ["EMEA", 0], ["night", 1], ["Administrators", None], ["Zed", 3],
    ]  # fmt: skip
    assert rows(page)[0]["path"] == "EMEA/night"
    assert rows(page)[1]["after"] == 3
    assert "max_removals administrators bosses" in page.text
    assert "min_admins administrators left; the limit is the least – passed 3 4 2 –" in page.text


def test_long_lists_go_on_where_no_script_runs_and_many_findings_are_folded() -> None:
    plan = one_of_everything()
    losses = tuple(an_action(f"p{number}@contoso.example", "disable") for number in range(SHOWN + 5))
    findings = tuple(plan.findings[1] for _ in range(FOLD_ABOVE + 1))
    page = read(plan.model_copy(update={"actions": losses, "findings": (*findings, plan.findings[0])}))
    assert page.text.count("@contoso.example EMEA/Helpdesk") == SHOWN + 5
    lists = [dict(attributes).get("class") for tag, attributes in page.elements if tag == "ul"]
    assert lists.count("list losses") == 2
    assert page.text.index("error frozen") < page.text.index("unmanaged 21") < page.text.index("warning unmanaged")
    assert ("noscript", ()) in page.elements


def test_guards_that_refused_come_first() -> None:
    plan = one_of_everything()
    text = read(plan.model_copy(update={"guards": plan.guards[::-1]})).text
    assert text.index("max_removals –") < text.index("max_moves –")


def test_many_guards_of_one_mapping_each_are_folded_unless_they_refuse() -> None:
    plan = one_of_everything()
    each = tuple(plan.guards[1].model_copy(update={"mapping": f"m{number}"}) for number in range(FOLD_ABOVE + 1))
    page = read(plan.model_copy(update={"guards": (*each, *plan.guards[::2])}))
    assert page.text.index("max_moves –") < page.text.index("21 guards of one mapping each passed")
    assert page.text.index("guards of one mapping each passed") < page.text.index("m0 passed")
    refused = tuple(one.model_copy(update={"passed": False}) for one in each)
    assert "guards of one mapping" not in read(plan.model_copy(update={"guards": refused})).text


def test_a_permit_is_whole_however_long() -> None:
    plan = one_of_everything()
    ids = tuple(f"{number:016x}" for number in range(700))
    guard = plan.guards[0].model_copy(update={"actions": ids})
    text = read(plan.model_copy(update={"guards": (guard,)})).text
    assert all(f'"{one}"' in text for one in ids)


def test_the_policy_lets_this_style_and_this_script_act_and_nothing_else() -> None:
    made = plan_page(one_of_everything(), "mappings.yaml")
    page = Read(made)
    (policy,) = [
        dict(attributes)["content"] or ""
        for tag, attributes in page.elements
        if tag == "meta" and dict(attributes).get("http-equiv") == "Content-Security-Policy"
    ]

    def hashed(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    assert policy.split("; ") == [
        "default-src 'none'",
        f"script-src {hashed(page.scripts[1])}",
        f"style-src {hashed(page.styles[0])}",
        "base-uri 'none'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ]
    assert (len(page.scripts), len(page.styles)) == (2, 1)
    assert made.index("Content-Security-Policy") < made.index("<title>")
    names = {name for _, attributes in page.elements for name, _ in attributes}
    assert names & {"src", "srcset", "style", "action", "srcdoc", "data", "ping", "background"} == set()
    assert [name for name in names if name.startswith("on")] == []
    assert all(target.startswith("#") for target in page.attributes("href"))
    anchors = list(page.attributes("id"))
    assert len(anchors) == len(set(anchors))
    assert {target[1:] for target in page.attributes("href")} <= set(anchors)


@pytest.mark.parametrize("name", [*html.SCRIPTS, *html.STYLES])
def test_script_and_style_put_nothing_in_but_text_and_ask_for_nothing(name: str) -> None:
    text = PAGE.joinpath(name).read_text(encoding="utf-8")
    for forbidden in (
        "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "setAttribute(\"on",
        "localStorage", "sessionStorage", "cookie", "fetch(", "XMLHttp", "import(", "import ", "url(", "@import", "</",
        "<!--", "http:", "https:", "\r",
    ):  # fmt: skip
        assert forbidden not in text, forbidden


@given(ANYTHING)
@settings(deadline=None)
def test_no_name_makes_an_element_or_an_attribute(name: str) -> None:
    plan = plan_naming(name)
    state = plan.mappings[0].model_copy(update={"name": name, "entra_group": name, "rescue_group": "EMEA"})
    seats = plan.seats.model_copy(update={"mobile": plan.seats.mobile.model_copy(update={"without": (name,)})})
    guard = plan.guards[0].model_copy(update={"mapping": name})
    more = {"mappings": (state,), "seats": seats, "stopped": plan.actions, "guards": (guard,)}
    made = plan_page(plan.model_copy(update=more), name or "x")
    page = Read(made)
    harmless = plan_naming("harmless").model_copy(update=more | {"stopped": plan_naming("harmless").actions})
    assert page.elements == Read(plan_page(harmless, "harmless")).elements
    assert page.inside == []
    assert CONTROLS.search(made.replace("\n", "")) is None
    script = page.scripts[0]
    assert script.isascii()
    assert not set("<>&") & set(script)
    assert CONTROLS.search(json.dumps(page.data, ensure_ascii=False)) is None


@given(ANYTHING)
@settings(deadline=None)
def test_no_name_acts_among_outcomes(name: str) -> None:
    page = Read(outcomes_page(outcomes_naming(name or "x")))
    assert page.elements == Read(outcomes_page(outcomes_naming("harmless"))).elements
    assert page.scripts[0].isascii()
    assert not set("<>&") & set(page.scripts[0])


def outcomes_naming(name: str) -> Outcomes:
    """Outcomes in which every text that comes from outside is `name`."""
    done = some_outcomes()
    subject = Subject(login=name, name=name, upn=name, entra_id=name, presence=name, node_id=1)
    subject = subject.model_copy(update={"login": name, "name": name})  # past what a plan refuses
    place = Place(before="EMEA", after="EMEA")
    changed = {"subject": subject, "message": name, "reason": name, "mapping": name, "group": place, "changes": ()}
    said = {"login": name, "mapping": name, "message": name}
    return done.model_copy(
        update={
            "actions": tuple(one.model_copy(update=changed) for one in done.actions),
            "findings": tuple(one.model_copy(update=said) for one in done.findings),
        }
    )


def test_equal_plans_give_equal_bytes() -> None:
    assert plan_page(one_of_everything(), "f") == plan_page(one_of_everything(), "f")


def test_elements_escape_all_that_was_not_made_here() -> None:
    assert element("p", "<b>", Html("<i></i>"), None, 3) == "<p>&lt;b&gt;<i></i>3</p>"
    assert (
        element("input", checked=True, hidden=False, aria_label='"x"') == '<input checked aria-label="&quot;x&quot;">'
    )
    assert joined("a\x00", "&") == "a\\x00&amp;"


def test_columns_of_the_data_are_as_many_as_its_rows_have() -> None:
    assert all(len(row) == len(html_data.COLUMNS) for row in read(one_of_everything()).data["actions"])


def test_colours_can_be_told_from_what_is_behind_them() -> None:
    """WCAG 2.2, 1.4.3: 4.5 to 1, for every colour of text on every colour behind it, in both themes."""
    style = PAGE.joinpath("page.css").read_text(encoding="utf-8")
    colours = dict(re.findall(r"--([a-z-]+): light-dark\((.*?)\)", style))
    assert len(colours) > 10
    for theme in (0, 1):
        shade = {name: pair.split(", ")[theme] for name, pair in colours.items()}
        for text in ("ink", "quiet", "accent", "loss", "gain", "change"):
            behind = ["paper", "raised", "sunk", *([f"{text}-wash"] if f"{text}-wash" in shade else ["loss-wash"])]
            for back in behind:
                assert contrast(shade[text], shade[back]) >= 4.5, (theme, text, back)


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
