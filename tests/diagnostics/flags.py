"""Flags and the forms of texts: models that are wrong in one way each."""

from nnc.runtime.equations.neuron import Neuron
from nnc.runtime.equations.synapse import Synapse
from nnc.runtime.equations.values import Variable

unknown_flag = Neuron(
    equations="""
        tau = 10.0
        dv/dt = -v/tau : init=1.0, exponental  # error: N0110 'exponental'
        r = v
    """
)
flag_without_value = Neuron(equations="r = 1.0 : init")  # error: N0111 'init'
flag_with_value = Neuron(equations="dr/dt = -r : exponential=2")  # error: N0111 'exponential=2'
method_in_parameter = Neuron(parameters="tau = 10.0 : exponential", equations="r = tau")  # error: N0503 'exponential'
locality_in_reset = Neuron(
    equations="dv/dt = 1",
    spike="v > 1",
    reset="v = 0 : population",  # error: N0112 'population'
)
event_flag_in_equation = Synapse(equations="x = 1 : unless_post")  # error: N0112 'unless_post'
flag_in_the_middle = Neuron(
    equations="""
        r = 1 : min=0  # error: N0112 'min=0'
            + 2
    """
)
bound_of_two_lines = Neuron(
    equations="""
        r = 1 : min=max(0,
            2)
    """
)
two_minima = Neuron(equations="r = 1 : min=0, min=1")  # error: N0113 'min=1'
two_localities = Synapse(equations="x = 1 : projection, postsynaptic")  # error: N0113 'postsynaptic'
text_against_keyword = Neuron(
    equations=[Variable("r = 1 : init=2", init=3)],  # error: N0113 'r = 1 : init=2'
)
wrong_number_of_types = Neuron(
    equations="r = f(1)",
    functions="f(x) = 2*x : float",  # error: N0114 'f(x) = 2*x : float'
)
unknown_type = Neuron(
    equations="r = f(1)",
    functions="f(x) = 2*x : float, real",  # error: N0114 'f(x) = 2*x : float, real'
)
variable_with_two_equations = Neuron(
    equations=[
        Variable("""
            r = 1
            v = 2  # error: N0115 'v = 2'
        """)
    ]
)
two_conditions = Neuron(equations="dv/dt = 1", spike="v > 1; v > 2")  # error: N0115 ';'
missing_key = Neuron(parameters="tau = {tau}", equations="r = tau", extra_values={"tua": 1.0})  # error: N0116 '{tau}'
no_effect = Neuron(equations="r = 1 : unless_refractory")  # warning: N0613 'unless_refractory'
unused_init = Synapse(
    equations="x = 1",
    pre_spike="""
        g_target += w
        x = 2 : init=3  # warning: N0613 'x = 2 : init=3'
    """,
)
old_name = Synapse(
    equations="10*dx/dt = -x : exact",  # warning: N0117 'exact'
    pre_spike="g_target += w*x",
)
