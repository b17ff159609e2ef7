"""What targets write, and what they say where they cannot."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from nnc.compiler.codegen.layout import StateBlock
from nnc.compiler.codegen.llvm import LLVMProgram, LLVMTarget
from nnc.compiler.codegen.openmp import OpenMPTarget
from nnc.compiler.codegen.openmp.build import find_compiler
from nnc.compiler.codegen.target import Status, Target, TargetUnavailable, TeamError, get_target, target_names
from nnc.compiler.diagnostics import DiagnosticError, Loc, Source
from nnc.compiler.ir import REGISTRY, arith
from nnc.compiler.ir.parser import parse_module
from nnc.compiler.ir.types import DType

from .programs import Program

if TYPE_CHECKING:
    from pathlib import Path

    from nnc.compiler.codegen.cache import Cache
    from nnc.compiler.ir.model import Module

F64, I64 = DType.f64, DType.i64

LEAKY = """
module @leaky {
  loop.size @pop0.n
  loop.field @pop0.v : buf<f64> [@pop0.n] state
  loop.field @pop0.tau : buf<f64> [] param
  loop.func @run (%t0: i64, %t1: i64) {
    %v = mem.field @pop0.v : buf<f64>
    %tau = mem.field @pop0.tau : buf<f64>
    %n = mem.size @pop0.n : i64
    %zero = const 0 : i64
    %tau_1 = mem.load %tau [%zero] : f64
    loop.time %k: i64 = %t0 to %t1 {
      loop.for %i: i64 = %zero to %n simd {
        %v_1 = mem.load %v [%i] : f64
        %rate = arith.div %v_1, %tau_1 : f64
        %v_2 = arith.sub %v_1, %rate : f64
        mem.store %v_2, %v [%i]
      }
    }
  }
}
"""

LEAKY_C = """\
static void nnc_worker(struct nnc_block *const block, const int64_t tid, const int64_t t0,
                       const int64_t t1) {
  const int64_t pop0_n = block->size[0];
  double *const pop0_v = (double *)block->field[0];
  double *const pop0_tau = (double *)block->field[1];
  /* %tau_1 = mem.load %tau [%zero] : f64 */
  const double tau = pop0_tau[0];
  int64_t now = t0;
  for (int64_t k = t0; k < t1; k++) {
    NNC_SIMD
    for (int64_t i = 0; i < pop0_n; i++) {
      /* %v_1 = mem.load %v [%i] : f64 */
      const double v = pop0_v[i];
      /* mem.store %v_2, %v [%i] */
      pop0_v[i] = v - v / tau;
    }
    now = k + 1;
    if (nnc_leave(block, k)) break;
  }
  if (tid == 0) block->t = now;
}
"""

LEAKY_LL = """\
define void @nnc_worker(ptr %block, i64 %tid, i64 %t0, i64 %t1) #0 {
entry:
  %v1 = getelementptr inbounds i8, ptr %block, i64 32
  %v2 = load ptr, ptr %v1
  %v3 = getelementptr inbounds ptr, ptr %v2, i64 0
  %v4 = load ptr, ptr %v3
  %v5 = getelementptr inbounds ptr, ptr %v2, i64 1
  %v6 = load ptr, ptr %v5
  %v7 = getelementptr inbounds i8, ptr %block, i64 40
  %v8 = load ptr, ptr %v7
  %v9 = getelementptr inbounds i64, ptr %v8, i64 0
  %v10 = load i64, ptr %v9
  br label %start
start:
  %v11 = getelementptr inbounds double, ptr %v6, i64 0
  %v12 = load double, ptr %v11
  br label %time13
time13:
  %v14 = phi i64 [ %t0, %start ], [ %v15, %next13 ]
  %v16 = icmp slt i64 %v14, %t1
  br i1 %v16, label %step13, label %end13
step13:
  br label %loop17
loop17:
  %v18 = phi i64 [ 0, %step13 ], [ %v19, %body17 ]
  %v20 = icmp slt i64 %v18, %v10
  br i1 %v20, label %body17, label %done17
body17:
  %v21 = getelementptr inbounds double, ptr %v4, i64 %v18
  %v22 = load double, ptr %v21, !llvm.access.group !0
  %v23 = fdiv double %v22, %v12
  %v24 = fsub double %v22, %v23
  %v25 = getelementptr inbounds double, ptr %v4, i64 %v18
  store double %v24, ptr %v25, !llvm.access.group !0
  %v19 = add nsw i64 %v18, 1
  br label %loop17, !llvm.loop !2
done17:
"""


def test_c_reads_like_c() -> None:
    text = OpenMPTarget().emit(parse_module(LEAKY)).text
    assert LEAKY_C in text
    assert "nnc_barrier" not in text


def test_llvm_is_plain_arithmetic() -> None:
    text = LLVMTarget().emit(parse_module(LEAKY)).text
    assert LEAKY_LL in text
    assert "!0 = distinct !{}\n" in text
    assert '!1 = !{!"llvm.loop.parallel_accesses", !0}\n!2 = distinct !{!2, !1}\n' in text
    assert not re.search(r"\b(fast|reassoc|contract|nnan|ninf|nsz|arcp|afn|noalias)\b", text)


def test_both_do_what_the_text_says(target: Target) -> None:
    program = target.load(target.emit(parse_module(LEAKY)))
    block = StateBlock(program.layout, {"pop0.n": 37})
    block.fields["pop0.v"][...] = np.arange(37)
    block.fields["pop0.tau"][0] = 3.0
    assert program.run(block, 0, 4) is Status.DONE
    want = np.arange(37.0)
    for _ in range(4):
        want = want - want / 3.0
    assert np.array_equal(block.fields["pop0.v"], want)


def test_c_shows_the_users_line() -> None:
    source = Source("tau * dv/dt = -v /* odd */", line=3)
    p = Program()
    x = p.field("x", F64)
    p.loc = Loc(source, 0, 11)
    p.store(p.const(0.5, F64), x, p.int(0))
    text = OpenMPTarget().emit(p.finish()).text
    assert "/* tau * dv/dt = -v / * odd * / */\n  x[0] = 0.5;" in text


def test_identifiers_are_unique_and_valid() -> None:
    p = Program()
    for name in ("a.b", "a_b", "double", "9x", "nnc_run", "τ"):
        p.store(p.const(1.0, F64), p.field(name, F64), p.int(0))
    text = OpenMPTarget().emit(p.finish()).text
    names = re.findall(r"double \*const (\w+) =", text)
    assert len(set(names)) == 6
    assert "double" not in names
    assert all(re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", n) and not n.startswith("nnc_") for n in names)


def unknown(kind: str) -> Module:
    p = Program()
    p.loc = Loc(Source("v = tanh(x)"), 4, 11)
    if kind == "op":
        p.op(REGISTRY["math.tanh"], p.const(0.5, F64))
    else:
        p.types["y"] = F64
        p.ref("y")
    return p.finish()


@pytest.mark.parametrize("kind", ["op", "field"])
@pytest.mark.parametrize("made", [OpenMPTarget(), LLVMTarget()], ids=["openmp", "llvm"])
def test_what_a_target_cannot_write_is_an_error_at_the_users_place(made: Target, kind: str) -> None:
    with pytest.raises(DiagnosticError, match=r"error\[N0609\]: target '\w+' has no code for .*\n.*:1:5") as caught:
        made.emit(unknown(kind))
    assert made.name in str(caught.value)


def test_targets_are_found_by_name() -> None:
    assert target_names()[:2] == ["llvm", "openmp"]
    made = get_target("openmp", optimise=0)
    assert isinstance(made, Target)
    assert made == OpenMPTarget(optimise=0)
    with pytest.raises(TargetUnavailable, match="did you mean 'openmp'"):
        get_target("opnmp")


def test_a_missing_compiler_is_told_with_a_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    assert OpenMPTarget(compiler="no-such-cc").available() == "the C compiler 'no-such-cc' was not found"
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CC", raising=False)
    with pytest.raises(TargetUnavailable, match=r"no C compiler was found on PATH\n.*target 'llvm'"):
        find_compiler()


def test_the_compiler_is_that_of_CC(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    script = tmp_path / "mycc"
    script.write_text("#!/bin/sh\necho mycc 1.0; echo broken >&2; exit 3\n")
    script.chmod(0o755)
    monkeypatch.setenv("CC", f"{script} -DX")
    found = find_compiler()
    assert (found.command, found.version) == ((str(script), "-DX"), "mycc 1.0\n")
    with pytest.raises(TargetUnavailable, match=r"failed \(status 3\)\n  broken"):
        OpenMPTarget().load(OpenMPTarget().emit(parse_module(LEAKY)))


def test_messages_of_the_compiler_are_shown_only_on_request(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str], cache: Cache
) -> None:
    gcc = shutil.which("gcc") or shutil.which("cc")
    if gcc is None:
        pytest.skip("no C compiler")
    script = tmp_path / "loud"
    script.write_text(f'#!/bin/sh\necho a remark >&2\nexec {gcc} "$@"\n')
    script.chmod(0o755)
    for show in (False, True):
        target = OpenMPTarget(compiler=str(script), show=show, optimise=int(show), cache=cache)
        target.load(target.emit(parse_module(LEAKY)))
        assert ("a remark" in capfd.readouterr().err) == show


def test_undefined_behaviour_is_checked_on_request(cache: Cache) -> None:
    target = OpenMPTarget(sanitize="undefined", optimise=1, cache=cache)
    if target.available() is not None:
        pytest.skip("no C compiler")
    program = target.load(target.emit(parse_module(LEAKY)))
    block = StateBlock(program.layout, {"pop0.n": 5})
    block.fields["pop0.v"][...] = 1.0
    block.fields["pop0.tau"][0] = 2.0
    program.run(block, 0, 1)
    assert list(block.fields["pop0.v"]) == [0.5] * 5


def test_flags_of_the_user_reach_the_compiler_and_are_part_of_the_name(cache: Cache) -> None:
    plain, wrong = (
        OpenMPTarget(cache=cache, optimise=0),
        OpenMPTarget(cache=cache, optimise=0, flags="-O1 -no-such-flag"),
    )
    if plain.available() is not None:
        pytest.skip("no C compiler")
    artifact = plain.emit(parse_module(LEAKY))
    plain.load(artifact)
    with pytest.raises(TargetUnavailable, match="no-such-flag"):
        wrong.load(artifact)


def test_the_address_sanitizer_is_refused_where_it_would_end_the_process(cache: Cache) -> None:
    target = OpenMPTarget(sanitize="address", cache=cache)
    if target.available() is not None:
        pytest.skip("no C compiler")
    with pytest.raises(TargetUnavailable, match="LD_PRELOAD"):
        target.load(target.emit(parse_module(LEAKY)))


def test_a_second_load_compiles_nothing(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    artifact = target.emit(parse_module(LEAKY.replace("leaky", f"leaky_{target.name}")))
    target.load(artifact)

    def refuse(*args: Any, **options: Any) -> None:
        raise AssertionError("compiled again")

    monkeypatch.setattr("nnc.compiler.codegen.openmp.build._call", refuse)
    monkeypatch.setattr("nnc.compiler.codegen.llvm.jit.optimised", refuse)
    target.load(artifact)


def barriers() -> Module:
    p = Program()
    p.size("team")
    x = p.field("x", I64, "team")
    with p.time():
        total = p.reduce("add", p.int(0), p.team(), I64, lambda j: [p.load(x, j)])
        p.barrier()
        p.store(p.add(total, p.int(1)), x, p.id())
        p.barrier()
    return p.finish()


def test_without_posix_threads_python_threads_do_the_work(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnc.compiler.codegen.llvm.jit.has_threads", lambda: False)
    target = LLVMTarget(cache=cache)
    program = target.load(target.emit(barriers()))
    block = StateBlock(program.layout, {}, team=3)
    assert program.run(block, 0, 5) is Status.DONE
    assert list(block.fields["x"]) == [1 + 3 + 9 + 27 + 81] * 3


def test_a_team_that_cannot_be_started_does_nothing(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnc.compiler.codegen.llvm.jit.has_threads", lambda: False)
    target = LLVMTarget(cache=cache)
    program: LLVMProgram = target.load(target.emit(barriers()))
    block = StateBlock(program.layout, {}, team=3)

    def refuse(self: Any) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("threading.Thread.start", refuse)
    with pytest.raises(TeamError, match="started 1 of 3 threads"):
        program.run(block, 0, 5)
    assert list(block.fields["x"]) == [0, 0, 0]


def test_openmp_says_when_threads_are_limited(cache: Cache) -> None:
    if OpenMPTarget().available() is not None:
        pytest.skip("no C compiler")
    code = (
        "from tests.codegen.test_targets import *\n"
        "t = OpenMPTarget(cache=Cache(Path(sys.argv[1])), optimise=1)\n"
        "p = t.load(t.emit(barriers()))\n"
        "b = StateBlock(p.layout, {}, team=4)\n"
        "try: p.run(b, 0, 3)\n"
        "except TeamError as e: print(e)\n"
    )
    code = "from pathlib import Path\nfrom nnc.compiler.codegen.cache import Cache\n" + code
    env = {**os.environ, "OMP_THREAD_LIMIT": "2", "PYTHONPATH": os.pathsep.join([*sys.path, os.getcwd()])}
    got = subprocess.run(
        [sys.executable, "-c", code, str(cache.root)], env=env, capture_output=True, text=True, check=False
    )
    assert "OpenMP started 2 of 4 threads" in got.stdout, got.stderr


def large() -> Module:
    p = Program()
    p.size("n")
    v = p.field("v", F64, "n")
    with p.time(), p.loop(p.int(0), p.length("n"), simd=True) as i:
        x = p.load(v, i)
        for _ in range(250):
            x = p.value(arith.Fma, x, p.const(0.999, F64), p.const(0.5, F64))
        p.store(x, v, i)
    return p.finish()


@pytest.mark.parametrize("made", [OpenMPTarget(), LLVMTarget()], ids=["openmp", "llvm"])
def test_writing_500_ops_takes_milliseconds(made: Target) -> None:
    module, best = large(), 1.0
    for _ in range(5):
        start = time.process_time()
        made.emit(module)
        best = min(best, time.process_time() - start)
    assert best < 0.02


def test_simd_loops_become_vector_instructions() -> None:
    from nnc.compiler.codegen.llvm.jit import optimised, target_machine

    machine = target_machine(None, None, 3)
    text = LLVMTarget().emit(parse_module(LEAKY)).text
    got = str(optimised(text, machine, 3))
    assert re.search(r"fdiv <\d+ x double>", got)
    assert "memcheck" not in got
