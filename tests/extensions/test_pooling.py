"""`Pooling` against windows cut out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.filters import network

import nnc as ann
from nnc.extensions.convolution import Pooling

DRAW = np.random.default_rng(7)
REDUCE = {"max": np.max, "min": np.min, "mean": np.mean}


def pooled(x: Any, geometry: tuple[int, ...], extent: Any = None, operation: str = "max", psp: str = "pre.r") -> Any:
    net, image, out = network(x, geometry)
    Pooling(image, out, "exc", psp=psp, operation=operation).connect_pooling(extent=extent)
    net.compile()
    net.simulate(1.0)
    return np.asarray(out.r).reshape(geometry)


def by_hand(x: Any, geometry: tuple[int, ...], extent: tuple[int, ...], operation: str) -> Any:
    out = np.zeros(geometry)
    for y in np.ndindex(geometry):
        at = (*y, *(0,) * (x.ndim - len(y)))
        out[y] = REDUCE[operation](x[tuple(slice(i * e, (i + 1) * e) for i, e in zip(at, extent, strict=True))])
    return out


@pytest.mark.parametrize("operation", ["max", "min", "mean"])
@pytest.mark.parametrize(
    ("pre", "post", "extent"),
    [
        ((12,), (4,), (3,)),
        ((6, 8), (3, 4), (2, 2)),
        ((6, 8), (3, 2), (2, 4)),
        ((6, 8, 3), (3, 4, 3), (2, 2, 1)),
        ((6, 8, 3), (3, 4), (2, 2, 3)),
        ((5, 5), (2, 2), (2, 2)),
        ((4, 4, 2, 6), (2, 4, 1, 3), (2, 1, 2, 2)),
    ],
)
def test_each_post_neuron_reduces_its_window(pre: Any, post: Any, extent: Any, operation: str) -> None:
    x = DRAW.normal(size=pre)
    np.testing.assert_allclose(
        pooled(x, post, extent, operation), by_hand(x, post, extent, operation), rtol=1e-12, atol=1e-12
    )


def test_windows_cover_the_population_by_default() -> None:
    x = DRAW.normal(size=(6, 9))
    np.testing.assert_array_equal(pooled(x, (2, 3)), by_hand(x, (2, 3), (3, 3), "max"))


def test_negative_maxima_are_right() -> None:
    x = -1.0 - np.abs(DRAW.normal(size=(4, 4)))
    np.testing.assert_array_equal(pooled(x, (2, 2)), by_hand(x, (2, 2), (2, 2), "max"))


def test_what_is_reduced_may_be_an_expression() -> None:
    x = DRAW.normal(size=(4, 4))
    expected = 2.0 * by_hand(np.abs(x), (2, 2), (2, 2), "max")
    np.testing.assert_allclose(pooled(x, (2, 2), psp="abs(pre.r) * 2.0"), expected)


def test_a_window_may_be_delayed() -> None:
    net, image, out = network(DRAW.normal(size=(4, 4)), (2, 2))
    moving = net.create((4, 4), ann.Neuron(equations="r = t"))
    late = net.create((2, 2), ann.Neuron(equations="r = sum(exc)"))
    projection = Pooling(moving, late, "exc", operation="mean").pooling(delays=3.0)
    Pooling(image, out, "exc").pooling()
    net.compile()
    net.simulate(6.0)
    assert late.r.tolist() == [[2.0, 2.0], [2.0, 2.0]]
    assert (projection.delay, projection.nb_synapses) == (3.0, 16)
    np.testing.assert_array_equal(projection.connectivity_matrix().sum(axis=1), 4.0)


@pytest.mark.parametrize(
    ("pre", "post", "extent", "text"),
    [
        ((6, 6), (4, 4), None, r"must be multiples of those of post \(4, 4\)"),
        ((6, 6, 2), (3, 3), None, "must be multiples"),
        ((6, 6), (4, 4), (2, 2), r"4 windows of extent 2 do not fit into the extent 6 of pre along axis 0"),
        ((6, 6), (3, 3), (2,), "needs an entry for each axis"),
        ((6, 6), (3, 3), [2, 2], "is a tuple"),
        ((6, 6), (3, 3), (2, 0), "is a tuple of numbers from 1"),
        ((6, 6), (3, 3), (2, 2, 3), "more entries"),
        ((6,), (3, 3), (2,), "more dimensions than pre"),
        ((2,) * 5, (2,) * 4, (1,) * 5, "at most 4 dimensions"),
    ],
)
def test_geometries_that_do_not_fit_are_refused(pre: Any, post: Any, extent: Any, text: str) -> None:
    _, image, out = network(np.zeros(pre), post)
    projection = Pooling(image, out, "exc")
    with pytest.raises(ann.ANNarchyException, match=text):
        projection.connect_pooling(extent=extent)
    assert projection.connector_name is None


def test_there_is_no_sum_and_there_are_no_weights() -> None:
    _, image, out = network(np.zeros((4, 4)), (2, 2))
    with pytest.raises(ann.ANNarchyException, match=r"unknown operation 'sum'.*max, min, mean"):
        Pooling(image, out, "exc", operation="sum")
    with pytest.raises(ann.ANNarchyException, match="its psp uses 'w'"):
        Pooling(image, out, "exc", psp="w * pre.r").connect_pooling()
    with pytest.raises(ann.ANNarchyException, match="uses no weights"):
        Pooling(image, out, "exc").connect_pooling().w = 2.0
