"""The command `nnc`: scripts, stages, passes on texts, and what it says to wrong words."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING

import pytest

from nnc.compiler.main import main

if TYPE_CHECKING:
    from pathlib import Path

MODEL = """
import sys
import nnc as ann
net = ann.Network(dt=1.0, seed=1)
cell = ann.Neuron(parameters="tau = 10.0 : population", equations="tau*dv/dt = 2.0 - v", spike="v > 1.0", reset="v = 0")
pop = net.create(8, cell)
net.connect(pop, pop, "exc").all_to_all(weights=0.1)
m = net.monitor(pop, "spike")
net.compile(silent=True)
net.simulate(50.0)
print("spikes", sum(len(s) for s in m.get("spike").values()), sys.argv[1:])
"""

TEXT = """module @m {
  step.neurons @p
  step.field @p.v : f64[neuron] state
  step.map @map.p over neurons in @p phase 4 {
    %v = step.read @p.v : f64[neuron]
    %a = arith.add %v, %v : f64[neuron]
    %b = arith.add %v, %v : f64[neuron]
    %c = arith.mul %a, %b : f64[neuron]
    step.write @p.v, %c
  }
}
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "model.py"
    path.write_text(MODEL, encoding="utf-8")
    return path


def nnc(*words: object) -> int:
    with pytest.raises(SystemExit) as end:
        main([str(w) for w in words])
    return int(end.value.code or 0)


def test_notes_are_shown_on_request(script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script.write_text(MODEL.replace("tau*dv/dt = 2.0 - v", "a = b; b = a; tau*dv/dt = 2.0 - v"), encoding="utf-8")
    assert nnc(script) == 0
    assert "note[" not in capsys.readouterr().err
    assert nnc("--remarks", script) == 0
    assert "note[N0411]: these assignments need each other: 'a', 'b'" in capsys.readouterr().err


def test_a_script_runs_and_a_summary_follows(script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert nnc(script) == 0
    out = capsys.readouterr().out
    assert "spikes 56 []" in out
    assert re.search(r"neurons: +8\b", out)
    assert re.search(r"synapses: +56\b", out)


def test_words_behind_the_script_are_its_own(script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert nnc(script, "--mine", "7", "-p", "x") == 0
    assert "['--mine', '7', '-p', 'x']" in capsys.readouterr().out


def test_process_state_is_left_as_it_was(script: Path) -> None:
    before = (os.getcwd(), list(sys.argv), list(sys.path), dict(os.environ))
    assert nnc(script, "--mine") == 0
    assert (os.getcwd(), sys.argv, sys.path, dict(os.environ)) == before


@pytest.mark.parametrize(
    ("stage", "inside"),
    [
        ("ast", "Ode"),
        ("model", "model.equation @v explicit"),
        ("step", "step.map @map.pop0.update over neurons"),
        ("loop", "loop.time"),
        ("c", "nnc_worker"),
        ("llvm", "define"),
        ("ptx", ".visible .entry"),
        ("all", "// ===== loop ====="),
    ],
)
def test_a_stage_is_shown_and_nothing_simulated(
    script: Path, stage: str, inside: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert nnc(f"--emit-ir={stage}", script) == 0
    out = capsys.readouterr().out
    assert inside in out
    assert "spikes" not in out.splitlines()[-1]
    assert "spikes 56" not in out


def test_the_text_for_a_target_is_made_by_the_passes_of_that_target(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Populations that are alike share a loop on the CPU and not on a GPU, whatever the script runs on."""
    path = tmp_path / "many.py"
    cells = "pops = [net.create(10, ann.Izhikevich) for _ in range(5)]"
    path.write_text(f"import nnc as ann\nnet = ann.Network(dt=1.0)\n{cells}\nnet.compile()\n", encoding="utf-8")
    assert nnc("--emit-ir=ptx", path) == 0
    assert ".visible .entry" in capsys.readouterr().out
    assert nnc("--emit-ir=all", path) == 0
    assert ".visible .entry" in capsys.readouterr().out


def test_emit_ir_works_behind_the_script_and_without_a_stage(script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert nnc(script, "--emit-ir") == 0
    assert "// ===== model =====" in capsys.readouterr().out


def test_a_network_that_is_never_compiled_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "left.py"
    path.write_text(MODEL.split("m = net.monitor")[0], encoding="utf-8")
    assert nnc("--emit-ir=model", path) == 0
    assert "model.neuron @pop0.model spiking" in capsys.readouterr().out


def test_a_stage_prints_what_reads_back_the_same(script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nnc("--emit-ir=loop", script)
    text = capsys.readouterr().out
    path = script.with_suffix(".ir")
    path.write_text(text, encoding="utf-8")
    assert nnc(path) == 0
    assert capsys.readouterr().out == text


def test_passes_run_on_a_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "m.ir"
    path.write_text(TEXT, encoding="utf-8")
    assert nnc(path, "-p", "cse,dce") == 0
    out = capsys.readouterr().out
    assert out.count("arith.add") == 1


def test_split_texts_are_treated_one_by_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "m.ir"
    path.write_text(TEXT + "// -----\n" + TEXT, encoding="utf-8")
    assert nnc(path, "-p", "cse", "--split-input-file") == 0
    assert capsys.readouterr().out.count("// -----") == 1
    assert nnc(path, "-p", "cse") == 2
    assert "--split-input-file" in capsys.readouterr().err


def test_expected_errors_are_checked_both_ways(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "m.ir"
    wrong = TEXT.replace("step.write @p.v, %c", "// error@+1 N0913: not declared\n    step.write @p.w, %c")
    path.write_text(wrong, encoding="utf-8")
    assert nnc(path, "--verify-diagnostics") == 0
    path.write_text(wrong.replace("N0913", "N0912"), encoding="utf-8")
    assert nnc(path, "--verify-diagnostics") == 1
    said = capsys.readouterr().err
    assert "expected error N0912" in said
    assert "unexpected error N0913" in said


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--targt", "llvm", "x.py"], "--target"),
        (["--target", "llmv", "x.py"], "did you mean 'llvm'"),
        (["nowhere.py"], "there is no file 'nowhere.py'"),
        (["--emit-ir=lop", "x.py"], "lop"),
        (["."], "is a folder"),
    ],
)
def test_wrong_words_are_one_clear_line(words: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert nnc(*words) == 2
    err = capsys.readouterr().err
    assert says in err
    assert err.count("\n") == 1


def test_an_unknown_pass_is_shown_with_a_caret(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "m.ir"
    path.write_text(TEXT, encoding="utf-8")
    assert nnc(path, "-p", "cse,dcee") == 1
    assert "did you mean 'dce'" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"import nnc\nthis is no python (\n", b"\x00\x01\xff"])
def test_a_file_that_is_no_python_is_said_to_be_so(
    tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "no.py"
    path.write_bytes(content)
    assert nnc(path) == 1
    assert "is no Python script" in capsys.readouterr().err


def test_an_error_of_the_model_points_into_the_script(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bad.py"
    path.write_text(MODEL.replace("2.0 - v", "2.0 - vv"), encoding="utf-8")
    assert nnc(path) == 1
    err = capsys.readouterr().err
    assert "error[N0201]: unknown name 'vv'" in err
    assert f"{path}:5:" in err
    assert "Traceback" not in err


def test_an_error_of_the_api_points_into_the_script(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bad.py"
    path.write_text(MODEL.replace("m = net", "pop.v = [1.0, 2.0]\nm = net"), encoding="utf-8")
    assert nnc(path) == 1
    err = capsys.readouterr().err
    assert f"{path}:8:" in err
    assert "8 values" in err


def test_a_missing_compiler_is_named(script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = script.read_text(encoding="utf-8").replace("silent=True", "silent=True, compiler='no-such-compiler'")
    script.write_text(text, encoding="utf-8")
    assert nnc(script) == 1
    assert "no-such-compiler" in capsys.readouterr().err


def test_an_error_of_the_script_itself_is_shown_as_python_shows_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "own.py"
    path.write_text("import nnc\n1 / 0\n", encoding="utf-8")
    assert nnc(path) == 1
    err = capsys.readouterr().err
    assert err.startswith(f'Traceback (most recent call last):\n  File "{path}", line 2')
    assert "ZeroDivisionError" in err


def test_passes_and_targets_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert nnc("--list-passes") == 0
    assert "hoist-time" in capsys.readouterr().out
    assert nnc("--list-targets") == 0
    assert "llvm       available" in capsys.readouterr().out


def test_times_and_changes_are_printed(script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert nnc("--time-passes", "--print-changed", script) == 0
    out = capsys.readouterr().out
    assert "lower-to-loops" in out
    assert "spikes 56" in out


def test_dump_writes_every_stage(script: Path, tmp_path: Path) -> None:
    assert nnc("--dump", tmp_path / "stages", script) == 0
    names = sorted(p.name for p in (tmp_path / "stages").iterdir())
    assert any("instantiate" in n for n in names)
    assert "target.ll" in names
