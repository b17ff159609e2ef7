"""BOLD monitors (specification of the API, 10.1), against what NumPy makes of the same activity."""

import numpy as np
import pytest
from support.bench import TARGETS

import nnc as ann
from nnc import NNCError, NNCWarning
from nnc.compiler import driver
from nnc.compiler.codegen.target import get_target
from nnc.compiler.options import Options
from nnc.extensions.bold import BoldModel, BoldMonitor, balloon_RN, balloon_two_inputs
from nnc.runtime.networks.config import Config
from nnc.runtime.networks.registry import REGISTRY
from nnc.runtime.running.compiling import describe

RISING = dict(equations="r = 1.0 + 0.1 * t")
COUNTER = dict(parameters="a = 1.0", equations="r = a * (t + 1)")
EVERYTHING = {"I_CBF": "r", "I_CMRO2": "r"}
PLAIN = dict(parameters="gain = 1.0 : population", equations="BOLD = gain * sum(I_CBF)", inputs=["I_CBF"])


@pytest.fixture(autouse=True)
def fresh_magic_network(monkeypatch):
    monkeypatch.setattr(REGISTRY, "template", Config())
    monkeypatch.setattr(REGISTRY, "magic", None)


def plain(**more):
    return BoldModel(**(PLAIN | more))


# What reaches them


def means(**arguments):
    """Rows of a model that shows its input, fed by two populations of 2 and 6 neurons that count 1, 2, 3 and 10, 20."""
    net = ann.Network(dt=1.0)
    small, large = net.create(2, ann.Neuron(**COUNTER)), net.create(6, ann.Neuron(**COUNTER))
    small.a, large.a = [0.5, 1.5], 10.0
    m = net.boldmonitor([small, large], plain(), start=True, **arguments)
    net.compile()
    net.simulate(8.0)
    return m.get("BOLD")[:, 0]


STEPS = np.arange(8.0)
"""The mean of the small population that each step sees: that of the step before."""


def test_an_input_is_the_sum_of_means_of_the_step_before_by_shares_of_neurons():
    assert means() == pytest.approx(0.25 * STEPS + 0.75 * 10 * STEPS)


@pytest.mark.parametrize(("scale", "weights"), [(2.0, (2.0, 2.0)), ([3.0, -0.5], (3.0, -0.5))])
def test_scale_factors_are_for_all_populations_or_one_for_each(scale, weights):
    assert means(scale_factor=scale) == pytest.approx(weights[0] * STEPS + weights[1] * 10 * STEPS)


@pytest.mark.parametrize("window", [3.0, 3, [3, 0], [0.0, 5.0], [2.0, 4.0]])
def test_inputs_are_normalised_by_their_mean_over_the_first_time(window):
    def normalised(x, steps):
        if not steps:
            return x
        base = x[:steps].mean()
        return np.where(np.arange(8) < steps, 0.0, (x - base) / (abs(base) + 1e-7))

    first, second = (window, window) if isinstance(window, int | float) else window
    expected = 0.25 * normalised(STEPS, int(first)) + 0.75 * normalised(10 * STEPS, int(second))
    assert means(normalize_input=window) == pytest.approx(expected)


@pytest.mark.parametrize(("rest", "unit"), [(-4.0, 4.0 + 1e-7), (0.0, 1e-7)])
def test_negative_baselines_divide_by_their_size_and_none_by_a_small_number(rest, unit):
    net = ann.Network(dt=1.0)
    pop = net.create(2, ann.Neuron(parameters="rest = 0.0", equations="r = rest + 0.5 * (t >= 3.0) : init = rest"))
    pop.rest = rest
    m = net.boldmonitor(pop, plain(), normalize_input=3.0, start=True)
    net.compile()
    net.simulate(6.0)
    assert m.get("BOLD")[:, 0] == pytest.approx([0.0] * 4 + [0.5 / unit] * 2)


def test_what_is_measured_does_not_depend_on_learning():
    net = ann.Network(dt=1.0)
    pop = net.create(1, ann.Neuron(**COUNTER))
    m = net.boldmonitor(pop, plain(), normalize_input=3.0, start=True)
    net.compile()
    net.disable_learning()
    net.simulate(5.0)
    assert m.get("BOLD")[:, 0] == pytest.approx([0.0, 0.0, 0.0, 2.0, 3.0])


def test_a_window_below_one_step_is_one_step():
    net = ann.Network(dt=1.0)
    pop = net.create(1, ann.Neuron(**RISING))
    pop.r = 0.5
    m = net.boldmonitor(pop, plain(), normalize_input=0.01, start=True)
    net.compile()
    net.simulate(3.0)
    assert m.get("BOLD")[:, 0] == pytest.approx([0.0, 1.0, 1.2])


def test_a_part_of_a_population_is_a_source():
    net = ann.Network(dt=1.0)
    pop = net.create((2, 3), ann.Neuron(**COUNTER))
    pop.a = np.arange(6.0).reshape(2, 3)
    m = net.boldmonitor([pop[:, 1], pop[2]], plain(), start=True, normalize_input=[0, 2])
    net.compile()
    net.simulate(4.0)
    own = (STEPS[:4] * 2 - 1) / (1 + 1e-7) * [0, 0, 1, 1]
    assert m.get("BOLD")[:, 0] == pytest.approx(2 / 3 * STEPS[:4] * 2.5 + own / 3)


def test_several_inputs_are_mapped_to_several_variables():
    net = ann.Network(dt=1.0)
    pop = net.create(2, ann.Neuron(equations="r = t + 1\nq = 10 * r"))
    model = BoldModel(equations="f = sum(I_f)\nm = sum(I_m)\nBOLD = f + m", inputs=["I_f", "I_m"], output=["BOLD", "f"])
    m = net.boldmonitor(pop, model, {"I_f": "r", "I_m": "q"}, recorded_variables=["m"], start=True)
    net.compile()
    net.simulate(3.0)
    rows = m.get()
    assert sorted(rows) == ["BOLD", "f", "m"]
    assert [rows[k][2, 0] for k in ("BOLD", "f", "m")] == [22.0, 2.0, 20.0]


def test_spiking_sources_give_their_mean_firing_rate():
    net = ann.Network(dt=1.0)
    cell = ann.Neuron(parameters="p = 5.0", equations="v += 1", spike="v >= p", reset="v = 0")
    pop = net.create(4, cell)
    pop.p = [5.0, 5.0, 10.0, 10.0]
    pop.compute_firing_rate(100.0)
    m = net.boldmonitor(pop, plain(), start=True)
    net.compile()
    net.simulate(301.0)
    assert m.get("BOLD")[-1, 0] == pytest.approx((2 * 200.0 + 2 * 100.0) / 4)


def test_spiking_sources_without_a_rate_are_warned_of():
    net = ann.Network(dt=1.0)
    pop = net.create(4, ann.Neuron(equations="v += 1", spike="v >= 5", reset="v = 0"))
    net.boldmonitor(pop, plain())
    with pytest.warns(NNCWarning, match="compute_firing_rate"):
        net.compile()


def test_slices_give_a_signal_each():
    net = ann.Network(dt=1.0)
    pop = net.create(6, ann.Neuron(**COUNTER))
    pop.a = np.arange(6.0)
    m = net.boldmonitor_from_slices(pop, [[0, 1, 5], [4]], plain(), normalize_input=2.0, start=True)
    net.compile()
    net.simulate(4.0)
    rows = m.get("BOLD")
    assert rows.shape == (4, 2)
    for column, mean in zip(rows.T, (2.0, 4.0), strict=True):
        base = mean / 2
        assert column == pytest.approx([0.0, 0.0, (2 * mean - base) / base, (3 * mean - base) / base])


# Starting, stopping, going back


def test_a_monitor_stands_still_until_it_is_started_and_after_it_was_stopped():
    net = ann.Network(dt=1.0)
    pop = net.create(1, ann.Neuron(**COUNTER))
    m = net.boldmonitor(pop, plain(equations="n += 1\nBOLD = sum(I_CBF)"), recorded_variables="n", normalize_input=2.0)
    net.compile()
    net.simulate(3.0)
    assert m.get("BOLD").shape == (0, 1)
    m.start()
    net.simulate(4.0)
    rows = m.get()
    assert rows["n"][:, 0].tolist() == [1, 2, 3, 4]
    assert rows["BOLD"][:, 0] == pytest.approx([0, 0, (5 - 3.5) / 3.5, (6 - 3.5) / 3.5])
    m.start()
    net.simulate(1.0)
    assert m.get("BOLD")[:, 0] == pytest.approx([(7 - 3.5) / 3.5])
    m.stop()
    net.simulate(5.0)
    assert m.n.tolist() == [5]
    m.start()
    net.simulate(3.0)
    assert m.get("n")[:, 0].tolist() == [6, 7, 8]
    assert m.get("BOLD")[:, 0] == pytest.approx([0, 0, (15 - 13.5) / 13.5])


def test_a_reset_begins_anew_with_the_model_and_with_what_is_measured():
    net = ann.Network(dt=1.0)
    pop = net.create(3, ann.Neuron(equations="r = 1.0 + 0.3 * t + 0.2 * Normal(0.0, 1.0)"))
    m = net.boldmonitor(pop, balloon_RN, normalize_input=20.0, recorded_variables="I_CBF", start=True)
    net.compile()
    net.simulate(50.0)
    first = m.get()
    net.reset()
    net.simulate(50.0)
    again = m.get()
    assert np.abs(first["I_CBF"]).max() > 0.1
    for name, rows in first.items():
        assert (rows == again[name]).all(), name


def test_a_saved_network_goes_on_as_it_would_have(tmp_path):
    def build():
        net = ann.Network(dt=1.0, seed=3)
        pop = net.create(3, ann.Neuron(equations="r = 1.0 + 0.3 * t + Normal(0.0, 1.0)"))
        m = net.boldmonitor(pop, balloon_RN, normalize_input=20.0, recorded_variables="I_CBF", start=True)
        net.compile()
        return net, m

    net, m = build()
    net.simulate(12.0)
    net.save(tmp_path / "state.npz", exact=True)
    net.simulate(30.0)
    other, copied = build()
    other.load(tmp_path / "state.npz")
    other.simulate(30.0)
    rows, again = m.get(), copied.get()
    assert np.abs(rows["I_CBF"]).max() > 0.1
    for name, values in rows.items():
        assert values.shape == (42, 1)
        assert (values == again[name]).all(), name


def test_a_copy_of_a_network_has_a_monitor_of_its_own():
    net = ann.Network(dt=1.0, seed=1)
    pop = net.create(2, ann.Neuron(**COUNTER))
    m = net.boldmonitor(pop, plain(), normalize_input=2.0, start=True)
    net.compile()
    net.simulate(4.0)
    other = net.copy()
    other.simulate(6.0)
    assert other.get(m).get("BOLD").shape == (6, 1)
    assert (other.get(m).get("BOLD") == 0).sum() == 0
    net.reset()
    net.simulate(6.0)
    assert m.get("BOLD")[-1, 0] == other.get(m).BOLD[0]


def test_module_level_monitors_are_copied_with_the_populations_they_need():
    pop = ann.Population(2, ann.Neuron(**COUNTER))
    m = BoldMonitor(pop, plain(), start=True)
    net = ann.Network()
    net.add([m, pop])
    net.compile()
    net.simulate(3.0)
    assert net.get(m).get("BOLD")[:, 0].tolist() == [0, 1, 2]
    ann.compile()
    ann.simulate(2.0)
    assert m.get("BOLD")[:, 0].tolist() == [0, 1]


def test_extensions_are_found_by_name():
    net = ann.Network(dt=1.0)
    pop = net.create(2, ann.Neuron(**COUNTER))
    net.monitor(pop, "r")
    first, second = net.boldmonitor(pop, name="mine"), net.boldmonitor(pop)
    assert net.get_extensions() == [first, second]
    assert net.get_extension("mine") is first
    assert net.get_extension(second.name) is second
    with pytest.warns(NNCWarning, match="there is no extension 'yours'"):
        assert net.get_extension("yours") is None


# Everywhere alike


def everywhere(target, precision, threads=1):
    net = ann.Network(dt=1.0, seed=2)
    net.config(paradigm=target, precision=precision, num_threads=threads, determinism="strict")
    pops = [net.create(n, ann.Neuron(equations="r = 1.0 + 0.1 * t + Uniform(0.0, 1.0)")) for n in (70, 3)]
    m = net.boldmonitor(pops, balloon_RN, normalize_input=[5.0, 0.0], start=True)
    net.compile(silent=True)
    m.second = 5.0
    net.simulate(12.0)
    return m.get("BOLD")


@pytest.mark.parametrize("precision", ["double", "float"])
def test_all_targets_give_the_same_bits(precision):
    reference = everywhere("llvm", precision)
    assert reference.dtype == (np.float64 if precision == "double" else np.float32)
    assert np.abs(reference).max() > 1e-3
    for target in TARGETS:
        assert (everywhere(target, precision, threads=2) == reference).all(), target


@pytest.mark.gpu
@pytest.mark.parametrize("precision", ["double", "float"])
def test_a_gpu_gives_the_same_bits(precision):
    reason = get_target("cuda").available()
    if reason is not None:
        pytest.skip(reason.splitlines()[0])
    assert (everywhere("cuda", precision) == everywhere("llvm", precision)).all()


def test_the_kernel_of_a_gpu_is_made():
    net = ann.Network(dt=1.0)
    net.boldmonitor(net.create(70, ann.Neuron(**COUNTER)), balloon_two_inputs, EVERYTHING, normalize_input=5.0)
    net.compile(silent=True)
    assert ".visible .entry" in driver.stage_text(describe(net), "ptx", Options(target="cuda"))


# Mistakes


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(bold_model=ann.Izhikevich), "bold_model is a BoldModel"),
        (dict(mapping={"I_CBf": "r"}), "no input 'I_CBf'; its inputs are 'I_CBF'"),
        (dict(mapping={"I_CBF": "rr"}), "has no attribute 'rr'"),
        (dict(mapping=["r"]), "mapping is a dict"),
        (dict(scale_factor=[1.0]), "scale_factor has 1 values for 2 populations"),
        (dict(scale_factor="a"), "scale_factor takes numbers, not 'a'"),
        (dict(normalize_input=[1, 2, 3]), "normalize_input has 3 values for 2 populations"),
        (dict(normalize_input=-1.0), "at least 0, not -1.0"),
        (dict(normalize_input=float("nan")), "takes numbers, not nan"),
        (dict(recorded_variables=["f_inn"]), "'f_inn' is no variable of balloon_RN; did you mean 'f_in'"),
        (dict(bold_model=plain(output="BOLDER")), "no output variable 'BOLDER'"),
        (dict(bold_model=plain(inputs=["I_CBF", "I"])), r"never reads its input 'I': write sum\(I\)"),
        (dict(bold_model=BoldModel), "never reads|needs arguments|inputs is a name"),
        (dict(start=1), "start is True or False"),
    ],
)
def test_what_does_not_fit_is_named_and_leaves_the_network_as_it_was(arguments, message):
    net = ann.Network()
    pops = [net.create(2, ann.Neuron(**COUNTER)) for _ in range(2)]
    with pytest.raises(NNCError, match=message):
        net.boldmonitor(pops, **arguments)
    assert net.get_populations() == pops
    assert net.get_projections(suppress_error=True) == []
    assert net.get_extensions() == []


def test_sources_are_populations_of_one_network_before_compile():
    net, other = ann.Network(), ann.Network()
    pop, far = net.create(2, ann.Neuron(**COUNTER)), other.create(2, ann.Neuron(**COUNTER))
    with pytest.raises(NNCError, match="there is no population"):
        net.boldmonitor([])
    with pytest.raises(NNCError, match="takes populations"):
        BoldMonitor(3)
    with pytest.raises(NNCError, match="belongs to another network"):
        net.boldmonitor([pop, far])
    with pytest.raises(NNCError, match="belongs to another network"):
        net.boldmonitor(far)
    net.compile()
    with pytest.raises(NNCError, match="before compile"):
        net.boldmonitor(pop)


@pytest.mark.parametrize(
    ("slices", "message"),
    [
        ([], "slices is a list of lists"),
        ([[0], []], "slice 1 is no list of ranks"),
        ([[0.5]], "slice 0 is no list of ranks"),
        ([[0, 9]], "slice 0 has rank 9"),
        ([[1, 1]], "a rank twice"),
    ],
)
def test_slices_are_lists_of_different_ranks(slices, message):
    net = ann.Network()
    pop = net.create(4, ann.Neuron(**COUNTER))
    with pytest.raises(NNCError, match=message):
        net.boldmonitor_from_slices(pop, slices)
    assert net.get_populations() == [pop]


def test_an_input_without_a_source_is_warned_of():
    net = ann.Network()
    pop = net.create(4, ann.Neuron(**COUNTER))
    with pytest.warns(NNCWarning, match="input 'I_CMRO2' of balloon_two_inputs is not in the mapping"):
        net.boldmonitor(pop, balloon_two_inputs)


def test_a_mistake_in_the_equations_of_a_model_points_at_them():
    net = ann.Network()
    pop = net.create(4, ann.Neuron(**COUNTER))
    model = BoldModel(equations="BOLD = gian * sum(I_CBF)", parameters="gain = 1.0", inputs="I_CBF")
    with pytest.raises(NNCError, match=r"(?s)unknown name 'gian'.*\^\^\^\^"):
        net.boldmonitor(pop, model)
