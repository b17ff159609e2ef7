"""Neuron maps written into the loop that completes the sums they read give the bits of the step level."""

from __future__ import annotations

from typing import Any

import pytest
from support.stencils import Net

from nnc.compiler.ir import loop
from nnc.compiler.ir.parser import parse_module

BANK = {"pre": (3, 13), "post": (3, 13, 8), "taps": (3, 5), "axis": (0, 1), "stride": (1, 1), "start": (-1, -2)}
PLANE = {"pre": (5, 30), "post": (5, 30), "taps": (3, 3), "axis": (0, 1), "stride": (1, 1), "start": (-1, -1)}
LONG = {"pre": (90,), "post": (90,), "taps": (70,), "axis": (0,), "stride": (1,), "start": (-35,)}
SHAPES: dict[str, dict[str, Any]] = {
    "bank": {**BANK, "bank": 8, "outside": "fill"},
    "plane": {**PLANE, "outside": "clamp"},
    "long": {**LONG, "outside": "fill"},
}
FIELDS = """  step.field @pop1.r : f64[neuron] state
  step.field @pop1.h : f64[neuron] state
  step.field @pop1.gain : f64 param
"""
UPDATE = """  step.map @map.pop1.update over neurons in @pop1 phase 4 {
    %a = step.read @pop1.gain : f64
    %g = step.read @pop1.g : f64[neuron]
    %r = step.read @pop1.r : f64[neuron]
    %s = arith.mul %g, %a : f64[neuron]
    %n = arith.add %s, %r : f64[neuron]
    step.write @pop1.r, %n
  }
"""
OTHER_SUM = """  step.map @map.proj0.more over synapses in @proj0 phase 1 {
    %w = step.read @proj0.w : f64[syn]
    %r = step.read @pop1.r : f64[post]
    %x = arith.mul %w, %r : f64[syn]
    step.accumulate add @pop1.h, %x
  }
"""
SUM_OF_SUMS = OTHER_SUM.replace("@pop1.r", "@pop1.g")


def network(shape: str, between: str = "", *, zero: bool = True, recurrent: bool = False, flag: str = "") -> Net:
    """A stencil whose post population has an update that reads its sums, and something in between."""
    net = Net(SHAPES[shape], of_post=False, zero=zero)
    text = net.text.replace("  step.ring", FIELDS + "  step.ring", 1)
    text = text.replace("  step.map @map.pop0", between + UPDATE.replace("4 {", f"4 {flag}{{") + "  step.map @map.pop0")
    if recurrent:
        text = text.replace("from @pop0 to", "from @pop1 to").replace("@pop0.v : f64[pre]", "@pop1.r : f64[pre]")
    if flag:
        text = text.replace("  step.ring", "  step.field @pop1.enabled : bool param\n  step.ring", 1)
        net.fields["pop1.enabled"] = net.rng.integers(0, 2, 1).astype(bool)
    net.text, net.module = text, parse_module(text)
    net.fields |= {name: net.rng.normal(size=net.n[1]) for name in ("pop1.r", "pop1.h")}
    net.fields["pop1.gain"] = net.rng.normal(size=1)
    net.watched = ("pop1.g", "pop1.r", "pop1.h", "pop0.v")
    return net


def phases(net: Net) -> list[set[str]]:
    """The fields of the post population that each phase of a step stores to."""
    found = []
    for team in net.lowered().find(loop.Team):
        stores = [op.buffer.op for op in team.find(loop.Store)]
        names = {str(ref.field) for ref in stores if isinstance(ref, loop.FieldRef)}
        found.append({name for name in names if name.startswith("pop1.")})
    return [names for names in found if names]


def equal(net: Net) -> bool:
    return all(net.by_loops(3, team).tobytes() == net.by_steps(3).tobytes() for team in (1, 3))


@pytest.mark.parametrize("shape", SHAPES)
def test_an_update_goes_along_with_the_sums_it_reads(shape: str) -> None:
    net = network(shape)
    assert phases(net) == [{"pop1.g", "pop1.r"}]
    assert not [o for o in net.lowered().find(loop.Load) if str(getattr(o.buffer.op, "field", "")) == "pop1.g"]
    assert equal(net)


@pytest.mark.parametrize("shape", SHAPES)
def test_sums_that_were_not_zero_before_are_added_to_first(shape: str) -> None:
    net = network(shape, zero=False)
    assert phases(net) == [{"pop1.g", "pop1.r"}]
    assert equal(net)


def test_what_reads_the_old_values_comes_first() -> None:
    net = network("bank", OTHER_SUM)
    assert phases(net) == [{"pop1.h"}, {"pop1.g", "pop1.r"}]
    assert equal(net)


def test_what_reads_the_sums_comes_after_both() -> None:
    net = network("plane", SUM_OF_SUMS)
    assert phases(net) == [{"pop1.g", "pop1.r"}, {"pop1.h"}]
    assert equal(net)


def test_an_update_that_needs_what_stands_between_stays_behind_it() -> None:
    net = network("bank", SUM_OF_SUMS.replace("@pop1.h", "@pop1.r"))
    assert phases(net) == [{"pop1.g"}, {"pop1.r"}, {"pop1.r"}]
    assert equal(net)


def test_an_update_of_what_other_sums_read_waits_for_them() -> None:
    net = network("plane", recurrent=True)
    assert phases(net) == [{"pop1.g"}, {"pop1.r"}]
    assert equal(net)


def test_an_update_with_a_flag_is_left_alone() -> None:
    net = network("bank", flag="if @pop1.enabled ")
    assert phases(net) == [{"pop1.g"}, {"pop1.r"}]
    assert equal(net)
