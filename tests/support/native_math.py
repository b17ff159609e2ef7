"""One elementary function as machine code: what every f32 argument can be tried on in minutes.

The code is what programs run: `math.*` expanded by the passes, compiled by the target `llvm`. That it has the bits of
the interpreter is tested in `tests/ir/test_interp_elementary.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from nnc.compiler.codegen.layout import Layout, StateBlock
from nnc.compiler.codegen.target import get_target
from nnc.compiler.ir.parser import parse_module
from nnc.compiler.ir.types import DType
from nnc.compiler.passes.manager import Context, Pipeline

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Array = NDArray[Any]

CHUNK: Final = 2**16
"""Arguments of one call: they and what is computed from them stay in the second-level cache."""

PASSES: Final = "expand-math,canonicalize,cse,dce,hoist,canonicalize,cse,dce"
TEXT: Final = """
module @elementary {{
  loop.size @n
  loop.size @team
{fields}
  loop.func @run(%t0: i64, %t1: i64) {{
    %first = const 0 : i64
    %last = mem.size @n : i64
    %to = mem.field @y : buf<{dtype}>
{buffers}
    loop.for %i: i64 = %first to %last simd {{
{loads}
      %y = math.{name} {operands} : {dtype}
      mem.store %y, %to[%i]
    }}
  }}
}}
"""


class NativeFunction:
    """`math.<name>` in one format, on arrays of exactly `count` numbers."""

    def __init__(self, name: str, dtype: DType, operands: int = 1, count: int = CHUNK) -> None:
        module = parse_module(_text(name, dtype.value, [f"x{i}" for i in range(operands)]))
        Pipeline.parse(PASSES).run(module, Context())
        target = get_target("llvm")
        self.program = target.load(target.emit(module))
        self.block = StateBlock(Layout.of(module), {"n": count}, team=1, seed=0)
        self.dtype = dtype

    def __call__(self, *arguments: Array) -> Array:
        """The results; they are overwritten by the next call."""
        for i, argument in enumerate(arguments):
            self.block.fields[f"x{i}"][:] = argument
        self.program.run(self.block, 0, 1)
        return self.block.fields["y"]


def _text(name: str, dtype: str, operands: list[str]) -> str:
    return TEXT.format(
        name=name,
        dtype=dtype,
        fields="\n".join(f"  loop.field @{x} : buf<{dtype}> [@n] state" for x in [*operands, "y"]),
        buffers="\n".join(f"    %from_{x} = mem.field @{x} : buf<{dtype}>" for x in operands),
        loads="\n".join(f"      %{x} = mem.load %from_{x}[%i] : {dtype}" for x in operands),
        operands=", ".join(f"%{x}" for x in operands),
    )


def worst_f32(name: str, exact: Callable[[Array], Array]) -> tuple[float, float]:
    """The largest error among all f32 arguments in ulp, and the argument that has it.

    `exact` gives the function in f64. A result that is correctly rounded counts as 0.5; one that should be NaN or
    infinite, or should not be, as infinite, except next to the largest number, where rounding decides.
    """
    function = NativeFunction(name, DType.f32)
    worst, where = 0.5, 0.0
    with np.errstate(all="ignore"):
        for first in range(0, 2**32, CHUNK):
            x = np.arange(first, first + CHUNK, dtype=np.uint64).astype(np.uint32).view(np.float32)
            y, reference = function(x), exact(x.astype(np.float64))
            (wrong,) = np.nonzero((y != reference.astype(np.float32)) & ~(np.isnan(y) & np.isnan(reference)))
            if len(wrong):
                error = errors(y[wrong], reference[wrong])
                if error.max() > worst:
                    worst, where = float(error.max()), float(x[wrong[error.argmax()]])
    return worst, where


def errors(y: Array, exact: Array) -> Array:
    """Errors of f32 results in ulp of the exact ones."""
    rounded = exact.astype(np.float32)
    unit = np.spacing(np.maximum(np.abs(rounded), np.float32(2.0**-126))).astype(np.float64)
    error = np.abs(y - exact) / unit
    one_infinite = np.isinf(rounded) ^ np.isinf(y)
    top = one_infinite & (np.abs(np.where(np.isinf(y), rounded, y)) > np.float32(3.402822e38))
    special = ~np.isfinite(rounded) | ~np.isfinite(y)
    return np.where(top, 0.5, np.where(special, np.inf, error))
