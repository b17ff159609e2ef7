"""Target `cuda`: PTX for NVIDIA GPUs, written on any machine and compiled by the driver of the one that runs it."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from nnc.compiler.codegen.cuda.driver import DriverError, open_driver
from nnc.compiler.codegen.layout import Layout
from nnc.compiler.codegen.target import Artifact, TargetUnavailable

if TYPE_CHECKING:
    from nnc.compiler.codegen.cuda.driver import Driver
    from nnc.compiler.codegen.cuda.load import CUDAProgram
    from nnc.compiler.ir.core import Op
    from nnc.compiler.options import Determinism

_device = functools.cache(open_driver)
_ELSEWHERE = "use target 'llvm' or 'openmp'"


@dataclass(frozen=True)
class CUDATarget:
    """Options: the number of the device, the least chip that code is made for (its driver compiles it), and whether
    sums over spikes may be added in any order.
    """

    device: int = 0
    arch: str = "sm_75"
    determinism: Determinism = "fast"
    name: str = field(default="cuda", init=False)

    def ordered(self, determinism: Determinism) -> CUDATarget:
        """The same with another order of sums."""
        return replace(self, determinism=determinism)

    def available(self) -> str | None:
        """None if there is a device, else what is missing."""
        try:
            _device(self.device)
        except DriverError as error:
            return str(error)
        return None

    def emit(self, module: Op) -> Artifact:
        """The PTX text, made by LLVM without a device and without CUDA."""
        from nnc.compiler.codegen.cuda.emit import emit_ptx

        return Artifact(
            self.name, "ptx", emit_ptx(module, self.arch, fast=self.determinism == "fast"), "nnc_run", Layout.of(module)
        )

    def driver(self) -> Driver:
        """The device. Raises `TargetUnavailable` if it is not there."""
        try:
            return _device(self.device)
        except DriverError as error:
            message, _, help = str(error).partition("\n  = help: ")
            raise TargetUnavailable(self.name, message, help or _ELSEWHERE) from error

    def load(self, artifact: Artifact) -> CUDAProgram:
        """Let the driver compile the text."""
        from nnc.compiler.codegen.cuda.load import CUDAProgram

        driver = self.driver()
        least = divmod(int(self.arch.removeprefix("sm_")), 10)
        if driver.device.capability < least:
            have, want = (".".join(map(str, c)) for c in (driver.device.capability, least))
            raise TargetUnavailable(self.name, f"{driver.device.name} has capability {have}, not {want}", _ELSEWHERE)
        return CUDAProgram(artifact.layout, artifact.text, artifact.entry, driver, self.determinism)
