"""Names: unknown, doubled, reserved, or not available where they stand."""

from nnc.runtime.equations.neuron import Neuron
from nnc.runtime.equations.synapse import Synapse

constants = ("E_L",)
functions = (
    "double(x) = 2*x",
    "exp(x) = x",  # error: N0213 'exp'
    "late(x) = x + t",  # error: N0208 't'
    "twice(x, x) = x",  # error: N0202 'x' 2
)

unknown = Neuron(
    parameters="tau = 10.0",
    equations="""
        tau*dv/dt + v = I_in + E_L  # error: N0201 'I_in'
        r = v
    """,
)
unknown_in_bound = Neuron(equations="r = 1 : max=top")  # error: N0201 'top'
derivative_on_the_right = Neuron(equations="v = 1; r = dv/dt")  # error: N0201 'dv'
attribute_in_function = Neuron(
    equations="r = f(1)",
    functions="f(x) = x*r",  # error: N0201 'r'
)
twice = Neuron(
    parameters="v = 1.0",
    equations="""
        dv/dt = -v  # error: N0202 'dv/dt'
        r = v
    """,
)
reserved = Neuron(parameters="dt = 1.0", equations="r = dt")  # error: N0203 'dt'
delay_in_synapse = Synapse(parameters="delay = 1.0")  # error: N0203 'delay'
bad_python_name = Neuron(parameters={"a b": 1.0}, equations="r = 1")  # error: N0203 'Neuron'
unknown_function = Neuron(equations="r = sinn(t)")  # error: N0204 'sinn'
multiplied_without_sign = Neuron(parameters="a = 1", equations="r = a(t + 1)")  # error: N0204 'a' 2
function_of_the_other = Synapse(equations="x = pre.f(1)")  # error: N0204 'f'
too_few = Neuron(equations="r = clip(t, 1)")  # error: N0205 'clip(t, 1)'
too_many_for_own = Neuron(
    equations="r = f(1, 2)",  # error: N0205 'f(1, 2)'
    functions="f(x) = x",
)
conditional_with_two = Neuron(equations="r = ite(t > 1, 2)")  # error: N0205 'ite(t > 1, 2)'
wrong_keyword = Neuron(equations="r = Normal(mean=0.0, sigma=1.0)")  # error: N0205 'Normal(mean=0.0, sigma=1.0)'
keyword_for_function = Neuron(equations="r = exp(x=1)")  # error: N0205 'exp(x=1)'
no_output = Neuron(equations="v = 1")  # error: N0206 'Neuron'
no_condition = Neuron(equations="v = 1", reset="v = 0")  # error: N0214 'Neuron'
own_rate = Neuron(equations="r = 1", spike="r > 1")  # error: N0207 'r'
no_last_spike = Neuron(equations="r = t - t_last")  # error: N0208 't_last'
pre_in_neuron = Neuron(equations="r = pre.r")  # error: N0208 'pre.r'
pre_sum_in_neuron = Neuron(equations="r = pre.sum(exc)")  # error: N0208 'pre.sum(exc)'
conductance_in_post = Synapse(
    equations="x = 1",
    post_spike="x = g_target",  # error: N0208 'g_target'
)
time_of_spike_in_rates = Synapse(equations="x = t_pre")  # error: N0208 't_pre'
assigned_unknown = Neuron(
    equations="dv/dt = 1",
    spike="v > 1",
    reset="u = 0",  # error: N0210 'u'
)
conductance_after_post = Synapse(
    equations="x = 1",
    post_spike="g_target += x",  # error: N0210 'g_target'
)
no_such_refractory = Neuron(equations="dv/dt = 1", spike="v > 1", refractory="tau_ref")  # error: N0211 'Neuron'
conductance_only_in_condition = Neuron(equations="dv/dt = 1", spike="g_exc > 1")  # error: N0212 'g_exc'
function_of_the_language = Neuron(
    equations="r = 1",
    functions="clip(x) = x",  # error: N0213 'clip'
)
network_unknown_attributes = {
    "pre": Neuron(equations="r = 1"),
    "post": Neuron(equations="r = 2"),
    "synapse": Synapse(psp="w * pre.v * post.r"),  # error: N0209 'pre.v'
}
