"""From a description to a program: builds the IR, runs the pipeline, asks a target, and keeps the result.

`compile_network` is what the API calls. The cache is keyed by everything that goes in (the description, the options,
the version), so a second run of a script neither builds nor optimises IR.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnc.compiler.description import Drawn
from nnc.compiler.diagnostics import DiagnosticError, Diagnostics, Loc, Source
from nnc.compiler.options import Looks, Options
from nnc.compiler.session import current

if TYPE_CHECKING:
    from nnc.compiler.codegen.target import Artifact, Program, Target
    from nnc.compiler.description import NetworkDescription
    from nnc.compiler.ir import Module
    from nnc.compiler.options import Determinism

DEFAULT_TARGET = "llvm"
_STEP_ENDS_WITH = "choose-propagation"
_LANGUAGE_TARGET = {"c": "openmp", "llvm": "llvm", "ptx": "cuda"}


def compile_network(description: NetworkDescription, options: Options | None = None) -> Program:
    """A program for a network. Raises `DiagnosticError` for what is wrong in the model, `TargetUnavailable`."""
    wanted = options or Options()
    session = current()
    if session is not None:
        wanted = wanted.override(session.options)
        session.compiled(description, wanted)
        if not session.simulate:
            wanted = dataclasses.replace(wanted, pipeline=None, looks=Looks())
    target = _target(wanted.target or DEFAULT_TARGET, wanted.target_options, wanted.determinism)
    return target.load(artifact(description, wanted))


def _target(name: str, options: Mapping[str, str | bool | int], determinism: Determinism | None) -> Target:
    """A target, told how sums may be ordered if it leaves that open."""
    from nnc.compiler.codegen.target import OpenOrder, get_target

    made = get_target(name, **options)
    return made.ordered(determinism) if determinism is not None and isinstance(made, OpenOrder) else made


def artifact(description: NetworkDescription, options: Options) -> Artifact:
    """The target's text for a network, from the cache where it is there."""
    from nnc.compiler.codegen.cache import default_cache

    name = options.target or DEFAULT_TARGET
    use_cache = options.cache and not options.looks.any and options.pipeline is None
    store = default_cache() if use_cache else None
    key = artifact_key(description, name, options.target_options, options.determinism) + ".json"
    if store is not None and (stored := store.read(key)) is not None:
        restored = _decode(stored)
        if restored is not None:
            return restored
    module = lower(description, options)
    made = _target(name, options.target_options, options.determinism).emit(module)
    if options.looks.dump is not None:
        Path(options.looks.dump).mkdir(parents=True, exist_ok=True)
        Path(options.looks.dump, f"target.{made.language}").write_text(made.text, encoding="utf-8")
    if store is not None:
        store.write(key, _encode(made))
    return made


def lower(description: NetworkDescription, options: Options, upto: str | None = None) -> Module:
    """The network's IR after the pipeline, or after the pass `upto` of it; "" is the IR as it was built."""
    from nnc.compiler.frontend.build import build_module
    from nnc.compiler.passes import DEFAULT_PIPELINE
    from nnc.compiler.passes.manager import Context, Pipeline

    diagnostics = Diagnostics()
    module = build_module(description, diagnostics)
    diagnostics.raise_if_errors()
    pipeline = Pipeline.parse(options.pipeline or DEFAULT_PIPELINE, "model")
    if upto is not None:
        last = [index for index, step in enumerate(pipeline.passes) if step.name == upto]
        pipeline = Pipeline(pipeline.passes[: last[0] + 1] if last else ())
    if pipeline.passes:
        pipeline.run(module, Context(diagnostics=diagnostics, options=options))
    diagnostics.raise_if_errors()
    return module


def stage_text(description: NetworkDescription, stage: str, options: Options) -> str:
    """The text of a stage: `ast`, `model`, `step`, `loop`, `c`, `llvm`, `ptx`, or `all` of them."""
    from nnc.compiler.frontend.dump import dump
    from nnc.compiler.ir.printer import print_module

    if stage == "all":
        stages = ("ast", "model", "step", "loop", *_LANGUAGE_TARGET)
        quiet = dataclasses.replace(options, looks=dataclasses.replace(options.looks, after=(), changed=False))
        texts = (stage_text(description, s, options if s == "loop" else quiet) for s in stages)
        return "\n".join(f"// ===== {s} =====\n{text}" for s, text in zip(stages, texts, strict=True))
    if stage == "ast":
        return dump(description)
    looks = options.looks
    if stage in _LANGUAGE_TARGET:
        target = _LANGUAGE_TARGET[stage]
        module = lower(description, dataclasses.replace(options, target=target))
        own = options.target_options if options.target == target else {}
        return _target(target, own, options.determinism).emit(module).text
    upto = None if options.pipeline else {"model": "", "step": _STEP_ENDS_WITH, "loop": None}[stage]
    module = lower(description, options, upto)
    return print_module(module, locs=looks.locs, generic=looks.generic)


def artifact_key(
    description: NetworkDescription,
    target: str,
    options: Mapping[str, str | bool | int] | None = None,
    determinism: Determinism | None = None,
) -> str:
    """A hash of everything that the text of a program depends on."""
    from nnc.compiler import __version__

    digest = hashlib.sha256()
    how = (target, sorted((options or {}).items()), determinism or "")
    _feed(digest, ("nnc", __version__, _sources_stamp(), how, description))
    return digest.hexdigest()


@cache
def _sources_stamp() -> str:
    """Changes when the compiler itself does, so that a checkout under work never meets its own old results.

    It is the same on all machines that have the same compiler.
    """
    root = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()


def _feed(digest: Any, value: Any) -> None:
    """Hash a description by content; places in the user's file do not count, texts and facts do."""
    if isinstance(value, (Loc, Source)):
        if isinstance(value, Source):
            digest.update(b"S" + value.text.encode() + b"\0")
        return
    if isinstance(value, Drawn):
        digest.update(b"drawn\0")
        return
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        digest.update(type(value).__name__.encode() + b"(")
        for item in dataclasses.fields(value):
            if item.name != "diagnostics":
                _feed(digest, getattr(value, item.name))
        digest.update(b")")
    elif isinstance(value, (tuple, list)):
        digest.update(b"[")
        for item in value:
            _feed(digest, item)
        digest.update(b"]")
    elif isinstance(value, (set, frozenset)):
        _feed(digest, tuple(sorted(value)))
    elif isinstance(value, Mapping):
        _feed(digest, tuple(sorted(value.items())))
    else:
        digest.update(f"{type(value).__name__}:{value!r}\0".encode())


def _encode(made: Artifact) -> bytes:
    fields = [
        [f.name, f.dtype.value, list(f.extent), f.role, f.place and dataclasses.astuple(f.place)]
        for f in made.layout.fields
    ]
    return json.dumps(
        {
            "target": made.target,
            "language": made.language,
            "entry": made.entry,
            "sizes": list(made.layout.sizes),
            "fields": fields,
            "text": made.text,
        }
    ).encode()


def _decode(data: bytes) -> Artifact | None:
    """The stored artifact, or None if the file is damaged."""
    from nnc.compiler.codegen.layout import Layout, LayoutField
    from nnc.compiler.codegen.packing import Place
    from nnc.compiler.codegen.target import Artifact
    from nnc.compiler.ir.types import DType

    try:
        raw = json.loads(data)
        fields = tuple(LayoutField(n, DType(t), tuple(e), r, p and Place(*p)) for n, t, e, r, p in raw["fields"])
        layout = Layout(tuple(raw["sizes"]), fields)
        return Artifact(raw["target"], raw["language"], raw["text"], raw["entry"], layout)
    except (ValueError, KeyError, TypeError):
        return None


__all__ = ["DEFAULT_TARGET", "DiagnosticError", "artifact", "artifact_key", "compile_network", "lower", "stage_text"]
