"""Localities, values, and what may be read at which place."""

from nnc.runtime.equations.neuron import Neuron
from nnc.runtime.equations.synapse import Synapse
from nnc.runtime.equations.values import Parameter, Variable

flag_of_synapses = Neuron(equations="r = 1 : postsynaptic")  # error: N0301 'postsynaptic'
flag_of_neurons = Synapse(parameters="eta = 1 : population")  # error: N0301 'population'
semiglobal_parameter = Neuron(  # error: N0301 'Neuron('
    parameters={"a": Parameter(1.0, "semiglobal")},
    equations="r = a",
)
semiglobal_variable = Neuron(equations=[Variable("r = 1", locality="semiglobal")])  # error: N0301 'r = 1'
global_needs_local = Neuron(
    parameters="a = 1.0",
    equations="""
        m = a + mean(r) : population  # error: N0302 'a'
        r = m
    """,
)
global_needs_input = Neuron(equations="m = sum(exc) : population; r = m")  # error: N0302 'sum(exc)'
global_needs_init = Neuron(parameters="a = 1", equations="m = 1 : population, init=a; r = m")  # error: N0302 'm'
postsynaptic_needs_pre = Synapse(equations="theta = pre.r : postsynaptic")  # error: N0303 'pre.r'
postsynaptic_needs_weight = Synapse(equations="theta = post.r * w : postsynaptic")  # error: N0303 'w'
projection_needs_post = Synapse(equations="m = post.r + mean(pre.r) : projection")  # error: N0304 'post.r'
event_changes_shared = Synapse(
    equations="m = t : projection",
    pre_spike="""
        g_target += w
        m = 0  # error: N0305 'm'
    """,
)
init_by_expression = Neuron(equations="r = 1 : init=2*a")  # error: N0306 '2*a'
init_by_unknown_parameters = Neuron(equations="r = 1 : init=Uniform(0.0, a)")  # error: N0306 'a'
parameter_by_name = Neuron(parameters="tau = tau_m", equations="r = tau")  # error: N0307 'tau_m'
parameter_by_chance = Neuron(
    parameters="tau = Uniform(0.0, 1.0)",  # error: N0307 'Uniform(0.0, 1.0)'
    equations="r = tau",
)
constant_by_unknown_name = Neuron(parameters={"tau": "tau_m"}, equations="r = tau")  # error: N0307 'Neuron'
reduction_of_global = Neuron(
    parameters="a = 1 : population",
    equations="r = mean(a)",  # error: N0308 'a'
)
reduction_of_expression = Neuron(equations="r = mean(2*r)")  # error: N0308 'mean(2*r)'
reduction_of_weights = Synapse(equations="x = mean(w)")  # error: N0308 'mean(w)'
reduction_in_condition = Neuron(equations="dv/dt = 1", spike="v > mean(v)")  # error: N0309 'mean(v)'
reduction_in_bound = Neuron(equations="r = 1 : max=mean(r)")  # error: N0309 'mean(r)'
draw_in_psp = Synapse(psp="w * Uniform(0.0, 1.0)")  # error: N0310 'Uniform(0.0, 1.0)'
draw_in_condition = Neuron(equations="dv/dt = 1", spike="v > Uniform(0.0, 1.0)")  # error: N0310 'Uniform(0.0, 1.0)'
draw_in_draw = Neuron(equations="r = Normal(0.0, Uniform(1.0, 2.0))")  # error: N0310 'Uniform(1.0, 2.0)'
draw_in_function = Neuron(
    equations="r = f(1)",
    functions="f(x) = Uniform(0.0, x)",  # error: N0310 'Uniform(0.0, x)'
)
sum_in_spiking = Neuron(equations="dv/dt = sum(exc)", spike="v > 1")  # error: N0311 'sum(exc)'
sum_in_bound = Neuron(equations="r = 1 : max=sum(exc)")  # error: N0311 'sum(exc)'
sum_in_synapse = Synapse(equations="x = sum(exc)")  # error: N0311 'sum(exc)'
impossible_draw = Neuron(equations="r = Uniform(1.0, 0.0)")  # error: N0312 'Uniform(1.0, 0.0)'
impossible_init = Neuron(equations="r = 1 : init=Normal(0.0, -1.0)")  # error: N0312 'Normal(0.0, -1.0)'
crossed_bounds = Neuron(equations="r = 1 : min=2.0, max=1.0")  # error: N0313 'min=2.0'
integer_quotient = Neuron(equations="r = 1/2")  # note: N0314 '1/2'
network_global_attribute = {
    "pre": Neuron(parameters="g = 1 : population", equations="r = g"),
    "post": Neuron(equations="r = 2"),
    "synapse": Synapse(equations="x = mean(pre.g)"),  # error: N0308 'pre.g'
}
network_promoted = {
    "pre": Neuron(parameters={"a": 1.0}, equations=["m = 2*a : population", "r = m"]),  # error: N0302 'a' 2
    "post": Neuron(equations="r = 2"),
    "synapse": Synapse(),
    "arrays": ("a",),
}
