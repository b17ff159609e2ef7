"""Networks as modules: declarations, order, localities, and that the written code computes what the language says."""

from __future__ import annotations

import dataclasses
import inspect
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from support.described import NOTHING, built, network, neuron, synapse
from support.model_eval import Machine, machine

from nnc.compiler.description import Globals, ParameterDecl
from nnc.compiler.diagnostics import UNKNOWN, Diagnostics, Source
from nnc.compiler.frontend.analyse import analyse_neuron, analyse_synapse
from nnc.compiler.frontend.build import build_module
from nnc.compiler.ir import model
from nnc.compiler.ir.printer import print_module
from nnc.runtime.equations.synapse import DefaultRateCodedSynapse, DefaultSpikingSynapse, Synapse
from nnc.runtime.models import (
    adaptive,
    gif,
    hodgkin_huxley,
    integrate_and_fire,
    izhikevich,
    rate,
    rate_plasticity,
    spike_plasticity,
)

if TYPE_CHECKING:
    from nnc.compiler.ir.core import Op
    from nnc.compiler.ir.model import Module
    from nnc.runtime.equations.neuron import Neuron

OUTPUT = neuron(equations="r = 1")
SPIKER = neuron(equations="v = g_exc", spike="v > 1")


def lines(module: Module, *parts: str) -> list[str]:
    """The lines of the text that hold one of some words."""
    text = print_module(module).split("\n")
    return [line.strip() for line in text if any(p in line for p in parts)]


def run(state: dict[str, Any] | None = None, dt: float = 1.0, known: Globals = NOTHING, **given: Any) -> Machine:
    """A machine for a neuron of its own."""
    return machine(built(network(neuron(known, **given), known=known)), state, dt)


def value(expression: str, **state: float) -> float:
    """What an expression gives in the first step; names in `state` are parameters."""
    m = run(state, parameters="\n".join(state), equations=f"r = {expression}")
    m.advance()
    return float(m.state["r"])


def one(module: Module, kind: type[Op]) -> Any:
    (found,) = module.find(kind)
    return found


# -- standard models

NEURONS = [
    c
    for m in (adaptive, gif, hodgkin_huxley, integrate_and_fire, izhikevich, rate)
    for n, c in inspect.getmembers(m, inspect.isclass)
    if c.__module__ == m.__name__ and not n.startswith("_")
]
RATE_SYNAPSES = [DefaultRateCodedSynapse, rate_plasticity.Hebb, rate_plasticity.Oja, rate_plasticity.IBCM]
SPIKE_SYNAPSES = [DefaultSpikingSynapse, spike_plasticity.STP, spike_plasticity.STDP]


@pytest.mark.parametrize("cls", NEURONS, ids=lambda c: c.__name__)
@pytest.mark.parametrize("precision", ["double", "float"])
def test_standard_neurons_build_without_a_message(cls: type[Neuron], precision: str) -> None:
    analysed = analyse_neuron(cls().described, Globals())
    assert analysed.diagnostics == ()
    module = built(network(analysed, precision=precision))
    assert all(op.loc.known for op in module.walk() if op is not module)
    floats = {r.type.dtype.value for op in module.walk() for r in op.results}
    assert floats <= {"f32" if precision == "float" else "f64", "bool"}


@pytest.mark.parametrize("cls", RATE_SYNAPSES + SPIKE_SYNAPSES, ids=lambda c: c.__name__)
def test_standard_synapses_build_without_a_message(cls: type[Synapse]) -> None:
    ends = SPIKER if cls in SPIKE_SYNAPSES else OUTPUT
    analysed = analyse_synapse(cls().described, Globals(), ends.kind)
    assert analysed.diagnostics == ()
    built(network(ends, analysed))


def test_every_standard_model_is_built_here() -> None:
    assert len(NEURONS) == 11


# -- order and declarations


def test_a_neuron_is_written_in_the_order_of_the_design() -> None:
    analysed = neuron(
        parameters="a = 1",
        equations="dv/dt = a*g_exc",
        spike="v > 1",
        reset="v = 0",
        refractory=5.0,
    )
    ops = [op.name.removeprefix("model.") for op in one(built(network(analysed)), model.Neuron).body]
    declarations = ["param", "state", "state", "state", "param"]
    assert ops == [*declarations, "equation", "assign", "spike", "reset", "refractory"]


def test_uniform_parameters_are_one_value_and_the_others_an_array() -> None:
    analysed = neuron(parameters="a = 1; b = 2; c = 3 : population", equations="r = a*b*c")
    module = built(network(analysed, arrays=("b",)))
    assert lines(module, "model.param") == [
        "model.param @a : f64 local",
        "model.param @b : f64[neuron] local",
        "model.param @c : f64 global",
    ]


def test_a_weight_is_an_array_if_it_differs_or_changes() -> None:
    for analysed, weights, text in (
        (synapse(), True, "model.param @w : f64[syn] local"),
        (synapse(), False, "model.param @w : f64 local"),
        (synapse(equations="dw/dt = pre.r"), False, "model.state @w : f64[syn] local"),
    ):
        assert lines(built(network(OUTPUT, analysed, weights=weights)), ".param @w", ".state @w") == [text]


def test_attributes_of_the_ends_have_the_locality_of_their_population() -> None:
    pre = neuron(parameters="a = 1; b = 2", equations="r = a*b")
    psp = synapse(psp="w * pre.r * pre.a * pre.b * post.r")
    found = lines(built(network(pre, psp, arrays=("b",))), "of pre", "of post")
    assert [line.split(" = ")[1] for line in found] == [
        "model.get @r of pre : f64[pre]",
        "model.get @a of pre : f64",
        "model.get @b of pre : f64[pre]",
        "model.get @r of post : f64[post]",
    ]


def test_a_promoted_parameter_is_local() -> None:
    soft = (ParameterDecl("a", 1.0, "global", "float", UNKNOWN, soft=True),)
    module = built(network(neuron(parameters=soft, equations="r = a"), arrays=("a",)))
    assert lines(module, ".param @a") == ["model.param @a : f64[neuron] local"]


def test_inputs_are_those_that_are_read_then_those_that_are_brought() -> None:
    analysed = neuron(equations="r = sum(inh)")
    module = built(network(analysed, synapse(), targets=("exc",)))
    assert [op.target for op in module.find(model.Input)] == ["inh", "exc"]
    assert one(module, model.Population).targets == ("exc",)


def test_facts_of_the_description_reach_the_module() -> None:
    module = built(network(OUTPUT, synapse(), full=True, delay="each", index="u16", update_flag=True))
    (line,) = lines(module, "model.projection")
    assert line.endswith('from @pop0 to @pop0 targets ["exc"] full delay each index u16 update_flag')


def test_only_constants_that_are_read_are_declared() -> None:
    known = Globals(constants=("E_L", "unused"), functions=(Source("f(x) = x*E_L"),))
    module = built(network(neuron(known, equations="r = f(1)"), known=known))
    assert [op.sym for op in module.find(model.Constant)] == ["const.E_L"]


def test_draws_are_numbered_in_order_within_each_object() -> None:
    analysed = neuron(equations="a = Uniform(0.0, 1.0) + Uniform(0.0, 1.0) : population; r = a + Normal(0.0, 1.0)")
    module = built(network(analysed, synapse(equations="x = Uniform(0.0, 1.0)")))
    assert [(op.draw, str(op.result.type)) for op in module.find(model.Random)] == [
        (0, "f64"),
        (1, "f64"),
        (2, "f64[neuron]"),
        (0, "f64[syn]"),
    ]


@pytest.mark.parametrize(
    ("refractory", "asked", "expected"),
    [
        (None, False, []),
        (0.0, False, []),
        (5.0, False, ["refractory"]),
        (None, True, ["refractory"]),
        ("u", False, ["u"]),
    ],
)
def test_refractoriness_is_there_if_asked_for(refractory: Any, asked: bool, expected: list[str]) -> None:
    analysed = neuron(equations="dv/dt = 1; u = 2", spike="v > 1", refractory=refractory)
    description = network(analysed)
    population = dataclasses.replace(description.populations[0], refractory=asked)
    module = built(dataclasses.replace(description, populations=(population,)))
    assert [get.attr for op in module.find(model.Refractory) for get in op.find(model.Get)] == expected


def test_messages_of_all_objects_are_collected_and_the_module_stays_printable() -> None:
    diagnostics = Diagnostics()
    description = network(OUTPUT, synapse(psp="w*pre.x*post.y"))
    module = build_module(description, diagnostics)
    assert [d.code for d in diagnostics.errors] == ["N0209", "N0209"]
    assert "model.neuron" in print_module(module)


# -- events


def transmissions(**given: Any) -> list[str]:
    module = built(network(SPIKER, synapse(**given)))
    return [line.split(" %")[0] for line in lines(module, "model.transmit", "model.get_target", "model.coincident")]


def test_additions_to_the_conductance_stay_additions() -> None:
    assert transmissions(pre_spike="g_target += w") == ["model.transmit add"]
    assert transmissions(pre_spike="g_target -= w") == ["model.transmit add"]


def test_other_changes_replace_the_conductance() -> None:
    assert transmissions(pre_spike="g_target = w") == ["model.transmit set"]
    read = "%x0 = model.get_target : f64[post]"
    got = lines(built(network(SPIKER, synapse(pre_spike="g_target *= w"))), "get_target", "transmit")
    assert got == [read, "model.transmit set %x2"]
    assert len(transmissions(pre_spike="g_target += w : max=1.0")) == 2


def test_unless_post_keeps_what_was() -> None:
    module = built(network(SPIKER, synapse(pre_spike="g_target += w : unless_post; w += 1 : unless_post")))
    assert len(list(module.find(model.Coincident))) == 2


def test_events_execute_in_order_each_with_its_bounds() -> None:
    analysed = synapse(pre_spike="x = x + 2 : max=3.0; g_target += x; y = 2*x")
    m = machine(built_synapse(analysed), {"x": 2.0})
    m.event(model.OnPre)
    assert m.transmitted == [2.0]
    assert (float(m.state["x"]), float(m.state["y"])) == (3.0, 6.0)


def built_synapse(analysed: Any) -> Module:
    """The module of a network, of which only the synapse is left."""
    module = built(network(SPIKER, analysed))
    for op in reversed(list(module.body.ops)):
        if not isinstance(op, model.Synapse):
            op.erase()
    return module


# -- expressions


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1/2", 0.5),
        ("-2^2", -4.0),
        ("2^3^2", 512.0),
        ("2**-1", 0.5),
        ("9^0.5", 3.0),
        ("7 % 4", 3.0),
        ("-7 % 4", -3.0),
        ("-7 // 2", -4.0),
        ("1 < 2 < 3", 1.0),
        ("1 < 3 < 2", 0.0),
        ("not 1 > 2 and 2 > 1 or 1 > 2", 1.0),
        ("1 if 2 > 1 else 3", 1.0),
        ("2*modulo(-7, 4)", -6.0),
        ("modulo(7.9, 4.9)", 3.0),
        ("power(2.0, 3.9)", 8.0),
        ("power(2.0, 0)", 1.0),
        ("power(2.0, -3)", 1.0),
        ("pow(2, 10)", 1024.0),
        ("round(2.5)", 3.0),
        ("round(-2.5)", -3.0),
        ("sign(0)", 0.0),
        ("sign(-3)", -1.0),
        ("Heaviside(0)", 0.5),
        ("Heaviside(-1)", 0.0),
        ("Heaviside(2)", 1.0),
        ("pos(-1)", 0.0),
        ("positive(2)", 2.0),
        ("neg(-1)", -1.0),
        ("negative(1)", 0.0),
        ("clip(5, 0, 3)", 3.0),
        ("clip(-5, 0, 3)", 0.0),
        ("clip(2, 3, 1)", 3.0),
        ("clip(4, 3, 1)", 1.0),
        ("max(1, 3, 2)", 3.0),
        ("min(1, 3, 2)", 1.0),
        ("ln(1)", 0.0),
        ("ceil(1.5) + ceiling(1.5)", 4.0),
        ("fabs(-1) + abs(-2)", 3.0),
        ("isnan(1) + isfinite(2)", 1.0),
        ("hypot(3, 4)", 5.0),
        ("ite(1 > 2, 3, 4)", 4.0),
        ("True", 1.0),
        ("2*(1 > 0)", 2.0),
        ("pi", math.pi),
        ("dt + t", 1.0),
    ],
)
def test_expressions_have_the_values_of_the_language(expression: str, expected: float) -> None:
    assert value(expression) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("exponent", [-8, -3, -1, 1, 2, 3, 5, 8, 9, 2.5])
def test_powers_with_literal_exponents_agree_with_pow(exponent: float) -> None:
    assert value(f"x^({exponent})", x=1.37) == pytest.approx(1.37**exponent, rel=1e-14)
    assert value(f"pow(x, {exponent})", x=1.37) == pytest.approx(1.37**exponent, rel=1e-14)


@pytest.mark.parametrize("number", [math.nan, math.inf, -1.0, 0.0])
def test_rectifiers_turn_nan_to_zero_and_clip_keeps_it(number: float) -> None:
    assert value("pos(x)", x=number) == (number if number > 0 else 0.0)
    assert value("isnan(x)", x=number) == float(math.isnan(number))
    assert value("isfinite(x)", x=number) == float(math.isfinite(number))
    assert math.isnan(value("clip(x, 0, 1)", x=number)) == math.isnan(number)


def test_integers_truncate_and_booleans_keep_truth() -> None:
    m = run(equations="n += 0.6 : int; z = -2.7 : int; b = 0.2 : bool; h = n/2; q = z/2; r = if b: h + q else: 0")
    m.advance()
    assert (int(m.state["n"]), int(m.state["z"]), bool(m.state["b"])) == (0, -2, True)
    assert float(m.state["r"]) == -1.0


def test_a_differential_equation_of_an_integer_truncates_the_sum() -> None:
    assert run({"n": 1}, equations="dn/dt = 1.7 : int; r = n").trajectory("n", 3) == [2, 3, 4]


def test_the_order_of_statements_is_that_of_the_text() -> None:
    m = run(equations="a=t; b=a+1; dc/dt=b; dd/dt=c; e_=d; df/dt=d+e_; r=f")
    assert m.trajectory("r", 4) == [0, 2, 10, 30]


def test_bounds_hold_after_each_statement() -> None:
    m = run(equations="dr/dt = 1 : max=2.5; y = r")
    got = [(m.advance(), float(m.state["r"]), float(m.state["y"]))[1:] for _ in range(4)]
    assert got == [(1.0, 1.0), (2.0, 2.0), (2.5, 2.5), (2.5, 2.5)]


def test_the_bound_written_last_wins_and_nan_passes() -> None:
    assert run(equations="r = 5 : min=4.0, max=ceil(2.5)").trajectory("r", 1) == [3.0]
    assert run(equations="r = 5 : max=3.0, min=ceil(3.5)").trajectory("r", 1) == [4.0]
    assert math.isnan(run({"x": math.nan}, parameters="x", equations="r = x : min=0, max=1").trajectory("r", 1)[0])


def test_functions_are_called_with_their_types() -> None:
    known = Globals(functions=(Source("half(x) = x/2"), Source("whole(n) = n/2 : float, int")))
    m = run(
        known=known,
        equations="r = half(3) + whole(3.9) + own(0.5)",
        functions="own(x) = if x > 0: half(8) else: 0",
    )
    assert m.trajectory("r", 1) == [1.5 + 1.5 + 4.0]


def test_a_function_sees_the_constant_that_an_attribute_hides() -> None:
    known = Globals(functions=(Source("f(x) = x*c"),), constants=("c",))
    module = built(network(neuron(known, parameters="c = 2", equations="r = f(c)"), known=known))
    assert [get.attr for get in module.find(model.Get)] == ["const.c", "c"]


def test_single_precision_rounds_literals() -> None:
    module = built(network(neuron(equations="r = 0.1"), precision="float"))
    constants = [op.attributes["value"] for op in module.walk() if op.name == "const"]
    assert constants == [float(np.float32(0.1))]
