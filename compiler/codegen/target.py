"""What a target is: it turns a loop-level module into text, and text into a program that runs a state block.

`emit` is pure: it needs no toolchain and no device, so its text can be looked at and tested on any machine. `load`
compiles, or takes the result from the cache.
"""

from __future__ import annotations

import enum
import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol, cast, runtime_checkable

from nnc.compiler.diagnostics import Diagnostic, DiagnosticError, NNCError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nnc.compiler.codegen.layout import Layout, StateBlock
    from nnc.compiler.ir.core import Op
    from nnc.compiler.options import Determinism


class TargetUnavailable(NNCError):
    """A target cannot run here; the text says why and what would help."""

    def __init__(self, target: str, reason: str, help: str | None = None) -> None:
        self.target = target
        self.reason = reason
        self.help = help
        super().__init__(f"target '{target}' is not available: {reason}" + (f"\n  = help: {help}" if help else ""))


class TeamError(NNCError):
    """The workers of a team could not all be started; nothing has run."""


class Status(enum.IntEnum):
    """Why a run ended; the state stands at the end of step `block.t - 1`."""

    DONE = 0
    """All steps were done."""
    FULL = 1
    """A recorder of spikes is nearly full: read and clear it, then go on."""
    STOPPED = 2
    """A stop condition of the model held."""


@dataclass(frozen=True)
class Artifact:
    """What `emit` gives: the text in the target's language, its entry point, and the layout that it reads."""

    target: str
    language: str
    """Suffix of a file with this text: `c`, `ll`, `ptx`."""
    text: str
    entry: str
    layout: Layout


class Program(Protocol):
    """Code that is ready to run. It holds no state of a network: that is all in the block."""

    @property
    def layout(self) -> Layout:
        """What it expects of a block."""
        ...

    def run(self, block: StateBlock, t0: int, t1: int) -> Status:
        """Do steps [t0, t1) in one native call without the GIL; `block.t` is where it stopped.

        Raises `LayoutError` if the block was made for another layout, `TeamError` if threads cannot be started.
        """
        ...


@runtime_checkable
class Target(Protocol):
    """One way of running a network."""

    @property
    def name(self) -> str:
        """As in `--target`."""
        ...

    def available(self) -> str | None:
        """None, or the reason why programs cannot be loaded here. Never raises."""
        ...

    def emit(self, module: Op) -> Artifact:
        """The text for a loop-level module (after map-threads). Raises `DiagnosticError` for an op it does not know."""
        ...

    def load(self, artifact: Artifact) -> Program:
        """Make the text run. Raises `TargetUnavailable` where something that it needs is missing."""
        ...


@runtime_checkable
class OpenOrder(Protocol):
    """A target that may add in any order. Its programs have an attribute `determinism`; those of others are strict."""

    def ordered(self, determinism: Determinism) -> Target:
        """The same target, told which order of sums is wanted."""
        ...


def unsupported(op: Op, target: str, detail: str = "") -> DiagnosticError:
    """The error for an op that a target has no spelling for, at the user's line that it came from."""
    message = f"target '{target}' has no code for {op.name}" + (f": {detail}" if detail else "")
    return DiagnosticError([Diagnostic("error", "N0609", message, op.loc, help="choose another target")])


_BUILT_IN: Final[Mapping[str, str]] = {
    "llvm": "nnc.compiler.codegen.llvm:LLVMTarget",
    "openmp": "nnc.compiler.codegen.openmp:OpenMPTarget",
    "cuda": "nnc.compiler.codegen.cuda:CUDATarget",
    "interp": "nnc.compiler.codegen.interp:InterpTarget",
}

GROUP: Final = "nnc.targets"
"""Entry points of this group add targets: name = a callable that takes options and gives a `Target`."""


def target_names() -> list[str]:
    """All names that `get_target` knows: the built-in ones, then those of installed packages."""
    from importlib.metadata import entry_points  # 30 ms, for what few ask

    return [*_BUILT_IN, *sorted({e.name for e in entry_points(group=GROUP)} - _BUILT_IN.keys())]


def get_target(name: str, **options: Any) -> Target:
    """The target of a name, made with its own options (see its class). Nothing else is imported."""
    if name in _BUILT_IN:
        module, _, attribute = _BUILT_IN[name].partition(":")
        make = getattr(importlib.import_module(module), attribute)
    else:
        from importlib.metadata import entry_points

        found = entry_points(group=GROUP, name=name)
        if not found:
            hint = did_you_mean(name, target_names()) or f"known targets: {', '.join(target_names())}"
            raise TargetUnavailable(name, "there is no target of this name", hint)
        make = next(iter(found)).load()
    return cast("Callable[..., Target]", make)(**options)
