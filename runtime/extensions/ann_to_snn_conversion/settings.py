"""The settings of a layer, read from a description that may be broken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.runtime.errors import NNCValueError

if TYPE_CHECKING:
    from collections.abc import Mapping

_MISSING = object()


@dataclass(frozen=True)
class Settings:
    """Values by name; each method checks the type of one. Raises with the name of the layer."""

    owner: str
    """As in "model.keras: layer 'dense'"."""

    values: Mapping[str, Any]

    def whole(self, name: str, default: Any = _MISSING) -> int:
        """A whole number."""
        return self._whole(name, self._get(name, default))

    def pair(self, name: str, default: Any = _MISSING) -> tuple[int, int]:
        """Two whole numbers; one stands for both."""
        value = self._get(name, default)
        if isinstance(value, list | tuple):
            if len(value) != 2:
                raise NNCValueError(f"{self.owner}: '{name}' has two entries, not {value!r}")
            return self._whole(name, value[0]), self._whole(name, value[1])
        return self._whole(name, value), self._whole(name, value)

    def text(self, name: str, default: Any = _MISSING) -> str:
        """A text."""
        value = self._get(name, default)
        if not isinstance(value, str):
            raise NNCValueError(f"{self.owner}: '{name}' is a text, not {value!r}")
        return value

    def flag(self, name: str, default: Any = _MISSING) -> bool:
        """True or False."""
        value = self._get(name, default)
        if not isinstance(value, bool):
            raise NNCValueError(f"{self.owner}: '{name}' is True or False, not {value!r}")
        return value

    def number(self, name: str, default: Any = _MISSING) -> float:
        """A number."""
        value = self._get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise NNCValueError(f"{self.owner}: '{name}' is a number, not {value!r}")
        return float(value)

    def only(self, name: str, *allowed: Any) -> None:
        """Raises unless a value, if it is given at all, is one that is converted."""
        value = self.values.get(name, allowed[0])
        value = list(value) if isinstance(value, tuple) else value
        if value not in allowed:
            what = " or ".join(repr(a) for a in allowed)
            raise NNCValueError(f"{self.owner}: '{name}' is {value!r}, converted are layers with {what}")

    def _get(self, name: str, default: Any) -> Any:
        value = self.values.get(name, default)
        if value is _MISSING:
            raise NNCValueError(f"{self.owner}: '{name}' is missing")
        return value

    def _whole(self, name: str, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int | np.integer):
            raise NNCValueError(f"{self.owner}: '{name}' takes whole numbers, not {value!r}")
        return int(value)
