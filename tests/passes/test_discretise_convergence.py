"""Orders of convergence on random nonlinear and stiff systems, against SciPy's DOP853 and Radau."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from support.model_eval import machine
from support.model_text import neuron

NAMES = "xyz"
TERMS = {
    "tanh({0})": lambda a, b: np.tanh(a),
    "{0}*{1}": lambda a, b: a * b,
    "sin({0} + {1})": lambda a, b: np.sin(a + b),
    "1/(1 + {0}^2)": lambda a, b: 1 / (1 + a * a),
    "exp(-{0}^2)": lambda a, b: np.exp(-a * a),
    "log(2 + {0}^2)": lambda a, b: np.log(2 + a * a),
    "{0}^3/(1 + {1}^2)": lambda a, b: a**3 / (1 + b * b),
    "(if {0} > -9: {0}*{0} else: 0.0)": lambda a, b: a * a,
}
COEFFICIENT = st.integers(-10, 10).map(lambda n: n / 10)


class System:
    """x' = A x + c1 f1(x) + c2 f2(x) + ..., as numbers and as text."""

    def __init__(self, matrix: np.ndarray, terms: list[tuple[int, float, str, int, int]], start: np.ndarray) -> None:
        self.matrix, self.terms, self.start = matrix, terms, start

    def __repr__(self) -> str:
        return f"{self.text('explicit')} from {self.start}"

    def text(self, method: str) -> str:
        lines = []
        for i, row in enumerate(self.matrix):
            parts = [f"({k})*{name}" for k, name in zip(row, NAMES, strict=False)]
            parts += [f"({c})*{f.format(NAMES[a], NAMES[b])}" for eq, c, f, a, b in self.terms if eq == i]
            lines.append(f"d{NAMES[i]}/dt = {' + '.join(parts)} : {method}")
        return "\n".join(lines)

    def __call__(self, t: float, x: np.ndarray) -> np.ndarray:
        rate = self.matrix @ x
        for eq, c, f, a, b in self.terms:
            rate[eq] += c * TERMS[f](x[a], x[b])
        return rate

    def reference(self, solver: str = "DOP853", duration: float = 1.0) -> np.ndarray:
        solved = solve_ivp(self, (0.0, duration), self.start, method=solver, rtol=1e-12, atol=1e-13)
        assume(solved.success)
        return solved.y[:, -1]

    def final(self, method: str, steps: int, duration: float = 1.0) -> np.ndarray:
        m = machine(neuron(self.text(method)), dict(zip(NAMES, self.start, strict=False)), dt=duration / steps)
        for _ in range(steps):
            m.advance()
        return np.array([float(m.state[name]) for name in NAMES[: len(self.start)]])


@st.composite
def nonlinear(draw: st.DrawFn, linear: str = "any") -> System:
    n = draw(st.integers(1, 3))
    row = st.lists(COEFFICIENT, min_size=n, max_size=n)
    matrix = np.array(draw(st.lists(row, min_size=n, max_size=n)))
    if linear == "decay":
        matrix -= np.diag(np.diag(matrix)) + np.eye(n)
    place = st.integers(0, n - 1)
    kinds = [f for f in TERMS if linear == "any" or ("^" not in f.split("/")[0] and "*" not in f)]
    term = st.tuples(place, COEFFICIENT, st.sampled_from(kinds), place, place)
    return System(matrix, draw(st.lists(term, min_size=1, max_size=3)), np.array(draw(row)))


def converges(system: System, method: str, order: int, steps: int) -> None:
    exact = system.reference()
    coarse, fine = (np.abs(system.final(method, n) - exact).max() for n in (steps, 2 * steps))
    assume(np.isfinite(exact).all() and np.abs(exact).max() < 5)
    assume(fine > 1e-10)
    assert coarse / fine > 2**order * 0.7


@pytest.mark.parametrize(("method", "order", "steps"), [("explicit", 1, 16), ("midpoint", 2, 10), ("rk4", 4, 6)])
@settings(max_examples=8, deadline=None, derandomize=True)
@given(system=nonlinear())
def test_explicit_methods_have_their_order_on_nonlinear_systems(
    method: str, order: int, steps: int, system: System
) -> None:
    converges(system, method, order, steps)


@settings(max_examples=3, deadline=None, derandomize=True)
@given(system=nonlinear())
def test_implicit_steps_have_order_one_on_nonlinear_systems(system: System) -> None:
    converges(system, "implicit", 1, 10)


@pytest.mark.parametrize("method", ["exponential", "semiimplicit"])
@settings(max_examples=6, deadline=None, derandomize=True)
@given(system=nonlinear("decay"))
def test_linearised_steps_have_order_one_on_nonlinear_systems(method: str, system: System) -> None:
    converges(system, method, 1, 16)


@settings(max_examples=3, deadline=None, derandomize=True)
@given(fast=st.floats(200.0, 5000.0), slow=st.floats(0.2, 2.0), a=st.floats(-1.0, 1.0), start=st.floats(-1.0, 1.0))
def test_implicit_steps_follow_stiff_systems_where_explicit_ones_explode(
    fast: float, slow: float, a: float, start: float
) -> None:
    """Prothero and Robinson's kind: y is drawn to cos(x) at once, x decays slowly."""
    text = f"dx/dt = -{slow}*x + {a}*y : implicit\ndy/dt = -{fast}*(y - cos(x)) : implicit"

    def rate(t: float, s: np.ndarray) -> list[float]:
        return [-slow * s[0] + a * s[1], -fast * (s[1] - math.cos(s[0]))]

    exact = solve_ivp(rate, (0.0, 2.0), [start, 0.0], method="Radau", rtol=1e-10, atol=1e-12).y[:, -1]
    errors = []
    for steps in (16, 32):
        m = machine(neuron(text), {"x": start, "y": 0.0}, dt=2.0 / steps)
        for _ in range(steps):
            m.advance()
        errors.append(np.abs(np.array([float(m.state["x"]), float(m.state["y"])]) - exact).max())
    assert errors[1] < 0.05
    assert errors[1] < 0.7 * errors[0] or errors[1] < 1e-3
    wild = machine(neuron(text.replace("implicit", "explicit")), {"x": start, "y": 0.0}, dt=0.1)
    with np.errstate(all="ignore"):
        assert not np.abs(wild.trajectory("y", 30)[-1]) < 1e3


@pytest.mark.parametrize("method", ["explicit", "implicit", "semiimplicit", "exponential", "midpoint", "rk4"])
def test_time_is_frozen_over_a_step(method: str) -> None:
    """t is that of the start of the step for all stages, so that a pure quadrature is a left sum."""
    m = machine(neuron(f"dx/dt = t*t : {method}"), {"x": 0.0}, dt=0.5)
    assert m.trajectory("x", 4)[-1] == pytest.approx(0.5 * sum((0.5 * k) ** 2 for k in range(4)))
