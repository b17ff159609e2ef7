"""Connectors by distance and from files, receptive fields, files of connectivity and of parameters."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nnc as ann
from nnc.runtime.networks.config import Config
from nnc.runtime.networks.registry import REGISTRY


@pytest.fixture(autouse=True)
def fresh_magic_network(monkeypatch):
    monkeypatch.setattr(REGISTRY, "template", Config())
    monkeypatch.setattr(REGISTRY, "magic", None)


RATE = ann.Neuron(parameters="k = 2.0 : population\nc = 1.0", equations="r = sum(exc)")


def connected(pre, post, connect, same=False, synapse=None):
    net = ann.Network(dt=0.5, seed=3)
    a = net.create(pre, RATE, name="a")
    b = a if same else net.create(post, RATE, name="b")
    proj = connect(net.connect(a, b, "exc", synapse, name="p"))
    net.compile()
    return proj


def distances(pre, post):
    """Squared distances of normalised coordinates, pair by pair."""

    def coordinates(geometry):
        return [tuple(c / (n - 1) if n > 1 else 0.0 for c, n in zip(at, geometry)) for at in np.ndindex(*geometry)]  # noqa: B905

    return np.array([[sum((x - y) ** 2 for x, y in zip(p, q)) for p in coordinates(pre)] for q in coordinates(post)])  # noqa: B905


@pytest.mark.parametrize(("pre", "post"), [((4, 5), (3, 3)), ((7,), (5,)), ((1, 4), (4, 1)), ((2, 3, 2), (3, 2, 2))])
@pytest.mark.parametrize("amp", [2.0, -2.0])
def test_gaussian_weights_are_those_of_the_formula(pre, post, amp):
    proj = connected(pre, post, lambda p: p.gaussian(amp=amp, sigma=0.3, limit=0.1))
    expected = amp * np.exp(-distances(pre, post) / (2 * 0.3**2))
    expected[np.abs(expected) <= 0.1 * abs(amp)] = 0.0
    np.testing.assert_allclose(proj.connectivity_matrix(), expected, rtol=1e-12)
    assert proj.connector_name == "Gaussian"


def test_dog_weights_are_those_of_the_formula_without_self_connections():
    geometry = (4, 4)
    proj = connected(geometry, None, lambda p: p.connect_dog(1.0, 0.2, 0.4, 0.6, limit=0.05, delays=1.0), same=True)
    d = distances(geometry, geometry)
    expected = np.exp(-d / (2 * 0.2**2)) - 0.4 * np.exp(-d / (2 * 0.6**2))
    expected[np.abs(expected) <= 0.05 * 0.6] = 0.0
    np.fill_diagonal(expected, 0.0)
    np.testing.assert_allclose(proj.connectivity_matrix(), expected, rtol=1e-12, atol=1e-15)
    selves = connected(geometry, None, lambda p: p.dog(1.0, 0.2, 0.4, 0.6, allow_self_connections=True), same=True)
    assert np.allclose(np.diag(selves.connectivity_matrix()), 0.6)


def test_kernels_do_not_depend_on_how_they_are_cut(monkeypatch):
    from nnc.runtime.connectors import kernel

    whole = connected((6, 6), (5, 4), lambda p: p.gaussian(1.0, 0.2)).connectivity_matrix()
    monkeypatch.setattr(kernel, "_PAIRS_AT_ONCE", 40)
    assert np.array_equal(whole, connected((6, 6), (5, 4), lambda p: p.gaussian(1.0, 0.2)).connectivity_matrix())


@pytest.mark.parametrize(
    ("connect", "text"),
    [
        (lambda p: p.gaussian(1.0, 0.0), "sigma is a finite number above 0"),
        (lambda p: p.gaussian(float("nan"), 0.1), "amp is a finite number"),
        (lambda p: p.dog(1.0, 0.1, 1.0, -0.1), "sigma_neg is a finite number above 0"),
        (lambda p: p.gaussian(1.0, 0.1, delays=-1.0), "non-negative"),
        (lambda p: p.one_to_one(1.0, storage_format="dense"), "storage format 'dense'"),
    ],
)
def test_bad_arguments_of_connectors(connect, text):
    with pytest.raises(ann.NNCError, match=text):
        connected((3, 3), (3, 3), connect)


def test_kernels_need_whole_populations_of_the_same_dimension():
    with pytest.raises(ann.NNCError, match=r"\(3, 3\) \(pre\) and \(9,\) \(post\)"):
        connected((3, 3), 9, lambda p: p.gaussian(1.0, 0.1))
    net = ann.Network()
    pop = net.create((3, 3), RATE)
    with pytest.raises(ann.NNCError, match="pre is a part of population"):
        net.connect(pop[0:2], pop, "exc").dog(1.0, 0.1, 1.0, 0.2)


# Matrix Market

HEADS = {
    "coordinate real general": ("3 2 3\n1 1 0.5\n3 2 -2e0\n2 1 0\n", [[0.5, None], [0.0, None], [None, -2.0]]),
    "coordinate integer symmetric": ("3 3 2\n2 1 4\n3 3 5\n", [[None, 4, None], [4, None, None], [None, None, 5]]),
    "coordinate pattern skew-symmetric": ("2 2 1\n2 1\n", [[None, -1], [1, None]]),
    "array real general": ("2 3\n1\n2\n3\n4\n5\n6\n", [[1, 3, 5], [2, 4, 6]]),
    "array real symmetric": ("2 2\n1\n2\n3\n", [[1, 2], [2, 3]]),
}


@pytest.mark.parametrize("head", HEADS)
def test_matrix_market_files_have_a_row_per_post_neuron(head, tmp_path):
    body, rows = HEADS[head]
    (tmp_path / "m.mtx").write_text(f"%%MatrixMarket matrix {head}\n% a comment\n\n{body}")
    proj = connected(len(rows[0]), len(rows), lambda p: p.from_matrix_market(tmp_path / "m.mtx", delays=1.0))
    assert proj.connectivity_matrix(fill=-9).tolist() == [[-9 if x is None else x for x in row] for row in rows]
    assert proj.delay == 1.0


def test_matrix_market_files_agree_with_scipy(tmp_path):
    io, sparse = pytest.importorskip("scipy.io"), pytest.importorskip("scipy.sparse")
    matrix = sparse.random(6, 4, 0.5, random_state=1)
    io.mmwrite(tmp_path / "m.mtx", matrix)
    proj = connected(4, 6, lambda p: p.connect_from_matrix_market(str(tmp_path / "m.mtx")))
    np.testing.assert_allclose(proj.connectivity_matrix(), matrix.toarray(), rtol=1e-12)


@pytest.mark.parametrize(
    ("name", "text", "error", "why"),
    [
        ("m.txt", "", ValueError, "must end in .mtx"),
        ("n.mtx", None, FileNotFoundError, "there is no file"),
        ("m.mtx", "", ValueError, "does not begin with"),
        ("m.mtx", "%%MatrixMarket matrix coordinate complex general\n1 1 0\n", ValueError, "are not known"),
        ("m.mtx", "%%MatrixMarket matrix coordinate real general\n3 3 2\n1 1 1\n", ValueError, "announces 2 entries"),
        ("m.mtx", "%%MatrixMarket matrix coordinate real general\n3 3 1\n4 1 1\n", ValueError, "outside"),
        ("m.mtx", "%%MatrixMarket matrix coordinate real general\n3 3 1\n1 x 1\n", ValueError, "cannot be read"),
        ("m.mtx", "%%MatrixMarket matrix coordinate real general\n2 3 1\n1 1 1\n", ValueError, r"\(post, pre\) is"),
    ],
)
def test_bad_matrix_market_files(name, text, error, why, tmp_path):
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(error, match=why) as caught:
        connected(3, 3, lambda p: p.from_matrix_market(tmp_path / name))
    assert isinstance(caught.value, ann.NNCError)


# Files of connectivity


@pytest.mark.parametrize("weights", [0.25, ann.Uniform(0.0, 1.0)])
@pytest.mark.parametrize("delays", [0.0, 2.5, ann.Uniform(0.5, 4.0)])
def test_from_file_repeats_what_save_connectivity_wrote(weights, delays, tmp_path):
    saved = connected(6, 5, lambda p: p.fixed_probability(0.4, weights=weights, delays=delays))
    saved.save_connectivity(tmp_path / "c.npz")
    proj = connected(6, 5, lambda p: p.connect_from_file(tmp_path / "c.npz"))
    assert (proj.pre_ranks, proj.post_ranks, proj.w, proj.delay) == (
        saved.pre_ranks,
        saved.post_ranks,
        saved.w,
        saved.delay,
    )


def test_from_file_is_checked(tmp_path):
    saved = connected(6, 5, lambda p: p.all_to_all(weights=1.0))
    saved.save_connectivity(tmp_path / "c.npz")
    with pytest.raises(ann.NNCError, match="outside of the population of 3"):
        connected(3, 5, lambda p: p.from_file(tmp_path / "c.npz"))
    with pytest.raises(FileNotFoundError, match="there is no file"):
        connected(3, 5, lambda p: p.from_file(tmp_path / "d.npz"))
    saved.network.save(tmp_path / "n.npz")
    with pytest.raises(ann.NNCError, match="holds a network"):
        connected(3, 5, lambda p: p.from_file(tmp_path / "n.npz"))
    for arrays in (
        {"w": [1.0]},
        {"w": [1.0, 2.0], "pre_ranks": [0], "post_ranks": [0]},
        {"w": [1.0], "pre_ranks": [0.5]},
    ):
        np.savez(tmp_path / "p.npz", **{"post_ranks": [0], **arrays})
        with pytest.raises(ann.NNCError, match=r"damaged|no connectivity"):
            connected(3, 5, lambda p: p.from_file(tmp_path / "p.npz"))
    net = ann.Network()
    pop = net.create(3, RATE)
    with pytest.raises(ann.NNCError, match="drawn by compile"):
        net.connect(pop, pop, "exc").all_to_all(1.0).save_connectivity(tmp_path / "x.npz")


def test_plain_archives_of_connectivity_load(tmp_path):
    np.savez(tmp_path / "p.npz", w=[[1.0, 2.0], [3.0, 4.0]], pre_ranks=[[0, 1], [1, 2]], post_ranks=[0, 3], delay=1.5)
    proj = connected(3, 4, lambda p: p.from_file(tmp_path / "p.npz"))
    assert (proj.post_ranks, proj.pre_ranks) == ([0, 3], [[0, 1], [1, 2]])
    assert (proj.w, proj.delay) == ([[1.0, 2.0], [3.0, 4.0]], 1.5)


# Receptive fields


@given(
    pre=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    post=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    p=st.sampled_from([0.3, 0.7, 1.0]),
)
def test_receptive_fields_tile_the_matrix(pre, post, p):
    proj = connected(pre, post, lambda x: x.fixed_probability(p, weights=ann.Uniform(0.5, 1.0)))
    image, matrix = proj.receptive_fields(), proj.connectivity_matrix()
    assert image.shape == (post[0] * pre[0], post[1] * pre[1])
    for rank, row in enumerate(matrix):
        i, j = divmod(rank, post[1])
        tile = image[i * pre[0] : (i + 1) * pre[0], j * pre[1] : (j + 1) * pre[1]]
        assert (tile == row.reshape(pre)).all()
        if rank in proj.post_ranks:
            assert (proj.dendrite(rank).receptive_field() == tile).all()


def test_receptive_fields_in_a_grid_and_of_other_variables():
    synapse = ann.Synapse(parameters="a = 3.0", equations="b = post.r : postsynaptic", psp="w*pre.r")
    proj = connected((2, 3), 5, lambda p: p.from_matrix(np.arange(30.0).reshape(5, 6)), synapse=synapse)
    image = proj.receptive_fields(in_post_geometry=False)
    assert image.shape == (2 * 2, 3 * 3)
    assert image[2:, 3:6].tolist() == [[24.0, 25.0, 26.0], [27.0, 28.0, 29.0]]
    assert (image[2:, 6:] == 0.0).all()
    assert (proj.receptive_fields("a", in_post_geometry=False)[:, :6] == 3.0).all()
    assert proj.dendrite(1).receptive_field("a").shape == (2, 3)
    with pytest.raises(ann.NNCError, match="two dimensions"):
        proj.receptive_fields()
    with pytest.raises(AttributeError, match="has no attribute 'z'"):
        proj.receptive_fields("z", in_post_geometry=False)


def test_dendrites_know_their_place():
    proj = connected(3, 4, lambda p: p.from_matrix([[None] * 3, [1.0, None, 2.0], [None] * 3, [3.0, 4.0, 5.0]]))
    dendrite = proj.dendrite(3)
    assert (dendrite.idx, dendrite.pre_ranks, dendrite.pre_rank) == (1, [0, 1, 2], [0, 1, 2])
    with pytest.warns(ann.NNCWarning, match="now called 'pre_ranks'"):
        assert proj.dendrite(1).rank == [0, 2]


# Parameters


def test_parameters_are_saved_as_they_began_and_set_again(tmp_path):
    ann.Constant("tau", 5.0)
    pop = ann.Population(3, RATE, name="pop")
    pop.k = 3.0
    ann.Projection(pop, pop, "exc", ann.Oja(eta=0.5), name="link").all_to_all(1.0)
    ann.compile()
    pop.k = 4.0
    ann.save_parameters(tmp_path / "x.json")
    content = json.loads((tmp_path / "x.json").read_text())
    assert content["populations"] == {"pop": {"k": 3.0}}
    assert content["projections"]["link"]["eta"] == 0.5
    assert (content["network"], content["constants"]) == ({}, {"tau": 5.0})
    ann.save_parameters(tmp_path / "x.json", current=True)
    content = json.loads((tmp_path / "x.json").read_text())
    assert content["populations"]["pop"]["k"] == 4.0
    content["populations"]["pop"] |= {"k": 8.0, "c": 6.0, "nothing": 1.0}
    content |= {"network": {"mine": 1}, "constants": {"tau": 9.0}}
    (tmp_path / "x.json").write_text(json.dumps(content))
    assert ann.load_parameters(tmp_path / "x.json") == {"mine": 1.0}
    assert (pop.k, pop.c.tolist(), ann.magic_network().get_constant("tau").value) == (8.0, [1.0] * 3, 9.0)
    ann.load_parameters(tmp_path / "x.json", global_only=False)
    assert pop.c.tolist() == [6.0] * 3


def test_parameters_before_compile_and_of_unknown_objects(tmp_path, capsys):
    net = ann.Network()
    pop = net.create(3, RATE, name="pop")
    (tmp_path / "x.json").write_text('{"populations": {"pop": {"k": 5.0, "zz": 1.0}, "other": {"k": 1.0}}}')
    with pytest.warns(ann.NNCWarning, match="no population 'other'"):
        assert net.load_parameters(tmp_path / "x.json", verbose=True) == {}
    assert capsys.readouterr().out == "pop.k = 5.0\npop.zz is not set\n"
    assert pop.k == 5.0


@pytest.mark.parametrize("text", ["{", "[]", '{"populations": 3}', '{"populations": {"pop": {"k": "x"}}}'])
def test_bad_files_of_parameters(text, tmp_path):
    net = ann.Network()
    net.create(3, RATE, name="pop")
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(ann.NNCError):
        net.load_parameters(tmp_path / "x.json")
    with pytest.raises(FileNotFoundError):
        net.load_parameters(tmp_path / "y.json")


def test_the_old_format_of_parameters(tmp_path):
    entries = [("tau", "10"), ("eta", " 0.5 "), ("name", "abc")]
    text = "".join(f"<parameter><name>{n}</name><value>{v}</value></parameter>" for n, v in entries)
    (tmp_path / "x.xml").write_text(f"<database>{text}</database>")
    assert ann.load_parameter(tmp_path / "x.xml") == {"tau": 10, "eta": 0.5, "name": "abc"}
    assert ann.load_parameter([str(tmp_path / "x.xml")])["tau"] == 10
    for wrong in ("<a>", "<a><parameter/></a>", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"):
        (tmp_path / "y.xml").write_text(wrong)
        with pytest.raises(ann.NNCError):
            ann.load_parameter(tmp_path / "y.xml")
