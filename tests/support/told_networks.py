"""One source and one neuron, each told when to fire, with a synapse between them: for events seen closely."""

from __future__ import annotations

import numpy as np
from support.step_networks import STAGES, lowered, run, state

from nnc.compiler.ir.interp import Connectivity, StepState

SOURCE = """
  model.neuron @pop0.model spiking {
    model.stream @next : bool[neuron]
    model.spike { %x = model.get @next : bool[neuron] yield %x }
  }
"""


def network(synapse: str, *, flags: str = "", delay: str = "one", neuron: str = "", targets: str = '"exc"') -> str:
    """A source and one neuron that adds up what it gets."""
    neuron = (
        neuron
        or """
    model.state @v : f64[neuron] local
    model.state @g_exc : f64[neuron] local
    model.state @g_inh : f64[neuron] local
    model.stream @next : bool[neuron]
    model.update local {
      %v = model.get @v : f64[neuron]
      %g = model.get @g_exc : f64[neuron]
      %x = arith.add %v, %g : f64[neuron]
      model.set @v, %x
      %zero = const 0.0 : f64
      model.set @g_exc, %zero
    }
    model.spike { %x = model.get @next : bool[neuron] yield %x }
    """
    )
    return f"""module @net dt = 1.0 {{ {SOURCE}
  model.neuron @pop1.model spiking {{ {neuron} }}
  model.synapse @proj0.model spiking {{ {synapse} }}
  model.population @pop0 : @pop0.model targets []
  model.population @pop1 : @pop1.model targets ["exc", "inh"] {"can_disable" if "can_disable" in flags else ""}
  model.projection @proj0 : @proj0.model from @pop0 to @pop1 targets [{targets}] delay {delay} index i32
    {flags.replace("can_disable", "")}
}}"""


def told(
    text: str, times: dict[str, list[int]], steps: int, delays: int = 1, upto: str = STAGES[-1], **fields: object
) -> StepState:
    """The state after some steps of one source and one neuron, each told when to fire."""
    module = lowered(text, upto)
    start = state(module, 1, {"proj0": Connectivity([0], [0], delays)}, **fields)  # type: ignore[arg-type]
    for name, at in times.items():
        start.past[f"{name}.next.ahead"] = {k: np.array([k in at]) for k in range(-1, steps)}
    return run(module, start, steps)


ADD = "model.param @w : f64[syn] local model.on_pre { %w = model.get @w : f64[syn] model.transmit add %w }"
