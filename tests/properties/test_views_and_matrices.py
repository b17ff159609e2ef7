"""Views, slices and matrices of weights against numpy, for any selection."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import nnc as ann
from nnc import NNCError

SHAPES = [(7,), (3, 4), (2, 3, 4), (2, 1, 3, 2)]


@pytest.fixture(scope="module", params=[False, True], ids=["before compile", "after compile"])
def populations(request: pytest.FixtureRequest) -> list[Any]:
    net = ann.Network()
    model = ann.Neuron(parameters="b = 1.0", equations="r = b")
    made = [net.create(shape, model) for shape in SHAPES]
    if request.param:
        net.compile()
    return made


def slices(extent: int) -> st.SearchStrategy[slice]:
    bound = st.none() | st.integers(-extent - 2, extent + 2)
    return st.builds(slice, bound, bound, st.none() | st.sampled_from([-2, -1, 1, 2, 3]))


def axis(extent: int) -> st.SearchStrategy[Any]:
    ranks = st.integers(-extent, extent - 1)
    return slices(extent) | ranks | st.lists(ranks, min_size=1, max_size=4, unique_by=lambda r: r % extent)


@st.composite
def by_axes(draw: st.DrawFn) -> tuple[int, tuple[Any, ...]]:
    number = draw(st.integers(1, len(SHAPES) - 1))
    index = tuple(draw(axis(extent)) for extent in SHAPES[number])
    return number, index


@st.composite
def by_ranks(draw: st.DrawFn) -> tuple[int, Any]:
    number = draw(st.integers(0, len(SHAPES) - 1))
    n = math.prod(SHAPES[number])
    mask = st.lists(st.booleans(), min_size=n, max_size=n).map(np.array)
    many = st.lists(st.integers(-n, n - 1), min_size=1, max_size=6, unique_by=lambda r: r % n)
    return number, draw(slices(n) | st.integers(-n, n - 1) | mask | many | many.map(np.array))


def wanted(number: int, index: Any) -> np.ndarray[Any, Any]:
    """The ranks by numpy; an int keeps an extent of 1."""
    ranks = np.arange(math.prod(SHAPES[number]))
    if not isinstance(index, tuple):
        return ranks[[index] if isinstance(index, int) else index]
    axes = [np.arange(n)[[i] if isinstance(i, int) else i] for i, n in zip(index, SHAPES[number], strict=True)]
    return ranks.reshape(SHAPES[number])[np.ix_(*axes)]


quiet = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@quiet
@given(chosen=by_axes() | by_ranks())
def test_views_select_what_numpy_selects(populations: list[Any], chosen: tuple[int, Any]) -> None:
    number, index = chosen
    pop, ranks = populations[number], wanted(number, index)
    found = pop[index]
    if isinstance(index, tuple) and all(isinstance(i, int) for i in index):
        assert found.rank == ranks.item()
        return
    assert found.ranks.tolist() == ranks.ravel().tolist()
    if isinstance(index, tuple):
        assert found.geometry == ranks.shape
    assert len(found) == found.size == ranks.size


@quiet
@given(chosen=by_axes() | by_ranks(), data=st.data())
def test_values_go_where_numpy_puts_them(populations: list[Any], chosen: tuple[int, Any], data: st.DataObject) -> None:
    number, index = chosen
    pop, ranks = populations[number], wanted(number, index).ravel()
    start = np.arange(float(pop.size)).reshape(pop.geometry)
    pop.b = start
    values = np.array(data.draw(st.lists(st.floats(-1e9, 1e9), min_size=len(ranks), max_size=len(ranks))))
    expected = start.copy().ravel()
    expected[ranks] = values
    view = pop[index]
    if not isinstance(view, ann.PopulationView):
        view.b = values[0]
        assert view.b == values[0]
    else:
        view.b = values
        assert view.b.tolist() == values.tolist()
    assert pop.b.ravel().tolist() == expected.tolist()
    if isinstance(view, ann.PopulationView) and len(ranks) > 1:
        with pytest.raises(NNCError):
            view.b = values[:-1]
        assert pop.b.ravel().tolist() == expected.tolist()


@quiet
@given(first=by_ranks(), second=by_ranks())
def test_joined_views_are_sorted_unions(
    populations: list[Any], first: tuple[int, Any], second: tuple[int, Any]
) -> None:
    one, two = populations[first[0]][first[1]], populations[second[0]][second[1]]
    if first[0] != second[0]:
        with pytest.raises(NNCError):
            one + two
        return
    assert (one + two).ranks.tolist() == np.union1d(one.ranks, two.ranks).tolist()


@quiet
@given(number=st.integers(0, len(SHAPES) - 1), rank=st.integers(-3, 30))
def test_ranks_and_coordinates_are_those_of_numpy(populations: list[Any], number: int, rank: int) -> None:
    pop = populations[number]
    if not 0 <= rank < pop.size:
        with pytest.raises(NNCError):
            pop.coordinates_from_rank(rank)
        return
    place = np.unravel_index(rank, SHAPES[number])
    assert pop.coordinates_from_rank(rank) == place
    assert pop.rank_from_coordinates(place) == rank
    assert pop.neuron(*place).rank == rank


entries = st.none() | st.floats(-1e6, 1e6) | st.just(0.0)


@settings(deadline=None, max_examples=25)
@given(data=st.data(), n_pre=st.integers(1, 5), n_post=st.integers(1, 4), spiking=st.booleans())
def test_matrices_come_back(data: st.DataObject, n_pre: int, n_post: int, spiking: bool) -> None:
    rows = st.lists(entries, min_size=n_pre, max_size=n_pre)
    given_rows = data.draw(st.lists(rows, min_size=n_post, max_size=n_post))
    delays = data.draw(st.just(2.0) | st.lists(st.integers(1, 5), min_size=n_pre * n_post, max_size=n_pre * n_post))
    net, proj = _matrix(given_rows, delays, spiking)
    there = np.array([[value is not None for value in row] for row in given_rows])
    dense = np.array([[0.0 if value is None else value for value in row] for row in given_rows])
    posts = [i for i in range(n_post) if there[i].any()]
    assert proj.post_ranks == posts
    assert proj.pre_ranks == [np.flatnonzero(there[i]).tolist() for i in posts]
    assert proj.w == [dense[i][there[i]].tolist() for i in posts]
    assert proj.connectivity_matrix(fill=0.0).tolist() == dense.tolist()
    assert np.isnan(proj.connectivity_matrix(fill=np.nan)).tolist() == (~there).tolist()
    if isinstance(delays, list) and posts:
        table = np.array(delays, float).reshape(n_post, n_pre)
        found = proj.delay
        lists = found if isinstance(found, list) else [[found] * int(there[i].sum()) for i in posts]
        assert lists == [table[i][there[i]].tolist() for i in posts]
    new = [[value + 1.0 for value in row] for row in proj.w]
    proj.w = new
    assert proj.w == new
    for i, row in zip(posts, new, strict=True):
        assert proj.dendrite(i).w == row
        field = proj.dendrite(i).receptive_field()
        assert field[there[i]].tolist() == row
        assert not field[~there[i]].any()
    net.simulate(1.0)
    assert proj.w == new


def _matrix(rows: list[list[float | None]], delays: Any, spiking: bool) -> tuple[Any, Any]:
    net = ann.Network(dt=1.0)
    cell = {"equations": "v = g_exc", "spike": "v > 1e12", "reset": "v = 0.0"}
    model = ann.Neuron(**(cell if spiking else {"equations": "r = sum(exc)"}))
    pre, post = net.create(len(rows[0]), model), net.create(len(rows), model)
    table = np.array(delays, float).reshape(len(rows), -1) if isinstance(delays, list) else delays
    proj = net.connect(pre, post, "exc").from_matrix(np.array(rows, dtype=object), delays=table)
    net.compile(silent=True)
    return net, proj
