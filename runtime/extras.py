"""Packages that only some features need: imported when they are used, with an error that says what to install."""

from __future__ import annotations

import importlib
from typing import Any

from nnc.runtime.errors import NNCError


class NNCImportError(NNCError, ImportError):
    """A package that a feature needs is not installed."""


def extra(module: str, name: str, what: str) -> Any:
    """A module of the extra `name` of nnc that `what` needs.

    Raises `NNCImportError` with the command that installs it.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        if error.name is not None and error.name.split(".")[0] != module.split(".")[0]:
            raise
        package = module.split(".")[0]
        raise NNCImportError(f'{what} needs the package {package}: pip install "nnc-compiler[{name}]"') from None
