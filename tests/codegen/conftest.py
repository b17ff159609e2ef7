"""Fixtures: a cache of one's own, and the targets that run here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from nnc.compiler.codegen.cache import Cache
from nnc.compiler.codegen.llvm import LLVMTarget
from nnc.compiler.codegen.openmp import OpenMPTarget

if TYPE_CHECKING:
    from nnc.compiler.codegen.target import Target


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Cache:
    return Cache(tmp_path_factory.mktemp("cache"))


@pytest.fixture(params=["openmp", "llvm"])
def target(request: pytest.FixtureRequest, cache: Cache) -> Target:
    made: Target = OpenMPTarget(cache=cache, optimise=2) if request.param == "openmp" else LLVMTarget(cache=cache)
    if (reason := made.available()) is not None:
        pytest.skip(reason)
    return made
