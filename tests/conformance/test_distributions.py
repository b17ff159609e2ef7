"""Random numbers follow their distributions: in equations, as initial values, and from Python.

The seeds are fixed, so a test that passes always passes. With other seeds a right generator would be refused by one
comparison in 10 000 (`ALPHA`): about once in 100 changes of all streams. A wrong one is found if its distribution
function is off by more than about 0.015 (`N` numbers).
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy import stats
from support.statistics import ALPHA, follows

import nnc as ann
from nnc.compiler.codegen.target import get_target

pytestmark = pytest.mark.filterwarnings("ignore::nnc.NNCWarning")

N = 20_000

CASES: dict[str, tuple[tuple[float, ...], Any]] = {
    "Uniform": ((-1.0, 3.0), stats.uniform(-1.0, 4.0)),
    "DiscreteUniform": ((2, 7), stats.randint(2, 8)),
    "Normal": ((-3.0, 2.0), stats.norm(-3.0, 2.0)),
    "LogNormal": ((0.5, 0.75), stats.lognorm(0.75, scale=np.exp(0.5))),
    "Exponential": ((4.0,), stats.expon(scale=0.25)),
    "Gamma": ((2.5, 3.0), stats.gamma(2.5, scale=3.0)),
    "Binomial": ((12, 0.3), stats.binom(12, 0.3)),
}
SHAPES = [0.3, 1.0, 1.7, 30.0]


def written(name: str) -> str:
    return f"{name}({', '.join(repr(p) for p in CASES[name][0])})"


def drawn(equation: str, steps: int = 1, parameters: str = "", size: int = N, **settings: Any) -> np.ndarray[Any, Any]:
    """What `x` of each neuron is after every step: rows are steps."""
    net = ann.Network(dt=1.0, seed=settings.pop("seed", 11))
    net.config(on_nonfinite="ignore", **settings)
    pop = net.create(size, ann.Neuron(parameters=parameters, equations=f"{equation}\nr = x"))
    monitor = net.monitor(pop, "x")
    net.compile(silent=True)
    net.simulate(float(steps))
    return np.asarray(monitor.get("x"))


@cache
def all_drawn(
    precision: str, steps: int = 1, size: int = N, threads: int = 1, target: str = "llvm"
) -> dict[str, np.ndarray[Any, Any]]:
    """What a model that draws from every distribution gets."""
    net = ann.Network(dt=1.0, seed=11)
    net.config(precision=precision, num_threads=threads, paradigm=target)
    equations = "\n".join(f"x{name} = {written(name)}" for name in CASES)
    pop = net.create(size, ann.Neuron(equations=f"{equations}\nr = 1.0"))
    monitor = net.monitor(pop, [f"x{name}" for name in CASES])
    net.compile(silent=True)
    net.simulate(float(steps))
    return {name: np.asarray(monitor.get(f"x{name}")) for name in CASES}


@pytest.mark.parametrize("precision", ["double", "float"])
@pytest.mark.parametrize("name", CASES)
def test_equations_follow_the_distribution(name: str, precision: str) -> None:
    follows(all_drawn(precision)[name], CASES[name][1])


@pytest.mark.parametrize("name", CASES)
def test_one_neuron_follows_it_over_time(name: str) -> None:
    follows(all_drawn("double", steps=3000, size=3)[name][:, 1], CASES[name][1])


@pytest.mark.parametrize("name", CASES)
def test_python_follows_the_distribution(name: str) -> None:
    parameters, law = CASES[name]
    follows(getattr(ann, name)(*parameters, seed=3).get_values(N), law)


@pytest.mark.parametrize("precision", ["double", "float"])
def test_initial_values_follow_the_distribution(precision: str) -> None:
    net = ann.Network(dt=1.0, seed=5)
    net.config(precision=precision)
    equations = "\n".join(f"x{name} = 0.0 : init={written(name)}" for name in CASES)
    pop = net.create(N, ann.Neuron(equations=f"{equations}\nr = 1.0"))
    net.compile(silent=True)
    for name, (_, law) in CASES.items():
        follows(pop.get(f"x{name}"), law)


@pytest.mark.parametrize("precision", ["double", "float"])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_gamma_number_may_have_any_shape_given_by_a_parameter(shape: float, precision: str) -> None:
    values = drawn("x = Gamma(shape, scale)", parameters=f"shape = {shape}\nscale = 2.0", precision=precision)
    follows(values, stats.gamma(shape, scale=2.0))


def test_parameters_may_be_attributes() -> None:
    values = drawn("x = Normal(mu, sigma) + Exponential(rate)", parameters="mu = 1\nsigma = 0.0\nrate = 0.5")
    follows(values, stats.expon(1.0, 2.0))


@pytest.mark.parametrize(("threads", "target"), [(2, "llvm"), (5, "llvm"), (2, "openmp"), (1, "interp")])
@pytest.mark.parametrize("precision", ["double", "float"])
def test_streams_do_not_depend_on_team_and_target(precision: str, threads: int, target: str) -> None:
    reason = get_target(target).available()
    if reason is not None:
        pytest.skip(f"{target}: {reason.splitlines()[0]}")
    reference = all_drawn(precision, 3, 333)
    other = all_drawn(precision, 3, 333, threads, target)
    for name in CASES:
        np.testing.assert_array_equal(reference[name], other[name], err_msg=name)


def test_neighbours_and_steps_are_independent() -> None:
    values = drawn("x = Normal(0.0, 1.0)", steps=4, size=5000)
    rows = [*values, *(np.roll(values[0], shift) for shift in (1, 16, 32, 64))]
    found = np.corrcoef(rows)[np.triu_indices(len(rows), 1)]
    # 28 correlations are looked at
    assert np.abs(found).max() < stats.norm.isf(ALPHA / 2 / len(found)) / np.sqrt(5000)


def test_two_draws_of_one_distribution_differ_in_all_neurons() -> None:
    net = ann.Network(dt=1.0, seed=2)
    pop = net.create(5000, ann.Neuron(equations="x = Uniform(0.0, 1.0)\ny = Uniform(0.0, 1.0)\nr = x - y"))
    net.compile(silent=True)
    net.simulate(1.0)
    assert (pop.x != pop.y).all()
    assert abs(np.corrcoef(pop.x, pop.y)[0, 1]) < stats.norm.isf(ALPHA / 2) / np.sqrt(5000)
    follows(pop.x - pop.y, stats.triang(0.5, -1.0, 2.0))


def test_seeds_give_streams_of_their_own_and_the_same_one_again() -> None:
    first, again, other = (drawn("x = Uniform(0.0, 1.0)", size=1000, seed=s) for s in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).all()
    assert abs(np.corrcoef(first[0], other[0])[0, 1]) < stats.norm.isf(ALPHA / 2) / np.sqrt(1000)


def test_synapses_draw_for_themselves() -> None:
    net = ann.Network(dt=1.0, seed=4)
    pop = net.create(100, ann.Neuron(equations="r = 1.0"))
    noisy = ann.Synapse(equations="x = Gamma(2.5, 3.0)", psp="w * x")
    proj = net.connect(pop, pop, "exc", noisy).all_to_all(weights=1.0)
    net.compile(silent=True)
    net.simulate(1.0)
    follows(np.concatenate([np.asarray(row) for row in proj.x]), stats.gamma(2.5, scale=3.0))
