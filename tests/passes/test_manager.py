"""Pipelines: their text, their errors, and what the manager does around a pass."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pytest

from nnc.compiler import passes
from nnc.compiler.diagnostics import DiagnosticError
from nnc.compiler.ir import arith
from nnc.compiler.ir.parser import parse_module
from nnc.compiler.ir.printer import print_module
from nnc.compiler.options import Looks, Options
from nnc.compiler.passes import DEFAULT_PIPELINE, PASSES, load_pass
from nnc.compiler.passes.manager import Context, InvalidIR, Pass, Pipeline, pipeline_text, timing_table

if TYPE_CHECKING:
    from pathlib import Path

    from nnc.compiler.ir.define import Level
    from nnc.compiler.ir.model import Module

TEXT = """module @m {
  loop.size @n
  loop.field @f : buf<f64> [@n] state
  loop.func @run(%t0: i64, %t1: i64) {
    %f = mem.field @f : buf<f64>
    %a = const 1.0 : f64
    %b = const 1.0 : f64
    %c = arith.add %a, %b : f64
    mem.store %c, %f[%t0]
  }
}
"""


@dataclass(frozen=True)
class Nothing(Pass):
    """Does nothing, with options of every kind."""

    name: ClassVar[str] = "nothing"
    keep: bool = False
    count: int = 3
    ratio: float = 0.5
    mode: str = "fast"

    def run(self, module: Module, context: Context) -> bool:
        return False


@dataclass(frozen=True)
class Crash(Pass):
    """Changes the module and fails."""

    name: ClassVar[str] = "crash"

    def run(self, module: Module, context: Context) -> bool:
        next(module.find(arith.Add)).attributes["colour"] = "red"
        raise ZeroDivisionError("planted\nfailure")


@dataclass(frozen=True)
class Break(Pass):
    """Leaves a module that does not verify."""

    name: ClassVar[str] = "break"

    def run(self, module: Module, context: Context) -> bool:
        next(module.find(arith.Add)).attributes["colour"] = "red"
        return True


@dataclass(frozen=True)
class Report(Pass):
    """Reports an error of the user."""

    name: ClassVar[str] = "report"

    def run(self, module: Module, context: Context) -> bool:
        context.diagnostics.error("N0401", "planted", next(module.find(arith.Add)).loc)
        return False


@dataclass(frozen=True)
class Lower(Pass):
    """Claims to lead from step to loop level."""

    name: ClassVar[str] = "lower"
    takes: ClassVar[Level] = "step"
    gives: ClassVar[Level] = "loop"

    def run(self, module: Module, context: Context) -> bool:
        return True


@pytest.fixture(autouse=True)
def _planted_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    from nnc.compiler.passes import pipeline

    extra = {p.name: p for p in (Nothing, Crash, Break, Report, Lower)}
    monkeypatch.setattr(pipeline, "PASSES", {**PASSES, **dict.fromkeys(extra, "")})
    monkeypatch.setattr(pipeline, "load_pass", lambda name: extra.get(name) or load_pass(name))


def failure(text: str, level: Level = "any") -> str:
    with pytest.raises(DiagnosticError) as caught:
        Pipeline.parse(text, level)
    return str(caught.value)


def test_a_pipeline_runs_its_passes_in_order_and_says_whether_one_changed_something() -> None:
    module = parse_module(TEXT)
    assert Pipeline.parse("cse, canonicalize,dce").run(module)
    assert "%c = const 2.0 : f64" in print_module(module)
    assert not Pipeline.parse("cse,canonicalize,dce").run(module)


def test_the_text_of_a_pipeline_reads_back() -> None:
    text = "cse,nothing{keep=true, count=-7, ratio=1e-3, mode=slow-path},dce"
    step = Pipeline.parse(text).passes[1]
    assert step == Nothing(keep=True, count=-7, ratio=0.001, mode="slow-path")
    again = pipeline_text(Pipeline.parse(text).passes)
    assert Pipeline.parse(again).passes == Pipeline.parse(text).passes
    assert Pipeline.parse("nothing{}").text == "nothing"


@pytest.mark.parametrize(
    ("text", "code", "message", "caret"),
    [
        ("cse,dec", "N0922", "did you mean 'dce'?", 4),
        ("zzzzzzz", "N0922", "the passes are inline-functions", 0),
        ("cse,,dce", "N0921", "expected the name of a pass, found ','", 4),
        ("cse,", "N0921", "found 'end of text'", 4),
        ("cse dce", "N0921", "expected ',', found 'dce'", 4),
        ("cse{x=1}", "N0923", "cse has no option 'x'", 4),
        ("nothing{keeq=true}", "N0923", "did you mean 'keep'?", 8),
        ("nothing{keep=maybe}", "N0923", "option 'keep' must be a bool, not 'maybe'", 13),
        ("nothing{count=1.5}", "N0923", "option 'count' must be a int, not '1.5'", 14),
        ("nothing{count=}", "N0923", "option 'count' needs a value", 14),
        ("nothing{count 1}", "N0921", "expected '='", 14),
        ("nothing{count=1", "N0921", "expected ','", 15),
        ("lower,lower", "N0924", "lower needs step-level IR, but here it is at level loop", 6),
    ],
)
def test_errors_point_into_the_text_of_the_pipeline(text: str, code: str, message: str, caret: int) -> None:
    error = failure(text)
    assert f"error[{code}]" in error
    assert message in error
    assert error.splitlines()[4].index("^") - error.splitlines()[4].index("|") - 2 == caret


def test_levels_must_chain_from_the_level_of_the_module() -> None:
    assert "needs step-level IR, but here it is at level model" in failure("cse,lower", "model")
    assert "put instantiate in front of it" in failure("cse,lower", "model")
    assert Pipeline.parse("cse,lower", "step").passes


def test_every_pass_of_the_default_pipeline_is_registered() -> None:
    assert set(DEFAULT_PIPELINE.split(",")) <= set(PASSES)


@pytest.mark.parametrize("name", sorted(PASSES))
def test_a_registered_pass_has_its_name_and_says_what_it_guarantees(name: str) -> None:
    cls = load_pass(name)
    assert cls.name == name
    assert cls.__doc__
    assert cls() == cls()


def test_passes_are_imported_only_when_asked_for() -> None:
    assert not hasattr(passes, "CSE")


def test_invalid_ir_is_found_right_after_the_pass_that_left_it() -> None:
    pipeline = Pipeline(Pipeline.parse("break,cse").passes, crash_file=None)
    with pytest.raises(InvalidIR, match="invalid IR after the pass break"):
        pipeline.run(parse_module(TEXT), Context(options=Options(verify=True)))


def test_errors_of_the_user_stop_the_pipeline_after_the_pass() -> None:
    module = parse_module(TEXT)
    pipeline = Pipeline.parse("report,cse")
    with pytest.raises(DiagnosticError, match="N0401"):
        pipeline.run(module)
    assert [t.name for t in pipeline.timings] == ["report"]
    assert print_module(module) == TEXT


def test_a_crash_leaves_the_ir_in_front_of_the_pass_and_the_command_that_repeats_it(tmp_path: Path) -> None:
    file = tmp_path / "nnc-crash.ir"
    pipeline = Pipeline(Pipeline.parse("cse,nothing{count=1},crash,dce").passes, file)
    with pytest.raises(ZeroDivisionError) as caught:
        pipeline.run(parse_module(TEXT))
    written = file.read_text(encoding="utf-8")
    assert written.startswith(
        '// The pass crash failed: ZeroDivisionError: planted\n// nnc nnc-crash.ir -p "crash,dce"\nmodule @m {\n'
    )
    assert "%c = arith.add %a, %a : f64" in written
    assert print_module(parse_module(written)) in written
    assert 'to repeat: nnc nnc-crash.ir -p "crash,dce"' in caught.value.__notes__[0]


def test_a_crash_without_a_place_for_the_file_still_shows_the_crash(tmp_path: Path) -> None:
    pipeline = Pipeline([Crash()], tmp_path / "no" / "folder.ir")
    with pytest.raises(ZeroDivisionError) as caught:
        pipeline.run(parse_module(TEXT))
    assert "could not be written" in caught.value.__notes__[0]


def shown(pipeline: str, **looks: object) -> str:
    out = io.StringIO()
    context = Context(options=Options(verify=True, looks=Looks(out=out, **looks)))  # type: ignore[arg-type]
    Pipeline.parse(pipeline).run(parse_module(TEXT), context)
    return out.getvalue()


def test_nothing_is_printed_unless_asked_for() -> None:
    assert shown("cse,dce") == ""


def test_the_ir_is_shown_after_the_passes_asked_for() -> None:
    assert shown("cse,dce", after=("dce",)).startswith("// ----- after dce\nmodule @m {\n")
    assert shown("cse,dce", after=("*",)).count("// ----- after") == 2
    assert 'loc("<IR>":' in shown("cse", after=("cse",), locs=True)
    assert '"mem.store"' in shown("cse", after=("cse",), generic=True)


def test_changes_are_shown_as_differences() -> None:
    text = shown("cse,dce", changed=True)
    assert "-    %b = const 1.0 : f64\n" in text
    assert "+    %c = arith.add %a, %a : f64\n" in text
    assert text.endswith("// ----- dce: no change\n")


def test_every_pass_is_dumped_into_a_file(tmp_path: Path) -> None:
    shown("cse,dce", dump=str(tmp_path / "new"))
    assert sorted(p.name for p in (tmp_path / "new").iterdir()) == ["00-cse.ir", "01-dce.ir"]


def test_times_are_a_table_with_a_line_per_pass() -> None:
    lines = shown("cse,dce", times=True).splitlines()
    assert [line.split()[0] for line in lines] == ["pass", "cse*", "dce", "total"]
    pipeline = Pipeline.parse("cse,dce")
    pipeline.run(parse_module(TEXT))
    assert timing_table(pipeline.timings).count("\n") == 4
    assert [t.ops for t in pipeline.timings] == [8, 8]
