"""Loops over filters give the bits of the step level, for every shape, edge, reduction and number of workers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nnc.compiler.codegen.layout import Layout, StateBlock
from nnc.compiler.ir import arith, loop, stencil
from nnc.compiler.ir.interp import Connectivity, StepState, run_loop, run_step
from nnc.compiler.ir.parser import parse_module
from nnc.compiler.passes.lower_to_loops import LowerToLoops, stencils
from nnc.compiler.passes.manager import Context

if TYPE_CHECKING:
    from collections.abc import Callable

TEXT = """
module @net dt = 1.0 {
  step.neurons @pop0
  step.neurons @pop1
  step.synapses @proj0 from @pop0 to @pop1 rate as stencil delay DELAY index i32
  step.stencil @proj0 STENCIL
  step.field @pop0.v : f64[neuron] state
  step.field @pop1.y : f64[neuron] state
  step.field @pop1.g : f64[neuron] state
  step.field @proj0.w : f64[syn] param
  step.ring @pop0.v.past of @pop0.v : f64[neuron]
  step.map @map.proj0.psp over synapses in @proj0 phase 1 {
    %w = step.read @proj0.w : f64[syn]
    READ
    %y = step.read @pop1.y : f64[post]
    %two = const 2.0 : f64
    %w2 = arith.mul %w, %two : f64[syn]
    %x = arith.mul %w2, %v : f64[syn]
    %z = arith.sub %x, %y : f64[syn]
    step.accumulate KIND @pop1.g, %z
  }
  step.map @map.pop0.update over neurons in @pop0 phase 4 {
    %v = step.read @pop0.v : f64[neuron]
    %c = const 1.25 : f64
    %x = arith.mul %v, %c : f64[neuron]
    step.write @pop0.v, %x
  }
  step.push @pop0.v.past
}
"""
READS = {
    "one": "%v = step.read @pop0.v : f64[pre]",
    "uniform": """%k = step.index : i64
    %d = step.delay @proj0 : i64
    %at = arith.sub %k, %d : i64
    %v = step.read_ring @pop0.v.past[%at] : f64[pre]""",
}
WORDS: dict[str, Callable[[Any], str]] = {
    **{name: lambda v, name=name: f"{name} {list(v)}" for name in ("pre", "post", "taps", "axis", "stride", "start")},
    "bank": lambda v: f"bank {v}",
    "centres": lambda v: "centres",
    "outside": lambda v: f"outside {v}",
    "fill": lambda v: f"fill {v}",
}


class Net:
    """A network of one stencil, at both levels."""

    def __init__(self, given: dict[str, Any], kind: str = "add", delay: int = 1, seed: int = 0) -> None:
        how = "one" if delay == 1 else "uniform"
        words = " ".join(WORDS[name](given[name]) for name in WORDS if name in given)
        text = TEXT.replace("STENCIL", words).replace("KIND", kind).replace("READ", READS[how]).replace("DELAY", how)
        self.text, self.delay = text, delay
        self.module = parse_module(text)
        (self.op,) = self.module.find(stencil.Stencil)
        assert self.op.verify_op() is None
        self.rng = np.random.default_rng(seed)
        self.n = math.prod(self.op.pre), math.prod(self.op.post)
        places = self.n[1] // max(1, self.op.bank)
        self.centres = None
        if self.op.centres:
            self.centres = np.stack([self.rng.integers(0, n, places) for n in self.op.pre], axis=1).astype(np.int32)
        self.fields = {
            "pop0.v": self.rng.normal(size=self.n[0]),
            "pop1.y": self.rng.normal(size=self.n[1]),
            "pop1.g": self.rng.normal(size=self.n[1]),
            "proj0.w": self.rng.normal(size=self.op.entries),
        }

    def by_steps(self, steps: int) -> np.ndarray[Any, Any]:
        wires = Connectivity.of_stencil(self.op, self.delay, self.centres)
        fields = {name: values.copy() for name, values in self.fields.items()}
        state = StepState(fields, {"pop0.n": self.n[0], "pop1.n": self.n[1]}, {"proj0": wires})
        run_step(self.module, state, 0, steps)
        return fields["pop1.g"]

    def lowered(self) -> Any:
        module = parse_module(self.text)
        LowerToLoops().run(module, Context())
        return module

    def by_loops(self, steps: int, team: int) -> np.ndarray[Any, Any]:
        module = self.lowered()
        sizes = {"pop0.n": self.n[0], "pop1.n": self.n[1], "pop0.ring": self.delay + 1, "pop1.ring": 2}
        sizes |= {"proj0.taps": self.op.entries, "proj0.delay": self.delay, "proj0.nnz": 0}
        sizes["proj0.centres"] = 0 if self.centres is None else self.centres.size
        block = StateBlock(Layout.of(module), sizes, team=team)
        for name, values in self.fields.items():
            block.fields[name][:] = values
        if self.centres is not None:
            block.fields["proj0.stencil.centres"][:] = self.centres.reshape(-1)
        block.fields["pop0.v.past"][:] = np.tile(self.fields["pop0.v"], self.delay + 1)
        run_loop(module, block, 0, steps)
        return block.fields["pop1.g"]


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
