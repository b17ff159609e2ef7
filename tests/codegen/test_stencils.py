"""Filters on every target: workers, and threads of a worker on a GPU, share a line of posts or filters of a bank."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from support.ptx.device import InterpretedDriver
from support.stencils import Net

from nnc.compiler.codegen.cuda.emit import emit_ptx
from nnc.compiler.codegen.cuda.load import CUDAProgram
from nnc.compiler.codegen.layout import Layout, StateBlock
from nnc.compiler.codegen.llvm import LLVMTarget
from nnc.compiler.codegen.openmp import OpenMPTarget
from nnc.compiler.passes.map_threads import MapThreads
from nnc.compiler.passes.place_barriers import PlaceBarriers

if TYPE_CHECKING:
    from nnc.compiler.codegen.cache import Cache

BANK = {"pre": (2, 5, 2), "post": (2, 5, 4), "taps": (3, 3, 2), "axis": (0, 1, -1), "stride": (1, 1, 1)}
LARGE = {"pre": (2, 9), "post": (2, 9), "taps": (5, 9), "axis": (0, 1), "stride": (1, 1), "start": (-2, -4)}


@pytest.mark.parametrize(
    ("given", "kind", "of_post"),
    [
        ({**BANK, "start": (-1, -1, 0), "bank": 4, "outside": "fill"}, "add", False),
        ({**BANK, "start": (-1, -1, 0), "bank": 4, "outside": "clamp"}, "max", False),
        ({**LARGE, "post": (2, 9, 4), "bank": 4, "outside": "fill"}, "mean", False),
        ({**LARGE, "outside": "clamp"}, "add", True),
        ({**LARGE, "centres": True, "outside": "fill"}, "add", True),
    ],
)
def test_all_targets_have_the_same_bits(given: dict[str, Any], kind: str, of_post: bool, cache: Cache) -> None:
    net = Net(given, kind, delay=2, of_post=of_post, zero=True)
    module = net.lowered(PlaceBarriers(), MapThreads())
    layout = Layout.of(module)
    llvm, openmp = LLVMTarget(cache=cache), OpenMPTarget(cache=cache, optimise=3)
    programs = [llvm.load(llvm.emit(module)), CUDAProgram(layout, emit_ptx(module), "nnc_run", _device())]
    if openmp.available() is None:
        programs.append(openmp.load(openmp.emit(module)))
    found = []
    for program in programs:
        block = StateBlock(program.layout, net.sizes, team=2)
        for name, values in net.start.items():
            block.fields[name][...] = values
        assert program.run(block, 0, 3) == 0
        found.append(np.array(block.fields["pop1.g"]).tobytes())
    assert len(set(found)) == 1
    np.testing.assert_array_equal(np.frombuffer(found[0]), net.by_steps(3))


def _device() -> InterpretedDriver:
    return InterpretedDriver(processors=4, size=1 << 23)
