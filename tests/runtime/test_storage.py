"""The way between canonical order and the storage of a program."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnc.compiler.codegen.layout import Fields, Layout, LayoutField, bounds
from nnc.compiler.ir.types import DType
from nnc.runtime.block.storage import Storage
from nnc.runtime.errors import NNCValueError
from nnc.runtime.projections.connectivity import Connectivity, Full


def layout(*fields):
    return Layout((), tuple(LayoutField(f"proj0.{n}", DType.f64, e, "state") for n, e in fields))


def filled(storage, *fields):
    """The index arrays of a storage as a block with such fields holds them."""
    synapses, count = storage.synapses, storage.synapses.count
    lengths = {"row": storage.team * (synapses.n_pre + 1), "back_row": synapses.n_post + 1}
    held = Fields(
        {f"proj0.{n}": np.full(lengths.get(n, count), -1, np.int64 if "row" in n else np.int32) for n in fields}
    )
    for name, array in storage.fill(held, values=False).items():
        held[name][:] = array
    return held


CSR_PRE = layout(("row", ()), ("post", ()))
CSR_POST = layout(("row", ()), ("pre", ()))
DENSE_PRE = layout(("w", ("proj0.pre_count", "proj0.post_count")))
DENSE_POST = layout(("w", ("proj0.post_count", "proj0.pre_count")))


@st.composite
def sparse(draw):
    n_pre, n_post = draw(st.integers(1, 200)), draw(st.integers(1, 200))
    generator = np.random.default_rng(draw(st.integers(0, 99)))
    post, pre = np.nonzero(generator.random((n_post, n_pre)) < draw(st.sampled_from([0.0, 0.03, 0.5])))
    return Connectivity.of_pairs(n_pre, n_post, post, pre)


@settings(max_examples=50, deadline=None)
@given(sparse(), st.sampled_from([1, 2, 7]))
def test_csr_pre_holds_every_synapse_in_its_part_by_pre_then_post(synapses, team):
    storage = Storage("proj0", CSR_PRE, synapses, team)
    arrays = filled(storage, "row", "post")
    row, post = arrays["proj0.row"].reshape(team, -1), arrays["proj0.post"]
    found = set()
    parts = bounds(synapses.n_post, team)
    for p in range(team):
        for i in range(synapses.n_pre):
            targets = post[row[p, i] : row[p, i + 1]].tolist()
            assert targets == sorted(targets)
            assert all(parts[p] <= t < parts[p + 1] for t in targets)
            found |= {(t, i) for t in targets}
    assert found == set(zip(synapses.post.tolist(), synapses.pre.tolist(), strict=True))
    assert len(post) == synapses.count


@settings(max_examples=50, deadline=None)
@given(sparse(), st.sampled_from([1, 3]))
def test_values_go_into_storage_and_back(synapses, team):
    values = np.arange(synapses.count, dtype=float)
    for kind in (CSR_PRE, CSR_POST):
        storage = Storage("proj0", kind, synapses, team)
        stored = storage.place(values)
        assert storage.collect(stored).tolist() == values.tolist()
        assert stored[storage.positions()].tolist() == values.tolist()


@settings(max_examples=50, deadline=None)
@given(sparse(), st.sampled_from([1, 2]))
def test_the_back_index_finds_the_synapses_of_a_post_neuron(synapses, team):
    storage = Storage("proj0", CSR_PRE, synapses, team)
    arrays = filled(storage, "row", "post", "back_row", "back", "back_pre")
    post = arrays["proj0.post"]
    assert (post[arrays["proj0.back"]] == synapses.post).all()
    assert (arrays["proj0.back_pre"] == synapses.pre).all()
    assert (arrays["proj0.back_row"] == synapses.row).all()


@pytest.mark.parametrize("no_self", [False, True])
@pytest.mark.parametrize("kind", [DENSE_PRE, DENSE_POST])
def test_dense_values_stand_in_a_matrix_of_the_ranges(kind, no_self):
    synapses = Connectivity.of_full(10, 10, Full(2, 3, 3, 4, no_self))
    values = 1.0 + np.arange(synapses.count)
    storage = Storage("proj0", kind, synapses, 1)
    matrix = storage.place(values).reshape((3, 4) if kind is DENSE_PRE else (4, 3))
    matrix = matrix.T if kind is DENSE_PRE else matrix
    for value, post, pre in zip(values, synapses.post, synapses.pre, strict=True):
        assert matrix[post - 3, pre - 2] == value
    assert np.count_nonzero(matrix) == synapses.count == (10 if no_self else 12)
    assert storage.collect(storage.place(values)).tolist() == values.tolist()


def test_a_full_projection_is_recognised_whatever_made_it():
    post, pre = np.meshgrid([3, 4], [0, 1, 2], indexing="ij")
    full = Connectivity.of_pairs(5, 5, post.reshape(-1), pre.reshape(-1)).full
    assert full is not None
    assert (full.pre_first, full.pre_count, full.post_first, full.post_count) == (0, 3, 3, 2)
    assert Connectivity.of_pairs(5, 5, [0, 0, 1], [0, 1, 0]).full is None


def test_a_pair_twice_is_refused():
    with pytest.raises(NNCValueError, match="pre neuron 1 with post neuron 0"):
        Connectivity.of_pairs(3, 3, [0, 0], [1, 1])


def test_find_gives_the_position_of_a_synapse():
    synapses = Connectivity.of_pairs(5, 5, [1, 1, 3], [0, 4, 2])
    assert synapses.find(4, 1) == 1
    assert synapses.find(3, 1) is None
    assert synapses.find(0, 0) is None
