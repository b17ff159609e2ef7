"""Measured courses of the standard models: language specification, 12.5 (dt = 0.1 ms, 50 ms, one synapse each)."""

from __future__ import annotations

from math import exp
from typing import Any

import pytest
from support.bench import TARGETS, Bench, given

import nnc as ann

TARGET = pytest.mark.parametrize("target", TARGETS)
FIRING = (100, 120, 200, 300, 310)
"""Steps in which the sources fire."""

NEURONS = {
    "Izhikevich": (
        ann.Izhikevich(i_offset=10.0),
        None,
        [33, 270],
        {"v": {0: -64.3, 1: -63.61204, 100: -66.72591161, 499: -68.89004353}, "u": {1: -12.99972, 499: -4.950623304}},
    ),
    "IF_curr_exp": (
        ann.IF_curr_exp(i_offset=1.0),
        0.5,
        [181, 335],
        {
            "v": {0: -64.90024958, 101: -56.96003637, 499: -52.19075314},
            "g_exc": {101: 0.5, 102: 0.4900993367, 201: 0.6686159006},
        },
    ),
    "refractory": (
        ann.IF_curr_exp(i_offset=1.0, tau_refrac=2.0),
        0.5,
        [181, 350],
        {"v": {200: -65.0, 201: -65.0, 499: -54.59791587}},
    ),
    "IF_cond_exp": (
        ann.IF_cond_exp(),
        0.05,
        [158, 257, 333],
        {"v": {101: -64.6766196, 150: -51.08722638, 499: -55.4661432}},
    ),
    "IF_curr_alpha": (
        ann.IF_curr_alpha(),
        2.0,
        [167, 214, 256, 314, 349, 383, 434],
        {"v": {102: -64.9893686, 499: -56.04982424}, "alpha_exc": {101: 0.106580026, 150: 3.790252807}},
    ),
    "IF_cond_alpha": (
        ann.IF_cond_alpha(),
        0.05,
        [154, 184, 217, 245, 278, 319, 343, 365, 390, 424, 498],
        {"v": {102: -64.98272627}, "alpha_exc": {499: 0.02478599549}},
    ),
    "EIF_cond_exp_isfa_ista": (
        ann.EIF_cond_exp_isfa_ista(i_offset=1.0),
        None,
        [118, 256, 416],
        {"v": {0: -70.24412724, 499: -55.49227693}, "w": {1: 9.885354535e-07, 499: 0.2222488711}},
    ),
    "HH_cond_exp": (
        ann.HH_cond_exp(i_offset=0.2),
        None,
        [],
        {
            "v": {0: -64.90024958, 150: -51.34973866, 499: -52.02737372},
            "n": {0: 0.001814521802},
            "m": {0: 0.006765153045},
            "h": {0: 0.999997587},
        },
    ),
}


def single(value: float) -> Any:
    """What single precision makes of a course: errors grow from step to step."""
    return pytest.approx(value, rel=2e-4, abs=1e-6)


@TARGET
@pytest.mark.parametrize("precision", ["double", "float"])
def test_neurons(target: str, precision: str) -> None:
    bench = Bench(target, dt=0.1, precision=precision)
    source = bench.source(*FIRING)
    for name, (neuron, weight, _, samples) in NEURONS.items():
        pop = bench.net.create(1, neuron)
        if weight is not None:
            bench.link(source, pop, w=weight)
        for variable in ("spike", *samples):
            bench.watch(f"{name} {variable}", pop, variable)
    steps = 60 if target == "interp" else 500 if precision == "double" else 152
    rows = bench.run(steps)
    for name, (_, _, spikes, samples) in NEURONS.items():
        for variable, values in samples.items():
            for step in [k for k in values if k < steps]:
                value = rows[f"{name} {variable}"][step]
                assert value == (given(values[step]) if precision == "double" else single(values[step])), (name, step)
        assert rows[f"{name} spike"] == [step for step in spikes if step < steps], name


@TARGET
@pytest.mark.parametrize("precision", ["double", "float"])
def test_spike_timing_dependent_plasticity(target: str, precision: str) -> None:
    bench = Bench(target, dt=0.1, precision=precision)
    proj = bench.net.connect(bench.source(*FIRING), bench.source(150, 280, 310, 401), "exc", ann.STDP())
    proj.one_to_one(weights=0.5)
    for name in "wxy":
        bench.watch(name, proj)
    rows = bench.run(405)
    measured = {
        "w": {
            150: 0.5165165015,
            201: 0.5087284937,
            280: 0.5241308838,
            301: 0.5103351666,
            310: 0.5332185522,
            311: 0.5100298813,
            401: 0.5309972537,
        },
        "x": {101: 0.01, 121: 0.0190937293, 201: 0.0228630643, 311: 0.0328833856},
        "y": {150: -0.01, 310: -0.0231886709},
    }
    for name, values in measured.items():
        for step, value in values.items():
            exact = pytest.approx(value, abs=6e-11) if precision == "double" else given(value, precision)
            assert rows[name][step] == exact, (name, step)
    assert rows["x"][121] == given(0.01 * exp(-1.9 / 20.0) + 0.01, precision)


@TARGET
@pytest.mark.parametrize("precision", ["double", "float"])
def test_short_term_plasticity(target: str, precision: str) -> None:
    bench = Bench(target, dt=0.1, precision=precision)
    cell = bench.spiking("v += g_exc")
    proj = bench.net.connect(bench.source(*FIRING), cell, "exc", ann.STP(tau_rec=100.0, tau_facil=50.0, U=0.2))
    proj.one_to_one(weights=1.0)
    bench.watch("g_exc", cell)
    bench.watch("x", proj)
    bench.watch("u", proj)
    rows = bench.run(320)
    arrivals = [101, 121, 201, 301, 311]
    sent = [0.2, 0.2845598858, 0.2455381706, 0.1838416077, 0.116184529]
    assert rows["g_exc"][arrivals] == pytest.approx(sent, **_digits(precision))
    left = [0.8, 0.5192042417, 0.3101873533, 0.1913656177, 0.0824261465]
    assert rows["x"][arrivals] == pytest.approx(left, **_digits(precision))
    used = [0.36, 0.4832272564, 0.5534668249, 0.5919788218, 0.6679890594]
    assert rows["u"][arrivals] == pytest.approx(used, **_digits(precision))


def _digits(precision: str) -> dict[str, float]:
    """Ten decimals are given."""
    return {"abs": 6e-11, "rel": 0.0} if precision == "double" else {"abs": 0.0, "rel": 3e-5}
