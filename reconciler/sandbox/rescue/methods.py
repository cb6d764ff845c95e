"""Which method of the API is answered by which function; everything else is the website's sign-in page."""

from __future__ import annotations

from collections.abc import Callable

from reconciler.sandbox.messages import Answer, Request, html_answer
from reconciler.sandbox.state import SandboxState

from . import entrance, reading, writing
from .call import Call, cookie_of, method_of, parameters_of
from .wire import Refusal, Wire

OPEN: dict[str, Callable[[Call], Answer]] = {
    "login": entrance.login,
    "logout": entrance.logout,
    "requestauthcode": entrance.request_auth_code,
    "requestauthcodesso": entrance.request_auth_code_sso,
}

METHODS: dict[str, Callable[[Call, entrance.Caller], Answer]] = {
    "getaccount": reading.get_account,
    "getaccount_v2": reading.get_account,
    "gethierarchy": reading.get_hierarchy,
    "gethierarchy_v2": reading.get_hierarchy,
    "getuser": reading.get_user,
    "getuser_v2": reading.get_user,
    "getuser_v3": reading.get_user,
    "getgroup": reading.get_group,
    "getgroup_v2": reading.get_group,
    "createuser": writing.create_user,
    "creategroup": writing.create_group,
    "createusers": writing.create_users,
    "setuser": writing.set_user,
    "setuser_v2": writing.set_user,
    "setgroup": writing.set_group,
    "setgroup_v2": writing.set_group,
    "movenode": writing.move_node,
    "deletenode": writing.delete_node,
}

NAMES = {name.lower(): name for name in (
    "login logout requestAuthCode requestAuthCodeSSO getAccount getAccount_v2 getHierarchy getHierarchy_v2 getUser "
    "getUser_v2 getUser_v3 getGroup getGroup_v2 createUser createGroup createUsers setUser setUser_v2 setGroup "
    "setGroup_v2 moveNode deleteNode"
).split()}  # fmt: skip
"""The methods as the guide spells them, for the request log."""

VERSIONS = {"setuser_v2": "set_user_v2", "getgroup_v2": "group_v2", "setgroup_v2": "group_v2"}
"""Methods that may not be there, and the switch that says so."""


def answer(state: SandboxState, request: Request) -> Answer:
    """Answer one call. [observed] rescue-api.md §1.1, §1.2: GET and POST alike, names in any case."""
    switches = state.switches()
    wire = Wire(switches)
    name = method_of(request)
    absent = switches[VERSIONS[name]] == "absent" if name in VERSIONS else False
    if request.method not in ("GET", "POST") or absent or (name not in OPEN and name not in METHODS):
        return html_answer(404, "LogMeIn Rescue - Sign in")  # [observed] NOTES in rescue-api.md §7.8
    call = Call(name, parameters_of(request), cookie_of(request), state, switches, wire)
    try:
        if name in OPEN:
            return OPEN[name](call)
        return METHODS[name](call, entrance.caller_of(call))
    except Refusal as refusal:
        return wire.word(refusal.word)
    except writing.MarkupRefused:
        return html_answer(500, "A potentially dangerous Request.Form value was detected from the client")
