"""Initial values that are not held: drawn or computed once more when someone asks for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from nnc.runtime.projections.connectivity import KEPT


@dataclass(frozen=True, eq=False)
class _Recipe:
    make: Callable[[], Any]


class Remade(MutableMapping[str, Any]):
    """Values by name. Large arrays that can be made again are let go of by `release`; reading one makes it anew."""

    def __init__(self) -> None:
        self._held: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        value = self._held[name]
        return value.make() if isinstance(value, _Recipe) else value

    def __setitem__(self, name: str, value: Any) -> None:
        self._held[name] = value

    def __delitem__(self, name: str) -> None:
        del self._held[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def __contains__(self, name: object) -> bool:
        return name in self._held

    def __len__(self) -> int:
        return len(self._held)

    def is_wide(self, name: str) -> bool:
        """Whether there is a value for each element under a name; makes nothing."""
        return isinstance(self._held.get(name), np.ndarray | _Recipe)

    def release(self, name: str, array: Any, make: Callable[[], Any]) -> None:
        """Hold an array no longer if it is this one and large; `make` gives it once more."""
        if self._held.get(name) is array and isinstance(array, np.ndarray) and array.size > KEPT:
            self._held[name] = _Recipe(make)

    def mark(self, name: str, make: Callable[[], Any]) -> None:
        """Hold no values under a name, only that there is one for each element."""
        self._held[name] = _Recipe(make)

    def is_released(self, name: str) -> bool:
        """Whether the values under a name would have to be made again."""
        return isinstance(self._held.get(name), _Recipe)

    def share(self, name: str, other: Remade) -> None:
        """Hold what another one holds under a name; makes nothing."""
        self._held[name] = other._held[name]

    def __ior__(self, other: Mapping[str, Any]) -> Self:
        self.update(other)
        return self

    @property
    def nbytes(self) -> int:
        """Memory of the arrays that are held."""
        return sum(value.nbytes for value in self._held.values() if isinstance(value, np.ndarray))
