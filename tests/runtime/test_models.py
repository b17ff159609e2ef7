"""The classes of models, and the models that come with nnc."""

import pytest

import nnc as ann
from nnc import NNCError
from nnc.compiler.diagnostics import DiagnosticError

NEURONS = [
    "LeakyIntegrator",
    "Izhikevich",
    "IF_curr_exp",
    "IF_cond_exp",
    "IF_curr_alpha",
    "IF_cond_alpha",
    "EIF_cond_exp_isfa_ista",
    "EIF_cond_alpha_isfa_ista",
    "HH_cond_exp",
    "GIF_curr",
    "GIF_curr_exp",
]
SYNAPSES = ["Hebb", "Oja", "IBCM", "STP", "STDP", "DefaultRateCodedSynapse", "DefaultSpikingSynapse"]


@pytest.mark.parametrize("name", NEURONS)
def test_standard_neurons_are_models_without_remarks(name):
    pop = ann.Network().create(2, getattr(ann, name))
    assert pop._model.diagnostics == ()
    assert pop._model.name == name


@pytest.mark.parametrize("name", SYNAPSES)
def test_standard_synapses_are_models_without_remarks(name):
    net = ann.Network()
    synapse = getattr(ann, name)()
    rate = synapse.described.pre_spike == ()
    pop = net.create(2, ann.LeakyIntegrator if rate else ann.IF_curr_exp)
    assert net.connect(pop, pop, "exc", synapse)._model.diagnostics == ()


def test_arguments_of_standard_models_are_their_parameters():
    net = ann.Network()
    assert net.create(1, ann.IF_curr_exp(tau_m=12.0)).tau_m[0] == 12.0
    pop = net.create(2, ann.Izhikevich(c=-60.0, b=0.1))
    assert (pop.v[0], pop.u[0]) == (-60.0, -6.0)
    assert net.create(1, ann.LeakyIntegrator(sum="sum(a)", noise="Uniform(0, 1)")).tau == 10.0
    with pytest.raises(NNCError, match="tau_facil"):
        ann.STP(tau_facil=0.0)


def test_errors_in_models_point_into_the_users_file():
    neuron = ann.Neuron(equations="r = tua + 1", parameters="tau = 1.0")
    with pytest.raises(DiagnosticError, match="tua") as caught:
        ann.Network().create(1, neuron)
    text = str(caught.value)
    assert "test_models.py" in text
    assert "did you mean 'tau'" in text


def test_the_parts_of_a_model_are_checked():
    for make in (
        lambda: ann.Neuron(equations=3),
        lambda: ann.Neuron(parameters={"a": object()}),
        lambda: ann.Neuron(equations=["r = 1", 3]),
        lambda: ann.Parameter(1.0, locality="loca"),
        lambda: ann.Variable("r = 1", type="double"),
        lambda: ann.Synapse(operation="median"),
        lambda: ann.Synapse(operation="max", pre_spike="g_target += w"),
        lambda: ann.Synapse(pre_axon_spike="g_target += w", post_spike="w = 0"),
    ):
        with pytest.raises(NNCError):
            make()


def test_a_subclass_of_neuron_is_a_model():
    class Mine(ann.Neuron):
        def __init__(self, k=1.0):
            super().__init__(parameters=dict(k=ann.Parameter(k)), equations="r = k")

    pop = ann.Network().create(1, Mine)
    assert pop.k == 1.0
    assert pop.neuron_type.name == "Mine"


def test_plain_numbers_of_dicts_are_floats_and_types_are_kept():
    pop = ann.Network().create(
        1, ann.Neuron(parameters=dict(a=1, b=True, c=ann.Parameter(2.7, type=int)), equations="r = a")
    )
    assert [type(pop.get(n)) for n in "abc"] == [float, float, int]
    assert pop.c == 2
