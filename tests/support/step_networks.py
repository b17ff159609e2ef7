"""Step-level modules made from texts, and states to run them on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.compiler.diagnostics import Diagnostics, Source
from nnc.compiler.ir import step
from nnc.compiler.ir.interp import Connectivity, StepState, run_step
from nnc.compiler.ir.parser import parse_module
from nnc.compiler.ir.types import At
from nnc.compiler.options import Options
from nnc.compiler.passes.manager import Context, Pipeline

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from nnc.compiler.ir.model import Module

    Array = NDArray[Any]

TEXTS = Path(__file__).parent.parent / "texts"

STAGES = ("instantiate", "lower-delays", "lower-random", "order-maps", "fuse-maps", "choose-propagation")


def read(name: str) -> str:
    """A text of the folder `texts`; the first part where it has several."""
    return (TEXTS / f"{name}.ir").read_text(encoding="utf-8").partition("// -----\n")[0]


def lowered(text: str, upto: str = STAGES[-1], diagnostics: Diagnostics | None = None) -> Module:
    """The module after the passes of this level, each result verified."""
    module = parse_module(text, Source(text, what="IR"))
    passes = ",".join(STAGES[: STAGES.index(upto) + 1])
    context = Context(diagnostics=diagnostics or Diagnostics(), options=Options(verify=True))
    Pipeline.parse(passes).run(module, context)
    return module


def random_wires(n: int, chance: float, seed: int, delays: Array | int = 1, *, no_self: bool = False) -> Connectivity:
    """Random synapses of a population with itself; a delay of each synapse is drawn up to an array's greatest."""
    draw = np.random.default_rng(seed)
    post, pre = np.nonzero(draw.random((n, n)) < chance)
    if no_self:
        post, pre = post[post != pre], pre[post != pre]
    each = draw.integers(1, np.max(delays) + 1, len(pre)) if isinstance(delays, np.ndarray) else delays
    return Connectivity(pre, post, each)


def state(module: Module, n: int, wires: Mapping[str, Connectivity], **fields: Any) -> StepState:
    """A state whose fields are 0 but for those given, with `__` for the dot (`pop0__v=...`)."""
    sizes: dict[str, int] = {f"{op.sym}.n": n for op in module.find(step.Neurons)}
    arrays: dict[str, Array] = {}
    for field in module.find(step.Field):
        at = field.type.at
        owner = field.sym.partition(".")[0]
        count = 1 if at is At.one else len(wires[owner].pre) if at is At.syn else n
        arrays[str(field.sym)] = np.zeros(count, field.type.dtype.numpy)
        if field.sym.endswith(".last_spike"):
            arrays[str(field.sym)][:] = -10000
    for name, value in fields.items():
        arrays[name.replace("__", ".")][:] = value
    return StepState(arrays, sizes, dict(wires))


def run(module: Module, start: StepState, steps: int) -> StepState:
    """The state after some steps."""
    run_step(module, start, 0, steps)
    return start


def spikes(state: StepState, steps: int, events: str = "pop0.spikes") -> list[list[int]]:
    """The neurons that fired in each step."""
    return [state.events[events].get(k, np.zeros(0, np.int64)).tolist() for k in range(steps)]
