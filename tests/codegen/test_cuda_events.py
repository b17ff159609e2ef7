"""Arriving spikes on a GPU: taken 32 at a time by each warp, in order, and without a meeting of the block."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.ptx.counts import Counts
from support.ptx.device import InterpretedDriver

import nnc as ann
from nnc.compiler.codegen import cuda
from nnc.compiler.codegen.cuda.emit import emit_kernel
from nnc.compiler.codegen.cuda.nest import find_nest
from nnc.compiler.codegen.layout import Layout
from nnc.compiler.driver import lower
from nnc.compiler.ir import loop
from nnc.compiler.options import Options
from nnc.runtime.running.compiling import describe

BLOCKS = 33
"""More lists of spikes than a warp has threads."""


def network(target: str, rate: float, rule: str, determinism: str = "strict", **more: Any) -> ann.Network:
    """Neurons that fire at random and sum up what arrives, so that the order of sums shows."""
    net = ann.Network(dt=1.0, seed=3)
    net.config(paradigm=target, determinism=determinism, **more)
    cell = ann.Neuron(equations="g_exc = 0.9*g_exc\nu = Uniform(0.0, 1.0)", spike=f"u < {rate}", reset="")
    pop = net.create(BLOCKS * 64 - 5, cell)
    if rule == "sparse":
        net.connect(pop[:-70], pop[30:], "exc").fixed_number_post(4, weights=ann.Uniform(0.0, 1.0))
    elif rule == "learning":
        synapse = ann.Synapse(pre_spike="g_target += w\nw = 0.9*w + 0.01*post.u")
        net.connect(pop, pop, "exc", synapse).fixed_number_post(5, weights=ann.Uniform(0.0, 1.0))
    else:
        net.connect(pop[100:200], pop[50:], "exc").all_to_all(weights=ann.Uniform(0.0, 1.0))
    return net


def sums(net: ann.Network, steps: int = 2) -> Any:
    net.compile(silent=True)
    net.simulate(float(steps))
    return net.get_populations()[0].g_exc.copy()


def use(monkeypatch: pytest.MonkeyPatch, processors: int = BLOCKS, **more: Any) -> InterpretedDriver:
    driver = InterpretedDriver(processors=processors, **more)
    monkeypatch.setattr(cuda, "_device", lambda number: driver)
    return driver


@pytest.mark.parametrize(
    ("rule", "rate", "precision"), [("sparse", 0.6, "double"), ("dense", 0.4, "float"), ("learning", 0.1, "double")]
)
def test_many_lists_and_spikes_keep_the_order_of_sums(
    rule: str, rate: float, precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = use(monkeypatch, races=False)
    wanted = sums(network("llvm", rate, rule, precision=precision))
    net = network("cuda", rate, rule, precision=precision)
    assert sums(net).tobytes() == wanted.tobytes()
    assert driver.launches
    assert net.state.block.team == BLOCKS


def test_in_any_order_every_synapse_counts_once_and_nothing_else_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, races=False)
    nets = network("llvm", 0.6, "sparse"), network("cuda", 0.6, "sparse", "fast")
    wanted, got = (sums(net) for net in nets)
    assert (got != wanted).any()
    np.testing.assert_allclose(got, wanted, rtol=1e-13)
    drawn = [net.get_populations()[0].u.tobytes() for net in nets]
    assert drawn[0] == drawn[1]


@pytest.mark.parametrize("determinism", ["strict", "fast"])
def test_the_block_does_not_meet_for_a_spike(determinism: str, monkeypatch: pytest.MonkeyPatch) -> None:
    meetings = []
    for rate in (0.02, 0.1):
        counts = Counts()
        use(monkeypatch, processors=3, races=False, counts=counts)
        sums(network("cuda", rate, "sparse", determinism), steps=2)
        meetings.append(counts.meetings)
        assert counts.useful <= 32 * counts.sectors
    assert meetings[0] == meetings[1]


def nests(build: Any, *, fast: bool = False) -> list[Any]:
    """What is found in a network's program, for each outermost loop over lists."""
    net = ann.Network(dt=1.0)
    build(net)
    net.compile(silent=True)
    module = lower(describe(net), Options(target="cuda"))
    layout = Layout.of(module)
    loops = [op for op in module.walk() if isinstance(op, loop.For) and any(isinstance(o, loop.For) for o in op.walk())]
    return [found for op in loops if (found := find_nest(op, layout, fast)) is not None]


def _projection(synapse: Any, **more: Any) -> Any:
    def build(net: ann.Network) -> None:
        cell = ann.Neuron(
            parameters="tau = 5.0", equations="tau * dv/dt = -v + g_exc", spike="v > 1.0", reset="v = 0.0"
        )
        pop = net.create(70, cell)
        net.connect(pop, pop, "exc", synapse).fixed_number_pre(5, weights=0.1, **more)

    return build


def test_what_is_told_of_a_nest() -> None:
    (found,) = nests(_projection(None))
    assert (found.domain, found.atomic, found.post is not None) == ("pop0.n", False, True)
    (found,) = nests(_projection(None), fast=True)
    assert (found.atomic, found.post) == (True, None)
    each = nests(_projection(None, delays=ann.DiscreteUniform(1, 4)))
    assert len(each) == 1
    (both,) = nests(_projection(ann.Synapse(pre_spike="g_target += w\nw += 0.1")), fast=True)
    assert not both.atomic


def test_what_changes_another_element_is_done_in_order() -> None:
    net = ann.Network(dt=1.0)
    _projection(None)(net)
    net.compile(silent=True)
    module = lower(describe(net), Options(target="cuda"))
    layout = Layout.of(module)
    (lists,) = [op for op in module.find(loop.For) if find_nest(op, layout, fast=True) is not None]
    found = find_nest(lists, layout, fast=True)
    assert found is not None
    (store,) = lists.find(loop.Store)
    found.row.body.append(store.clone({store.index: found.spikes.body.args[0]}))
    assert find_nest(lists, layout, fast=True) is None


def test_the_text_has_no_meeting_between_rows() -> None:
    net = ann.Network(dt=1.0)
    _projection(None)(net)
    net.compile(silent=True)
    text = emit_kernel(lower(describe(net), Options(target="cuda")))
    rows = text[text.index("bisect") : text.rindex("match.any")]
    assert "barrier0" not in rows
