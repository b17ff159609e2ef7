"""What is said of a network when it is compiled: steps that are too long, attributes that nothing reads."""

import warnings

import numpy as np
import pytest

import nnc as ann
from nnc.compiler.description import Globals
from nnc.compiler.diagnostics import Diagnostic
from nnc.compiler.frontend.analyse import analyse_neuron
from nnc.compiler.frontend.model import NeuronModel
from nnc.compiler.frontend.remarks import unused
from nnc.compiler.frontend.stability import check_steps


def model(equations: str, parameters: str = "", method: str = "explicit") -> NeuronModel:
    neuron = ann.Neuron(parameters=parameters, equations=equations + "\nr = 1")
    return analyse_neuron(neuron.described, Globals(method=method))


def steps(equations: str, dt: float = 1.0, method: str = "explicit", **values: object) -> list[Diagnostic]:
    parameters = "\n".join(f"{name} = 0" for name in values)
    return list(check_steps(model(equations, parameters, method), {**values, "dt": dt}, dt))


def codes(found: list[Diagnostic]) -> list[str]:
    return [d.code for d in found]


@pytest.mark.parametrize(
    ("tau", "code"), [(10.0, []), (1.0, []), (0.99, ["N0705"]), (0.51, ["N0705"]), (0.49, ["N0706"])]
)
def test_time_constants_are_compared_with_dt(tau, code):
    assert codes(steps("tau * dv/dt = 3 - v", tau=tau)) == code


@pytest.mark.parametrize("method", ["exponential", "implicit", "semiimplicit"])
def test_methods_that_are_stable_for_any_step_are_left_alone(method):
    assert steps("tau * dv/dt = -v", method=method, tau=0.01) == []


@pytest.mark.parametrize(("method", "limit"), [("explicit", 2.0), ("midpoint", 2.0), ("rk4", 2.785)])
def test_the_limit_is_that_of_the_method(method, limit):
    assert codes(steps("tau * dv/dt = -v", method=method, tau=1 / (limit + 0.01))) == ["N0706"]
    assert codes(steps("tau * dv/dt = -v", method=method, tau=1 / (limit - 0.01))) == ["N0705"]


def test_the_step_that_is_recommended_is_stable():
    (found,) = steps("tau * dv/dt = -v", tau=0.1)
    assert found.help is not None
    recommended = float(found.help.split("at most ")[1].split(" ms")[0])
    assert 0.19 < recommended <= 0.2
    assert codes(steps("tau * dv/dt = -v", recommended, tau=0.1)) == ["N0705"]


def test_coupled_equations_are_one_system():
    (found,) = steps("dp/dt = -k * q\ndq/dt = k * p", k=0.5)
    assert found.code == "N0706"
    assert "'p' and 'q'" in found.message
    assert "0 ± 0.5i" in found.notes[0]
    assert steps("dp/dt = -k * q\ndq/dt = k * p", method="implicit", k=0.5) == []


def test_one_fast_neuron_among_many_is_found():
    taus = np.full(100_000, 10.0)
    assert steps("tau * dv/dt = -v", tau=taus) == []
    taus[77_777] = 0.1
    assert codes(steps("tau * dv/dt = -v", tau=taus)) == ["N0706"]


@pytest.mark.parametrize(
    "equation",
    ["dv/dt = -v * v", "dv/dt = -u * v", "dv/dt = -9 * exp(v)", "dv/dt = 9 * v", "dv/dt = -sum(exc) * v", "dv/dt = -3"],
)
def test_nothing_is_said_of_what_is_not_known(equation):
    assert steps(equation + "\nu = t") == []


def test_the_derivative_may_stand_anywhere_on_the_left():
    assert codes(steps("v + tau * dv/dt = 1", tau=0.1)) == ["N0706"]
    assert codes(steps("dv/dt * tau + v = 1", tau=0.1)) == ["N0706"]


def test_parameters_that_nothing_reads_are_found():
    found = unused(model("x = a * v : min=c\ndv/dt = b", "a = 1\nb = 2\nc = 3\nd = 4\ne = 5"), {"e"})
    assert [(d.code, d.loc.text) for d in found] == [("N0703", "d"), ("N0704", "x")]


def compiled(**settings: object) -> list[str]:
    neuron = ann.Neuron(parameters="tau = 0.1\nseen = 1\nlost = 1", equations="tau * dv/dt = -v\nr = v")
    net = ann.Network(dt=1.0, seed=1)
    net.config(**settings)
    pops = [net.create(2, neuron) for _ in range(2)]
    synapse = ann.Synapse(psp="w * pre.r * post.seen")
    net.connect(*pops, "exc", synapse).all_to_all(weights=1.0, delays=2.4)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        net.compile(silent=True)
    assert all(w.category is ann.NNCWarning for w in caught)
    return [str(w.message) for w in caught]


def test_a_network_shows_each_remark_once_at_the_script():
    texts = compiled()
    assert [c for t in texts for c in ("N0703", "N0706") if c in t] == ["N0706", "N0703"]
    assert "lost" in texts[-1]
    assert any("tau * dv/dt = -v" in t and "^^^" in t for t in texts)


def test_remarks_can_be_turned_off():
    assert [t for t in compiled(suppress_warnings=True) if "N07" in t] == []


@pytest.mark.parametrize(("delay", "said"), [(0.0, False), (1.0, False), (3.0, False), (2.4, True), (0.5, True)])
def test_delays_that_are_rounded_are_said(delay, said):
    neuron = ann.Neuron(equations="r = sum(exc)")
    net = ann.Network(dt=1.0)
    pop = net.create(2, neuron)
    net.connect(pop, pop, "exc").all_to_all(weights=1.0, delays=delay)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        net.compile(silent=True)
    assert [f"{delay:g} ms" in str(w.message) for w in caught] == [True] * said


def surprising(**settings: object) -> None:
    net = ann.Network(dt=1.0)
    net.config(**settings)
    cell = ann.Neuron(equations="dv/dt = g_exc - v", spike="v > 1", reset="v = 0")
    pop = net.create(2, cell)
    late = ann.Synapse(pre_spike="w += 0.5\ng_target += w")
    net.connect(pop, pop, "exc", late).all_to_all(weights=1.0)
    net.connect(pop, pop, "exc", ann.Synapse(pre_spike="w += 0.25")).all_to_all(weights=1.0)
    net.compile(silent=True)


def test_transmission_of_the_old_value_is_warned_of():
    with pytest.warns(ann.NNCWarning, match="N0611.*'w' before this event(.|\n)*\\^"):
        surprising()


@pytest.mark.filterwarnings("ignore:WARNING. warning.N0611")
@pytest.mark.parametrize(("settings", "said"), [({}, False), ({"verbose": True}, True)])
def test_notes_are_shown_on_request(settings, said, capsys):
    surprising(**settings)
    err = capsys.readouterr().err
    assert ("N0612" in err) is said
    assert ("'g_target += 0'" in err) is said
