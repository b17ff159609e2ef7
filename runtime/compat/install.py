"""Scripts whose imports stay as they are: `ANNarchy` as another name of `nnc`."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import sys
from typing import TYPE_CHECKING, Final

from nnc.runtime.errors import NNCRuntimeError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

_NAME: Final = "ANNarchy"


class _Alias(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives `ANNarchy.x` the module `nnc.x`, the very same object."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """A spec for `ANNarchy` and what is below it."""
        if fullname != _NAME and not fullname.startswith(_NAME + "."):
            return None
        try:
            importlib.import_module("nnc" + fullname.removeprefix(_NAME))
        except ModuleNotFoundError:
            return None
        return importlib.machinery.ModuleSpec(fullname, self)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> None:
        """An empty module, which `exec_module` replaces."""
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Put the module of nnc in its place."""
        sys.modules[module.__name__] = importlib.import_module("nnc" + module.__name__.removeprefix(_NAME))


def install() -> None:
    """Let `import ANNarchy` and all its modules mean nnc, from now on in this process. May be called again.

    Raises if ANNarchy itself has been imported.
    """
    there = sys.modules.get(_NAME)
    if there is not None and there is not sys.modules.get("nnc"):
        raise NNCRuntimeError("nnc.compat.install: ANNarchy itself is imported already; install before its import")
    if not any(isinstance(finder, _Alias) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Alias())


def uninstall() -> None:
    """Take back what `install` did; modules that were imported keep their objects."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, _Alias)]
    for name in [n for n in sys.modules if n == _NAME or n.startswith(_NAME + ".")]:
        del sys.modules[name]
