"""The loops of a small network, as text."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnc.compiler.ir import loop
from nnc.compiler.ir.parser import parse_module
from nnc.compiler.ir.printer import print_module
from nnc.compiler.passes.hoist import Hoist
from nnc.compiler.passes.lower_to_loops import LowerToLoops
from nnc.compiler.passes.manager import Context

from .network_texts import NETWORKS

TEXTS = Path(__file__).parents[1] / "texts"
SPLIT = "// -----\n"


def test_coba_looks_like_code_written_by_hand() -> None:
    """The file holds the step-level module, then the loops."""
    before, after = (TEXTS / "lower_to_loops.ir").read_text().split(SPLIT)
    module = parse_module(before)
    LowerToLoops().run(module, Context())
    Hoist().run(module, Context())
    assert print_module(module).strip() == after.strip()


@pytest.mark.parametrize("name", NETWORKS)
def test_lowered_text_reads_back(name: str) -> None:
    text = print_module(NETWORKS[name].lowered())
    assert print_module(parse_module(text)) == text


def test_the_update_is_one_loop_of_selects_with_the_scan_of_spikes_outside() -> None:
    module = NETWORKS["coba"].lowered()
    (compact,) = module.find(loop.Compact)
    block = compact.parent_op
    assert isinstance(block, loop.For)
    assert block.step == 512
    (inner,) = [op for op in block.body.ops if isinstance(op, loop.For)]
    assert inner.simd
    assert not [op for op in inner.walk() if isinstance(op, (loop.If, loop.Compact))]


def test_a_shared_weight_is_loaded_once_and_a_row_of_it_adds_only() -> None:
    text = (TEXTS / "lower_to_loops.ir").read_text().split(SPLIT)[1]
    module = parse_module(text)
    weights = [op for op in module.find(loop.Load) if op.buffer.op.attributes["field"] == "proj0.w"]  # type: ignore[union-attr]
    assert [op.parent_op.name for op in weights] == ["loop.func"]  # type: ignore[union-attr]
