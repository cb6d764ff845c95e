"""Which credential is used, and what each refusal of it leads to (rescue-api.md §2, D18)."""

from __future__ import annotations

import pytest

from reconciler.errors import CredentialsError, TargetError, UsageError
from reconciler.target.base_url import base_url
from reconciler.target.connect import open_rescue
from reconciler.target.credentials import ApiToken, Login, credentials_from, request_authcode

from .conftest import PASSWORD, Drop, Reply

LOGIN = {"RESCUE_EMAIL": "olga@contoso.example", "RESCUE_PASSWORD": PASSWORD}
HTML = Reply(b"<html>no</html>", headers={"Content-Type": "text/html"})


@pytest.fixture
def login(time_):
    return Login(LOGIN["RESCUE_EMAIL"], PASSWORD, sleep=time_.sleep)


def test_the_token_comes_first(channel):
    found = credentials_from({"RESCUE_API_TOKEN": " abc123\n", **LOGIN})
    assert isinstance(found, ApiToken)
    assert found.proof(channel).form == {"authcode": "abc123"}
    assert not found.renew(channel)
    assert isinstance(credentials_from({"RESCUE_API_TOKEN": "", **LOGIN}), Login)


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({}, ["RESCUE_API_TOKEN", "RESCUE_EMAIL", "RESCUE_PASSWORD"]),
        ({"RESCUE_API_TOKEN": " ", "RESCUE_PASSWORD": ""}, ["RESCUE_API_TOKEN", "RESCUE_EMAIL", "RESCUE_PASSWORD"]),
        ({"RESCUE_EMAIL": "a@b"}, ["RESCUE_PASSWORD"]),
        ({"RESCUE_PASSWORD": PASSWORD}, ["RESCUE_EMAIL"]),
        ({"RESCUE_API_TOKEN": "two words"}, ["RESCUE_API_TOKEN"]),
        ({"RESCUE_API_TOKEN": "tökén"}, ["RESCUE_API_TOKEN"]),
    ],
)
def test_missing_credentials_are_named(environ, named):
    with pytest.raises(CredentialsError) as raised:
        credentials_from(environ)
    for name in named:
        assert name in str(raised.value)
    assert "two words" not in str(raised.value) + raised.value.advice


@pytest.mark.parametrize(
    ("word", "said", "advised"),
    [
        ("INVALID", "RESCUE_PASSWORD", "locked"),
        ("LIMITREACHED", "fewer sign-ins", "3 minutes"),
        ("GLOBALIPRESTRICTED", "address", "Global Settings"),
        ("USER_DELETED_OR_DISABLED", "disabled", "master administrator"),
    ],
)
def test_a_refused_sign_in_is_final(rescue, channel, login, word, said, advised):
    rescue.answers("login", f"{word}\n")
    with pytest.raises(CredentialsError) as raised:
        login.proof(channel)
    assert said in str(raised.value)
    assert advised in raised.value.advice
    assert rescue.called() == ["login"]


@pytest.mark.parametrize(
    ("cookies", "value"),
    [
        ("ASP.NET_SessionId=abc; path=/; HttpOnly", "abc"),
        ("asp.net_sessionid=abc", "abc"),
        ("other=1; path=/", None),
        ("other=ASP.NET_SessionId=no", None),
    ],
)
def test_the_session_cookie(rescue, channel, login, cookies, value):
    rescue.answers("login", Reply("OK\n\n", headers={"Set-Cookie": cookies}))
    if value is None:
        with pytest.raises(CredentialsError, match="no session cookie"):
            login.proof(channel)
    else:
        assert login.proof(channel).headers == {"Cookie": f"ASP.NET_SessionId={value}"}


@pytest.mark.parametrize(("denial", "sign_ins"), [("ERROR", 2), ("DENIED", 1), (HTML, 1), (Reply(b"", 302), 1)])
def test_where_signing_in_is_denied_an_authcode_is_requested_once(rescue, channel, login, time_, denial, sign_ins):
    rescue.answers("login", denial)
    rescue.answers("requestAuthCode", "OK\n\nAUTHCODE:xyz789")
    assert login.proof(channel).form == {"authcode": "xyz789"}
    assert login.proof(channel).headers == {}
    assert not login.renew(channel)
    assert rescue.called() == ["login"] * sign_ins + ["requestAuthCode"]
    assert len(time_.naps) == sign_ins - 1


@pytest.mark.parametrize("status", [500, 503, 429])
def test_an_outage_is_no_denial(rescue, channel, login, status):
    rescue.answers("login", Reply(b"<html>", status))
    rescue.answers("requestAuthCode", "OK\n\nAUTHCODE:xyz789")
    with pytest.raises(TargetError, match=str(status)):
        login.proof(channel)
    assert set(rescue.called()) == {"login"}


def test_an_error_that_passes_is_no_denial(rescue, channel, login):
    rescue.answers("login", "ERROR", Reply("OK", headers={"Set-Cookie": "ASP.NET_SessionId=abc"}))
    assert login.proof(channel).headers == {"Cookie": "ASP.NET_SessionId=abc"}
    assert rescue.called() == ["login", "login"]


@pytest.mark.parametrize("body", ["OK\n\nAUTHCODE:abc1", "OK AUTHCODE: abc1", "OK\r\n\r\nAuthCode: abc1\r\n"])
def test_an_authcode_in_every_layout(rescue, channel, body):
    rescue.answers("requestAuthCode", body)
    assert request_authcode(channel, "a@b", PASSWORD) == "abc1"


@pytest.mark.parametrize("said", ["INVALID", "ERROR", "POLLRATEEXCEEDED", "OK", "OK\n\nAUTHCODE:", HTML])
def test_no_authcode_is_an_error_and_one_attempt(rescue, channel, said):
    rescue.answers("requestAuthCode", said)
    with pytest.raises(CredentialsError) as raised:
        request_authcode(channel, "a@b", PASSWORD)
    assert "RESCUE_API_TOKEN" in raised.value.advice
    assert rescue.called() == ["requestAuthCode"]


def test_a_lost_connection_is_no_refusal(rescue, channel, login):
    rescue.answers("requestAuthCode", Drop())
    rescue.answers("login", Drop())
    with pytest.raises(TargetError):
        request_authcode(channel, "a@b", PASSWORD)
    with pytest.raises(TargetError):
        login.proof(channel)
    assert rescue.called()[0] == "requestAuthCode"
    assert set(rescue.called()[1:]) == {"login"}


def test_base_urls():
    assert base_url({}, "us") == ("https://secure.logmeinrescue.com/API", "")
    assert base_url({"RESCUE_BASE_URL": " http://127.0.0.1:99/x/API/ "}, "us") == ("http://127.0.0.1:99/x/API", "")
    url, note = base_url({"RESCUE_BASE_URL": ""}, "eu")
    assert url == "https://secure.logmeinrescue.eu/API"
    assert "guess" in note
    with pytest.raises(UsageError, match="mars"):
        base_url({}, "mars")


def test_opening_makes_no_call(rescue, caplog):
    with open_rescue({"RESCUE_BASE_URL": rescue.url + "/", **LOGIN}, "us", 5).channel:
        pass
    with open_rescue({"RESCUE_API_TOKEN": "abc"}, "eu", None).channel:
        pass
    assert rescue.requests == []
    assert "guess" in caplog.text
    with pytest.raises(UsageError):
        open_rescue({"RESCUE_API_TOKEN": "abc", "RESCUE_BASE_URL": "http://rescue.example/API"}, "us", None)
