"""`Copy` and `Transpose`: the weights of another projection, also while it learns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.networks import assert_same_bits, run

import nnc as ann
from nnc.compiler.codegen.target import get_target
from nnc.extensions.convolution import Convolution, Copy, Transpose

DRAW = np.random.default_rng(9)
CELL = ann.Neuron(
    parameters={"drive": ann.Parameter(0.0, locality="local")},
    equations="r = drive + 0.1 * sum(exc) + 0.01 * sum(back)",
)


def layers(dt: float = 1.0, **settings: Any) -> tuple[ann.Network, list[Any]]:
    net = ann.Network(dt=dt, seed=3)
    net.config(**settings)
    made = [net.create(geometry, CELL) for geometry in ((3, 4), (5,), (3, 4), (5,))]
    for population in made:
        population.drive = DRAW.random(population.geometry)
    return net, made


@pytest.mark.parametrize("connector", ["sparse", "full", "one weight"])
@pytest.mark.parametrize("learns", [False, True])
def test_weights_that_change_are_followed(connector: str, learns: bool) -> None:
    net, (a, b, c, d) = layers()
    rule = ann.Synapse(equations="dw/dt = 0.01 * pre.r * post.r") if learns else None
    lender = net.connect(a, b, "exc", rule)
    if connector == "sparse":
        lender.fixed_probability(0.6, weights=ann.Uniform(0.0, 1.0))
    else:
        lender.all_to_all(weights=0.3 if connector == "one weight" else ann.Uniform(0.0, 1.0))
    copy = net.connect(Copy(c, d, target="exc")).connect_copy(lender)
    back = net.connect(Transpose(lender, target="back")).connect_transpose()
    net.compile()
    w = lender.connectivity_matrix()
    there = w != 0.0
    ra, rb, rc, rd = (np.zeros(p.size) for p in (a, b, c, d))
    drive = [np.asarray(p.drive).reshape(-1) for p in (a, b, c, d)]
    for _ in range(6):
        net.step()
        ra, rb, rc, rd = (
            drive[0] + 0.01 * w.T @ rb,
            drive[1] + 0.1 * w @ ra,
            drive[2],
            drive[3] + 0.1 * w @ rc,
        )
        if learns:
            w = np.where(there, w + 0.01 * np.outer(rb, ra), 0.0)
    for population, expected in zip((a, b, c, d), (ra, rb, rc, rd), strict=True):
        np.testing.assert_allclose(np.asarray(population.r).reshape(-1), expected, rtol=1e-12)
    np.testing.assert_allclose(copy.connectivity_matrix(), w, rtol=1e-12)
    np.testing.assert_allclose(back.connectivity_matrix(), w.T, rtol=1e-12)
    assert copy.w == lender.w


def test_weights_that_a_script_sets_are_followed() -> None:
    net, (a, b, c, d) = layers()
    lender = net.connect(a, b, "exc").all_to_all(weights=0.5)
    copy = Copy(c, d, "exc").copy(lender)
    net.compile()
    assert copy.w == 0.5
    net.simulate(2.0)
    w = DRAW.random((5, 12))
    lender.w = w
    net.simulate(2.0)
    np.testing.assert_allclose(d.r, d.drive + 0.1 * w @ c.r.reshape(-1), rtol=1e-12)
    np.testing.assert_allclose(copy.w, w, rtol=1e-12)
    with pytest.raises(ann.ANNarchyException, match="has the weights of 'proj0'; set them there"):
        copy.w = 1.0


def test_a_copy_has_the_delays_and_an_operation_of_its_own() -> None:
    net, (a, b, c, d) = layers()
    moving = net.create((3, 4), ann.Neuron(equations="r = t"))
    lender = net.connect(a, b, "exc").all_to_all(weights=ann.Uniform(0.1, 1.0), delays=ann.Uniform(1.0, 4.0))
    copy = Copy(moving, d, "exc", operation="max").copy(lender)
    del c
    net.compile()
    net.simulate(10.0)
    w = np.array(lender.w)
    delays = np.round(np.array(lender.delay))
    expected = np.max(w * (9.0 - delays), axis=1)
    np.testing.assert_allclose(d.r, d.drive + 0.1 * expected, rtol=1e-12)
    assert copy.delay == lender.delay


def _spiking(net: ann.Network) -> None:
    cell = ann.Neuron(
        equations="dv/dt = 0.2 * Uniform(0.0, 1.0) + g_exc - 0.1 * g_back", spike="v > 1.0", reset="v = 0.0"
    )
    a, b, c, d = (net.create(n, cell) for n in (70, 90, 70, 90))
    stdp = ann.STDP(tau_plus=20.0, tau_minus=20.0, A_plus=0.1, A_minus=0.1, w_min=0.0, w_max=0.5)
    lender = net.connect(a, b, "exc", stdp).fixed_probability(0.3, weights=ann.Uniform(0.0, 0.2))
    full = net.connect(a, b, "exc").all_to_all(weights=ann.Uniform(0.0, 0.01), delays=2.0)
    Copy(c, d, "exc", psp=None).copy(lender)
    Copy(c, d, "exc", psp=None).copy(full)
    Transpose(lender, "back").transpose()
    net.monitor(c, "v")


def test_spiking_copies_transmit_spikes_on_every_target() -> None:
    reference = run(_spiking, steps=30)
    assert reference["pop3.spike"].size
    assert_same_bits(reference, run(_spiking, steps=30, team=3))
    if get_target("openmp").available() is None:
        assert_same_bits(reference, run(_spiking, steps=30, target="openmp", team=2))
    short = run(_spiking, steps=8)
    assert_same_bits(short, run(_spiking, steps=8, target="interp", team=2))


def test_spiking_copies_add_the_weights_of_the_spikes() -> None:
    net = ann.Network(dt=1.0, seed=5)
    source = net.create(ann.SpikeSourceArray([[1.0, 4.0], [2.0], [4.0]]))
    other = net.create(ann.SpikeSourceArray([[3.0], [2.0, 3.0], []]))
    cell = ann.Neuron(equations="dv/dt = g_exc", spike="v > 1e9", reset="v = 0")
    here, there = net.create(4, cell), net.create(4, cell)
    lender = net.connect(source, here, "exc").fixed_probability(0.7, weights=ann.Uniform(0.0, 1.0), delays=2.0)
    Copy(other, there, "exc", psp=None).copy(lender)
    g = net.monitor(there, "g_exc")
    net.compile()
    net.simulate(7.0)
    w, got = lender.connectivity_matrix(), g.get("g_exc")
    expected = np.zeros((7, 4))
    for neuron, times in enumerate([[3], [2, 3], []]):
        for t in times:
            expected[t + 2] += w[:, neuron]
    np.testing.assert_allclose(got, expected, rtol=1e-12)


def test_copies_of_a_network_follow_the_copy() -> None:
    net, (a, b, c, d) = layers()
    lender = net.connect(a, b, "exc", ann.Synapse(equations="w += 0.01")).fixed_probability(0.6, weights=0.5)
    copy = Copy(c, d, "exc").copy(lender)
    net.compile()
    net.simulate(5.0)
    other = net.copy(seed=8)
    assert other.get(copy).lender is other.get(lender)
    other.simulate(3.0)
    np.testing.assert_allclose(other.get(copy).connectivity_matrix(), other.get(lender).connectivity_matrix())
    net.reset(synapses=True, projections=True)
    net.simulate(2.0)
    assert copy.w == lender.w


def test_what_cannot_be_copied_is_refused() -> None:
    net, (a, b, c, d) = layers()
    other, (e, f, *_) = layers()
    foreign = other.connect(e, f, "exc").all_to_all(weights=0.5)
    lender = net.connect(a, b, "exc").all_to_all(weights=0.5)
    filtered = Convolution(a, c, "exc").connect_filter(weights=np.ones((3, 3)))
    copy = Copy(c, d, "exc")
    with pytest.raises(ann.ANNarchyException, match=r"pre has the geometry \(5,\), that of 'proj0' has \(3, 4\)"):
        Copy(d, b, "exc").copy(lender)
    with pytest.raises(ann.ANNarchyException, match="shares weights itself"):
        Copy(a, c, "exc").copy(filtered)
    with pytest.raises(ann.ANNarchyException, match="takes a projection"):
        copy.copy("proj0")
    with pytest.raises(ann.ANNarchyException, match="shares weights itself"):
        Transpose(filtered, "back").transpose()
    late = net.connect(a, b, "exc").all_to_all(weights=0.5, delays=3.0)
    with pytest.raises(ann.ANNarchyException, match=r"create .* after the projection"):
        copy.copy(late)
    with pytest.raises(ann.ANNarchyException, match="has delays, so it has no transpose"):
        Transpose(late, "back").transpose()
    with pytest.raises(ann.ANNarchyException, match="belongs to another network"):
        copy.copy(foreign)
    with pytest.raises(ann.ANNarchyException, match=r"call connect_copy\(projection\)"):
        net.compile()


def test_a_hybrid_projection_has_no_transpose() -> None:
    net, (a, *_) = layers()
    spiking = net.create((3, 4), ann.Izhikevich)
    hybrid = ann.CurrentInjection(a, spiking, "exc").connect_current()
    with pytest.raises(ann.ANNarchyException, match="rate-coded and spiking neurons"):
        Transpose(hybrid, "back")
    with pytest.raises(ann.ANNarchyException, match="takes a projection"):
        Transpose(a, "back")


def test_synapses_of_a_lender_stay() -> None:
    net, (a, b, c, d) = layers(structural_plasticity=True)
    lender = net.connect(a, b, "exc").all_to_all(weights=0.5)
    Copy(c, d, "exc").copy(lender)
    with pytest.raises(ann.ANNarchyException, match="structural_plasticity is on"):
        net.compile()
