"""Numbers that cannot be meant, names that hide others."""

from nnc.runtime.equations.neuron import Neuron
from nnc.runtime.equations.synapse import Synapse

by_zero = Neuron(equations="r = 1 / 0")  # warning: N0701 '0'
by_zero_computed = Neuron(equations="r = 5 % (2 - 2)")  # warning: N0701 '2 - 2'
by_zero_in_event = Synapse(pre_spike="g_target += w / 0.0")  # warning: N0701 '0.0'
modulo_zero = Neuron(equations="r = modulo(3, 0)")  # warning: N0701 '0'
hides_pi = Neuron(parameters="pi = 3", equations="r = pi")  # warning: N0702 'pi'
hides_function = Neuron(parameters="exp = 3", equations="r = exp")  # warning: N0702 'exp'
