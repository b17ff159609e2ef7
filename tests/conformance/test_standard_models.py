"""The standard models as the language specification (8) writes them: signatures, localities, and whole courses.

The courses are those of a second implementation, one neuron at a time in Python, with input on both conductances;
measured numbers are in `test_standard_data.py`.
"""

from __future__ import annotations

import inspect
from math import exp
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from support.bench import TARGETS, Bench, given

import nnc as ann

if TYPE_CHECKING:
    from collections.abc import Callable

    State = dict[str, float]
    Advance = Callable[[State, State, float], bool]

TARGET = pytest.mark.parametrize("target", TARGETS)
INTEGRATE = "v_rest=-65.0, cm=1.0, tau_m=20.0, tau_refrac=0.0, tau_syn_E=5.0, tau_syn_I=5.0"
CURRENT = f"{INTEGRATE}, v_thresh=-50.0, v_reset=-65.0, i_offset=0.0"
REVERSALS = "e_rev_E=0.0, e_rev_I=-70.0"
ADAPTIVE = (
    "v_rest=-70.6, cm=0.281, tau_m=9.3667, tau_refrac=0.1, tau_syn_E=5.0, tau_syn_I=5.0, e_rev_E=0.0, e_rev_I=-80.0, "
    "tau_w=144.0, a=4.0, b=0.0805, i_offset=0.0, delta_T=2.0, v_thresh=-50.4, v_reset=-70.6, v_spike=-40.0"
)
HODGKIN = (
    "gbar_Na=20.0, gbar_K=6.0, gleak=0.01, cm=0.2, v_offset=-63.0, e_rev_Na=50.0, e_rev_K=-90.0, e_rev_leak=-65.0, "
    "e_rev_E=0.0, e_rev_I=-80.0, tau_syn_E=0.2, tau_syn_I=2.0, i_offset=0.0, v_thresh=0.0"
)
GIF = "C_m=250.0, tau_m=10.0, tau_v=1000.0, J_v=1000.0, u_r=-65.0, u_th=-50.0, c=10.0, delta_u=5.0, I_ext=375.0"
DEFAULTS: dict[str, tuple[str, str]] = {
    "LeakyIntegrator": ("tau=10.0, B=0.0, T=0.0", "tau T"),
    "Izhikevich": ("a=0.02, b=0.2, c=-65.0, d=8.0, v_thresh=30.0, i_offset=0.0, noise=0.0, tau_refrac=0.0", ""),
    "IF_curr_exp": (CURRENT, ""),
    "IF_cond_exp": (f"{CURRENT}, {REVERSALS}", ""),
    "IF_curr_alpha": (CURRENT, ""),
    "IF_cond_alpha": (f"{CURRENT}, {REVERSALS}", ""),
    "EIF_cond_exp_isfa_ista": (ADAPTIVE, ""),
    "EIF_cond_alpha_isfa_ista": (ADAPTIVE, ""),
    "HH_cond_exp": (HODGKIN, ""),
    "GIF_curr": (GIF, "*"),
    "GIF_curr_exp": (f"{GIF}, tau_g_exc=5.0, tau_g_inh=5.0", "*"),
    "Hebb": ("eta=0.01", "*"),
    "Oja": ("eta=0.01, alpha=1.0", "*"),
    "IBCM": ("eta=0.01, tau=2000.0", "*"),
    "STP": ("tau_rec=100.0, tau_facil=0.01, U=0.5", "tau_rec tau_facil"),
    "STDP": ("tau_plus=20.0, tau_minus=20.0, A_plus=0.01, A_minus=0.01, w_min=0.0, w_max=1.0", "*"),
}
"""Parameters with their values, and those that are one value for all."""


def _numbers(text: str) -> dict[str, float]:
    return {name: float(value) for name, value in (part.split("=") for part in text.split(", "))}


@pytest.mark.parametrize("name", DEFAULTS)
def test_parameters_have_the_values_and_localities_of_the_specification(name: str) -> None:
    text, shared = DEFAULTS[name]
    expected = _numbers(text)
    signature = inspect.signature(getattr(ann, name)).parameters
    found = {k: p.default for k, p in signature.items() if isinstance(p.default, float | int)}
    assert {k: float(v) for k, v in found.items() if k in expected} == expected
    model = getattr(ann, name)()
    net = ann.Network()
    net.config(paradigm="interp")
    spiking = name in ("STP", "STDP")
    pop = net.create(2, model if isinstance(model, ann.Neuron) else ann.IF_curr_exp if spiking else ann.LeakyIntegrator)
    held: Any = pop
    if isinstance(model, ann.Synapse):
        held = net.connect(pop, pop, "exc", model)
        held.all_to_all(weights=1.0)
        net.compile(silent=True)
    for parameter, value in expected.items():
        one = shared == "*" or parameter in shared.split()
        values = held.get(parameter)
        assert isinstance(values, float) == one, parameter
        assert np.ravel(np.concatenate(values) if isinstance(values, list) else values).tolist()[0] == value, parameter


def _decay(x: float, tau: float, dt: float, goal: float = 0.0) -> float:
    return x + (1 - exp(-dt / tau)) * (goal - x)


def _conductances(s: State, p: State, dt: float) -> dict[str, float]:
    return {"g_exc": _decay(s["g_exc"], p["tau_syn_E"], dt), "g_inh": _decay(s["g_inh"], p["tau_syn_I"], dt)}


def _alphas(s: State, p: State, dt: float) -> dict[str, float]:
    new = _conductances(s, p, dt)
    for kind, tau in (("exc", p["tau_syn_E"]), ("inh", p["tau_syn_I"])):
        new[f"alpha_{kind}"] = _decay(s[f"alpha_{kind}"], tau, dt, exp((tau - dt / 2) / tau) * s[f"g_{kind}"])
    return new


def _leaky(alpha: bool, conductance: bool) -> Advance:
    def advance(s: State, p: State, dt: float) -> bool:
        new = (_alphas if alpha else _conductances)(s, p, dt)
        exc, inh = (s[f"{'alpha' if alpha else 'g'}_{kind}"] for kind in ("exc", "inh"))
        leak, drive = p["cm"] / p["tau_m"], p["i_offset"]
        if conductance:
            rate = leak + exc + inh
            goal = (leak * p["v_rest"] + exc * p["e_rev_E"] + inh * p["e_rev_I"] + drive) / rate
        else:
            rate, goal = leak, p["v_rest"] + (exc - inh + drive) / leak
        s.update(new, v=_decay(s["v"], p["cm"] / rate, dt, goal))
        fired = s["v"] > p["v_thresh"]
        if fired:
            s["v"] = p["v_reset"]
        return fired

    return advance


def _adaptive(alpha: bool) -> Advance:
    def advance(s: State, p: State, dt: float) -> bool:
        new = (_alphas if alpha else _conductances)(s, p, dt)
        exc, inh = (s[f"{'alpha' if alpha else 'g'}_{kind}"] for kind in ("exc", "inh"))
        v, w = s["v"], s["w"]
        current = exc * (p["e_rev_E"] - v) + inh * (p["e_rev_I"] - v) + p["i_offset"]
        upswing = p["delta_T"] * exp((v - p["v_thresh"]) / p["delta_T"])
        dv = (p["v_rest"] - v + upswing + p["tau_m"] / p["cm"] * (current - w)) / p["tau_m"]
        dw = (p["a"] * (v - p["v_rest"]) / 1000 - w) / p["tau_w"]
        s.update(new, v=v + dt * dv, w=w + dt * dw)
        fired = s["v"] > p["v_spike"]
        if fired:
            s["v"], s["w"] = p["v_reset"], s["w"] + p["b"]
        return fired

    return advance


def _hodgkin(s: State, p: State, dt: float) -> bool:
    v, u = s["v"], s["v"] - p["v_offset"]
    rates = {
        "n": (0.032 * (15 - u) / (exp((15 - u) / 5) - 1), 0.5 * exp((10 - u) / 40)),
        "m": (0.32 * (13 - u) / (exp((13 - u) / 4) - 1), 0.28 * (u - 40) / (exp((u - 40) / 5) - 1)),
        "h": (0.128 * exp((17 - u) / 18), 4 / (1 + exp(10 - u))),
    }
    new = {name: _decay(s[name], 1 / (a + b), dt, a / (a + b)) for name, (a, b) in rates.items()}
    flows = (
        (p["gleak"], p["e_rev_leak"]),
        (p["gbar_K"] * s["n"] ** 4, p["e_rev_K"]),
        (p["gbar_Na"] * s["m"] ** 3 * s["h"], p["e_rev_Na"]),
        (s["g_exc"], p["e_rev_E"]),
        (s["g_inh"], p["e_rev_I"]),
    )
    total = sum(g for g, _ in flows)
    goal = (sum(g * e for g, e in flows) + p["i_offset"]) / total
    s.update(new, **_conductances(s, p, dt), v=_decay(v, p["cm"] / total, dt, goal))
    return s["v"] > p["v_thresh"] >= v


def _izhikevich(s: State, p: State, dt: float) -> bool:
    v, u = s["v"], s["u"]
    current = s["g_exc"] - s["g_inh"] + p["i_offset"]
    s.update(
        v=v + dt * (0.04 * v * v + 5 * v + 140 - u + current),
        u=u + dt * p["a"] * (p["b"] * v - u),
        g_exc=0.0,
        g_inh=0.0,
    )
    fired = s["v"] > p["v_thresh"]
    if fired:
        s["v"], s["u"] = p["c"], s["u"] + p["d"]
    return fired


LEAKY = {"v": -65.0, "g_exc": 0.0, "g_inh": 0.0}
ALPHA = {"alpha_exc": 0.0, "alpha_inh": 0.0}
GATES = {"n": 0.0, "m": 0.0, "h": 1.0}
COURSES: dict[str, tuple[Advance, State, State, float]] = {
    "Izhikevich": (_izhikevich, {"v": -65.0, "u": -13.0, "g_exc": 0.0, "g_inh": 0.0}, {"i_offset": 9.0}, 4.0),
    "IF_curr_exp": (_leaky(False, False), LEAKY, {"i_offset": 0.9}, 0.5),
    "IF_cond_exp": (_leaky(False, True), LEAKY, {"i_offset": 0.8}, 0.02),
    "IF_curr_alpha": (_leaky(True, False), {**LEAKY, **ALPHA}, {"i_offset": 0.8}, 0.5),
    "IF_cond_alpha": (_leaky(True, True), {**LEAKY, **ALPHA}, {"i_offset": 0.8}, 0.02),
    "EIF_cond_exp_isfa_ista": (_adaptive(False), {**LEAKY, "v": -70.6, "w": 0.0}, {"i_offset": 1.0}, 0.02),
    "EIF_cond_alpha_isfa_ista": (_adaptive(True), {**LEAKY, **ALPHA, "v": -70.6, "w": 0.0}, {"i_offset": 1.0}, 0.01),
    "HH_cond_exp": (_hodgkin, {**LEAKY, **GATES}, {"i_offset": 1.0}, 0.3),
}
EXCITED, INHIBITED = (30, 33, 47, 120, 121, 250), (60, 61, 180)
ARRIVES = {"g_exc": EXCITED, "g_inh": INHIBITED}


@pytest.mark.parametrize("target", ["llvm", "interp"])  # measured courses are compared on all targets
def test_courses_are_those_of_a_second_implementation(target: str) -> None:
    bench = Bench(target, dt=0.1)
    steps = 70 if target == "interp" else 400
    sources = {"exc": bench.source(*(k - 1 for k in EXCITED)), "inh": bench.source(*(k - 1 for k in INHIBITED))}
    for name, (_, start, settings, weight) in COURSES.items():
        pop = bench.net.create(1, getattr(ann, name)(**settings))
        for kind, source in sources.items():
            bench.link(source, pop, w=weight, target=kind)
        for variable in ("spike", *start):
            if not variable.startswith("g_"):
                bench.watch(f"{name} {variable}", pop, variable)
    rows = bench.run(steps)
    for name, (advance, start, settings, weight) in COURSES.items():
        parameters, s, spikes = {**_numbers(DEFAULTS[name][0]), **settings}, dict(start), []
        hold = 0
        period = round(parameters.get("tau_refrac", 0.0) / 0.1)
        for k in range(steps):
            for conductance, arrivals in ARRIVES.items():
                s[conductance] += weight * (k in arrivals)
            before = dict(s)
            fired = advance(s, parameters, 0.1) and hold == 0
            if hold:
                s.update({n: v for n, v in before.items() if not n.startswith("g_")})
            hold = period if fired else max(hold - 1, 0)
            spikes += [k] * fired
            for variable in start:
                if not variable.startswith("g_"):
                    value = rows[f"{name} {variable}"][k]
                    assert value == pytest.approx(s[variable], rel=1e-8, abs=1e-12), (name, variable, k)
        assert rows[f"{name} spike"] == spikes, name
        assert len(spikes) > 0 or target == "interp", name


@TARGET
@pytest.mark.parametrize("name", ["GIF_curr", "GIF_curr_exp"])
def test_stochastic_neurons_follow_their_own_draws(target: str, name: str) -> None:
    bench = Bench(target, dt=0.1)
    pop = bench.net.create(1, getattr(ann, name)(c=5000.0))
    bench.link(bench.source(*(k - 1 for k in EXCITED)), pop, w=600.0)
    for variable in ("spike", "u", "v", "p", "Lambda"):
        bench.watch(variable, pop)
    rows = bench.run(120)
    u, v, g, spikes = -65.0, -50.0, 0.0, []
    p = _numbers(GIF)
    resistance = p["tau_m"] / p["C_m"]
    for k in range(120):
        g += 600.0 * (k in EXCITED)
        du = (-u + p["u_r"] + resistance * p["I_ext"] + resistance * g) / p["tau_m"]
        u, v = u + 0.1 * du, v - 0.1 * (v - p["u_th"]) / p["tau_v"]
        rate = 5000.0 * exp((u - v) / p["delta_u"])
        g = 0.0 if name == "GIF_curr" else g - 0.1 * g / 5.0
        assert rows["Lambda"][k] == given(rate), k
        assert 0 <= rows["p"][k] < 1e4
        if rows["p"][k] < rate:
            spikes.append(k)
            u, v = p["u_r"], v + p["J_v"] / p["tau_v"]
        assert (rows["u"][k], rows["v"][k]) == given((u, v)), k
    assert rows["spike"] == spikes
    assert spikes


def test_two_names_for_the_fragments_of_equations() -> None:
    """`sum`, `noise`, `conductance` and `current` are pieces of equations."""
    bench = Bench()
    source = bench.rate("r = 2")
    pop = bench.net.create(1, ann.LeakyIntegrator(tau=1.0, sum="3*sum(a)", noise="0.5"))
    bench.link(source, pop, target="a")
    cell = bench.net.create(1, ann.Izhikevich(conductance="2*g_a"))
    bench.link(bench.source(1), cell, target="a")
    silent = bench.net.create(1, ann.GIF_curr(current="", c=0.0))
    bench.run(2)
    first = (1 - exp(-1)) * 0.5
    assert pop.v[0] == given(first + (1 - exp(-1)) * (6.5 - first))
    assert cell.attributes
    assert silent.u[0] > -65.0
