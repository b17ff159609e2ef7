"""Measured values of rate-coded networks: language specification, 12.1, 12.2 and 12.4."""

from __future__ import annotations

import numpy as np
import pytest
from support.bench import TARGETS, Bench, given

import nnc as ann

TARGET = pytest.mark.parametrize("target", TARGETS)
PRECISION = pytest.mark.parametrize("precision", ["double", "float"])


@TARGET
@PRECISION
def test_standard_rate_coded_models(target: str, precision: str) -> None:
    bench = Bench(target, precision=precision)
    pre = bench.rate("r = (t + 1.0) / 10.0")
    leaky = bench.net.create(1, ann.LeakyIntegrator(tau=10.0, B=1.0, T=0.2))
    bench.link(pre, leaky, w=2.0)
    bench.watch("v", leaky)
    bench.watch("r", leaky)
    for name, synapse in {
        "Hebb": ann.Hebb(eta=0.1),
        "Oja": ann.Oja(eta=0.1, alpha=2.0),
        "IBCM": ann.IBCM(eta=0.1, tau=20.0),
    }.items():
        post = bench.rate("r = 0.5 * sum(exc)")
        bench.watch(name, bench.net.connect(pre, post, "exc", synapse).one_to_one(weights=1.0), "w")
        if name == "IBCM":
            bench.watch("theta", bench.net.get_projections()[-1])
    rows = bench.run(4)
    assert rows["v"] == given([0.09516258196, 0.2003017633, 0.3144681451, 0.4368026756], precision)
    if precision == "double":
        assert rows["r"] == given([0.0, 0.0003017633148, 0.1144681451, 0.2368026756])
    assert rows["Hebb"] == given([1, 1.001, 1.004003, 1.010027018], precision)
    assert rows["Oja"] == given([1, 1.0005, 1.001498498, 1.002987229], precision)
    assert rows["theta"] == given([0, 0.0001219264387, 0.000603734424, 0.00167239199], precision)
    assert rows["IBCM"] == given([1, 1.000049878, 1.000348097, 1.001238686], precision)


@pytest.mark.filterwarnings("ignore:WARNING. projection .* is no multiple of dt")
@TARGET
def test_delays_are_rounded_half_to_even_and_the_queue_holds_initial_values(target: str) -> None:
    bench = Bench(target, dt=0.5)
    pre = bench.rate("r = t / dt + 1")
    steady = bench.rate("r = r : init = 4.0")
    for delay in (0.0, 0.5, 0.75, 1.25, 1.3, 1.5, 1.75, 2.25):
        post = bench.rate("r = sum(exc)")
        bench.link(pre, post, delay=delay)
        bench.watch(str(delay), post, "r")
    late = bench.rate("r = sum(exc)")
    bench.link(steady, late, delay=1.5)
    bench.watch("steady", late, "r")
    rows = {name: values.tolist() for name, values in bench.run(6).items()}
    assert rows["0.0"] == rows["0.5"] == [0, 1, 2, 3, 4, 5]
    assert rows["0.75"] == rows["1.25"] == [0, 0, 1, 2, 3, 4]
    assert rows["1.3"] == rows["1.5"] == [0, 0, 0, 1, 2, 3]
    assert rows["1.75"] == rows["2.25"] == [0, 0, 0, 0, 1, 2]
    assert rows["steady"] == [4.0] * 6


@TARGET
@pytest.mark.parametrize("uniform", [True, False])
def test_what_equations_of_synapses_see_is_a_step_younger_than_what_psp_sees(target: str, uniform: bool) -> None:
    bench = Bench(target, dt=0.5)
    pre = bench.rate("r = t / dt + 1", n=2)
    for delay in (0.5, 1.5):
        post = bench.rate("r = sum(exc)")
        synapse = ann.Synapse(equations="x = pre.r\nz = mean(pre.r)\nend = post.r")
        delays = delay if uniform else [[delay, 4.0]]
        proj = bench.net.connect(pre, post, "exc", synapse).from_matrix([[1.0, 0.0]], delays=delays)
        for name in ("x", "z", "end"):
            bench.watch(f"{name} {delay}", proj, name)
        bench.watch(f"r {delay}", post, "r")
    rows = bench.run(5)
    assert rows["x 0.5"][:, 0].tolist() == [1, 2, 3, 4, 5]
    assert rows["x 1.5"][:, 0].tolist() == [0, 0, 1, 2, 3]
    assert rows["z 0.5"][:, 0].tolist() == rows["z 1.5"][:, 0].tolist() == [1, 2, 3, 4, 5]
    assert rows["r 0.5"].tolist() == rows["end 0.5"][:, 0].tolist() == [0, 1, 2, 3, 4]
    assert rows["r 1.5"].tolist() == rows["end 1.5"][:, 0].tolist() == [0, 0, 0, 1, 2]
    if not uniform:
        assert rows["x 0.5"][:, 1].tolist() == [0] * 5


@TARGET
@PRECISION
def test_operations_are_by_projection_and_then_added(target: str, precision: str) -> None:
    bench = Bench(target, precision=precision)
    pre = bench.rate("r = t + a", n=3, parameters="a = 0.0")
    pre.a = [1.0, 11.0, -19.0]
    for name, operations in {"max": ["max"], "min": ["min"], "mean": ["mean"], "twice": ["max", "max"]}.items():
        post = bench.rate("r = sum(exc)")
        for operation in operations:
            synapse = ann.Synapse(psp="w * pre.r", operation=operation)
            bench.net.connect(pre, post, "exc", synapse).all_to_all(weights=1.0)
        bench.watch(name, post, "r")
    rows = bench.run(3)
    assert rows["max"].tolist() == [0, 11, 12]
    assert rows["min"].tolist() == [0, -19, -18]
    assert rows["mean"] == given([0, -7 / 3, -4 / 3], precision)
    assert rows["twice"].tolist() == [0, 22, 24]


@TARGET
def test_post_neurons_without_synapses_get_nothing_from_an_operation(target: str) -> None:
    bench = Bench(target)
    pre, post = bench.rate("r = -3.0", n=2), bench.rate("r = sum(exc) + 1.0", n=2)
    for operation in ("max", "min", "mean"):
        synapse = ann.Synapse(psp="w * pre.r", operation=operation)
        bench.net.connect(pre, post, "exc", synapse).from_matrix([[None, None], [1.0, 2.0]])
    bench.watch("r", post)
    assert bench.run(2)["r"].tolist() == [[1.0, 1.0], [1.0, 1.0 - 3.0 - 6.0 - 4.5]]


@TARGET
def test_clamps_and_the_order_of_statements(target: str) -> None:
    bench = Bench(target)
    clamped = bench.rate("dr/dt = 1 : max = 2.5\ny = r")
    ordered = bench.rate("a = t; b = a + 1; dc/dt = b; dd/dt = c; e_ = d; df/dt = d + e_; r = f")
    for name, pop, variable in [("r", clamped, "r"), ("y", clamped, "y"), ("f", ordered, "r")]:
        bench.watch(name, pop, variable)
    rows = bench.run(4)
    assert rows["r"].tolist() == rows["y"].tolist() == [1, 2, 2.5, 2.5]
    assert rows["f"].tolist() == [0, 2, 10, 30]


METHODS = {
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


@TARGET
@PRECISION
def test_numerical_methods_on_a_coupled_system(target: str, precision: str) -> None:
    bench = Bench(target, precision=precision)
    for name in METHODS:
        pop = bench.rate(
            f"tau*dv/dt = I - v - u : {name}\ntau*du/dt = v - u : {name}\nr = v", parameters=dict(tau=10.0, I=1.0)
        )
        bench.watch(f"v {name}", pop, "v")
        bench.watch(f"u {name}", pop, "u")
    rows = bench.run(4)
    for name, (v, u) in METHODS.items():
        assert rows[f"v {name}"] == given(v, precision), name
        assert rows[f"u {name}"] == given(u, precision), name


@pytest.mark.parametrize("name", METHODS)
def test_the_method_of_the_network_is_that_of_equations_without_one(name: str) -> None:
    bench = Bench(method=name)
    pop = bench.rate("tau*dv/dt = I - v - u\ntau*du/dt = v - u\nr = v", parameters=dict(tau=10.0, I=1.0))
    bench.watch("v", pop)
    assert bench.run(4)["v"] == given(METHODS[name][0])


@TARGET
def test_the_methods_of_higher_order_on_the_logistic_equation(target: str) -> None:
    bench = Bench(target)
    for name in ("explicit", "midpoint", "rk4"):
        bench.watch(name, bench.rate(f"dv/dt = 0.5*v*(1.0 - v) : {name}, init = 0.1\nr = v"), "v")
    rows = bench.run(4)
    assert rows["explicit"] == given([0.145, 0.2069875, 0.2890593374, 0.3918113559])
    assert rows["midpoint"] == given([0.153746875, 0.2295348949, 0.3289396966, 0.4472261065])
    assert rows["rk4"] == given([0.1548152835, 0.2319390434, 0.3323798344, 0.4507930107])


@TARGET
def test_an_assignment_between_two_implicit_equations_uncouples_them(target: str) -> None:
    bench = Bench(target)
    pop = bench.rate(
        "tau*dv/dt = I - v - u : implicit\nk = v\ntau*du/dt = v - u : implicit\nr = k",
        parameters=dict(tau=10.0, I=1.0),
    )
    bench.watch("v", pop)
    bench.watch("u", pop)
    rows = bench.run(4)
    v = u = 0.0
    for step in range(4):
        v = (10.0 * v + 1.0 - u) / 11.0
        u = (10.0 * u + v) / 11.0
        assert (rows["v"][step], rows["u"][step]) == given((v, u))


@TARGET
@pytest.mark.parametrize("psp", ["w * pre.r", "w * pre.r * (1 + post.r)"])
@pytest.mark.parametrize("team", [1, 3])
def test_every_weight_of_a_matrix_belongs_to_its_synapse(target: str, psp: str, team: int) -> None:
    bench = Bench(target, num_threads=team)
    pre = bench.rate("r = a", n=5, parameters="a = 1.0")
    post = bench.rate("r = sum(exc)", n=130)
    pre.a = a = np.arange(1.0, 6.0)
    synapse = ann.Synapse(psp=psp, equations="x = 10*pre.r + post.r")
    proj = bench.net.connect(pre[1:], post[:128], "exc", synapse).all_to_all(weights=ann.Uniform(0.0, 1.0))
    bench.run(2)
    matrix = proj.connectivity_matrix()
    assert np.unique(matrix[:128, 1:]).size == 4 * 128
    assert post.r == given(matrix @ a)
    assert proj.x == [given(10 * a[1:] + r) for r in post.r[:128]]
