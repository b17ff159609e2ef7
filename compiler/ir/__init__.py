"""The typed SSA intermediate representation: model, step and loop level."""

from nnc.compiler.ir import arith, batch, loop, model, procedural, random, stencil, step
from nnc.compiler.ir.core import Block, Op, Value
from nnc.compiler.ir.define import REGISTRY, create
from nnc.compiler.ir.model import Module

__all__ = [
    "REGISTRY",
    "Block",
    "Module",
    "Op",
    "Value",
    "arith",
    "batch",
    "create",
    "loop",
    "model",
    "procedural",
    "random",
    "stencil",
    "step",
]
