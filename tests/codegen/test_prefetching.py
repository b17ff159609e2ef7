"""Rows of synapses that are fetched ahead: which they are, and that nothing else changes."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import nnc as ann
from nnc.compiler.codegen.interp import InterpTarget
from nnc.compiler.codegen.prefetching import fetch_ahead
from nnc.compiler.codegen.staging import staged
from nnc.compiler.driver import lower
from nnc.compiler.ir import interp_loop, loop
from nnc.compiler.ir.batch import fields_of
from nnc.compiler.ir.parser import parse_module
from nnc.compiler.ir.printer import print_module
from nnc.compiler.options import Options
from nnc.compiler.passes import DEFAULT_PIPELINE
from nnc.runtime.running.compiling import describe

if TYPE_CHECKING:
    from nnc.compiler.ir.core import Op

RULE = dict(
    parameters="up = 0.1 : projection",
    equations="20.0 * dx/dt = -x : event-driven",
    pre_spike="g_target += w\nx += up",
    post_spike="w = clip(w + x, 0.0, 2.0)",
)


def network(target: str = "interp", threads: int = 1, drive: float = 1.2) -> ann.Network:
    net = ann.Network(dt=1.0, seed=3)
    net.config(paradigm=target, num_threads=threads)
    equations = f"10.0 * dv/dt = {drive} + 4.0 * Normal(0.0, 1.0) - v + g_exc"
    cell = ann.Neuron(equations=equations, spike="v > 1.0", reset="v = 0.0")
    pop = net.create(80, cell)
    net.connect(pop, pop, "exc", ann.Synapse(**RULE)).fixed_number_post(7, weights=ann.Uniform(0.0, 0.1))
    net.connect(pop[:40], pop, "exc").fixed_probability(0.1, weights=0.1, delays=2.0)
    net.connect(pop[40:], pop, "exc").fixed_number_pre(3, weights=0.1, delays=ann.DiscreteUniform(1, 3))
    net.compile(silent=True)
    return net


def module_of(net: ann.Network) -> Op:
    return lower(describe(net), Options(pipeline=DEFAULT_PIPELINE))


def fields(net: ann.Network) -> dict[str, bytes]:
    return {name: np.ascontiguousarray(array).tobytes() for name, array in net.state.block.fields.items()}


@pytest.fixture
def ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the interpreter run what the targets get; nothing comes from a cache."""
    emit = InterpTarget.emit
    monkeypatch.setattr(InterpTarget, "emit", lambda self, module: emit(self, fetch_ahead(staged(module))))
    monkeypatch.setenv("NNC_CACHE_DIR", "off")


def test_all_that_synapses_have_is_fetched_by_lines() -> None:
    module = fetch_ahead(staged(module_of(network())))
    found: dict[str, int] = {}
    for op in module.find(loop.Prefetch):
        (around,) = (outer for outer in [op.parent_op] if isinstance(outer, loop.For))
        found[str(op.buffer.op.field)] = around.step
    names = {"proj0.post", "proj0.back", "proj1.post", "proj2.post", "proj2.delays"}
    assert names <= set(found)
    assert (found["proj0.back"], found["proj1.post"], found["proj2.delays"]) == (16, 32, 16)
    records = [name for name in found if name in ("proj0.w", "proj0.x", "proj0.last_event")]
    assert len(records) == 1, "values side by side lie in the same lines"
    assert found[records[0]] == 64 // 24


def test_rows_of_alike_projections_are_fetched_in_their_one_loop() -> None:
    net = ann.Network(dt=1.0, seed=3)
    cell = ann.Neuron(equations="v += 0.1 + g_exc", spike="v > 1.0", reset="v = 0.0")
    pops = [net.create(20, cell) for _ in range(4)]
    for pre, post in zip(pops, [*pops[1:], pops[0]], strict=True):
        net.connect(pre, post, "exc").fixed_probability(0.5, weights=ann.Uniform(0.0, 0.1))
    net.compile(silent=True)
    found = [fields_of(op.buffer) for op in fetch_ahead(staged(module_of(net))).find(loop.Prefetch)]
    assert sorted(found) == [tuple(f"proj{i}.{name}" for i in range(4)) for name in ("post", "w")]


def test_the_text_parses_back_and_the_module_is_left_alone() -> None:
    module = module_of(network())
    before = print_module(module)
    text = print_module(fetch_ahead(staged(module)))
    assert print_module(module) == before
    assert "mem.prefetch" in text
    assert print_module(parse_module(text)) == text


def test_dense_rows_are_left_to_the_processor() -> None:
    net = ann.Network(dt=1.0)
    pop = net.create(20, ann.Neuron(equations="v += g_exc + 0.1", spike="v > 1.0", reset="v = 0.0"))
    net.connect(pop, pop, "exc").all_to_all(weights=ann.Uniform(0.0, 0.1))
    net.compile(silent=True)
    assert not list(fetch_ahead(module_of(net)).find(loop.Prefetch))


def test_each_row_is_fetched_while_the_one_before_is_done(ahead: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The start of a row of `proj1` is asked for before the row before is read."""
    log: list[tuple[type[Op], int]] = []
    simple = dict(interp_loop._SIMPLE)

    def note(kind: type[Op]) -> None:
        def noted(worker: Any, op: Any, env: Any) -> None:
            if getattr(op.buffer.op, "field", None) == "proj1.post":
                log.extend((kind, i) for i in np.atleast_1d(env[op.index]).tolist())
            simple[kind](worker, op, env)

        monkeypatch.setitem(interp_loop._SIMPLE, kind, noted)

    note(loop.Prefetch)
    note(loop.Load)
    net = network()
    pairs = 0
    for _ in range(8):
        log.clear()
        net.simulate(1.0)
        rows = set(net.state.block.fields["proj1.row"][:40].tolist())
        starts = [i for kind, i in log if kind is loop.Load and i in rows]
        for before, after in pairwise(starts):
            assert log.index((loop.Prefetch, after)) < log.index((loop.Load, before))
            pairs += 1
    assert pairs > 5


@pytest.mark.parametrize(("drive", "fired"), [(1.2, 3), (200.0, 80)])
def test_the_interpreter_finds_the_same_and_stays_inside(ahead: None, drive: float, fired: int, request: Any) -> None:
    """Where all neurons fire, lists are full to their ends."""
    net = network(drive=drive)
    assert any(isinstance(op, loop.Prefetch) for op in net.state.program.module.walk())
    net.simulate(5.0)
    request.getfixturevalue("monkeypatch").undo()
    plain = network(drive=drive)
    plain.simulate(5.0)
    assert fields(net) == fields(plain)
    assert net.state.block.fields["pop0.spikes.count"].max() >= fired


@pytest.mark.parametrize(("target", "threads"), [("llvm", 1), ("llvm", 3), ("openmp", 2)])
def test_targets_have_the_same_bits(target: str, threads: int) -> None:
    nets = [network(), network(target, threads)]
    for net in nets:
        net.simulate(15.0)
    for name in ("pop0.v", "proj0.w"):
        want, got = (np.sort(np.asarray(net.state.block.fields[name])) for net in nets)
        assert got.tobytes() == want.tobytes()
