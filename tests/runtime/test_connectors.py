"""Which synapses the connectors make."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnc.runtime.connectors.all_to_all import AllToAll
from nnc.runtime.connectors.fixed_number import FixedNumberPost, FixedNumberPre, distinct
from nnc.runtime.connectors.fixed_probability import FixedProbability, successes
from nnc.runtime.connectors.from_function import from_function
from nnc.runtime.connectors.from_matrix import from_matrix
from nnc.runtime.connectors.from_sparse import from_sparse
from nnc.runtime.connectors.lil import LILConnectivity
from nnc.runtime.connectors.one_to_one import OneToOne
from nnc.runtime.connectors.rule import Ends, check_delays
from nnc.runtime.errors import NNCValueError, NNCWarning
from nnc.runtime.random import Normal


def ends(pre, post, n_pre=10, n_post=10, same=False):
    return Ends(np.asarray(pre, np.int64), np.asarray(post, np.int64), n_pre, n_post, same, 1.0)


def rng():
    return np.random.default_rng(3)


def pairs(rule, e):
    s = rule.connect(e, rng()).synapses
    return list(zip(s.post.tolist(), s.pre.tolist(), strict=True))


def test_all_to_all_has_every_pair_in_canonical_order():
    assert pairs(AllToAll(1.0), ends([2, 3], [0, 1])) == [(0, 2), (0, 3), (1, 2), (1, 3)]


def test_all_to_all_leaves_out_self_pairs_within_one_population():
    assert pairs(AllToAll(1.0), ends([0, 1], [0, 1], same=True)) == [(0, 1), (1, 0)]
    assert len(pairs(AllToAll(1.0, selves=True), ends([0, 1], [0, 1], same=True))) == 4


def test_all_to_all_of_ranges_is_full_without_self_only_if_the_ranges_meet():
    apart = AllToAll(1.0).connect(ends([0, 1], [2, 3], same=True), rng()).synapses
    assert apart.full is not None
    assert not apart.full.no_self
    meeting = AllToAll(1.0).connect(ends([0, 1], [1, 2], same=True), rng()).synapses
    assert meeting.full is not None
    assert meeting.full.no_self
    assert meeting.count == 3


def test_all_to_all_of_scattered_ranks_is_not_full():
    s = AllToAll(1.0).connect(ends([0, 2], [5]), rng()).synapses
    assert s.full is None
    assert s.pre.tolist() == [0, 2]


def test_one_to_one_stops_at_the_shorter_side_with_a_warning():
    with pytest.warns(NNCWarning, match="first 2"):
        assert pairs(OneToOne(1.0), ends([4, 5, 6], [0, 1])) == [(0, 4), (1, 5)]


def test_one_to_one_keeps_self_pairs():
    assert pairs(OneToOne(1.0), ends([0, 1], [0, 1], same=True)) == [(0, 0), (1, 1)]


def test_fixed_probability_hits_the_density_and_excludes_self():
    e = ends(range(200), range(200), 200, 200, same=True)
    found = pairs(FixedProbability(0.1, 1.0), e)
    assert abs(len(found) / (200 * 199) - 0.1) < 0.01
    assert all(i != j for i, j in found)
    assert found == sorted(set(found))


@pytest.mark.parametrize(("p", "count"), [(0.0, 0), (1.0, 9)])
def test_fixed_probability_of_nothing_and_of_everything(p, count):
    assert len(pairs(FixedProbability(p, 1.0), ends([0, 1, 2], [0, 1, 2]))) == count


def test_successes_are_bernoulli():
    generator = np.random.default_rng(0)
    hits = np.zeros(50)
    for _ in range(4000):
        hits[successes(generator, 50, 0.3)] += 1
    assert np.all(np.abs(hits / 4000 - 0.3) < 5 * np.sqrt(0.21 / 4000))


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 6), st.integers(1, 12), st.data())
def test_distinct_rows_are_ascending_samples(rows, n, data):
    k = data.draw(st.integers(0, n))
    sample = distinct(np.random.default_rng(1), rows, n, k)
    assert sample.shape == (rows, k)
    assert (np.diff(sample, axis=1) > 0).all()
    assert ((sample >= 0) & (sample < n)).all()


def test_distinct_is_uniform():
    generator = np.random.default_rng(0)
    counts = np.bincount(distinct(generator, 20000, 7, 3).reshape(-1), minlength=7)
    assert np.all(np.abs(counts / 20000 - 3 / 7) < 0.02)


def test_fixed_number_pre_gives_every_post_neuron_its_number_without_itself():
    e = ends(range(10), range(10), same=True)
    s = FixedNumberPre(9, 1.0).connect(e, rng()).synapses
    assert np.diff(s.row).tolist() == [9] * 10
    assert (s.pre != s.post).all()


def test_fixed_number_excludes_self_only_where_it_is_a_candidate():
    s = FixedNumberPre(3, 1.0).connect(ends([0, 1, 2, 3], [2, 8], same=True), rng()).synapses
    assert s.pre[s.row[2] : s.row[3]].tolist() == [0, 1, 3]


def test_fixed_number_post_gives_every_pre_neuron_its_number():
    s = FixedNumberPost(2, 1.0).connect(ends([1, 4], range(10)), rng()).synapses
    assert np.bincount(s.pre, minlength=10).tolist() == [0, 2, 0, 0, 2, 0, 0, 0, 0, 0]


def test_fixed_number_refuses_more_than_there_are():
    with pytest.raises(NNCValueError, match="beside the neuron itself"):
        FixedNumberPre(10, 1.0).connect(ends(range(10), range(10), same=True), rng())


def test_from_matrix_rows_are_posts_and_none_is_no_synapse_while_zero_is_one():
    wired = from_matrix([[1.0, None, 3.0], [0.0, 5.0, np.nan]], 0.0, False).connect(ends([0, 1, 2], [0, 1]), rng())
    s = wired.synapses
    assert list(zip(s.post.tolist(), s.pre.tolist(), strict=True)) == [(0, 0), (0, 2), (1, 0), (1, 1)]
    assert wired.weights.tolist() == [1.0, 3.0, 0.0, 5.0]


def test_from_matrix_transposes_on_request_and_takes_delays_of_the_same_shape():
    wired = from_matrix([[1.0], [2.0]], [[3.0], [4.0]], True).connect(ends([5, 6], [0]), rng())
    assert wired.weights.tolist() == [1.0, 2.0]
    assert wired.delays.tolist() == [3.0, 4.0]


def test_from_matrix_of_another_shape_is_refused():
    with pytest.raises(NNCValueError, match="shape"):
        from_matrix([[1.0]], 0.0, False).connect(ends([0, 1], [0]), rng())


def test_from_sparse_has_pre_as_rows():
    sparse = pytest.importorskip("scipy.sparse")
    matrix = sparse.lil_matrix((3, 2))
    matrix[2, 0] = 1.5
    matrix[0, 1] = 2.5
    wired = from_sparse(matrix, 2.0).connect(ends([0, 1, 2], [4, 5]), rng())
    assert wired.synapses.post.tolist() == [4, 5]
    assert wired.synapses.pre.tolist() == [2, 0]
    assert wired.weights.tolist() == [1.5, 2.5]


def test_from_function_passes_dt_where_the_function_wants_it():
    def old(pre, post, weight):
        lil = LILConnectivity()
        lil.add(1, [0, 2], weight, 0.0)
        return lil

    def new(pre, post, dt, weight):
        lil = LILConnectivity(dt)
        lil.push_back(0, [3], [weight], [dt])
        return lil

    e = ends(range(4), range(2))
    assert from_function(old, e, {"weight": 2.0}).post.tolist() == [1, 1]
    assert from_function(new, e, {"weight": 2.0}).delays.tolist() == [1.0]


def test_a_synapse_given_twice_is_refused():
    lil = LILConnectivity()
    lil.add(0, [1], 1.0, 0.0)
    with pytest.raises(NNCValueError, match="two synapses"):
        lil.add(0, [1], 1.0, 0.0)


def test_unbounded_delays_are_refused():
    with pytest.raises(NNCValueError, match="upper bound"):
        check_delays("all_to_all", Normal(5.0, 1.0))
