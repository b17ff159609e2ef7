"""From LLVM text to machine code in this process: optimise, make an object, keep it in the cache, link it by MCJIT."""

from __future__ import annotations

import ctypes
import functools
import platform
from typing import TYPE_CHECKING, Any

import llvmlite.binding as llvm

from nnc.compiler.codegen.cache import Cache, key
from nnc.compiler.codegen.llvm.team import TEAM
from nnc.compiler.codegen.target import TargetUnavailable

if TYPE_CHECKING:
    from collections.abc import Sequence


@functools.cache
def _start() -> None:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()


def machine_kind() -> str:
    """Key of `PAUSES` for this machine."""
    name = platform.machine().lower()
    if name in ("x86_64", "amd64"):
        return "x86"
    return "aarch64" if name in ("aarch64", "arm64") else ""


@functools.cache
def has_masks() -> bool:
    """Whether this machine reads and writes vectors of all types under a mask (AVX-512 with bytes and words, SVE)."""
    known = llvm.get_host_cpu_features()
    return bool(known.get("avx512bw") and known.get("avx512vl")) or bool(known.get("sve"))


@functools.cache
def has_threads() -> bool:
    """Whether the C library of this process starts threads by the POSIX calls."""
    # LLVM itself knows the symbols of the process only once a first engine exists.
    try:
        process = ctypes.CDLL(None)
    except (OSError, TypeError):
        return False
    return all(hasattr(process, name) for name in ("pthread_create", "pthread_join", "sched_yield"))


def target_machine(cpu: str | None, features: str | None, optimise: int) -> Any:
    """The machine that code is made for: this one unless another is named."""
    _start()
    if cpu is None:
        cpu = llvm.get_host_cpu_name()
        features = features if features is not None else llvm.get_host_cpu_features().flatten()
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=cpu, features=features or "", opt=optimise, jit=True
    )


def optimised(text: str, machine: Any, optimise: int) -> Any:
    """The parsed and optimised module. Raises RuntimeError for text that is no LLVM."""
    module = llvm.parse_assembly(text)
    module.triple = machine.triple
    module.data_layout = str(machine.target_data)
    module.verify()
    options = llvm.create_pipeline_tuning_options(speed_level=optimise)
    options.loop_vectorization = options.slp_vectorization = optimise > 1
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)
    return module


def object_code(text: str, cache: Cache, *, cpu: str | None, features: str | None, optimise: int) -> bytes:
    """The object file for an LLVM text: from the cache, or made now."""
    _start()
    host = f"{llvm.get_host_cpu_name()} {llvm.get_host_cpu_features().flatten()}" if cpu is None else ""
    version = ".".join(map(str, llvm.llvm_version_info))
    name = key(text, "llvm", version, str(cpu), str(features), str(optimise), host) + ".o"
    found = cache.read(name)
    if found is not None:
        return found
    machine = target_machine(cpu, features, optimise)
    content: bytes = machine.emit_object(optimised(text, machine, optimise))
    cache.write(name, content)
    return content


class Linked:
    """Object code in memory with the addresses of its functions. Calls stay valid as long as this object lives."""

    def __init__(self, content: bytes, names: Sequence[str]) -> None:
        machine = target_machine(None, None, 0)
        empty = llvm.parse_assembly("")
        empty.triple = machine.triple
        self._engine = llvm.create_mcjit_compiler(empty, machine)
        try:
            self._engine.add_object_file(llvm.ObjectFileRef.from_data(content))
            self._engine.finalize_object()
        except RuntimeError as error:
            raise TargetUnavailable("llvm", f"the object code cannot be linked: {error}") from error
        self.address = {name: self._engine.get_function_address(name) for name in names}


def whole(text: str) -> str:
    """The module with the function that starts the team, where the C library can."""
    if not has_threads():
        return text
    declaration = "declare i32 @sched_yield()\n"
    return text + "\n" + (TEAM.replace(declaration, "") if declaration in text else TEAM)
