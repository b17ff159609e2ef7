"""What is wrong with a filter is said where it is given; a call that raises changes nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.filters import PIXEL, UNIT, network

import nnc as ann
from nnc.extensions.convolution import Convolution

ONES = np.ones


@pytest.mark.parametrize(
    ("pre", "post", "weights", "options", "text"),
    [
        ((9, 9), (4, 4), ONES((3, 3)), {}, r"extent 9 of pre along axis 0 is no multiple of that of post, 4"),
        ((9, 9), (9, 9), ONES((2, 3, 3)), {}, r"more dimensions than pre \(9, 9\); use connect_filters"),
        ((9, 9), (9, 9), ONES(3), {}, r"the filter \(3,\) has 1 dimensions, but pre \(9, 9\) needs 2; keep_last"),
        ((9, 9), (9, 9), ONES((3, 3)), {"keep_last_dimension": True}, r"with keep_last_dimension=True needs 1"),
        ((9, 9, 4), (9, 9, 3), ONES((3, 3)), {"keep_last_dimension": True}, "the same last extent"),
        ((9, 9, 4), (9, 9), ONES((3, 3, 3)), {}, r"the last extent of the filter must be 4, not 3"),
        ((9, 9, 4), (9,), ONES((3, 3, 4)), {}, r"post \(9,\) has 1 dimensions, but pre \(9, 9, 4\) has 3"),
        ((2,) * 5, (2,) * 5, ONES((1,) * 5), {}, "pre has 5 dimensions, at most 4"),
        ((9, 9), (9, 9), ONES((0, 3)), {}, "at least one entry"),
        ((9, 9), (9, 9), 1.0, {}, "must be an array"),
        ((9, 9), (9, 9), "abc", {}, "array of numbers"),
        ((9, 9), (9, 9), [[1.0, np.nan]], {}, "finite"),
        ((9, 9), (9, 9), ONES((3, 3)), {"padding": "wrap"}, "padding is a number or 'border', not 'wrap'"),
        ((9, 9), (9, 9), ONES((3, 3)), {"delays": ann.Uniform(1.0, 2.0)}, "one number of ms for all synapses"),
        ((9, 9), (9, 9), ONES((3, 3)), {"delays": -1.0}, "number of ms from 0"),
        ((9, 9), (3,), ONES((3, 3)), {"subsampling": [(0, 0)]}, "has 1 coordinates, there are 3 places"),
        (
            (9, 9),
            (1,),
            ONES((3, 3)),
            {"subsampling": [(0, 9)]},
            r"the centre \(0, 9\) of place 0 lies outside of \(9, 9\)",
        ),
        ((9, 9), (1,), ONES((3, 3)), {"subsampling": [(0.5, 1)]}, "integers"),
        ((9, 9), (2,), ONES((3, 3)), {"subsampling": [(0, 1), (2,)]}, "list of pre coordinates"),
        ((9, 9), (1,), ONES((3, 3)), {"subsampling": [(0, 1, 2)]}, "3 coordinates per place, pre has 2 axes"),
    ],
)
def test_a_filter_that_does_not_fit_is_refused(pre: Any, post: Any, weights: Any, options: Any, text: str) -> None:
    _, image, out = network(np.zeros(pre), post)
    projection = Convolution(image, out, "exc")
    with pytest.raises(ann.ANNarchyException, match=text):
        projection.connect_filter(weights=weights, **options)
    assert projection.connector_name is None


def test_a_bank_needs_an_entry_of_post_for_each_filter() -> None:
    _, image, out = network(np.zeros((9, 9)), (9, 9, 4))
    projection = Convolution(image, out, "exc")
    with pytest.raises(
        ann.ANNarchyException, match=r"there are 3 filters, but the last extent of post \(9, 9, 4\) is 4"
    ):
        projection.connect_filters(weights=ONES((3, 3, 3)))
    with pytest.raises(ann.ANNarchyException, match="an array of filters"):
        projection.connect_filters(weights=ONES(4))
    with pytest.raises(ann.ANNarchyException, match=r"each filter \(3, 3, 3\) has 3 dimensions"):
        projection.connect_filters(weights=ONES((4, 3, 3, 3)))


def test_a_projection_without_a_filter_does_not_compile() -> None:
    net, image, out = network(np.zeros((4, 4)), (4, 4))
    projection = Convolution(image, out, "exc", name="blind")
    with pytest.raises(ann.ANNarchyException, match=r"'blind' is not connected; call connect_filter\(weights=...\)"):
        net.compile()
    with pytest.raises(ann.ANNarchyException, match="has no weights yet"):
        projection.w = 1.0
    with pytest.raises(ann.ANNarchyException, match=r"is connected by connect_filter.*not by All-to-All"):
        projection.all_to_all(weights=1.0)


def test_a_second_filter_takes_the_place_of_the_first() -> None:
    net, image, out = network(ONES((4, 4)), (4, 4))
    projection = Convolution(image, out, "exc").connect_filter(weights=ONES((3, 3)))
    with pytest.warns(ann.NNCWarning, match="already connected"):
        projection.connect_filter(weights=[[2.0]])
    net.compile()
    net.simulate(1.0)
    assert np.all(out.r == 2.0)
    with pytest.raises(ann.ANNarchyException, match="after compile"):
        projection.connect_filter(weights=ONES((3, 3)))
    np.testing.assert_array_equal(projection.w, [[2.0]])


def test_ends_are_whole_populations_and_operations_known() -> None:
    _, image, out = network(np.zeros((4, 4)), (4, 4))
    with pytest.raises(ann.ANNarchyException, match="pre must be a whole population"):
        Convolution(image[:2, :2], out, "exc")
    with pytest.raises(ann.ANNarchyException, match="unknown operation 'product'"):
        Convolution(image, out, "exc", operation="product")
    with pytest.raises(ann.ANNarchyException, match=r"psp=None transmits spikes, but pre .* is rate-coded"):
        Convolution(image, out, "exc", psp=None)
    with pytest.raises(ann.ANNarchyException, match="spikes add up"):
        Convolution(image, out, "exc", psp=None, operation="max")


def test_no_spikes_come_from_outside() -> None:
    net = ann.Network()
    source = net.create((4, 4), ann.Izhikevich)
    projection = Convolution(source, net.create((4, 4), ann.Izhikevich), "exc", psp=None)
    with pytest.raises(ann.ANNarchyException, match="no spikes come from outside of pre"):
        projection.connect_filter(weights=ONES((3, 3)), padding=1.0)


def test_an_unknown_attribute_is_shown_in_the_line_of_the_user() -> None:
    net, image, out = network(np.zeros((4, 4)), (4, 4))
    Convolution(image, out, "exc", psp="w * pre.rate").connect_filter(weights=ONES((3, 3)))
    with pytest.raises(ann.ANNarchyException, match=r"no attribute 'rate'(?s:.*)w \* pre\.rate(?s:.*)\^\^\^"):
        net.compile()


def test_synapses_cannot_be_had_one_by_one() -> None:
    net, image, out = network(np.zeros((4, 4)), (4, 4))
    projection = Convolution(image, out, "exc").connect_filter(weights=ONES((3, 3)))
    net.compile()
    for call in (
        lambda: projection.dendrite(3),
        lambda: projection[0],
        lambda: list(projection),
        lambda: projection.synapse(0, 0),
    ):
        with pytest.raises(ann.ANNarchyException, match="share their weights, there are no dendrites"):
            call()
    with pytest.raises(ann.ANNarchyException, match="nothing of its own to record"):
        net.monitor(projection, "w")
    with pytest.raises(ann.ANNarchyException, match="stores no synapses"):
        projection.save_connectivity("nothing.npz")
    with pytest.raises(AttributeError, match="'tau'"):
        _ = projection.tau


def test_names_are_found_where_scripts_look_for_them() -> None:
    from nnc.extensions import convolution, diagonal

    for name in ("Convolution", "Copy", "Pooling", "Transpose"):
        assert getattr(ann, name) is getattr(convolution, name)
        assert name not in ann.__all__
    assert ann.DiagonalProjection is diagonal.DiagonalProjection


def test_objects_of_the_magic_network() -> None:
    ann.clear()
    image, out = ann.Population((5, 5), PIXEL), ann.Population((5, 5), UNIT)
    image.r = ONES((5, 5))
    Convolution(image, out, "exc").connect_filter(weights=ONES((3, 3)), padding="border")
    ann.compile()
    ann.simulate(1.0)
    assert np.all(out.r == 9.0)
    ann.clear()
