"""Settings of a network: `setup(...)` for the magic network and all later ones, `net.config(...)` for one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np

from nnc.runtime.errors import NNCKeyError, NNCTypeError, NNCValueError, warn, with_hint
from nnc.runtime.running.team import WORDS

if TYPE_CHECKING:
    from collections.abc import Callable

METHODS = ("explicit", "implicit", "semiimplicit", "exponential", "midpoint", "rk4")
PARADIGMS = ("openmp", "cuda", "llvm", "interp")
STORAGE_FORMATS = tuple(
    "default lil csr csr_vector csr_scalar dense ell ellr sell coo bsr hyb dia auto".split()  # noqa: SIM905
)
PROCEDURAL = "procedural"
STORAGE_ORDERS = ("post_to_pre", "pre_to_post", "auto")


@dataclass(frozen=True)
class FloatType:
    """A number format of a network: `float32` or `float64`; usable where numpy takes a dtype."""

    name: Literal["float32", "float64"]
    bits: int

    @property
    def dtype(self) -> np.dtype[Any]:
        """The numpy dtype."""
        return np.dtype(self.name)


float32 = FloatType("float32", 32)
float64 = FloatType("float64", 64)


class Config(Mapping[str, Any]):
    """The settings of one network; reading is by key, `set` checks everything before it stores anything."""

    def __init__(self, template: Config | None = None) -> None:
        self._values: dict[str, Any] = dict(template._values) if template is not None else dict(_DEFAULTS)
        self._chosen: set[str] = set(template._chosen) if template is not None else set()
        self._below: set[str] = set(template._below) if template is not None else set()

    def set(self, keys: Mapping[str, Any]) -> None:
        """Store settings. Unknown keys warn; a value out of range raises and changes nothing."""
        checked: dict[str, Any] = {}
        for key, value in keys.items():
            if key in ("dtype", "precision"):
                checked["precision"] = _precision(value)
            elif key in _DEFAULTS:
                checked[key] = _CHECKS[key](key, value) if key in _CHECKS else value
            else:
                warn(with_hint(f"unknown setting '{key}' is ignored", key, _DEFAULTS))
        _check_cores({**self._values, **checked}, set(checked))
        self._values.update(checked)
        self._chosen.update(checked)

    def underlay(self, keys: Mapping[str, Any]) -> None:
        """Store settings that hold as long as no script sets them: those of the command line."""
        below = Config(self)
        below.set({key: value for key, value in keys.items() if not self.chosen(key)})
        self._values = below._values
        self._below.update(keys)

    def chosen(self, key: str) -> bool:
        """Whether a script has set this key."""
        return key in self._chosen

    @property
    def dt(self) -> float:
        """Step size in ms."""
        return float(self._values["dt"])

    @property
    def precision(self) -> Literal["double", "float"]:
        """Number format of the state."""
        return cast("Literal['double', 'float']", self._values["precision"])

    @property
    def target(self) -> str | None:
        """Name of the target that the script asked for, or None."""
        asked = self.chosen("paradigm") or "paradigm" in self._below
        return cast("str", self._values["paradigm"]) if asked else None

    def __getitem__(self, key: str) -> Any:
        if key == "dtype":
            return float64 if self.precision == "double" else float32
        if key not in self._values:
            raise NNCKeyError(with_hint(f"there is no setting '{key}'", key, self._values))
        return self._values[key]

    def __iter__(self) -> Any:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def _precision(value: object) -> str:
    if isinstance(value, FloatType):
        return "double" if value.bits == 64 else "float"
    words = {"double": "double", "float": "float", "float64": "double", "float32": "float", "single": "float"}
    if isinstance(value, str) and value in words:
        return words[value]
    try:
        bits = np.dtype(cast("Any", value))
    except TypeError:
        bits = np.dtype(np.void)
    if bits in (np.dtype(np.float32), np.dtype(np.float64)):
        return "double" if bits.itemsize == 8 else "float"
    raise NNCValueError(f"precision is 'double' or 'float', not {value!r}")


def _above_zero(key: str, value: object) -> float:
    if not isinstance(value, int | float | np.number) or not 0.0 < float(value) < np.inf:
        raise NNCValueError(f"{key} must be a number above zero, not {value!r}")
    return float(value)


def _threads(key: str, value: object) -> int | str:
    if isinstance(value, str) and value in WORDS:
        return value
    if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < 1:
        raise NNCValueError(f"{key} must be an integer of at least 1, {' or '.join(map(repr, WORDS))}, not {value!r}")
    return int(value)


def _seed(key: str, value: object) -> int | None:
    if value is None or (isinstance(value, int | np.integer) and not isinstance(value, bool) and value >= 0):
        return None if value is None else int(cast("int", value))
    raise NNCTypeError(f"{key} must be a non-negative integer or None, not {value!r}")


def _cores(key: str, value: object) -> list[int]:
    cores = list(value) if isinstance(value, list | tuple | np.ndarray | range) else None
    if cores is None or not all(isinstance(c, int | np.integer) and not isinstance(c, bool) and c >= 0 for c in cores):
        raise NNCValueError(f"{key} is a list of numbers of cores, not {value!r}")
    if len(set(cores)) < len(cores):
        warn(f"{key} names a core more than once: {cores}")
    return [int(c) for c in cores]


def _check_cores(values: Mapping[str, Any], changed: set[str]) -> None:
    """The cores that threads are pinned to must be there, and be enough."""
    cores, there = values["visible_cores"], os.cpu_count() or 1
    if not cores or not changed & {"visible_cores", "num_threads"}:
        return
    if max(cores) >= there or len(cores) > there:
        raise NNCValueError(f"visible_cores is {cores}, but this machine has the cores 0 to {there - 1}")
    if values["num_threads"] not in WORDS and len(set(cores)) < values["num_threads"]:
        raise NNCValueError(f"visible_cores {cores} are fewer than num_threads = {values['num_threads']}")


def _compat(key: str, value: object) -> object:
    return value if value is None else _one_of(("strict",))(key, value)


def _determinism(key: str, value: object) -> object:
    """None leaves it to the target: `fast` on `cuda`; CPU targets are strict either way."""
    return value if value is None else _one_of(("strict", "fast"))(key, value)


def _flag(key: str, value: object) -> bool:
    if isinstance(value, bool | np.bool_):
        return bool(value)
    raise NNCTypeError(f"{key} is True or False, not {value!r}")


def _device(key: str, value: object) -> int | None:
    if value is None or (isinstance(value, int | np.integer) and not isinstance(value, bool) and value >= 0):
        return None if value is None else int(cast("int", value))
    raise NNCValueError(f"{key} is the number of a GPU, from 0, not {value!r}")


def _folder(key: str, value: object) -> str | None:
    if value is None or isinstance(value, str | os.PathLike):
        return None if value is None else os.fspath(cast("str", value))
    raise NNCTypeError(f"{key} is a folder, not {value!r}")


def _trace(key: str, value: object) -> object:
    return value if value is None else _one_of(("init", "simulate", "both"))(key, value)


def _one_of(words: tuple[str, ...] | list[str]) -> Callable[[str, object], str]:
    def check(key: str, value: object) -> str:
        if isinstance(value, str) and value in words:
            return value
        raise NNCValueError(with_hint(f"unknown {key} {value!r}; known: {', '.join(words)}", str(value), words))

    return check


def check_storage(storage_format: object, storage_order: object, storage: object = None) -> bool:
    """Raise for an unknown storage format or order; gives whether synapses shall not be stored at all.

    All others are hints: nnc chooses the storage itself. `storage` is another name of the format.
    """
    formats = {"storage_format": storage_format, "storage": storage}
    for name, given in formats.items():
        if given is not None:
            _one_of((*STORAGE_FORMATS, PROCEDURAL))(name, given)
    if None not in formats.values() and storage != storage_format:
        raise NNCValueError(f"storage ({storage!r}) and storage_format ({storage_format!r}) say different things")
    if storage_order is not None:
        _one_of(STORAGE_ORDERS)("storage_order", storage_order)
    return PROCEDURAL in formats.values()


_CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "dt": _above_zero,
    "num_threads": _threads,
    "seed": _seed,
    "visible_cores": _cores,
    "trace_calls": _trace,
    "method": _one_of(METHODS),
    "paradigm": _one_of(PARADIGMS),
    "sparse_matrix_format": _one_of(STORAGE_FORMATS),
    "sparse_matrix_storage_order": _one_of(STORAGE_ORDERS),
    "device": _device,
    "profile_out": _folder,
    "api": _one_of(("4.8", "5.0")),
    "on_nonfinite": _one_of(("warn", "raise", "ignore")),
    "compat": _compat,
    "event_time": _one_of(("reference", "exact")),
    "determinism": _determinism,
}

_DEFAULTS: dict[str, Any] = {
    "dt": 1.0,
    "seed": None,
    "method": "explicit",
    "num_threads": 1,
    "visible_cores": [],
    "paradigm": "llvm",
    "precision": "double",
    "structural_plasticity": False,
    "sparse_matrix_format": "default",
    "sparse_matrix_storage_order": "post_to_pre",
    "only_int_idx_type": True,
    "verbose": False,
    "suppress_warnings": False,
    "show_time": False,
    "trace_calls": None,
    "debug": False,
    "disable_shared_library_time_offset": True,
    "profiling": False,
    "profile_out": None,
    "disable_parallel_rng": True,
    "use_seed_seq": True,
    "use_cpp_connectors": False,
    "disable_split_matrix": True,
    "disable_SIMD_SpMV": True,
    "disable_SIMD_Eq": False,
    "disable_bitmask": True,
    "warn_legacy": False,
    "api": None,
    "on_nonfinite": "warn",
    "compat": None,
    "event_time": "reference",
    "device": None,
    "gpu_fallback": False,
    "determinism": None,
}
_CHECKS |= {key: _flag for key, value in _DEFAULTS.items() if isinstance(value, bool)}
