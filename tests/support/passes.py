"""Running passes on text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnc.compiler.ir.parser import parse_module
from nnc.compiler.ir.printer import print_module
from nnc.compiler.ir.verify import verify
from nnc.compiler.options import Options
from nnc.compiler.passes.manager import Context, Pipeline

if TYPE_CHECKING:
    from nnc.compiler.ir.model import Module


def run_passes(module: Module, pipeline: str) -> bool:
    """Run a pipeline in place, verifying after every pass; whether something changed."""
    return Pipeline(Pipeline.parse(pipeline).passes, crash_file=None).run(module, Context(options=Options(verify=True)))


def transformed(text: str, pipeline: str) -> str:
    """The text after a pipeline."""
    module = parse_module(text)
    verify(module)
    run_passes(module, pipeline)
    return print_module(module)
