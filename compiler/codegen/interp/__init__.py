"""Target `interp`: the interpreter of the loop level. Slow, needs nothing, and defines what the others must give."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nnc.compiler.codegen.layout import Layout, check_fits
from nnc.compiler.codegen.target import Artifact, Status
from nnc.compiler.diagnostics import Source
from nnc.compiler.ir.interp_loop import run_loop
from nnc.compiler.ir.parser import parse_module
from nnc.compiler.ir.printer import print_module

if TYPE_CHECKING:
    from nnc.compiler.codegen.layout import StateBlock
    from nnc.compiler.ir.core import Op


@dataclass(frozen=True)
class InterpProgram:
    """A module that is executed op by op."""

    layout: Layout
    module: Op

    def run(self, block: StateBlock, t0: int, t1: int) -> Status:
        """Do steps [t0, t1), see `Program.run`. The GIL is held."""
        check_fits(self.layout, block)
        block.prepare(t0, t1)
        outcome = run_loop(self.module, block, t0, t1)
        # `finish` reads native tables, which the interpreter does not write
        cursors = [r.cursor for r in block.recorders]
        block.finish()
        for recorder, cursor in zip(block.recorders, cursors, strict=True):
            recorder.cursor = cursor
        block.t = outcome.t
        block.native.status = outcome.status
        block.native.stop_after = outcome.stop_after
        return Status(outcome.status)


@dataclass(frozen=True)
class InterpTarget:
    """The text is the IR itself."""

    name: str = field(default="interp", init=False)

    def available(self) -> str | None:
        """Always."""
        return None

    def emit(self, module: Op) -> Artifact:
        """The module as text."""
        return Artifact(self.name, "ir", print_module(module), "run", Layout.of(module))

    def load(self, artifact: Artifact) -> InterpProgram:
        """Read the text back."""
        module = parse_module(artifact.text, Source(artifact.text, what="IR"))
        return InterpProgram(artifact.layout, module)
