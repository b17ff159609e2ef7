"""What all models of a network may use by name: constants and functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnc.compiler.description import Globals
from nnc.compiler.frontend.functions import function_names
from nnc.compiler.frontend.source import calling_site
from nnc.runtime.equations.functions import UserFunction
from nnc.runtime.errors import NNCKeyError, NNCValueError, with_hint
from nnc.runtime.networks.registry import REGISTRY

if TYPE_CHECKING:
    from nnc.compiler.diagnostics import Source
    from nnc.runtime.equations.constants import Constant
    from nnc.runtime.networks.config import Config
    from nnc.runtime.running.compiling import Compiled


class Definitions:
    """The part of a network that holds its constants and functions."""

    config_: Config
    _constants: dict[str, Constant]
    _constant_values: dict[str, float]
    _functions: dict[str, Source]
    _compiled: Compiled | None

    def add_constant(self, constant: Constant) -> None:
        """Make a constant known. Raises if the name stands for another value, or is used by equations already."""
        known = self._constants.get(constant.name)
        if known is not None and (known.value != constant.value or self._compiled is not None):
            raise NNCValueError(f"there is a constant '{constant.name}' already; use its set() to change it")
        self._constants[constant.name] = constant
        self._constant_values[constant.name] = constant.value
        constant.linked(self)

    def set_constant(self, name: str, value: float) -> None:
        """Change a constant, from the next step on."""
        if name not in self._constant_values:
            raise NNCKeyError(with_hint(f"there is no constant '{name}'", name, self._constant_values))
        self._constant_values[name] = value
        self._constants[name].follow(value)
        if self._compiled is not None and self._compiled.state.has(f"const.{name}"):
            self._compiled.state.write(f"const.{name}", value)

    def constant_values(self) -> dict[str, float]:
        """Present values of all constants, by name."""
        return dict(self._constant_values)

    def constant_value(self, name: str) -> float:
        """Present value of a constant. Raises for an unknown name."""
        if name not in self._constant_values:
            raise NNCKeyError(with_hint(f"there is no constant '{name}'", name, self._constant_values))
        return self._constant_values[name]

    def add_function(self, text: str) -> None:
        """A function that all equations made afterwards may use: `"f(x) = 1/(1 + exp(-x))"`."""
        if not isinstance(text, str) or "=" not in text:
            raise NNCValueError(f"add_function takes a definition such as 'f(x) = x^2', not {text!r}")
        source = calling_site().source(text, "function")
        names = function_names(source)
        for name in names:
            known = self._functions.get(name)
            if known is not None and known.text != text:
                raise NNCValueError(f"there is a function '{name}' already")
        self._functions |= dict.fromkeys(names, source)

    def functions(self, name: str) -> UserFunction:
        """A function of `add_function`, to be called from Python. Raises for an unknown name."""
        return UserFunction(self, name)

    def globals(self) -> Globals:
        """What every model of the network may use."""
        magic = REGISTRY.magic
        functions = {**(magic._functions if magic is not None else {}), **self._functions}
        return Globals(
            tuple(dict.fromkeys(functions.values())),
            tuple(self._constants),
            self.config_["method"],
            strict=self.config_["compat"] == "strict",
            exact_time=self.config_["event_time"] == "exact",
        )
