"""Networks of one stencil, at the step and the loop level."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.compiler.codegen.layout import Layout, StateBlock
from nnc.compiler.ir import stencil
from nnc.compiler.ir.interp import Connectivity, StepState, run_loop, run_step
from nnc.compiler.ir.parser import parse_module
from nnc.compiler.passes.lower_to_loops import LowerToLoops
from nnc.compiler.passes.manager import Context

if TYPE_CHECKING:
    from collections.abc import Callable

    from nnc.compiler.passes.manager import Pass

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
POST = ("    %y = step.read @pop1.y : f64[post]\n", "    %z = arith.sub %x, %y : f64[syn]\n")
ZERO = """  step.map @map.pop1.zero over neurons in @pop1 phase 1 {
    %x0 = const 0.0 : f64
    step.write @pop1.g, %x0
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
    """A network of one stencil whose pre population changes from step to step.

    `of_post`: synapses read their post neuron; `zero`: sums start from zero in every step. Runs give the fields of
    `watched`, one after the other.
    """

    def __init__(
        self,
        given: dict[str, Any],
        kind: str = "add",
        delay: int = 1,
        seed: int = 0,
        *,
        of_post: bool = True,
        zero: bool = False,
    ) -> None:
        how = "one" if delay == 1 else "uniform"
        words = " ".join(WORDS[name](given[name]) for name in WORDS if name in given)
        text = TEXT.replace("STENCIL", words).replace("KIND", kind).replace("READ", READS[how]).replace("DELAY", how)
        if not of_post:
            text = text.replace(POST[0], "").replace(POST[1], "").replace("@pop1.g, %z", "@pop1.g, %x")
        if zero:
            text = text.replace("  step.map @map.proj0", ZERO + "  step.map @map.proj0")
        self.text, self.delay = text, delay
        self.module = parse_module(text)
        (self.op,) = self.module.find(stencil.Stencil)
        assert self.op.verify_op() is None
        self.rng = np.random.default_rng(seed)
        self.n = math.prod(self.op.pre), math.prod(self.op.post)
        self.watched: tuple[str, ...] = ("pop1.g",)
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
        return np.concatenate([fields[name] for name in self.watched])

    def lowered(self, *more: Pass) -> Any:
        module = parse_module(self.text)
        for each in (LowerToLoops(), *more):
            each.run(module, Context())
        return module

    @property
    def sizes(self) -> dict[str, int]:
        sizes = {"pop0.n": self.n[0], "pop1.n": self.n[1], "pop0.ring": self.delay + 1, "pop1.ring": 2}
        sizes |= {"proj0.taps": self.op.entries, "proj0.delay": self.delay, "proj0.nnz": 0}
        return sizes | {"proj0.centres": 0 if self.centres is None else self.centres.size}

    @property
    def start(self) -> dict[str, np.ndarray[Any, Any]]:
        """All fields of the block before the first step."""
        past = {"pop0.v.past": np.tile(self.fields["pop0.v"], self.delay + 1)}
        table = {} if self.centres is None else {"proj0.stencil.centres": self.centres.reshape(-1)}
        return self.fields | past | table

    def by_loops(self, steps: int, team: int) -> np.ndarray[Any, Any]:
        module = self.lowered()
        block = StateBlock(Layout.of(module), self.sizes, team=team)
        for name, values in self.start.items():
            block.fields[name][:] = values
        run_loop(module, block, 0, steps)
        return np.concatenate([block.fields[name] for name in self.watched])
