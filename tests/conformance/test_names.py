"""Attributes may be called anything that the language does not reserve, also what nnc calls things of its own."""

from __future__ import annotations

import numpy as np
import pytest
from support.bench import Bench, given

NAMES = [
    *("hold", "spikes", "axon", "enabled", "ring", "n", "n64", "nnz", "delays", "row", "back", "last_event", "draw0"),
    *("fixed0", "sum_exc", "max_v", "past", "map", "rate", "window", "own", "const", "count", "gate", "stop", "team"),
    *(
        "int32_t",
        "double",
        "static",
        "return_",
        "main",
        "block",
        "pop0",
        "exp2_",
        "E",
        "S",
        "N",
        "_v",
        "None_",
        "lambda_",
    ),
]


@pytest.mark.parametrize("target", ["llvm", "openmp"])
def test_names_that_nnc_uses_itself(target: str) -> None:
    bench = Bench(target)
    free = "\n".join(f"{name} += {i + 1}" for i, name in enumerate(NAMES))
    pre = bench.spiking(
        f"{free}\nv += g_exc + mean(sum_exc)\nx = 0*Uniform(0, 1)", spike="v > 1", reset="v = 0", refractory=1.0
    )
    pre.compute_firing_rate(5.0)
    traces = "10*dx/dt = -x : event-driven\n10*dm/dt = -m : exponential"
    changes = "; ".join(f"{name} += 1" for name in NAMES)
    bench.link(bench.source(1), pre)
    proj = bench.link(pre, pre, delay=3.0, equations=traces, pre_spike=f"g_target += 0; x += 1; {changes}")
    for name in ("hold", "sum_exc", "spikes"):
        bench.watch(name, pre)
    bench.watch("spike", pre)
    for name in ("row", "delays"):
        bench.watch(name, proj)
    rows = bench.run(3)
    pre.disable()
    proj.transmission = False
    bench.net.step()
    assert rows["spike"] == [1], "so it is refractory in step 2"
    assert {name: pre.get(name)[0] for name in NAMES} == {name: 2 * (i + 1) for i, name in enumerate(NAMES)}
    assert rows["hold"].tolist() == [1, 2, 2]
    assert rows["row"].tolist() == [0, 0, 0]


@pytest.mark.parametrize("target", ["llvm", "interp"])
def test_sums_and_reductions_under_names_like_their_own(target: str) -> None:
    bench = Bench(target)
    pre = bench.rate("r = t + 1")
    post = bench.rate(
        "mean_r = 2*mean(r)\nsum_exc = 3*sum(exc)\nmax_r = max_r : population, init = -7\nr = sum_exc + mean_r"
    )
    proj = bench.link(pre, post, equations="x = post.mean_r + post.sum(exc)")
    for name in ("r", "mean_r", "sum_exc", "sum(exc)", "max_r"):
        bench.watch(name, post)
    bench.watch("x", proj)
    rows = bench.run(4)
    assert rows["r"].tolist() == [0, 3, 12, 33]
    assert rows["mean_r"].tolist() == [0, 0, 6, 24]
    assert rows["sum_exc"].tolist() == [0, 3, 6, 9]
    assert rows["sum(exc)"].tolist() == [0, 1, 2, 3]
    assert rows["max_r"].tolist() == [-7] * 4
    assert rows["x"].tolist() == [0, 1, 8, 27]


def test_a_variable_called_like_the_stamp_of_events_is_another_thing() -> None:
    bench = Bench()
    cell = bench.spiking("v = g_exc")
    trace = {"equations": "dx/dt = -x : event-driven\nlast_event = 5", "pre_spike": "g_target += x; x += 1"}
    proj = bench.link(bench.source(2, 3), cell, delay=2.0, **trace)
    bench.watch("v", cell)
    bench.watch("last_event", proj)
    rows = bench.run(6)
    assert rows["v"] == given([0, 0, 0, 0, 0, 1])
    assert np.unique(rows["last_event"]).tolist() == [5]
