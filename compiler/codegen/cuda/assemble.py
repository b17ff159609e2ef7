"""`ptxas` on PTX, where there is one: registers, spills, shared memory. Not needed to run anything.

python -m nnc.compiler.codegen.cuda.assemble [--arch sm_90 ...] < kernel.ptx
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from nnc.compiler.diagnostics import NNCError

ARCHITECTURES = ("sm_75", "sm_90", "sm_100")


class AssembleError(NNCError):
    """There is no ptxas, or it refuses a text."""


@dataclass(frozen=True)
class Report:
    """What ptxas says of a kernel: registers of a thread, bytes spilled to memory, of stack, and of shared memory."""

    arch: str
    registers: int
    spilled: int
    stack: int
    shared: int

    def __str__(self) -> str:
        return (
            f"{self.arch}: {self.registers} registers, {self.spilled} bytes spilled, {self.stack} bytes of stack, "
            f"{self.shared} bytes of shared memory"
        )


def assemble(ptx: str, arch: str) -> Report:
    """Let ptxas compile a text for a chip (`sm_90`). Raises `AssembleError`."""
    ptxas = shutil.which("ptxas")
    if ptxas is None:
        raise AssembleError("there is no ptxas on PATH\n  = help: it is part of the CUDA toolkit")
    with TemporaryDirectory() as folder:
        source = Path(folder, "kernel.ptx")
        source.write_text(ptx, encoding="utf-8")
        command = [ptxas, "-v", f"-arch={arch}", str(source), "-o", str(Path(folder, "kernel.cubin"))]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssembleError(f"ptxas refuses the text for {arch}:\n{done.stderr.strip()}")

    def most(pattern: str) -> int:
        return max((int(n) for n in re.findall(pattern, done.stderr)), default=0)

    return Report(
        arch,
        most(r"Used (\d+) registers"),
        most(r"(\d+) bytes spill stores"),
        most(r"(\d+) bytes stack frame"),
        most(r"(\d+) bytes smem"),
    )


def main() -> None:
    """Read PTX and print a line for each chip."""
    parser = argparse.ArgumentParser(description="what ptxas makes of PTX")
    parser.add_argument("--arch", nargs="+", default=list(ARCHITECTURES))
    chips, text = parser.parse_args().arch, sys.stdin.read()
    for arch in chips:
        print(assemble(text, arch))


if __name__ == "__main__":
    main()
