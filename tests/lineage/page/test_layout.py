"""Layered layout: every arrow goes down, nothing overlaps, and whatever a store holds has a place."""

from __future__ import annotations

import itertools
import random
import subprocess
import sys

import pytest

from graduate.pipeline.lineage.page import layout


def overlapping(found):
    return [
        (one, other)
        for (one, (x, y)), (other, (u, v)) in itertools.combinations(found.at.items(), 2)
        if abs(x - u) < layout.WIDTH and abs(y - v) < layout.HEIGHT
    ]


def test_arrows_go_down_and_routes_join_their_nodes():
    edges = [("a", "b"), ("b", "c"), ("a", "c"), ("c", "d"), ("a", "d")]
    found = layout.layered("abcd", edges)
    for source, target in edges:
        assert found.at[source][1] < found.at[target][1]
        route = found.routes[source, target]
        assert (route[0], route[-1]) == (found.at[source], found.at[target])
        assert [y for _, y in route] == sorted(y for _, y in route)
    assert len(found.routes["a", "d"]) == 4  # it passes two layers on its way
    assert overlapping(found) == []


def test_everything_lies_within_the_picture():
    found = layout.layered(range(6), [(0, 1), (0, 2), (3, 4)])
    for x, y in found.at.values():
        assert layout.WIDTH / 2 <= x <= found.width - layout.WIDTH / 2
        assert layout.HEIGHT / 2 <= y <= found.height - layout.HEIGHT / 2
    assert overlapping(found) == []


@pytest.mark.parametrize(
    ("nodes", "edges"),
    [
        ([], []),
        ([1], []),
        ([1], [(1, 1)]),  # the library aborts its whole process on such an arrow
        ([1, 2], [(1, 2), (2, 1)]),
        ([1, 2, 3], [(1, 2), (2, 3), (3, 1)]),
        ([1, 2], [(1, 2), (1, 2)]),
        ([1, 2], [(1, 7), (8, 9)]),
        (range(40), []),
    ],
)
def test_odd_graphs_have_a_place_for_every_node(nodes, edges):
    found = layout.layered(list(nodes), edges)
    assert set(found.at) == set(nodes)
    assert set(found.routes) == {(s, t) for s, t in edges if s != t and {s, t} <= set(nodes)}
    assert overlapping(found) == []


def test_random_graphs_with_cycles_do_not_overlap():
    dice = random.Random(7)
    for _ in range(40):
        nodes = list(range(dice.randrange(2, 30)))
        edges = [(dice.choice(nodes), dice.choice(nodes)) for _ in range(dice.randrange(60))]
        found = layout.layered(nodes, edges)
        assert set(found.at) == set(nodes)
        assert overlapping(found) == []
        assert set(found.routes) == {(s, t) for s, t in edges if s != t}


def test_the_same_graph_looks_the_same_in_every_process():
    program = (
        "from graduate.pipeline.lineage.page import layout;"
        "print(layout.layered(['x', 'yy', 'z', 'w'], [('x', 'yy'), ('x', 'z'), ('yy', 'w'), ('z', 'w')]).at)"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(said) == 1


def test_a_thousand_steps_deep_is_no_problem():
    found = layout.layered(range(1500), [(at, at + 1) for at in range(1499)])
    assert found.at[1499][1] > found.at[0][1]
