"""Whole networks in files.

A file holds everything that lives while a network runs, in an order that no target and no number of threads decides:
synapses sorted by post, then pre neuron; rings and events by age. A network that fits goes on from a file exactly as
the one that was saved would have gone on.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from nnc.compiler import __version__
from nnc.runtime.block import history
from nnc.runtime.errors import NNCValueError
from nnc.runtime.inputs.timed import TimedPopulation
from nnc.runtime.io import clocks, container, matlab, objects, plain, recordings
from nnc.runtime.io.objects import Saved

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnc.runtime.io.container import Archive
    from nnc.runtime.io.objects import Arrays, Object
    from nnc.runtime.networks.network import Network

_PARTS: Final = ("populations", "projections")
Pairs = list[tuple[Saved, "Object"]]


def save_network(network: Network, filename: Any, populations: bool, projections: bool, exact: bool) -> None:
    """Write the state of a compiled network. Raises before compile."""
    _write(filename, "network", *_collect(network, populations, projections, exact))


def _collect(
    network: Network, populations: bool, projections: bool, exact: bool, monitors: bool = True
) -> tuple[dict[str, Any], Arrays]:
    state = network.current_state()
    header: dict[str, Any] = {"nnc": __version__, "dt": network.dt, "precision": network.config_.precision}
    header |= {"time_step": state.block.t, "net_id": network.id, "exact": exact and populations and projections}
    arrays: Arrays = {}
    for part, wanted in zip(_PARTS, (populations, projections), strict=True):
        entries = header[part] = []
        for obj in _objects(network, part) if wanted else []:
            entry, own = objects.pack(obj)
            entries.append(entry)
            arrays |= own
            if header["exact"]:
                arrays |= _pack_rest(network, obj, entry)
    if header["exact"]:
        header["generators"] = network.generators()
        header["constants"] = dict(network._constant_values)
        if monitors:
            header["monitors"], recorded = recordings.pack(network)
            arrays |= recorded
    return header, arrays


def save_object(obj: Object, filename: Any) -> None:
    """Write the attributes of a population or projection. Raises before compile."""
    obj.network.current_state()
    entry, arrays = objects.pack(obj)
    _write(filename, "object", {"nnc": __version__, "object": entry}, arrays)


def _write(filename: Any, kind: str, header: dict[str, Any], arrays: Arrays) -> None:
    if str(filename).endswith(".mat"):
        matlab.write(filename, kind, header, arrays)
    else:
        container.write(filename, kind, header, arrays)


def load_network(
    network: Network, filename: Any, populations: bool, projections: bool, exact: bool | None, monitors: bool
) -> None:
    """Give a compiled network the state of a file.

    Objects are matched by name. If all match and the file is exact, everything is restored: the past, generators,
    monitors; else the values of those that match, with a warning that names the others (an error if `exact`).
    """
    network.current_state()
    archive = container.read(filename)
    if archive.kind != "network":
        what = "arrays without the header of nnc" if archive.kind == "plain" else f"no network but a {archive.kind}"
        raise NNCValueError(f"'{archive.path}' holds {what}; load it with the load() of a population or projection")
    chosen = [part for part, wanted in zip(_PARTS, (populations, projections), strict=True) if wanted]
    pairs, different = _match(network, archive, chosen)
    whole = len(chosen) == 2 and bool(archive.header["exact"]) and not different and exact is not False
    if exact and not whole:
        reasons = different or ["the file or the call leaves out a part of the state"]
        raise NNCValueError(f"'{archive.path}' does not fit the network: {'; '.join(reasons)}")
    objects.warn_of(different if exact is None else [])
    _restore(network, archive, pairs, whole, monitors)


def _match(network: Network, archive: Archive, chosen: list[str]) -> tuple[Pairs, list[str]]:
    """The objects that are on both sides, and in what the sides differ. Raises where sizes do."""
    pairs: Pairs = []
    different: list[str] = []
    for key, here in (("dt", network.dt), ("precision", network.config_.precision)):
        if archive.header[key] != here:
            different.append(f"{key} is {here}, in the file {archive.header[key]}")
    for part in chosen:
        left = [Saved(archive, entry) for entry in archive.header[part]]
        for obj in _objects(network, part):
            saved = next((s for s in left if s.name == obj.name), None)
            if saved is None:
                different.append(f"the file has no {objects.label_of(obj)}")
            else:
                left.remove(saved)
                pairs.append((saved, obj))
                different += objects.differences(saved, obj)
        different += [f"the network has no {part[:-1]} '{saved.name}'" for saved in left]
    misfits = [text for saved, obj in pairs for text in objects.misfits(saved, obj)]
    if misfits:
        raise NNCValueError(f"'{archive.path}' does not fit the network: {'; '.join(misfits)}")
    if not pairs and different:
        raise NNCValueError(f"'{archive.path}' has nothing for this network: {'; '.join(different)}")
    return pairs, different


def _restore(network: Network, archive: Archive, pairs: Pairs, whole: bool, monitors: bool) -> None:
    for saved, obj in pairs:
        objects.prepare(saved, obj)
        if whole:
            objects.take_switches(saved, obj)
    state = network.current_state()
    if whole:
        _check_rest(network, archive, pairs)
    for saved, obj in pairs:
        objects.take_values(saved, obj)
    state = network.current_state()
    recordings.close(network)
    state.set_step(int(archive.header["time_step"]))
    if whole:
        _take_everything(network, archive, pairs)
    recordings.go_on(network, archive if whole and monitors else None)


def _take_everything(network: Network, archive: Archive, pairs: Pairs) -> None:
    for saved, obj in pairs:
        objects.take_book(saved, obj)
        if isinstance(obj, TimedPopulation):
            clocks.restore(saved, obj)
        _take_rest(network, saved, obj)
    for name, value in archive.header["constants"].items():
        if name in network._constant_values:
            network.set_constant(name, float(value))
    network.take_generators(archive.header["generators"])
    network.write_switches()


def load_object(obj: Object, filename: Any) -> None:
    """Give a population or projection the attributes of a file, of nnc or an archive of plain arrays."""
    obj.network.current_state()
    archive = container.read(filename)
    if archive.kind == "plain":
        saved = plain.object_of(archive, obj)
    elif archive.kind == "object":
        saved = Saved(archive, archive.header["object"])
    else:
        raise NNCValueError(f"'{archive.path}' holds a {archive.kind}, not one population or projection")
    misfits = objects.misfits(saved, obj)
    if misfits:
        raise NNCValueError(f"'{archive.path}' does not fit: {misfits[0]}")
    if not set(saved.attributes) & set(obj._values.slots):
        raise NNCValueError(f"'{archive.path}' has nothing for it: {'; '.join(objects.differences(saved, obj))}")
    objects.warn_of(objects.differences(saved, obj) if archive.kind == "object" else [])
    objects.prepare(saved, obj)
    obj.network.current_state()
    objects.take_values(saved, obj)


def copy_state(origin: Network, target: Network) -> None:
    """Let a network with the same objects go on from where another one stands; recorded data stay with that one."""
    header, arrays = _collect(origin, True, True, True, monitors=False)
    archive = container.Archive(Path("(memory)"), "network", json.loads(json.dumps(header)), arrays)
    pairs, different = _match(target, archive, list(_PARTS))
    if different:
        raise NNCValueError(f"the copy differs: {'; '.join(different)}")
    _restore(target, archive, pairs, whole=True, monitors=False)


def _objects(network: Network, part: str) -> list[Object]:
    return [*network.get_populations()] if part == "populations" else [*network.get_projections(suppress_error=True)]


# What programs keep beside attributes


def _rest_names(network: Network, obj: Object) -> list[str]:
    """The fields beside attributes that an object has: bookkeeping, then the past. Names without the symbol."""
    symbol, state = objects.symbol_of(obj), network.state
    extras = state.extras([symbol], obj._values.fields())
    past = [name for name in history.past_fields(state.block.layout) if name.partition(".")[0] == symbol]
    return [name.partition(".")[2] for name in sorted([*extras, *past])]


def _pack_rest(network: Network, obj: Object, entry: dict[str, Any]) -> Arrays:
    symbol, state = objects.symbol_of(obj), network.state
    entry["switches"] = objects.switches(obj)
    entry["book"], arrays = objects.pack_book(obj)
    if isinstance(obj, TimedPopulation):
        entry["clock"] = clocks.pack(obj, arrays)
    entry["rest"] = _rest_names(network, obj)
    names = [f"{symbol}.{name}" for name in entry["rest"]]
    past = history.capture(state, names)
    return {**arrays, **past, **{name: state.read(name) for name in names if name not in past}}


def _check_rest(network: Network, archive: Archive, pairs: Pairs) -> None:
    """Raise, with the names, if the programs of file and network keep different things."""
    found: list[str] = []
    for saved, obj in pairs:
        differing = set(saved.entry["rest"]) ^ set(_rest_names(network, obj))
        if _lacks_stamps(network, saved, obj):
            differing.discard("last_event")
        if differing:
            found.append(f"{objects.label_of(obj)} differs in {', '.join(sorted(differing))}")
    if found:
        raise NNCValueError(
            f"'{archive.path}' is the state of other equations: {'; '.join(found)}. Use exact=False to load the "
            "values of attributes only"
        )


def _lacks_stamps(network: Network, saved: Saved, obj: Object) -> bool:
    """Whether neurons held the event-driven variables in the file, up to date in every step, and synapses do here."""
    here = network.state.has(f"{objects.symbol_of(obj)}.last_event")
    return here and network.config_["event_time"] == "exact" and "last_event" not in saved.entry["rest"]


def _take_rest(network: Network, saved: Saved, obj: Object) -> None:
    symbol, state = objects.symbol_of(obj), network.state
    past: dict[str, NDArray[Any]] = {}
    if _lacks_stamps(network, saved, obj):
        state.begin_stamps(symbol)
    known = history.past_fields(state.block.layout)
    for name in saved.entry["rest"]:
        field, values = f"{symbol}.{name}", saved.archive.array(f"{saved.symbol}.{name}")
        if field in known:
            past[field] = _checked_past(saved, name, values, obj)
        else:
            expected = state.read(field).size
            if values.size != expected:
                raise NNCValueError(f"'{saved.archive.path}' is damaged: '{field}' has {values.size} values")
            state.write(field, values)
    history.restore(state, past)


def _checked_past(saved: Saved, name: str, values: NDArray[Any], obj: Object) -> NDArray[Any]:
    """A part of the past, refused if native code could not live with it."""
    n = getattr(obj, "size", 0)
    if values.ndim == 2:
        fits = values.shape[1] == n
    elif name.endswith(".count"):
        events = saved.archive.array(f"{saved.symbol}.{name.removesuffix('.count')}")
        counts = values.astype(np.int64)
        edges = np.zeros(len(events) + 1, np.bool_)
        fits = bool((counts >= 0).all() and counts.sum() == len(events))
        if fits and len(events):
            edges[np.cumsum(counts)] = True
            fits = bool(((np.diff(events) > 0) | edges[1:-1]).all())
    else:
        fits = not len(values) or bool(values.min() >= 0 and values.max() < n)
    if not fits:
        raise NNCValueError(f"'{saved.archive.path}' is damaged: '{saved.symbol}.{name}' makes no sense")
    return values
