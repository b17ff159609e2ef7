"""User functions by themselves, as IR, for those who want to evaluate them outside of a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnc.compiler.diagnostics import Diagnostics
from nnc.compiler.frontend.analysis import global_functions
from nnc.compiler.frontend.bodies import Bodies
from nnc.compiler.frontend.lower_expr import Meaning
from nnc.compiler.frontend.texts import Texts
from nnc.compiler.ir import model
from nnc.compiler.ir.builder import Builder
from nnc.compiler.ir.core import Block
from nnc.compiler.ir.types import At

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nnc.compiler.description import Globals
    from nnc.compiler.diagnostics import Source
    from nnc.compiler.frontend import syntax as ast
    from nnc.compiler.ir.types import DType


def function_names(source: Source) -> list[str]:
    """The names that a text of definitions defines. Raises `DiagnosticError` for what cannot be parsed."""
    diagnostics = Diagnostics()
    found = Texts(diagnostics, {}).functions(source)
    diagnostics.raise_if_errors()
    return [f.name.name for f in found]


def visible_functions(globals: Globals, own: Iterable[ast.FunctionDefinition]) -> dict[str, ast.FunctionDefinition]:
    """The functions of a network and of one of its models as syntax, by name; the model's hide those of the network.

    Raises `DiagnosticError` for errors in the functions of the network.
    """
    diagnostics = Diagnostics()
    visible = {f.name.name: f for f in (*global_functions(globals, diagnostics), *own)}
    diagnostics.raise_if_errors()
    return visible


def build_functions(globals: Globals, own: Iterable[ast.FunctionDefinition], dtype: DType) -> dict[str, model.Function]:
    """The functions of a network and of one of its models, by name; the model's hide those of the network.

    Raises `DiagnosticError` for errors in the functions of the network.
    """
    visible = visible_functions(globals, own)
    block = Block()
    meaning = Meaning(dtype, At.one, {}, constants=frozenset(globals.constants), functions=visible)
    Bodies(Builder(block), meaning).functions(visible.values())
    return {op.sym.removeprefix(model.FUNCTION_PREFIX): op for op in block.ops if isinstance(op, model.Function)}
