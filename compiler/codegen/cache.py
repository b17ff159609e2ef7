"""What was compiled once is not compiled again: files under the user's cache directory, named by what they come from.

The key is a hash of everything that decides the content, so a hit needs no check and no lock; files are written under
a temporary name and then renamed. `NNC_CACHE_DIR` moves the cache, `NNC_CACHE_DIR=off` does without.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import platform
import re
import tempfile
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Final

import platformdirs

from nnc.compiler import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMIT: Final = 256 << 20
"""Bytes that the cache may hold; the least recently used files go first."""

_NAME: Final = re.compile(r"[0-9a-f]{64}\.(so|o|dylib|dll|cubin|json)")


def key(*parts: str) -> str:
    """64 hexadecimal digits that differ if any part differs (or stands elsewhere), and for another nnc version."""
    digest = hashlib.sha256()
    for part in (__version__, *parts):
        raw = part.encode()
        digest.update(len(raw).to_bytes(8, "little"))
        digest.update(raw)
    return digest.hexdigest()


_NOTED: ContextVar[set[str] | None] = ContextVar("nnc_noted_files", default=None)


@contextlib.contextmanager
def noted() -> Iterator[set[str]]:
    """The names of the files that caches find or write in here, in this thread."""
    names: set[str] = set()
    token = _NOTED.set(names)
    try:
        yield names
    finally:
        _NOTED.reset(token)


def _note(name: str) -> None:
    names = _NOTED.get()
    if names is not None:
        names.add(name)


@functools.cache
def host_cpu() -> str:
    """A text that names this machine's processor and its features."""
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").split("\n\n")[0].split("\n")
        wanted = ("model name", "flags", "Features", "CPU implementer", "CPU part")
        if found := [line for line in lines if line.startswith(wanted)]:
            return "\n".join(found)
    import llvmlite.binding as llvm  # slow to import, and rarely needed here

    return f"{platform.machine()} {llvm.get_host_cpu_name()} {llvm.get_host_cpu_features().flatten()}"


class Cache:
    """A directory of compiled files. `root` None: a temporary directory that lives as long as this object."""

    def __init__(self, root: Path | None, limit: int = LIMIT) -> None:
        self._temporary = None if root is not None else tempfile.TemporaryDirectory(prefix="nnc-")
        self.root = root if root is not None else Path(self._temporary.name if self._temporary else "")
        self.limit = limit

    @property
    def persistent(self) -> bool:
        """Whether files outlive this object."""
        return self._temporary is None

    def find(self, name: str) -> Path | None:
        """The file of this name (key and suffix), marked as used now; None if it is not there."""
        path = self.root / name
        try:
            os.utime(path)
        except OSError:
            return None
        _note(name)
        return path

    def read(self, name: str) -> bytes | None:
        """Content of a file, or None."""
        path = self.find(name)
        try:
            return path.read_bytes() if path is not None else None
        except OSError:
            return None

    def write(self, name: str, content: bytes) -> Path | None:
        """Put a file there, whole or not at all; None if the place cannot be written."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=self.root, prefix="tmp-")
        except OSError:
            return None
        try:
            with os.fdopen(handle, "wb") as out:
                out.write(content)
            os.replace(temporary, self.root / name)
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            return None
        _note(name)
        self._trim(keep=name)
        return self.root / name

    def _trim(self, keep: str) -> None:
        """Delete the least recently used of our files while all together exceed the limit."""
        files = []
        with contextlib.suppress(OSError), os.scandir(self.root) as entries:
            for entry in entries:
                if _NAME.fullmatch(entry.name):
                    with contextlib.suppress(OSError):
                        stat = entry.stat()
                        files.append((stat.st_mtime_ns, stat.st_size, entry.path, entry.name))
        total = sum(f[1] for f in files)
        for _, size, path, name in sorted(files):
            if total <= self.limit:
                return
            if name != keep:
                with contextlib.suppress(OSError):
                    os.unlink(path)
                total -= size


@functools.cache
def _cache_at(root: Path | None) -> Cache:
    return Cache(root)


def default_cache() -> Cache:
    """The cache that the environment asks for: `NNC_CACHE_DIR`, else the user's cache directory."""
    where = os.environ.get("NNC_CACHE_DIR")
    if where == "off":
        return _cache_at(None)
    return _cache_at(Path(where) if where else Path(platformdirs.user_cache_dir("nnc")))
