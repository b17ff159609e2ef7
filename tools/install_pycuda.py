"""Builds and installs pycuda where there is no CUDA toolkit: `python tools/install_pycuda.py`.

pycuda comes as source and wants `cuda.h`, `cudaProfiler.h` and a `libcuda.so` to link against. The headers are taken
from wheels of NVIDIA, and an empty library of the right name is enough for the linker; cuRAND is left out. It needs a
C++ compiler. The machine that runs it needs a driver, or the stand-in of the tests.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

HEADERS = ("nvidia-cuda-runtime", "nvidia-cuda-profiler-api")
PYCUDA = "pycuda>=2026.1"


def pip(*words: str, **environment: str) -> None:
    """Run pip of this Python."""
    subprocess.run([sys.executable, "-m", "pip", *words], check=True, env={**os.environ, **environment})


def headers(folder: Path) -> str:
    """The folders of the headers, unpacked from wheels, as `CPATH` takes them."""
    pip("download", "--quiet", "--no-deps", "--dest", str(folder), *HEADERS)
    for wheel in folder.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder)
    (found,) = folder.rglob("cuda.h")
    others = {path.parent for path in folder.rglob("cudaProfiler.h")} - {found.parent}
    return os.pathsep.join(map(str, [found.parent, *others]))


def main() -> None:
    """Install it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        include = headers(folder)
        library = str(folder / "libcuda.so")
        subprocess.run(["gcc", "-shared", "-Wl,-soname,libcuda.so.1", "-x", "c", os.devnull, "-o", library], check=True)
        (folder / ".aksetup-defaults.py").write_text("CUDA_ENABLE_CURAND = False\n", encoding="utf-8")
        pip("install", "--quiet", PYCUDA, HOME=name, CPATH=include, LIBRARY_PATH=name)


if __name__ == "__main__":
    main()
