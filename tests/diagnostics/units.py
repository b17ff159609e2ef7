"""Units that do not fit."""

from nnc.runtime.equations.neuron import Neuron
from nnc.runtime.equations.synapse import Synapse

unreadable = Neuron(equations="r = 1", units={"r": "mQ"})  # error: N0707 'Neuron(equations="r = 1", units={"r": "mQ"})'
nobody = Neuron(equations="r = 1", units={"s": "mV"})  # error: N0708 'Neuron(equations="r = 1", units={"s": "mV"})'
conductance = Neuron(
    parameters="""
        C = 200.0
        g = 10.0
        E = -70.0
        I = 0.0
    """,
    equations="""
        C * dv/dt = g * (E - v) + I
        C * du/dt = g * E - u  # error: N0709 'u'
        r = v
        x = v + r + 65.0
    """,
    units={"C": "pF", "g": "nS", "E": "mV", "I": "pA", "v": "mV", "u": "mV"},
)
prefixes = Neuron(
    parameters="E = -70.0",
    equations="""
        v = E + 1.0  # error: N0709 'E + 1.0'
        r = 1
    """,
    units={"E": "mV", "v": "V"},
)
exponential = Neuron(
    parameters="delta = 2.0",
    equations="""
        v = 10.0
        x = exp(v / delta) + log(v)  # error: N0710 'v' 2
        r = 1
    """,
    units={"delta": "mV", "v": "mV"},
)
condition = Neuron(
    parameters="tau = 10.0",
    equations="tau * dv/dt = -v : min = tau",  # error: N0709 'tau' 2
    spike="v > t",  # error: N0709 't'
    reset="v = tau",  # error: N0709 'tau'
    units={"tau": "ms", "v": "mV"},
)
event = Synapse(
    parameters="rate = 0.1",
    pre_spike="""
        g_target += w
        w += rate * (post.v - 3)  # error: N0709 'rate * (post.v - 3)'
        w *= post.v  # error: N0710 'post.v'
    """,
    units={"w": "nS", "g_target": "nS", "rate": "1/ms", "post.v": "mV"},
)
