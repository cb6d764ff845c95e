"""One call: what is sent, repeated, believed, and what the errors say (rescue-api.md §1.4, §6, §7)."""

from __future__ import annotations

import logging
import socket
import traceback

import pytest

from reconciler.errors import CredentialsError, TargetError, TargetRefused, TargetUnknown
from reconciler.target.credentials import ApiToken, Login
from reconciler.target.rescue_client import NoSuchMethod, RescueClient
from reconciler.transport import Channel

from .conftest import PASSWORD, TOKEN, Drop, Reply

HTML = Reply(b"<!DOCTYPE html><html><body>We are sorry</body></html>", headers={"Content-Type": "text/html"})
SIGN_IN = Reply(b"<html><form><input type='password'></form></html>", headers={"Content-Type": "text/html"})
REDIRECT = Reply(b"", 302, {"Location": "https://elsewhere.example/login?authcode=x"})


def kind(error: type[Exception]):
    """Exactly this class: a TargetRefused is a TargetError, too."""
    return pytest.raises(error, check=lambda raised: type(raised) is error)


# --- what is sent ---------------------------------------------------------------------------------------------------


def test_everything_goes_by_post_form_and_nothing_into_the_address(rescue, client):
    rescue.answers("getUser_v2", "OK\n\npayload: ä")
    rescue.answers("setUser", "OK")
    assert client.read("getUser_v2", node=5) == "\n\npayload: ä"
    assert client.write("setUser", node=5, name="Jörg & Söhne +%=", description="a\nb", nick="") == ""
    first, second = rescue.requests
    assert (first.verb, first.path, first.query) == ("POST", "/API/getUser_v2.aspx", "")
    assert first.form == {"node": "5", "authcode": TOKEN}
    assert (second.verb, second.query) == ("POST", "")
    assert second.form == {
        "node": "5", "name": "Jörg & Söhne +%=", "description": "a\nb", "nick": "", "authcode": TOKEN,
    }  # fmt: skip


# --- reads ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trouble", ["ERROR", "POLLRATEEXCEEDED\n\n", HTML, b"\xff\xfe", b"", Reply(b"OK", 403)])
def test_a_read_is_repeated_over_passing_trouble(rescue, client, time_, trouble):
    rescue.answers("getAccount", trouble, trouble, "OK\n\nx")
    assert client.read("getAccount") == "\n\nx"
    assert len(rescue.requests) == 3
    assert len(time_.naps) == 2
    assert 1 <= time_.naps[0] <= 1.5
    assert 2 <= time_.naps[1] <= 3


@pytest.mark.parametrize("trouble", ["ERROR", "POLLRATEEXCEEDED", HTML, b""])
def test_a_read_gives_up_after_four_times(rescue, client, time_, trouble):
    rescue.answers("getAccount", trouble)
    with kind(TargetError) as raised:
        client.read("getAccount")
    assert len(rescue.requests) == 4
    assert "4 times" in str(raised.value)
    assert sum(time_.naps) < 60


def test_a_read_that_took_long_is_not_repeated_beyond_a_minute(rescue, client, time_):
    def slow(form):
        time_.now += 40
        return "ERROR"

    rescue.answers("getAccount", slow)
    with kind(TargetError):
        client.read("getAccount")
    assert len(rescue.requests) == 2


def test_what_the_channel_repeated_is_not_repeated_again(rescue, client):
    rescue.answers("getAccount", Reply(b"<html>", 503))
    with kind(TargetError) as raised:
        client.read("getAccount")
    assert "503" in str(raised.value)
    assert len(rescue.requests) == 6
    rescue.requests.clear()
    rescue.answers("getAccount", Reply(b"", 429))
    with kind(TargetError) as raised:
        client.read("getAccount")
    assert "429" in str(raised.value)
    assert len(rescue.requests) == 6


def test_a_broken_connection_is_a_target_error(rescue, client):
    rescue.answers("getAccount", Drop())
    with kind(TargetError) as raised:
        client.read("getAccount")
    assert "getAccount" in str(raised.value)


@pytest.mark.parametrize(
    "token", ["INVALIDPARAM_NODE", "INVALIDPARAM_PASSWORD_X", "INVALID_MOVE", "BRAND_NEW_WORD", "INVALID"]
)
def test_a_definite_word_is_a_refusal_of_that_call(rescue, client, token):
    rescue.answers("getUser", f"{token}\n")
    rescue.answers("moveNode", token)
    for call in (client.read, client.write):
        rescue.requests.clear()
        with kind(TargetRefused) as raised:
            call("getUser" if call == client.read else "moveNode", node=7)
        assert raised.value.token == token
        assert token in str(raised.value)
        assert "node 7" in str(raised.value)
        assert len(rescue.requests) == 1


@pytest.mark.parametrize(
    "token", ["INVALID_SECRETAUTHCODE", "USER_DELETED_OR_DISABLED", "USER_IS_DELETED", "NOTLOGGEDINASADMIN"]
)
def test_words_about_the_caller_are_fatal_and_never_about_the_node(rescue, client, token):
    rescue.answers("any", token)
    for call in (client.read, client.write):
        rescue.requests.clear()
        with kind(CredentialsError) as raised:
            call("any", node=7)
        assert token in str(raised.value)
        assert "node" not in str(raised.value)
        assert raised.value.advice
        assert len(rescue.requests) == 1


def test_the_limit_of_sign_ins_is_fatal_wherever_it_is_said(rescue, client):
    rescue.answers("any", "LIMITREACHED")
    for call in (client.read, client.write):
        with kind(CredentialsError) as raised:
            call("any")
        assert "3 minutes" in raised.value.advice
    assert len(rescue.requests) == 2


def test_the_third_strange_word_stops_the_run(rescue, client):
    rescue.answers("setUser", "ONE", "TWO", "ONE", "TWO", "THREE")
    for token in ("ONE", "TWO", "ONE", "TWO"):
        with kind(TargetRefused) as raised:
            client.write("setUser", node=1)
        assert raised.value.token == token
    with kind(TargetError) as raised:
        client.write("setUser", node=1)
    assert "ONE, THREE, TWO" in str(raised.value)


def test_an_unknown_method_is_told_from_an_unknown_node(rescue, client):
    for call in (client.read, client.write):
        with kind(NoSuchMethod):
            call("nothing")
    assert len(rescue.requests) == 2


@pytest.mark.parametrize("said", [REDIRECT, SIGN_IN])
def test_with_a_token_a_sign_in_page_is_an_error_and_not_followed(rescue, client, said):
    rescue.answers("getAccount", said)
    rescue.answers("setUser", said)
    with kind(TargetError):
        client.read("getAccount")
    with kind(TargetUnknown):
        client.write("setUser", node=1)
    assert rescue.called() == ["getAccount", "setUser"]


def test_not_logged_in_with_a_token_is_about_the_token(rescue, client):
    rescue.answers("any", "NOTLOGGEDIN")
    for call in (client.read, client.write):
        with kind(CredentialsError) as raised:
            call("any")
        assert "RESCUE_API_TOKEN" in raised.value.advice
    assert len(rescue.requests) == 2


# --- writes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["setUser_v2", "createUser", "moveNode"])
@pytest.mark.parametrize(
    "said",
    ["ERROR", HTML, b"", b"\xff", Drop(), Reply(b"<html>", 500), Reply(b"<html>", 503), Reply(b"OK", 500),
     Reply(b"<html>", 403)],
)  # fmt: skip
def test_a_write_of_unknown_fate_is_sent_once(rescue, client, time_, method, said):
    rescue.answers(method, said, "OK 1")
    with kind(TargetUnknown):
        client.write(method, node=1)
    assert len(rescue.requests) == 1
    assert time_.naps == []


def test_a_body_that_ends_early_is_an_unknown_fate(rescue, client):
    rescue.answers("setUser", Reply(b"OK", headers={"Content-Length": "100"}, length=False))
    with kind(TargetUnknown):
        client.write("setUser", node=1)
    assert len(rescue.requests) == 1


def test_throttled_writes_wait_and_go_again(rescue, client, time_):
    rescue.answers("setUser_v2", Reply(b"", 429), Reply(b"", 429, {"Retry-After": "30"}), "POLLRATEEXCEEDED", "OK")
    client.write("setUser_v2", node=1)
    assert len(rescue.requests) == 4
    assert sum(time_.naps) >= 1 + 30 + 4


def test_throttled_writes_end_unknown_after_four_times(rescue, client):
    rescue.answers("moveNode", Reply(b"", 429))
    with kind(TargetUnknown):
        client.write("moveNode", node=1)
    assert len(rescue.requests) == 4


def test_a_pause_longer_than_a_call_may_take_is_not_waited_for(rescue, client, time_):
    rescue.answers("moveNode", Reply(b"", 429, {"Retry-After": "9999"}))
    with kind(TargetUnknown):
        client.write("moveNode", node=1)
    assert len(rescue.requests) == 1
    assert sum(time_.naps) < 60


def test_slowed_down_by_word_is_a_definite_no(rescue, client):
    rescue.answers("moveNode", "POLLRATEEXCEEDED")
    with kind(TargetRefused) as raised:
        client.write("moveNode", node=1)
    assert raised.value.token == "POLLRATEEXCEEDED"
    assert len(rescue.requests) == 4


def test_a_throttled_creation_is_not_repeated(rescue, client):
    rescue.answers("createUser", Reply(b"", 429), "POLLRATEEXCEEDED", "OK 1")
    with kind(TargetUnknown):
        client.write("createUser", parent=1)
    with kind(TargetRefused):
        client.write("createUser", parent=1)
    assert len(rescue.requests) == 2


@pytest.fixture
def nobody():
    """A port on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def test_a_connection_that_never_came_about_is_a_definite_no(nobody, time_):
    with Channel(f"http://127.0.0.1:{nobody}/API", service="R", sleep=time_.sleep, clock=time_.clock) as channel:
        client = RescueClient(channel, ApiToken(TOKEN), sleep=time_.sleep, clock=time_.clock)
        with kind(TargetRefused) as raised:
            client.write("setUser", node=1)
        assert raised.value.token == ""
        assert "nothing was done" in str(raised.value)
        assert len(time_.naps) == 3
        with kind(TargetRefused):
            client.write("createUser", parent=1)
        assert len(time_.naps) == 3
        with kind(TargetError):
            client.read("getAccount")


def test_text_that_is_no_unicode_is_not_sent(rescue, client):
    with kind(TargetRefused):
        client.write("setUser", node=1, name="\ud800")
    assert rescue.requests == []


# --- the session cookie -----------------------------------------------------------------------------------------------


def signed_in(value: str) -> Reply:
    return Reply("OK", headers={"Set-Cookie": f"ASP.NET_SessionId={value}; path=/; HttpOnly"})


@pytest.fixture
def by_login(connect, time_):
    return connect(Login("olga@contoso.example", PASSWORD, sleep=time_.sleep))


def test_signs_in_once_and_sends_the_cookie_alone(rescue, by_login):
    rescue.answers("login", signed_in("abc123"))
    rescue.answers("getAccount", "OK\n\nx")
    by_login.read("getAccount")
    by_login.read("getAccount")
    assert rescue.called() == ["login", "getAccount", "getAccount"]
    assert rescue.requests[0].form == {"email": "olga@contoso.example", "pwd": PASSWORD}
    assert "cookie" not in rescue.requests[0].headers
    assert rescue.requests[2].headers["cookie"] == "ASP.NET_SessionId=abc123"
    assert rescue.requests[2].form == {}


@pytest.mark.parametrize("said", ["NOTLOGGEDIN", REDIRECT, SIGN_IN])
def test_a_lost_session_is_renewed_once_a_call(rescue, by_login, said):
    rescue.answers("login", signed_in("one"), signed_in("two"), signed_in("three"))
    rescue.answers("getAccount", said, "OK\n\nx")
    rescue.answers("setUser", said, "OK")
    assert by_login.read("getAccount") == "\n\nx"
    by_login.write("setUser", node=1)
    assert rescue.called() == ["login", "getAccount", "login", "getAccount", "setUser", "login", "setUser"]
    assert rescue.requests[-1].headers["cookie"] == "ASP.NET_SessionId=three"


@pytest.mark.parametrize(("said", "error"), [("NOTLOGGEDIN", CredentialsError), (REDIRECT, TargetError)])
def test_a_session_that_is_lost_again_at_once_is_an_error(rescue, by_login, said, error):
    rescue.answers("login", signed_in("one"))
    rescue.answers("any", said)
    with kind(error):
        by_login.read("any")
    assert rescue.called() == ["login", "any", "login", "any"]
    with kind(CredentialsError if error is CredentialsError else TargetUnknown):
        by_login.write("any")
    assert rescue.called()[4:] == ["any", "login", "any"]


def test_a_creation_that_found_the_session_lost_is_refused_with_a_new_session(rescue, by_login):
    rescue.answers("login", signed_in("one"), signed_in("two"))
    rescue.answers("createUser", "NOTLOGGEDIN", "OK 7", REDIRECT)
    with kind(TargetRefused) as raised:
        by_login.write("createUser", parent=1)
    assert raised.value.token == "NOTLOGGEDIN"
    assert by_login.write("createUser", parent=1) == " 7"
    with kind(TargetUnknown):
        by_login.write("createUser", parent=1)
    assert rescue.called() == ["login", "createUser", "login", "createUser", "createUser"]


def test_sign_ins_of_a_run_are_counted(rescue, by_login):
    rescue.answers("login", signed_in("one"))
    rescue.answers("getAccount", *["NOTLOGGEDIN", "OK"] * 10)
    for _ in range(4):
        by_login.read("getAccount")
    with kind(CredentialsError) as raised:
        by_login.read("getAccount")
    assert "another program" in raised.value.advice
    assert rescue.called().count("login") == 5


WRITTEN = {"node": 5, "name": "Canary Name", "pwd": PASSWORD}
READ = {"email": "canary@contoso.example"}


# --- secrets ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    ["OK\n\nx", "ERROR", "INVALIDPARAM_NAME", "INVALID_SECRETAUTHCODE", "NOTLOGGEDIN", "STRANGE", HTML, Drop(), b"\xff",
     Reply(b"", 302, {"Location": f"/x?authcode={TOKEN}"}), Reply(b"", 429), Reply(b"<html>", 404),
     lambda form: Reply(f"<html>{form}</html>", 500), lambda form: f"<html>{form}"],
)  # fmt: skip
@pytest.mark.parametrize("login", [False, True])
def test_no_secret_and_no_text_is_in_logs_errors_or_reprs(rescue, connect, time_, caplog, said, login):
    caplog.set_level(logging.DEBUG)
    rescue.answers("login", signed_in("canarycookie"))
    rescue.answers("setUser_v2", said)
    rescue.answers("getUser_v3", said)
    client = connect(Login("olga@contoso.example", PASSWORD, sleep=time_.sleep) if login else None)
    seen = [repr(client), repr(client._credentials)]
    for call, method, params in ((client.write, "setUser_v2", WRITTEN), (client.read, "getUser_v3", READ)):
        try:
            call(method, **params)
        except (TargetError, CredentialsError) as error:
            seen += [repr(error), error.advice, "".join(traceback.format_exception(error))]
    if login:
        seen.append(repr(client._credentials.proof(client._channel)))
    seen += [record.getMessage() for record in caplog.records] + [caplog.text]
    assert caplog.records
    for secret in (TOKEN, PASSWORD, "canarycookie", "Canary Name", "canary@contoso.example", "olga@contoso.example"):
        assert not [text for text in seen if secret in text], secret
