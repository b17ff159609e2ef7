"""What the rules let pass, beside the examples in `tests/diagnostics` of what they refuse."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.described import codes, neuron, synapse

from nnc.compiler.description import Globals
from nnc.compiler.diagnostics import Source
from nnc.compiler.frontend.builtins import DISTRIBUTIONS, FUNCTIONS, RESERVED


@pytest.mark.parametrize(
    "equations",
    [
        "m = mean(r) + dt + t : population; r = m",
        "m = Uniform(0.0, 1.0) : population; r = m",
        "a = 1 : population; m = 2*a : population, init=a; r = m",
        "r = if sum(exc) > 1 and not sum(inh) > 1: 1 else: 0",
        "r = ite(t >= 1, ite(t == 2, 1, 2), 3)",
        "r = max(r) + max(r, 1) + max(1, 2, 3)",
        "r = r : init=3",
        "b = True : bool; r = if b: 1 else: 0",
        "r = Normal(mu=0.0, sigma=1.0)",
        "gamma = 1; E = 2; I = 3; r = gamma*E*I",
        "exp = 1; r = exp(exp)",
        "tau = 10; tau*dr/dt + r = 1 : exponential, min=0.0, max=tau",
        "(1 + t)*dr/dt - 2*r = 3",
        "r = 1 : local",
    ],
)
def test_legal_equations_of_neurons(equations: str) -> None:
    assert codes(lambda: neuron(equations=equations)) == []


@pytest.mark.parametrize(
    "given",
    [
        {"equations": "theta = post.r + mean(post.r) + mean(pre.r) : postsynaptic"},
        {"equations": "m = mean(pre.r) : projection; theta = m : postsynaptic; dw/dt = theta*pre.r - m"},
        {"psp": "if pre.r > 1: w else: 0", "operation": "max"},
        {"parameters": "w = 1 : projection"},
        {"equations": "x = Uniform(0.0, 1.0); dw/dt = x"},
        {"pre_spike": "g_target += w : unless_post, max=2.0", "post_spike": "w += Uniform(0.0, 1.0) : max=1.0"},
        {"pre_spike": "g_target *= 2; w = ite(t_post > t_pre, 1, 0)"},
        {"pre_axon_spike": "g_target += w"},
    ],
)
def test_legal_synapses(given: dict[str, str]) -> None:
    assert codes(lambda: synapse(**given)) == []


@pytest.mark.parametrize(
    "given",
    [
        {"reset": "v = ite(t - t_last > 5, 0, 1); u += Uniform(0.0, 1.0)"},
        {"refractory": "u"},
        {"refractory": 5.0},
        {"axon_spike": "v > 2 and t_last < 0", "axon_reset": "v = 1"},
        {"reset": "v = 0 : min=0.0"},
    ],
)
def test_legal_spiking_neurons(given: dict[str, object]) -> None:
    assert codes(lambda: neuron(equations="dv/dt = g_exc; u = 2", spike="v > 1", **given)) == []


def test_an_empty_reset_and_an_empty_spike_condition_are_none() -> None:
    assert neuron(equations="r = 1", reset="").reset == ()


@given(st.sampled_from(sorted(FUNCTIONS)), st.integers(0, 5))
def test_functions_take_as_many_arguments_as_the_table_says(name: str, count: int) -> None:
    call = f"{name}({', '.join(['t'] * count)})"
    found = codes(lambda: neuron(equations=f"r = {call}"))
    if name in ("max", "min") and count == 1:
        assert found == ["N0308"]
    else:
        assert found == ([] if FUNCTIONS[name].takes(count) else ["N0205"])


@given(st.sampled_from(sorted(DISTRIBUTIONS)), st.integers(0, 4))
def test_distributions_take_their_parameters_only(name: str, count: int) -> None:
    arguments = ["a", "b", "c", "d"][:count]
    found = codes(lambda: neuron(parameters="a=1; b=1; c=1; d=1", equations=f"r = {name}({', '.join(arguments)})"))
    assert found == ([] if count == len(DISTRIBUTIONS[name].parameters) else ["N0205"])


@given(st.sampled_from(sorted(RESERVED - {"True", "False"})))
def test_reserved_names_are_refused_for_parameters_and_variables(name: str) -> None:
    assert "N0203" in codes(lambda: neuron(parameters=f"{name} = 1", equations="r = 1"))
    assert "N0203" in codes(lambda: neuron(equations=f"{name} = 1; r = 1"))


def test_a_global_function_of_a_wrong_form_is_reported_with_each_model_that_may_use_it() -> None:
    known = Globals(functions=(Source("f(x) = y"),))
    assert codes(lambda: neuron(known, equations="r = 1")) == ["N0201"]
    assert codes(lambda: synapse(known)) == ["N0201"]
