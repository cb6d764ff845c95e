"""Two files, one reading: each is given what it would be given alone, and no group is read twice."""

from __future__ import annotations

import random

import pytest

from reconciler.model.directory import UnreadGroup
from reconciler.source.entra_reader import EntraReader

from .test_nested_groups import group_row

NUMBERS = range(1, 9)


@pytest.fixture
def reader(make_client, tools):
    return lambda: EntraReader(make_client(), tenant_id=tools.TENANT)


def build(graph, tools, nesting):
    for number in NUMBERS:
        people = [tools.user_row(500 + 10 * number + extra) for extra in range(number)]
        inner = [group_row(tools.guid(other)) for other in nesting.get(number, ())]
        graph.add_group(number, f"Name {number}", people + inner)


def file_of(tools, numbers, **said):
    return tools.mappings(*((tools.guid(number), None) for number in numbers), **said)


@pytest.mark.parametrize("seed", range(40))
def test_each_file_is_given_what_it_would_be_given_alone(graph, reader, tools, seed):
    drawn = random.Random(seed)  # noqa: S311 - drawn anew the same
    build(graph, tools, {number: drawn.sample(NUMBERS, drawn.randint(0, 3)) for number in NUMBERS})
    files = [
        file_of(
            tools,
            drawn.sample(NUMBERS, drawn.randint(1, 4)),
            limit=drawn.choice([3, 6, 999]),
            nested=drawn.choice(["mirror", "flatten", "direct"]),
            m0=drawn.choice(["mirror", "direct"]),
        )
        for _ in range(2)
    ]
    alone = [reader().fetch_directory(file) for file in files]
    graph.items.clear()
    assert reader().fetch_directories(files) == alone
    asked = [graph.asked(f"/groups/{tools.guid(number)}/members?") for number in NUMBERS]
    assert max(asked) == 1
    needed = {one.id for directory in alone for one in (*directory.groups.values(), *directory.nested.values())}
    assert {tools.guid(number) for number, times in zip(NUMBERS, asked, strict=True) if times} >= needed


def test_a_group_only_the_second_file_maps_is_no_boundary_of_the_first(graph, reader, tools):
    build(graph, tools, {1: (2,), 2: (3,)})
    first, second = reader().fetch_directories(
        [file_of(tools, [1], nested="mirror"), file_of(tools, [1, 2], nested="mirror", m1="direct")]
    )
    assert {one.name for one in first.nested.values()} == {"Name 2", "Name 3"}
    assert second.nested == {}


def test_the_stricter_limit_is_kept(graph, reader, tools):
    build(graph, tools, {})
    files = [file_of(tools, [5], limit=9), file_of(tools, [5], limit=4)]
    generous, strict = (one.groups["m0"] for one in reader().fetch_directories(files))
    assert len(generous.members) == 5
    assert isinstance(strict, UnreadGroup)
    assert "more than 4" in strict.why


def test_the_second_file_may_have_nothing_to_read(graph, reader, tools):
    build(graph, tools, {})
    files = [file_of(tools, [1]), file_of(tools, [404])]
    first, second = reader().fetch_directories(files)
    assert first.groups["m0"].name == "Name 1"
    assert "404" in second.groups["m0"].why
