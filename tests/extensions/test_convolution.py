"""`Convolution` against SciPy and against filters applied by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage, signal
from support.filters import PIXEL, UNIT, filtered, network, one_filter
from support.networks import assert_same_bits, run

import nnc as ann
from nnc.compiler.codegen.target import get_target
from nnc.extensions.convolution import Convolution, Pooling

DRAW = np.random.default_rng(4)
IMAGE = DRAW.normal(size=(9, 11))


def close(got: Any, expected: Any) -> None:
    np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-12)


# The rows of the table of dimensions


def test_one_filter_is_a_cross_correlation() -> None:
    w = DRAW.normal(size=(3, 5))
    close(filtered(IMAGE, w, (9, 11)), signal.correlate(IMAGE, w, mode="same"))


def test_a_filter_may_cover_the_last_axis() -> None:
    x, w = DRAW.normal(size=(6, 7, 3)), DRAW.normal(size=(3, 3, 3))
    expected = sum(signal.correlate(x[..., c], w[..., c], mode="same") for c in range(3))
    close(filtered(x, w, (6, 7)), expected)


def test_a_filter_may_keep_the_last_axis() -> None:
    x, w = DRAW.normal(size=(6, 7, 4)), DRAW.normal(size=(3, 3))
    expected = np.stack([signal.correlate(x[..., c], w, mode="same") for c in range(4)], axis=-1)
    close(filtered(x, w, (6, 7, 4), keep_last_dimension=True), expected)


@pytest.mark.parametrize("count", [1, 3, 8])
def test_a_bank_gives_an_image_per_filter(count: int) -> None:
    w = DRAW.normal(size=(count, 3, 3))
    expected = np.stack([signal.correlate(IMAGE, f, mode="same") for f in w], axis=-1)
    close(filtered(IMAGE, w, (9, 11, count), bank=True), expected)


def test_a_bank_may_cover_the_last_axis() -> None:
    x, w = DRAW.normal(size=(6, 7, 3)), DRAW.normal(size=(5, 3, 3, 3))
    expected = np.stack([signal.correlate(x, f, mode="same")[..., 1] for f in w], axis=-1)
    close(filtered(x, w, (6, 7, 5), bank=True), expected)


def test_populations_may_have_one_or_four_dimensions() -> None:
    x, w = DRAW.normal(size=20), DRAW.normal(size=5)
    close(filtered(x, w, (20,)), np.correlate(x, w, mode="same"))
    x4, w4 = DRAW.normal(size=(3, 4, 3, 5)), DRAW.normal(size=(3, 1, 3, 3))
    close(filtered(x4, w4, (3, 4, 3, 5)), signal.correlate(x4, w4, mode="same"))


# Edges, steps, delays


def test_the_border_is_continued_by_the_nearest_neuron() -> None:
    w = DRAW.normal(size=(5, 3))
    close(filtered(IMAGE, w, (9, 11), padding="border"), ndimage.correlate(IMAGE, w, mode="nearest"))


def test_padding_is_what_the_filter_reads_outside() -> None:
    w = DRAW.normal(size=(5, 3))
    expected = ndimage.correlate(IMAGE, w, mode="constant", cval=0.7)
    close(filtered(IMAGE, w, (9, 11), padding=0.7), expected)


@pytest.mark.parametrize("operation", ["max", "min"])
def test_an_extremum_leaves_out_what_is_outside(operation: str) -> None:
    w = np.abs(DRAW.normal(size=(3, 3)))
    for padding in (0.0, 5.0):
        got = filtered(-np.abs(IMAGE), w, (9, 11), operation=operation, padding=padding)
        close(got, one_filter(-np.abs(IMAGE), w, (9, 11), operation=operation, padding=padding))


@pytest.mark.parametrize("q", [2, 3, 4])
def test_a_smaller_population_takes_every_qth_place(q: int) -> None:
    x, w = DRAW.normal(size=(4 * q, 3 * q)), DRAW.normal(size=(3, 3))
    start = (q - 1) // 2
    close(filtered(x, w, (4, 3)), signal.correlate(x, w, mode="same")[start::q, start::q])


def test_centres_may_be_given() -> None:
    centres = [(0, 0), (8, 10), (3, 4), (3, 5)]
    w = DRAW.normal(size=(3, 3))
    everywhere = signal.correlate(IMAGE, w, mode="same")
    close(filtered(IMAGE, w, (4,), subsampling=centres), [everywhere[c] for c in centres])
    bank = DRAW.normal(size=(3, 3, 3))
    expected = [[signal.correlate(IMAGE, f, mode="same")[c] for f in bank] for c in centres]
    close(filtered(IMAGE, bank, (4, 3), bank=True, subsampling=centres), expected)


def test_centres_need_not_tell_the_axis_that_a_filter_covers_or_keeps() -> None:
    x, centres = DRAW.normal(size=(6, 7, 3)), [(2, 3), (0, 6)]
    w = DRAW.normal(size=(3, 3, 3))
    close(filtered(x, w, (2,), subsampling=centres), filtered(x, w, (6, 7))[(2, 0), (3, 6)])
    w = DRAW.normal(size=(3, 3))
    kept = filtered(x, w, (6, 7, 3), keep_last_dimension=True)
    places = [c for c in centres for _ in range(3)]
    got = filtered(x, w, (1, 2, 3), keep_last_dimension=True, subsampling=places)
    close(got[0], kept[(2, 0), (3, 6)])


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    """Any geometry that the table allows."""
    seed = np.random.default_rng(draw(st.integers(0, 999)))
    spatial = draw(st.integers(1, 2))
    q = [draw(st.integers(1, 3)) for _ in range(spatial)]
    post = [draw(st.integers(1, 6)) for _ in range(spatial)]
    pre = [a * b for a, b in zip(q, post, strict=True)]
    taps = [draw(st.integers(1, 6)) for _ in range(spatial)]
    channels = draw(st.integers(1, 3))
    form = draw(st.sampled_from(["plain", "cover", "keep"]))
    if form != "plain":
        pre.append(channels)
    if form == "cover":
        taps.append(channels)
    if form == "keep":
        post.append(channels)
    count = draw(st.sampled_from([0, 1, 3, 4]))
    return {
        "x": seed.normal(size=pre),
        "w": seed.normal(size=[*([count] if count else []), *taps]),
        "geometry": tuple(post),
        "count": count,
        "keep": form == "keep",
        "padding": draw(st.sampled_from([0.0, -1.5, "border"])),
        "operation": draw(st.sampled_from(["sum", "sum", "mean", "max", "min"])),
    }


@settings(max_examples=15)
@given(cases())
def test_every_shape_is_what_the_filter_gives_by_hand(case: dict[str, Any]) -> None:
    count, geometry = case["count"], case["geometry"]
    filters = case["w"] if count else case["w"][None]
    options = {"padding": case["padding"], "operation": case["operation"]}
    by_hand = [one_filter(case["x"], f, geometry, keep=case["keep"], **options) for f in filters]
    expected = np.stack(by_hand, axis=-1) if count else by_hand[0]
    got = filtered(
        case["x"],
        case["w"],
        expected.shape,
        bank=bool(count),
        keep_last_dimension=case["keep"],
        **options,
    )
    close(got, expected)


def test_a_delayed_filter_reads_the_past() -> None:
    net = ann.Network(dt=0.5, seed=1)
    moving = net.create((5, 6), ann.Neuron(parameters="a = 1.0", equations="a2 = a * t : init = 3.0\nr = a2 * t + 1.0"))
    out = net.create((5, 6), UNIT)
    Convolution(moving, out, "exc").connect_filter(weights=np.ones((1, 1)), delays=2.0)
    before, after = net.monitor(moving, "r"), net.monitor(out, "r")
    net.compile()
    net.simulate(8.0)
    sent, got = before.get("r"), after.get("r")
    close(got[4:], sent[:-4])
    close(got[:4], 0.0)


# What psp may say


def test_psp_sees_weights_neurons_and_constants() -> None:
    net = ann.Network(dt=1.0)
    gain = net.constant("gain", 0.5)
    x = DRAW.normal(size=(4, 5))
    image = net.create((4, 5), PIXEL)
    image.r = x
    out = net.create(
        (4, 5), ann.Neuron(parameters={"b": ann.Parameter(0.0, locality="local")}, equations="r = sum(exc)")
    )
    out.b = b = DRAW.normal(size=(4, 5))
    w = DRAW.normal(size=(3, 3))
    Convolution(image, out, "exc", psp="gain * w * exp(pre.r) + post.b * max(pre.r)").connect_filter(weights=w)
    net.compile()
    net.simulate(1.0)
    inside = signal.correlate(np.exp(x), w, mode="same") + signal.correlate(np.ones_like(x), w, mode="same") * 0
    outside = (w.sum() - signal.correlate(np.ones_like(x), w, mode="same")) * np.exp(0.0)
    close(out.r, 0.5 * (inside + outside) + 9 * b * x.max())
    gain.set(1.0)
    net.simulate(1.0)
    close(out.r, inside + outside + 9 * b * x.max())


def test_a_spiking_population_is_driven_through_its_conductance() -> None:
    net, image, _ = network(IMAGE, (1,))
    cell = ann.Neuron(equations="dv/dt = g_exc", spike="v > 1e9", reset="v = 0")
    out = net.create((9, 11), cell)
    w = np.abs(DRAW.normal(size=(3, 3)))
    Convolution(image, out, "exc", operation="max").connect_filter(weights=w)
    g = net.monitor(out, "g_exc")
    net.compile()
    net.simulate(2.0)
    close(g.get("g_exc")[1], one_filter(IMAGE, w, (9, 11), operation="max"))


@pytest.mark.parametrize("delay", [0.0, 3.0])
def test_spikes_add_the_weights_of_their_taps(delay: float) -> None:
    net = ann.Network(dt=1.0, seed=1)
    cell = ann.Neuron(
        parameters={"phase": ann.Parameter(0.0, locality="local")},
        equations="x = modulo(x + 1.0, 5.0)",
        spike="x == phase",
        reset="x = x",
    )
    source = net.create(30, cell)
    source.phase = np.arange(30) % 7
    out = net.create(30, ann.Neuron(equations="dv/dt = g_exc", spike="v > 1e9", reset="v = 0"))
    w = DRAW.normal(size=5)
    Convolution(source, out, "exc", psp=None).connect_filter(weights=w, delays=delay)
    g = net.monitor(out, "g_exc")
    net.compile()
    net.simulate(4.0)
    net.set_time(1.0)
    net.simulate(4.0)
    net.set_time(8.0)
    net.simulate(6.0)
    fired = np.array([(k + 1) % 5 == np.arange(30) % 7 for k in range(14)], float)
    steps = max(1, int(delay))
    got = g.get("g_exc")
    close(got[:steps], 0.0)
    for k in range(steps, 14):
        close(got[k], np.correlate(fired[k - steps], w, mode="same"))


# Values, before and after compile


def test_weights_are_read_and_set_in_their_shape() -> None:
    net, image, out = network(IMAGE, (9, 11, 2))
    w = DRAW.normal(size=(2, 3, 3))
    projection = net.connect(Convolution(image, out, target="exc")).connect_filters(weights=w)
    close(projection.weights, w)
    projection.weights = 2 * w
    close(projection.get("weights"), 2 * w)
    net.compile()
    net.simulate(1.0)
    close(out.r[..., 1], signal.correlate(IMAGE, 2 * w[1], mode="same"))
    projection.w = 3 * w
    close(projection.weights, 3 * w)
    net.simulate(1.0)
    close(out.r[..., 0], signal.correlate(IMAGE, 3 * w[0], mode="same"))
    projection.w = 1.0
    close(projection.weights, np.ones_like(w))
    with pytest.raises(AttributeError, match=r"have the shape \(2, 3, 3\), not 2 dimensions"):
        projection.weights = w[0]
    with pytest.raises(ann.NNCError, match=r"shape \(2, 3, 3\), not \(2, 3, 4\)"):
        projection.weights = np.zeros((2, 3, 4))
    with pytest.raises(ann.NNCError, match="finite"):
        projection.w = np.nan
    close(projection.weights, np.ones_like(w))


def test_what_is_known_of_a_filter() -> None:
    net, image, out = network(IMAGE, (9, 11))
    w = DRAW.normal(size=(3, 3))
    projection = Convolution(image, out, "exc", name="edges").connect_filter(weights=w, delays=3.0)
    assert net.get_projection("edges") is projection
    net.compile()
    assert (projection.size, projection.post_ranks, projection.nb_synapses) == (99, list(range(99)), 99 * 9)
    assert (projection.delay, projection.max_delay, projection.uniform_delay) == (3.0, 3, 3)
    assert projection.pre_ranks[0] == [0, 1, 11, 12]
    matrix = projection.connectivity_matrix()
    close(matrix @ IMAGE.reshape(-1), signal.correlate(IMAGE, w, mode="same").reshape(-1))
    assert np.isnan(projection.connectivity_matrix(fill=np.nan)).sum() == 99 * 99 - len(np.flatnonzero(matrix))
    assert projection.receptive_fields().shape == (81, 121)


def test_taps_on_the_same_neuron_add_up_in_the_matrix() -> None:
    net, image, out = network(IMAGE, (9, 11))
    w = DRAW.normal(size=(3, 3))
    projection = Convolution(image, out, "exc").connect_filter(weights=w, padding="border")
    net.compile()
    expected = ndimage.correlate(IMAGE, w, mode="nearest")
    close(projection.connectivity_matrix() @ IMAGE.reshape(-1), expected.reshape(-1))


def test_a_reset_keeps_the_weights_and_transmission_can_be_stopped() -> None:
    net, image, out = network(IMAGE, (9, 11))
    w = DRAW.normal(size=(3, 3))
    projection = Convolution(image, out, "exc").connect_filter(weights=w)
    net.compile()
    projection.transmission = False
    net.simulate(1.0)
    close(out.r, 0.0)
    projection.transmission = True
    projection.w = 2 * w
    net.reset(projections=True)
    close(projection.w, 2 * w)
    net.reset(projections=True, synapses=True)
    close(projection.w, w)
    net.simulate(1.0)
    close(out.r, signal.correlate(IMAGE, w, mode="same"))


# Everywhere the same bits


def _layers(net: ann.Network) -> None:
    cell = ann.Neuron(equations="tau = 5.0\ntau * dr/dt = sum(exc) - r + sin(0.1 * t)", name="Layer")
    image = net.create((8, 10, 3), ann.Neuron(equations="r = Uniform(0.0, 1.0)", name="Noise"))
    middle, small = net.create((8, 10, 4), cell), net.create((4, 5, 4), cell)
    draw = np.random.default_rng(2)
    Convolution(image, middle, "exc").connect_filters(weights=draw.normal(size=(4, 5, 4, 3)), delays=2.0)
    Convolution(middle, middle, "exc", operation="mean").connect_filter(
        weights=draw.normal(size=(3, 3)), keep_last_dimension=True, padding="border"
    )
    Pooling(middle, small, "exc").connect_pooling(extent=(2, 2, 1))
    spikes = net.create((8, 10), ann.Neuron(equations="v = Uniform(0.0, 1.0)", spike="v > 0.8", reset="v = 0.0"))
    driven = net.create((8, 10), ann.Neuron(equations="dv/dt = g_exc - 0.1 * v", spike="v > 5.0", reset="v = 0.0"))
    Convolution(spikes, driven, "exc", psp=None).connect_filter(weights=np.abs(draw.normal(size=(6, 6))), delays=2.0)


@pytest.mark.parametrize("precision", ["double", "float"])
def test_every_target_and_number_of_threads_gives_the_same_bits(precision: str) -> None:
    reference = run(_layers, steps=4, precision=precision)
    assert reference["pop4.spike"].size
    assert_same_bits(reference, run(_layers, steps=4, target="interp", precision=precision))
    assert_same_bits(reference, run(_layers, steps=4, team=3, precision=precision))
    if get_target("openmp").available() is None:
        assert_same_bits(reference, run(_layers, steps=4, target="openmp", team=2, precision=precision))


@pytest.mark.gpu
@pytest.mark.parametrize("precision", ["double", "float"])
def test_a_gpu_gives_the_bits_of_the_cpu(precision: str) -> None:
    reason = get_target("cuda").available()
    if reason is not None:
        pytest.skip(reason.splitlines()[0])
    reference = run(_layers, steps=4, precision=precision)
    assert_same_bits(reference, run(_layers, steps=4, target="cuda", precision=precision))
