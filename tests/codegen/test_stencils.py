"""Filters on every target: workers, and the threads of a worker on a GPU, share a line of posts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from support.stencils import Net

from nnc.compiler.codegen.layout import StateBlock
from nnc.compiler.passes.map_threads import MapThreads
from nnc.compiler.passes.place_barriers import PlaceBarriers

if TYPE_CHECKING:
    from nnc.compiler.codegen.target import Target

BANK = {"pre": (6, 9, 3), "post": (6, 9, 4), "taps": (3, 3, 3), "axis": (0, 1, -1), "stride": (1, 1, 1)}
LARGE = {"pre": (4, 40), "post": (4, 40), "taps": (5, 9), "axis": (0, 1), "stride": (1, 1), "start": (-2, -4)}


@pytest.mark.parametrize("kind", ["add", "max"])
@pytest.mark.parametrize(
    "given",
    [
        {**BANK, "start": (-1, -1, 0), "bank": 4, "outside": "fill"},
        {**LARGE, "outside": "clamp"},
        {**LARGE, "centres": True, "outside": "fill"},
    ],
)
def test_the_kernel_computes_the_filter(given: dict[str, Any], kind: str, target: Target) -> None:
    net = Net(given, kind, delay=2)
    program = target.load(target.emit(net.lowered(PlaceBarriers(), MapThreads())))
    block = StateBlock(program.layout, net.sizes, team=2)
    for name, array in net.start.items():
        block.fields[name][...] = array
    program.run(block, 0, 3)
    np.testing.assert_array_equal(block.fields["pop1.g"], net.by_steps(3))
