"""One call of a Rescue method: its name, its merged parameters, who makes it."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.sandbox.messages import Request
from reconciler.sandbox.state import SandboxState

from .wire import Refusal, Wire


@dataclass(frozen=True, slots=True)
class Call:
    """What a method gets. Parameter names are lower case; form beats query ([unknown] rescue-api.md §1.2)."""

    method: str
    parameters: dict[str, str]
    cookie: str
    state: SandboxState
    switches: dict[str, str]
    wire: Wire

    def get(self, name: str) -> str:
        """A parameter, or an empty text."""
        return self.parameters.get(name, "")

    def node_id(self, *names: str, refusal: str) -> int:
        """The first of these parameters as a node id; the refusal for an absent or unreadable one."""
        for name in names:
            if name in self.parameters:
                try:
                    return int(self.parameters[name])
                except ValueError:
                    break
        raise Refusal(refusal)


def method_of(request: Request) -> str:
    """The method a path names, lower case, without `.aspx`, or an empty text. [observed] rescue-api.md §1.1."""
    parts = request.segments()
    return parts[1].lower().removesuffix(".aspx") if len(parts) == 2 and parts[1].lower().endswith(".aspx") else ""


def parameters_of(request: Request) -> dict[str, str]:
    """Query and form in one, names lower case. [observed] rescue-api.md §1.2: a POST may have all in the query."""
    return {name.lower(): value for name, value in [*request.pairs(), *request.form()]}


def cookie_of(request: Request) -> str:
    """The session a request brings, or an empty text."""
    for part in request.headers.get("cookie", "").split(";"):
        name, _, value = part.strip().partition("=")
        if name == "ASP.NET_SessionId":
            return value
    return ""
