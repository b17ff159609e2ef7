"""Texts that cannot be read."""

from nnc.runtime.equations.neuron import Neuron
from nnc.runtime.equations.synapse import Synapse

unit = Neuron(equations="r = 3 ms")  # error: N0101 'ms'
string = Neuron(equations='r = "a"')  # error: N0101 '"'
list_of_numbers = Neuron(equations="r = [1]")  # error: N0101 '['
strange = Neuron(equations="r = 1 @ 2")  # error: N0101 '@'
two_operators = Neuron(equations="r = 3 +* 4")  # error: N0101 '*'
no_end = Neuron(equations="r = 3 *")  # error: N0101 '*'
word_of_the_language = Neuron(equations="r = 1 + and")  # error: N0101 'and'
no_value = Neuron(parameters="a =", equations="r = a")  # error: N0101 '=' 3
no_right_side = Neuron(equations="r =")  # error: N0101 '=' 3
nothing_in_bound = Neuron(equations="r = max(1, )")  # error: N0101 ')'
empty_condition = Neuron(equations="v = 1", spike="v >")  # error: N0101 '>'
never_closed = Neuron(equations="r = (3 + 2")  # error: N0102 '(' 2
closes_nothing = Neuron(equations="r = 3 + 2)")  # error: N0102 ')'
parameter_never_closed = Neuron(parameters="a = (2", equations="r = a")  # error: N0102 '(' 2
condition_never_closed = Neuron(equations="v = 1", spike="(v > 1")  # error: N0102 '(' 2
starts_without_assignment = Neuron(
    equations="""
        v + 1  # error: N0103 'v + 1'
        r = 1
    """
)
function_without_body = Neuron(equations="r = 1", functions="f(x)")  # error: N0103 'f(x)'
two_names_on_the_left = Neuron(equations="r + v = 2")  # error: N0104 'r + v'
number_on_the_left = Neuron(equations="2 = r")  # error: N0104 '2'
two_derivatives = Neuron(equations="dv/dt + du/dt = 3")  # error: N0105 'du/dt'
increment_of_derivative = Neuron(equations="dv/dt += 3")  # error: N0105 '+='
two_assignments = Neuron(equations="r = a = 1")  # error: N0106 '=' 4
assignment_as_condition = Neuron(equations="v = 1", spike="v = 3")  # error: N0106 '=' 5
assignment_as_psp = Synapse(psp="x = w * pre.r")  # error: N0106 '=' 3
assignment_in_conditional = Neuron(equations="r = if t = 1: 1 else: 2")  # error: N0106 '=' 4
without_else = Neuron(equations="r = if t > 1: 3")  # error: N0107 '3'
without_colon = Neuron(equations="r = if t > 1 3 else: 4")  # error: N0101 '3'
without_if = Neuron(equations="r = else: 3")  # error: N0107 'else'
ternary_without_else = Neuron(equations="r = (3 if t > 1)")  # error: N0107 ')'
other_object = Synapse(psp="other.r * w")  # error: N0108 'other'
sum_of_other_object = Synapse(equations="x = other.sum(exc)")  # error: N0108 'other'
bare_conditional = Neuron(equations="r = 1 + if t > 1: 2 else: 3")  # error: N0101 'if'
