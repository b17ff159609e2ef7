"""The text of CUDA kernels, and ptxas where there is one. What they do is in the tests of all targets."""

from __future__ import annotations

import ctypes
import itertools
import re
import shutil
from typing import Any

import llvmlite.binding as llvm
import numpy as np
import pytest
from support.features import FEATURES
from support.networks import THREE

import nnc as ann
from nnc.compiler.codegen.cuda import CUDATarget
from nnc.compiler.codegen.cuda.assemble import ARCHITECTURES, assemble
from nnc.compiler.codegen.cuda.emit import emit_kernel
from nnc.compiler.codegen.cuda.support import FMOD
from nnc.compiler.codegen.layout import Layout
from nnc.compiler.codegen.llvm.jit import target_machine
from nnc.compiler.codegen.target import TargetUnavailable
from nnc.compiler.diagnostics import DiagnosticError
from nnc.compiler.driver import lower
from nnc.compiler.ir.parser import parse_module
from nnc.compiler.ir.types import DType
from nnc.compiler.options import Determinism, Options
from nnc.runtime.running.compiling import describe

from .programs import Program
from .test_arithmetic import FLOATS, program
from .test_programs import spiking
from .test_targets import LEAKY

F64 = DType.f64


def link(text: str) -> Any:
    """Compile LLVM text for this machine."""
    parsed = llvm.parse_assembly(text)
    parsed.verify()
    engine = llvm.create_mcjit_compiler(parsed, target_machine(None, None, 2))
    engine.finalize_object()
    return engine


def test_the_remainder_is_exact() -> None:
    engine = link(FMOD.replace("define internal", "define"))
    function = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double, ctypes.c_double)(
        engine.get_function_address("nnc_fmod")
    )
    rng = np.random.default_rng(0)
    wild = rng.integers(0, 2**63, 400).view(np.float64)
    pairs = [*itertools.product(FLOATS, FLOATS), *zip(wild, rng.permutation(wild) * 1e-3, strict=True)]
    x, y = np.array(pairs).T
    with np.errstate(all="ignore"):
        want = np.fmod(x, y)
    got = np.array([function(a, b) for a, b in pairs])
    np.testing.assert_array_equal(got, want)
    assert np.array_equal(np.signbit(got), np.signbit(want) & ~np.isnan(want))


def test_ptx_neither_contracts_nor_approximates() -> None:
    text = CUDATarget().emit(program()).text
    assert ".target sm_75" in text
    assert ".visible .entry nnc_run(" in text
    assert "add.rn.f64" in text
    assert "div.rn.f32" in text
    assert "sqrt.rn.f32" in text
    assert not re.search(r"\.(approx|full|ftz)\b", text)
    # Nothing but the two fma ops of the program is fused.
    assert len(re.findall(r"\bfma\.rn\.f(?:32|64)\b", text)) == 2


@pytest.mark.parametrize("arch", ["sm_75", "sm_90", "sm_100"])
def test_ptx_is_accepted_by_ptxas(arch: str) -> None:
    if shutil.which("ptxas") is None:
        pytest.skip("no ptxas on PATH")
    everything = assemble(CUDATarget(arch=arch).emit(program()).text, arch)
    assert 0 < everything.registers <= 255
    report = assemble(CUDATarget(arch=arch).emit(spiking().finish()).text, arch)
    assert (report.spilled, report.stack) == (0, 0)


KERNELS = [
    pytest.param(name, order, arch, marks=() if name == "coba" else pytest.mark.slow)
    for name in (*THREE, *FEATURES)
    for order in ("strict", "fast")
    for arch in ARCHITECTURES
]


@pytest.mark.filterwarnings("ignore::nnc.runtime.errors.NNCWarning")
@pytest.mark.parametrize(("name", "order", "arch"), KERNELS)
def test_kernels_of_networks_fit_the_registers(name: str, order: Determinism, arch: str) -> None:
    if shutil.which("ptxas") is None:
        pytest.skip("no ptxas on PATH")
    net = ann.Network(dt=0.1, seed=7)
    build: Any = THREE[name][0] if name in THREE else FEATURES[name]
    build(net)
    net.compile(silent=True)
    report = assemble(
        CUDATarget(arch=arch, determinism=order).emit(lower(describe(net), Options(target="cuda"))).text, arch
    )
    print(f"{name} {order} {report}")
    # Addresses and sizes of fields stay in registers for the whole run: many projections have more than there are.
    assert report.spilled <= (0 if name in THREE else 2048)
    assert report.registers <= 255


def test_a_loop_that_populations_share_is_refused_with_its_op() -> None:
    net = ann.Network(dt=1.0, seed=7)
    for _ in range(5):
        net.create(10, ann.Izhikevich)
    net.compile(silent=True)
    merged = lower(describe(net), Options(target="llvm"))
    with pytest.raises(DiagnosticError, match=r"mem\.pick_\w+"):
        CUDATarget().emit(merged)


def meetings(p: Program) -> int:
    """How often the threads of a block meet in the kernel's own code."""
    text = emit_kernel(p.finish())
    return text[text.index("define ptx_kernel") :].count("barrier0")


def test_threads_meet_where_accesses_would_overtake_each_other_and_nowhere_else() -> None:
    def stores(*, read: bool) -> Program:
        p = Program()
        p.size("n")
        a, b, zero = p.field("a", F64), p.field("b", F64), p.int(0)
        p.store(p.const(1.0, F64), a, zero)
        p.store(p.load(a, zero) if read else p.const(2.0, F64), b, zero)
        return p

    assert meetings(stores(read=False)) == 0
    assert meetings(stores(read=True)) == 1


def test_a_loop_of_independent_iterations_ends_without_a_meeting() -> None:
    p = Program()
    p.size("n")
    a, b, n = p.field("a", F64, "n"), p.field("b", F64, "n"), p.length("n")
    for buffer in (a, b):
        with p.loop(p.int(0), n, simd=True) as i:
            p.store(p.const(1.0, F64), buffer, i)
    assert meetings(p) == 0
    with p.loop(p.int(0), n, simd=True) as i:
        p.store(p.load(a, i), b, i)
    assert meetings(p) == 1


def test_running_is_refused_with_the_reason() -> None:
    target = CUDATarget(device=999)
    artifact = target.emit(parse_module(LEAKY))
    assert (artifact.language, artifact.entry) == ("ptx", "nnc_run")
    assert artifact.layout == Layout.of(parse_module(LEAKY))
    assert target.available()
    with pytest.raises(TargetUnavailable, match="CUDA"):
        target.load(artifact)


def test_too_much_scratch_is_an_error() -> None:
    p = Program()
    p.alloca(F64, 10_000)
    with pytest.raises(DiagnosticError, match="scratch"):
        CUDATarget().emit(p.finish())
