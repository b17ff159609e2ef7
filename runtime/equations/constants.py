"""Named constants of a network."""

from __future__ import annotations

import operator
import weakref
from typing import TYPE_CHECKING, Any

from nnc.runtime.errors import NNCTypeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from nnc.runtime.equations.definitions import Definitions
    from nnc.runtime.networks.network import Network


class Constant(float):
    """`Constant(name, value)`: a number that equations use by name and that `set` changes in running networks.

    It is a `float`; arithmetic and `float()` use the present value and give plain floats. Made by its constructor it
    belongs to the magic network and to every network made afterwards; `net.constant(name, value)` makes one of one
    network only.
    """

    name: str

    def __new__(cls, name: str, value: float, net_id: int = 0, network: Network | None = None) -> Constant:
        """A constant registered with its network. Raises if the name is taken with another value."""
        if not isinstance(name, str) or not name.isidentifier():
            raise NNCTypeError(f"Constant: the name must be an identifier, not {name!r}")
        return super().__new__(cls, float(value))

    def __init__(self, name: str, value: float, net_id: int = 0, network: Network | None = None) -> None:
        from nnc.runtime.networks.magic import network_of

        self.name = name
        self._value = float(value)
        self._networks: weakref.WeakSet[Definitions] = weakref.WeakSet()
        network_of(net_id, network).add_constant(self)

    @property
    def value(self) -> float:
        """The present value."""
        return self._value

    def set(self, value: float, network: Network | None = None) -> None:
        """Change the value, from the next step on, in all networks that use it (or in one only)."""
        if network is None:
            self._value = float(value)
        for net in list(self._networks) if network is None else [network]:
            net.set_constant(self.name, float(value))

    def linked(self, network: Definitions) -> None:
        """Remember a network that uses this constant."""
        self._networks.add(network)

    def copy_for(self, network: Network) -> Constant:
        """The constant of the same name of another network: it follows this one, and can be set by itself."""
        copy = Constant(self.name, self._value, network=network)
        self._networks.add(network)
        return copy

    def follow(self, value: float) -> None:
        """Take over the value that a network gives to the constant."""
        self._value = value

    def __float__(self) -> float:
        return self._value

    def __str__(self) -> str:
        return str(self._value)

    def __repr__(self) -> str:
        return f"Constant({self.name!r}, {self._value!r})"

    def __hash__(self) -> int:
        return id(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return (float, (self._value,))

    def __bool__(self) -> bool:
        return bool(self._value)


def _forward(function: Callable[..., Any]) -> Callable[..., Any]:
    def method(self: Constant, *others: Any) -> Any:
        return function(self._value, *(_plain(o) for o in others))

    return method


def _backward(function: Callable[..., Any]) -> Callable[..., Any]:
    def method(self: Constant, other: Any) -> Any:
        return function(_plain(other), self._value)

    return method


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Constant) else value


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow"):
    _function = getattr(operator, _name)
    setattr(Constant, f"__{_name}__", _forward(_function))
    setattr(Constant, f"__r{_name}__", _backward(_function))
for _name in ("neg", "pos", "abs", "eq", "ne", "lt", "le", "gt", "ge"):
    setattr(Constant, f"__{_name}__", _forward(getattr(operator, _name)))
