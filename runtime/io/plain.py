"""Archives of plain arrays that others wrote: one array per attribute, as numpy.savez makes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.runtime.errors import NNCValueError
from nnc.runtime.io import connectivity
from nnc.runtime.io.container import Archive
from nnc.runtime.io.objects import Saved, symbol_of
from nnc.runtime.populations.population import Population
from nnc.runtime.projections.connectivity import Connectivity

if TYPE_CHECKING:
    from nnc.runtime.io.objects import Arrays, Object
    from nnc.runtime.projections.projection import Projection


def object_of(archive: Archive, obj: Object) -> Saved:
    """The archive as if nnc had written it for this object."""
    symbol = symbol_of(obj)
    names = [name for name in obj._values.slots if name in archive.arrays]
    entry: dict[str, Any] = {
        "name": obj.name,
        "symbol": symbol,
        "attributes": names,
        "locality": {name: "local" if archive.arrays[name].size > 1 else "global" for name in names},
    }
    arrays: Arrays = {f"{symbol}.{name}": archive.arrays[name].reshape(-1) for name in names}
    if isinstance(obj, Population):
        if "size" in archive.arrays:
            entry["size"] = int(archive.array("size").reshape(-1)[0])
        return Saved(Archive(archive.path, "plain", {}, arrays), entry)
    if {"pre_ranks", "post_ranks"} <= archive.arrays.keys():
        entry["synapses"], own = _synapses(archive, obj, symbol)
        arrays |= own
    return Saved(Archive(archive.path, "plain", {}, arrays), entry)


def _synapses(archive: Archive, obj: Projection, symbol: str) -> tuple[dict[str, Any], Arrays]:
    post, pre = (archive.array(name).astype(np.int64) for name in ("post_ranks", "pre_ranks"))
    if pre.ndim != 2 or post.shape != pre.shape[:1]:
        raise NNCValueError(f"'{archive.path}': pre_ranks must be a matrix with a row per post rank")
    n_pre, n_post = obj.pre_population.size, obj.post_population.size
    posts = np.repeat(post, pre.shape[1])
    inside = not pre.size or (min(pre.min(), post.min()) >= 0 and pre.max() < n_pre and post.max() < n_post)
    ordered = (np.diff(posts * n_pre + pre.reshape(-1)) > 0).all()
    if not inside or not ordered:
        raise NNCValueError(f"'{archive.path}': its ranks do not ascend within the populations of '{obj.name}'")
    synapses = Connectivity.of_pairs(n_pre, n_post, posts, pre.reshape(-1), is_sorted=True)
    delays = obj._delays
    if not isinstance(delays, int) and len(delays) != synapses.count:
        raise NNCValueError(f"'{archive.path}' has other synapses than '{obj.name}', whose delays differ")
    return connectivity.pack(synapses, delays, symbol)
