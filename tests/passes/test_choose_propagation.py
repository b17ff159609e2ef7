"""Layouts follow from what walks the synapses."""

from __future__ import annotations

import pytest
from support.step_networks import lowered, read

from nnc.compiler.ir import step

ON_POST = "model.on_post { %w = model.get @w : f64[syn] model.set @w, %w }"
CHANGING = """model.on_post {
      %w = model.get @w : f64[syn]
      %two = const 2.0 : f64
      %x = arith.mul %w, %two : f64[syn]
      model.set @w, %x
    }"""


def layouts(text: str) -> list[tuple[str, bool]]:
    return [(op.layout, op.back) for op in lowered(text).find(step.Synapses)]


def test_rate_coded_projections_gather() -> None:
    assert layouts(read("rate")) == [("dense_post", False), ("csr_post", False)]


@pytest.mark.parametrize("delay", ["one", "uniform", "each"])
def test_spiking_projections_scatter_whatever_their_delays(delay: str) -> None:
    sparse = read("izhikevich").replace("delay uniform", f"delay {delay}")
    assert layouts(sparse) == [("csr_pre", False)]
    assert layouts(sparse.replace(' targets ["exc"] delay', ' targets ["exc"] full delay')) == [("dense_pre", False)]


def test_post_events_ask_for_an_index_where_there_is_none() -> None:
    text = read("izhikevich").replace("model.on_pre {", CHANGING + "\n    model.on_pre {")
    assert layouts(text) == [("csr_pre", True)]
    assert layouts(text.replace(' targets ["exc"] delay', ' targets ["exc"] full delay')) == [("dense_pre", False)]
    without = read("izhikevich").replace("model.on_pre {", ON_POST + "\n    model.on_pre {")
    assert layouts(without) == [("csr_pre", False)], "a map that changes nothing is not made"


def test_spiking_projections_with_continuous_transmission_only_gather() -> None:
    text = read("izhikevich").replace("model.on_pre {", "model.psp {").replace("model.transmit add %w", "yield %w")
    assert layouts(text) == [("csr_post", False)]


def test_a_layout_that_is_given_is_kept() -> None:
    from nnc.compiler.passes.choose_propagation import ChoosePropagation
    from nnc.compiler.passes.manager import Context

    module = lowered(read("rate"), "fuse-maps")
    (first, _) = module.find(step.Synapses)
    first.layout = "csr_pre"
    assert ChoosePropagation().run(module, Context())
    assert first.layout == "csr_pre"
    assert not ChoosePropagation().run(module, Context())
