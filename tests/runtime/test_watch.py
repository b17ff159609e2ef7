"""Numbers that go wrong are reported: which, where, when and by what expression."""

import warnings

import numpy as np
import pytest

import nnc as ann
from nnc import NNCError
from nnc.runtime.running import watch as watching


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """Looks never wait for their time to come, however slow the machine is."""
    monkeypatch.setattr(watching, "FIRST_CREDIT", 1000.0)


def network(parameters: str, equations: str, size: int = 5, **settings: object):
    net = ann.Network(dt=1.0, seed=1)
    net.config(suppress_warnings=True, **settings)
    pop = net.create(size, ann.Neuron(parameters=parameters, equations=equations), name="Exc")
    return net, pop


def reports(net, duration: float) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        net.simulate(duration)
    return [str(w.message) for w in caught]


def carets(text: str) -> str:
    """What the carets point at."""
    lines = text.split("\n")
    at = next(i for i, line in enumerate(lines) if line.rstrip().endswith("^"))
    start = lines[at].index("^")
    return lines[at - 1][start : start + lines[at].count("^")]


ROOT = """
    dv/dt = 0.1 : init=0.0
    r = 1.0 + 2.0 * sqrt(limit - v)
"""


@pytest.mark.parametrize("target", ["llvm", "interp"])
@pytest.mark.parametrize("precision", ["double", "float"])
def test_the_expression_the_neuron_and_the_step_are_named(target, precision):
    net, pop = network("limit = 100.0", ROOT, precision=precision, paradigm=target)
    pop.limit = [100.0, 100.0, 100.0, 2.05, 100.0]
    net.compile(silent=True)
    (text,) = reports(net, 50.0)
    assert "N0801" in text
    assert "'r' of neuron 3 of population 'Exc' became NaN at t = 20 ms" in text
    assert carets(text) == "sqrt(limit - v)"
    assert "'limit - v' is -0.05" in text


def test_the_run_is_not_changed_by_the_search():
    results = []
    for choice in ("warn", "ignore"):
        net, pop = network("", ROOT.replace("limit", "2.05") + "\nx = Normal(0.0, 1.0)", on_nonfinite=choice)
        monitor = net.monitor(pop, ["v", "r", "x"])
        net.compile(silent=True)
        assert len(reports(net, 300.0)) == (choice == "warn")
        assert reports(net, 20.0) == []
        results.append({name: monitor.get(name) for name in ("v", "r", "x")} | {"t": net.time, "last": pop.x})
    for name, values in results[0].items():
        np.testing.assert_array_equal(values, results[1][name])


def test_what_a_conditional_does_not_choose_is_not_reported():
    net, _ = network("", "v = t - 10.0\nr = if v > 0.0: log(v) else: 0.0")
    net.compile(silent=True)
    assert reports(net, 100.0) == []


def test_the_chosen_branch_is_blamed():
    net, _ = network("", "v = 10.0 - t\nr = if v > 20.0: 0.0 else: 3.0 + log(v - 2.0)")
    net.compile(silent=True)
    (text,) = reports(net, 100.0)
    assert carets(text) == "log(v - 2.0)"


def test_division_by_a_parameter_that_is_zero():
    net, _ = network("tau = 0.0", "tau * dv/dt = 1.0 - v\nr = v")
    net.compile(silent=True)
    (text,) = reports(net, 10.0)
    assert "'v' of neuron 0 of population 'Exc' became infinite at t = 0 ms" in text
    assert "'tau' is 0" in text


def test_a_sum_that_overflows_is_traced_to_the_synapse():
    net, pop = network("", "r = sum(exc) + 1.0")
    net.connect(pop, pop, "exc", ann.Synapse(psp="w * exp(pre.r)")).all_to_all(weights=1.0, allow_self_connections=True)
    net.compile(silent=True)
    (text,) = reports(net, 10.0)
    assert carets(text) == "w * exp(pre.r)"
    assert "of population 'Exc' became" in text


def test_weights_are_named_by_their_neurons():
    net, pop = network("", "r = 1.0")
    learning = ann.Synapse(equations="dw/dt = w * w")
    proj = net.connect(pop, pop, "exc", learning).all_to_all(weights=0.0)
    net.compile(silent=True)
    proj[2].w = [0.0, 0.0, 5.0, 0.0]
    (text,) = reports(net, 100.0)
    assert "'w' of the synapse from neuron 3 to neuron 2 of projection" in text


def test_values_that_run_away_are_reported_before_they_overflow():
    net, _ = network("tau = 0.3", "tau * dv/dt = 1.0 - v\nr = 1.0")
    net.compile(silent=True)
    (text,) = reports(net, 1000.0)
    assert "N0802" in text
    assert carets(text) == "tau * dv/dt = 1.0 - v"


def test_spiking_networks_are_watched_too():
    net = ann.Network(dt=1.0, seed=1)
    cell = ann.Neuron(equations="dv/dt = 1.0 + 0.0 * g_exc", spike="v > 5.0", reset="v = sqrt(4.0 - v)")
    pop = net.create(70, cell)
    net.connect(pop, pop, "exc").all_to_all(weights=1.0)
    net.compile(silent=True)
    (text,) = reports(net, 100.0)
    assert carets(text) == "sqrt(4.0 - v)"


def test_an_error_on_request():
    net, _ = network("", ROOT.replace("limit", "2.05"), on_nonfinite="raise")
    net.compile(silent=True)
    with pytest.raises(NNCError, match=r"error\[N0801\].*neuron 0.*t = 20 ms") as caught:
        net.simulate(50.0)
    assert isinstance(caught.value, FloatingPointError)
    assert net.time == net.current_step * 1.0


def test_infinities_that_a_model_starts_with_are_meant():
    net, pop = network("", "r = r : init=1.0\nv = v")
    pop.v = np.inf
    net.compile(silent=True)
    assert reports(net, 10.0) == []


def test_numbers_that_a_script_spoils_are_reported_as_such():
    net, pop = network("", "dv/dt = -0.1 * v\nr = 1.0")
    net.compile(silent=True)
    assert reports(net, 10.0) == []
    pop.v = np.nan
    (text,) = reports(net, 10.0)
    assert "was NaN before t = 10 ms" in text


def test_reset_watches_again():
    net, _ = network("", ROOT.replace("limit", "2.05"))
    net.compile(silent=True)
    assert len(reports(net, 50.0)) == 1
    assert reports(net, 50.0) == []
    net.reset()
    assert len(reports(net, 50.0)) == 1


def test_looking_takes_no_more_than_its_share_of_the_time(monkeypatch):
    net, _ = network("", "dv/dt = -0.1 * v\nr = 1.0", size=1000)
    net.compile(silent=True)
    net.simulate(1.0)
    watch = net._watch
    clock = iter(np.arange(1e6) * 0.002)  # each look and each copy take 2 ms
    monkeypatch.setattr(watching.time, "perf_counter", lambda: next(clock))
    watch.credit = 0.0
    looks = []
    for _ in range(2000):
        watch.begin()
        before = watch.credit
        watch.after(0.01)
        looks.append(watch.credit < before)
    spent = next(clock) / 2  # the clock ticks at the start and at the end of each
    assert sum(looks) > 10
    assert spent <= 2000 * 0.01 * watching.SHARE + 0.01


def test_unknown_words_are_refused():
    with pytest.raises(NNCError, match="on_nonfinite"):
        ann.Network().config(on_nonfinite="perhaps")
