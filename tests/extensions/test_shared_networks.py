"""Filters in networks that are saved, copied and run side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from support.filters import UNIT

import nnc as ann
from nnc.extensions.convolution import Convolution, Copy, Pooling
from nnc.extensions.diagonal import DiagonalProjection

if TYPE_CHECKING:
    from pathlib import Path


class Vision(ann.Network):
    """A moving image, filtered with a delay, and pooled."""

    def __init__(self, gain: float = 1.0, size: int = 3) -> None:
        still = ann.Neuron(parameters={"q": ann.Parameter(1.0, locality="local")}, equations="r = q * sin(0.3 * t)")
        self.image = self.create((6, 8), still, name="image")
        self.edges = self.create((6, 8, 2), UNIT, name="edges")
        self.small = self.create((3, 4, 2), UNIT, name="small")
        self.image.q = np.random.default_rng(3).random((6, 8))
        weights = gain * np.random.default_rng(4).normal(size=(2, size, size))
        self.filter = Convolution(self.image, self.edges, "exc", name="filter").connect_filters(weights, delays=3.0)
        self.pool = Pooling(self.edges, self.small, "exc", name="pool").connect_pooling(extent=(2, 2, 1))


def made(gain: float = 1.0, target: str = "llvm", **more: Any) -> Vision:
    net = Vision(gain=gain, dt=1.0, seed=2, **more)
    net.config(paradigm=target)
    net.compile()
    return net


@pytest.mark.parametrize("target", ["llvm", "interp"])
def test_a_network_goes_on_from_a_file_as_it_would_have(tmp_path: Path, target: str) -> None:
    net, other = made(), made(gain=5.0, target=target)
    net.simulate(5.0)
    net.filter.w = 2 * net.filter.w
    net.save(tmp_path / "state.npz")
    other.load(tmp_path / "state.npz")
    np.testing.assert_array_equal(other.filter.w, net.filter.w)
    for each in (net, other):
        each.simulate(6.0)
    np.testing.assert_array_equal(other.small.r, net.small.r)


def test_weights_of_another_shape_are_refused(tmp_path: Path) -> None:
    net, other = made(), made(size=5)
    net.save(tmp_path / "state.npz")
    before = other.filter.w
    with pytest.raises(ann.ANNarchyException, match="'filter' has 50 weights, in the file 18"):
        other.load(tmp_path / "state.npz")
    np.testing.assert_array_equal(other.filter.w, before)
    net.filter.save(tmp_path / "filter.npz")
    with pytest.raises(ann.ANNarchyException, match="50"):
        other.filter.load(tmp_path / "filter.npz")


def test_a_filter_has_a_file_of_its_own(tmp_path: Path) -> None:
    net = made()
    weights = net.filter.w
    net.filter.save(tmp_path / "filter.npz")
    net.filter.w = 0.0
    net.filter.load(tmp_path / "filter.npz")
    np.testing.assert_array_equal(net.filter.w, weights)


def test_stored_and_shared_synapses_are_not_confused(tmp_path: Path) -> None:
    nets = []
    for shared in (True, False):
        net = ann.Network(dt=1.0)
        a, b = net.create(5, UNIT, name="a"), net.create(5, UNIT, name="b")
        if shared:
            Convolution(a, b, "exc", name="p").connect_filter(weights=np.ones(3))
        else:
            net.connect(a, b, "exc", name="p").all_to_all(weights=1.0)
        net.compile()
        net.save(tmp_path / f"{shared}.npz")
        nets.append(net)
    with pytest.raises(ann.ANNarchyException, match="'p' does not store synapses, unlike that of the file"):
        nets[0].load(tmp_path / "False.npz")
    with pytest.raises(ann.ANNarchyException, match="'p' stores synapses, unlike that of the file"):
        nets[1].load(tmp_path / "True.npz")


def test_copies_of_a_network_have_filters_of_their_own() -> None:
    net = made()
    twin = net.copy(gain=1.0)
    plain = ann.Network(dt=1.0, seed=1)
    plain.add([net.image, net.edges, net.filter])
    plain.compile()
    for each in (net, twin, plain):
        each.simulate(7.0)
    np.testing.assert_array_equal(twin.small.r, net.small.r)
    np.testing.assert_array_equal(plain.get(net.edges).r, net.edges.r)
    plain.get(net.filter).w = 0.0
    assert net.filter.w.any()


def test_runs_side_by_side_give_what_they_give_one_by_one() -> None:
    def louder(net: Vision, factor: float) -> Any:
        net.filter.w = factor * net.filter.w
        net.simulate(6.0)
        return net.small.r

    net = made()
    results = net.parallel_run(louder, 2, factor=[1.0, 3.0])
    np.testing.assert_allclose(results[1], 3.0 * results[0], rtol=1e-12)
    assert results[0].any()


def test_a_recording_of_a_filtered_population() -> None:
    net = made()
    monitor = net.monitor(net.edges, ["r", "sum(exc)"])
    net.simulate(5.0)
    r, total = monitor.get("r"), monitor.get("sum(exc)")
    assert r.shape == (5, 6, 8, 2)
    np.testing.assert_array_equal(r.reshape(5, -1), total.reshape(5, -1))


# DiagonalProjection


def diagonal(x: Any, w: Any, width: int, offset: int, slope: int) -> Any:
    out = np.zeros(width)
    for j in range(width):
        for a in range(x.shape[0]):
            for k in range(len(w)):
                column = j + offset + slope * a + k - ((len(w) - 1) // 2)
                if 0 <= column < x.shape[1]:
                    out[j] += w[k] * x[a, column]
    return out


@pytest.mark.parametrize(("offset", "slope"), [(0, 1), (2, -1), (-3, 2), (0, 0)])
@pytest.mark.parametrize("target", ["llvm", "interp"])
def test_a_filter_follows_the_diagonal(offset: int, slope: int, target: str) -> None:
    net = ann.Network(dt=1.0, seed=1)
    net.config(paradigm=target)
    x, w = np.random.default_rng(1).normal(size=(6, 8)), np.array([0.5, 1.0, -2.0])
    source = net.create((6, 8), ann.Neuron(parameters={"r": ann.Parameter(0.0, locality="local")}))
    source.r = x
    out = net.create((5, 7), UNIT)
    projection = DiagonalProjection(source, out, "exc").connect(weights=w, offset=offset, slope=slope)
    net.compile()
    net.simulate(1.0)
    expected = diagonal(x, w, 7, offset, slope)
    np.testing.assert_allclose(out.r, np.tile(expected, (5, 1)), rtol=1e-12, atol=1e-12)
    projection.weights = 2 * w
    np.testing.assert_array_equal(projection.w, 2 * w)
    net.simulate(1.0)
    np.testing.assert_allclose(out.r[3], 2 * expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(
        projection.connectivity_matrix() @ x.reshape(-1), out.r.reshape(-1), rtol=1e-12, atol=1e-12
    )


def test_four_dimensions_are_connected_by_a_gaussian() -> None:
    net = ann.Network(dt=1.0, seed=1)
    x = np.random.default_rng(1).random((3, 2, 4, 3))
    source = net.create(x.shape, ann.Neuron(parameters={"r": ann.Parameter(0.0, locality="local")}))
    source.r = x
    out = net.create((2, 1, 4, 3), UNIT)
    projection = DiagonalProjection(source, out, "exc")
    projection.connect_gaussian(amp=2.0, sigma=1.5, min_val=0.1, max_distance=2.5)
    net.compile()
    net.simulate(1.0)
    expected = np.zeros((4, 3))
    for a1, a2, b1, b2 in np.ndindex(x.shape):
        for j in np.ndindex(4, 3):
            squared = (b1 - a1 - j[0]) ** 2 + (b2 - a2 - j[1]) ** 2
            weight = 2.0 * np.exp(-squared / (2.0 * 1.5**2))
            if weight > 0.1 and squared <= 2.5**2:
                expected[j] += weight * x[a1, a2, b1, b2]
    np.testing.assert_allclose(out.r, np.broadcast_to(expected, out.geometry), rtol=1e-12)


def test_spikes_travel_along_diagonals() -> None:
    net = ann.Network(dt=1.0, seed=1)
    cell = ann.Neuron(equations="v = Uniform(0.0, 1.0)", spike="v > 0.5", reset="v = 0.0")
    source, out = (
        net.create((4, 5), cell),
        net.create((2, 5), ann.Neuron(equations="dv/dt = g_exc", spike="v > 1e9", reset="")),
    )
    DiagonalProjection(source, out, "exc").connect(weights=[1.0, 2.0], delays=2.0)
    spikes, g = net.monitor(source, "spike"), net.monitor(out, "g_exc")
    net.compile()
    net.simulate(8.0)
    fired = np.zeros((8, 20))
    for neuron, times in spikes.get("spike").items():
        fired[times, neuron] = 1.0
    got = g.get("g_exc")
    for k in range(2, 8):
        expected = diagonal(fired[k - 2].reshape(4, 5), [1.0, 2.0], 5, 0, 1)
        np.testing.assert_allclose(got[k], np.tile(expected, (2, 1)), atol=1e-12)


def test_diagonals_that_do_not_fit_are_refused() -> None:
    net = ann.Network(dt=1.0)
    flat, square, deep = (net.create(g, UNIT) for g in ((5,), (5, 5), (2, 2, 2, 2)))
    with pytest.raises(ann.ANNarchyException, match=r"pre must have 2 dimensions, its geometry is \(5,\)"):
        DiagonalProjection(flat, square, "exc").connect(weights=[1.0])
    with pytest.raises(ann.ANNarchyException, match="post must have 4 dimensions"):
        DiagonalProjection(deep, square, "exc").connect_gaussian(1.0, 1.0, 0.1)
    with pytest.raises(ann.ANNarchyException, match="list of numbers"):
        DiagonalProjection(square, square, "exc").connect(weights=[[1.0]])
    with pytest.raises(ann.ANNarchyException, match="slope must be a whole number"):
        DiagonalProjection(square, square, "exc").connect(weights=[1.0], slope=0.5)
    with pytest.raises(ann.ANNarchyException, match="sigma must be above 0"):
        DiagonalProjection(deep, deep, "exc").connect_gaussian(1.0, 0.0, 0.1)
    with pytest.raises(ann.ANNarchyException, match="no weight is above"):
        DiagonalProjection(deep, deep, "exc").connect_gaussian(1.0, 1.0, 2.0)
    with pytest.raises(ann.ANNarchyException, match="shares weights itself"):
        Copy(square, square, "exc").copy(DiagonalProjection(square, square, "exc").connect(weights=[1.0]))
