"""Target `openmp`: readable C, compiled by the user's compiler, run by an OpenMP team with our own barrier."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nnc.compiler.codegen.cache import Cache, default_cache
from nnc.compiler.codegen.layout import Layout, check_fits
from nnc.compiler.codegen.openmp.build import (
    Sanitize,
    build_library,
    check_sanitizer,
    find_compiler,
    open_library,
)
from nnc.compiler.codegen.openmp.emit import emit_c
from nnc.compiler.codegen.openmp.masks import widen_masks
from nnc.compiler.codegen.prefetching import fetch_ahead
from nnc.compiler.codegen.staging import staged
from nnc.compiler.codegen.target import Artifact, Status, TargetUnavailable, TeamError

if TYPE_CHECKING:
    from nnc.compiler.codegen.layout import StateBlock
    from nnc.compiler.ir.core import Op


class OpenMPProgram:
    """A loaded library."""

    def __init__(self, layout: Layout, run: Any, alive: Any) -> None:
        self.layout = layout
        self._run = run
        self._ffi, _ = self._alive = alive

    def run(self, block: StateBlock, t0: int, t1: int) -> Status:
        """Do steps [t0, t1), see `Program.run`."""
        check_fits(self.layout, block)
        block.prepare(t0, t1)
        missing = self._run(self._ffi.cast("void *", block.address), t0, t1)
        block.finish()
        if missing:
            raise TeamError(f"OpenMP started {block.team - missing} of {block.team} threads (see OMP_THREAD_LIMIT)")
        return Status(block.status)


@dataclass(frozen=True)
class OpenMPTarget:
    """Options: the compiler (a name, a path, or words as in CC), more flags for it (words), optimisation level, a
    sanitizer, whether its messages are shown, and the cache.
    """

    compiler: str | None = None
    flags: str = ""
    optimise: int = 3
    sanitize: Sanitize | None = None
    show: bool = False
    cache: Cache | None = None
    name: str = field(default="openmp", init=False)

    def available(self) -> str | None:
        """None if a compiler is found."""
        try:
            find_compiler(self.compiler)
        except TargetUnavailable as error:
            return error.reason
        return None

    def emit(self, module: Op) -> Artifact:
        """The C file."""
        return Artifact(
            self.name, "c", emit_c(widen_masks(fetch_ahead(staged(module)))), "nnc_run", Layout.of(module, pack=True)
        )

    def load(self, artifact: Artifact) -> OpenMPProgram:
        """Compile (or find in the cache) and open."""
        compiler = find_compiler(self.compiler)
        check_sanitizer(self.sanitize, compiler)
        cache = self.cache or default_cache()
        path = build_library(
            artifact.text,
            compiler,
            cache,
            optimise=self.optimise,
            sanitize=self.sanitize,
            show=self.show,
            more=shlex.split(self.flags),
        )
        return OpenMPProgram(artifact.layout, *open_library(path))
