"""Targets, events, and what the arguments of `Synapse` demand together."""

from nnc.runtime.equations.neuron import Neuron
from nnc.runtime.equations.synapse import Synapse

SPIKING = Neuron(equations="dv/dt = g_exc", spike="v > 1", reset="v = 0")
RATE = Neuron(equations="r = sum(exc)")

spiking_operation = {
    "pre": SPIKING,
    "post": SPIKING,
    "synapse": Synapse(psp="w * pre.v", operation="max"),  # error: N0603 'Synapse'
}
never_run = {
    "pre": RATE,
    "post": RATE,
    "synapse": Synapse(pre_spike="g_target += w"),  # warning: N0605 'Synapse'
}
no_post_spikes = {
    "pre": SPIKING,
    "post": RATE,
    "synapse": Synapse(pre_spike="g_target += w", post_spike="w += 1"),  # warning: N0605 'Synapse'
}
no_post_times = {
    "pre": SPIKING,
    "post": RATE,
    "synapse": Synapse(pre_spike="g_target += w * (t - t_post)"),  # error: N0605 'Synapse'
}
no_post_spikes_to_compare = {
    "pre": SPIKING,
    "post": RATE,
    "synapse": Synapse(pre_spike="g_target += w; x = 1 : unless_post"),  # error: N0605 'x = 1 : unless_post'
}
unconnected_sum = {
    "pre": RATE,
    "post": RATE,
    "synapse": Synapse(equations="x = pre.sum(inh) + post.sum(exc)"),  # error: N0606 'pre.sum(inh)'
}
sum_of_expression = Neuron(equations="r = sum(exc + inh)")  # error: N0607 'sum(exc + inh)'
sum_of_nothing = Synapse(equations="x = pre.sum()")  # error: N0607 'pre.sum()'
shared_and_delayed = {
    "pre": Neuron(equations="m = t : population; r = m"),
    "post": RATE,
    "synapse": Synapse(psp="w * pre.m"),  # error: N0608 'pre.m'
    "delay": "each",
}
conductance_parameter = Neuron(
    parameters="g_leak = 1.0",  # note: N0610 'g_leak'
    equations="dv/dt = -g_leak*v",
    spike="v > 1",
)
conductance_name = Synapse(
    pre_spike="""
        g_target += w
        g_exc += w  # warning: N0610 'g_exc'
    """
)
late_transmission = Synapse(
    pre_spike="""
        w += 1.0
        g_target += 2*w  # warning: N0611 'w'
    """
)
added_transmission = Synapse(pre_spike="w += 1.0")  # note: N0612 'Synapse'
no_stream = {
    "pre": Neuron(parameters="due = 1.0", equations="v = 1", spike="v > due"),
    "post": SPIKING,
    "streams": ("due",),
    "synapse": Synapse(pre_spike="g_target += w * pre.due"),  # error: N0614 'pre.due'
}


def unknown_operation() -> Synapse:
    return Synapse(operation="prod")  # error: N0602 'Synapse'


def operation_of_spikes() -> Synapse:
    return Synapse(operation="max", pre_spike="g_target += w")  # error: N0603 'Synapse'


def axons_that_learn() -> Synapse:
    return Synapse(pre_axon_spike="g_target += w", post_spike="w += 1")  # error: N0604 'Synapse'
