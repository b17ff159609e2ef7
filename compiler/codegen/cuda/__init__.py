"""Target `cuda`: PTX for NVIDIA GPUs. It is written on any machine; running it is not part of this version."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

from nnc.compiler.codegen.cuda.emit import emit_ptx
from nnc.compiler.codegen.layout import Layout
from nnc.compiler.codegen.target import Artifact, TargetUnavailable

if TYPE_CHECKING:
    from nnc.compiler.ir.core import Op


@dataclass(frozen=True)
class CUDATarget:
    """Options: the chip that code is made for."""

    arch: str = "sm_75"
    name: str = field(default="cuda", init=False)

    def available(self) -> str | None:
        """The reason why programs cannot be run."""
        return "this version writes PTX but does not run it on a device"

    def emit(self, module: Op) -> Artifact:
        """The PTX text, made by LLVM without a device and without CUDA."""
        return Artifact(self.name, "ptx", emit_ptx(module, self.arch), "nnc_run", Layout.of(module))

    def load(self, artifact: Artifact) -> NoReturn:
        """Not possible: raises `TargetUnavailable`."""
        raise TargetUnavailable(self.name, str(self.available()), "use target 'llvm' or 'openmp'")
