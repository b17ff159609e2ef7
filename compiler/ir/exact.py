"""Fused multiply-add on arrays, rounded once: NumPy has none, so a loop around `llvm.fma` is compiled on first use."""

from __future__ import annotations

import ctypes
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from llvmlite import binding as llvm

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_TEXT = """
define void @fma_loop(ptr %a, ptr %b, ptr %c, ptr %out, i64 %n) {{
entry:
  br label %head
head:
  %i = phi i64 [ 0, %entry ], [ %next, %body ]
  %more = icmp slt i64 %i, %n
  br i1 %more, label %body, label %exit
body:
  %pa = getelementptr {t}, ptr %a, i64 %i
  %pb = getelementptr {t}, ptr %b, i64 %i
  %pc = getelementptr {t}, ptr %c, i64 %i
  %po = getelementptr {t}, ptr %out, i64 %i
  %x = load {t}, ptr %pa
  %y = load {t}, ptr %pb
  %z = load {t}, ptr %pc
  %r = call {t} @llvm.fma.{s}({t} %x, {t} %y, {t} %z)
  store {t} %r, ptr %po
  %next = add i64 %i, 1
  br label %head
exit:
  ret void
}}
declare {t} @llvm.fma.{s}({t}, {t}, {t})
"""


@cache
def _loop(dtype: np.dtype[Any]) -> tuple[Callable[..., None], object]:
    """The compiled loop, and the engine that owns its code."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    name, suffix = ("float", "f32") if dtype == np.float32 else ("double", "f64")
    machine = llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=2, jit=True
    )
    module = llvm.parse_assembly(_TEXT.format(t=name, s=suffix))
    engine = llvm.create_mcjit_compiler(module, machine)
    engine.finalize_object()
    kind = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 4, ctypes.c_int64)
    function = kind(engine.get_function_address("fma_loop"))

    return function, engine


def fma(a: NDArray[Any], b: NDArray[Any], c: NDArray[Any]) -> NDArray[Any]:
    """`a * b + c` rounded once, for arrays of one float type (f32 or f64) that broadcast together."""
    shape = np.broadcast_shapes(a.shape, b.shape, c.shape)
    parts = [np.ascontiguousarray(np.broadcast_to(x, shape)) for x in (a, b, c)]
    out = np.empty(shape, a.dtype)
    function, _ = _loop(out.dtype)
    function(*(x.ctypes.data for x in parts), out.ctypes.data, out.size)
    return out
