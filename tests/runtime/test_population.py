"""Values of populations, views and neurons, before and after compilation."""

import numpy as np
import pytest

import nnc as ann
from nnc import NNCError, NNCWarning

pytestmark = pytest.mark.filterwarnings("ignore:WARNING. warning.N0703.:nnc.NNCWarning")  # parameters only to be set

CELL = dict(
    parameters="""
        tau = 10.0 : population
        b = 1.0
        n = 2 : int
        flag = False
    """,
    equations="tau * dv/dt + v = b : init = 3.0\nr = pos(v)",
)


@pytest.fixture
def net(compiler):
    return ann.Network(dt=0.5, seed=1)


@pytest.fixture
def pop(net):
    return net.create((2, 3), ann.Neuron(**CELL), name="cells")


def test_names_in_order(pop):
    assert pop.parameters == ["tau", "b", "n", "flag"]
    assert pop.variables == ["v", "r"]
    assert pop.attributes == ["tau", "b", "n", "flag", "v", "r"]


def test_spiking_models_list_implicit_variables():
    names = ann.Network().create(1, ann.Izhikevich).attributes
    assert names == [
        "noise",
        "a",
        "b",
        "c",
        "d",
        "v_thresh",
        "i_offset",
        "tau_refrac",
        "I",
        "v",
        "u",
        "r",
        "g_exc",
        "g_inh",
    ]


@pytest.mark.parametrize("compiled", [False, True])
def test_values_are_the_same_before_and_after_compile(net, pop, compiled):
    pop.b = np.arange(6)
    pop.v = [1.0] * 6
    if compiled:
        net.compile()
    assert pop.tau == 10.0
    assert isinstance(pop.tau, float)
    assert pop.b.tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    assert pop.v.shape == (2, 3)
    assert pop.n.dtype == np.int32
    assert pop.flag.dtype == np.bool_
    assert (pop.r == 0.0).all()


@pytest.mark.parametrize("compiled", [False, True])
def test_assignments(net, pop, compiled):
    if compiled:
        net.compile()
    pop.v = 2
    pop.b = np.arange(6).reshape(2, 3)
    pop.n = 3.9
    pop.flag = [0, 1, 2, 0, 0, 0]
    pop.tau = 5
    pop.set({"r": "b"})
    assert (pop.v == 2.0).all()
    assert pop.b[1, 2] == 5.0
    assert (pop.n == 3).all()
    assert pop.flag.reshape(-1).tolist() == [False, True, True, False, False, False]
    assert pop.tau == 5.0
    assert (pop.r == pop.b).all()


@pytest.mark.parametrize("compiled", [False, True])
def test_distributions_are_drawn_from_streams_of_the_network(compiler, compiled):
    def values():
        net = ann.Network(seed=3)
        pop = net.create(50, ann.Neuron(**CELL))
        if compiled:
            net.compile()
        pop.b = ann.Uniform(1.0, 2.0)
        pop.v = ann.Uniform(1.0, 2.0)
        return pop.b, pop.v

    (b1, v1), (b2, _) = values(), values()
    assert (b1 == b2).all()
    assert (b1 != v1).any()
    assert ((b1 >= 1.0) & (b1 < 2.0)).all()


@pytest.mark.parametrize("compiled", [False, True])
def test_wrong_values_are_refused(net, pop, compiled):
    if compiled:
        net.compile()
    with pytest.raises(ValueError, match="takes 6 values, got 5"):
        pop.b = range(5)
    with pytest.raises(NNCError, match="one value for all"):
        pop.tau = [1.0] * 6
    with pytest.raises(NNCError):
        pop.v = object()
    with pytest.raises(AttributeError, match="did you mean 'tau'"):
        pop.set({"tua": 1.0})
    with pytest.raises(AttributeError):
        _ = pop.missing


def test_reading_gives_a_snapshot_and_view_the_memory(net, pop):
    net.compile()
    before = pop.v
    before[0, 0] = 99.0
    assert pop.v[0, 0] == 3.0
    pop.view("v")[0, 0] = 7.0
    assert pop.v[0, 0] == 7.0


def test_an_unknown_name_makes_a_python_attribute_and_warns_if_it_is_near_one(pop):
    pop.note = "x"
    assert pop.note == "x"
    with pytest.warns(NNCWarning, match="flag"):
        pop.flagg = 1


def test_uniform_parameters_are_one_number_until_an_array_is_assigned(net, pop, compiler):
    pop.n = [1, 2, 3, 4, 5, 6]
    net.compile()
    assert compiler.descriptions[0].populations[0].arrays == {"n"}
    pop.b = np.arange(6)
    assert pop.b[1, 2] == 5.0
    assert len(compiler.programs) == 1
    net.simulate(1.0)
    assert len(compiler.programs) == 2
    assert compiler.descriptions[1].populations[0].arrays == {"n", "b"}
    assert pop.b[1, 2] == 5.0
    assert net.current_step == 2


def test_what_a_run_has_reached_survives_the_second_program(net, pop, compiler):
    def step(block, k):
        block.fields["pop0.v"] += 1.0

    compiler.step = step
    m = net.monitor(pop, "v")
    net.compile()
    net.simulate(1.0)
    pop[0:2].b = 5.0
    net.simulate(1.0)
    assert pop.v[0, 0] == 7.0
    assert m.get("v", reshape=False)[:, 0].tolist() == [4.0, 5.0, 6.0, 7.0]
    assert pop.b.reshape(-1).tolist() == [5.0, 5.0, 1.0, 1.0, 1.0, 1.0]


def test_parameters_global_by_default_become_local_when_values_differ(net, compiler):
    pop = net.create(
        3, ann.Neuron(parameters=dict(k=2.0, m=ann.Parameter(1.0, locality="global")), equations="r = k*m")
    )
    assert pop.k == 2.0
    pop[0].k = 5.0
    assert pop.k.tolist() == [5.0, 2.0, 2.0]
    with pytest.raises(NNCError, match="locality='local'"):
        pop.m = [1.0, 2.0, 3.0]
    net.compile()
    described = compiler.descriptions[0].populations[0]
    assert described.model.attribute("k").locality == "local"
    assert described.arrays == {"k"}
    assert pop.k.tolist() == [5.0, 2.0, 2.0]


def test_a_global_parameter_stays_global_after_compile(net, compiler):
    pop = net.create(3, ann.Neuron(parameters=dict(k=2.0), equations="r = k"))
    net.compile()
    pop.k = 3.0
    assert pop.k == 3.0
    with pytest.raises(NNCError, match=r"since compile\(\)"):
        pop.k = [1.0, 2.0, 3.0]


def test_initial_values_by_constant_attribute_and_distribution(net):
    rest = net.constant("rest", -60.0)
    cell = ann.Neuron(
        parameters=dict(a=rest, noise=ann.Uniform(0.0, 1.0)),
        equations=[ann.Variable("dv/dt = a - v", init="a"), ann.Variable("r = v", init=rest)],
    )
    pop = net.create(4, cell)
    net.compile()
    assert pop.a == -60.0
    assert pop.v.tolist() == [-60.0] * 4
    assert pop.r.tolist() == [-60.0] * 4
    assert len(set(pop.noise.tolist())) == 4


def test_views_read_and_write_their_neurons(net, pop):
    view = pop[:, 1]
    assert view.ranks.tolist() == [1, 4]
    assert view.geometry == (2, 1)
    view.b = [8.0, 9.0]
    assert pop.b.reshape(-1).tolist() == [1.0, 8.0, 1.0, 1.0, 9.0, 1.0]
    assert view.b.tolist() == [8.0, 9.0]
    assert view.tau == 10.0
    with pytest.raises(NNCError, match="takes 2 values"):
        view.b = [1.0, 2.0, 3.0]
    with pytest.raises(NNCError):
        view.tau = 3.0


def test_views_join_within_a_population(net, pop):
    assert (pop[0:2] + pop[4]).ranks.tolist() == [0, 1, 4]
    assert (pop[0, 0] + pop[4]).ranks.tolist() == [0, 4]
    with pytest.raises(NNCError, match="two populations"):
        pop[0:2] + net.create(3, ann.Neuron(**CELL))[0:1]


def test_neurons(net, pop):
    neuron = pop[1, 2]
    assert type(neuron).__name__ == "IndividualNeuron"
    assert neuron.rank == 5
    neuron.v = 4.5
    neuron.tau = 2.0
    assert pop.v[1, 2] == 4.5
    assert pop.tau == 2.0
    assert isinstance(neuron.v, float)
    assert [n.rank for n in pop] == list(range(6))
    assert pop.neuron((0, 1)).rank == pop.neuron(0, 1).rank == pop.neuron(np.int64(1)).rank == 1
    with pytest.raises(IndexError):
        pop.neuron(6)


def test_reset_restores_what_was_before_compile(net, pop, compiler):
    pop.v = 8.0
    net.compile()
    pop.v = 1.0
    pop.b = 5.0
    net.simulate(3.0)
    net.reset()
    assert net.time == 0.0
    assert (pop.v == 8.0).all()
    assert (pop.b == 1.0).all()


def test_reset_of_some_attributes(net, pop):
    net.compile()
    pop.v = 1.0
    pop.b = 5.0
    pop.reset(["v"])
    assert (pop.v == 3.0).all()
    assert (pop.b == 5.0).all()


def test_structure_is_frozen_by_compile(net, pop):
    net.compile()
    with pytest.raises(NNCError, match="before compile"):
        net.create(3, ann.Neuron(**CELL))


def test_creation_is_checked(net):
    with pytest.raises(NNCError):
        net.create(3, None)
    with pytest.raises(TypeError):
        net.create(3, "Izhikevich")
    with pytest.raises(NNCError):
        net.create(0, ann.Izhikevich)


def test_refractory_set_from_python(net, compiler):
    cell = ann.Neuron(equations="dv/dt = 1.0", spike="v > 1.0", reset="v = 0.0")
    pop = net.create(2, cell)
    assert pop.refractory == 0.0
    pop.refractory = 5.0
    net.compile()
    assert compiler.descriptions[0].populations[0].refractory
    assert pop.refractory == 5.0
    pop.refractory = [1.0, 2.0]
    net.simulate(1.0)
    assert pop.refractory.tolist() == [1.0, 2.0]


def test_disable_is_a_flag_of_the_program(net, pop, compiler):
    net.compile()
    pop.disable()
    assert not pop.enabled
    net.simulate(1.0)
    assert compiler.descriptions[1].populations[0].can_disable
    assert not net.state.read("pop0.enabled")[0]
    pop.enable()
    assert net.state.read("pop0.enabled")[0]


def test_spikes_of_the_last_step(net, compiler):
    pop = net.create(4, ann.Izhikevich)
    compiler.step = lambda block, k: compiler.fire(block, "pop0", k, [0, 3] if k == 1 else [2])
    net.compile()
    net.simulate(1.0)
    assert pop.spike.tolist() == [0, 3]
    assert pop[1:4].spike.tolist() == [3]
    net.reset()
    assert pop.spike.tolist() == []
