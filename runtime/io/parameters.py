"""Global parameters in JSON files, to be read and edited by hand; and the old XML format."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import numpy as np

from nnc.runtime.errors import NNCFileNotFoundError, NNCValueError, warn
from nnc.runtime.io.container import replace_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nnc.runtime.io.objects import Object
    from nnc.runtime.networks.network import Network

_MEMBERS = ("populations", "projections")


def save_parameters(network: Network, filename: Any, current: bool) -> None:
    """Write the global parameters of all objects, and the constants; `current`: as they are, not as they began."""
    content = {
        **{kind: {obj.name: _of(obj, current) for obj in _objects(network, kind)} for kind in _MEMBERS},
        "network": {},
        "constants": dict(network._constant_values),
    }
    replace_file(Path(filename), (json.dumps(content, indent=4) + "\n").encode())


def _of(obj: Object, current: bool) -> dict[str, Any]:
    values = obj._values
    found: dict[str, Any] = {}
    for name in obj.parameters:
        if values.locality(name) != "global":
            continue
        value = values.read(name) if current else _initial(obj, name)
        if isinstance(value, np.ndarray | np.generic):
            value = value.reshape(-1)[0].item()
        if isinstance(value, bool | int | float):
            found[name] = float(value) if isinstance(value, float) else value
    return found


def _initial(obj: Object, name: str) -> Any:
    values = obj._values
    given = getattr(obj, "_given", {})
    return given[name] if name in given else values.initial[name] if name in values.initial else values.preset(name)


def load_parameters(network: Network, filename: Any, global_only: bool, verbose: bool) -> dict[str, float]:
    """Set the listed parameters (`global_only=False`: local ones too, all to one value); gives the section "network".

    Unknown objects are warned of, unknown parameters ignored (and printed, if `verbose`).
    """
    content = _read(Path(filename))
    for kind in _MEMBERS:
        known = {obj.name: obj for obj in _objects(network, kind)}
        for name, parameters in _section(filename, content, kind).items():
            if name not in known:
                warn(f"load_parameters: the network has no {kind[:-1]} '{name}'")
                continue
            _set(known[name], _section(filename, {name: parameters}, name), global_only, verbose)
    for name, value in _section(filename, content, "constants").items():
        constant = network._constants.get(name)
        if constant is None:
            warn(f"load_parameters: the network has no constant '{name}'")
        else:
            constant.set(_number(filename, name, value), network)
    return {name: _number(filename, name, value) for name, value in _section(filename, content, "network").items()}


def _set(obj: Object, parameters: Mapping[str, Any], global_only: bool, verbose: bool) -> None:
    for name, value in parameters.items():
        usable = name in obj.parameters and (not global_only or obj._values.locality(name) == "global")
        if usable:
            obj.set({name: _number(obj.name, name, value)})
        if verbose:
            print(f"{obj.name}.{name} = {value}" if usable else f"{obj.name}.{name} is not set")


def _objects(network: Network, kind: str) -> Iterable[Object]:
    return network.get_populations() if kind == "populations" else network.get_projections(suppress_error=True)


def _read(path: Path) -> Any:
    if not path.is_file():
        raise NNCFileNotFoundError(f"there is no file '{path}'")
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise NNCValueError(f"'{path}' cannot be read as JSON: {error}") from None


def _section(filename: Any, content: Any, name: str) -> dict[str, Any]:
    section = content.get(name, {}) if isinstance(content, dict) else None
    if not isinstance(section, dict):
        raise NNCValueError(f"'{filename}': '{name}' must be a table of names and values")
    return section


def _number(where: Any, name: str, value: Any) -> Any:
    if isinstance(value, bool | int | float):
        return value
    raise NNCValueError(f"'{where}': '{name}' must be a number, not {value!r}")


def load_parameter(filenames: Any) -> dict[str, int | float | str]:
    """The entries `<parameter><name>tau</name><value>10</value></parameter>` of one or several XML files."""
    found: dict[str, int | float | str] = {}
    for filename in filenames if isinstance(filenames, list | tuple) else [filenames]:
        path = Path(filename)
        if not path.is_file():
            raise NNCFileNotFoundError(f"there is no file '{path}'")
        text = path.read_text(encoding="utf-8")
        if "<!DOCTYPE" in text or "<!ENTITY" in text:
            raise NNCValueError(f"'{path}': documents with declarations are not read")
        try:
            root = ElementTree.fromstring(text)
        except ElementTree.ParseError as error:
            raise NNCValueError(f"'{path}' cannot be read as XML: {error}") from None
        for entry in root.iter("parameter"):
            name, value = entry.findtext("name"), entry.findtext("value")
            if name is None or value is None:
                raise NNCValueError(f"'{path}': a parameter lacks its name or its value")
            found[name.strip()] = _typed(value.strip())
    return found


def _typed(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
