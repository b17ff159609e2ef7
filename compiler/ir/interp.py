"""The interpreter: the definition of what IR means, written for clarity in NumPy.

`evaluate` and `fold` give the meaning of one op on numbers, `run_step` that of one step of a step-level module,
`run_loop` that of a loop-level module.
"""

from __future__ import annotations

from nnc.compiler.ir.interp_arith import FOLDABLE, evaluate, fold
from nnc.compiler.ir.interp_loop import BarrierMismatch, Outcome, OutOfRange, Schedule, run_loop
from nnc.compiler.ir.interp_step import Connectivity, StepState, run_step

__all__ = [
    "FOLDABLE",
    "BarrierMismatch",
    "Connectivity",
    "OutOfRange",
    "Outcome",
    "Schedule",
    "StepState",
    "evaluate",
    "fold",
    "run_loop",
    "run_step",
]
