"""Ranks, coordinates, and what an index selects."""

import numpy as np
import pytest

from nnc.compiler.diagnostics import NNCError
from nnc.runtime.populations import geometry as g


def test_geometry_takes_numbers_tuples_and_lists():
    assert g.parse_geometry(4.0) == (4,)
    assert g.parse_geometry([2, np.int64(3)]) == (2, 3)
    for bad in (0, (2, 0), "a", None, (), True):
        with pytest.raises(NNCError):
            g.parse_geometry(bad)


def test_ranks_and_coordinates_are_in_c_order_and_checked_per_axis():
    assert g.rank_of((1, 2), (4, 5)) == 7
    assert g.coordinates_of(7, (4, 5)) == (1, 2)
    for bad in ((1, 5), (4, 0), (1,), (-5, 0)):
        with pytest.raises(IndexError):
            g.rank_of(bad, (4, 5))
    with pytest.raises(IndexError):
        g.coordinates_of(20, (4, 5))


def test_normalized_coordinates():
    assert g.normalized((1, 2), (4, 5)) == pytest.approx((1 / 3, 0.5))
    assert g.normalized((0, 2), (1, 5), 2.0) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("index", "ranks", "geometry"),
    [
        (1, [1], (1,)),
        (-1, [19], (1,)),
        (slice(2, 6), [2, 3, 4, 5], (4,)),
        (slice(15, 99), [15, 16, 17, 18, 19], (5,)),
        ((slice(1, 3), 0), [5, 10], (2, 1)),
        ((slice(None), slice(3, None)), [3, 4, 8, 9, 13, 14, 18, 19], (4, 2)),
        ([0, -1], [0, 19], (2,)),
        (np.arange(20) == 4, [4], (1,)),
    ],
)
def test_selection(index, ranks, geometry):
    got, shape = g.select(index, (4, 5))
    assert got.tolist() == ranks
    assert shape == geometry


@pytest.mark.parametrize(
    ("index", "error"), [(20, IndexError), ("a", TypeError), ([[1]], TypeError), ([0.5], TypeError), ((1,), IndexError)]
)
def test_wrong_indices(index, error):
    with pytest.raises(error):
        g.select(index, (4, 5))
