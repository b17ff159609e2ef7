"""Fixtures: a cache of one's own, and the targets that run here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.ptx.device import InterpretedDriver

from nnc.compiler.codegen import cuda
from nnc.compiler.codegen.cache import Cache
from nnc.compiler.codegen.llvm import LLVMTarget
from nnc.compiler.codegen.openmp import OpenMPTarget

if TYPE_CHECKING:
    from nnc.compiler.codegen.target import Target


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Cache:
    return Cache(tmp_path_factory.mktemp("cache"))


@pytest.fixture(params=["openmp", "llvm", "cuda"])
def target(request: pytest.FixtureRequest, cache: Cache, monkeypatch: pytest.MonkeyPatch) -> Target:
    """Each target; `cuda` in the interpreter of PTX."""
    if request.param == "cuda":
        monkeypatch.setattr(cuda, "_device", lambda number: InterpretedDriver(processors=8, size=1 << 23))
        return cuda.CUDATarget(determinism="strict")
    made: Target = OpenMPTarget(cache=cache, optimise=2) if request.param == "openmp" else LLVMTarget(cache=cache)
    if (reason := made.available()) is not None:
        pytest.skip(reason)
    return made
