"""Groups in groups: each read once, in the same batches, whole or known not to be (D1, D17)."""

import pytest

from reconciler.errors import SourceError
from reconciler.model.directory import Group, UnreadGroup
from reconciler.source.entra_reader import EntraReader


def group_row(id_):
    return {"@odata.type": "#microsoft.graph.group", "id": id_.upper(), "displayName": "as the row says"}


@pytest.fixture
def nest(graph, tools):
    """Groups by number, each with one person of the same number plus 500 and the groups of the numbers given."""

    def build(**inside):
        for key, numbers in inside.items():
            number = int(key[1:])
            members = [tools.user_row(number + 500), *(group_row(tools.guid(other)) for other in numbers)]
            graph.add_group(number, f"Name {number}", members)

    return build


@pytest.fixture
def read(make_client, tools):
    def run(*numbers, **said):
        reader = EntraReader(make_client(), tenant_id=tools.TENANT)
        return reader.fetch_directory(tools.mappings(*((tools.guid(number), None) for number in numbers), **said))

    return run


TREE = {"g1": (2, 3), "g2": (4,), "g3": (4,), "g4": (5,), "g5": ()}


def numbers_of(directory):
    return sorted(int(id_[:8], 16) for id_ in directory.nested)


@pytest.mark.parametrize("nested", ["mirror", "flatten"])
def test_every_group_below_is_read_once_whatever_leads_to_it(graph, nest, read, tools, nested):
    nest(**TREE)
    directory = read(1, nested=nested)
    assert numbers_of(directory) == [2, 3, 4, 5]
    four = directory.nested[tools.guid(4)]
    assert isinstance(four, Group)
    assert (four.name, [person.id for person in four.members], four.nested) == (
        "Name 4", [tools.guid(504)], (tools.guid(5),),
    )  # fmt: skip
    assert graph.asked("/members?") == 5
    assert graph.asked(f"/groups/{tools.guid(4)}/members?") == 1
    assert len(graph.requests) == 4, "one batch for each level"


def test_direct_reads_nothing_below(graph, nest, read):
    nest(**TREE)
    assert numbers_of(read(1, nested="direct")) == []
    assert graph.asked("/members?") == 1


def test_mappings_that_share_nested_groups_share_the_reading(graph, nest, read):
    nest(g1=(3,), g2=(3,), g3=(4,), g4=())
    assert numbers_of(read(1, 2, nested="mirror")) == [3, 4]
    assert graph.asked("/members?") == 4


def test_a_mapped_group_is_a_boundary_and_no_nested_one(graph, nest, read):
    nest(g1=(2, 3), g2=(4,), g3=(), g4=())
    directory = read(1, 2, nested="mirror", m1="direct")
    assert numbers_of(directory) == [3]
    assert graph.asked("/members?") == 3


def test_a_boundary_that_follows_nesting_itself_is_followed(nest, read):
    nest(g1=(2,), g2=(4,), g4=())
    assert numbers_of(read(1, 2, nested="direct", m1="flatten")) == [4]


def test_circles_end(graph, nest, read):
    nest(g1=(2,), g2=(3,), g3=(2, 1))
    assert numbers_of(read(1, nested="mirror")) == [2, 3]
    assert graph.asked("/members?") == 3


def test_any_depth(graph, nest, read):
    nest(**{f"g{number}": (number + 1,) for number in range(1, 40)}, g40=())
    assert len(read(1, nested="mirror").nested) == 39
    assert graph.asked("/members?") == 40


def test_twenty_questions_go_in_one_batch(graph, nest, read):
    nest(g1=tuple(range(2, 32)), **{f"g{number}": () for number in range(2, 32)})
    read(1, nested="mirror")
    assert len(graph.requests) == 1 + 3, "thirty groups and their members are sixty questions"


@pytest.mark.parametrize(
    "case", ["gone", "hidden", "null fields", "over the limit", "forbidden", "a page missing"]
)  # fmt: skip
def test_what_cannot_be_read_whole_is_known_not_to_be(graph, nest, read, tools, case):
    nest(g1=(2,), g2=(3,), g3=())
    id_, limit = tools.guid(2), 999
    if case == "gone":
        del graph.groups[id_]
    elif case == "hidden":
        graph.groups[id_]["visibility"] = "HiddenMembership"
    elif case == "null fields":
        graph.members[id_].append(tools.user_row(7, accountEnabled=None))
    elif case == "over the limit":
        graph.members[id_] += [tools.user_row(700 + n) for n in range(3)]
        limit = 3
    elif case == "forbidden":
        graph.fault = lambda item: (
            tools.refusal(403, "Authorization_RequestDenied") if f"{id_}/members" in item.url else None
        )
    else:
        graph.page_size = 1
        graph.fault = lambda item: (
            tools.refusal(404, "Request_ResourceNotFound")
            if f"{id_}/members" in item.url and "skip" in item.url
            else None
        )
    directory = read(1, nested="mirror", limit=limit)
    found = directory.nested[id_]
    assert isinstance(found, UnreadGroup)
    assert found.why
    assert found.hidden == (case in ("hidden", "forbidden"))
    assert isinstance(directory.groups["m0"], Group)


def test_somebody_in_two_groups_is_one_object(graph, nest, read, tools):
    nest(g1=(2,), g2=())
    graph.members[tools.guid(2)].append(tools.user_row(501))
    directory = read(1, nested="mirror")
    (person,) = directory.groups["m0"].members
    assert next(one for one in directory.nested[tools.guid(2)].members if one.id == person.id) is person


def test_a_mapped_group_that_cannot_be_read_ends_the_run_as_before(graph, read, tools):
    graph.fault = lambda _: tools.refusal(403, "Authorization_RequestDenied")
    graph.add_group(1)
    with pytest.raises(SourceError):
        read(1, nested="mirror")
