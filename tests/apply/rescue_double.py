"""A Rescue that is a dictionary, time made by hand, and actions in one line: what the tests of apply share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from reconciler.apply.applier import Applier, Run
from reconciler.errors import CredentialsError, TargetError, TargetRefused, TargetUnknown
from reconciler.model.hierarchy import Details, GroupRecord, Node, Tree
from reconciler.model.plan import Action, ActionOutcome, Change, Place, SeatCount, Seats, Subject

DESK, FIELD = 20, 30
TOP, GROUP = 2, "techniciangroup"
MARK = "[entra:8d2f:00000000-0000-4000-8000-00000000000{}@11111111#00000000]"
GROUP_MARK = "[entra-group:8d2f:00000000-0000-4000-8000-0000000000aa@11111111]"
TEXT = "hired 2019 [entra:8d2f:00000000-0000-4000-8000-000000000001@11111111#00000000{}]"
PASSWORD = "Wx7-Kepl92mQ"
NEW = 100
"""The first node id that createUser gives."""


def mark(number: int, *, off: bool = False) -> str:
    return MARK.format(number).replace("]", "!off]" if off else "]")


def person(node: int, **values: Any) -> Details:
    base = Details(
        node, f"Name {node}", f"Nick {node}", f"p{node}@x.example", "", "", "technician", False, False, False, "Offline"
    )
    return base._replace(**values)


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Script(dict[str, list[Any]]):
    """What happens at the next calls, by their name. Copies what it is given: each step is used up, and a list among
    the parameters of a test serves every run of that test."""

    def __init__(self, steps: Mapping[str, Sequence[Any]]) -> None:
        super().__init__({name: list(each) for name, each in steps.items()})

    def __setitem__(self, name: str, steps: Sequence[Any]) -> None:
        super().__setitem__(name, list(steps))


class Rescue:
    """A tree of two groups. `on` has, by the name of a call, what happens instead of the next ones, in order."""

    def __init__(self, *people: Details, groups: dict[int, str] | None = None) -> None:
        self.people = {record.id: record for record in people}
        self.parents = dict.fromkeys(self.people, DESK)
        self.groups = {DESK: "Desk", FIELD: "Field"} if groups is None else groups
        self.group_parents = dict.fromkeys(self.groups, TOP)
        self.records = {
            group: GroupRecord(group, name, "", "techniciangroup", ("RemoteControl", "Newest"), ("SendFile",), True)
            for group, name in self.groups.items()
        }
        self.passwords: dict[int, str | None] = {}
        self.calls: list[str] = []
        self.on = {}
        self.mangle: Callable[[Details], Details] = lambda record: record
        self.mangle_group: Callable[[GroupRecord], GroupRecord] = lambda record: record
        self.hidden: list[tuple[int, Details]] = []
        """Reads that still show what was before: how many, and what."""
        self.delay = 0
        self.next = NEW
        self.clock = Clock()

    @property
    def on(self) -> Script:
        return self._on

    @on.setter
    def on(self, steps: Mapping[str, Sequence[Any]]) -> None:
        self._on = Script(steps)

    def happens(self, name: str) -> Iterator[Any]:
        """What was scripted for this call: an error is raised, before or after the effect; a function is called."""
        self.calls.append(name)
        scripted = self.on.get(name.partition(" ")[0], [])
        step = scripted.pop(0) if scripted else None
        if callable(step) and not isinstance(step, type):
            step()
            step = None
        if isinstance(step, Exception):
            raise step
        yield step
        if isinstance(step, tuple):
            raise step[1]

    def fetch_tree(self) -> Tree:
        for _ in self.happens("tree"):
            pass
        nodes = [
            Node(1, None, "Company", "", "", "Offline", "root"),
            Node(2, 1, "Technicians", "", "", "Offline", "technicians"),
            *(
                Node(group, self.group_parents[group], name, "", self.records[group].description, "Offline", GROUP)
                for group, name in self.groups.items()
            ),
        ]
        nodes += [
            Node(
                record.id,
                self.parents[record.id],
                record.name,
                record.login,
                record.description,
                record.status,
                record.type,
            )
            for record in self.people.values()
        ]
        return Tree(nodes)

    def fetch_node(self, node: int) -> Details | None:
        for _ in self.happens(f"get {node}"):
            pass
        if self.hidden:
            left, before = self.hidden.pop()
            if left > 1:
                self.hidden.append((left - 1, before))
            if before.id == node:
                return before
        return self.people.get(node)

    def find_login(self, login: str) -> Details | None:
        for _ in self.happens(f"find {login}"):
            pass
        return next((record for record in self.people.values() if record.login == login), None)

    def perform_create(self, parent: int) -> int:
        for _ in self.happens(f"create {parent}"):
            made, self.next = self.next, self.next + 1
            self.people[made] = person(made, name="New technician", nick="", login="", status="Disabled")
            self.parents[made] = parent
        return made

    def perform_move(self, node: int, target: int) -> None:
        for _ in self.happens(f"move {node} {target}"):
            self.parents[node] = target

    def perform_set(self, record: Details, password: str | None = None) -> None:
        for _ in self.happens(f"set {record.id}"):
            before = self.people[record.id]
            if self.delay:
                self.hidden.append((self.delay, before))
            status = record.status if record.status == "Disabled" else "Offline"
            self.people[record.id] = self.mangle(record._replace(status=status))
            self.passwords[record.id] = password

    # -- groups -----------------------------------------------------------------------------------------------------

    def fetch_group(self, node: int) -> GroupRecord | None:
        for _ in self.happens(f"getgroup {node}"):
            pass
        return self.records.get(node)

    def perform_create_group(self, parent: int) -> int:
        for _ in self.happens(f"creategroup {parent}"):
            made, self.next = self.next, self.next + 1
            self.add_group(made, parent)
        return made

    def add_group(self, node: int, parent: int, name: str = "") -> None:
        self.groups[node], self.group_parents[node] = name, parent
        self.records[node] = GroupRecord(node, name, "", GROUP, (), (), True)

    def perform_set_group(self, record: GroupRecord) -> None:
        for _ in self.happens(f"setgroup {record.id}"):
            self.records[record.id] = self.mangle_group(record)
            self.groups[record.id] = self.records[record.id].name

    @property
    def writes(self) -> list[str]:
        return [call for call in self.calls if call.split()[0] in WRITES]


WRITES = ("create", "move", "set", "creategroup", "setgroup")


def make_group(
    name: str, number: int, parent: int = DESK, *, blank: int | None = None, needs: tuple[str, ...] = (), of: int = 0
) -> Action:
    """The creation of a group that the plan calls by a negative number, and its action by its name."""
    path = f"Desk/{name}"
    changes = (("name", name.rpartition("/")[2]), ("description", GROUP_MARK))
    return Action(
        id=name,
        verbs=("create_group",),
        role="technician",
        mapping="m",
        subject=Subject(entra_id="g", name=changes[0][1], node_id=blank, path=path),
        group=Place(after=path),
        changes=tuple(Change(field=field, after=value) for field, value in changes),  # type: ignore[arg-type]
        reason="because",
        group_id=number,
        parent_id=parent,
        permissions_of=of or parent,
        depends_on=needs,
    )


def into(login: str, number: int, *needs: str, path: str = "Desk/Night") -> Action:
    """Somebody created in a group that the plan creates."""
    action = create(login, to=number, needs=needs)
    return action.model_copy(update={"group": action.group.model_copy(update={"after": path})})


def act(
    node: int | None,
    *verbs: str,
    to: int | None = DESK,
    needs: tuple[str, ...] = (),
    key: str = "",
    **changes: Any,
) -> Action:
    """An action; `changes` by field, the new value only."""
    login = str(changes.get("login") or f"p{node}@x.example")
    return Action(
        id=key or f"id{node or login}",
        verbs=verbs,  # type: ignore[arg-type]
        role="technician",
        mapping="m",
        subject=Subject(entra_id="e", login=login, name="N", node_id=node),
        group=Place(before="Desk", after={DESK: "Desk", FIELD: "Field"}.get(to or 0)),
        changes=tuple(Change(field=name, after=value) for name, value in changes.items()),  # type: ignore[arg-type]
        reason="because",
        group_id=to,
        depends_on=needs,
    )


def create(login: str, **more: Any) -> Action:
    return act(None, "create", login=login, name=login.title(), enabled=True, description=mark(1), **more)


STAGES = ("create_group", "disable", "update", "move", "enable", "create")


def stage(action: Action) -> int:
    places = [STAGES.index("update" if verb == "adopt" else verb) for verb in action.verbs]
    return min(places)


UNLIMITED = Seats(technician=SeatCount(), mobile=SeatCount())


def carry_out(
    rescue: Rescue,
    *actions: Action,
    planned: Rescue | None = None,
    stopping: Callable[[], bool] = lambda: False,
    progress: Callable[[ActionOutcome], None] = lambda _: None,
    has_rpat: bool = True,
    seats: Seats = UNLIMITED,
    refused_again: bool = False,
    awards: Sequence[str] = (),
    password: Callable[[], str] | None = lambda: PASSWORD,
) -> Run:
    """An apply of actions that were planned from `planned`, by default from the same state."""
    source = planned or rescue
    tree = source.fetch_tree()
    details = dict(source.people)
    rescue.calls.clear()
    applier = Applier(
        rescue,
        tree,
        details,
        seats=seats,
        refused_again=refused_again,
        has_rpat=has_rpat,
        password=password,
        stopping=stopping,
        clock=rescue.clock,
        sleep=rescue.clock.sleep,
        progress=progress,
    )
    run = applier.run([(stage(action), action) for action in actions], awards)
    assert list(run.outcomes) == [action.id for action in actions]
    return run


def results(run: Run) -> list[str]:
    return [outcome.outcome for outcome in run.outcomes.values()]


def message(run: Run, index: int = 0) -> str:
    return list(run.outcomes.values())[index].message


REFUSED = TargetRefused("INVALIDPARAM_NAME", "setUser: Rescue refused: INVALIDPARAM_NAME")
LOST = TargetUnknown("what became of it is not known: ERROR")
DEAD = CredentialsError("Rescue does not accept the token (INVALID_SECRETAUTHCODE)", advice="make a new one")
DOWN = TargetError("Rescue answered ERROR, 4 times in a row")
ERROR = TargetUnknown("what became of it is not known: ERROR", token="ERROR")
NO_ANSWER = TargetUnknown("what became of it is not known: the connection broke")


# -- awards of mobile licences ------------------------------------------------------------------------------------


def text(said: str = "") -> str:
    return TEXT.format(said)


def award(
    node: int | None, *verbs: str, before: str = "-m", changes: dict[str, Any] | None = None, **more: Any
) -> Action:
    """An action whose plan ends with a licence and `+m`. `before`: how the marker ends now."""
    made = act(node, *(verbs or ("update",)), **(changes or {}), **more)
    kept = [change for change in made.changes if change.field != "description"]
    licence = [Change(field="mobile_license", before=False, after=True)]
    if before != "+m":
        licence.append(Change(field="description", before=text(before), after=text("+m")))
    return made.model_copy(update={"changes": (*kept, *licence)})


def somebody(node: int = 5, said: str = "-m", **more: Any) -> Details:
    return person(node, description=text(said), **more)


def seats(bought: int | None = None, before: int = 0, *, technicians: tuple[int | None, int] = (None, 0)) -> Seats:
    return Seats(
        technician=SeatCount(bought=technicians[0], before=technicians[1]),
        mobile=SeatCount(bought=bought, before=before),
    )


def shown(rescue: Rescue, node: int = 5) -> tuple[bool, str]:
    record = rescue.people[node]
    return record.mobile, record.description.partition("#00000000")[2].rstrip("]")
