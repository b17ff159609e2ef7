"""Many populations alike: the same bits as one kernel each, and all that looks at a network still sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import nnc as ann
from nnc.compiler import passes
from nnc.compiler.codegen.target import get_target

if TYPE_CHECKING:
    from pathlib import Path

COUNT = 5
TARGETS = [name for name in ("llvm", "openmp", "interp") if get_target(name).available() is None]


def spiking(precision: str, target: str, threads: int = 1) -> ann.Network:
    """Neurons with noise and a variable of the whole population; plastic and static synapses to the first one."""
    net = ann.Network(dt=0.5, seed=7)
    net.config(precision=precision, num_threads=threads, **paradigm(target))
    cell = ann.Neuron(
        parameters="tau = 10.0 : population\ntheta = 1.0",
        equations="slow += 0.1 * (mean(v) - slow) : population\n"
        "tau * dv/dt = -v + 0.9 + slow + g_exc - g_inh + Normal(0.0, 1.0)",
        spike="v > theta",
        reset="v = 0.0",
        refractory=1.0,
    )
    learning = ann.Synapse(
        equations="5.0 * da/dt = -a : event-driven\n5.0 * db/dt = -b : event-driven",
        pre_spike="g_target += w\na += 0.1\nw = clip(w - b, 0.0, 0.5)",
        post_spike="b += 0.1\nw = clip(w + a, 0.0, 0.5)",
    )
    pops = [net.create(3 + 2 * (i % 3), cell, name=f"column{i}") for i in range(COUNT)]
    for i, pop in enumerate(pops):
        pop.v = ann.Uniform(0.0, 1.0)
        pop.tau = 8.0 + i
        pop.theta = ann.Uniform(0.8, 1.0)
        net.connect(pop, pops[0], "exc", learning, name=f"learning{i}").fixed_number_pre(
            2, weights=ann.Uniform(0.0, 0.3)
        )
        net.connect(pop, pops[0], "inh").fixed_number_pre(2, weights=ann.Uniform(0.0, 0.2), delays=0.5 * (1 + i % 3))
        net.connect(pop, pops[(i + 1) % COUNT], "exc").all_to_all(ann.Uniform(0.0, 0.3))
    return net


def rated(precision: str, target: str, threads: int = 1) -> ann.Network:
    """Rates in a ring with delays, a rule of learning, and sums from several populations in turn."""
    net = ann.Network(dt=1.0, seed=3)
    net.config(precision=precision, num_threads=threads, **paradigm(target))
    cell = ann.Neuron(
        parameters="tau = 10.0", equations="tau * dr/dt = tanh(sum(exc) - sum(inh)) + 0.1 - r + 0.1 * Uniform(0.0, 1.0)"
    )
    hebb = ann.Synapse(
        parameters="eta = 0.01 : projection", equations="dw/dt = eta * pre.r * post.r : min=0.0, max=1.0"
    )
    pops = [net.create(4 + i % 3, cell, name=f"layer{i}") for i in range(COUNT)]
    for i, pop in enumerate(pops):
        pop.r = ann.Uniform(0.0, 1.0)
        pop.tau = ann.Uniform(5.0, 15.0)
        net.connect(pop, pops[0], "exc").all_to_all(ann.Uniform(0.0, 1.0))
        net.connect(pop, pops[0], "inh").fixed_number_pre(2, weights=ann.Uniform(0.0, 1.0))
        net.connect(pop, pops[(i + 1) % COUNT], "exc", hebb).all_to_all(ann.Uniform(0.0, 0.5), delays=float(1 + i % 2))
    return net


def paradigm(target: str) -> dict[str, Any]:
    return {"paradigm": target}


BUILD = {"spiking": spiking, "rated": rated}


def results(net: ann.Network, merge: bool, monkeypatch: pytest.MonkeyPatch) -> dict[str, np.ndarray]:
    """All variables, weights and recordings after two runs, the second one after a checkpoint of the first."""
    pipeline = passes.DEFAULT_PIPELINE if merge else passes.DEFAULT_PIPELINE.replace("merge-alike,", "")
    name = "v" if "v" in net.get_populations()[0].attributes else "r"
    recorded = [name, "spike"] if name == "v" else [name]
    monitors = [net.monitor(pop, recorded) for pop in net.get_populations()]
    with monkeypatch.context() as patch:
        patch.setattr(passes, "DEFAULT_PIPELINE", pipeline)
        net.compile(silent=True, clean=not merge)
    net.simulate(15.0)
    net.simulate(10.0)
    found = {f"{p.name}.{a}": np.asarray(getattr(p, a)) for p in net.get_populations() for a in p.attributes}
    for number, projection in enumerate(net.get_projections()):
        found |= {f"{number}.{a}": np.concatenate([np.ravel(x) for x in getattr(projection, a)]) for a in ("w",)}
    for number, monitor in enumerate(monitors):
        found[f"monitor{number}"] = monitor.get(name)
        if name == "v":
            times, ranks = monitor.raster_plot(monitor.get("spike"))
            found |= {f"times{number}": np.asarray(times), f"ranks{number}": np.asarray(ranks)}
    return found


@pytest.mark.parametrize("kind", BUILD)
@pytest.mark.parametrize("precision", ["double", "float"])
def test_bits_are_those_of_a_kernel_each(kind: str, precision: str, monkeypatch: pytest.MonkeyPatch) -> None:
    reference = results(BUILD[kind](precision, "llvm"), False, monkeypatch)
    assert kind != "spiking" or sum(len(reference[f"times{i}"]) for i in range(COUNT)) > 30
    for target in TARGETS:
        for threads in (1,) if target == "interp" else (1, 2, 7):
            found = results(BUILD[kind](precision, target, threads), True, monkeypatch)
            for name, array in reference.items():
                assert array.tobytes() == found[name].tobytes(), f"{name}, {target}, {threads} threads"


def test_profile_and_explanation_name_the_first_and_the_last() -> None:
    net = spiking("double", "llvm")
    net.compile(silent=True)
    assert "column0..column4: neurons: one loop for 5 that are alike" in net.explain()
    assert "lie side by side" in net.explain(), "or records are not tried here"
    names = {kernel.name for kernel in net.profile(5.0).kernels}
    assert "column0..column4: neurons" in names
    assert "learning0..learning4: arriving spikes" in names


def test_code_does_not_grow_with_the_number_of_populations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []
    for count in (6, 12):
        monkeypatch.setitem(globals(), "COUNT", count)
        monkeypatch.setenv("NNC_CACHE_DIR", str(tmp_path / str(count)))
        rated("double", "llvm").compile(silent=True)
        sizes.append(sum(path.stat().st_size for path in (tmp_path / str(count)).rglob("*.o")))
    assert sizes[1] < 1.2 * sizes[0]
