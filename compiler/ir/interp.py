"""The interpreter: the definition of what IR means, written for clarity in NumPy.

`evaluate` and `fold` give the meaning of one op on numbers, `run_model`, `run_step` and `run_loop` that of a module of
the level of their name: a network through some steps.
"""

from __future__ import annotations

from nnc.compiler.ir.interp_arith import FOLDABLE, evaluate, fold
from nnc.compiler.ir.interp_loop import BarrierMismatch, Outcome, OutOfRange, Schedule, run_loop
from nnc.compiler.ir.interp_model import run_model
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
    "run_model",
    "run_step",
]
