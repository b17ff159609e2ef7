"""User functions called from Python. The IR's own interpreter computes them: what it gives is what equations get."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.compiler.frontend.functions import build_functions
from nnc.compiler.ir.interp_function import Recursion, run_function
from nnc.compiler.ir.types import DType
from nnc.runtime.errors import NNCKeyError, NNCTypeError, NNCValueError, with_hint

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nnc.compiler.frontend.syntax import FunctionDefinition
    from nnc.runtime.equations.definitions import Definitions


class UserFunction:
    """A function of equations as a function of Python: takes numbers, lists and arrays, which broadcast together.

    Gives a number if all arguments are numbers, else an array. Constants have their present values.
    """

    def __init__(self, network: Definitions, name: str, own: Iterable[FunctionDefinition] = ()) -> None:
        self.name = name
        self._network = network
        dtype = DType.f32 if network.config_.precision == "float" else DType.f64
        self._functions = build_functions(network.globals(), own, dtype)
        if name not in self._functions:
            raise NNCKeyError(with_hint(f"there is no function '{name}'", name, self._functions))

    def __call__(self, *arguments: Any) -> Any:
        """The value for these arguments."""
        wanted = len(self._functions[self.name].body.args)
        if len(arguments) != wanted:
            raise NNCTypeError(f"{self.name}() takes {wanted} arguments, got {len(arguments)}")
        arrays = [self._array(a) for a in arguments]
        try:
            shape = np.broadcast_shapes(*(a.shape for a in arrays))
        except ValueError:
            shapes = ", ".join(str(a.shape) for a in arrays)
            raise NNCValueError(f"{self.name}(): arguments of the shapes {shapes} do not fit together") from None
        try:
            value = run_function(self._functions, self.name, arrays, self._network.constant_values())
        except Recursion as found:
            raise NNCValueError(f"the function '{found}' calls itself, which would never end") from None
        return np.broadcast_to(value, shape).copy() if shape else value.item()

    def _array(self, value: Any) -> Any:
        try:
            array = np.asarray(value)
            array = array if array.dtype.kind in "biuf" else array.astype(np.float64)
        except (TypeError, ValueError):
            raise NNCTypeError(f"{self.name}() takes numbers and arrays of numbers, not {value!r}") from None
        return array.astype(np.int64) if array.dtype.kind == "u" else array

    def __repr__(self) -> str:
        return f"<function '{self.name}' of equations>"
