"""Where the tests of this folder run: on a GPU (`-m gpu`), and on a stand-in for its driver (`-m slow`)."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from support.ptx import libcuda
from support.ptx.libcuda import Machine

from nnc.compiler.codegen import cuda
from nnc.compiler.codegen.cuda.driver import DriverError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nnc.compiler.codegen.cuda.driver import Driver

LIBRARIES = {"pycuda": ("pycuda_driver", "PycudaDriver"), "cuda-bindings": ("bindings_driver", "BindingsDriver")}
PLACES = [pytest.param("gpu", marks=pytest.mark.gpu), pytest.param("stand-in", marks=pytest.mark.slow)]


@dataclass(frozen=True)
class Place:
    """A device, and whether it is a real one."""

    driver: Driver
    real: bool

    def steps(self, many: int, few: int) -> int:
        """How long to simulate: an interpreter is slow."""
        return many if self.real else few


def _driver(library: str) -> Driver:
    module, name = LIBRARIES[library]
    try:
        return getattr(importlib.import_module(f"nnc.compiler.codegen.cuda.{module}"), name)(0)  # type: ignore[no-any-return]
    except ImportError as error:
        pytest.skip(f"{library} is not installed: {error}")
    except DriverError as error:
        pytest.skip(str(error).splitlines()[0])


def _use(where: str, library: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    if where == "gpu":
        driver = _driver(library)
        monkeypatch.setattr(cuda, "_device", lambda number: driver)
        yield Place(driver, real=True)
        return
    reason = libcuda.missing()
    if reason is not None:
        pytest.skip(reason)
    with Machine(races=False, processors=3) as machine:
        driver = _driver(library)
        monkeypatch.setattr(cuda, "_device", lambda number: driver)
        yield Place(driver, real=False)
        assert not machine.errors


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A device through cuda-bindings, or through pycuda where that is not installed."""
    installed = [name for name in ("cuda-bindings", "pycuda") if _installed(name)]
    if not installed:
        pytest.skip("neither cuda-bindings nor pycuda is installed")
    yield from _use(request.param, installed[0], monkeypatch)


@pytest.fixture(params=LIBRARIES)
def library(request: pytest.FixtureRequest) -> str:
    """Each of the two libraries."""
    return str(request.param)


@pytest.fixture(params=PLACES)
def place_of_library(request: pytest.FixtureRequest, library: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A device through each of the two libraries."""
    yield from _use(request.param, library, monkeypatch)


def _installed(library: str) -> bool:
    package = "pycuda" if library == "pycuda" else "cuda.bindings"
    try:
        return importlib.util.find_spec(package) is not None
    except ModuleNotFoundError:
        return False
