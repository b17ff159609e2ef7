"""`docs/api.md`, the names that scripts import: `pytest --update-golden tests/project` writes it anew."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import nnc

if TYPE_CHECKING:
    import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"

MODELS = (
    "LeakyIntegrator Izhikevich IF_curr_exp IF_cond_exp IF_curr_alpha IF_cond_alpha EIF_cond_exp_isfa_ista "
    "EIF_cond_alpha_isfa_ista HH_cond_exp Hebb Oja IBCM STP STDP"
)
BOTH = f"""
Network Population Projection Monitor Dendrite Neuron Synapse Constant MonitorList InputArray TimedArray
PoissonPopulation TimedPoissonPopulation SpikeSourceArray HomogeneousCorrelatedSpikeTrains CurrentInjection
DecodingProjection Rate2SpikePopulation Spike2RatePopulation LILConnectivity Uniform DiscreteUniform Normal LogNormal
Exponential Gamma Binomial {MODELS} setup compile clear simulate simulate_until step reset get_time set_time
get_current_step set_current_step dt set_seed enable_learning disable_learning get_population get_projection populations
projections monitors add_function functions every callbacks_enabled enable_callbacks disable_callbacks
clear_all_callbacks save load save_parameters load_parameters load_parameter report sparse_random_matrix
sparse_delays_from_weights Messages os sys atexit core extensions generator inputs intern models parser cython_ext bold
convolution hybrid
"""
ONLY_4_8 = """
CSR DefaultRateCodedSynapse DefaultSpikingSynapse parallel_run raster_plot histogram inter_spike_interval
coefficient_of_variation population_rate smoothed_rate mean_fr list_standard_neurons list_standard_synapses
get_global_config check_profile_results Global NetworkManager GlobalObjectManager Profiler HybridPopulation np time ceil
operator Any OMP_MIN_NB_NEURONS
"""
ONLY_5_0 = "Parameter Variable Creating Pruning GIF_curr GIF_curr_exp magic_network timeit float32 float64 types image"
"""The names of ANNarchy's star imports, by generation."""

HEAD = """# Names

What `from nnc import *` brings, and names that are there as `nnc.NAME` only; written by
`pytest --update-golden tests/project`. 4.8 and 5.0: the star import of that generation of ANNarchy has the name.
`there`: it does what scripts rely on; where nnc differs on purpose, its documentation says so. Modules that scripts
import from (`nnc.core.Global`, `nnc.intern.Messages`, ...) are there too; with `nnc.compat.install()` scripts run that
import `ANNarchy`.

"""


def kind(value: Any) -> str:
    if isinstance(value, ModuleType):
        return "module"
    if inspect.isclass(value):
        return "exception" if issubclass(value, BaseException) else "class"
    return "function" if callable(value) else "value"


def said(name: str, value: Any) -> str:
    """The first sentence of its documentation, if that is ours."""
    ours = getattr(value, "__module__", getattr(value, "__name__", ""))
    text = inspect.getdoc(value) if str(ours).startswith("nnc") else ""
    if not isinstance(value, ModuleType) and not callable(value):
        text = ""
    first = re.split(r"\n\n|(?<=[.]) (?=[A-Z`])", text or "")[0].replace("\n", " ").replace("|", "/")
    if first:
        return first
    if isinstance(value, ModuleType):
        return f"the module `{value.__name__}`"
    return f"`{value.__module__}.{name}`" if callable(value) else f"`{value!r}`"


PAGES = {
    "nnc.extensions.ann_to_snn_conversion": "ann_to_snn",
    "nnc.extensions.bold": "bold",
    "nnc.extensions.image": "images",
    "nnc.extensions.tensorboard": "tensorboard",
    "nnc.runtime.models": "standard_models",
    "nnc.runtime.parallel": "sweeps",
    "nnc.runtime.plot": "plots",
    "nnc.runtime.random": "language",
    "nnc.runtime.equations.neuron": "language",
    "nnc.runtime.equations.synapse": "language",
    "nnc.runtime.measuring.profiling": "scripts",
    "nnc.runtime.reporting": "reports",
    "nnc.runtime.networks.managers": "scripts",
    "nnc.runtime.networks.magic.setup": "scripts",
    "nnc.runtime.equations.values.Creating": "structural",
    "nnc.runtime.equations.values.Pruning": "structural",
    "nnc.runtime.equations.values": "language",
    "nnc.core": "scripts",
    "nnc.compat": "scripts",
    "nnc.intern": "scripts",
}
"""The pages about what is defined in a module; of others `help(nnc.NAME)` tells everything."""


def page(value: Any) -> str:
    name = value.__name__ if isinstance(value, ModuleType) else f"{value.__module__}.{value.__qualname__}"
    found = next((page for prefix, page in PAGES.items() if (name + ".").startswith(prefix + ".")), "")
    return f"[{found}]({found}.md)" if found else "`help`" if name.startswith("nnc") else ""


def line(name: str, old: bool, new: bool) -> str:
    value = getattr(nnc, name)
    marks = ["yes" if mark else "" for mark in (old, new)]
    where = page(value) if kind(value) != "value" else ""
    return f"| `{name}` | {kind(value)} | {marks[0]} | {marks[1]} | there | {said(name, value)} | {where} |"


def document() -> str:
    old, new = {*BOTH.split(), *ONLY_4_8.split()}, {*BOTH.split(), *ONLY_5_0.split()}
    aside = {*nnc._EXTRA_PLACES, *nnc._ASIDE} - {"_optimization_flags"}
    names = sorted({*nnc.__all__, *old, *new, *aside}, key=str.lower)
    table = ["| name | kind | 4.8 | 5.0 | status | what it is | documented |", "|---|---|---|---|---|---|---|"]
    star = [line(name, name in old, name in new) for name in names if name not in aside or name in old | new]
    rest = [line(name, False, False) for name in names if name in aside and name not in old | new]
    second = ["", "## Names that a star import leaves out", "", *table]
    return HEAD + "\n".join([*table, *star, *second, *rest]) + "\n"


def test_the_star_import_has_the_names_of_both_generations() -> None:
    wanted = {*BOTH.split(), *ONLY_4_8.split(), *ONLY_5_0.split()}
    missing = wanted - set(nnc.__all__)
    assert not missing


def test_the_table_of_names_is_up_to_date(request: pytest.FixtureRequest) -> None:
    path, text = DOCS / "api.md", document()
    if request.config.getoption("--update-golden"):
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, "run pytest --update-golden tests/project and read the difference"


def test_the_pages_are_there() -> None:
    assert all((DOCS / f"{found}.md").is_file() for found in PAGES.values())
