"""Balloon models (specification of the API, 10.1) against SciPy's integration of the published equations."""

from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import nnc as ann
from nnc import NNCError
from nnc.extensions.bold import (
    BoldModel,
    balloon_CL,
    balloon_CN,
    balloon_maith2021,
    balloon_RL,
    balloon_RN,
    balloon_two_inputs,
)

STEADY = dict(equations="r = 0.3")
EVERYTHING = {"I_CBF": "r", "I_CMRO2": "r"}


def coefficients(model, E_0, V_0=0.02, v_0=40.3, TE=0.04, epsilon=1.43, r_0=25.0):
    """k_1, k_2, k_3 of Stephan et al. 2007, table 1, and of Maith et al. 2021."""
    if model is balloon_maith2021:
        return 7.0 * E_0, 2.0, 2.0 * E_0 - 0.2
    if model in (balloon_CN, balloon_CL):
        return (1 - V_0) * 4.3 * v_0 * E_0 * TE, 2 * E_0, 1 - epsilon
    return 4.3 * v_0 * E_0 * TE, epsilon * r_0 * E_0 * TE, 1 - epsilon


def signal(model, q, v, k):
    if model in (balloon_CL, balloon_RL):
        return 0.02 * ((k[0] + k[1]) * (1 - q) + (k[2] - k[1]) * (1 - v))
    return 0.02 * (k[0] * (1 - q) + k[1] * (1 - q / v) + k[2] * (1 - v))


def integrated(f, start, seconds):
    """The solution at whole seconds, without the start."""
    times = np.arange(1.0, seconds + 1.0)
    return solve_ivp(f, (0.0, seconds), start, t_eval=times, rtol=1e-10, atol=1e-12).y


def balloon(model, drive, seconds):
    """BOLD at whole seconds under a constant input (Friston et al. 2000; Buxton et al. 1998)."""
    kappa, gamma, E_0, tau, alpha = (1 / 1.54, 1 / 2.46, 0.34, 0.98, 0.33)
    if model is balloon_maith2021:
        kappa, gamma, E_0, tau, alpha = (0.665, 0.412, 0.3424, 1.0368, 0.3215)

    def f(_, y):
        s, f_in, q, v = y
        E = 1 - (1 - E_0) ** (1 / f_in)
        f_out = v ** (1 / alpha)
        return [
            drive - kappa * s - gamma * (f_in - 1),
            s,
            (f_in * E / E_0 - q / v * f_out) / tau,
            (f_in - f_out) / tau,
        ]

    _, _, q, v = integrated(f, [0.0, 1.0, 1.0, 1.0], seconds)
    return signal(model, q, v, coefficients(model, E_0))


def two_inputs(drive, seconds):
    """BOLD at whole seconds, blood flow and oxygen consumption driven alike (Buxton et al. 2004)."""
    kappa_f, gamma_f, kappa_m, gamma_m = 0.7650920556760059, 1 / 2.46, 4.032389192727559, 10 / 2.46

    def f(_, y):
        s_f, f_in, s_m, m, q, v = y
        excess = f_in - v ** (1 / 0.33)
        lag = 0.0 if excess > 0 else 20.0
        f_out = v ** (1 / 0.33) + lag * excess / (0.98 + lag)
        return [
            drive - kappa_f * s_f - gamma_f * (f_in - 1),
            s_f,
            drive * gamma_m / gamma_f - kappa_m * s_m - gamma_m * (m - 1),
            s_m,
            (m - q / v * f_out) / 0.98,
            excess / (0.98 + lag),
        ]

    *_, q, v = integrated(f, [0.0, 1.0, 0.0, 1.0, 1.0, 1.0], seconds)
    return signal(balloon_two_inputs, q, v, coefficients(balloon_two_inputs, 0.34, epsilon=1.0))


def simulated(model, mapping, seconds, dt=1.0, precision="double"):
    net = ann.Network(dt=dt)
    net.config(precision=precision)
    pop = net.create(5, ann.Neuron(**STEADY))
    pop.r = 0.3
    m = net.boldmonitor(pop, model, mapping, start=True)
    net.compile()
    net.simulate(seconds * 1000.0)
    rows = m.get("BOLD")
    assert rows.shape == (round(seconds * 1000.0 / dt), 1)
    return rows[round(1000 / dt) - 1 :: round(1000 / dt), 0]


@pytest.mark.parametrize("model", [balloon_CN, balloon_CL, balloon_RN, balloon_RL, balloon_maith2021])
def test_the_models_solve_the_published_equations(model):
    expected = balloon(model, 0.3, 20)
    assert np.abs(expected).max() > 0.005
    assert simulated(model, None, 20) == pytest.approx(expected, abs=3e-3 * np.abs(expected).max())


def test_the_model_with_two_inputs_solves_the_published_equations():
    expected = two_inputs(0.3, 20)
    assert np.abs(expected).max() > 0.005
    got = simulated(balloon_two_inputs, EVERYTHING, 20)
    assert got == pytest.approx(expected, abs=5e-3 * np.abs(expected).max())


def test_the_error_falls_with_the_step_as_that_of_the_explicit_euler_method():
    exact = balloon(balloon_RN, 0.3, 8)
    coarse, fine = (np.abs(simulated(balloon_RN, None, 8, dt=dt) - exact).max() for dt in (4.0, 1.0))
    assert coarse / fine == pytest.approx(4.0, rel=0.05)


def test_constants_are_keywords_of_the_models_and_attributes_of_the_monitor():
    net = ann.Network(dt=1.0)
    pop = net.create(1, ann.Neuron(**STEADY))
    m = net.boldmonitor(pop, balloon_RN(kappa=0.5, r_0=20.0), recorded_variables="k_2", start=True)
    assert (m.kappa, m.r_0, m.tau) == (0.5, 20.0, 0.98)
    m.E_0 = 0.4
    net.compile()
    net.simulate(2.0)
    m.epsilon = 1.0
    net.simulate(1.0)
    assert m.get("k_2")[:, 0] == pytest.approx([1.43 * 20 * 0.4 * 0.04] * 2 + [20 * 0.4 * 0.04])
    with pytest.raises(NNCError, match=r"no attribute 'kapa'.*did you mean 'kappa'"):
        m.kapa = 1.0
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = m.nothing


def test_single_precision_differs_by_round_off_only():
    exact = balloon(balloon_RN, 0.3, 20)
    assert simulated(balloon_RN, None, 20, precision="float") == pytest.approx(exact, abs=5e-3 * np.abs(exact).max())


def test_the_documented_model_is_one():
    text = (Path(__file__).parents[2] / "docs" / "bold.md").read_text(encoding="utf-8")
    equations = text.split('equations="""')[1].split('"""')[0]
    net = ann.Network(dt=1.0)
    pop = net.create(1, ann.Neuron(**STEADY))
    m = net.boldmonitor(pop, BoldModel("tau = 1000.0 : population", equations, ["I_CBF"], ["BOLD"]), start=True)
    net.compile()
    net.simulate(10_000.0)
    assert m.BOLD[0] == pytest.approx(0.02 * 0.3, rel=1e-3)
