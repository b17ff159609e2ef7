"""Every situation that the language specification lists in section 9: refused before code is made, with what and where.

Errors in texts have a code, the line of the user with a caret, and a help; errors of calls name the object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import nnc as ann
from nnc import Neuron, Parameter, Synapse, Variable
from nnc.compiler.diagnostics import DiagnosticError

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.filterwarnings("ignore::nnc.NNCWarning")

RATE = {"equations": "r = sum(exc)"}
CELL = {"equations": "v += g_exc", "spike": "v > 1", "reset": "v = 0"}
RESERVED = "t dt t_pre t_post t_last last_spike rk_post rk_pre i j active refractory size"
FUNCTIONS = "pos positive neg negative modulo fabs ite clip power round"


def rate(**given: Any) -> Callable[[], Any]:
    """A network of one rate-coded population that has `r` in any case."""
    equations = given.pop("equations", [])
    lines = [equations] if isinstance(equations, str | Variable) else equations
    return lambda: compiled(Neuron(equations=[*lines, "r = 1"], **given))


def spiking(**given: Any) -> Callable[[], Any]:
    """A network of one spiking population."""
    return lambda: compiled(Neuron(**{"equations": "v = 1", "spike": "v > 1", **given}))


def between(cell: dict[str, Any], **synapse: Any) -> Callable[[], Any]:
    """A network of one population connected with itself."""
    return lambda: compiled(Neuron(**cell), Synapse(**synapse))


def compiled(neuron: Neuron, synapse: Synapse | None = None) -> ann.Network:
    net = ann.Network()
    pop = net.create(2, neuron)
    if synapse is not None:
        net.connect(pop, pop, "exc", synapse).all_to_all(weights=1.0)
    net.compile(silent=True)
    return net


DRAW = "Uniform(0.0, 1.0)"
TEXTS: dict[str, tuple[str, Callable[[], Any]]] = {
    # 9.1
    "no r": ("N0206", lambda: compiled(Neuron(equations="v = 1"))),
    "own r": ("N0207", spiking(equations="v = 1; r = 1")),
    "defined twice": ("N0202", rate(parameters="v = 1", equations="v = 2")),
    "postsynaptic in a neuron": ("N0301", rate(equations="v = 2 : postsynaptic")),
    "projection in a neuron": ("N0301", rate(equations="v = 2 : projection")),
    "population in a synapse": ("N0301", between(RATE, parameters="a = 2 : population")),
    "value not numeric": ("N0307", rate(parameters="a = abc")),
    "integer not numeric": ("N0307", rate(parameters="a = abc : int")),
    "unbalanced parentheses": ("N0102", rate(equations="v = (1")),
    "two assignments": ("N0106", rate(equations="v = u = 1")),
    "left side": ("N0104", rate(equations="v + u = 1")),
    "second derivative": ("N0104", rate(equations="d2v/dt2 = 1")),
    "derivative on the right": ("N0201", rate(equations="v = 1; u = dv/dt")),
    "no else": ("N0107", rate(equations="v = if t > 1: 2")),
    "no then": ("N0107", rate(equations="v = else: 2")),
    "conditional in an expression": ("N0101", rate(equations="v = 1 + if t > 1: 2 else: 3")),
    "not parsable": ("N0101", rate(equations="v = 1 ++* 2")),
    "nonlinear exponential": ("N0511", rate(equations="dv/dt = 1 - v*v : exponential")),
    "nonlinear event-driven": ("N0511", between(CELL, equations="dx/dt = 1 - x*x : event-driven", pre_spike="x += 1")),
    "event-driven with others": (
        "N0514",
        between(CELL, equations="y = t\ndx/dt = y - x : event-driven", pre_spike="x += 1"),
    ),
    "mixed methods": ("N0512", rate(equations="dv/dt = u : midpoint\ndu/dt = -v : implicit")),
    "too few parameters": ("N0205", rate(equations="v = Uniform(0.0)")),
    "too many parameters": ("N0205", rate(equations="v = Exponential(1.0, 2.0)")),
    "reduction of nothing": ("N0308", rate(equations="v = mean(zz)")),
    "reduction of a global": ("N0308", rate(parameters="a = 1 : population", equations="v = mean(a)")),
    "reduction in a synapse": ("N0308", between(RATE, equations="x = mean(w)")),
    "sum of nothing": ("N0607", between(RATE, equations="x = pre.sum()")),
    "several conditions": ("N0115", spiking(spike="v > 1; v > 2")),
    "ode in pre_spike": ("N0505", between(CELL, pre_spike="dw/dt = 1")),
    "ode in post_spike": ("N0505", between(CELL, pre_spike="g_target += w", post_spike="dw/dt = 1")),
    "operation": ("N0602", between(RATE, operation="prod")),
    "operation of spikes": ("N0603", between(CELL, psp="w", operation="max")),
    "axons that learn": ("N0604", between(CELL, pre_axon_spike="g_target += w", post_spike="w += 1")),
    "unknown name in a function": ("N0201", rate(equations="v = f(1)", functions="f(x) = x*q")),
    "reserved name of a function": ("N0213", rate(equations="v = clip(1)", functions="clip(x) = x")),
    "types of a function": ("N0114", rate(equations="v = f(1)", functions="f(x) = x : float")),
    "draw in pruning": ("N0310", between(RATE, pruning=f"w < {DRAW} + {DRAW}")),
    "parameters of w": ("N0306", between(RATE, creating="pre.r > 1 : w = Uniform(0.0, pre.r)")),
    "distribution": ("N0312", rate(equations="v = Uniform(2.0, 1.0)")),
    # 9.2
    "unknown pre": ("N0209", between(RATE, psp="w * pre.zz")),
    "unknown post": ("N0209", between(RATE, psp="w * post.zz")),
    "no such input": ("N0606", between(RATE, equations="x = pre.sum(inh)")),
    "semiglobal of local": ("N0303", between(RATE, equations="x = w : postsynaptic")),
    "semiglobal of pre": ("N0303", between(RATE, equations="x = pre.r : postsynaptic")),
    "shared of local": ("N0304", between(RATE, equations="x = w : projection")),
    "shared of pre": ("N0304", between(RATE, equations="x = pre.r : projection")),
    "shared of post": ("N0304", between(RATE, equations="x = post.r : projection")),
    "refractory": ("N0211", spiking(refractory="nobody")),
    # 9.3
    "undefined": ("N0201", rate(equations="v = nobody")),
    "undefined in the condition": ("N0201", spiking(spike="v > nobody")),
    "undefined in the reset": ("N0201", spiking(reset="v = nobody")),
    "undefined in a bound": ("N0201", rate(equations="v = 1 : max=nobody")),
    "undefined in psp": ("N0201", between(RATE, psp="w * nobody")),
    "undefined in an event": ("N0201", between(CELL, pre_spike="g_target += nobody")),
    "unknown function": ("N0204", rate(equations="v = nobody(1)")),
    "arguments": ("N0205", rate(equations="v = exp(1, 2)")),
    "unknown flag": ("N0110", rate(equations="v = 1 : shared")),
    "unknown flag behind a known one": ("N0110", rate(equations="v = 1 : init=2, shared")),
    "unknown flag of a parameter": ("N0110", rate(parameters="a = 1 : population, shared")),
    "unknown flag in an event": ("N0110", between(CELL, pre_spike="g_target += w : unless_pre")),
    "assignment as condition": ("N0106", spiking(spike="v = 3")),
    "global needs local": ("N0302", rate(equations="v = r : population")),
    "global needs input": ("N0302", rate(equations="v = sum(exc) : population")),
    "ode in reset": ("N0505", spiking(reset="dv/dt = 1")),
    "draw in psp": ("N0310", between(RATE, psp=f"w * {DRAW}")),
    "draw in the condition": ("N0310", spiking(spike=f"v > {DRAW}")),
    "draw in a bound": ("N0310", rate(equations=f"v = 1 : max = {DRAW}")),
    "draw in a function": ("N0310", rate(equations="v = f(1)", functions=f"f(x) = x*{DRAW}")),
    "reduction in the condition": ("N0309", spiking(spike="v > mean(v)")),
    "reduction in a bound": ("N0309", rate(equations="v = 1 : max = mean(r)")),
    "reduction in reset": ("N0309", spiking(reset="v = mean(v)")),
    "reduction in an event": ("N0309", between(CELL, pre_spike="g_target += mean(pre.v)")),
    "reduction in a function": ("N0309", rate(equations="v = f(1)", functions="f(x) = mean(r)")),
    "t_last": ("N0208", rate(equations="v = t_last")),
    "t_pre": ("N0208", spiking(equations="v = t_pre")),
    "t_post": ("N0208", spiking(equations="v = t_post")),
    "sum() of spikes": ("N0311", spiking(equations="v = sum()")),
    "sum of spikes": ("N0311", spiking(equations="v = sum(exc)")),
    "weight of a neuron": ("N0201", rate(equations="v = w")),
    "g_target of a neuron": ("N0208", spiking(equations="v = g_target")),
    "conductance in the condition": ("N0212", spiking(spike="g_exc > 1")),
    "event-driven neuron": ("N0502", rate(equations="dv/dt = -v : event-driven")),
    "event-driven rates": ("N0502", between(RATE, equations="dx/dt = -x : event-driven")),
    "event-driven assignment": ("N0503", between(CELL, equations="x = 1 : event-driven", pre_spike="g_target += x")),
    "delay": ("N0203", between(RATE, equations="delay = 1")),
    "contradictory methods": ("N0501", rate(equations="dv/dt = 1 : rk4, implicit")),
    "min above max": ("N0313", rate(equations="v = 1 : min=2, max=1")),
    "method of a Variable": ("N0504", rate(equations=Variable("dv/dt = 1", method="heun"))),
    "locality of a Variable": ("N0301", rate(equations=Variable("v = 1", locality="semiglobal"))),
    **{f"reserved {name}": ("N0203", rate(equations=f"{name} = 1")) for name in f"{RESERVED} {FUNCTIONS}".split()},
    **{f"reserved {name}": ("N0104", rate(equations=f"{name} = 1")) for name in ("True", "False")},
}


@pytest.mark.parametrize("situation", TEXTS)
def test_texts_are_refused_with_code_caret_and_help(situation: str) -> None:
    code, make = TEXTS[situation]
    with pytest.raises(DiagnosticError) as caught:
        make()
    assert {d.code for d in caught.value.diagnostics} == {code}
    diagnostic = caught.value.diagnostics[0]
    assert diagnostic.loc.known
    assert diagnostic.loc.source is not None
    assert diagnostic.loc.source.path == __file__
    text = str(caught.value)
    assert any(line.strip(" |").startswith("^") for line in text.split("\n")), text
    assert diagnostic.help, text


def _unconnected() -> None:
    net = ann.Network()
    pop = net.create(2, Neuron(**RATE))
    net.connect(pop, pop, "exc")
    net.compile(silent=True)


def _late_population() -> None:
    compiled(Neuron(**RATE)).create(1, Neuron(**RATE))


def _late_projection() -> None:
    net = compiled(Neuron(**RATE))
    pop = net.get_populations()[0]
    net.connect(pop, pop, "exc").all_to_all(weights=1.0)


def _delays(delays: Any, **neuron: Any) -> None:
    net = ann.Network(seed=1)  # a draw of equal delays would be one delay for all, which is allowed
    pop = net.create(2, Neuron(**neuron))
    synapse = Synapse(psp="w * pre.r")
    net.connect(pop, pop, "exc", synapse).all_to_all(weights=1.0, delays=delays)
    net.compile(silent=True)


def _no_condition() -> None:
    net = compiled(Neuron(**RATE))
    net.simulate_until(10.0, net.get_populations()[0])


def _function_twice() -> None:
    net = ann.Network()
    net.add_function("f(x) = x")
    net.add_function("f(x) = 2*x")


def _constant_twice() -> None:
    net = ann.Network()
    net.constant("a", 1.0)
    net.constant("a", 2.0)


def _negative_period() -> None:
    net = ann.Network()
    net.create(2, Neuron(**CELL)).refractory = [1.0, -1.0]


SHARED = {"equations": "r = t : population"}
CALLS: dict[str, tuple[str, Callable[[], Any]]] = {
    "locality of a Parameter": ("locality 'shared'.*local, semiglobal, global", lambda: Parameter(1.0, "shared")),
    "type of a Parameter": ("type 'double'.*float, int or bool", lambda: Parameter(1.0, type="double")),
    "locality of a Variable": (
        "locality 'shared'.*local, semiglobal, global",
        lambda: Variable("r=1", None, None, None, None, "shared"),
    ),
    "type of a Variable": ("type 'double'.*float, int or bool", lambda: Variable("r = 1", type="double")),
    "a tuple of equations": (r"equations must be a string or a list.*write \[", lambda: Neuron(equations=("r = 1",))),
    "a dict of equations": ("equations must be a string or a list", lambda: Neuron(equations={"r": "1"})),
    "a number among equations": (
        "equations may hold strings and Variables only, not 3",
        lambda: Neuron(equations=["r = 1", 3]),
    ),
    "a tuple of parameters": ("parameters must be a dict, a string or a list", lambda: Neuron(("a = 1",), "r = 1")),
    "a number among parameters": ("parameters must be strings, not 3", lambda: Neuron(["a = 1", 3], "r = 1")),
    "a tuple as reset": ("reset must be a string or a list", lambda: Neuron("", "v = 1", "v > 1", reset=("v = 0",))),
    "a tuple as event": ("pre_spike must be a string or a list", lambda: Synapse(pre_spike=("g_target += w",))),
    "a tuple as post event": ("post_spike must be a string or a list", lambda: Synapse(post_spike=("w += 1",))),
    "a list as psp": ("psp must be a string", lambda: Synapse(psp=["w * pre.r"])),
    "a list as condition": ("spike must be a string", lambda: Neuron(equations="v = 1", spike=["v > 1"])),
    "a tuple in a Variable": ("the equation is a string", lambda: Variable(("r = 1",))),
    "no connector": ("projection 'proj0' is not connected", _unconnected),
    "population after compile": (r"a population must be created before compile\(\)", _late_population),
    "projection after compile": (r"a projection must be created before compile\(\)", _late_projection),
    "shared value with many delays": ("N0608", lambda: _delays(ann.DiscreteUniform(1, 5), **SHARED)),
    "delays without bound": ("an upper bound; give it max=", lambda: _delays(ann.Normal(5.0, 1.0), **RATE)),
    "no stop condition": ("population 'pop0' has no stop_condition", _no_condition),
    "function twice": ("there is a function 'f' already", _function_twice),
    "constant twice": ("there is a constant 'a' already", _constant_twice),
    "STP": ("tau_facil must be above zero", lambda: ann.STP(tau_facil=0.0)),
    "Uniform": (r"min \(1.0\) is above max \(0.5\)", lambda: ann.Uniform(1.0, 0.5)),
    "DiscreteUniform": (r"min \(3\) is above max \(2\)", lambda: ann.DiscreteUniform(3, 2)),
    "Normal": ("sigma must not be negative", lambda: ann.Normal(0.0, -1.0)),
    "refractory period": (
        "refractory is a number of ms that is not negative",
        lambda: Neuron("", "v = 1", "v > 1", refractory=-1.0),
    ),
    "refractory period of neurons": ("period of 'pop0' cannot be negative", _negative_period),
    "LogNormal": ("sigma must not be negative", lambda: ann.LogNormal(0.0, -1.0)),
}


@pytest.mark.parametrize("situation", CALLS)
def test_calls_are_refused_with_what_would_do(situation: str) -> None:
    message, make = CALLS[situation]
    with pytest.raises(ann.ANNarchyException, match=rf"(?s){message}"):
        make()
