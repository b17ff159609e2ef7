"""What ops read and write."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnc.compiler.ir import REGISTRY, loop, model, step
from nnc.compiler.ir.define import PURE
from nnc.compiler.ir.effects import TARGET, Effects, effects, effects_of, summaries
from nnc.compiler.ir.parser import parse_module

TEXTS = Path(__file__).parent.parent / "texts"


def module_of(level: str) -> model.Module:
    return parse_module((TEXTS / f"ops_{level}.ir").read_text(encoding="utf-8"))


def of_map(name: str) -> Effects:
    return next(effects(m) for m in module_of("step").find(step.Map) if m.sym == name)


def names(places: frozenset[object]) -> set[str]:
    return {p for p in places if isinstance(p, str)}


def test_a_map_has_the_effects_of_what_is_in_it() -> None:
    on_pre = of_map("proj0.on_pre")
    assert on_pre.reads == {"proj0.w", "pop0.g_exc", "proj0.transmission"}
    assert on_pre.writes == on_pre.accumulates == {"pop0.g_exc"}
    update = of_map("pop0.update")
    assert (update.reads, update.writes) == ({"pop0.v"}, {"pop0.v", "pop0.spikes"})


def test_spikes_of_earlier_steps_do_not_conflict_with_those_of_this_step() -> None:
    assert not of_map("proj0.on_pre").conflicts(of_map("pop0.update"))
    assert of_map("proj0.on_post").conflicts(of_map("pop0.update")) == {"pop0.spikes", "pop0.v"}


def test_accumulating_conflicts_with_reading_writing_and_accumulating() -> None:
    psp, on_pre, update = of_map("proj1.psp"), of_map("proj0.on_pre"), of_map("pop0.update")
    assert psp.conflicts(on_pre) == on_pre.conflicts(psp) == {"pop0.g_exc"}
    assert psp.conflicts(update) == update.conflicts(psp) == {"pop0.v"}


def test_reading_twice_is_no_conflict() -> None:
    assert not of_map("pop0.reduce").conflicts(of_map("proj0.on_post"))


def test_pushing_reads_the_source_and_writes_the_ring() -> None:
    found = effects(next(module_of("step").find(step.Push)))
    assert (found.reads, found.writes) == ({"pop0.v"}, {"pop0.v.past"})


def test_recording_reads_its_fields_and_must_stay() -> None:
    end = [effects(r) for r in module_of("step").find(step.Record)][-1]
    assert end.reads == {"pop0.v", "pop0.spikes"}
    assert end.fixed


def test_a_loop_has_the_effects_of_its_body_but_not_of_what_ends_it() -> None:
    module = module_of("loop")
    reduction = effects(next(module.find(loop.Reduce)))
    assert reduction == Effects(reads=frozenset({"pop0.v"}))
    assert reduction.removable
    condition = effects(next(module.find(loop.If)))
    assert (condition.reads, condition.writes, condition.fixed) == (set(), {"pop0.v"}, False)


def test_compaction_writes_the_list_the_counts_and_the_end_of_the_mask() -> None:
    op = next(module_of("loop").find(loop.Compact))
    found = effects(op)
    assert names(found.writes) == {"pop0.spikes", "pop0.spikes.count"}
    assert op.mask in found.writes
    assert op.mask in found.reads
    assert "pop0.spikes.count" in found.reads


def test_scratch_buffers_are_places_of_their_own() -> None:
    module = parse_module(
        """module @m {
  loop.func @run(%t0: i64, %t1: i64) {
    %a = mem.alloca 1 : buf<i64>
    %b = mem.alloca 1 : buf<i64>
    mem.store %t0, %a[%t0]
    mem.store %t0, %b[%t0]
  }
}
"""
    )
    first, second = (effects(s) for s in module.find(loop.Store))
    assert not first.conflicts(second)
    assert first.conflicts(first)


def test_a_spike_may_change_any_attribute_of_a_neuron_but_none_of_the_synapse() -> None:
    module = module_of("model")
    transmit = effects(next(module.find(model.Transmit)))
    gets = {(g.attr, g.side): effects(g) for g in module.find(model.Get)}
    assert TARGET in transmit.conflicts(gets["r", "pre"])
    assert not transmit.conflicts(gets["w", "self"])


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_pure_ops_have_no_effect(name: str) -> None:
    level = REGISTRY[name].spec.level
    op = next(module_of(level).find(REGISTRY[name]), None) if REGISTRY[name].spec.has(PURE) else None
    if op is not None:
        assert effects(op) == Effects()


def test_the_effects_of_all_ops_with_regions_are_found_in_one_walk() -> None:
    module = module_of("loop")
    found = summaries(module)
    assert set(found) == {op for op in module.walk() if op.regions}
    assert all(found[op] == effects(op) for op in found)


def test_effects_of_several_ops_are_joined() -> None:
    module = module_of("step")
    assert effects_of(module.find(step.Map)).writes >= {"pop0.v", "pop0.g_exc", "pop0.spikes", "proj0.w", "proj0.x"}
