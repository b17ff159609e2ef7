"""What a model sees at which place in a step, what it may not do, and the form of the maps."""

from __future__ import annotations

import numpy as np
import pytest
from support.step_networks import TEXTS, lowered, read, run, state
from support.told_networks import network

from nnc.compiler.diagnostics import DiagnosticError
from nnc.compiler.ir import step
from nnc.compiler.ir.interp import Connectivity
from nnc.compiler.ir.printer import print_module


def test_reductions_are_those_of_the_end_of_the_step() -> None:
    kinds = {"mean": 0.5, "max": 4.0, "min": -3.0, "norm1": 8.0, "norm2": np.sqrt(26.0)}
    code = "\n".join(
        f"%{k} = model.reduce {k} @x : f64 %b{k} = model.get @{k} : f64[neuron]"
        f" %z{k} = arith.mul %b{k}, %zero : f64[neuron]"
        f" %s{k} = arith.add %z{k}, %{k} : f64[neuron] model.set @{k}, %s{k}"
        for k in kinds
    )
    states = "\n".join(f"model.state @{k} : f64[neuron] local" for k in kinds)
    text = f"""module @net dt = 1.0 {{
      model.neuron @pop0.model rate {{
        model.state @x : f64[neuron] local {states}
        model.update local {{
          %zero = const 0.0 : f64 {code}
          %x = model.get @x : f64[neuron] %y = arith.neg %x : f64[neuron] model.set @x, %y
        }}
      }}
      model.population @pop0 : @pop0.model targets []
    }}"""
    module = lowered(text)
    start = state(module, 4, {}, pop0__x=[1.0, -3.0, 4.0, 0.0])
    first = run(module, start, 1)
    assert [float(first.fields[f"pop0.{k}_x"][0]) for k in kinds] == [-0.5, 3.0, -4.0, 8.0, np.sqrt(26.0)]
    assert not first.fields["pop0.mean"].any()
    second = run(module, state(module, 4, {}, pop0__x=[-1.0, 3.0, -4.0, 0.0]), 2)
    assert [float(second.fields[f"pop0.{k}"][2]) for k in kinds] == pytest.approx(list(kinds.values()))


@pytest.mark.parametrize(("delay", "d"), [("one", 1), ("uniform", 2), ("each", 3)])
def test_sums_in_psp_are_those_of_the_step_before_and_of_all_targets(delay: str, d: int) -> None:
    text = f"""module @net dt = 1.0 {{
      model.neuron @pop0.model rate {{
        model.state @r : f64[neuron] local
        model.update local {{ %s = model.sum "" : f64[neuron] model.set @r, %s }}
      }}
      model.synapse @proj0.model rate {{ model.psp {{ %t = model.time : f64 yield %t }} }}
      model.synapse @proj1.model rate {{
        model.psp {{
          %a = model.sum "a" of pre : f64[pre]
          %b = model.sum "a" of post : f64[post]
          %c = const 1000.0 : f64
          %x = arith.mul %a, %c : f64[pre]
          %y = arith.add %x, %b : f64[syn]
          yield %y
        }}
      }}
      model.population @pop0 : @pop0.model targets ["a", "b"]
      model.projection @proj0 : @proj0.model from @pop0 to @pop0 targets ["a"] delay one index i32
      model.projection @proj1 : @proj1.model from @pop0 to @pop0 targets ["b"] delay {delay} index i32
    }}"""
    module = lowered(text)
    wires = {"proj0": Connectivity([0], [0]), "proj1": Connectivity([0], [0], d)}
    end = run(module, state(module, 1, wires), 8)
    assert end.fields["pop0.sum_a"] == [7.0]
    assert end.fields["pop0.r"] == [7.0 + 1000.0 * (7 - d) + 6.0]


def test_an_event_may_not_change_what_is_shared() -> None:
    synapse = "model.state @x : f64 global model.on_pre { %x = model.get @x : f64 model.set @x, %x }"
    with pytest.raises(DiagnosticError, match=r"N0305.*one value for the whole projection"):
        lowered(network(synapse))


@pytest.mark.parametrize("name", ["izhikevich", "coba", "rate"])
def test_texts(name: str) -> None:
    """The second part of each text is what becomes of the first."""
    expected = (TEXTS / f"{name}.ir").read_text(encoding="utf-8").partition("// -----\n")[2]
    assert print_module(lowered(read(name))) == expected


@pytest.mark.parametrize("name", ["izhikevich", "coba", "rate"])
def test_a_map_reads_a_field_once_and_writes_it_once_at_the_end(name: str) -> None:
    for map in lowered(read(name)).find(step.Map):
        reads = [(op.field, op.result.type) for op in map.find(step.Read)]
        writes = [op.field for op in map.find(step.Write)]
        assert len(reads) == len(set(reads))
        assert len(writes) == len(set(writes))
        assert [op for op in map.body.ops if isinstance(op, step.Write)] == map.body.ops[
            len(map.body.ops) - len(writes) :
        ]
