"""`doctor --probe`: asks Rescue what rescue-api.md §11 leaves open, as far as reading can tell. Nothing is written.

The answers are shapes (`shapes.py`), numbers and words of the protocol, fit to be pasted in public. Calls are sent once
and not repeated, so that what is seen is what came.
"""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable

from reconciler.errors import ReconcilerError
from reconciler.model.checkup import Answered
from reconciler.model.hierarchy import PEOPLE_TYPES, NodeType, Role, Tree
from reconciler.model.text import normal_login
from reconciler.target.answers import judge
from reconciler.target.credentials import Credentials
from reconciler.target.record_wire import parse_account
from reconciler.target.shapes import inside_of, keys_of, outside_of
from reconciler.target.tokens import Meaning
from reconciler.transport import Answer, Channel, TransportError

READS = 20
"""How many calls in a row are timed."""
_NO_METHOD = "getNothingOfTheKind"
_IN_DOUBT = ("getHierarchy_v3", "getUser_v4", "setUser_v3", "setUserStatus_v7_1")

Ask = Callable[..., Answer | str]
"""A method and its parameters -> the answer, or why there was none."""


def probe_rescue(
    channel: Channel, credentials: Credentials, tree: Tree | None, *, clock: Callable[[], float] = time.monotonic
) -> tuple[Answered, ...]:
    """Every question in the order of §11. About forty calls. Raises nothing that an answer could cause."""

    def ask(method: str, **form: str | int) -> Answer | str:
        try:
            proof = credentials.proof(channel)
            return channel.exchange(
                "POST",
                f"{method}.aspx",
                headers=proof.headers,
                form={name: str(value) for name, value in form.items()} | dict(proof.form),
                repeat=False,
            )
        except TransportError as lost:
            return str(lost)
        except ReconcilerError as refused:
            return f"not asked, no way in: {type(refused).__name__}"

    account = ask("getAccount")
    me = _admin_node(account)
    return (
        Answered(question="1. how answers are laid out", lines=_layouts(ask, account, me, tree)),
        Answered(question="1. who shows HASRPATADDON", lines=_add_ons(ask, me)),
        Answered(question="1. getUser_v3 by e-mail", lines=_by_email(ask, tree)),
        Answered(question="2. API.asmx?WSDL", lines=_wsdl(channel)),
        Answered(
            question="10. does another region's host answer",
            lines=("not asked: only the address in force is spoken to; run this with RESCUE_BASE_URL set to it",),
        ),
        Answered(question="11. speed and throttling", lines=_speed(ask, channel, me, clock)),
        Answered(question="12. are disabled technicians listed", lines=_disabled(ask)),
        Answered(question="3 to 9", lines=("not asked: only writing shows these",)),
    )


def _admin_node(account: Answer | str) -> int | None:
    """The caller's own node, for calls about a person."""
    if isinstance(account, str):
        return None
    said = judge(account)
    if said.meaning is not Meaning.OK:
        return None
    try:
        found = parse_account(said.payload)
    except ReconcilerError:
        return None
    return found.admin_node or found.technician_node or None


def _layouts(ask: Ask, account: Answer | str, me: int | None, tree: Tree | None) -> tuple[str, ...]:
    """One call of each kind, its outside and its inside."""
    group = _some_group(tree)
    calls: list[tuple[str, Answer | str]] = [("getAccount", account), ("getHierarchy_v2", ask("getHierarchy_v2"))]
    if me is not None:
        calls += [(name, ask(name, node=me)) for name in ("getUser", "getUser_v2", "getUser_v3")]
    if group is not None:
        calls += [(name, ask(name, node=group)) for name in ("getGroup", "getGroup_v2")]
        calls.append(("an error: getUser_v2 of a group", ask("getUser_v2", node=group)))
    calls.append(("an unknown method", ask(_NO_METHOD)))
    lines: list[str] = []
    for name, answer in calls:
        lines += _described(name, answer)
    return tuple(lines)


def _described(name: str, answer: Answer | str) -> list[str]:
    if isinstance(answer, str):
        return [f"{name}: {answer}"]
    return [f"{name}: {outside_of(answer)}", *(f"    {line}" for line in inside_of(answer))]


def _some_group(tree: Tree | None) -> int | None:
    if tree is None:
        return None
    return next((node.id for node in tree.nodes.values() if node.type == NodeType.TECHNICIAN_GROUP), None)


def _add_ons(ask: Ask, me: int | None) -> tuple[str, ...]:
    """Which version of getUser has the field, and between which others it stands."""
    if me is None:
        return ("not asked: our own node is not known",)
    lines = []
    for method in ("getUser", "getUser_v2", "getUser_v3"):
        answer = ask(method, node=me)
        keys = [] if isinstance(answer, str) else keys_of(answer)
        if "HASRPATADDON" not in keys:
            lines.append(f"{method}: no" if keys else f"{method}: no record came")
            continue
        at = keys.index("HASRPATADDON")
        before = keys[at - 1] if at else "nothing"
        after = keys[at + 1] if at + 1 < len(keys) else "nothing"
        lines.append(f"{method}: yes, between {before} and {after}")
    return tuple(lines)


def _by_email(ask: Ask, tree: Tree | None) -> tuple[str, ...]:
    """Whose node comes back for somebody with two, and whether capitals matter. Nobody is named."""
    if tree is None:
        return ("not asked: the tree could not be read",)
    kinds: dict[str, set[str]] = {}
    for node in tree.nodes.values():
        if node.type in PEOPLE_TYPES and node.login and node.enabled:
            kinds.setdefault(normal_login(node.login), set()).add(node.type)
    lines = []
    doubled = next((login for login, types in kinds.items() if len(types) > 1), None)
    if doubled is None:
        lines.append("nobody here is both technician and administrator: cannot be told")
    else:
        both = " and ".join(sorted(kinds[doubled]))
        lines.append(f"of somebody who is {both} it gives: {_type_of(ask, doubled)}")
    someone = next((login for login in kinds if login.upper() != login), None)
    if someone is not None:
        lines.append(f"the address in other capitals: {_type_of(ask, someone.upper(), known='found')}")
    lines.append(f"an address nobody has: {_type_of(ask, 'nobody@probe.invalid')}")
    return tuple(lines)


def _type_of(ask: Ask, login: str, known: str = "") -> str:
    """The TYPE that came back, or the status word."""
    answer = ask("getUser_v3", email=login)
    if isinstance(answer, str):
        return "no answer"
    inside = inside_of(answer)
    found = re.search(r"\bTYPE: ?(\w+)", inside[1], re.IGNORECASE) if len(inside) > 1 else None
    return (known or found[1]) if found else inside[0]


def _wsdl(channel: Channel) -> tuple[str, ...]:
    """Asked for without a credential: it describes the interface, not the account."""
    try:
        answer = channel.exchange("GET", "API.asmx?WSDL", repeat=False)
    except TransportError as lost:
        return (str(lost),)
    text = answer.body.decode("utf-8", "replace")
    names = set(re.findall(r"<(?:\w+:)?operation name=\"(\w{1,60})\"", text))
    if not names:
        return (f"HTTP {answer.status}, no description of the interface",)
    there = ", ".join(f"{name} {'yes' if name in names else 'no'}" for name in _IN_DOUBT)
    return (f"HTTP {answer.status}, {len(names)} operations; {there}",)


def _speed(ask: Ask, channel: Channel, me: int | None, clock: Callable[[], float]) -> tuple[str, ...]:
    """The same reading call some times in a row, at the pace of the file."""
    if me is None:
        return ("not asked: our own node is not known",)
    begun, before = clock(), channel.witness.throttled
    words: dict[str, int] = {}
    waits = 0
    took = []
    for _ in range(READS):
        sent = clock()
        answer = ask("getUser_v2", node=me)
        took.append(clock() - sent)
        word = "no answer" if isinstance(answer, str) else inside_of(answer)[0].partition(",")[0]
        words[word] = words.get(word, 0) + 1
        waits += not isinstance(answer, str) and "retry-after" in answer.headers
    seconds = clock() - begun
    middle, slowest = statistics.median(channel.witness.seconds[-READS:] or took), max(took)
    told = ", ".join(f"{word} {count}" for word, count in words.items())
    return (
        f"{READS} x getUser_v2 in {seconds:.1f} s, median {middle * 1000:.0f} ms, slowest {slowest * 1000:.0f} ms "
        "with the pause that keeps the pace",
        f"answered: {told}; HTTP 429: {channel.witness.throttled - before}; Retry-After: {waits}",
    )


def _disabled(ask: Ask) -> tuple[str, ...]:
    """Counts of the tree without filteroffline and with it, which no plan is ever made from (§3.1)."""
    return tuple(
        f"{title}: {_statuses(ask('getHierarchy_v2', **form))}"
        for title, form in (("without filteroffline", {}), ("with filteroffline", {"filteroffline": "true"}))
    )


def _statuses(answer: Answer | str) -> str:
    """How many technicians of which status one reading lists."""
    from reconciler.target.tree_wire import parse_tree

    if isinstance(answer, str):
        return "no answer"
    said = judge(answer)
    if said.meaning is not Meaning.OK:
        return inside_of(answer)[0]
    try:
        nodes = parse_tree(said.rest.pieces(), length_stated=said.length_stated)
    except ReconcilerError:
        return "not readable"
    people = list(Tree(nodes).people(Role.TECHNICIAN))
    return f"technicians: {len(people)}, of them Disabled: {sum(not node.enabled for node in people)}"
