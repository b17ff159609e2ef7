"""The rules of structural plasticity."""

from nnc.runtime.equations.neuron import Neuron
from nnc.runtime.equations.synapse import Synapse
from nnc.runtime.equations.values import Creating
from nnc.runtime.random import Normal

RATE = Neuron(equations="r = sum(exc)")
constants = ("HALF",)

fine = Synapse(creating="pre.r > HALF : proba = HALF, w = Uniform(0.0, 1.0), d = 2*3", pruning="w < 0.1")
unknown_flag = Synapse(pruning="w < 0.1 : w = 1.0")  # error: N0110 'w = 1.0'
no_value = Synapse(creating="pre.r > 1 : proba")  # error: N0111 'proba'
twice = Synapse(creating="pre.r > 1 : w = 1.0, w = 2.0")  # error: N0113 'w = 2.0'
not_known = Synapse(creating="pre.r > 1 : w = pre.r")  # error: N0601 'pre.r' 2
not_a_probability = Synapse(creating="pre.r > 1 : proba = 2.0")  # error: N0601 'pre.r > 1 : proba = 2.0'
random_probability = Synapse(creating=Creating("pre.r > 1", proba=Normal(0.0, 1.0)))  # error: N0601 'pre.r > 1'
delay = Synapse(creating="pre.r > 1 : d = -1.0")  # error: N0601 'pre.r > 1 : d = -1.0'
parameters_of_distribution = Synapse(creating="pre.r > 1 : w = Uniform(0.0, pre.r)")  # error: N0306 'pre.r' 2
no_synapse_yet = Synapse(creating="pre.r > w")  # error: N0601 'w'
random_condition = Synapse(pruning="w < Uniform(0.0, 1.0)")  # error: N0310 'Uniform(0.0, 1.0)'
reduction = Synapse(pruning="w < mean(pre.r)")  # error: N0309 'mean(pre.r)'
unknown = Synapse(pruning="w < threshold")  # error: N0201 'threshold'
not_in_the_population = {
    "pre": RATE,
    "post": RATE,
    "synapse": Synapse(creating="pre.v > 1"),  # error: N0209 'pre.v'
}
