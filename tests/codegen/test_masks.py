"""Masks of loops on doubles are stored in two steps on the C target."""

from __future__ import annotations

import pytest

import nnc as ann
from nnc.compiler.codegen.openmp.masks import widen_masks
from nnc.compiler.driver import lower
from nnc.compiler.ir import loop
from nnc.compiler.ir.types import DType
from nnc.compiler.options import Options
from nnc.compiler.passes import DEFAULT_PIPELINE
from nnc.runtime.running.compiling import describe


def network(target: str, precision: str) -> ann.Network:
    net = ann.Network(dt=1.0, seed=2)
    net.config(paradigm=target, precision=precision)
    cell = ann.Neuron(
        equations="10.0 * dv/dt = 1.3 + Normal(0.0, 1.0) - v", spike="v > 1.0", reset="v = 0.0", refractory=2.0
    )
    net.create(1100, cell)
    net.compile(silent=True)
    return net


def mask_stores(module: object) -> list[loop.Store]:
    stores = [op for op in module.find(loop.Store) if op.value.type.dtype is DType.bool]
    return [op for op in stores if isinstance(op.buffer.op, loop.Alloca)]


@pytest.mark.parametrize(("precision", "wide"), [("double", True), ("float", False)])
def test_a_mask_is_made_of_four_bytes_where_doubles_are_computed(precision: str, wide: bool) -> None:
    net = network("interp", precision)
    module = lower(describe(net), Options(pipeline=DEFAULT_PIPELINE))
    assert len(mask_stores(module)) == 1
    widen_masks(module)
    (store,) = mask_stores(module)
    computes = any(result.type.dtype.is_float for op in store.parent.ops for result in op.results)
    assert computes == (not wide)
    scratch = [op for op in module.find(loop.Alloca) if op.result.type.dtype is DType.i32]
    assert len(scratch) == wide


@pytest.mark.parametrize("precision", ["double", "float"])
def test_the_same_neurons_fire(precision: str) -> None:
    nets = [network(target, precision) for target in ("openmp", "llvm")]
    fired = []
    for net in nets:
        monitor = net.monitor(net.get_populations()[0], "spike")
        net.simulate(50.0)
        fired.append(monitor.get("spike"))
    assert fired[0] == fired[1]
    assert sum(map(len, fired[0].values())) > 1000
