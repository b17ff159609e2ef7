"""States for Matlab (`.mat`), written only."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnc.runtime.extras import extra
from nnc.runtime.io import container

if TYPE_CHECKING:
    from nnc.runtime.io.objects import Arrays


def write(filename: Any, kind: str, header: dict[str, Any], arrays: Arrays) -> None:
    """Write objects as structs by name, with their attributes. Raises `NNCImportError` without scipy."""
    savemat = extra("scipy.io", "scipy", "writing .mat files").savemat
    entries = [header["object"]] if kind == "object" else [*header["populations"], *header["projections"]]
    content: dict[str, Any] = {_name(e["name"]): _struct(e, arrays) for e in entries}
    if kind == "network":
        content["network"] = {"time_step": header["time_step"], "net_id": header["net_id"]}
    buffer = io.BytesIO()
    savemat(buffer, content, long_field_names=True)
    container.replace_file(Path(filename), buffer.getvalue())


def _struct(entry: dict[str, Any], arrays: Arrays) -> dict[str, Any]:
    symbol = entry["symbol"]
    struct = {_name(a): arrays[f"{symbol}.{a}"] for a in entry["attributes"]}
    struct |= {key: arrays[f"{symbol}/{key}"] for key in ("row", "pre") if f"{symbol}/{key}" in arrays}
    if "geometry" in entry:
        struct |= {"geometry": entry["geometry"], "size": entry["size"]}
    return struct


def _name(name: str) -> str:
    """A name as Matlab allows it."""
    plain = re.sub(r"\W", "_", name)
    return plain if plain[:1].isalpha() else f"x{plain}"
