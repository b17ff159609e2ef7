"""Whatever a user writes: either errors with places in the text, or a module that the verifier accepts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st
from support.described import built, network, neuron, synapse

from nnc.compiler.description import Globals
from nnc.compiler.diagnostics import DiagnosticError, Source

if TYPE_CHECKING:
    from collections.abc import Callable

    from nnc.compiler.frontend.model import NeuronModel, SynapseModel
    from nnc.compiler.ir.model import Module

KNOWN = Globals(functions=(Source("f(x, y) = x*y + c"),), constants=("c",))
NAMES = "v u r w g_exc g_target a b n flag c t dt pi t_last t_pre t_post x unknown"
OPERATORS = "+ - * / ** % // < <= == != and or"
FUNCTIONS = "exp pos clip max min ite power modulo f Uniform Normal Exponential nothing"
TARGETS = "v u r w x g_exc g_target n flag y"
FLAGS = "population projection postsynaptic int bool exponential rk4 event-driven unless_post"
leaf = st.one_of(
    st.sampled_from(NAMES.split()),
    st.sampled_from(["1", "2.5", "0", "1e-3", "True", "pre.r", "post.v", "pre.a", "post.x"]),
    st.sampled_from(["sum(exc)", "sum()", "mean(v)", "max(r)", "pre.sum(exc)", "post.sum(exc)", "mean(pre.r)"]),
)


def compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = st.sampled_from(OPERATORS.split())
    functions = st.sampled_from(FUNCTIONS.split())
    return st.one_of(
        st.tuples(inner, operators, inner).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
        inner.map(lambda e: f"-{e}"),
        inner.map(lambda e: f"(not {e})"),
        st.tuples(inner, inner, inner).map(lambda p: f"({p[0]} if {p[1]} else {p[2]})"),
        st.tuples(functions, st.lists(inner, max_size=3)).map(lambda p: f"{p[0]}({', '.join(p[1])})"),
    )


expressions = st.recursive(leaf, compound, max_leaves=6)
targets = st.sampled_from(TARGETS.split())
flags = st.lists(
    st.one_of(
        st.sampled_from(FLAGS.split()),
        expressions.map(lambda e: f"min={e}"),
        st.sampled_from(["init=a", "init=1", "init=c", "max=2.0", "init=Uniform(0.0, 1.0)"]),
    ),
    max_size=2,
).map(lambda f: f" : {', '.join(f)}" if f else "")
assignments = st.tuples(targets, st.sampled_from(["=", "+=", "*="]), expressions, flags).map(
    lambda p: f"{p[0]} {p[1]} {p[2]}{p[3]}"
)
equations = st.tuples(targets, expressions, flags).map(lambda p: f"10.0*d{p[0]}/dt = {p[1]}{p[2]}")
texts = st.lists(st.one_of(assignments, equations), max_size=3).map("\n".join)
events = st.lists(assignments, max_size=2).map("\n".join)
PARAMETERS = "a = 1; b = 2 : {}; n = 3 : int; flag = True"

RATE = neuron(parameters="a = 1; x = 2", equations="v = sum(exc); r = v")
SPIKING = neuron(parameters="a = 1; x = 2", equations="v = g_exc; u = v", spike="v > 1")


def consistent(make: Callable[[], Module]) -> None:
    try:
        make()
    except DiagnosticError as error:
        for d in error.diagnostics:
            assert d.code < "N0900", d.render()
            assert d.severity == "error"
            d.render()


def single(model: NeuronModel) -> Module:
    return built(network(model, known=KNOWN, arrays=("a",)))


@given(texts)
def test_rate_coded_neurons(text: str) -> None:
    given: dict[str, Any] = {"parameters": PARAMETERS.format("population"), "equations": text + "\nr = 1"}
    consistent(lambda: single(neuron(KNOWN, **given)))


@given(texts, expressions, events)
def test_spiking_neurons(text: str, spike: str, reset: str) -> None:
    given: dict[str, Any] = {"parameters": PARAMETERS.format("population"), "equations": text}
    consistent(lambda: single(neuron(KNOWN, spike=spike, reset=reset, axon_spike=spike, axon_reset=reset, **given)))


def joined(ends: NeuronModel, model: SynapseModel) -> Module:
    return built(network(ends, model, known=KNOWN))


@given(texts, expressions)
def test_rate_coded_synapses(text: str, psp: str) -> None:
    given: dict[str, Any] = {"parameters": PARAMETERS.format("projection"), "equations": text, "psp": psp}
    consistent(lambda: joined(RATE, synapse(KNOWN, "rate", **given)))


@given(texts, events, events)
def test_spiking_synapses(text: str, pre: str, post: str) -> None:
    given: dict[str, Any] = {"parameters": PARAMETERS.format("projection"), "equations": text}
    consistent(lambda: joined(SPIKING, synapse(KNOWN, "spiking", pre_spike=pre, post_spike=post, **given)))
