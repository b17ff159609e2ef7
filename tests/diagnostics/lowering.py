"""What shows only when equations are solved and networks become loops."""

from nnc.runtime.equations.neuron import Neuron
from nnc.runtime.equations.synapse import Synapse

RATE = Neuron(equations="r = sum(exc)")
SPIKING = Neuron(equations="dv/dt = g_exc", spike="v > 1", reset="v = 0")

functions_in_a_circle = {
    "pre": Neuron(
        equations="r = f(1)",
        functions="f(x) = 2*f(x)",  # error: N0410 'f(x) = 2*f(x)'
    ),
    "post": RATE,
    "synapse": Synapse(),
}
chain_of_spikes = {
    "pre": SPIKING,
    "post": SPIKING,
    "recurrent": True,
    "synapse": Synapse(pre_spike="g_target += w * pre.g_exc"),  # error: N0412 'pre.g_exc'
}
not_solvable = {
    "pre": Neuron(equations="exp(dr/dt) = 2 - r"),  # error: N0510 'exp(dr/dt) = 2 - r'
    "post": RATE,
    "synapse": Synapse(),
}
derivative_below = {
    "pre": Neuron(equations="1/(dr/dt) = 2 - r"),  # error: N0510 '1/(dr/dt) = 2 - r'
    "post": RATE,
    "synapse": Synapse(),
}
not_linear = {
    "pre": Neuron(equations="dr/dt = r*(1 - r) : exponential"),  # error: N0511 'dr/dt = r*(1 - r) : exponential'
    "post": RATE,
    "synapse": Synapse(),
}
not_linear_for_events = {
    "pre": SPIKING,
    "post": SPIKING,
    "synapse": Synapse(
        equations="dx/dt = 1 - x*x : event-driven",  # error: N0511 'dx/dt = 1 - x*x : event-driven'
        pre_spike="g_target += w*x; x += 1",
    ),
}
mixed_methods = {
    "pre": Neuron(
        equations="""
            dr/dt = u : midpoint
            du/dt = 1 - r : implicit  # error: N0512 'du/dt = 1 - r : implicit'
        """
    ),
    "post": RATE,
    "synapse": Synapse(),
}
event_driven_for_all = {
    "pre": SPIKING,
    "post": SPIKING,
    "synapse": Synapse(
        equations="10*dx/dt = -x : event-driven, projection",  # error: N0513 '10*dx/dt = -x : event-driven, projection'
        pre_spike="g_target += w*x",
    ),
}
event_driven_with_others = {
    "pre": SPIKING,
    "post": SPIKING,
    "synapse": Synapse(
        equations="""
            10*dx/dt = y - x : event-driven  # error: N0514 '10*dx/dt = y - x : event-driven'
            y = t
        """,
        pre_spike="g_target += w*x; x += 1",
    ),
}
event_driven_with_chance = {
    "pre": SPIKING,
    "post": SPIKING,
    "synapse": Synapse(
        equations="dx/dt = Uniform(0, 1) - x : event-driven",  # error: N0514 'dx/dt = Uniform(0, 1) - x : event-driven'
        pre_spike="g_target += w*x; x += 1",
    ),
}
event_driven_out_of_date = {
    "pre": SPIKING,
    "post": SPIKING,
    "synapse": Synapse(
        equations="""
            10*dx/dt = -x : event-driven
            y = 2*x  # error: N0515 'x'
        """,
        pre_spike="g_target += w*y; x += 1",
    ),
}
event_driven_in_psp = {
    "pre": SPIKING,
    "post": SPIKING,
    "synapse": Synapse(
        equations="10*dx/dt = -x : event-driven",
        psp="w*x",  # error: N0515 'x'
        pre_spike="x += 1",
    ),
}
