"""What synapses that are not stored cannot do."""

from nnc.runtime.equations.neuron import Neuron
from nnc.runtime.equations.synapse import Synapse

RATE = Neuron(equations="r = sum(exc)")
SPIKING = Neuron(equations="dv/dt = g_exc", spike="v > 1", reset="v = 0")

learning = {
    "pre": SPIKING,
    "post": SPIKING,
    "rows": "pre",
    "synapse": Synapse(
        pre_spike="""
            g_target += w
            w += 0.1  # error: N0615 'w'
        """,
    ),
}
with_a_trace = {
    "pre": RATE,
    "post": RATE,
    "rows": "post",
    "synapse": Synapse(
        equations="10*dx/dt = pre.r - x",  # error: N0615 'dx/dt'
        psp="w*x",
    ),
}
after_spikes = {
    "pre": SPIKING,
    "post": SPIKING,
    "rows": "pre",
    "synapse": Synapse(
        pre_spike="g_target += w",
        post_spike="w -= 0.1",  # error: N0615 'w'
    ),
}
continuous = {
    "pre": SPIKING,
    "post": SPIKING,
    "rows": "pre",
    "synapse": Synapse(psp="w*pre.v"),  # error: N0615 'w*pre.v'
}
