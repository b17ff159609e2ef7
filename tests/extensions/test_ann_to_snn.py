"""Converted networks: what is connected, how fast neurons fire, what is read out, on every target."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.feedforward import activities, layer_output

import nnc as ann
from nnc.compiler.codegen.target import get_target
from nnc.compiler.driver import stage_text
from nnc.compiler.options import Options
from nnc.extensions.ann_to_snn_conversion import ANNtoSNNConverter
from nnc.extensions.ann_to_snn_conversion.layers import Dense
from nnc.extensions.ann_to_snn_conversion.scaling import scales
from nnc.extensions.ann_to_snn_conversion.torch_layers import read_torch
from nnc.runtime.running.compiling import describe

DRAW = np.random.default_rng(8)
CNN = {
    "c1.weight": DRAW.normal(0.1, 0.4, (3, 2, 3, 2)),
    "c2.weight": DRAW.normal(0.1, 0.4, (4, 3, 2, 2)),
    "out.weight": DRAW.normal(0.0, 0.4, (3, 4 * 2 * 2)),
}
CNN_LAYERS: list[Any] = [
    ("Conv2d", "c1", {"stride": (2, 1), "padding": (1, 0)}),
    "ReLU",
    ("AvgPool2d", {"kernel_size": (1, 2)}),
    ("Conv2d", "c2"),
    "ReLU",
    ("MaxPool2d", {"kernel_size": 2}),
    "Flatten",
    ("Linear", "out"),
]
CNN_INPUT = (2, 10, 11)
MLP = {"hidden.weight": DRAW.normal(0.1, 0.5, (6, 5)), "out.weight": DRAW.normal(0.1, 0.5, (3, 6))}
MLP_LAYERS: list[Any] = [("Linear", "hidden"), "ReLU", ("Linear", "out")]
SMALL = {"conv.weight": DRAW.normal(0.0, 0.5, (2, 1, 2, 3)), "fc.weight": DRAW.normal(0.0, 0.5, (3, 2 * 2 * 2))}
SMALL_LAYERS: list[Any] = [("Conv2d", "conv"), "ReLU", ("MaxPool2d", {"kernel_size": 2}), "Flatten", ("Linear", "fc")]
PROTOTYPES = np.eye(3).repeat(4, axis=1)
"""Three patterns of twelve pixels; the network that knows them has them as its weights."""


def exact(dt: float = 1.0) -> ann.Neuron:
    """A hidden unit whose rate is proportional to its input: what is above the threshold is kept."""
    return ann.Neuron(
        parameters=dict(vt=1.0, mask_tau=20.0, bias=ann.Parameter(0.0, locality="local")),
        equations=["dv/dt = g_exc + bias", "dmask/dt = -mask / mask_tau"],
        spike="v > vt",
        reset=["v -= vt", "mask += 1.0 / mask_tau"],
    )


def converted(
    weights: Any,
    shape: Any,
    layers: Any,
    *,
    load: Any = (),
    precision: str = "double",
    target: str = "llvm",
    **more: Any,
) -> ANNtoSNNConverter:
    """A converter with a network on a target."""
    template = ann.get_global_config("precision"), ann.get_global_config("paradigm")
    ann.setup(precision=precision, paradigm=target)
    try:
        converter = ANNtoSNNConverter(**{"seed": 4, "dt": 1.0} | more)
        converter.load_torch_model(weights, shape, layers, show_info=False, **dict(load))
    finally:
        ann.setup(precision=template[0], paradigm=template[1])
    return converter


def classifier(**more: Any) -> ANNtoSNNConverter:
    return converted({"out.weight": PROTOTYPES}, (12,), [("Linear", "out")], **more)


# Connections


def test_projections_compute_what_layers_compute() -> None:
    chain = read_torch(CNN, CNN_INPUT, CNN_LAYERS)
    net = converted(CNN, CNN_INPUT, CNN_LAYERS, load={"normalize": False}).get_annarchy_network()
    names = ["conv_proj_1", "pool_proj_2", "conv_proj_3", "pool_proj_4", "dense_proj_5"]
    assert [p.name for p in net.get_projections()] == names
    shape = chain.shape
    for layer, name in zip(chain.layers, names, strict=True):
        x = DRAW.random(shape)
        shape = layer.shape
        if name == "pool_proj_4":
            continue  # a maximum is no matrix
        matrix = net.get_projection(name).connectivity_matrix()
        if name == "pool_proj_2":
            matrix = matrix / 2.0
        np.testing.assert_allclose(matrix @ x.reshape(-1), layer_output(layer, x).reshape(-1), rtol=1e-12, atol=1e-12)


def test_populations_have_the_names_and_shapes_of_layers() -> None:
    net = converted(CNN, CNN_INPUT, CNN_LAYERS).get_annarchy_network()
    found = [(p.name, p.geometry) for p in net.get_populations()]
    assert found == [
        ("input", (10, 11, 2)),
        ("c1", (5, 10, 3)),
        ("avgpool2d_2", (5, 5, 3)),
        ("c2", (4, 4, 4)),
        ("maxpool2d_5", (2, 2, 4)),
        ("out", (3,)),
    ]
    thresholds = [float(p.vt) for p in net.get_populations()[1:]]
    assert thresholds == pytest.approx([0.95, 0.9, 0.85, 0.8, 1.0])


def test_weights_are_normalised_by_their_largest_positive_sum() -> None:
    net = converted(MLP, (5,), MLP_LAYERS).get_annarchy_network()
    for name, key, factor in (("dense_proj_1", "hidden", 2.0), ("dense_proj_2", "out", 3.0)):
        given, got = MLP[f"{key}.weight"], net.get_projection(name).connectivity_matrix()
        np.testing.assert_allclose(got, given * factor / np.clip(given, 0.0, None).sum(axis=1).max(), rtol=1e-12)


def test_pooling_layers_count_in_the_normalisation() -> None:
    chain = read_torch(CNN, CNN_INPUT, CNN_LAYERS)
    net = converted(CNN, CNN_INPUT, CNN_LAYERS).get_annarchy_network()
    for number, factor in ((1, 2.0), (3, 4.0)):
        given = chain.layers[number - 1].weights  # type: ignore[union-attr]
        largest = np.clip(given, 0.0, None).sum(axis=(1, 2, 3)).max()
        np.testing.assert_allclose(net.get_projection(f"conv_proj_{number}").weights, given * factor / largest)


@pytest.mark.parametrize(
    ("given", "factors"), [(1.5, (1.5, 1.5)), ([0.5, 4], (0.5, 4.0)), (np.array([2.0, 1.0]), (2, 1))]
)
def test_scale_factors_are_taken_instead(given: Any, factors: Any) -> None:
    net = converted(MLP, (5,), MLP_LAYERS, load={"scale_factor": given}).get_annarchy_network()
    for number, factor in enumerate(factors, start=1):
        weights = net.get_projection(f"dense_proj_{number}").connectivity_matrix()
        assert np.clip(weights, 0.0, None).sum(axis=1).max() == pytest.approx(factor)


# Rates


@pytest.mark.parametrize("dt", [1.0, 0.5])
def test_rates_of_dense_layers_are_proportional_to_activities(dt: float) -> None:
    """Within 1 spike per synapse of weight 1 and layer, which the threshold hides, beside what the start takes."""
    load = {"scale_factor": 0.9 * dt}
    converter = converted(MLP, (5,), MLP_LAYERS, load=load, hidden_neuron=exact(), max_f=1000.0 / dt, dt=dt)
    net, x, time = converter.get_annarchy_network(), np.array([1.0, 0.0, 1.0, 1.0, 0.0]), 2000.0
    counts = {p.name: net.monitor(p, "spike") for p in net.get_populations()[1:]}
    converter.predict([x], duration_per_sample=time)
    chain = read_torch(MLP, (5,), MLP_LAYERS)
    rate = x / dt
    for layer, monitor in zip(chain.layers, counts.values(), strict=True):
        pop = net.get_population(layer.name)
        weights = net.get_projection(f"dense_proj_{chain.layers.index(layer) + 1}").connectivity_matrix()
        rate = np.maximum(weights @ rate, 0.0) / float(pop.vt)
        spikes = monitor.get("spike")
        got = np.array([len(spikes[i]) for i in range(pop.size)]) / time
        np.testing.assert_allclose(got, rate, atol=10.0 / time)
    assert (rate > 0.05).any()


def test_rates_of_convolutions_and_pooling_are_proportional_to_activities() -> None:
    """Within 6 % of the largest rate: the trace of each spike train fluctuates, which a maximum favours."""
    weights = {name: np.abs(w) for name, w in CNN.items()}
    converter = converted(
        weights, CNN_INPUT, CNN_LAYERS, load={"scale_factor": 0.75}, hidden_neuron=exact(), max_f=1000.0
    )
    net, time = converter.get_annarchy_network(), 3000.0
    x = (DRAW.random((10, 11, 2)) < 0.6).astype(float)
    monitors = [net.monitor(p, "spike") for p in net.get_populations()[1:]]
    converter.predict([np.moveaxis(x, 2, 0)], duration_per_sample=time)
    chain = read_torch(weights, CNN_INPUT, CNN_LAYERS)
    factors = [
        0.75 / w.weights.sum(axis=tuple(range(1, w.weights.ndim))).max() if hasattr(w, "weights") else 1.0
        for w in chain.layers
    ]
    thresholds = [float(p.vt) for p in net.get_populations()[1:]]
    wanted = activities(chain, x, scales=[f / t for f, t in zip(factors, thresholds, strict=True)])
    for monitor, rates in zip(monitors, wanted, strict=True):
        spikes = monitor.get("spike")
        got = np.array([len(spikes[i]) for i in range(rates.size)]).reshape(rates.shape) / time
        np.testing.assert_allclose(got, rates, atol=0.06 * rates.max())
        assert rates.max() > 0.2


def simulated(chain: Any, scales: Any, x: Any, steps: int) -> list[dict[int, list[int]]]:
    """Spikes of all layers after inputs that fire in every step or never, from the equations of the specification."""
    masks = [np.zeros(x.shape), *(np.zeros(layer.shape) for layer in chain.layers)]
    fired = [np.zeros(mask.shape) for mask in masks]
    potentials = [np.zeros(layer.shape) for layer in chain.layers]
    found: list[dict[int, list[int]]] = [{i: [] for i in range(v.size)} for v in potentials]
    for k in range(steps):
        read = [
            layer_output(layer, fired[i] if isinstance(layer, Dense) else masks[i]) * scales[i]
            for i, layer in enumerate(chain.layers)
        ]
        fired = [x > 0.0]
        for i, g in enumerate(read):
            v = np.maximum(potentials[i] + g, -2.0)
            last = i + 1 == len(read)
            fired.append(v > (1.0 if last else 1.0 - 0.05 * (i + 1)))
            potentials[i] = np.where(fired[-1], 0.0, v)
            for rank in np.flatnonzero(fired[-1]):
                found[i][int(rank)].append(k)
        masks = [mask - mask / 20.0 + spikes / 20.0 for mask, spikes in zip(masks, fired, strict=True)]
    return found


def test_integrate_and_fire_neurons_fire_when_their_equations_say() -> None:
    converter = converted(SMALL, (1, 5, 6), SMALL_LAYERS, max_f=1000.0)
    net, x = converter.get_annarchy_network(), (np.random.default_rng(6).random((5, 6, 1)) < 0.7).astype(float)
    monitors = [net.monitor(p, "spike") for p in net.get_populations()[1:]]
    converter.predict([x.reshape(-1)], duration_per_sample=120.0)
    chain = read_torch(SMALL, (1, 5, 6), SMALL_LAYERS)
    wanted = simulated(chain, scales(chain, None, True), x, 120)
    got = [{rank: list(steps) for rank, steps in m.get("spike").items()} for m in monitors]
    assert got == wanted
    assert all(sum(map(len, layer.values())) > 20 for layer in wanted)


def test_potentials_stay_above_their_bound() -> None:
    weights = {"out.weight": np.array([[0.3], [-0.7]])}
    converter = converted(weights, (1,), [("Linear", "out")], load={"normalize": False}, max_f=1000.0)
    assert converter.predict([[1.0]], duration_per_sample=20.0) == [0]
    assert converter.get_annarchy_network().get_population("out").v[1] == -2.0


def test_biases_are_currents_that_add_to_the_rates() -> None:
    weights = MLP | {"hidden.bias": np.array([0.3, -0.4, 0.0, 0.2, 0.1, -0.1]), "out.bias": np.array([2.0, 0.0, -0.3])}
    load = {"scale_factor": 0.6, "biases": True}
    converter = converted(weights, (5,), MLP_LAYERS, load=load, hidden_neuron=exact(), max_f=1000.0)
    net, x, time = converter.get_annarchy_network(), np.array([1.0, 0.0, 0.0, 1.0, 0.0]), 3000.0
    monitors = [net.monitor(p, "spike") for p in net.get_populations()[1:]]
    converter.predict([x], duration_per_sample=time)
    chain, gain = read_torch(weights, (5,), MLP_LAYERS), 1.0
    for layer, rates, monitor in zip(chain.layers, activities(chain, x), monitors, strict=True):
        sums = np.clip(layer.weights, 0.0, None).sum(axis=1)  # type: ignore[union-attr]
        gain *= 0.6 / sums.max() / float(net.get_population(layer.name).vt)
        spikes = monitor.get("spike")
        got = np.array([len(spikes[i]) for i in range(rates.size)]) / time
        np.testing.assert_allclose(got, np.clip(rates * gain, 0.0, 1.0), atol=0.004)


def test_biases_that_are_left_out_are_named() -> None:
    biased = MLP | {"hidden.bias": np.ones(6), "out.bias": np.zeros(3)}
    with pytest.warns(UserWarning, match="the biases of hidden are left out; biases=True"):
        converted(biased, (5,), MLP_LAYERS)
    with pytest.raises(ann.ANNarchyException, match="biases=True needs an input of known rates"):
        converted(biased, (5,), MLP_LAYERS, load={"biases": True}, input_encoding="PSO")


# Input encodings


def spikes_of(encoding: str, samples: Any, time: float, **more: Any) -> Any:
    """Spike times in steps of the three first inputs after one presentation."""
    converter = classifier(input_encoding=encoding, **more)
    net = converter.get_annarchy_network()
    monitor = net.monitor(net.get_populations()[0], "spike")
    converter.predict([np.resize(samples, 12)], duration_per_sample=time)
    spikes = monitor.get("spike")
    return [list(spikes[i]) for i in range(3)]


@pytest.mark.parametrize("encoding", ["CPN", "poisson"])
def test_poisson_inputs_fire_at_their_rates(encoding: str) -> None:
    counts = [len(s) for s in spikes_of(encoding, [0.0, 0.5, 2.0], 20_000.0)]
    assert counts[0] == 0
    for count, expected in zip(counts[1:], (1000.0, 4000.0), strict=True):
        assert abs(count - expected) < 4.0 * np.sqrt(expected)


def test_phases_encode_the_binary_logarithm() -> None:
    x = [0.6, 0.3, 0.0]
    found = spikes_of("PSO", x, 16.0, max_f=1.0)
    assert found == [[k for k in range(16) if value > 2.0 ** -(1 + k % 8)] for value in x]


def test_phases_are_those_of_steps_whatever_dt() -> None:
    found = spikes_of("PSO", [0.6, 0.3, 0.0], 4.0, max_f=1.0, dt=0.1)
    assert found == [[k for k in range(40) if value > 2.0 ** -(1 + k % 8)] for value in (0.6, 0.3, 0.0)]


def test_bursting_inputs_follow_the_model_of_izhikevich() -> None:
    found = spikes_of("IB", [0.1, 0.05, 0.2], 200.0)
    for current, spikes in zip((10.0, 5.0, 20.0), found, strict=True):
        v, u, wanted = -55.0, -13.0, []
        for k in range(200):
            dv = 0.04 * v * v + 5.0 * v + 140.0 - u + current
            du = 0.02 * (0.2 * v - u)
            v, u = v + dv, u + du
            if v > 30.0:
                wanted.append(k)
                v, u = -55.0, u + 4.0
        assert spikes == wanted
        assert spikes


def test_the_trace_decays_and_grows_with_every_spike() -> None:
    net = classifier(max_f=1000.0).get_annarchy_network()
    source = net.get_population("input")
    source.rates = 1000.0
    net.simulate(5.0)
    assert source.mask == pytest.approx(1.0 - (1.0 - 1.0 / 20.0) ** 5)


# Read-outs


READ_OUTS = [
    {"read_out": "spike_count"},
    {"read_out": "time_to_first_spike"},
    {"read_out": "time_to_k_spikes", "k": 4},
    {"read_out": "membrane_potential"},
]


@pytest.mark.parametrize(
    ("encoding", "settings"),
    [("CPN", READ_OUTS[0]), ("CPN", READ_OUTS[1]), ("IB", READ_OUTS[2]), ("PSO", READ_OUTS[0]), ("PSO", READ_OUTS[3])],
)
def test_patterns_are_recognised(encoding: str, settings: Any) -> None:
    converter = classifier(input_encoding=encoding, max_f={"CPN": 300.0, "IB": 20.0, "PSO": 1.0}[encoding], **settings)
    assert converter.predict(PROTOTYPES[[2, 0, 1, 1]], duration_per_sample=100.0) == [2, 0, 1, 1]


def test_reading_stops_at_the_first_spike_or_at_the_kth() -> None:
    sample = [PROTOTYPES[1]]
    times = {}
    for k in (None, 1, 5):
        read_out = {"read_out": "time_to_first_spike"} if k is None else {"read_out": "time_to_k_spikes", "k": k}
        converter = classifier(max_f=200.0, load={"scale_factor": 1.0}, **read_out)
        converter.predict(sample, duration_per_sample=1000.0)
        times[k] = converter.get_annarchy_network().time
    assert times[None] == times[1] < times[5] < 1000.0


def test_equal_labels_are_all_told_or_one_is_drawn() -> None:
    with pytest.warns(UserWarning, match="nothing reached the output for 40 of 40 samples"):
        labels = classifier().predict(np.zeros((40, 12)), duration_per_sample=5.0)
    assert set(labels) == {0, 1, 2}
    with pytest.warns(UserWarning, match="nothing reached the output"):
        assert classifier().predict(np.zeros((1, 12)), duration_per_sample=5.0, multiple=True) == [[0, 1, 2]]
    assert classifier(max_f=500.0).predict(PROTOTYPES[:2], 50.0, multiple=True) == [[0], [1]]


def test_samples_do_not_disturb_each_other() -> None:
    converter = classifier(max_f=1000.0)
    once = converter.predict(PROTOTYPES, duration_per_sample=40.0)
    assert converter.predict(PROTOTYPES[::-1], duration_per_sample=40.0) == once[::-1]
    assert converter.get_annarchy_network().time == 40.0


def test_the_time_is_printed_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    classifier(max_f=500.0).predict(PROTOTYPES, 20.0, measure_time=True)
    assert "Classifying 3 samples took" in capsys.readouterr().out


# Targets


def run(target: str, precision: str) -> list[bytes]:
    weights = {name: np.abs(w.astype(np.float32)) for name, w in SMALL.items()}
    converter = converted(weights, (1, 5, 6), SMALL_LAYERS, target=target, precision=precision, max_f=900.0)
    net = converter.get_annarchy_network()
    converter.predict(np.random.default_rng(2).random((1, 1, 5, 6)), duration_per_sample=40.0)
    return [p._values.packed(name).tobytes() for p in net.get_populations() for name in p.attributes]


@pytest.mark.parametrize("precision", ["double", "float"])
@pytest.mark.parametrize("target", ["interp", "openmp"])
def test_all_targets_give_the_same_bits(target: str, precision: str) -> None:
    if get_target(target).available() is not None:
        pytest.skip(f"{target} is not available")
    assert run(target, precision) == run("llvm", precision)


@pytest.mark.parametrize("precision", ["double", "float"])
def test_ptx_is_made_of_all_kinds_of_layers(precision: str) -> None:
    converter = converted(SMALL, (1, 5, 6), SMALL_LAYERS, precision=precision, read_out="time_to_k_spikes", k=3)
    assert ".visible .entry" in stage_text(describe(converter.get_annarchy_network()), "ptx", Options())


# Mistakes


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"input_encoding": "CPM"}, "input_encoding is one of CPN, poisson, IB, PSO, not 'CPM'; did you mean 'CPN'"),
        ({"read_out": "spikes"}, "read_out is one of"),
        ({"hidden_neuron": "LIF"}, "hidden_neuron is 'IaF' or a Neuron, not 'LIF'"),
        ({"read_out": "time_to_k_spikes"}, "'time_to_k_spikes' needs k"),
        ({"read_out": "time_to_k_spikes", "k": 0}, "'time_to_k_spikes' needs k"),
        ({"k": 3}, "k belongs to the read-out 'time_to_k_spikes'"),
        ({"max_f": 0.0}, "max_f is a number above 0"),
    ],
)
def test_wrong_settings_are_value_errors(settings: Any, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        ANNtoSNNConverter(**settings)


@pytest.mark.parametrize("given", ["much", [1.0, 2.0, 3.0], [1.0, "x"], -1.0, True, None])
def test_wrong_scale_factors_are_value_errors(given: Any) -> None:
    load = {"scale_factor": given} if given is not None else {"scale_factor": 1.0, "normalize": False}
    with pytest.raises(ValueError, match="scale_factor"):
        converted(MLP, (5,), MLP_LAYERS, load=load)


def test_hidden_neurons_need_a_trace_and_a_threshold_above_zero() -> None:
    rate = ann.Neuron(equations="r = sum(exc)")
    for wrong in (rate, ann.Izhikevich):
        with pytest.raises(ann.ANNarchyException, match="must be a spiking neuron with a variable 'mask'"):
            converted(MLP, (5,), MLP_LAYERS, hidden_neuron=wrong)
    low = ann.Neuron(
        parameters="vt = 0.05 : population\nmask_tau = 20.0",
        equations="dv/dt = g_exc\ndmask/dt = -mask / mask_tau",
        spike="v > vt",
        reset="v = 0.0\nmask += 1.0 / mask_tau",
    )
    with pytest.raises(ann.ANNarchyException, match="layer 'hidden': thresholds are lowered"):
        converted(MLP, (5,), MLP_LAYERS, hidden_neuron=low)
    with pytest.raises(ann.ANNarchyException, match="needs a parameter 'bias'"):
        converted(MLP, (5,), MLP_LAYERS, hidden_neuron=low, load={"biases": True})


def test_nothing_is_predicted_before_a_model_is_loaded() -> None:
    with pytest.raises(ann.ANNarchyException, match="predict: there is no network; call load_keras_model"):
        ANNtoSNNConverter().predict([[0.0]])
    with pytest.raises(ann.ANNarchyException, match="get_annarchy_network: there is no network"):
        ANNtoSNNConverter().get_annarchy_network()


def test_wrong_samples_are_errors_and_the_network_stays_usable() -> None:
    converter = classifier(max_f=500.0)
    for samples, text in (
        (PROTOTYPES[0], r"samples is of shape \(n, 12\).*put a single sample into a list"),
        (np.zeros((2, 5)), r"not \(2, 5\)"),
        ([["a"] * 12], "samples is an array of numbers"),
        (np.full((1, 12), np.nan), "samples must be finite"),
    ):
        with pytest.raises(ann.ANNarchyException, match=text):
            converter.predict(samples)
    for duration in (0.0, -1.0, np.inf, "long", None):
        with pytest.raises(ann.ANNarchyException, match="duration_per_sample"):
            converter.predict(PROTOTYPES, duration)
    assert converter.predict(PROTOTYPES, 50.0) == [0, 1, 2]


def test_a_model_that_cannot_be_loaded_leaves_the_last_one() -> None:
    converter = classifier()
    net = converter.get_annarchy_network()
    with pytest.raises(ann.ANNarchyException):
        converter.load_torch_model(MLP, (5,), [("Linear", "nowhere")])
    assert converter.get_annarchy_network() is net


def test_samples_beyond_what_an_encoding_can_tell_are_warned_of() -> None:
    with pytest.warns(UserWarning, match="samples are as low as -1; with 'CPN' nothing below 0 makes a spike"):
        classifier(max_f=500.0).predict(2.0 * PROTOTYPES[:1] - 1.0, 20.0)
    with pytest.warns(UserWarning, match="are 2000 Hz, but there is at most one spike per step, 1000 Hz"):
        classifier(max_f=2000.0).predict(PROTOTYPES[:1], 20.0)
    with pytest.warns(UserWarning, match="samples reach 100 with max_f = 100; 'PSO' cannot tell apart"):
        classifier(input_encoding="PSO").predict(PROTOTYPES[:1], 20.0)


def test_what_was_made_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    ANNtoSNNConverter().load_torch_model(MLP, (5,), MLP_LAYERS)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["Spiking", "layer", "input", "hidden", "out"]
    assert "dense" in lines[3]
    assert "(6,)" in lines[3]


def test_the_converter_is_there_under_both_names() -> None:
    assert ann.ANNtoSNNConverter is ANNtoSNNConverter
    assert "ANNtoSNNConverter" not in ann.__all__
