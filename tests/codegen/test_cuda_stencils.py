"""Filters on a GPU, on host threads in its place: a worker's threads share a line of posts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from support.stencils import Net

from nnc.compiler.passes.map_threads import MapThreads
from nnc.compiler.passes.place_barriers import PlaceBarriers

from .test_cuda import both

if TYPE_CHECKING:
    from nnc.compiler.codegen.cache import Cache

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
def test_the_kernel_has_the_bits_of_the_cpu(given: dict[str, Any], kind: str, cache: Cache) -> None:
    net = Net(given, kind, delay=2)
    module = net.lowered(PlaceBarriers(), MapThreads())
    device, host = both(module, net.sizes, 2, 3, cache, net.start)
    np.testing.assert_array_equal(device.fields["pop1.g"], host.fields["pop1.g"])
    np.testing.assert_allclose(host.fields["pop1.g"], net.by_steps(3), rtol=1e-12)
