"""The code of one worker does what the team did."""

from __future__ import annotations

import pytest

from nnc.compiler.ir import loop
from nnc.compiler.ir.interp import run_loop
from nnc.compiler.passes.hoist import Hoist
from nnc.compiler.passes.map_threads import MapThreads
from nnc.compiler.passes.place_barriers import PlaceBarriers

from .network_texts import coba, plastic, rate
from .networks import after_steps, assert_same

NETWORKS = {"coba": coba(), "plastic": plastic("csr_pre"), "rate": rate()}


@pytest.mark.parametrize("name", NETWORKS)
def test_no_phase_is_left_and_bits_are_kept(name: str) -> None:
    network, steps = NETWORKS[name], 4
    module = network.lowered(Hoist(), PlaceBarriers(), MapThreads())
    assert not [op for op in module.walk() if isinstance(op, (loop.Team, loop.Once))]
    state = after_steps(network, steps)
    for team in (1, 2):
        block = network.block(module, team)
        assert run_loop(module, block, 0, steps).t == steps
        assert_same(network, state, block, steps)


def test_bounds_are_computed_once_per_run() -> None:
    module = coba().lowered(Hoist(), PlaceBarriers(), MapThreads())
    (time,) = module.find(loop.TimeLoop)
    inside = [op for op in time.find(loop.Bound) if op.parent_op is time]
    assert not inside
    assert not list(time.find(loop.Id))
