"""The numerical methods against values measured with the reference simulator (language specification, section 12)."""

from __future__ import annotations

import numpy as np
import pytest
from support.model_eval import Machine, lower, machine
from support.model_text import neuron, synapse

PAIR = """
tau*dv/dt = I - v - u
tau*du/dt = v - u
"""
TABLE = {
    "explicit": ([0.1, 0.19, 0.27, 0.3402], [0, 0.01, 0.028, 0.0522]),
    "implicit": (
        [0.09016393443, 0.1707874227, 0.2422691767, 0.3050858738],
        [0.008196721311, 0.02297769417, 0.04291328349, 0.06674715534],
    ),
    "semiimplicit": (
        [0.09090909091, 0.173553719, 0.2479338843, 0.3141861895],
        [0, 0.00826446281, 0.02329075883, 0.04371286114],
    ),
    "exponential": (
        [0.09516258196, 0.1812692469, 0.2583199949, 0.3264788451],
        [0, 0.009055917006, 0.02544418213, 0.04760524575],
    ),
    "midpoint": ([0.095, 0.18005, 0.2554205, 0.321507995], [0.005, 0.01805, 0.0374495, 0.061692395]),
    "rk4": (
        [0.09500833333, 0.180123611, 0.2555988242, 0.3218155598],
        [0.004675, 0.01746639986, 0.03667145709, 0.0607800178],
    ),
}


def near(values: list[float] | float) -> object:
    return pytest.approx(values, rel=2e-9, abs=1e-12)


def runs(m: Machine, steps: int, *names: str) -> dict[str, list[float]]:
    record: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(steps):
        m.advance()
        for name in names:
            record[name].append(float(m.state[name]))
    return record


@pytest.mark.parametrize("method", TABLE)
def test_two_equations_in_one_block_give_the_measured_values(method: str) -> None:
    m = machine(neuron(PAIR, "tau I", method=method), {"tau": 10.0, "I": 1.0})
    got = runs(m, 4, "v", "u")
    assert got["v"] == near(TABLE[method][0])
    assert got["u"] == near(TABLE[method][1])


@pytest.mark.parametrize("method", TABLE)
def test_two_equations_of_a_synapse_are_integrated_like_those_of_a_neuron(method: str) -> None:
    m = machine(synapse(PAIR, "tau I", method=method, kind="rate"), {"tau": 10.0, "I": 1.0})
    got = runs(m, 4, "v", "u")
    assert got["v"] == near(TABLE[method][0])
    assert got["u"] == near(TABLE[method][1])


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("explicit", [0.145, 0.2069875, 0.2890593374, 0.3918113559]),
        ("midpoint", [0.153746875, 0.2295348949, 0.3289396966, 0.4472261065]),
        ("rk4", [0.1548152835, 0.2319390434, 0.3323798344, 0.4507930107]),
    ],
)
def test_the_logistic_equation_gives_the_measured_values(method: str, expected: list[float]) -> None:
    m = machine(neuron("dv/dt = 0.5*v*(1.0 - v)", method=method), {"v": 0.1})
    assert m.trajectory("v", 4) == near(expected)


def test_implicit_equations_in_different_blocks_are_not_coupled() -> None:
    text = """
    tau*dv/dt = I-v-u : implicit
    k = v
    tau*du/dt = v-u : implicit
    """
    m = machine(neuron(text, "tau I"), {"tau": 10.0, "I": 1.0})
    v = u = 0.0
    for _ in range(4):
        m.advance()
        v = (10 * v + 1 - u) / 11
        u = (10 * u + v) / 11
        assert [float(m.state["v"]), float(m.state["k"]), float(m.state["u"])] == near([v, v, u])


def test_assignments_are_sequential_and_equations_of_a_run_concurrent() -> None:
    text = """
    a = t
    b = a + 1
    dc/dt = b
    dd/dt = c
    e_ = d
    df/dt = d + e_
    r = f
    """
    assert machine(neuron(text)).trajectory("r", 4) == [0, 2, 10, 30]


def test_a_clamp_follows_each_store_at_once() -> None:
    m = machine(neuron("dr/dt = 1 : max=2.5\ny = r"))
    got = runs(m, 4, "r", "y")
    assert got == {"r": [1, 2, 2.5, 2.5], "y": [1, 2, 2.5, 2.5]}


def test_the_last_clamp_written_wins() -> None:
    assert machine(neuron("v = 0 : min=3, max=1")).trajectory("v", 1) == [1]
    assert machine(neuron("v = 0 : max=1, min=3")).trajectory("v", 1) == [3]


def test_a_clamp_in_a_block_sees_the_stores_before_it_but_no_derivative_does() -> None:
    m = machine(neuron("da/dt = 1\ndb/dt = 10*a : max=a"), {"a": 1.0})
    assert runs(m, 2, "a", "b") == {"a": [2, 3], "b": [2, 3]}


@pytest.mark.parametrize("method", ["explicit", "implicit", "exponential", "rk4"])
def test_a_refractory_neuron_keeps_its_variables_and_is_clamped(method: str) -> None:
    m = machine(neuron("dv/dt = 1 - v : min=0.25\ndg_x/dt = -g_x", method=method), {"v": -1.0, "g_x": 1.0})
    m.active = False
    m.advance()
    assert m.state["v"] == 0.25
    assert m.state["g_x"] < 1


def test_oja_learning_gives_the_measured_weights() -> None:
    text = "dw/dt = eta*(pre.r*post.r - alpha*post.r^2*w) : min=0.0"
    m = machine(synapse(text, "eta alpha", kind="rate"), {"eta": 0.1, "alpha": 2.0, "w": 1.0})
    weights, post = [], 0.0
    for k in range(4):
        m.state |= {"pre.r": (k + 1) / 10, "post.r": post}
        m.advance()
        weights.append(float(m.state["w"]))
        post = 0.5 * weights[-1] * (k + 1) / 10
    assert weights == near([1, 1.0005, 1.001498498, 1.002987229])


def test_semiglobal_statements_come_before_local_ones_so_ibcm_sees_the_new_theta() -> None:
    text = """
    dw/dt = eta*post.r*(post.r - theta)*pre.r : min=0.0
    tau*dtheta/dt + theta = post.r^2 : postsynaptic, exponential
    """
    m = machine(synapse(text, "eta tau", kind="rate"), {"eta": 0.1, "tau": 20.0, "w": 1.0})
    got: dict[str, list[float]] = {"w": [], "theta": []}
    post = 0.0
    for k in range(4):
        m.state |= {"pre.r": (k + 1) / 10, "post.r": post}
        m.advance()
        for name, values in got.items():
            values.append(float(m.state[name]))
        post = 0.5 * got["w"][-1] * (k + 1) / 10
    assert got["theta"] == near([0, 0.0001219264387, 0.000603734424, 0.00167239199])
    assert got["w"] == near([1, 1.000049878, 1.000348097, 1.001238686])


def test_a_leaky_integrator_gives_the_measured_values() -> None:
    text = "tau*dv/dt + v = sum(exc) + B : exponential\nr = pos(v - T)"
    m = machine(neuron(text, "tau B T"), {"tau": 10.0, "B": 1.0, "T": 0.2})
    got: dict[str, list[float]] = {"v": [], "r": []}
    for k in range(4):
        m.state["sum_exc"] = 2 * k / 10
        m.advance()
        for name, values in got.items():
            values.append(float(m.state[name]))
    assert got["v"] == near([0.09516258196, 0.2003017633, 0.3144681451, 0.4368026756])
    assert got["r"] == near([0, 0.0003017633148, 0.1144681451, 0.2368026756])


def test_explicit_and_coupled_equations_of_one_block_see_the_old_values_of_each_other() -> None:
    text = """
    dv/dt = a - v : midpoint
    da/dt = v : explicit
    """
    m = machine(neuron(text), {"v": 1.0, "a": 3.0}, dt=0.5)
    m.advance()
    assert m.state["a"] == 3.5
    assert float(m.state["v"]) == near(1 + 0.5 * (3 - (1 + 0.25 * 2)))


def test_draws_time_and_inputs_are_frozen_over_the_stages() -> None:
    drawn: list[int] = []
    text = "dv/dt = Uniform(0.0, 1.0) + t + sum(exc) - v : rk4"
    m = machine(neuron(text), {"sum_exc": 1.0}, draw=lambda n: drawn.append(n) or 0.25)
    m.advance()
    assert len(drawn) == 1
    k1 = 1.25
    k2 = 1.25 - k1 / 2
    k3 = 1.25 - k2 / 2
    k4 = 1.25 - k3
    assert float(m.state["v"]) == near((k1 + 2 * k2 + 2 * k3 + k4) / 6)


def test_an_int_variable_is_stored_as_an_int() -> None:
    m = machine(neuron("dn/dt = 0.75 + n : int"), {"n": 1})
    assert m.trajectory("n", 2) == [2, 4]


def test_a_single_precision_model_stays_in_single_precision() -> None:
    module = neuron(PAIR, "tau I", method="rk4", dtype="f32")
    m = machine(module, {"tau": 10.0, "I": 1.0})
    m.advance()
    assert m.state["v"].dtype == np.float32
    assert not [v for op in module.walk() for v in op.results if v.type.dtype.value == "f64"]


def test_a_global_variable_is_new_where_an_exponential_step_reads_it() -> None:
    text = """
    tau*dv/dt = 1 - v : exponential
    tau = tau + 1 : population
    """
    m = machine(neuron(text), {"tau": 9.0})
    m.advance()
    assert float(m.state["v"]) == near(1 - np.exp(-0.1))


def test_there_is_one_update_per_locality_in_order_of_execution() -> None:
    module = neuron("v = a\na = 1 : population\ndu/dt = v", method="explicit")
    lower(module).raise_if_errors()
    kinds = [op.locality for op in module.walk() if op.name == "model.update"]
    assert kinds == ["global", "local"]
