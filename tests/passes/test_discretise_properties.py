"""Orders of convergence, exactness, and Newton's method, on random systems."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.linalg import expm
from scipy.optimize import fsolve
from support.model_eval import machine
from support.model_text import neuron

NAMES = "xyz"
ORDERS = {"explicit": 1, "implicit": 1, "semiimplicit": 1, "exponential": 1, "midpoint": 2, "rk4": 4}
COEFFICIENTS = st.integers(-10, 10).map(lambda n: n / 10)


@st.composite
def systems(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x' = A x + c from x0, not too fast for the steps taken."""
    n = draw(st.integers(1, 3))
    row = st.lists(COEFFICIENTS, min_size=n, max_size=n)
    matrix = np.array(draw(st.lists(row, min_size=n, max_size=n)))
    return matrix, np.array(draw(row)), np.array(draw(row))


def text(matrix: np.ndarray, constant: np.ndarray, method: str) -> str:
    lines = []
    for name, row, c in zip(NAMES, matrix, constant, strict=False):
        terms = " + ".join(f"({float(k)})*{other}" for k, other in zip(row, NAMES, strict=False))
        lines.append(f"d{name}/dt = {terms} + ({float(c)}) : {method}")
    return "\n".join(lines)


def final(matrix: np.ndarray, constant: np.ndarray, start: np.ndarray, method: str, steps: int) -> np.ndarray:
    n = len(start)
    m = machine(neuron(text(matrix, constant, method)), dict(zip(NAMES, start, strict=False)), dt=1 / steps)
    for _ in range(steps):
        m.advance()
    return np.array([float(m.state[name]) for name in NAMES[:n]])


def solution(matrix: np.ndarray, constant: np.ndarray, start: np.ndarray) -> np.ndarray:
    n = len(start)
    full = np.zeros((n + 1, n + 1))
    full[:n, :n], full[:n, n] = matrix, constant
    return expm(full)[:n] @ np.append(start, 1)


@pytest.mark.parametrize("method", ORDERS)
@settings(max_examples=20, deadline=None, derandomize=True)
@given(system=systems())
def test_halving_the_step_divides_the_error_by_two_to_the_order(method: str, system) -> None:
    exact = solution(*system)
    coarse, fine = (np.abs(final(*system, method, n) - exact).max() for n in (12, 24))
    if method == "exponential" and len(exact) == 1:
        assert fine <= 1e-12 * (1 + np.abs(exact).max())
        return
    assume(fine > 1e-11 * (1 + np.abs(exact).max()))
    assert coarse / fine > 2 ** ORDERS[method] * 0.75


@settings(max_examples=50, deadline=None)
@given(system=systems(), dt=st.sampled_from([0.01, 0.1]))
def test_an_implicit_step_solves_the_linear_system_exactly(system, dt: float) -> None:
    matrix, constant, start = system
    m = machine(neuron(text(matrix, constant, "implicit")), dict(zip(NAMES, start, strict=False)), dt=dt)
    m.advance()
    new = np.array([float(m.state[name]) for name in NAMES[: len(start)]])
    assert new == pytest.approx(start + dt * (matrix @ new + constant), rel=1e-11, abs=1e-12)


@settings(max_examples=30, deadline=None)
@given(k=st.floats(-3, 3), a=st.floats(-3, 3), x=st.floats(-3, 3), dt=st.sampled_from([0.1, 1.0, 4.0]))
def test_the_exponential_step_is_exact_for_any_coefficients_even_zero(k: float, a: float, x: float, dt: float) -> None:
    m = machine(neuron("dx/dt = k*x + a : exponential", "k a"), {"k": k, "a": a, "x": x}, dt=dt)
    m.advance()
    grown = math.expm1(k * dt) / k if k else dt
    assert float(m.state["x"]) == pytest.approx(x + (a + k * x) * grown, rel=1e-10, abs=1e-10)


NONLINEAR = {
    "v*(1 - v)": lambda v: v * (1 - v),
    "exp(-v) - v": lambda v: np.exp(-v) - v,
    "1/(1 + v*v)": lambda v: 1 / (1 + v * v),
    "tanh(2*v) - v**3": lambda v: np.tanh(2 * v) - v**3,
    "sin(v)*cos(v) + sqrt(v + 5)": lambda v: np.sin(v) * np.cos(v) + np.sqrt(v + 5),
    "max(v, 0.5) - abs(v)": lambda v: np.maximum(v, 0.5) - np.abs(v),
    "log(v + 3) - expm1(v/4)": lambda v: np.log(v + 3) - np.expm1(v / 4),
}


@pytest.mark.parametrize("rhs", NONLINEAR)
@pytest.mark.parametrize("start", [-0.7, 0.1, 1.3])
def test_a_nonlinear_implicit_step_solves_the_true_equation(rhs: str, start: float) -> None:
    m = machine(neuron(f"dv/dt = {rhs} : implicit"), {"v": start}, dt=0.2)
    m.advance()
    new = float(m.state["v"])
    assert new == pytest.approx(start + 0.2 * NONLINEAR[rhs](new), rel=1e-12, abs=1e-13)


def test_a_coupled_nonlinear_implicit_step_solves_the_true_system() -> None:
    equations = """
    tau*dv/dt = v - v*v*v/3 - w + I : implicit
    dw/dt = 0.08*(v + 0.7 - 0.8*w*pos(v)) : implicit
    """
    state = {"v": -1.0, "w": 0.3, "tau": 2.0, "I": 0.5}
    m = machine(neuron(equations, "tau I"), state, dt=0.5)

    def residual(new: np.ndarray) -> list[float]:
        v, w = new
        return [
            v + 1.0 - 0.5 * (v - v**3 / 3 - w + 0.5) / 2,
            w - 0.3 - 0.5 * 0.08 * (v + 0.7 - 0.8 * w * max(v, 0)),
        ]

    m.advance()
    assert [float(m.state["v"]), float(m.state["w"])] == pytest.approx(fsolve(residual, [-1.0, 0.3]), rel=1e-10)


@pytest.mark.parametrize("method", ["exponential", "semiimplicit"])
def test_nonlinear_terms_beside_a_linear_one_are_taken_at_the_old_value(method: str) -> None:
    m = machine(neuron(f"tau*dv/dt = exp(-v) - v : {method}", "tau"), {"tau": 10.0, "v": 0.5})
    m.advance()
    grown = 1 - math.exp(-0.1) if method == "exponential" else 1 / 11
    assert float(m.state["v"]) == pytest.approx(0.5 + grown * (math.exp(-0.5) - 0.5), rel=1e-12)


@pytest.mark.parametrize(("start", "expected"), [(2.0, 2 - 2 * -math.expm1(-0.1)), (-1.0, -1 - math.expm1(-0.2) * 2)])
def test_a_conditional_equation_is_integrated_by_its_method_in_the_present_arm(start: float, expected: float) -> None:
    text = "dv/dt = if v > 0: -v/10 else: (1 - v)/5 : exponential"
    assert machine(neuron(text), {"v": start}).trajectory("v", 1)[0] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("method", ["exponential", "semiimplicit"])
def test_growth_without_a_linear_term_is_straight(method: str) -> None:
    m = machine(neuron(f"tau*dv/dt = 3 : {method}", "tau"), {"tau": 10.0, "v": 1.0})
    assert m.trajectory("v", 2) == pytest.approx([1.3, 1.6])


def test_a_conductance_gives_the_time_constant_of_the_step() -> None:
    text = "tau*dv/dt = (E - v) + g*(Ee - v) : exponential"
    state = {"tau": 20.0, "E": -65.0, "Ee": 0.0, "g": 0.7, "v": -50.0}
    m = machine(neuron(text, "tau E Ee g"), state, dt=0.1)
    m.advance()
    target = (-65.0 + 0.7 * 0.0) / 1.7
    assert float(m.state["v"]) == pytest.approx(-50 + -math.expm1(-0.1 * 1.7 / 20) * (target + 50), rel=1e-12)
