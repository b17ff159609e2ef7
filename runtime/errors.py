"""The exceptions and warnings of the API.

Every error raised on purpose is an `NNCError` and, where a builtin fits, that one too: both `except NNCError` and
idiomatic handlers work. `ANNarchyException` is the same class under the name scripts know.
"""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING, NoReturn

from nnc.compiler.diagnostics import NNCError as NNCError
from nnc.compiler.diagnostics import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable

ANNarchyException = NNCError


class NNCValueError(NNCError, ValueError):
    """A value of the right type that cannot be used."""


class NNCTypeError(NNCError, TypeError):
    """A value of the wrong type."""


class NNCAttributeError(NNCError, AttributeError):
    """An attribute that the object does not have."""


class NNCKeyError(NNCError, KeyError):
    """A name that is not there."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class NNCIndexError(NNCError, IndexError):
    """A rank or coordinate outside the population."""


class NNCFileNotFoundError(NNCError, FileNotFoundError):
    """A file that is not there."""


class NNCRuntimeError(NNCError, RuntimeError):
    """A call at the wrong moment, such as `simulate` before `compile`."""


class NonFiniteError(NNCError, FloatingPointError):
    """A variable became infinite or NaN during a run with `on_nonfinite="raise"`."""


class NNCNotImplementedError(NNCError, NotImplementedError):
    """Part of the API that this version lacks; the text says what to write instead."""


class InvalidConfiguration(NNCError):
    """A combination of settings that excludes itself."""


class CodeGeneratorException(NNCError):
    """A network for which no code can be made."""


class NNCWarning(UserWarning):
    """A remark about a script that runs."""


def warn(text: str) -> None:
    """Warn at the line of the user's script; Python shows each text once per line.

    `setup(suppress_warnings=True)` silences all of them.
    """
    from nnc.runtime.networks.registry import REGISTRY

    if REGISTRY.template["suppress_warnings"]:
        return
    depth = 1
    frame = sys._getframe(depth)
    while frame.f_back is not None and _is_ours(str(frame.f_globals.get("__name__", ""))):
        frame = frame.f_back
        depth += 1
    warnings.warn(f"WARNING: {text}", NNCWarning, stacklevel=depth + 1)


def _is_ours(module: str) -> bool:
    return module == "nnc" or module.startswith("nnc.")


def not_yet(what: str, instead: str) -> NoReturn:
    """Refuse a documented call that this version lacks, naming what does the job."""
    raise NNCNotImplementedError(f"{what} is not available in this version of nnc: {instead}")


def unknown_attribute(owner: str, name: str, known: Iterable[str]) -> NNCAttributeError:
    """The error for an attribute that an object lacks, with the nearest name it has."""
    return NNCAttributeError(with_hint(f"{owner} has no attribute '{name}'", name, known))


def with_hint(text: str, name: str, known: Iterable[str]) -> str:
    """The text followed by the nearest known name, if one is near."""
    hint = did_you_mean(name, known)
    return f"{text}; {hint}" if hint else text
