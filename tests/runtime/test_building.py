"""Connectivity is built in blocks, by threads and by a compiled kernel; none of that may be seen in the result."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nnc as ann
from nnc.compiler.codegen.layout import StateBlock, bounds
from nnc.compiler.codegen.target import get_target
from nnc.compiler.ir.types import DType
from nnc.compiler.ir.verify import verify
from nnc.runtime.building import blocks, remade, transpose
from nnc.runtime.building.blocks import cut, draw_blocks, streams_of
from nnc.runtime.connectors.all_to_all import AllToAll
from nnc.runtime.connectors.fixed_number import FixedNumberPost, FixedNumberPre
from nnc.runtime.connectors.fixed_probability import FixedProbability
from nnc.runtime.connectors.rule import Ends
from nnc.runtime.errors import NNCValueError


def ends(n_pre, n_post, same=False, threads=1, pre=None, post=None):
    pre = np.arange(n_pre) if pre is None else np.asarray(pre)
    post = np.arange(n_post) if post is None else np.asarray(post)
    return Ends(pre, post, n_pre, n_post, same, 1.0, threads=threads)


def pairs(synapses):
    return list(zip(synapses.post.tolist(), synapses.pre.tolist(), strict=True))


@st.composite
def rows(draw):
    n_rows, n_columns = draw(st.integers(1, 300)), draw(st.integers(1, 90))
    generator = np.random.default_rng(draw(st.integers(0, 99)))
    there = generator.random((n_rows, n_columns)) < draw(st.sampled_from([0.0, 0.05, 0.6]))
    row = np.zeros(n_rows + 1, np.int64)
    np.cumsum(there.sum(axis=1), out=row[1:])
    return row, np.nonzero(there)[1], there


def by_definition(there, parts):
    """Part by part, column by column, rows ascending."""
    edges = bounds(len(there), parts)
    cells = [there[a:b].T.nonzero() for a, b in pairwise(edges)]
    starts = [np.concatenate([[0], there[a:b].sum(axis=0).cumsum()]) for a, b in pairwise(edges)]
    member = np.concatenate([rows + a for (_, rows), a in zip(cells, edges, strict=False)])
    first = np.concatenate([[0], np.cumsum([s[-1] for s in starts])[:-1]])
    return np.stack([s + f for s, f in zip(starts, first, strict=True)]), member


@pytest.mark.parametrize("compiled", [False, True])
@settings(max_examples=40, deadline=None)
@given(data=rows(), parts=st.sampled_from([1, 2, 5]), wide=st.booleans())
def test_a_transposition_orders_entries_by_column_then_row(compiled, data, parts, wide):
    row, column, there = data
    column = column.astype(np.int32 if wide else np.uint16)
    member = np.full(len(column), -1, np.int32) if wide else None
    limit, transpose.COMPILED_FROM = transpose.COMPILED_FROM, 0 if compiled else 1 << 60
    try:
        done = transpose.transpose(row, column, there.shape[1], parts=parts, member=member, place=True)
    finally:
        transpose.COMPILED_FROM = limit
    starts, members = by_definition(there, parts)
    assert (done.start == starts).all()
    assert (done.member == members).all()
    assert (column[np.argsort(done.place)] == np.repeat(*columns_of(starts))).all()
    assert sorted(done.place.tolist()) == list(range(len(column)))
    if wide:
        assert done.member is member


def columns_of(starts):
    counts = np.diff(starts, axis=1)
    return np.tile(np.arange(counts.shape[1]), len(counts)), counts.reshape(-1)


@pytest.mark.parametrize("target", ["interp", "llvm", "openmp"])
@pytest.mark.parametrize("column", [DType.u16, DType.i32])
@pytest.mark.parametrize("place", [DType.i32, DType.i64])
def test_the_kernel_is_valid_ir_that_means_the_same_on_other_targets(target, column, place):
    if (reason := get_target(target).available()) is not None:
        pytest.skip(reason)
    module = transpose.kernel(column, DType.u16, place)
    verify(module)
    program = get_target(target).load(get_target(target).emit(module))
    there = np.random.default_rng(1).random((70, 3)) < 0.5
    count = int(there.sum())
    sizes = {"rows.n": 70, "columns.n": 3, "starts.n": 2 * 4, "entries.n": count, "places.n": count}
    block = StateBlock(program.layout, sizes, team=2)
    block.fields["row"][1:] = there.sum(axis=1).cumsum()
    block.fields["column"][:] = there.nonzero()[1]
    program.run(block, 0, 1)
    starts, members = by_definition(there, 2)
    assert block.fields["start"].tolist() == starts.reshape(-1).tolist()
    assert block.fields["member"].tolist() == members.tolist()
    assert (block.fields["column"][np.argsort(block.fields["place"])] == np.repeat(*columns_of(starts))).all()


RULES = [
    FixedProbability(0.1, 1.0),
    FixedProbability(0.9, 1.0, selves=True),
    FixedNumberPre(7, 1.0),
    FixedNumberPre(40, 1.0, selves=True),
    FixedNumberPost(5, 1.0),
    AllToAll(1.0),
]


@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_the_number_of_threads_is_not_seen_in_the_synapses(rule, monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK", 200)
    found = []
    for threads in (1, 2, 7):
        wired = rule.connect(ends(60, 60, same=True, threads=threads), np.random.default_rng(3))
        found.append(pairs(wired.synapses))
    assert found[0] == found[1] == found[2]
    assert found[0] == sorted(set(found[0]))


@pytest.mark.parametrize("block", [1 << 20, 300])
def test_each_pair_is_drawn_with_the_probability(block, monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK", block)
    generator, n, p, trials = np.random.default_rng(8), 40, 0.3, 300
    total = np.zeros((n, n))
    for _ in range(trials):
        synapses = FixedProbability(p, 1.0).connect(ends(n, n, same=True), generator).synapses
        total[synapses.post, synapses.pre] += 1
    assert (np.diag(total) == 0).all()
    rates = total[~np.eye(n, dtype=bool)] / trials
    deviation = np.sqrt(p * (1 - p) / trials)
    assert abs(rates.mean() - p) < 5 * deviation / n
    assert np.abs(rates - p).max() < 5 * deviation
    assert rates.std() == pytest.approx(deviation, rel=0.1)


def test_the_ranks_of_the_ends_may_be_any(monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK", 50)
    some = ends(100, 80, pre=[90, 3, 5, 70, 4, 11, 33], post=[79, 0, 13, 50])
    full = FixedProbability(1.0, 1.0).connect(some, np.random.default_rng(0)).synapses
    assert pairs(full) == [(i, j) for i in (0, 13, 50, 79) for j in (3, 4, 5, 11, 33, 70, 90)]
    for rule in (FixedNumberPre(3, 1.0), FixedNumberPost(3, 1.0)):
        synapses = rule.connect(some, np.random.default_rng(0)).synapses
        assert set(pairs(synapses)) <= set(pairs(full))
        assert synapses.count == (12 if isinstance(rule, FixedNumberPre) else 21)


@pytest.mark.parametrize("rule", [FixedProbability(0.5, 1.0), FixedNumberPre(2, 1.0), AllToAll(1.0)], ids=repr)
def test_a_neuron_that_is_twice_at_an_end_is_refused(rule):
    with pytest.raises(NNCValueError, match="neuron 3 is twice among the post neurons"):
        rule.connect(ends(10, 10, post=[3, 1, 3]), np.random.default_rng(0))


def test_one_block_is_drawn_from_one_stream_as_it_always_was():
    """The definition: gaps between successes are geometric draws of one stream, pairs are counted post-major."""
    n_pre, n_post, p = 50, 70, 0.2
    gaps = np.random.default_rng(5).geometric(p, 4000)
    hits = np.cumsum(gaps) - 1
    hits = hits[hits < n_pre * n_post]
    synapses = FixedProbability(p, 1.0).connect(ends(n_pre, n_post), np.random.default_rng(5)).synapses
    assert pairs(synapses) == [(int(h) // n_pre, int(h) % n_pre) for h in hits]


def test_blocks_cover_all_rows_once_and_do_not_depend_on_threads():
    for rows_, per_row in ((0, 3.0), (1, 0.0), (1000, 1e5), (10, 1e9), (123457, 250.0)):
        edges = cut(rows_, per_row)
        assert [a for a, _ in edges] == [0, *(b for _, b in edges[:-1])] or not edges
        assert sum(b - a for a, b in edges) == rows_
        assert all((b - a) * per_row <= blocks.BLOCK or b - a == 1 for a, b in edges)


def test_streams_of_blocks_are_different_and_the_first_is_the_stream_itself():
    generators = streams_of(np.random.default_rng(4), 5)
    first = [g.random() for g in generators]
    assert first[0] == np.random.default_rng(4).random()
    assert len(set(first)) == 5


DISTRIBUTIONS = [
    ann.Uniform(-1.0, 2.0),
    ann.DiscreteUniform(1, 9),
    ann.Normal(0.5, 0.2, min=0.0),
    ann.LogNormal(-1.0, 0.3, max=1.0),
    ann.Exponential(rate=2.0),
    ann.Gamma(2.0, 0.5),
    ann.Binomial(10, 0.3),
]


@pytest.mark.parametrize("distribution", DISTRIBUTIONS, ids=repr)
def test_draws_depend_on_no_number_of_threads_and_follow_the_distribution(distribution, monkeypatch):
    whole = distribution.draw(9000, np.random.default_rng(2))
    monkeypatch.setattr(blocks, "BLOCK", 1000)
    one, many = (draw_blocks(distribution, 9000, np.random.default_rng(2), np.float64, n) for n in (1, 3))
    assert (one == many).all()
    assert (one[:1000] == whole[:1000]).all()
    assert len(np.intersect1d(one[1000:2000], whole[1000:2000])) < 1000
    assert one.mean() == pytest.approx(whole.mean(), abs=5 * whole.std() / 50)
    assert one.std() == pytest.approx(whole.std(), rel=0.15)


def test_a_distribution_with_a_seed_of_its_own_is_drawn_in_turn(monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK", 100)
    drawn = draw_blocks(ann.Normal(0.0, 1.0, seed=6), 1000, np.random.default_rng(2), np.float64, 4)
    assert (drawn == np.random.default_rng(6).normal(0.0, 1.0, 1000)).all()


def small(monkeypatch, kept):
    for module in ("projections.connectivity", "block.storage", "building.remade"):
        monkeypatch.setattr(f"nnc.runtime.{module}.KEPT", kept)


def network(weights, threads=2, **options):
    net = ann.Network(dt=1.0, seed=4)
    net.config(num_threads=threads)
    cell = ann.Neuron(equations=["v += 0.3 + g_exc", "g_exc = 0.0"], spike="v > 1.0", reset="v = 0.0")
    pop = net.create(150, cell)
    proj = net.connect(pop, pop, "exc", **options).fixed_probability(0.2, weights=weights, delays=ann.Uniform(1.0, 4.0))
    return net, pop, proj


@pytest.mark.parametrize("synapse", [None, ann.STDP()], ids=["static", "plastic"])
def test_what_is_let_go_of_is_found_again(monkeypatch, synapse):
    seen = []
    for kept in (1 << 16, 0):
        small(monkeypatch, kept)
        net, pop, proj = network(ann.Uniform(0.0, 0.01), synapse=synapse)
        net.compile()
        net.simulate(30)
        first = proj.w
        proj.dendrite(7).w = 0.5
        changed = proj.w
        proj.reset(attributes=["w"])
        seen.append((proj.pre_ranks, proj.post_ranks, proj.delay, first, changed, proj.w, pop.v.tolist()))
        assert seen[-1][5] != changed
    assert seen[0] == seen[1]


def test_large_projections_hold_no_arrays_beside_the_state(monkeypatch):
    small(monkeypatch, 0)
    net, _, proj = network(ann.Uniform(0.0, 0.01))
    net.compile()
    assert proj.synapses.nbytes == proj.synapses.row.nbytes
    assert proj._values.nbytes == 0
    assert proj.synapses.pre.dtype == np.int32
    assert proj.synapses.narrow_pre.dtype == np.uint16


def test_remade_values_are_made_when_they_are_read(monkeypatch):
    monkeypatch.setattr(remade, "KEPT", 3)
    made = []

    def make():
        made.append(1)
        return np.arange(5)

    values, array = remade.Remade(), np.arange(5)
    values["w"] = values["x"] = array
    values.release("w", array, make)
    values.release("x", array.copy(), make)
    assert values.is_wide("w")
    assert "w" in values
    assert not made
    assert values.nbytes == array.nbytes
    assert values["w"].tolist() == [0, 1, 2, 3, 4]
    assert made == [1]
