"""Parameters of distributions: expressions, values that differ between neurons, binomial numbers of any size."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy import stats
from support.bench import TARGETS
from support.statistics import ALPHA, follows

import nnc as ann
from nnc.compiler.codegen.target import get_target

N = 20_000


BINOMIALS = [
    (12, 0.3),
    (1000, 0.004),
    (40, 0.5),
    (33, 0.49),
    (150, 0.93),
    (5000, 0.02),
    (10**6, 0.5),
    (3, 1.0),
    (7, 0.0),
    (0, 0.5),
]


@cache
def binomials(precision: str, target: str = "llvm", size: int = N, threads: int = 1) -> np.ndarray[Any, Any]:
    """Neurons whose parameters differ, `size` of each pair; the compiler knows none of them."""
    net = ann.Network(dt=1.0, seed=12)
    net.config(precision=precision, paradigm=target, num_threads=threads)
    equations = "r = Binomial(n, p)"
    pop = net.create(size * len(BINOMIALS), ann.Neuron(parameters="n = 1.0\np = 1.0", equations=equations))
    pop.n, pop.p = np.repeat(np.array(BINOMIALS, float), size, axis=0).T
    options = {"compiler_flags": "-O0"} if target == "openmp" else {}
    net.compile(silent=True, **options)
    net.step()
    return np.asarray(pop.r).reshape(len(BINOMIALS), size)


def check_binomial(values: np.ndarray[Any, Any], trials: int, chance: float, precision: str) -> None:
    if chance in (0.0, 1.0) or trials == 0:
        assert (values == trials * chance).all()
    elif trials < 10**5:
        follows(values, stats.binom(trials, float(np.float32(chance)) if precision == "float" else chance))
    else:
        spread = np.sqrt(trials * chance * (1 - chance))
        assert stats.kstest(values.reshape(-1), stats.norm(trials * chance, spread).cdf).pvalue > ALPHA
        assert (values == np.floor(values)).all()


@pytest.mark.parametrize("precision", ["double", "float"])
@pytest.mark.parametrize("pair", range(len(BINOMIALS)), ids=lambda i: str(BINOMIALS[i]))
def test_a_binomial_number_may_have_any_number_of_trials(pair: int, precision: str) -> None:
    check_binomial(binomials(precision)[pair], *BINOMIALS[pair], precision)


def test_literal_parameters_give_the_same_distribution() -> None:
    net = ann.Network(dt=1.0, seed=13)
    pairs = BINOMIALS[:5]
    equations = "\n".join(f"x{i} = Binomial({n}, {p})" for i, (n, p) in enumerate(pairs))
    pop = net.create(N, ann.Neuron(equations=f"{equations}\nr = 1"))
    net.compile(silent=True)
    net.step()
    for i, pair in enumerate(pairs):
        check_binomial(pop.get(f"x{i}"), *pair, "double")


@pytest.mark.parametrize("precision", ["double", "float"])
@pytest.mark.parametrize(("target", "threads"), [("llvm", 2), *((t, 1) for t in TARGETS[1:])])
def test_binomial_numbers_are_the_same_on_all_targets(target: str, threads: int, precision: str) -> None:
    reason = get_target(target).available()
    if reason is not None:
        pytest.skip(f"{target}: {reason.splitlines()[0]}")
    np.testing.assert_array_equal(binomials(precision, target, 40, threads), binomials(precision, "llvm", 40))


ANY = {
    "Uniform(a, a + b)": lambda a, b: stats.uniform(a, b),
    "DiscreteUniform(a, a + 2*b)": lambda a, b: stats.randint(a, a + 2 * b + 1),
    "Normal(-a, 2*b)": lambda a, b: stats.norm(-a, 2 * b),
    "LogNormal(a/10, b/4)": lambda a, b: stats.lognorm(b / 4, scale=np.exp(a / 10)),
    "Exponential(Lambda=a*b)": lambda a, b: stats.expon(scale=1 / (a * b)),
    "Gamma(a/2, b)": lambda a, b: stats.gamma(a / 2, scale=b),
    "Binomial(10*a, b/5)": lambda a, b: stats.binom(10 * a, b / 5),
}


@pytest.mark.parametrize("precision", ["double", "float"])
def test_parameters_may_be_expressions_that_differ_between_neurons(precision: str) -> None:
    net = ann.Network(dt=1.0, seed=6)
    net.config(precision=precision)
    # binomial numbers take long to compile, and their single precision is tested above
    laws = {call: law for call, law in ANY.items() if precision == "double" or not call.startswith("Binomial")}
    equations = "\n".join(f"x{i} = {call}" for i, call in enumerate(laws)) + "\nr = 1"
    pop = net.create(2 * N, ann.Neuron(parameters="a = 1.0\nb = 1.0", equations=equations))
    pairs = [(1.0, 2.0), (7.0, 3.0)]
    pop.a, pop.b = np.repeat(pairs, N, axis=0).T
    net.compile(silent=True)
    net.step()
    for i, law in enumerate(laws.values()):
        for part, pair in enumerate(pairs):
            follows(pop.get(f"x{i}")[part * N : (part + 1) * N], law(*pair))
