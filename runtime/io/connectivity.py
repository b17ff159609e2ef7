"""Which synapses a projection has, in files: `save_connectivity`, and the synapses part of saved states."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.runtime.errors import NNCError, NNCValueError
from nnc.runtime.io import container
from nnc.runtime.projections.connectivity import Connectivity, Full

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnc.runtime.io.container import Archive
    from nnc.runtime.projections.projection import Projection

Arrays = dict[str, "NDArray[Any]"]


@dataclass(frozen=True, eq=False)
class Saved:
    """The synapses of a file as pairs; weights and delays (ms) are one number or one per pair."""

    post: NDArray[np.int64]
    pre: NDArray[np.int64]
    weights: float | NDArray[np.float64]
    delays: float | NDArray[np.float64]


def save_connectivity(projection: Projection, filename: Any) -> None:
    """Write synapses, weights and delays of a projection. Raises before compile."""
    synapses = projection.synapses
    delays = np.atleast_1d(np.asarray(projection._delays) * projection.network.dt)
    header = {
        "name": projection.name,
        "size": projection.size,
        "nb_synapses": synapses.count,
        "max_delay": projection.max_delay,
        "uniform_delay": projection.uniform_delay,
    }
    arrays = {
        "post_ranks": synapses.post,
        "pre_ranks": synapses.pre,
        "w": projection._values.packed("w"),
        "delay": delays.astype(np.float64),
    }
    container.write(filename, "connectivity", header, arrays)


def read_connectivity(filename: Any) -> Saved:
    """The synapses of a file of `save_connectivity`, or of an archive with the same entries as plain arrays."""
    archive = container.read(filename)
    if archive.kind not in ("connectivity", "plain"):
        raise NNCValueError(f"'{archive.path}' holds a {archive.kind}, not the connectivity of a projection")
    try:
        post, pre = _pairs(archive)
        delays = archive.arrays.get("delay", np.zeros(1))
        return Saved(post, pre, _one_or_many(archive.array("w"), len(pre)), _one_or_many(delays, len(pre)))
    except (ValueError, TypeError) as error:
        if isinstance(error, NNCError):
            raise
        raise NNCValueError(f"'{archive.path}' is no connectivity: {error}") from None


def _pairs(archive: Archive) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Ranks of the pairs: one per synapse, or (in archives of others) a post rank per row of pre ranks."""
    post, pre = (_integers(archive, name) for name in ("post_ranks", "pre_ranks"))
    if pre.ndim == 2 and len(post) == len(pre):
        post = np.repeat(post, pre.shape[1])
    pre = pre.reshape(-1)
    if post.shape != pre.shape:
        raise ValueError(f"there are {post.size} post ranks and {pre.size} pre ranks")
    return post, pre


def _integers(archive: Archive, name: str) -> NDArray[np.int64]:
    values = archive.array(name)
    if values.size and values.dtype.kind not in "iu":
        raise ValueError(f"'{name}' are not ranks")
    return values.astype(np.int64)


def _one_or_many(values: NDArray[Any], n: int) -> float | NDArray[np.float64]:
    flat = values.astype(np.float64).reshape(-1)
    if flat.size == 1:
        return float(flat[0])
    if flat.size != n:
        raise ValueError(f"there are {flat.size} values for {n} synapses")
    return flat


def pack(synapses: Connectivity, delays: int | NDArray[np.int32], symbol: str) -> tuple[dict[str, Any], Arrays]:
    """The part of a state file that says which synapses there are, and their delays in steps."""
    header: dict[str, Any] = {"n_pre": synapses.n_pre, "n_post": synapses.n_post, "delay": None}
    arrays: Arrays = {}
    if synapses.full is not None:
        header["full"] = asdict(synapses.full)
    else:
        arrays |= {f"{symbol}/row": synapses.row, f"{symbol}/pre": synapses.pre}
    if isinstance(delays, int):
        header["delay"] = delays
    else:
        arrays[f"{symbol}/delay"] = delays
    return header, arrays


def unpack(archive: Archive, header: dict[str, Any], symbol: str) -> tuple[Connectivity, int | NDArray[np.int32]]:
    """What `pack` wrote. Raises `NNCValueError` if it is no connectivity."""
    n_pre, n_post = int(header["n_pre"]), int(header["n_post"])
    if "full" in header:
        synapses = _checked_full(archive, n_pre, n_post, Full(**header["full"]))
    else:
        row, pre = (archive.array(f"{symbol}/{part}").astype(np.int64) for part in ("row", "pre"))
        counts = np.diff(row)
        fits = len(row) == n_post + 1 and row[0] == 0 and row[-1] == len(pre) and (counts >= 0).all()
        if not fits or (len(pre) and not (pre.min() >= 0 and pre.max() < n_pre)):
            raise NNCValueError(f"'{archive.path}' is damaged: its synapses make no sense")
        post = np.repeat(np.arange(n_post), counts)
        synapses = Connectivity.of_pairs(n_pre, n_post, post, pre)
    if header["delay"] is not None:
        return synapses, max(1, int(header["delay"]))
    delays = archive.array(f"{symbol}/delay").astype(np.int32)
    if delays.shape != (synapses.count,) or (len(delays) and delays.min() < 1):
        raise NNCValueError(f"'{archive.path}' is damaged: its delays make no sense")
    return synapses, delays


def _checked_full(archive: Archive, n_pre: int, n_post: int, full: Full) -> Connectivity:
    inside = (
        0 <= full.pre_first <= full.pre_first + full.pre_count <= n_pre
        and 0 <= full.post_first <= full.post_first + full.post_count <= n_post
        and full.pre_count >= 0 <= full.post_count
    )
    if not inside:
        raise NNCValueError(f"'{archive.path}' is damaged: its synapses make no sense")
    return Connectivity.of_full(n_pre, n_post, full)


def same(a: Connectivity, b: Connectivity) -> bool:
    """Whether two projections have the same synapses."""
    if (a.n_pre, a.n_post, a.count) != (b.n_pre, b.n_post, b.count):
        return False
    if a.full is not None and b.full is not None and a.full == b.full:
        return True
    return bool(np.array_equal(a.row, b.row) and np.array_equal(a.pre, b.pre))
