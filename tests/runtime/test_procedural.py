"""Synapses that are made again from a rule: the bits of stored ones, the statistics of rules, what scripts see."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from support.statistics import ALPHA, follows

import nnc as ann
from nnc.compiler.diagnostics import DiagnosticError
from nnc.compiler.ir.interp_procedural import made_rows
from nnc.runtime.building.regenerated import number_rule, row_rule

N = 90
CELL = dict(
    parameters=dict(tau=8.0, drive=ann.Parameter(1.3, locality="local")),
    equations=["tau * dv/dt = drive - v + g_exc", "5.0 * dg_exc/dt = -g_exc"],
    spike="v > 1.0",
    reset="v = 0.0",
)
UNIT = dict(parameters=dict(x=ann.Parameter(0.5, locality="local")), equations="r = x*cos(t) + 0.1*sum(exc)")
AGAIN = dict(storage="procedural")


def network(kind="spiking", seed=5, target="llvm", precision="double", team=1):
    net = ann.Network(dt=1.0, seed=seed)
    net.config(paradigm=target, precision=precision, num_threads=team)
    draw = np.random.default_rng(1)
    if kind == "spiking":
        pop = net.create(N, ann.Neuron(**CELL))
        pop.drive, pop.v = draw.uniform(1.0, 6.0, N), draw.uniform(0.0, 1.0, N)
    else:
        pop = net.create(N, ann.Neuron(**UNIT))
        pop.x = draw.uniform(-1.0, 1.0, N)
    return net, pop


def connected(kind="spiking", weights=0.05, probability=0.3, delays=3.0, operation="sum", **settings):
    net, pop = network(kind, **settings)
    synapse = ann.Synapse(psp="w*pre.r", operation=operation) if kind == "rate" else None
    proj = net.connect(pop, pop, "exc", synapse)
    proj.fixed_probability(probability, weights=weights, delays=delays, **AGAIN)
    net.compile(silent=True)
    return net, pop, proj


def outcome(net, pop, steps=25):
    net.simulate(steps)
    return {name: pop.get(name).tobytes() for name in pop.variables}


# The same bits as stored synapses


@pytest.mark.parametrize(
    "weights", [0.05, ann.Uniform(-0.05, 0.1), ann.Normal(0.02, 0.1, max=0.1)], ids=["one", "uniform", "normal"]
)
@pytest.mark.parametrize("kind", ["spiking", "rate"])
@pytest.mark.parametrize("precision", ["double", "float"])
def test_they_do_what_stored_synapses_do(kind, precision, weights):
    net, pop, proj = connected(kind, weights, precision=precision)
    other, stored = network(kind, precision=precision)
    synapse = ann.Synapse(psp="w*pre.r") if kind == "rate" else None
    other.connect(stored, stored, "exc", synapse).from_matrix(proj.connectivity_matrix(fill=np.nan), delays=3.0)
    other.compile(silent=True)
    assert outcome(net, pop) == outcome(other, stored)
    assert proj.nb_synapses > 1000


@pytest.mark.parametrize("operation", ["mean", "max", "min"])
def test_so_do_other_operations_than_sums(operation):
    net, pop, proj = connected("rate", ann.Uniform(-1.0, 1.0), operation=operation)
    other, stored = network("rate")
    synapse = ann.Synapse(psp="w*pre.r", operation=operation)
    other.connect(stored, stored, "exc", synapse).from_matrix(proj.connectivity_matrix(fill=np.nan), delays=3.0)
    other.compile(silent=True)
    assert outcome(net, pop) == outcome(other, stored)


@pytest.mark.parametrize("probability", [0.0, 0.004, 1.0])
def test_rare_and_certain_synapses(probability):
    net, pop, proj = connected(probability=probability, weights=0.001)
    other, stored = network()
    matrix = proj.connectivity_matrix(fill=np.nan)
    assert np.isfinite(matrix).sum() == {0.0: 0, 1.0: N * (N - 1)}.get(probability, proj.nb_synapses)
    other.connect(stored, stored, "exc").from_matrix(matrix, delays=3.0)
    other.compile(silent=True)
    assert outcome(net, pop) == outcome(other, stored)


def test_long_rows_are_cut_into_chunks_that_workers_share():
    def run(team, **more):
        net = ann.Network(dt=1.0, seed=5)
        net.config(num_threads=team)
        pre = net.create(20, ann.Neuron(equations="c += 1.0", spike="c > 2.0", reset="c = 0.0"))
        post = net.create(4000, ann.Neuron(equations="v += g_exc\ng_exc = 0.0", spike="v > 1e9"))
        proj = net.connect(pre, post[100:3900], "exc")
        proj.fixed_probability(0.3, weights=ann.Uniform(0.0, 1.0), **AGAIN, **more)
        net.compile(silent=True)
        net.simulate(7)
        return proj, post.v

    proj, one = run(1)
    assert proj.regenerated.rule.chunks == 6
    assert run(3)[1].tobytes() == one.tobytes()
    np.testing.assert_allclose(one, 2 * proj.connectivity_matrix().sum(axis=1), rtol=1e-12)
    assert not one[:100].any()
    assert not one[3900:].any()
    assert (one[100:3900] > 0.0).mean() > 0.99


def test_both_precisions_have_the_same_synapses():
    wide, narrow = (connected(weights=ann.Uniform(0.0, 1.0), precision=p)[2] for p in ("double", "float"))
    assert wide.pre_ranks == narrow.pre_ranks
    expected = wide.connectivity_matrix().astype(np.float32)
    assert narrow.connectivity_matrix().astype(np.float32).tobytes() == expected.tobytes()


@pytest.mark.parametrize("selves", [False, True])
@pytest.mark.parametrize("number", [0, 7, 79])
@pytest.mark.parametrize("kind", ["spiking", "rate"])
def test_fixed_numbers_do_what_stored_synapses_do(kind, number, selves):
    def ends(pop):
        return (pop, pop[5:85]) if kind == "spiking" else (pop[5:85], pop)

    def run(team=1, precision="double", matrix=None):
        net, pop = network(kind, team=team, precision=precision)
        proj = net.connect(*ends(pop), "exc")
        if matrix is not None:
            proj.from_matrix(matrix, delays=2.0)
        else:
            connect = proj.fixed_number_post if kind == "spiking" else proj.fixed_number_pre
            connect(number, ann.Uniform(-0.1, 0.2), 2.0, allow_self_connections=selves, **AGAIN)
        net.compile(silent=True)
        return proj, outcome(net, pop)

    proj, one = run()
    there = np.isfinite(proj.connectivity_matrix(fill=np.nan))
    axis = 0 if kind == "spiking" else 1
    assert (there.sum(axis=axis) == number).all()
    assert there.sum(axis=1 - axis)[[0, 4, 85, 89]].tolist() == [0] * 4
    assert there.diagonal().any() == (selves and number > 0)
    matrix = proj.connectivity_matrix(fill=np.nan)
    assert run(matrix=matrix[5:85] if kind == "spiking" else matrix[:, 5:85])[1] == one
    assert run(team=2)[1] == one


# Statistics


@pytest.mark.parametrize("number", [3, 60, 197])
def test_columns_of_fixed_numbers_are_equally_likely_and_pairs_of_them(number):
    rows, width = 4000, 200
    made = made_rows(number_rule(11, width, number, None, (None, ())), np.arange(rows))
    there = np.zeros((rows, width), np.bool_)
    there[made.rows, made.columns] = True
    assert (there.sum(axis=1) == number).all()
    # the counts of columns vary less than independent ones: their sum is known
    chance = number / width
    spread = ((there.sum(axis=0) - rows * chance) ** 2).sum() / (rows * chance * (1 - chance)) * (width - 1) / width
    assert stats.chi2(width - 1).sf(spread) > ALPHA
    assert stats.chi2(width - 1).cdf(spread) > ALPHA
    both = (there[:, :-1] & there[:, 1:]).sum()
    mean = rows * (width - 1) * chance * (number - 1) / (width - 1)
    assert abs(both - mean) < 5.0 * np.sqrt(mean) + 1.0


def test_a_neuron_is_left_out_of_its_own_row_and_no_other():
    made = made_rows(number_rule(2, 40, 39, 100, (None, ())), np.arange(95, 145))
    columns = [set(made.columns[made.rows == row].tolist()) for row in range(95, 145)]
    own = {row: {row - 100} & set(range(40)) for row in range(95, 145)}
    missing = {row: set(range(40)) - found for row, found in zip(range(95, 145), columns, strict=True)}
    assert all(len(m) == 1 for m in missing.values())
    assert {row: m for row, m in missing.items() if own[row]} == {row: o for row, o in own.items() if o}


@pytest.mark.parametrize("probability", [0.02, 0.3, 0.9])
def test_the_numbers_of_synapses_are_binomial(probability):
    made = made_rows(row_rule(77, 1500, probability), np.arange(1500))
    for side in (made.rows, made.columns):
        follows(np.bincount(side, minlength=1500), stats.binom(1500, probability))


def test_pairs_are_independent_across_the_edges_of_chunks():
    rule = row_rule(3, 1000, 0.4)
    made = made_rows(rule, np.arange(3000))
    matrix = np.zeros((3000, 1000), np.bool_)
    matrix[made.rows, made.columns] = True
    assert rule.chunks > 1
    for shift in (1, 2, rule.chunk):
        apart = np.arange(1000 - shift) // shift % 2 == 0
        follows((matrix[:, shift:] & matrix[:, :-shift]).sum(axis=0)[apart], stats.binom(3000, 0.16))
    counts = matrix.sum(axis=1)
    assert abs(np.corrcoef(counts[1:], counts[:-1])[0, 1]) < stats.norm.isf(ALPHA / 2) / np.sqrt(3000)


@pytest.mark.parametrize(
    ("given", "law"),
    [
        (ann.Uniform(-1.0, 2.0), stats.uniform(-1.0, 3.0)),
        (ann.Normal(0.5, 0.1), stats.norm(0.5, 0.1)),
        (ann.LogNormal(0.1, 0.4), stats.lognorm(0.4, scale=np.exp(0.1))),
        (ann.Exponential(scale=0.5), stats.expon(scale=0.5)),
        (ann.DiscreteUniform(2, 6), stats.randint(2, 7)),
    ],
    ids=["uniform", "normal", "log-normal", "exponential", "discrete"],
)
def test_weights_follow_their_distribution(given, law):
    _, _, proj = connected(weights=given, probability=0.9)
    follows(proj._values.read("w"), law)


def test_weights_stay_in_their_bounds():
    _, _, proj = connected(weights=ann.Normal(0.0, 1.0, min=-0.5, max=0.25))
    values = proj._values.read("w")
    assert (values.min(), values.max()) == (-0.5, 0.25)


# What scripts see


def test_everything_that_shows_synapses_makes_them():
    net, _, proj = connected(weights=ann.Uniform(0.0, 1.0))
    matrix = proj.connectivity_matrix(fill=np.nan)
    there = np.isfinite(matrix)
    assert not there.diagonal().any()
    assert proj.nb_synapses == there.sum() == len(np.concatenate(proj.pre_ranks))
    assert proj.pre_ranks == [np.flatnonzero(row).tolist() for row in there]
    assert proj.w == [row[mask].tolist() for row, mask in zip(matrix, there, strict=True)]
    assert proj.dendrite(7).w == matrix[7][there[7]].tolist()
    assert proj.dendrite(7).pre_ranks == np.flatnonzero(there[7]).tolist()
    assert proj.nb_efferent_synapses() == dict(enumerate(there.sum(axis=0).tolist()))
    assert (proj.size, proj.delay) == (N, 3.0)
    assert "procedural" in net.explain()


def test_one_weight_is_a_number_that_may_change():
    net, pop, proj = connected(weights=0.05)
    assert proj.w == 0.05
    proj.w = 0.1
    other, same, _ = connected(weights=0.1)
    assert outcome(net, pop) == outcome(other, same)


def test_nothing_is_stored_whatever_the_size():
    net = ann.Network(dt=1.0, seed=1)
    pop = net.create(200_000, ann.Neuron(**CELL))
    proj = net.connect(pop, pop, "exc").fixed_probability(0.05, weights=ann.Uniform(0.0, 1.0), delays=2.0, **AGAIN)
    assert net.memory_estimate().of(proj.name) < 200
    net.compile(silent=True)
    assert net.memory_estimate().of(proj.name) < 200
    assert proj.size_in_bytes() < 200
    net.simulate(1)
    with pytest.raises(ann.NNCError, match=r"not stored.* GB are available"):
        proj.connectivity_matrix()


def test_connectivity_goes_into_files(tmp_path):
    _, _, proj = connected(weights=ann.Uniform(0.0, 1.0))
    proj.save_connectivity(str(tmp_path / "synapses.npz"))
    other, pop = network()
    stored = other.connect(pop, pop, "exc").from_file(str(tmp_path / "synapses.npz"))
    other.compile(silent=True)
    assert stored.connectivity_matrix().tobytes() == proj.connectivity_matrix().tobytes()


# Seeds, resets and checkpoints


def test_the_seed_decides_and_a_reset_can_draw_anew():
    net, _, proj = connected(seed=5)
    first = proj.pre_ranks
    assert connected(seed=5)[2].pre_ranks == first
    assert connected(seed=6)[2].pre_ranks != first
    net.reset()
    assert proj.pre_ranks == first
    net.reset(projections=True, synapses=True)
    assert proj.pre_ranks != first
    once = proj.pre_ranks
    again, _, same = connected(seed=5)
    again.reset(projections=True, synapses=True)
    assert same.pre_ranks == once


@pytest.mark.parametrize("kind", ["spiking", "rate"])
def test_a_run_goes_on_from_a_file_in_a_network_of_another_seed(tmp_path, kind):
    net, pop, proj = connected(kind, ann.Uniform(0.0, 0.1), seed=5)
    net.simulate(11)
    net.save(str(tmp_path / "state.npz"))
    other, same, taken = connected(kind, ann.Uniform(0.0, 0.1), seed=6, delays=5.0)
    other.load(str(tmp_path / "state.npz"))
    assert (taken.pre_ranks, taken.w, taken.delay) == (proj.pre_ranks, proj.w, 3.0)
    assert outcome(net, pop) == outcome(other, same)


def test_files_of_stored_synapses_do_not_fit(tmp_path):
    net, pop = network()
    net.connect(pop, pop, "exc").fixed_probability(0.3, weights=0.05, delays=3.0)
    net.compile(silent=True)
    net.save(str(tmp_path / "state.npz"))
    other, _, _ = connected()
    with pytest.raises(ann.NNCError, match=r"makes its synapses from a rule .*, that of the file stores"):
        other.load(str(tmp_path / "state.npz"))


def test_copies_and_parallel_runs():
    net, pop, proj = connected(weights=ann.Uniform(0.0, 0.1))
    net.simulate(5)
    twin = net.copy(state=True)
    assert outcome(net, pop) == outcome(twin, twin.get(pop))
    assert twin.get(proj).pre_ranks == proj.pre_ranks
    fresh = net.copy(seed=9)
    assert fresh.get(proj).pre_ranks != proj.pre_ranks
    matrices = net.parallel_run(lambda n: n.get(proj).connectivity_matrix(), number=2, seeds=[5, 9], sequential=True)
    assert matrices[1].tobytes() == fresh.get(proj).connectivity_matrix().tobytes()


# What cannot be


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(weights=ann.Gamma(1.0, 1.0)), "weights are a number or one of the distributions Uniform"),
        (dict(weights=ann.Uniform(0.0, 1.0, seed=3)), "without a seed of its own"),
        (dict(weights=[0.1, 0.2]), "weights are a number or one of"),
        (dict(weights=0.1, delays=ann.Uniform(1.0, 4.0)), "all synapses have one delay"),
        (dict(weights=0.1, force_multiple_weights=True), "force_multiple_weights has no meaning"),
        (dict(weights=0.1, storage_format="csr"), "say different things"),
    ],
)
def test_values_for_each_synapse_are_refused(arguments, message):
    net, pop = network()
    with pytest.raises(ann.NNCError, match=message):
        net.connect(pop, pop, "exc").fixed_probability(0.1, storage="procedural", **arguments)


@pytest.mark.parametrize("name", ["all_to_all", "one_to_one"])
@pytest.mark.parametrize("key", ["storage", "storage_format"])
def test_other_connectors_say_what_is_supported(name, key):
    net, pop = network()
    with pytest.raises(ann.NNCError, match=rf"{name}: storage='procedural' .* fixed_probability, .* can do"):
        getattr(net.connect(pop, pop, "exc"), name)(weights=0.1, **{key: "procedural"})


def test_fixed_numbers_have_rows_by_one_side():
    net, pop = network("spiking")
    with pytest.raises(ann.NNCError, match=r"rows of spiking synapses are made by pre neuron; fixed_number_post"):
        net.connect(pop, pop, "exc").fixed_number_pre(3, weights=0.1, **AGAIN)
    net, pop = network("rate")
    with pytest.raises(ann.NNCError, match=r"rows of rate-coded synapses are made by post neuron; fixed_number_pre"):
        net.connect(pop, pop, "exc").fixed_number_post(3, weights=0.1, **AGAIN)
    net, pop = network("rate")
    net.connect(pop, pop, "exc").fixed_number_pre(N, weights=0.1, **AGAIN)
    with pytest.raises(ann.NNCError, match=rf"{N} of {N - 1} pre neurons beside the neuron itself"):
        net.compile(silent=True)


def test_chosen_neurons_are_refused_and_ranges_are_not():
    net, pop = network()
    net.connect(pop[10:20], pop, "exc").fixed_probability(0.1, weights=0.1, **AGAIN)
    net.connect(pop[[1, 5, 6]], pop, "exc").fixed_probability(0.1, weights=0.1, **AGAIN)
    with pytest.raises(ann.NNCError, match="the pre neurons are a whole population or a range"):
        net.compile(silent=True)


def test_values_of_single_synapses_cannot_be_assigned():
    _, _, proj = connected(weights=ann.Uniform(0.0, 1.0))
    for assign in (
        lambda: setattr(proj, "w", 0.5),
        lambda: setattr(proj, "w", ann.Uniform(0.0, 1.0)),
        lambda: setattr(proj.dendrite(3), "w", 0.5),
    ):
        with pytest.raises(ann.NNCError, match=r"not stored .*connect it with another storage"):
            assign()
    _, _, one = connected(weights=0.5)
    with pytest.raises(ann.NNCError, match="not stored"):
        one.dendrite(3).w = 0.5


@pytest.mark.parametrize(
    ("synapse", "message"),
    [
        (ann.STDP(), "is kept for each synapse"),
        (ann.Synapse(psp="w*pre.v"), "rows by pre neuron"),
        (
            ann.Synapse(
                parameters=dict(k=ann.Parameter(ann.Uniform(0.0, 1.0), locality="local")), pre_spike="g_target += w*k"
            ),
            "'k' cannot be different",
        ),
        (ann.Synapse(pre_spike="g_target += w", pruning="w < 0.1"), "creates or prunes"),
    ],
    ids=["stdp", "psp", "drawn", "structural"],
)
def test_what_needs_stored_synapses_is_refused(synapse, message):
    net, pop = network()
    net.config(structural_plasticity=True)
    net.connect(pop, pop, "exc", synapse).fixed_probability(0.1, weights=0.1, **AGAIN)
    with pytest.raises((ann.NNCError, DiagnosticError), match=message):
        net.compile(silent=True)


def test_weights_of_synapses_cannot_be_recorded():
    net, pop = network()
    proj = net.connect(pop, pop, "exc").fixed_probability(0.1, weights=0.1, **AGAIN)
    with pytest.raises(ann.NNCError, match="not stored"):
        net.monitor(proj, "w")


@pytest.mark.parametrize("kind", ["spiking", "rate"])
def test_the_interpreter_makes_the_same_rows(kind):
    def run(target):
        net = ann.Network(dt=1.0, seed=5)
        net.config(paradigm=target)
        pop = net.create(12, ann.Neuron(**(CELL if kind == "spiking" else UNIT)))
        if kind == "spiking":
            pop.v = np.linspace(0.5, 1.1, 12)
        else:
            pop.x = np.linspace(-1.0, 1.0, 12)
        proj = net.connect(pop[1:9], pop[2:12], "exc")
        proj.fixed_probability(0.4, weights=ann.Uniform(0.0, 0.5), delays=2.0, **AGAIN)
        net.compile(silent=True)
        return outcome(net, pop, 5)

    assert run("interp") == run("llvm")
