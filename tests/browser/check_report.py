"""The page of a plan and of an apply in a real Chromium: `make browser`. Pictures of it are left in `build/browser`."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reconciler.model.plan import Action, ActionOutcome, Change, Outcomes, Place, Plan, Result, Subject
from reconciler.render import html
from tests.render.plans import an_action, nothing_to_do, one_of_everything, removals_held, some_outcomes
from tests.render.test_hostile_names import HOSTILE, plan_naming

from .chromium import Chromium, Page, running_chromium

PICTURES = Path(__file__).parents[2] / "build" / "browser"
MANY = 20_000
SHOWN_LOGINS = "[...document.querySelectorAll('#list .row .login')].map(one => one.textContent)"


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    with running_chromium() as running:
        yield running


@pytest.fixture
def opened(browser: Chromium, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """Opens a page; afterwards none of them may have asked for anything, complained, or opened a dialog."""
    pages = []

    def open_(made: str, **how: bool | int) -> Page:
        file = tmp_path / f"{len(pages)}.html"
        file.write_text(made, encoding="utf-8")
        pages.append(page := browser.open(file, **how))
        return page

    yield open_
    for page in pages:
        asked = {event["request"]["url"].partition("#")[0] for event in page.events("Network.requestWillBeSent")}
        assert {url.partition(":")[0] for url in asked} == {"file"}
        assert len(asked) == 1
        for complaint in ("Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled"):
            assert page.events(complaint) == []
        assert page.events("Page.javascriptDialogOpening") == []
        page.close()


def plan_page(plan: Plan) -> str:
    return html.render_plan(plan, "mappings.yaml").decode()


def outcomes_page(outcomes: Outcomes) -> str:
    return html.render_outcomes(outcomes).decode()


def a_large_plan() -> Plan:
    """20,000 actions in 900 groups three deep."""
    actions = []
    for number in range(MANY):
        place = f"Region {number % 7}/Country {number % 90}/Team {number % 900}"
        kind = number % 10
        if kind == 0:
            changes = (Change(field="enabled", before=True, after=False),)
            made = an_action(f"p{number}@contoso.example", "disable", place=place, before=place, changes=changes)
        elif kind < 4:
            made = an_action(f"p{number}@contoso.example", "move", place=place, before="Region 0/Country 0/Team 0")
        else:
            change = (Change(field="name", before="Old Name", after=f"New Name {number}"),)
            made = an_action(f"p{number}@contoso.example", "update", place=place, before=place, changes=change)
        actions.append(made.model_copy(update={"id": f"{number:016x}", "origin": "edit" if number % 3 else "pending"}))
    plan = one_of_everything()
    finding = plan.findings[1]
    findings = tuple(finding.model_copy(update={"login": f"f{number}@contoso.example"}) for number in range(2_000))
    return plan.model_copy(update={"actions": tuple(actions), "findings": findings})


def test_pictures_of_both_themes_and_a_narrow_window(opened: Callable[..., Page]) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name, made in (("plan", plan_page(one_of_everything())), ("apply", outcomes_page(some_outcomes()))):
        for width in (1280, 360):
            page = opened(made, width=width)
            for theme in ("light", "dark"):
                page.prefer(dark=theme == "dark")
                page.picture(PICTURES / f"{name}-{theme}-{width}.png", whole=True)


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_the_page_never_scrolls_sideways(opened: Callable[..., Page], width: int) -> None:
    long = plan_naming("n" * 300 + "/" + "m" * 300)
    for made in (
        plan_page(one_of_everything()),
        plan_page(removals_held()),
        plan_page(nothing_to_do()),
        plan_page(long),
        outcomes_page(some_outcomes()),
    ):
        page = opened(made, width=width)
        page.ask("document.querySelectorAll('details').forEach(one => { one.open = true })")
        page.ask("document.querySelectorAll('button.details').forEach(one => one.click())")
        assert page.ask("document.documentElement.scrollWidth") <= width


def test_without_a_script_what_matters_is_there(opened: Callable[..., Page]) -> None:
    page = opened(plan_page(one_of_everything()), script=False)
    seen = page.ask("document.body.innerText")
    for told in (
        "Loses access",
        "left@contoso.example",
        "Guards: refused",
        "permits:",
        "Findings",
        "gone",
        "JavaScript",
    ):
        assert told in seen
    assert "Name, login or id" not in seen


def test_colours_follow_the_system_and_the_switch_which_the_keyboard_works(opened: Callable[..., Page]) -> None:
    page = opened(plan_page(one_of_everything()))
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.ask(paper)
    page.prefer(dark=True)
    dark = page.ask(paper)
    assert light != dark
    page.ask("document.getElementById('theme-system').focus()")
    page.press("ArrowRight")
    assert page.ask(paper) == light
    page.press("ArrowRight")
    page.prefer(dark=False)
    assert page.ask(paper) == dark
    plain = opened(plan_page(one_of_everything()), script=False, dark=True)
    assert plain.ask(paper) == dark


def test_the_keyboard_reaches_everything_in_the_order_it_is_read(opened: Callable[..., Page]) -> None:
    page = opened(plan_page(one_of_everything()))
    page.press("Tab")
    assert page.ask("document.activeElement.textContent") == "Skip to the content"
    assert page.ask("document.activeElement.getBoundingClientRect().top >= 0")
    page.press("Enter")
    assert page.ask("document.activeElement.id") == "main"
    page.ask("document.activeElement.blur(); document.querySelector('.skip').focus()")
    page.ask("window.all = [...document.querySelectorAll('*')]")
    order = []
    for _ in range(80):
        page.press("Tab")
        order.append(page.ask("all.indexOf(document.activeElement)"))
        if page.ask("document.activeElement.matches('body, .skip')"):
            break
        outlined = "(one => getComputedStyle(getComputedStyle(one).opacity === '0' ? one.nextElementSibling : one)"
        outlined += ".outlineStyle !== 'none')"
        assert page.ask(f"{outlined}(document.activeElement)"), page.ask("document.activeElement.outerHTML")
    reached = order[:-1]
    assert reached == sorted(set(reached))
    can_be_used = "[...document.querySelectorAll('a, button, input, select, summary, [tabindex=\"0\"]')]"
    hidden = "one.closest('details:not([open])') && !one.matches('summary')"
    other = "one.type === 'radio' && !one.checked"
    skip = "one.matches('.skip') || one.id === 'data'"
    wanted = page.ask(f"{can_be_used}.filter(one => !({hidden} || {other} || {skip})).map(one => all.indexOf(one))")
    assert set(wanted) - set(reached) == set()


def test_everything_that_can_be_used_has_a_name_and_headings_are_in_order(opened: Callable[..., Page]) -> None:
    page = opened(plan_page(one_of_everything()))
    nodes = page.command("Accessibility.getFullAXTree")["nodes"]
    used = {"button", "link", "textbox", "searchbox", "combobox", "checkbox", "radio", "DisclosureTriangle", "region"}
    roles = [(node.get("role", {}).get("value"), node.get("name", {}).get("value")) for node in nodes]
    assert [role for role, name in roles if role in used and not name] == []
    assert ("button", "Details of left@contoso.example") in roles
    assert {"searchbox", "combobox", "checkbox", "radio", "button", "link", "main", "navigation", "status"} <= {
        role for role, _ in roles
    }
    levels = page.ask("[...document.querySelectorAll('h1, h2, h3')].map(one => Number(one.tagName[1]))")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_filters_by_verb_name_group_and_origin_and_the_address_keeps_them(opened: Callable[..., Page]) -> None:
    plan = one_of_everything()
    actions = tuple(
        one.model_copy(update={"origin": "pending" if at % 2 else "edit"}) for at, one in enumerate(plan.actions)
    )
    page = opened(plan_page(plan.model_copy(update={"actions": actions})))
    assert len(page.ask(SHOWN_LOGINS)) == 7
    page.ask("document.querySelector('[value=\"loses access\"]').focus()")
    page.press(" ")
    page.wait_until("location.hash === '#?verb=loses+access'")
    assert page.ask(SHOWN_LOGINS) == ["left@contoso.example"]
    assert page.ask("document.getElementById('count').textContent") == "1 of 7 are shown."
    page.press(" ")
    page.ask("document.querySelector('[type=search]').focus()")
    page.type("ZOE")  # of Zoë
    page.wait_until("location.hash === '#?q=ZOE'")
    assert page.ask(SHOWN_LOGINS) == ["old@contoso.example"]
    page.ask("document.querySelector('button.reset').click()")
    assert len(page.ask(SHOWN_LOGINS)) == 7
    page.ask("location.hash = '#?group=2&order=written'")  # EMEA/Field
    page.wait_until(f"{SHOWN_LOGINS}.length === 2")
    assert page.ask("document.querySelector('select').selectedOptions[0].textContent.trim()") == "Field"
    assert page.ask(SHOWN_LOGINS) == ["moved@contoso.example", "back@contoso.example"]
    page.ask("location.hash = '#?group=1&verb=move&verb=enable&verb=create'")  # EMEA and below
    page.wait_until(f"{SHOWN_LOGINS}.length === 3")
    page.ask("location.hash = '#?origin=pending&verb=move'")
    page.wait_until(f"{SHOWN_LOGINS}.length === 1")
    page.ask("location.hash = '#?group=999&verb=%3Cb%3E&order=x&q=nobody'")
    page.wait_until(f"{SHOWN_LOGINS}.length === 0")
    assert page.ask("document.querySelector('#list.empty') !== null")


def test_details_open_and_an_action_leads_to_the_one_it_waits_for(opened: Callable[..., Page]) -> None:
    plan = one_of_everything()
    first, second = plan.actions[0], plan.actions[5].model_copy(update={"depends_on": (plan.actions[0].id,)})
    page = opened(plan_page(plan.model_copy(update={"actions": (first, second)})))
    page.ask("location.hash = '#?verb=create'")
    page.wait_until(f"{SHOWN_LOGINS}.length === 1")
    page.ask("document.querySelector('#list button.details').focus()")
    page.press("Enter")
    assert page.ask("document.activeElement.getAttribute('aria-expanded')") == "true"
    detail = page.ask("document.querySelector('.more').innerText")
    for told in ("New Person", "337366", "R43", second.id, "enabled", "[entra:…]"):
        assert told in detail
    page.ask("document.querySelector('.more button.jump').click()")
    assert page.ask("document.activeElement.querySelector('.login').textContent") == "left@contoso.example"


def test_the_tree_shows_before_and_after_with_changes_marked(opened: Callable[..., Page]) -> None:
    new = Action(
        id="g" * 16, verbs=("create_group",), role="technician", mapping="helpdesk-emea",
        subject=Subject(entra_id="1" * 36, name="Night", path="EMEA/Night"), group=Place(after="EMEA/Night"),
        changes=(Change(field="name", after="Night"),), reason="no such Rescue group yet",
    )  # fmt: skip
    plan = one_of_everything()
    page = opened(plan_page(plan.model_copy(update={"actions": (*plan.actions, new)})))
    lines = "[...document.querySelectorAll('#tree .pair')].map(one => [...one.children].slice(0, 2).map(side => "
    lines += "side.textContent).join(' | '))"
    assert page.ask(lines) == [
        "Before | After", "Technicians | Technicians", "EMEA | EMEA", "Field | Field",
        "from EMEA/Helpdesk | moved@contoso.examplemove", "from EMEA/Helpdesk | back@contoso.exampleenable",
        "Helpdesk | Helpdesk", "left@contoso.example | left@contoso.exampledisabled",
        "old@contoso.example | newer@contoso.exampleupdate", "known@contoso.example | known@contoso.exampleadopt",
        "moved@contoso.example | → EMEA/Field", "back@contoso.example | → EMEA/Field", "– | new@contoso.examplecreate",
        "陳@contoso.example | 陳@contoso.exampleupdate", "– | Nightnew", "Field | Field",
    ]  # fmt: skip
    outcomes = opened(outcomes_page(some_outcomes()))
    shown = outcomes.ask(lines)
    assert "moved@contoso.example | moved@contoso.examplestale: move" in shown
    assert "– | –held back: create" in shown


def test_nothing_in_a_name_acts(opened: Callable[..., Page]) -> None:
    counted = "JSON.stringify([...document.querySelectorAll('*')].map(one => one.tagName + one.className).sort())"
    extra = "<img src=x onerror=alert(1)>", "</script><script>alert(1)</script>", "<!--<script>", "javascript:alert(1)"
    expected = opened(plan_page(plan_naming("harmless"))).ask(counted)
    for name in (*HOSTILE, *extra):
        page = opened(plan_page(plan_naming(name)))
        assert page.ask("document.querySelectorAll('img, script, iframe, object, a:not([href^=\"#\"])').length") == 2
        if "/" not in name and name.strip():  # a slash is one more group, and no name at all one less
            assert page.ask(counted) == expected, name


def test_the_policy_holds_even_against_the_page_itself(browser: Chromium, tmp_path: Path) -> None:
    made = plan_page(one_of_everything())
    evil = '<script>window.acted = 1</script><img src="https://evil.example/x" onerror="window.acted = 2">'
    evil += '<p style="color: red" onclick="window.acted = 3" id="evil">x</p>'
    file = tmp_path / "evil.html"
    file.write_text(made.replace("</main>", f"{evil}</main>"), encoding="utf-8")
    page = browser.open(file)
    page.ask("document.getElementById('evil').click()")
    assert page.ask("window.acted === undefined")
    assert page.ask("document.getElementById('evil').style.color") == ""
    assert page.ask("(() => { try { document.body.innerHTML = 'x' } catch (e) { return e.name } })()") == "TypeError"
    asked = {event["request"]["url"] for event in page.events("Network.requestWillBeSent")}
    loaded = {event["response"]["url"] for event in page.events("Network.responseReceived")}
    assert loaded == {file.as_uri()}, asked
    page.close()


def test_twenty_thousand_actions_stay_quick(opened: Callable[..., Page]) -> None:
    began = time.monotonic()
    page = opened(plan_page(a_large_plan()))
    page.wait_until("document.querySelectorAll('#list .row').length > 0")
    assert time.monotonic() - began < 20
    assert page.ask("document.querySelectorAll('#list *').length") < 5_000
    assert page.ask("document.querySelectorAll('#tree .pair').length") < 300
    page.ask("window.scrollTo(0, document.body.scrollHeight)")
    page.wait_until("document.querySelector('#list .chunk:last-child').firstChild !== null")
    seen = "(one => { const box = one.getBoundingClientRect(); return box.bottom >= 0 && box.top <= innerHeight })"
    built = f"[...document.querySelectorAll('.chunk')].filter({seen}).every(one => one.firstChild)"
    for part in range(1, 20):
        page.ask(f"window.scrollTo(0, document.body.scrollHeight * {part} / 20)")
        page.wait_until(built)
    assert page.ask("document.querySelectorAll('#list .row').length") < 800
    began = time.monotonic()
    page.ask("document.querySelector('[type=search]').focus()")
    page.type("p19990@")
    page.wait_until(f"{SHOWN_LOGINS}.length === 1")
    assert time.monotonic() - began < 3
    page.ask("document.querySelector('#losses button.jump').click()")
    assert page.ask("document.getElementById('count').textContent") == "2,000 of 20,000 are shown."
    assert page.ask("document.activeElement.id") == "actions-title"


@pytest.mark.parametrize(
    ("section", "result", "shown"), [("losses", "done", "150 of 151"), ("missed", "stale", "150 of 151")]
)
def test_a_long_list_leads_to_the_rest_of_it(
    opened: Callable[..., Page], section: str, result: Result, shown: str
) -> None:
    done = some_outcomes()
    actions = [
        ActionOutcome(
            **an_action(f"p{number}@contoso.example", "disable").model_dump(), outcome=result, message="because"
        )
        for number in range(150)
    ]
    other = done.actions[-1].model_copy(update={"removal": False})
    page = opened(outcomes_page(done.model_copy(update={"actions": (*actions, other)})))
    assert page.ask(f"document.querySelectorAll('#{section} li').length") == 100
    page.ask(f"document.querySelector('#{section} button.jump').focus()")
    page.press("Enter")
    assert page.ask("document.getElementById('count').textContent") == f"{shown} are shown."


def test_a_print_has_the_actions_and_no_controls(opened: Callable[..., Page]) -> None:
    actions = tuple(an_action(f"p{number}@contoso.example", "move", before="EMEA/Field") for number in range(300))
    page = opened(plan_page(one_of_everything().model_copy(update={"actions": actions})))
    page.ask("addEventListener('afterprint', () => { window.rows = document.querySelectorAll('#list .row').length })")
    assert page.pdf().startswith(b"%PDF")
    assert page.ask("window.rows") == 300
    page.prefer(media="print")
    assert page.ask("getComputedStyle(document.getElementById('filters')).display") == "none"
    assert page.ask("getComputedStyle(document.querySelector('.themes')).display") == "none"


def test_a_copied_permit_is_selected(opened: Callable[..., Page]) -> None:
    page = opened(plan_page(one_of_everything()))
    page.ask("document.querySelector('button.copy').click()")
    assert "permits:" in page.ask("getSelection().toString()")
    assert page.ask("document.querySelector('button.copy').textContent") in {"Copied", "Selected: copy it now"}
