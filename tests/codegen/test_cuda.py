"""The CUDA kernel without a GPU: its text, ptxas where there is one, and its LLVM module run by threads of the host.

For the last, `bar.sync` becomes a `threading.Barrier` and every CUDA thread a thread of this process; each block has
an engine of its own, and with it its own shared memory.
"""

from __future__ import annotations

import ctypes
import itertools
import re
import shutil
import subprocess
import threading
from typing import TYPE_CHECKING, Any

import llvmlite.binding as llvm
import numpy as np
import pytest

from nnc.compiler.codegen.cuda import CUDATarget
from nnc.compiler.codegen.cuda.emit import emit_kernel
from nnc.compiler.codegen.cuda.support import FMOD
from nnc.compiler.codegen.layout import Layout, Recorder, RecorderKind, StateBlock
from nnc.compiler.codegen.llvm import LLVMTarget
from nnc.compiler.codegen.llvm.jit import target_machine
from nnc.compiler.codegen.target import TargetUnavailable
from nnc.compiler.diagnostics import DiagnosticError
from nnc.compiler.ir.parser import parse_module
from nnc.compiler.ir.types import DType

from .programs import Program
from .test_arithmetic import FLOATS, program
from .test_programs import column, spiking
from .test_targets import LEAKY, barriers

if TYPE_CHECKING:
    from pathlib import Path

    from nnc.compiler.codegen.cache import Cache
    from nnc.compiler.ir.core import Op

F64, I64 = DType.f64, DType.i64
THREADS = 32

_here = threading.local()
_SYNC = ctypes.CFUNCTYPE(None)(lambda: _here.barrier.wait() and None)
_BLOCK = ctypes.CFUNCTYPE(ctypes.c_int32)(lambda: _here.block)
_THREAD = ctypes.CFUNCTYPE(ctypes.c_int32)(lambda: _here.thread)


def link(text: str) -> Any:
    machine = target_machine(None, None, 2)
    parsed = llvm.parse_assembly(text)
    parsed.verify()
    engine = llvm.create_mcjit_compiler(parsed, machine)
    engine.finalize_object()
    return engine


def hosted(module: Op) -> str:
    """The kernel's module for this machine."""
    text = emit_kernel(module, THREADS)
    for old, new in (
        (r"addrspacecast \(ptr addrspace\(3\) (@\w+) to ptr\)", r"\1"),
        (r"addrspacecast ptr (addrspace\(1\) )?(%\w+) to ptr( addrspace\(1\))?", r"getelementptr i8, ptr \2, i64 0"),
        (r" addrspace\(3\)", ""),
        (r"ptx_kernel ", ""),
        (r' "nvvm.reqntid"="\d+"', ""),
        (r"llvm\.nvvm\.barrier0", "nnc_test_sync"),
        (r"llvm\.nvvm\.read\.ptx\.sreg\.ctaid\.x", "nnc_test_block"),
        (r"llvm\.nvvm\.read\.ptx\.sreg\.tid\.x", "nnc_test_thread"),
    ):
        text = re.sub(old, new, text)
    return text


def launch(module: Op, block: StateBlock, t0: int, t1: int) -> None:
    """Run a grid of `team` blocks of 32 threads."""
    for name, function in (("sync", _SYNC), ("block", _BLOCK), ("thread", _THREAD)):
        llvm.add_symbol(f"nnc_test_{name}", ctypes.cast(function, ctypes.c_void_p).value)
    text = hosted(module)
    engines = [link(text) for _ in range(block.team)]
    barriers = [threading.Barrier(THREADS) for _ in range(block.team)]
    block.prepare(t0, t1)

    def work(b: int, t: int) -> None:
        _here.block, _here.thread, _here.barrier = b, t, barriers[b]
        address = engines[b].get_function_address("nnc_run")
        ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)(address)(block.address, t0, t1)

    threads = [threading.Thread(target=work, args=bt) for bt in itertools.product(range(block.team), range(THREADS))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    block.finish()


def both(module: Op, sizes: dict[str, int], team: int, t1: int, cache: Cache, fill: Any = None) -> list[StateBlock]:
    """The blocks after a run of the kernel and of the llvm target."""
    program = LLVMTarget(cache=cache).load(LLVMTarget().emit(module))
    blocks = [StateBlock(program.layout, sizes, team=team) for _ in range(2)]
    for block in blocks:
        for name, array in (fill or {}).items():
            block.fields[name][...] = array
        for f in block.layout.fields:
            if f.name.endswith(".spikes"):
                block.add_recorder(Recorder(RecorderKind.SPIKES, f.name))
            elif f.name == "pop.v":
                block.add_recorder(Recorder(RecorderKind.END, f.name, period=2))
                block.add_recorder(Recorder(RecorderKind.TARGETS, f.name, ranks=np.array([3, 0])))
    launch(module, blocks[0], 0, t1)
    program.run(blocks[1], 0, t1)
    return blocks


def assert_same(a: StateBlock, b: StateBlock, t1: int) -> None:
    for name in a.fields:
        np.testing.assert_array_equal(a.fields[name], b.fields[name], err_msg=name)
    assert (a.t, a.status, a.stop_after) == (b.t, b.status, b.stop_after)
    for x, y in zip(a.recorders, b.recorders, strict=True):
        np.testing.assert_array_equal(x.taken(0, t1), y.taken(0, t1))


@pytest.mark.parametrize("team", [1, 2])
def test_the_kernel_does_what_workers_do(team: int, cache: Cache) -> None:
    assert_same(*both(spiking().finish(), {"pop.n": 150, "pop.ring": 2}, team, 4, cache), 4)


def test_blocks_meet_at_barriers(cache: Cache) -> None:
    assert_same(*both(barriers(), {}, 2, 4, cache), 4)


def test_reductions_keep_their_order(cache: Cache) -> None:
    p = Program()
    p.size("n")
    a, b, n = p.field("a", F64, "n"), p.field("b", F64, "n"), p.length("n")
    for kind in ("add", "max", "fma"):
        terms = [a, b] if kind == "fma" else [a]
        got = p.reduce(kind, p.int(3), n, F64, lambda j, terms=terms: [p.load(x, j) for x in terms])
        p.store(got, p.field(kind, F64), p.int(0))
    assert_same(*both(p.finish(), {"n": 100}, 1, 0, cache, {"a": column(F64, 100, 0), "b": column(F64, 100, 1)}), 0)


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


def test_ptx_is_accepted_by_ptxas(tmp_path: Path) -> None:
    ptxas = shutil.which("ptxas")
    if ptxas is None:
        pytest.skip("no ptxas on PATH")
    for arch in ("sm_75", "sm_90"):
        for i, module in enumerate((spiking().finish(), program())):
            path = tmp_path / f"{i}.ptx"
            path.write_text(CUDATarget(arch).emit(module).text)
            command = [ptxas, f"-arch={arch}", str(path), "-o", str(tmp_path / "out")]
            got = subprocess.run(command, capture_output=True, text=True, check=False)
            assert got.returncode == 0, got.stderr


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
