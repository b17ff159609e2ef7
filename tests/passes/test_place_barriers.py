"""Workers that switch at every access to memory compute what they compute one after the other."""

from __future__ import annotations

import itertools
import random

import pytest

from nnc.compiler.ir import loop
from nnc.compiler.ir.interp import Schedule, run_loop
from nnc.compiler.passes.map_threads import MapThreads
from nnc.compiler.passes.place_barriers import PlaceBarriers, stab

from .network_texts import coba, plastic, rate, small
from .networks import Network, after_steps, assert_same

NETWORKS = {
    "coba": small(coba(n=200)),
    "coba each": small(coba("each", n=140)),
    "plastic csr_pre": plastic("csr_pre"),
    "plastic dense_pre": plastic("dense_pre"),
    "rate": rate(),
}


def unconditional(network: Network) -> int:
    module = network.lowered(PlaceBarriers())
    (time,) = module.find(loop.TimeLoop)
    return sum(isinstance(op, loop.Barrier) for op in time.body.ops)


@pytest.mark.parametrize("name", NETWORKS)
def test_interleaved_workers_give_the_same_bits(name: str) -> None:
    network, steps = NETWORKS[name], 3
    state = after_steps(network, steps)
    module = network.lowered(PlaceBarriers(), MapThreads())
    for seed, team in enumerate((2, 3)):
        block = network.block(module, team)
        assert run_loop(module, block, 0, steps, Schedule(interleave=True, seed=seed)).t == steps
        assert_same(network, state, block, steps)


@pytest.mark.parametrize("name", ["coba", "plastic csr_pre", "rate"])
def test_without_its_barriers_a_network_goes_wrong(name: str) -> None:
    """Shows that the test above would notice a barrier that is missing."""
    network, steps = NETWORKS[name], 3
    state = after_steps(network, steps)
    module = network.lowered(MapThreads())
    wrong = 0
    for seed in range(3):
        block = network.block(module, 3)
        run_loop(module, block, 0, steps, Schedule(interleave=True, seed=seed))
        try:
            assert_same(network, state, block, steps)
        except AssertionError:
            wrong += 1
    assert wrong


def test_coba_needs_one_barrier_per_step() -> None:
    assert unconditional(coba()) == 1
    assert unconditional(coba("uniform")) == 1
    assert unconditional(coba("each")) == 1


def test_a_stop_is_seen_by_all_at_the_end_of_its_step() -> None:
    text = """
module @net dt = 1.0 {
  step.neurons @pop0
  step.field @pop0.x : f64 state
  step.map @pop0.global over once in @pop0 phase 4 {
    %x = step.read @pop0.x : f64
    %c = const 1.0 : f64
    %x1 = arith.add %x, %c : f64
    step.write @pop0.x, %x1
    %three = const 3.0 : f64
    %stop = arith.cmp ge %x1, %three : bool
    step.stop if %stop
  }
}
"""
    network = Network(text, {"pop0": 200}, values={"pop0.x": 0.0})
    module = network.lowered(PlaceBarriers(), MapThreads())
    assert len(list(module.find(loop.Barrier))) == 1
    block = network.block(module, 3)
    outcome = run_loop(module, block, 0, 10, Schedule(interleave=True, seed=1))
    assert (outcome.t, outcome.status) == (3, 2)


def test_records_stand_between_barriers_under_a_condition_and_no_two_barriers_meet() -> None:
    module = coba().lowered(PlaceBarriers())
    for record in module.find(loop.Record):
        around = record.parent
        assert around is not None
        assert isinstance(record.parent_op, loop.If)
        outside = record.parent_op.parent
        assert outside is not None
        index = outside.ops.index(record.parent_op)
        met = isinstance(outside.ops[index - 1], loop.Barrier)
        first = [] if met else [loop.Barrier]
        assert [type(op) for op in around.ops] == [*first, loop.Record, loop.Barrier]


def brute_force(arcs: list[range], count: int) -> int:
    """Size of the smallest set of places that hits all arcs."""
    for size in range(count + 1):
        for chosen in itertools.combinations(range(count), size):
            if all(any(place % count in chosen for place in arc) for arc in arcs):
                return size
    raise AssertionError("no set hits all arcs")


def test_stabbing_is_sound_and_minimal() -> None:
    rng = random.Random(5)
    for _ in range(400):
        count = rng.randint(1, 8)
        arcs = []
        for _ in range(rng.randint(0, 7)):
            start = rng.randrange(count)
            arcs.append(range(start, start + rng.randint(1, count + 2)))
        places = stab(arcs, count)
        assert all(any(place % count in places for place in arc) for arc in arcs), (arcs, places)
        assert len(places) == brute_force(arcs, count), (arcs, places)
