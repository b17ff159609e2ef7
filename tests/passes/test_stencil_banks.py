"""Filters of a bank, done side by side, give the bits of the step level; so do sums that need no zero."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.stencils import Net

from nnc.compiler.ir import loop
from nnc.compiler.passes.lower_to_loops import banks

IMAGE = {"pre": (3, 13), "post": (3, 13, 8), "taps": (7, 7), "axis": (0, 1), "stride": (1, 1), "start": (-3, -3)}
DEEP = {"pre": (4, 5, 3), "post": (4, 5, 12), "taps": (3, 3, 3), "axis": (0, 1, -1), "stride": (1, 1, 1), "bank": 12}
STRIDED = {"pre": (9, 21), "post": (4, 10, 5), "taps": (3, 4), "axis": (0, 1), "stride": (2, 2), "start": (0, -1)}
LONG = {"pre": (20,), "post": (20, 4), "taps": (70,), "axis": (0,), "stride": (1,), "start": (-35,), "bank": 4}
BOX = {"pre": (2, 3, 9), "post": (2, 3, 9, 4), "taps": (2, 3, 3), "axis": (0, 1, 2), "stride": (1, 1, 1), "bank": 4}
TURNED = {"pre": (5, 6), "post": (6, 5, 4), "taps": (3, 3), "axis": (1, 0), "stride": (1, 1), "start": (-1, -1)}
WIDE = {"pre": (2, 60), "post": (2, 60, 20), "taps": (3, 3), "axis": (0, 1), "stride": (1, 1), "start": (-1, -1)}
TALL = {"pre": (40, 3), "post": (40, 3, 4), "taps": (3, 2), "axis": (0, 1), "stride": (1, 1), "start": (-1, -1)}
BATCH = {"pre": (3, 8), "post": (2, 3, 8, 4), "taps": (3, 3), "axis": (1, 2), "stride": (1, 1), "start": (-1, -1)}


@st.composite
def bank_ops(draw: st.DrawFn) -> dict[str, Any]:
    """A stencil with a bank, its taps inside or outside."""
    count = draw(st.integers(1, 3))
    places = [draw(st.integers(1, 9 if count < 2 else 4)) for _ in range(count)]
    order = draw(st.permutations(range(count)))
    bank = draw(st.sampled_from([4, 5, 7, 12]))
    return {
        "pre": tuple(draw(st.integers(1, 12 if count < 2 else 5)) for _ in range(count)),
        "post": (*places, bank),
        "taps": tuple(draw(st.integers(1, 7 if count < 2 else 3)) for _ in range(count)),
        "axis": tuple(a if draw(st.integers(0, 3)) else -1 for a in order),
        "stride": tuple(draw(st.integers(1, 3)) for _ in range(count)),
        "start": tuple(draw(st.integers(-4, 3)) for _ in range(count)),
        "bank": bank,
        "outside": draw(st.sampled_from(["fill", "clamp"])),
        "fill": draw(st.sampled_from([0.0, 1.5])),
    }


@settings(max_examples=20)
@given(
    bank_ops(),
    st.sampled_from(["add", "mean", "max", "min"]),
    st.sampled_from([1, 3]),
    st.integers(0, 99),
    st.booleans(),
    st.sampled_from([1, 3]),
)
@example({**IMAGE, "bank": 8, "outside": "fill"}, "add", 1, 0, True, 3)
@example({**IMAGE, "bank": 8, "outside": "clamp"}, "max", 2, 0, False, 2)
@example({**DEEP, "start": (-1, -1, 0), "outside": "fill", "fill": 2.5}, "mean", 1, 0, True, 2)
@example({**STRIDED, "bank": 5, "outside": "fill"}, "add", 1, 0, True, 2)
@example({**LONG, "outside": "clamp"}, "min", 3, 0, True, 2)
@example({**BOX, "start": (-1, -1, -1), "outside": "fill"}, "add", 1, 0, False, 2)
@example({**TURNED, "bank": 4, "outside": "fill"}, "add", 1, 0, True, 3)
@example({**WIDE, "bank": 20, "outside": "clamp"}, "add", 1, 0, True, 7)
@example({**TALL, "bank": 4, "outside": "fill"}, "add", 1, 0, False, 2)
@example({**BATCH, "bank": 4, "outside": "fill"}, "add", 1, 0, True, 4)
def test_loops_equal_steps_bit_for_bit(
    given: dict[str, Any], kind: str, delay: int, seed: int, zero: bool, team: int
) -> None:
    net = Net(given, kind, delay, seed, of_post=False, zero=zero)
    assert net.by_loops(2, team).tobytes() == net.by_steps(2).tobytes()


@pytest.mark.parametrize("op", [IMAGE, DEEP, STRIDED, LONG, BOX, TURNED, WIDE, TALL, BATCH])
def test_banks_of_all_shapes_are_done_side_by_side(op: dict[str, Any]) -> None:
    given = {"start": (-1,) * len(op["pre"]), "bank": op["post"][-1], "outside": "fill", **op}
    assert _copied_weights(Net(given, of_post=False))


@pytest.mark.parametrize(
    ("change", "kind"),
    [({"bank": 2, "post": (3, 13, 2)}, "add"), ({"outside": "fill"}, "max"), ({"centres": True}, "add")],
)
def test_what_does_not_suit_is_done_post_by_post(change: dict[str, Any], kind: str) -> None:
    net = Net({**IMAGE, "bank": 8, "outside": "clamp", **change}, kind, of_post=False)
    assert not _copied_weights(net)


def test_a_loop_over_filters_takes_each_tap_once_for_several_places() -> None:
    net = Net({**IMAGE, "taps": (3, 3), "start": (-1, -1), "bank": 8, "outside": "fill"}, of_post=False)
    inner = max((f for f in net.lowered().find(loop.For) if f.simd), key=lambda f: sum(1 for _ in f.find(loop.Load)))
    weights = [op for op in inner.find(loop.Load) if str(getattr(op.buffer.op, "field", "")).endswith(".lanes")]
    assert len(weights) == 9
    assert sum(1 for _ in inner.find(loop.Load)) == 9 + 9 * banks.PIXELS


def test_the_first_sum_of_a_step_reads_no_zero() -> None:
    given = {**IMAGE, "bank": 8, "outside": "fill"}
    for op in (given, {**given, "bank": 2, "post": (3, 13, 2)}):
        module = Net(op, of_post=False, zero=True).lowered()
        loads = [o for o in module.find(loop.Load) if str(getattr(o.buffer.op, "field", "")) == "pop1.g"]
        assert not loads


@pytest.mark.parametrize("bank", [2, 8])
def test_a_maximum_of_negative_zeros_added_to_zero_is_zero(bank: int) -> None:
    net = Net({**IMAGE, "bank": bank, "post": (3, 13, bank), "outside": "clamp"}, "max", of_post=False, zero=True)
    net.fields["pop0.v"][:] = -0.0
    net.fields["proj0.w"][:] = 1.0
    assert not np.signbit(net.by_steps(1)).any()
    assert net.by_loops(1, 2).tobytes() == net.by_steps(1).tobytes()


def test_a_sum_that_others_add_to_before_keeps_what_they_gave() -> None:
    given = {**IMAGE, "bank": 8, "outside": "fill"}
    net = Net(given, of_post=False, zero=True)
    psp = net.text[net.text.index("  step.map @map.proj0") : net.text.index("  step.map @map.pop0.update")]
    net.text = net.text.replace(psp, psp + psp.replace("@map.proj0.psp", "@map.proj0.psp2"))
    module = net.lowered()
    loads = [o for o in module.find(loop.Load) if str(getattr(o.buffer.op, "field", "")) == "pop1.g"]
    assert len(loads) == 1


def _copied_weights(net: Net) -> bool:
    return any(str(op.sym) == "proj0.w.lanes" for op in net.lowered().find(loop.Field))
