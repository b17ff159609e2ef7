"""The user's own defaults for compilers: `~/.config/nnc/nnc.json`, or the file that ANNarchy left there.

    {"openmp": {"compiler": "gcc", "flags": "-O3"}, "cuda": {"compiler": "nvcc", "flags": "", "device": 0}}

Sections and keys may be missing.
"""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from nnc.runtime.errors import NNCFileNotFoundError, NNCValueError

_PLACES: Final = (("nnc", "nnc.json"), ("ANNarchy", "annarchy.json"))
_C_OF: Final = {"g++": "gcc", "clang++": "clang", "c++": "cc"}
_VERSIONED: Final = re.compile(r"(?P<name>.*?)(?P<base>clang\+\+|g\+\+|c\+\+)(?P<version>-[\d.]+)?")
_TYPES: Final[dict[str, dict[str, type]]] = {
    "openmp": {"compiler": str, "flags": str},
    "cuda": {"compiler": str, "flags": str, "device": int, "path": str},
}


@dataclass(frozen=True)
class UserFile:
    """What the file says; None where it says nothing."""

    compiler: str | None = None
    flags: str | None = None
    device: int = 0


def read_user_file(path: str = "") -> UserFile:
    """The file at a path, else the first one that is there, else the defaults. Raises for a malformed file."""
    if path:
        if not Path(path).is_file():
            raise NNCFileNotFoundError(f"there is no configuration file '{path}'")
        return _parse(Path(path))
    home = Path.home() / ".config"
    found = next((home.joinpath(*place) for place in _PLACES if home.joinpath(*place).is_file()), None)
    if found is None:
        return UserFile()
    given = _parse(found)
    return given if given.compiler is None or shutil.which(given.compiler.split()[0]) else UserFile(device=given.device)


def _parse(path: Path) -> UserFile:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise NNCValueError(f"the configuration file '{path}' cannot be read: {error}") from None
    sections = {name: _section(content, name, path) for name in _TYPES}
    compiler = sections["openmp"].get("compiler") or None
    flags = sections["openmp"].get("flags") or None
    return UserFile(None if compiler is None else c_compiler(compiler), flags, sections["cuda"].get("device", 0))


def _section(content: Any, name: str, path: Path) -> dict[str, Any]:
    section = content.get(name, {}) if isinstance(content, dict) else None
    if not isinstance(section, dict):
        raise NNCValueError(f"the configuration file '{path}' is malformed: '{name}' must be a section")
    for key, kind in _TYPES[name].items():
        if key in section and not isinstance(section[key], kind):
            raise NNCValueError(
                f"the configuration file '{path}' is malformed: '{name}.{key}' must be of type {kind.__name__}"
            )
    return section


def c_compiler(name: str) -> str:
    """The C compiler that goes with a C++ compiler: scripts of ANNarchy name those, and nnc writes C."""
    match = _VERSIONED.fullmatch(name)
    if match is None:
        return name
    return f"{match['name']}{_C_OF[match['base']]}{match['version'] or ''}"
