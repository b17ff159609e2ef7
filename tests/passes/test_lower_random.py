"""Draws: filled ahead they are the same numbers, and distributions are what they are called."""

from __future__ import annotations

import math

import numpy as np
import pytest
from support.step_networks import lowered, random_wires, read, run, state

from nnc.compiler.ir import step
from nnc.compiler.ir.interp import Connectivity


def drawing(distribution: str, *parameters: float | str, where: str = "neuron") -> str:
    """Neurons, or synapses, with a variable that is drawn in every step."""
    numbers = "\n".join(
        f"%p{i} = model.get @{p} : f64" if isinstance(p, str) else f"%p{i} = const {float(p)!r} : f64"
        for i, p in enumerate(parameters)
    )
    names = ", ".join(f"%p{i}" for i in range(len(parameters)))
    at = {"neuron": "neuron", "synapse": "syn"}[where]
    code = f"""
    model.param @a : f64 global
    model.state @x : f64[{at}] local
    model.update local {{ {numbers}
      %x = model.random {distribution} 0 with {names} : f64[{at}]
      model.set @x, %x
    }}"""
    return f"""module @net dt = 1.0 {{
  model.neuron @pop0.model rate {{ {code if where == "neuron" else ""} }}
  model.synapse @proj0.model rate {{ {code if where == "synapse" else ""} }}
  model.population @pop0 : @pop0.model targets []
  model.projection @proj0 : @proj0.model from @pop0 to @pop0 targets [] delay one index i32
}}"""


def drawn(text: str, upto: str = "choose-propagation", n: int = 20000, **fields: float) -> np.ndarray:
    module = lowered(text, upto)
    end = run(module, state(module, n, {"proj0": Connectivity([], [])}, **fields), 1)
    return end.fields["pop0.x"]


EULER = 0.5772156649
CASES = {
    "uniform": ((-1.0, 3.0), 1.0, 4.0 / math.sqrt(12)),
    "normal": ((2.0, 0.5), 2.0, 0.5),
    "log_normal": ((0.1, 0.4), math.exp(0.18), math.sqrt((math.exp(0.16) - 1) * math.exp(0.36))),
    "discrete_uniform": ((2.0, 6.0), 4.0, math.sqrt(2.0)),
    "exponential": ((4.0,), 0.25, 0.25),
    "gamma": ((2.5, 0.5), 1.25, 0.5 * math.sqrt(2.5)),
    "binomial": ((10.0, 0.7), 7.0, math.sqrt(2.1)),
}


@pytest.mark.parametrize("name", CASES)
def test_distributions_have_their_mean_and_deviation(name: str) -> None:
    parameters, mean, deviation = CASES[name]
    values = drawn(drawing(name, *parameters))
    assert abs(values.mean() - mean) < 5 * deviation / math.sqrt(len(values))
    assert abs(values.std() - deviation) < 0.05 * deviation


def test_discrete_distributions_give_whole_numbers_of_their_range() -> None:
    assert set(drawn(drawing("discrete_uniform", 2.0, 6.0))) == {2.0, 3.0, 4.0, 5.0, 6.0}
    counts = np.bincount(drawn(drawing("binomial", 3.0, 0.5)).astype(int), minlength=4) / 20000
    np.testing.assert_allclose(counts, [1 / 8, 3 / 8, 3 / 8, 1 / 8], atol=0.02)
    assert set(drawn(drawing("binomial", 5.0, 1.0))) == {5.0}
    assert set(drawn(drawing("binomial", 5.0, 0.0))) == {0.0}


def test_parameters_are_those_of_the_moment() -> None:
    text = drawing("uniform", 0.0, "a")
    assert 0.99 < drawn(text, pop0__a=1.0).max() < 1.0
    assert 6.9 < drawn(text, pop0__a=7.0).max() < 7.0


@pytest.mark.parametrize(("n", "p"), [(-1.0, 0.5), (math.nan, 0.5), (10.0, -0.1), (10.0, 1.1), (10.0, math.nan)])
def test_binomial_numbers_of_impossible_parameters_are_none(n: float, p: float) -> None:
    text = drawing("binomial", "a", "b").replace("model.param @a", "model.param @b : f64 global model.param @a")
    assert np.isnan(drawn(text, n=10, pop0__a=n, pop0__b=p)).all()


def test_gamma_numbers_of_no_shape_are_none() -> None:
    text = drawing("gamma", "a", 0.5)
    assert np.isfinite(drawn(text, pop0__a=1e-3)).all()
    assert np.isnan(drawn(text, pop0__a=-1.0)).all()
    assert np.isnan(drawn(text, pop0__a=0.0)).all()


def test_draws_filled_ahead_are_the_draws_in_place() -> None:
    wires = {"proj0": random_wires(30, 0.2, 1), "proj1": random_wires(30, 0.2, 2)}
    text = read("rate").replace(" full no_self", "")
    ends = []
    for upto in ("lower-delays", "lower-random", "choose-propagation"):
        module = lowered(text, upto)
        ends.append(run(module, state(module, 30, wires, pop0__tau=10.0, const__gain=1.0), 5).fields["pop0.v"])
    assert np.ptp(ends[0]) > 0
    np.testing.assert_array_equal(ends[0], ends[1])
    np.testing.assert_array_equal(ends[0], ends[2])


def test_synapses_draw_one_number_each() -> None:
    module = lowered(drawing("uniform", 0.0, 1.0, where="synapse"))
    assert not list(module.find(step.Random))
    end = run(module, state(module, 20, {"proj0": random_wires(20, 0.5, 3)}), 1)
    assert len(set(end.fields["proj0.x"])) == len(end.fields["proj0.x"])


def test_draws_that_arriving_spikes_need_are_filled_before_them() -> None:
    text = read("izhikevich").replace(
        "model.transmit add %w",
        "%lo = const 0.0 : f64 %x = model.random uniform 0 with %lo, %w : f64[syn] model.transmit add %x",
    )
    wires = {"proj0": random_wires(10, 0.5, 4, delays=2)}
    ends = []
    for upto in ("instantiate", "choose-propagation"):
        module = lowered(text, upto)
        start = state(module, 10, wires, pop0__a=0.02, pop0__b=0.2, pop0__c=-65.0, pop0__d=8.0, proj0__w=5.0)
        start.fields["pop0.v"][:], start.fields["pop0.u"][:] = -65.0, -13.0
        start.fields["pop0.i_offset"][:] = np.linspace(5.0, 20.0, 10)
        ends.append(run(module, start, 60).fields["pop0.v"])
    assert not np.array_equal(ends[0], np.full(10, ends[0][0]))
    np.testing.assert_array_equal(ends[0], ends[1])
    actions = [op for op in module.body.ops if isinstance(op, (step.Fill, step.Map))]
    assert isinstance(actions[0], step.Fill)


def test_streams_differ_between_owners_and_occurrences() -> None:
    text = drawing("uniform", 0.0, 1.0).replace(
        "model.set @x, %x",
        "%y = model.random uniform 1 with %p0, %p1 : f64[neuron] %d = arith.sub %x, %y : f64[neuron] model.set @x, %d",
    )
    streams = [op.stream for op in lowered(text).find(step.Fill)]
    assert len(set(streams)) == 2
    assert abs(np.corrcoef(drawn(text), drawn(drawing("uniform", 0.0, 1.0)))[0, 1]) < 0.8
