"""What models consist of after analysis: attributes, what is implicit, what is read."""

from __future__ import annotations

import pytest
from support.described import built, codes, network, neuron, synapse

from nnc.compiler.description import ConstantRef, Drawn, Globals, ParameterDecl, VariableDecl
from nnc.compiler.diagnostics import UNKNOWN, DiagnosticError, Source
from nnc.compiler.frontend import syntax as ast
from nnc.compiler.frontend.model import AttributeInfo, AttributeRef, DistributionCall, Model
from nnc.compiler.frontend.values import same


def names(model: Model) -> list[str]:
    return [a.name for a in model.attributes]


def attribute(model: Model, name: str) -> AttributeInfo:
    found = model.attribute(name)
    assert found is not None
    return found


IZHIKEVICH = dict(
    parameters="noise = 0.0; a = 0.02; b = 0.2; c = -65.0; d = 8.0; v_thresh = 30.0; i_offset = 0.0; tau_refrac = 0.0",
    equations="""
        I = g_exc - g_inh + noise * Normal(0.0, 1.0) + i_offset
        dv/dt = 0.04 * v^2 + 5.0 * v + 140.0 - u + I : init = -65.0
        du/dt = a * (b * v - u) : init = -13.0
    """,
    spike="v > v_thresh",
    reset="v = c; u += d",
    refractory="tau_refrac",
)


def test_attributes_are_parameters_then_variables_then_implicit_ones() -> None:
    model = neuron(**IZHIKEVICH)
    parameters = ["noise", "a", "b", "c", "d", "v_thresh", "i_offset", "tau_refrac"]
    assert names(model) == [*parameters, "I", "v", "u", "r", "g_exc", "g_inh"]
    assert list(model.parameters) == parameters
    assert [a.name for a in model.attributes if a.implicit] == ["r", "g_exc", "g_inh"]
    assert model.targets == ("exc", "inh")
    assert model.uses.random


def test_conductances_without_equation_are_set_to_zero_after_the_last_equation() -> None:
    model = neuron(equations="v = g_exc; u = v", spike="v > 1")
    last = model.statements[-1]
    assert isinstance(last, ast.Assignment)
    assert (last.target.name, last.operator) == ("g_exc", "=")
    assert same(last.value, 0.0)
    assert len(model.statements) == 3


def test_conductances_with_an_equation_are_left_alone() -> None:
    model = neuron(equations="dv/dt = g_exc; 5.0*dg_exc/dt = -g_exc", spike="v > 1")
    assert len(model.statements) == 2
    assert model.targets == ("exc",)


def test_a_parameter_named_as_a_conductance_is_none() -> None:
    model = neuron(parameters="g_leak = 0.1", equations="dv/dt = -g_leak*v", spike="v > 1")
    assert model.targets == ()
    assert names(model) == ["g_leak", "v", "r"]
    assert [(d.severity, d.code) for d in model.diagnostics] == [("note", "N0610")]


def test_rate_coded_neurons_read_targets_of_sums_once_each() -> None:
    model = neuron(equations="r = sum(exc) - sum(inh) + sum(exc)")
    assert (model.kind, model.targets, model.uses.all_targets) == ("rate", ("exc", "inh"), False)
    assert neuron(equations="r = sum()").uses.all_targets


def test_parameters_of_texts_are_local_and_those_of_python_as_declared() -> None:
    text = neuron(parameters="a = 1; b = 2 : population", equations="r = a")
    assert [attribute(text, n).locality for n in "ab"] == ["local", "global"]
    declared = (ParameterDecl("a", 1.0, "global", "float", UNKNOWN, soft=True),)
    python = neuron(parameters=declared, equations="r = a")
    assert (attribute(python, "a").locality, attribute(python, "a").soft) == ("global", True)


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("a = 2*3", "float", 6.0),
        ("a = 10.5 : int", "int", 10),
        ("a = -2.7 : int", "int", -2),
        ("a = True", "bool", True),
        ("a = false", "bool", False),
        ("a", "float", 0.0),
        ("a : init=3.0", "float", 3.0),
        ("a = 10.0/4", "float", 2.5),
        ("a = -2^2", "float", -4.0),
        ("a = 0x10", "float", 16.0),
        ("a = 1 : bool", "bool", True),
    ],
)
def test_values_of_parameters(text: str, kind: str, value: object) -> None:
    info = attribute(neuron(parameters=text, equations="r = 1"), "a")
    assert (info.kind, info.init) == (kind, value)
    assert type(info.init) is type(value)


def test_initial_values_may_be_attributes_constants_and_distributions() -> None:
    model = neuron(
        Globals(constants=("E_L",)),
        parameters="a = E_L",
        equations="""
            v = 1 : init=a
            u = 1 : init=E_L
            x = 1 : init=Uniform(0.0, 2.0)
            n = 1 : init=2.7, int
            r = 1
        """,
    )
    assert attribute(model, "a").init == ConstantRef("E_L")
    assert attribute(model, "v").init == AttributeRef("a")
    assert attribute(model, "u").init == ConstantRef("E_L")
    assert attribute(model, "x").init == DistributionCall("Uniform", (0.0, 2.0))
    assert attribute(model, "n").init == 2
    assert codes(lambda: neuron(equations="r = 1 : init=Uniform(0.0, 2.0, middle=1.0)")) == ["N0205"]
    normal = neuron(equations="r = 1 : init=Normal(0.0, sigma=2.0, min=0.0)")
    assert attribute(normal, "r").init == DistributionCall("Normal", (0.0,), (("sigma", 2.0), ("min", 0.0)))


def test_an_attribute_hides_a_constant() -> None:
    model = neuron(Globals(constants=("a",)), parameters="a = 1", equations="r = 1 : init=a")
    assert attribute(model, "r").init == AttributeRef("a")


def test_extra_values_are_filled_in() -> None:
    model = neuron(parameters="tau = 'key'; b = {other}", equations="r = tau", extra_values={"key": 5.0, "other": 2})
    assert [attribute(model, n).init for n in ("tau", "b")] == [5.0, 2.0]


def test_keywords_of_variables_and_flags_of_texts_are_one() -> None:
    drawn = Drawn(object())
    declared = VariableDecl(
        Source("tau*dv/dt = -v : min=0.0"), init=drawn, max="tau", method="runge-kutta4", kind="int"
    )
    model = neuron(parameters="tau = 10.0", equations=(declared, Source("r = v")))
    info = attribute(model, "v")
    assert (info.init, info.method, info.kind) == (drawn, "rk4", "int")
    low, high = info.bounds
    assert (low.side, high.side) == ("min", "max")
    assert same(low.value, 0.0)
    assert same(high.value, ast.Name("tau"))


def test_flags_that_say_the_same_twice_are_no_contradiction() -> None:
    declared = VariableDecl(Source("dv/dt = -v : min=0, exponential, init=1"), min=0.0, method="exponential", init=1)
    model = neuron(equations=(declared, Source("r = 1 : min=0, min=0.0")))
    assert [len(attribute(model, n).bounds) for n in "vr"] == [1, 1]


def test_bounds_keep_the_order_in_which_they_are_written() -> None:
    info = attribute(neuron(equations="r = 1 : max=2.0, min=1.0"), "r")
    assert [b.side for b in info.bounds] == ["max", "min"]


def test_the_method_of_the_network_is_that_of_equations_without_one() -> None:
    model = neuron(Globals(method="exponential"), equations="dv/dt = -v; du/dt = -u : rk4; r = v")
    assert [attribute(model, n).method for n in "vur"] == ["exponential", "rk4", None]


def test_synapses_have_a_weight_and_a_default_transmission() -> None:
    rate, spiking = synapse(), synapse(pre_spike="g_target += w")
    assert names(rate) == ["w"]
    assert (rate.kind, spiking.kind) == ("rate", "spiking")
    assert rate.psp == ast.Binary("*", ast.Name("w"), ast.Attribute("pre", "r"))
    assert rate.uses.pre == ("r",)
    assert spiking.psp is None


def test_the_kind_of_the_presynaptic_population_decides() -> None:
    plain = synapse(Globals(), "spiking")
    assert plain.kind == "spiking"
    assert [e.assignment.target.name for e in plain.pre_spike] == ["g_target"]
    assert plain.diagnostics == ()
    silent = synapse(Globals(), "rate", pre_spike="g_target += w")
    assert (silent.kind, silent.pre_spike) == ("rate", ())


def test_a_gap_junction_transmits_nothing_at_spikes() -> None:
    assert synapse(Globals(), "spiking", psp="w * (pre.v - post.v)").pre_spike == ()


def test_the_conductance_comes_first_whatever_the_text_says() -> None:
    model = synapse(pre_spike="w += 1.0; x = 2; g_target += w")
    assert [e.assignment.target.name for e in model.pre_spike] == ["g_target", "w", "x"]


def test_events_declare_the_variables_they_assign() -> None:
    model = synapse(pre_spike="g_target += w; x = 2 : init=1.0; w += x", post_spike="y = 1")
    assert [(a.name, a.role, a.init) for a in model.attributes] == [
        ("w", "parameter", 0.0),
        ("x", "variable", 1.0),
        ("y", "variable", 0.0),
    ]
    assert attribute(model, "w").assigned


def test_a_static_weight_is_not_assigned() -> None:
    assert not attribute(synapse(), "w").assigned


def test_what_a_synapse_reads_is_listed() -> None:
    model = synapse(
        Globals(),
        "rate",
        psp="w * pre.r * mean(post.v)",
        equations="x = pre.sum(exc) + post.sum(inh) + max(pre.r, post.u); dw/dt = x",
    )
    uses = model.uses
    assert (uses.pre, uses.post) == (("r",), ("u",))
    assert (uses.pre_sums, uses.post_sums) == (("exc",), ("inh",))
    assert uses.reductions == (("post", "mean", "v"),)
    timed = synapse(pre_spike="g_target += t - t_post; x = t_pre")
    assert (timed.uses.t_pre, timed.uses.t_post) == (True, True)


def test_all_errors_of_a_model_are_reported_together() -> None:
    with pytest.raises(DiagnosticError) as caught:
        neuron(parameters="dt = 1", equations="v = x; r = sinn(v)", functions="exp(x) = x")
    assert [d.code for d in caught.value.diagnostics] == ["N0203", "N0213", "N0201", "N0204"]


def test_texts_that_cannot_be_parsed_are_reported_without_their_consequences() -> None:
    assert codes(lambda: neuron(equations="v = (1; r = v", spike="v >")) == ["N0102", "N0101"]


def test_the_nearest_name_is_suggested() -> None:
    with pytest.raises(DiagnosticError, match="did you mean 'tau_m'"):
        neuron(parameters="tau_m = 1", equations="r = tau_n")


def test_functions_see_arguments_constants_and_each_other() -> None:
    known = Globals(functions=(Source("f(x) = 2*x"),), constants=("c",))
    model = neuron(known, equations="r = g(f(1))", functions="g(x) = c*f(x) + pi")
    assert [f.name.name for f in model.functions] == ["g"]


def test_an_attribute_may_have_the_name_of_a_function() -> None:
    known = Globals(functions=(Source("f(x) = 2*x"),))
    model = neuron(known, parameters="f = 3", equations="g = f(f); r = g(f)", functions="g(x) = f(x) + 1")
    built(network(model, known=known))
