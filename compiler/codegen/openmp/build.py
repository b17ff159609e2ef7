"""From C text to a loaded library: finds a compiler, calls it directly, opens the result with cffi."""

from __future__ import annotations

import ctypes
import functools
import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from nnc.compiler.codegen.cache import Cache, host_cpu, key
from nnc.compiler.codegen.target import TargetUnavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

Sanitize = Literal["address", "undefined"]

CANDIDATES: Final = ("gcc", "clang", "cc")
SUFFIX: Final = ".dylib" if sys.platform == "darwin" else ".so"

_FLAGS: Final = (
    "-std=gnu11",
    "-fopenmp",
    "-fPIC",
    "-shared",
    "-fwrapv",
    "-ffp-contract=off",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-w",
)
_SANITIZERS: Final = {
    "address": ("-fsanitize=address", "-fno-omit-frame-pointer", "-g"),
    "undefined": ("-fsanitize=undefined", "-fno-sanitize-recover=undefined", "-g"),
}


@dataclass(frozen=True)
class Compiler:
    """A C compiler: the words that call it, and what it says its version is."""

    command: tuple[str, ...]
    version: str

    def flags(self, optimise: int, sanitize: Sanitize | None, more: Sequence[str] = ()) -> list[str]:
        """All flags of a build, without input and output; `more` come last, so that they win."""
        out = [*_FLAGS, f"-O{optimise}"]
        x86 = platform.machine().lower() in ("x86_64", "amd64", "i686")
        out.append("-march=native" if x86 else "-mcpu=native")
        if x86:
            out.append("-mprefer-vector-width=512")
        return [*out, *(_SANITIZERS[sanitize] if sanitize else ()), *more]


def find_compiler(wanted: str | None = None) -> Compiler:
    """The compiler asked for, else that of the environment variable CC, else the first one on PATH.

    Raises `TargetUnavailable` where there is none.
    """
    asked = wanted or os.environ.get("CC")
    for name in [asked] if asked else CANDIDATES:
        words = shlex.split(name)
        path = shutil.which(words[0]) if words else None
        if path is not None:
            return Compiler((path, *words[1:]), _version(path))
    what = f"the C compiler '{asked}' was not found" if asked else "no C compiler was found on PATH"
    raise TargetUnavailable(
        "openmp", what, "install gcc or clang, name one with the environment variable CC, or use target 'llvm'"
    )


@functools.cache
def _version(path: str) -> str:
    try:
        got = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.SubprocessError):
        return path
    return got.stdout


def build_library(
    text: str,
    compiler: Compiler,
    cache: Cache,
    *,
    optimise: int,
    sanitize: Sanitize | None,
    show: bool,
    more: Sequence[str] = (),
) -> Path:
    """The shared library for a C text: from the cache, or compiled now. Its name is a hash of all it comes from.

    (A path that is opened a second time gives the library opened first, so two contents never share a name.)
    """
    flags = compiler.flags(optimise, sanitize, more)
    name = key(text, "openmp", *compiler.command, compiler.version, *flags, host_cpu()) + SUFFIX
    if (found := cache.find(name)) is not None:
        return found
    with tempfile.TemporaryDirectory(prefix="nnc-") as folder:
        source, output = Path(folder) / "network.c", Path(folder) / f"network{SUFFIX}"
        source.write_text(text, encoding="utf-8")
        command = [*compiler.command, *flags, str(source), "-o", str(output), "-lm"]
        _call(command, show)
        path = cache.write(name, output.read_bytes())
    if path is None:
        raise TargetUnavailable(
            "openmp",
            f"the cache directory {cache.root} cannot be written",
            "set the environment variable NNC_CACHE_DIR to a directory, or to 'off'",
        )
    return path


def _call(command: Sequence[str], show: bool) -> None:
    try:
        got = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    except OSError as error:
        raise TargetUnavailable("openmp", f"{command[0]} cannot be called: {error}") from error
    if show and got.stderr:
        sys.stderr.write(got.stderr)
    if got.returncode:
        last = "" if show else "".join(f"\n  {line}" for line in got.stderr.strip().splitlines()[-6:])
        raise TargetUnavailable(
            "openmp",
            f"{command[0]} failed (status {got.returncode})" + last,
            "is OpenMP installed for this compiler? Use target 'llvm' to do without a compiler",
        )


def check_sanitizer(sanitize: Sanitize | None, compiler: Compiler) -> None:
    """A library with address checks ends a process that did not load the checker first: refuse instead."""
    if sanitize != "address" or hasattr(ctypes.CDLL(None), "__asan_init"):
        return
    raise TargetUnavailable(
        "openmp",
        "the address sanitizer must be loaded before Python",
        f"LD_PRELOAD=$({compiler.command[0]} -print-file-name=libasan.so) ASAN_OPTIONS=detect_leaks=0 python ...",
    )


def open_library(path: Path) -> tuple[Any, Any]:
    """The function `nnc_run(block, t0, t1)` of a library, and what must stay alive with it. Calls release the GIL."""
    import cffi  # only this target needs it

    ffi = cffi.FFI()
    ffi.cdef("int64_t nnc_run(void *block, int64_t t0, int64_t t1);")
    # Unloading the last user of the OpenMP library would unload it too, under the feet of its sleeping threads.
    keep = getattr(ffi, "RTLD_NODELETE", 0)
    try:
        library = ffi.dlopen(str(path), ffi.RTLD_NOW | keep)
    except OSError as error:
        raise TargetUnavailable("openmp", f"{path.name} cannot be loaded: {error}") from error
    return library.nnc_run, (ffi, library)
