"""Records of synaptic values and staged loops: other places in memory, the same numbers."""

from __future__ import annotations

import numpy as np
import pytest

import nnc as ann
from nnc.compiler.codegen import packing
from nnc.compiler.codegen.layout import Layout, StateBlock
from nnc.compiler.codegen.recorder import Recorder, RecorderKind
from nnc.compiler.codegen.staging import staged
from nnc.compiler.driver import lower
from nnc.compiler.ir import loop
from nnc.compiler.ir.printer import print_module
from nnc.compiler.options import Options
from nnc.compiler.passes import DEFAULT_PIPELINE
from nnc.runtime.running.compiling import describe

RULE = dict(
    parameters="up = 0.1 : projection\ndn = 0.12 : projection",
    equations="20.0 * dx/dt = -x : event-driven\n30.0 * dy/dt = -y : event-driven",
    pre_spike="g_target += w\nx += up\nw = clip(w - y, 0.0, 2.0)",
    post_spike="y += dn\nw = clip(w + x, 0.0, 2.0)",
)
PER_STEP = RULE | dict(equations="20.0 * dx/dt = -x : exponential\n30.0 * dy/dt = -y : exponential")
FIELDS = ("w", "x", "y")


def network(target: str, precision: str = "double", threads: int = 1, rule: dict[str, str] = RULE) -> ann.Network:
    net = ann.Network(dt=1.0, seed=5)
    net.config(paradigm=target, precision=precision, num_threads=threads)
    cell = ann.Neuron(
        equations="10.0 * dv/dt = 1.3 + 0.5 * Normal(0.0, 1.0) - v + g_exc", spike="v > 1.0", reset="v = 0.0"
    )
    pop = net.create(150, cell)
    net.connect(pop, pop, "exc", ann.Synapse(**rule)).fixed_number_pre(12, weights=ann.Uniform(0.0, 0.5))
    net.compile(silent=True)
    return net


def module_of(net: ann.Network) -> object:
    return lower(describe(net), Options(pipeline=DEFAULT_PIPELINE))


def synapses(net: ann.Network) -> dict[str, bytes]:
    projection = net.get_projections()[0]
    return {name: np.concatenate([np.asarray(v) for v in getattr(projection, name)]).tobytes() for name in FIELDS}


@pytest.mark.parametrize("precision", ["double", "float"])
@pytest.mark.parametrize(("target", "threads"), [("llvm", 1), ("llvm", 3), ("openmp", 1), ("openmp", 2)])
def test_plastic_synapses_have_the_bits_of_the_interpreter(target: str, threads: int, precision: str) -> None:
    nets = [network("interp", precision), network(target, precision, threads)]
    for net in nets:
        net.simulate(60.0)
    want, got = (synapses(net) for net in nets)
    assert got == want
    assert len(set(np.frombuffer(got["w"], np.float64 if precision == "double" else np.float32))) > 100


@pytest.mark.parametrize("target", ["llvm", "openmp"])
def test_what_events_reach_by_post_neuron_is_packed(target: str) -> None:
    block = network(target).state.block
    places = {f.name: f.place for f in block.layout.fields if f.place is not None}
    assert sorted(places) == ["proj0.last_event", "proj0.w", "proj0.x", "proj0.y"]
    assert sorted(p.offset for p in places.values()) == [0, 8, 16, 24]
    assert {p.record for p in places.values()} == {32}
    starts = {name: block.fields[name].ctypes.data for name in places}
    assert sorted(a - min(starts.values()) for a in starts.values()) == [0, 8, 16, 24]
    assert min(starts.values()) % 64 == 0


def test_unequal_widths_and_what_every_step_touches_stay_apart() -> None:
    assert packing.places(module_of(network("llvm", "float"))) == {}
    assert packing.places(module_of(network("llvm", rule=PER_STEP))) == {}


def test_values_in_records_are_read_written_and_recorded() -> None:
    net = network("llvm")
    projection = net.get_projections()[0]
    monitor = net.monitor(projection.dendrite(7), ["w", "x"])
    whole = net.monitor(projection, ["y"], period=5.0)
    projection.dendrite(7).x = 0.25
    assert list(projection.dendrite(7).x) == [0.25] * 12
    assert all(v == 0.0 for v in projection.dendrite(8).x)
    net.simulate(21.0)
    rows = monitor.get()
    assert np.asarray(rows["w"])[-1].tolist() == list(projection.dendrite(7).w)
    assert np.asarray(rows["x"])[-1].tolist() == list(projection.dendrite(7).x)
    last = np.concatenate([np.asarray(v) for v in whole.get("y")[-1]])
    assert last.tobytes() == synapses(net)["y"]


def test_a_recorder_takes_elements_with_gaps_between() -> None:
    net = network("llvm")
    block = StateBlock(net.state.block.layout, net.state.block.sizes)
    block.fields["proj0.x"][:] = np.arange(len(block.fields["proj0.x"]))
    recorder = block.add_recorder(Recorder(RecorderKind.END, "proj0.x", np.array([3, 1, 40], np.int32)))
    block.prepare(0, 1)
    assert recorder.positions is not None
    assert recorder.positions.tolist() == [12, 4, 160]


def test_records_are_made_anew_and_filled_when_synapses_change() -> None:
    net = ann.Network(dt=1.0, seed=5)
    net.config(structural_plasticity=True)
    cell = ann.Neuron(equations="10.0 * dv/dt = 1.3 - v + g_exc", spike="v > 1.0", reset="v = 0.0")
    pop = net.create(20, cell)
    projection = net.connect(pop, pop, "exc", ann.Synapse(**RULE)).fixed_number_pre(4, weights=0.5)
    net.compile(silent=True)
    net.simulate(40.0)
    before = {rank: list(projection.dendrite(3).x) for rank in (3,)}
    dendrite = projection.dendrite(3)
    new = next(r for r in range(20) if r not in dendrite.pre_ranks and r != 3)
    dendrite.create_synapse(new, w=0.75)
    kept = dict(zip(projection.dendrite(3).pre_ranks, projection.dendrite(3).x, strict=True))
    assert [x for r, x in kept.items() if r != new] == before[3]
    assert projection.dendrite(3).w[list(projection.dendrite(3).pre_ranks).index(new)] == 0.75
    net.simulate(10.0)


def test_rebinding_a_field_of_records_copies() -> None:
    net = network("llvm")
    block = net.state.block
    values = np.arange(len(block.fields["proj0.y"]), dtype=np.float64)
    w = block.fields["proj0.w"].copy()
    block.rebind("proj0.y", values)
    assert block.fields["proj0.y"].tolist() == values.tolist()
    assert block.fields["proj0.w"].tolist() == w.tolist()
    assert not np.shares_memory(block.fields["proj0.y"], values)


def test_a_layout_says_what_is_packed_and_its_fingerprint_too() -> None:
    module = module_of(network("interp"))
    apart, packed = Layout.of(module), Layout.of(module, pack=True)
    assert apart.fingerprint != packed.fingerprint
    assert packing.stride(packed, "proj0.w") == 4
    assert packing.stride(apart, "proj0.w") == 1
    first, offset = packing.first_of(packed, "proj0.y")
    assert packed.fields[first].name == "proj0.last_event"
    assert offset == 24


def test_loops_that_scatter_are_cut_in_three_and_the_module_is_left_alone() -> None:
    module = module_of(network("interp"))
    before = print_module(module)
    cut = staged(module)
    assert print_module(module) == before
    stores = [op for inner in cut.find(loop.For) if inner.simd for op in inner.body.ops if isinstance(op, loop.Store)]
    assert stores
    assert not any(list(packing._loaded(store.index)) for store in stores)
    assert len(list(cut.find(loop.For))) > len(list(module.find(loop.For)))
