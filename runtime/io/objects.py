"""Populations and projections in state files: their attributes, what they are, and which synapses there are.

An object goes by its symbol (`pop0`) inside a file and is matched by its name. Arrays: `pop0.v` the values of an
attribute (one value where one stands for all), `pop0/assigned/v` and `pop0/drawn/v` where initial values come from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.runtime.errors import NNCValueError, warn
from nnc.runtime.io import connectivity
from nnc.runtime.populations.population import Population
from nnc.runtime.projections.projection import Projection

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from nnc.runtime.io.container import Archive

Arrays = dict[str, "NDArray[Any]"]
Object = Population | Projection


@dataclass(frozen=True, eq=False)
class Saved:
    """One object of a file."""

    archive: Archive
    entry: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.entry["name"])

    @property
    def symbol(self) -> str:
        """Its symbol in the file."""
        return str(self.entry["symbol"])

    @property
    def attributes(self) -> list[str]:
        """Names of its attributes."""
        return [str(name) for name in self.entry["attributes"]]

    def value(self, name: str) -> NDArray[Any]:
        """The values of an attribute; length 1 where one stands for all."""
        return self.archive.array(f"{self.symbol}.{name}").reshape(-1)


def symbol_of(obj: Object) -> str:
    """The symbol of an object in the IR."""
    return f"{'proj' if isinstance(obj, Projection) else 'pop'}{obj.id}"


def label_of(obj: Object) -> str:
    """The object as messages call it."""
    return f"{'projection' if isinstance(obj, Projection) else 'population'} '{obj.name}'"


def pack(obj: Object) -> tuple[dict[str, Any], Arrays]:
    """The entry of an object in the header, and its arrays."""
    symbol, values = symbol_of(obj), obj._values
    entry: dict[str, Any] = {
        "name": obj.name,
        "symbol": symbol,
        "parameters": obj.parameters,
        "variables": obj.variables,
        "attributes": _held(obj),
        "locality": {name: values.locality(name) for name in values.slots},
    }
    arrays = {f"{symbol}.{name}": values.packed(name) for name in _held(obj)}
    if isinstance(obj, Population):
        return {**entry, "geometry": list(obj.geometry), "size": obj.size}, arrays
    ends = {"pre": obj.pre_population.name, "post": obj.post_population.name, "target": list(obj.targets)}
    if not obj.stores_synapses:
        return {**entry, **ends}, arrays
    if obj.regenerated is not None:
        rule = {"key": obj.regenerated.rule.key, "delay": obj._delays}
        return {**entry, **ends, "procedural": rule}, arrays
    header, synapses = connectivity.pack(obj.synapses, obj._delays, symbol)
    return {**entry, **ends, "synapses": header}, {**arrays, **synapses}


def _held(obj: Object) -> list[str]:
    """The attributes whose values are held; weights that are made again are not."""
    return [n for n in obj._values.slots if isinstance(obj, Population) or not obj.regenerates(n)]


def misfits(saved: Saved, obj: Object) -> list[str]:
    """Why an object cannot take the values of another one at all."""
    if isinstance(obj, Population):
        here, there = obj.size, int(saved.entry.get("size", obj.size))
        return [] if here == there else [f"{label_of(obj)} has {here} neurons, in the file {there}"]
    if ("procedural" in saved.entry) != (obj.regenerated is not None) and saved.archive.kind != "plain":
        does, stores = "makes its synapses from a rule (storage='procedural')", "stores its synapses"
        own, other = (does, stores) if obj.regenerated is not None else (stores, does)
        return [f"{label_of(obj)} {own}, that of the file {other}"]
    if obj.regenerated is not None:
        return []
    header = saved.entry.get("synapses")
    if header is None or not obj.stores_synapses:
        return _misfit_weights(saved, obj, header is None)
    here_ends = (obj.pre_population.size, obj.post_population.size)
    there_ends = (int(header["n_pre"]), int(header["n_post"]))
    return (
        []
        if here_ends == there_ends
        else [f"{label_of(obj)} connects {here_ends} neurons (pre, post), in the file {there_ends}"]
    )


def _misfit_weights(saved: Saved, obj: Projection, shared: bool) -> list[str]:
    """Where at least one of two projections stores no synapses."""
    if shared == obj.stores_synapses:
        return [
            f"{label_of(obj)} {'stores' if obj.stores_synapses else 'does not store'} synapses, unlike that of the file"
        ]
    if not shared or "w" not in saved.attributes:
        return []
    here, there = obj._values.packed("w").size, saved.value("w").size
    return [] if here == there else [f"{label_of(obj)} has {here} weights, in the file {there}"]


def differences(saved: Saved, obj: Object) -> list[str]:
    """In what names a saved object differs from this one."""
    here, there = set(_held(obj)), set(saved.attributes)
    found = []
    if there - here:
        found.append(f"{label_of(obj)} lacks {_listed(there - here)}")
    if here - there:
        found.append(f"the file lacks {_listed(here - there)} of {label_of(obj)}")
    return found


def _listed(names: set[str]) -> str:
    return ", ".join(f"'{name}'" for name in sorted(names))


def prepare(saved: Saved, obj: Object) -> None:
    """Give an object the synapses of the file, and room for its values: the next program has both."""
    if isinstance(obj, Projection) and "synapses" in saved.entry:
        synapses, delays = connectivity.unpack(saved.archive, dict(saved.entry["synapses"]), saved.symbol)
        if not connectivity.same(synapses, obj.synapses) or not np.array_equal(delays, obj._delays):
            obj.take_synapses(synapses, delays)
    if isinstance(obj, Projection) and "procedural" in saved.entry:
        rule = saved.entry["procedural"]
        obj.take_key(int(rule["key"]))
        if int(rule["delay"]) != obj._delays:
            obj._retime(int(rule["delay"]))
    for name in _common(saved, obj):
        local = saved.entry["locality"].get(name) == "local"
        obj._values.make_room(name, local=local, wide=saved.value(name).size > 1)
    stamped = isinstance(obj, Projection) and "last_event" in saved.entry.get("rest", ()) and obj.event_driven()
    if stamped and not obj.network.state.has(f"{symbol_of(obj)}.last_event"):
        obj._values.set_apart(stamped[0])


def take_values(saved: Saved, obj: Object) -> None:
    """Assign the values of the file."""
    for name in _common(saved, obj):
        values = saved.value(name)
        expected = obj._values.lengths[obj._values.locality(name)]
        if values.size not in (1, expected):
            raise NNCValueError(f"{label_of(obj)}: '{name}' has {expected} values, in the file {values.size}")
        obj._values.write(name, values[0].item() if values.size == 1 else values)
        if name == "w":
            obj._values.assigned["w"] = values[0].item() if values.size == 1 else values


def _common(saved: Saved, obj: Object) -> list[str]:
    return [name for name in saved.attributes if name in _held(obj)]


def warn_of(texts: list[str]) -> None:
    """One warning of all that is skipped."""
    if texts:
        warn("load: " + "; ".join(texts) + "; what has no counterpart is skipped")


def pack_book(obj: Object) -> tuple[dict[str, Any], Arrays]:
    """Where the initial values of an object come from; weights excepted, which no reset draws again."""
    symbol, book = symbol_of(obj), obj._values.book()
    header: dict[str, Any] = {"draws": book["draws"], "assigned": {}, "drawn": {}}
    arrays: Arrays = {}
    for part in ("assigned", "drawn"):
        for name, value in book[part].items():
            if name == "w" or name not in obj._values.slots:
                continue
            if isinstance(value, np.ndarray):
                arrays[f"{symbol}/{part}/{name}"] = value
            else:
                header[part][name] = value
    return header, arrays


def take_book(saved: Saved, obj: Object) -> None:
    """Let initial values come from where they came from in the saved network."""
    book, prefix = saved.entry["book"], f"{saved.symbol}/"
    found: dict[str, dict[str, Any]] = {}
    for part in ("assigned", "drawn"):
        start = f"{prefix}{part}/"
        arrays = {k.removeprefix(start): v for k, v in saved.archive.arrays.items() if k.startswith(start)}
        found[part] = {**book[part], **arrays}
    obj._values.keep_book(found["assigned"], found["drawn"], {k: int(v) for k, v in book["draws"].items()})


def switches(obj: Object) -> dict[str, Any]:
    """What of an object is switched on and off."""
    if isinstance(obj, Population):
        return {
            "enabled": obj.enabled,
            "can_disable": obj._can_disable,
            "refractory_set": obj._refractory_set,
            "rate_steps": obj._rate_steps,
        }
    return {
        "flags": dict(obj._flags),
        "flagged": sorted(obj._flagged),
        "learning": obj._learning,
        "schedules": obj.schedules,
        "redraws": obj._redraws,
    }


def take_switches(saved: Saved, obj: Object) -> None:
    """Set the switches as in the file."""
    there = saved.entry["switches"]
    if there == switches(obj):
        return
    obj.network.changed()
    if isinstance(obj, Population):
        obj.enabled = bool(there["enabled"])
        obj._can_disable = obj._can_disable or bool(there["can_disable"])
        obj._refractory_set = obj._refractory_set or bool(there["refractory_set"])
        obj._rate_steps = int(there["rate_steps"])
        return
    obj._flags.update({k: bool(v) for k, v in there["flags"].items() if k in obj._flags})
    obj._flagged.update(name for name in there["flagged"] if name in obj._flags)
    obj._learning = {str(k): int(v) for k, v in there["learning"].items()}
    obj._redraws = int(there["redraws"])
    obj.take_schedules(there.get("schedules", {}))
