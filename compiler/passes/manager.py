"""Runs passes in order: checks that they fit, times them, looks at what they do, and keeps the evidence of a crash."""

from __future__ import annotations

import difflib
import sys
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from nnc.compiler.diagnostics import DiagnosticError, Diagnostics
from nnc.compiler.ir.parser import parse_module
from nnc.compiler.ir.printer import print_module
from nnc.compiler.ir.verify import verify
from nnc.compiler.options import Options
from nnc.compiler.passes.pipeline import parse_passes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nnc.compiler.ir.core import Op
    from nnc.compiler.ir.define import Level
    from nnc.compiler.ir.model import Module

CRASH_FILE = "nnc-crash.ir"


@dataclass
class Context:
    """What a pass may use beside the module: where it reports errors, and the options of the compilation."""

    diagnostics: Diagnostics = field(default_factory=Diagnostics)
    options: Options = field(default_factory=Options)


@dataclass(frozen=True)
class Pass(ABC):
    """One transformation of a module, in place. Fields of a subclass are its options, settable in a pipeline text."""

    name: ClassVar[str]
    takes: ClassVar[Level] = "any"
    gives: ClassVar[Level] = "any"

    @abstractmethod
    def run(self, module: Module, context: Context) -> bool:
        """Transform; True if something changed. Errors of the user go to `context.diagnostics`."""


@dataclass
class Timing:
    """Seconds spent in one pass and in verifying its result, and the number of ops it left."""

    name: str
    seconds: float
    verify_seconds: float
    ops: int
    changed: bool


@dataclass
class Pipeline:
    """Passes in order. `timings` holds those of the last run."""

    passes: Sequence[Pass]
    crash_file: Path | None = Path(CRASH_FILE)
    """Where the IR in front of a crashing pass is written; None for nowhere."""
    timings: list[Timing] = field(default_factory=list)

    @classmethod
    def parse(cls, text: str, level: Level = "any") -> Pipeline:
        """The pipeline with this text: names with commas between, options as `name{key=value, ...}`.

        `level` is that of the modules it will be given, if known. Raises `DiagnosticError` with carets into the text.
        """
        return cls(parse_passes(text, level))

    @property
    def text(self) -> str:
        """Text that parses to these passes."""
        return pipeline_text(self.passes)

    def run(self, module: Module, context: Context | None = None) -> bool:
        """Run all passes; True if one changed something.

        Raises `DiagnosticError` after a pass that reported errors. If a pass fails in any other way, the IR in front of
        it is in `crash_file`, with the command that repeats it, and the exception goes on with a note saying so.
        """
        context = context or Context()
        self.timings = []
        start = print_module(module)
        look = _Look(context, start)
        for index, step in enumerate(self.passes):
            try:
                timing = _run_one(step, module, context)
            except DiagnosticError:
                raise
            except Exception as error:
                self._report_crash(error, start, index, context)
                raise
            self.timings.append(timing)
            look.after(index, step, module)
            context.diagnostics.raise_if_errors()
        look.times(self.timings)
        return any(t.changed for t in self.timings)

    def _report_crash(self, error: Exception, start: str, index: int, context: Context) -> None:
        if self.crash_file is None:
            return
        before, first = _again(start, self.passes[:index], context.options)
        rest = self.passes[first:]
        failed = self.passes[index].name
        command = f'nnc {self.crash_file.name} -p "{pipeline_text(rest)}"'
        header = f"// The pass {failed} failed: {type(error).__name__}: {_one_line(error)}\n// {command}\n"
        try:
            self.crash_file.write_text(header + before, encoding="utf-8")
        except OSError as problem:
            error.add_note(f"pass {failed} failed, and {self.crash_file} could not be written: {problem}")
            return
        error.add_note(f"pass {failed} failed; the IR in front of it is in {self.crash_file}; to repeat: {command}")


def _again(start: str, passes: Sequence[Pass], options: Options) -> tuple[str, int]:
    """The text in front of a crash and the number of passes that made it.

    A snapshot before every pass would cost more than the passes, so the run is repeated from its start, which is
    deterministic. Should even that fail, the start itself is given.
    """
    quiet = Context(options=Options(target=options.target, target_options=options.target_options))
    try:
        module = parse_module(start)
        for step in passes:
            step.run(module, quiet)
        return print_module(module), len(passes)
    except Exception:
        return start, 0


def _run_one(step: Pass, module: Module, context: Context) -> Timing:
    start = time.perf_counter()
    changed = step.run(module, context)
    middle = time.perf_counter()
    if context.options.verify and not context.diagnostics.errors:
        level: Level | None = step.gives if step.gives != "any" else None
        problems = Diagnostics()
        if not verify(module, level, problems):
            raise InvalidIR(step.name, problems)
    end = time.perf_counter()
    return Timing(step.name, middle - start, end - middle, 1 + _held(module), changed)


def _held(op: Op) -> int:
    """How many ops are in the regions of an op."""
    return sum(len(region.ops) + sum(_held(inner) for inner in region.ops if inner.regions) for region in op.regions)


class InvalidIR(Exception):
    """A pass left a module that does not verify: a bug of the pass."""

    def __init__(self, name: str, problems: Diagnostics) -> None:
        self.problems = problems
        super().__init__(f"invalid IR after the pass {name}:\n" + "\n\n".join(d.render() for d in problems))


@dataclass
class _Look:
    """Prints what the options ask for; `before` is the text that the last pass left."""

    context: Context
    before: str

    def after(self, index: int, step: Pass, module: Module) -> None:
        looks = self.context.options.looks
        shown = step.name in looks.after or "*" in looks.after
        if not (shown or looks.changed or looks.dump):
            return
        text = print_module(module, locs=looks.locs, generic=looks.generic)
        if shown:
            self.write(f"// ----- after {step.name}\n{text}")
        if looks.changed:
            plain = print_module(module)
            self.write(_difference(step.name, self.before, plain))
            self.before = plain
        if looks.dump:
            folder = Path(looks.dump)
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{index:02}-{step.name}.ir").write_text(text, encoding="utf-8")

    def times(self, timings: Sequence[Timing]) -> None:
        if self.context.options.looks.times:
            self.write(timing_table(timings))

    def write(self, text: str) -> None:
        out = self.context.options.looks.out or sys.stdout
        out.write(text)


def _difference(name: str, before: str, after: str) -> str:
    if before == after:
        return f"// ----- {name}: no change\n"
    lines = difflib.unified_diff(before.splitlines(True), after.splitlines(True), "before", f"after {name}", n=2)
    return f"// ----- {name}\n" + "".join(lines)


def timing_table(timings: Sequence[Timing]) -> str:
    """One line per pass: milliseconds, of which verifying, and the ops it left; `*` where it changed something."""
    lines = [f"{'pass':<22}{'ms':>9}{'verify':>9}{'ops':>8}"]
    for t in timings:
        lines.append(
            f"{t.name + ('*' if t.changed else ''):<22}{t.seconds * 1e3:>9.2f}{t.verify_seconds * 1e3:>9.2f}{t.ops:>8}"
        )
    total, checks = sum(t.seconds for t in timings), sum(t.verify_seconds for t in timings)
    lines.append(f"{'total':<22}{total * 1e3:>9.2f}{checks * 1e3:>9.2f}")
    return "\n".join(lines) + "\n"


def pipeline_text(passes: Iterable[Pass]) -> str:
    """Text that parses to these passes; options that have their default are left out."""
    return ",".join(_pass_text(p) for p in passes)


def _pass_text(step: Pass) -> str:
    given = [
        f"{k}={_option_text(v)}" for k, v in options_of(step).items() if v != type(step).__dataclass_fields__[k].default
    ]
    return step.name + ("{" + ", ".join(given) + "}" if given else "")


def options_of(step: Pass) -> Mapping[str, object]:
    """The options of a pass by name."""
    return {name: getattr(step, name) for name in step.__dataclass_fields__}


def _option_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _one_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0]
