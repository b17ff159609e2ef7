"""Initial values in circles, numerical methods, differential equations out of place."""

from nnc.runtime.equations.neuron import Neuron
from nnc.runtime.equations.synapse import Synapse
from nnc.runtime.equations.values import Variable

circle = Neuron(
    equations="""
        u = 1 : init=v  # error: N0401 'u'
        v = 2 : init=u
        r = 1
    """
)
circle_of_one = Neuron(equations="r = 1 : init=r")  # error: N0401 'r'
two_methods = Neuron(equations="dr/dt = -r : exponential, rk4")  # error: N0501 'rk4'
method_against_keyword = Neuron(
    equations=[Variable("dr/dt = -r : rk4", method="exponential")],  # error: N0501 'rk4'
)
event_driven_neuron = Neuron(equations="dr/dt = -r : event-driven")  # error: N0502 'event-driven'
event_driven_rate = {
    "pre": Neuron(equations="r = 1"),
    "post": Neuron(equations="r = 1"),
    "synapse": Synapse(equations="dx/dt = -x : event-driven"),  # error: N0502 'event-driven'
}
event_driven_assignment = Synapse(equations="x = 1 : event-driven")  # error: N0503 'event-driven'
method_of_assignment = Neuron(equations=[Variable("r = 1", method="rk4")])  # error: N0503 'r = 1'
unknown_method = Neuron(equations=[Variable("dr/dt = -r", method="heun")])  # error: N0504 'dr/dt = -r'
equation_in_reset = Neuron(
    equations="dv/dt = 1",
    spike="v > 1",
    reset="dv/dt = 0",  # error: N0505 'dv/dt = 0'
)
equation_in_event = Synapse(pre_spike="dx/dt = -x")  # error: N0505 'dx/dt = -x'
need_each_other = Neuron(
    equations="""
        a = c  # note: N0411 'a = c'
        b = a
        c = b
        x = x + 1
        dv/dt = z - v
        z = a + v
        r = z
    """
)
