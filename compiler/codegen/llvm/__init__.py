"""Target `llvm`: LLVM text compiled in this process by llvmlite. It needs no compiler and starts at once."""

from __future__ import annotations

import ctypes
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nnc.compiler.codegen.cache import Cache, default_cache
from nnc.compiler.codegen.layout import Layout, check_fits
from nnc.compiler.codegen.llvm.emit import emit_llvm
from nnc.compiler.codegen.prefetching import fetch_ahead
from nnc.compiler.codegen.staging import staged
from nnc.compiler.codegen.target import Artifact, Status, TargetUnavailable, TeamError

if TYPE_CHECKING:
    from nnc.compiler.codegen.layout import StateBlock
    from nnc.compiler.codegen.llvm.jit import Linked
    from nnc.compiler.ir.core import Op

_RUN = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)
_WORKER = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64)


class LLVMProgram:
    """Machine code in memory. Without threads of the C library, `run` starts Python threads instead."""

    def __init__(self, layout: Layout, linked: Linked) -> None:
        self.layout = layout
        self._linked = linked
        run = linked.address.get("nnc_run")
        self._run = _RUN(run) if run else None
        self._worker = _WORKER(linked.address["nnc_worker"])

    def run(self, block: StateBlock, t0: int, t1: int) -> Status:
        """Do steps [t0, t1), see `Program.run`."""
        check_fits(self.layout, block)
        block.prepare(t0, t1)
        missing = self._run(block.address, t0, t1) if self._run else self._run_threads(block, t0, t1)
        block.finish()
        if missing:
            raise TeamError(f"the system started {block.team - missing} of {block.team} threads")
        return Status(block.status)

    def _run_threads(self, block: StateBlock, t0: int, t1: int) -> int:
        def work(p: int) -> None:
            if ready.wait() and go:
                self._worker(block.address, p, t0, t1)

        ready, go = threading.Event(), [True]
        threads: list[threading.Thread] = []
        try:
            for p in range(1, block.team):
                thread = threading.Thread(target=work, args=(p,))
                thread.start()
                threads.append(thread)
        except RuntimeError:
            go.clear()
        ready.set()
        if go:
            self._worker(block.address, 0, t0, t1)
        for thread in threads:
            thread.join()
        return block.team - 1 - len(threads)


@dataclass(frozen=True)
class LLVMTarget:
    """Options: the processor to make code for (default: this one) and its features, the optimisation level, and the
    cache.
    """

    cpu: str | None = None
    features: str | None = None
    optimise: int = 3
    cache: Cache | None = None
    name: str = field(default="llvm", init=False)

    def available(self) -> str | None:
        """None if llvmlite can be imported."""
        try:
            import llvmlite.binding  # noqa: F401  it may be installed but not loadable
        except (ImportError, OSError) as error:
            return f"llvmlite cannot be imported: {error}"
        return None

    def emit(self, module: Op) -> Artifact:
        """The LLVM module, for the kind of processor of this machine."""
        from nnc.compiler.codegen.llvm.jit import has_masks, machine_kind  # llvmlite takes 50 ms to import

        text = emit_llvm(fetch_ahead(staged(module)), machine_kind(), has_masks())
        return Artifact(self.name, "ll", text, "nnc_worker", Layout.of(module, pack=True))

    def load(self, artifact: Artifact) -> LLVMProgram:
        """Compile (or find in the cache) and link."""
        if (reason := self.available()) is not None:
            raise TargetUnavailable("llvm", reason, "pip install --force-reinstall llvmlite")
        from nnc.compiler.codegen.llvm.jit import Linked, has_threads, object_code, whole

        cache = self.cache or default_cache()
        content = object_code(whole(artifact.text), cache, cpu=self.cpu, features=self.features, optimise=self.optimise)
        names = ["nnc_worker", "nnc_run"] if has_threads() else ["nnc_worker"]
        return LLVMProgram(artifact.layout, Linked(content, names))
