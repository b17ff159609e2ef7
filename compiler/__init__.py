"""The compiler: a network description in, a Program out. It holds no state and knows nothing of the runtime."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnc.compiler.options import Options

if TYPE_CHECKING:
    from nnc.compiler.codegen.target import Program
    from nnc.compiler.description import NetworkDescription

__version__ = "0.1.0"


def compile(description: NetworkDescription, options: Options | None = None) -> Program:
    """Compile a network.

    Raises `DiagnosticError` with all errors found in the models, each at the user's line, and `TargetUnavailable` if
    the target cannot run here.
    """
    from nnc.compiler.driver import compile_network

    return compile_network(description, options)


__all__ = ["Options", "__version__", "compile"]
