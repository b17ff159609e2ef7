"""Values of projections, dendrites and synapses."""

import numpy as np
import pytest

import nnc as ann
from nnc import NNCError, NNCWarning

RATE = dict(equations="r = sum(exc)")


@pytest.fixture
def net(compiler):
    return ann.Network(dt=0.5, seed=1)


@pytest.fixture
def ends(net):
    return net.create(3, ann.Neuron(**RATE)), net.create(2, ann.Neuron(**RATE))


MATRIX = [[1.0, None, 3.0], [0.0, 5.0, None]]


def test_lists_are_by_post_neuron_with_pre_neurons_ascending(net, ends):
    proj = net.connect(*ends, "exc").from_matrix(MATRIX)
    net.compile()
    assert proj.post_ranks == [0, 1]
    assert proj.pre_ranks == [[0, 2], [0, 1]]
    assert proj.w == [[1.0, 3.0], [0.0, 5.0]]
    assert proj.size == len(proj) == 2
    assert proj.nb_synapses == 4
    assert proj.nb_synapses_per_dendrite == [2, 2]
    assert proj.connectivity_matrix().tolist() == [[1, 0, 3], [0, 5, 0]]


def test_before_compile_there_is_nothing_and_a_warning(net, ends):
    proj = net.connect(*ends, "exc").all_to_all(weights=1.0)
    with pytest.warns(NNCWarning, match="after compile"):
        assert proj.nb_synapses == 0
    assert proj.w == 0.0


def test_one_weight_for_all_is_a_float_until_it_is_given_different_values(net, ends, compiler):
    proj = net.connect(*ends, "exc").all_to_all(weights=0.5)
    net.compile()
    assert proj.w == 0.5
    assert proj.dendrite(1).w == 0.5
    assert compiler.descriptions[0].projections[0].arrays == frozenset()
    proj.dendrite(1).w = [1.0, 2.0, 3.0]
    assert proj.w == [[0.5, 0.5, 0.5], [1.0, 2.0, 3.0]]
    net.simulate(1.0)
    assert compiler.descriptions[1].projections[0].arrays == {"w"}
    assert proj.w == [[0.5, 0.5, 0.5], [1.0, 2.0, 3.0]]


@pytest.mark.parametrize("kind", ["rate", "spike"])
@pytest.mark.parametrize("threads", [1, 3])
def test_values_keep_their_synapses_whatever_the_storage(compiler, kind, threads):
    net = ann.Network(seed=1)
    net.config(num_threads=threads)
    cell = ann.Neuron(**RATE) if kind == "rate" else ann.Izhikevich()
    a, b = net.create(150, cell), net.create(200, cell)
    generator = np.random.default_rng(0)
    matrix = np.where(generator.random((200, 150)) < 0.1, generator.random((200, 150)), np.nan)
    sparse = net.connect(a, b, "exc").from_matrix(matrix)
    dense = net.connect(a[10:20], b[5:100], "exc").from_matrix(matrix := generator.random((95, 10)))
    net.compile()
    assert np.array_equal(dense.connectivity_matrix()[5:100, 10:20], matrix)
    post = sparse.post_ranks[3]
    sparse.dendrite(post).w = -1.0
    assert set(sparse.w[3]) == {-1.0}
    assert -1.0 not in sparse.w[4]


def test_weights_of_distributions_are_repeated_by_the_seed(compiler):
    def weights(seed):
        net = ann.Network(seed=seed)
        pop = net.create(4, ann.Neuron(**RATE))
        proj = net.connect(pop, pop, "exc").fixed_number_pre(2, weights=ann.Normal(0.0, 1.0))
        net.compile()
        return proj.pre_ranks, proj.w

    assert weights(1) == weights(1)
    assert weights(1) != weights(2)


def test_plastic_weights_are_always_one_per_synapse(net, ends, compiler):
    proj = net.connect(*ends, "exc", ann.Hebb).all_to_all(weights=0.5)
    net.compile()
    assert proj.w == [[0.5] * 3] * 2
    assert proj.eta == 0.01


def test_assignments_after_compile(net, ends):
    proj = net.connect(*ends, "exc", ann.Hebb).from_matrix(MATRIX)
    net.compile()
    proj.w = [[1.0, 2.0], [3.0, 4.0]]
    assert proj.w == [[1.0, 2.0], [3.0, 4.0]]
    proj.w = 7.0
    assert proj.w == [[7.0, 7.0], [7.0, 7.0]]
    proj.w = ann.Uniform(0.0, 1.0)
    assert all(0.0 <= w < 1.0 for row in proj.w for w in row)
    proj.eta = 0.5
    assert proj.eta == 0.5
    for wrong in ([[1.0, 2.0]], [[1.0], [2.0, 3.0]], np.zeros(5)):
        with pytest.raises(ValueError, match="takes"):
            proj.w = wrong
    with pytest.raises(NNCError):
        proj.eta = [1.0, 2.0]


def test_assignments_before_compile_are_initial_values(net, ends):
    proj = net.connect(*ends, "exc", ann.Hebb).from_matrix(MATRIX)
    proj.eta = 0.3
    proj.w = [[1.0, 2.0], [3.0, 4.0]]
    net.compile()
    assert proj.eta == 0.3
    assert proj.w == [[1.0, 2.0], [3.0, 4.0]]


def test_semiglobal_attributes_are_one_per_post_neuron(net, ends):
    proj = net.connect(*ends, "exc", ann.IBCM).from_matrix([[None, None, None], [1.0, 1.0, None]])
    net.compile()
    assert proj.theta == [0.0]
    proj.theta = [2.5]
    assert proj.dendrite(1).theta == 2.5


def test_dendrites_and_synapses(net, ends):
    proj = net.connect(*ends, "exc").from_matrix(MATRIX)
    net.compile()
    assert [d.post_rank for d in proj] == [0, 1]
    assert proj[1].pre_ranks == [0, 1]
    assert proj.synapse(1, 1).w == 5.0
    proj.dendrite(0).synapse(2).w = 9.0
    assert proj.w == [[1.0, 9.0], [0.0, 5.0]]
    assert proj.dendrite(0).receptive_field().tolist() == [1.0, 0.0, 9.0]
    with pytest.raises(IndexError, match="no synapse"):
        proj.synapse(1, 0)


def test_a_post_neuron_without_synapses_has_no_dendrite(net, ends):
    proj = net.connect(*ends, "exc").from_matrix([[None, None, None], [1.0, None, None]])
    net.compile()
    assert proj.post_ranks == [1]
    with pytest.raises(IndexError):
        proj.dendrite(0)


def test_delays_in_steps(net, ends, compiler):
    one = net.connect(*ends, "exc").all_to_all(weights=1.0)
    uniform = net.connect(*ends, "exc").all_to_all(weights=1.0, delays=1.25)
    each = net.connect(*ends, "exc").from_matrix(MATRIX, delays=[[1.0, 9.0, 2.0], [1.0, 0.1, 9.0]])
    with pytest.warns(NNCWarning, match="rounded"):
        net.compile()
    assert [p.delay for p in compiler.descriptions[0].projections] == ["one", "uniform", "each"]
    assert (one.delay, uniform.delay, each.delay) == (0.5, 1.0, [[1.0, 2.0], [1.0, 0.5]])
    assert (one.max_delay, uniform.max_delay, each.max_delay, each.uniform_delay) == (1, 2, 4, -1)
    assert net.state.block.sizes["pop0.ring"] == 5
    assert net.state.block.sizes["pop1.ring"] == 2
    assert net.state.block.sizes["proj1.delay"] == 2
    assert net.state.block.fields["proj2.delays"].tolist() == [2, 4, 2, 1]


def test_flags_become_part_of_the_program_when_they_are_used(net, ends, compiler):
    proj = net.connect(*ends, "exc", ann.Hebb).all_to_all(weights=1.0)
    net.compile()
    proj.disable_learning()
    net.simulate(1.0)
    assert compiler.descriptions[1].projections[0].update_flag
    assert not net.state.read("proj0.update")[0]
    net.enable_learning()
    assert net.state.read("proj0.update")[0]


def test_index_types_are_as_narrow_as_the_populations_allow(net, ends, compiler):
    net.connect(*ends, "exc").all_to_all(weights=1.0)
    net.connect(net.create(70000, ann.Neuron(**RATE)), ends[0], "exc").fixed_number_pre(1, weights=1.0)
    net.compile()
    assert [p.index for p in compiler.descriptions[0].projections] == ["u16", "i32"]


def test_creation_is_checked(net, ends):
    with pytest.raises(NNCError, match="no population 'nobody'"):
        net.connect("nobody", ends[0], "exc")
    with pytest.raises(NNCError, match="target"):
        net.connect(*ends, "")
    with pytest.raises(TypeError, match="Synapse"):
        net.connect(*ends, "exc", synapse=3)
    with pytest.raises(NNCError, match="another network"):
        net.connect(ann.Network().create(1, ann.Neuron(**RATE)), ends[0], "exc")


def test_populations_go_by_name(compiler):
    net = ann.Network()
    net.create(2, ann.Neuron(**RATE), name="here")
    assert net.connect("here", "here", "exc").pre is net["here"]


def test_an_unconnected_projection_is_reported_at_compile(net, ends):
    net.connect(*ends, "exc")
    with pytest.raises(NNCError, match="not connected"):
        net.compile()


def test_a_second_connector_warns(net, ends):
    proj = net.connect(*ends, "exc").all_to_all(weights=1.0)
    with pytest.warns(NNCWarning, match="takes its place"):
        proj.one_to_one(weights=2.0)


def test_wrong_arguments_of_connectors(net, ends):
    proj = net.connect(*ends, "exc")
    for wrong in (
        lambda: proj.fixed_probability(1.5, weights=1.0),
        lambda: proj.fixed_number_pre(4, weights=1.0),
        lambda: proj.all_to_all(weights="x"),
        lambda: proj.all_to_all(weights=1.0, delays=-1.0),
        lambda: proj.all_to_all(weights=1.0, storage_format="foo"),
        lambda: proj.from_matrix([[1.0]]),
    ):
        with pytest.raises(NNCError):
            wrong()


def test_array_weights_fit_the_synapses_or_are_refused(net, ends):
    proj = net.connect(*ends, "exc").all_to_all(weights=np.arange(6.0))
    net.compile()
    assert proj.w == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    other = ann.Network()
    pop = other.create(2, ann.Neuron(**RATE))
    other.connect(pop, pop, "exc").all_to_all(weights=np.arange(6.0))
    with pytest.raises(NNCError, match="takes 2 values, got 6"):
        other.compile()


@pytest.mark.parametrize("shape", [(2, 3), (3, 2), (3, 3)])
def test_each_weight_of_a_full_matrix_belongs_to_its_pair_of_neurons(shape):
    weights = np.arange(1.0, 1.0 + np.prod(shape)).reshape(shape)
    net = ann.Network(dt=1.0)
    pre = net.create(shape[1], ann.Neuron(equations="r = r"))
    pre.r = 10.0 ** np.arange(shape[1])
    post = net.create(shape[0], ann.Neuron(equations="r = sum(exc)"))
    net.connect(pre, post, "exc").from_matrix(weights)
    net.compile()
    net.simulate(2.0)
    assert post.r.tolist() == (weights @ pre.r).tolist()
