"""Who may call: rescue-api.md §2, with the limits of §1.4."""

from __future__ import annotations

import re

import httpx
import pytest

from reconciler.sandbox import Sandbox, parse_scenario, run_sandbox

from .conftest import WORLD


def call(http: httpx.Client, method: str, **parameters: object) -> str:
    return http.post(f"/API/{method}.aspx", data=parameters).text


def test_without_anything_nobody_is_logged_in(http: httpx.Client) -> None:
    assert call(http, "getAccount") == "NOTLOGGEDIN"
    assert call(http, "getHierarchy_v2", authcode="wrong") == "INVALID_SECRETAUTHCODE"
    assert call(http, "logout") == "NOTLOGGEDIN"


def test_a_login_is_a_cookie_that_idles_out_after_twenty_minutes(box: Sandbox, http: httpx.Client) -> None:
    answer = http.post("/API/login.aspx", data={"email": "SYNC@contoso.example", "pwd": "Old-Pass9"})
    assert answer.text == "OK"
    assert re.fullmatch(r"ASP\.NET_SessionId=[a-z0-5]{24}; path=/; HttpOnly", answer.headers["set-cookie"])
    box.state.advance_clock(19 * 60)
    assert call(http, "getAccount").startswith("OK")
    box.state.advance_clock(19 * 60)
    assert call(http, "getAccount").startswith("OK")
    box.state.advance_clock(21 * 60)
    assert call(http, "getAccount") == "NOTLOGGEDIN"


def test_logout_ends_the_session(http: httpx.Client) -> None:
    call(http, "login", email="sync@contoso.example", pwd="Old-Pass9")
    assert call(http, "logout") == "OK"
    assert call(http, "getAccount") == "NOTLOGGEDIN"


def test_the_eleventh_login_in_three_minutes_is_too_many(box: Sandbox, http: httpx.Client) -> None:
    words = [call(http, "login", email="sync@contoso.example", pwd="Old-Pass9") for _ in range(11)]
    assert words == ["OK"] * 10 + ["LIMITREACHED"]
    box.state.advance_clock(181)
    assert call(http, "login", email="sync@contoso.example", pwd="Old-Pass9") == "OK"


def test_a_new_authcode_voids_the_one_before_but_not_the_api_token(box: Sandbox, http: httpx.Client) -> None:
    first = call(http, "requestAuthCode", email="sync@contoso.example", pwd="Old-Pass9")
    assert re.fullmatch(r"OK\n\nAUTHCODE:[a-z0-9]{79}", first)
    code = first[13:]
    assert call(http, "getAccount", authcode=code).startswith("OK")
    second = call(http, "requestAuthCode", email="sync@contoso.example", pwd="Old-Pass9")[13:]
    assert call(http, "getAccount", authcode=code) == "INVALID_SECRETAUTHCODE"
    assert call(http, "getAccount", authcode=second).startswith("OK")
    token = box.environment()["RESCUE_API_TOKEN"]
    assert call(http, "getAccount", authcode=token).startswith("OK")
    box.state.set_switch("auth_code_ends_api_token", "yes")
    call(http, "requestAuthCode", email="sync@contoso.example", pwd="Old-Pass9")
    assert call(http, "getAccount", authcode=token) == "INVALID_SECRETAUTHCODE"
    assert call(http, "getAccount", authcode=box.state.new_api_token()).startswith("OK")


@pytest.mark.parametrize("method", ["login", "requestAuthCode"])
def test_wrong_passwords_and_denied_endpoints(box: Sandbox, http: httpx.Client, method: str) -> None:
    assert call(http, method, email="sync@contoso.example", pwd="nope") == "INVALID"
    assert call(http, method, email="", pwd="") == "INVALID"
    box.state.set_switch("deny_login", "yes")
    box.state.set_switch("deny_request_auth_code", "yes")
    assert call(http, method, email="sync@contoso.example", pwd="Old-Pass9") == "ERROR"
    box.state.set_switch("denied_answer", "INVALID")
    assert call(http, method, email="sync@contoso.example", pwd="Old-Pass9") == "INVALID"


def test_a_disabled_caller_is_told_so(box: Sandbox, http: httpx.Client) -> None:
    token = box.environment()["RESCUE_API_TOKEN"]
    box.state.set_node(11, enabled=False)
    assert call(http, "getAccount", authcode=token) == "USER_DELETED_OR_DISABLED"


def test_sso_needs_digits_for_the_company() -> None:
    world = WORLD.replace("organization: Contoso", "organization: Contoso\n  sso_password: company-secret")
    with run_sandbox(parse_scenario(world)) as box, httpx.Client(base_url=box.base_url) as http:
        box.state.set_node(11, sso_id="sync")
        asked = {"ssoid": "sync", "pwd": "company-secret", "company": 1234567}
        assert call(http, "requestAuthCodeSSO", **asked).startswith("OK\n\nAUTHCODE:")
        assert call(http, "requestAuthCodeSSO", **asked | {"company": "x"}) == "INVALIDPARAM_COMPANY"
        assert call(http, "requestAuthCodeSSO", **asked | {"pwd": "x"}) == "INVALID"
        assert call(http, "requestAuthCodeSSO", **asked | {"company": 7}) == "INVALID"


def test_a_plain_administrator_acts_below_assigned_groups_only(box: Sandbox, http: httpx.Client) -> None:
    code = call(http, "requestAuthCode", email="ada@contoso.example", pwd="Ada-Pass9")[13:]
    assert "AdminID:12\n" in call(http, "getAccount", authcode=code)
    assert call(http, "createUser", authcode=code, parent=21).startswith("OK")
    assert call(http, "createUser", authcode=code, parent=22) == "INVALIDPARAM_PARENT"
    assert call(http, "deleteNode", authcode=code, node=22) == "INVALID_DELETE"
    assert call(http, "moveNode", authcode=code, node=30, targetnode=22) == "ERROR"
    assert "NodeID:22\n" in call(http, "getHierarchy_v2", authcode=code)
    box.state.set_switch("groups_shown", "assigned")
    shown = call(http, "getHierarchy_v2", authcode=code)
    assert "NodeID:22\n" not in shown
    assert "NodeID:30\n" in shown


def test_no_secret_reaches_the_log_or_the_file(box: Sandbox, http: httpx.Client) -> None:
    code = call(http, "requestAuthCode", email="sync@contoso.example", pwd="Old-Pass9")[13:]
    http.get("/API/getAccount.aspx", params={"authcode": code})
    call(http, "setUser", authcode=code, node=30, pwd="Geheim-99", confpwd="Geheim-99", oldpwd="Old-Pass9")
    logged = str(box.requests())
    stored = b"".join(file.read_bytes() for file in box.state.path.parent.iterdir())
    for secret in (code, "Old-Pass9", "Geheim-99"):
        assert secret not in logged
        assert secret.encode() not in stored
    assert box.requests()[0]["parameters"] == {"email": "sync@contoso.example", "pwd": "***"}
    assert [entry["call"] for entry in box.requests()] == ["requestAuthCode", "getAccount", "setUser"]
