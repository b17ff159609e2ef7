"""Loops over filters give the bits of the step level, for every shape, edge, reduction and number of workers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.stencils import Net

from nnc.compiler.ir import arith, loop
from nnc.compiler.passes.lower_to_loops import stencils


def check(net: Net, teams: tuple[int, ...] = (2,)) -> None:
    expected = net.by_steps(2)
    for team in teams:
        assert net.by_loops(2, team).tobytes() == expected.tobytes()


@st.composite
def stencil_ops(draw: st.DrawFn) -> dict[str, Any]:
    """Any stencil that verifies, its taps inside or outside."""
    count = draw(st.integers(1, 3))
    places = [draw(st.integers(1, 9 if count < 2 else 3)) for _ in range(count)]
    moved = [draw(st.booleans()) for _ in range(count)]
    axis = tuple(a if m else -1 for a, m in enumerate(moved))
    bank = draw(st.sampled_from([0, 0, 1, 2, 3, 4]))
    return {
        "pre": tuple(draw(st.integers(1, 12 if count < 2 else 5)) for _ in range(count)),
        "post": (*places, bank) if bank else tuple(places),
        "taps": tuple(draw(st.integers(1, 7 if count < 2 else 3)) for _ in range(count)),
        "axis": axis,
        "stride": tuple(draw(st.integers(1, 3)) for _ in range(count)),
        "start": tuple(draw(st.integers(-4, 3)) for _ in range(count)),
        **({"bank": bank} if bank else {}),
        **({"centres": True} if draw(st.integers(0, 3)) == 0 else {}),
        "outside": draw(st.sampled_from(["fill", "clamp"])),
        "fill": draw(st.sampled_from([0.0, 0.0, 1.5])),
    }


LONG = {"pre": (2, 90), "post": (2, 90), "taps": (1, 70), "axis": (0, 1), "stride": (1, 1), "start": (0, -35)}
WIDE = {"pre": (2, 700), "post": (2, 700), "taps": (7, 7), "axis": (0, 1), "stride": (1, 1), "start": (-3, -3)}
BANK = {"pre": (6, 6, 3), "post": (6, 6, 12), "taps": (3, 3, 3), "axis": (0, 1, -1), "stride": (1, 1, 1), "bank": 12}


@settings(max_examples=30)
@given(stencil_ops(), st.sampled_from(["add", "mean", "max", "min"]), st.sampled_from([1, 3]), st.integers(0, 99))
@example({**LONG, "outside": "fill"}, "add", 1, 0)
@example({**WIDE, "outside": "clamp"}, "max", 2, 0)
@example({**BANK, "start": (-1, -1, 0), "outside": "fill"}, "add", 1, 0)
def test_loops_equal_steps_bit_for_bit(given: dict[str, Any], kind: str, delay: int, seed: int) -> None:
    check(Net(given, kind, delay, seed))


def test_workers_may_share_a_line() -> None:
    check(Net({**WIDE, "outside": "fill"}), (1, 7))


def test_taps_outside_are_not_tested_for_where_there_are_none() -> None:
    pooling = {"pre": (64, 64), "post": (32, 32), "taps": (2, 2), "axis": (0, 1), "stride": (2, 2), "start": (0, 0)}
    module = Net({**pooling, "outside": "fill"}, "max").lowered()
    assert not list(module.find(arith.Select))
    assert sum(op.simd for op in module.find(loop.For)) == 3  # the sum, the update and the push


def test_the_inner_loop_tests_nothing_and_stores_no_partial_sum() -> None:
    small = {**WIDE, "taps": (3, 3), "start": (-1, -1), "outside": "fill"}
    loops = [op for op in Net(small).lowered().find(loop.For) if op.simd]
    inner = [op for op in loops if not list(op.find(arith.Select)) and len(list(op.find(arith.Mul))) > 9]
    assert len(inner) == 1
    assert sum(1 for _ in inner[0].find(loop.Store)) == 1
    assert sum(1 for _ in inner[0].find(loop.Load)) == 9 + 2  # taps, what the post neuron has, the sum so far


def test_a_bank_reads_its_input_once_for_several_filters() -> None:
    op = {**WIDE, "post": (2, 700, 8), "taps": (3, 3), "start": (-1, -1), "bank": 8, "outside": "fill"}
    loops = [f for f in Net(op).lowered().find(loop.For) if f.simd and not list(f.find(arith.Select))]
    inner = max(loops, key=lambda f: sum(1 for _ in f.find(loop.Load)))
    assert sum(1 for _ in inner.find(loop.Load)) == 9 + 2 * stencils.TOGETHER[0]


def test_taps_have_no_state_of_their_own() -> None:
    net = Net({**WIDE, "outside": "fill"})
    net.text = net.text.replace("    step.accumulate", "    step.write @proj0.w, %x\n    step.accumulate")
    with pytest.raises(ValueError, match="no state of their own"):
        net.lowered()
