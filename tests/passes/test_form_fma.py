"""form-fma contracts products that are added, and nothing else."""

from __future__ import annotations

from typing import Any

from nnc.compiler.diagnostics import Source
from nnc.compiler.ir.parser import parse_module
from nnc.compiler.ir.printer import print_module
from nnc.compiler.ir.verify import verify
from nnc.compiler.passes.form_fma import FormFma
from nnc.compiler.passes.manager import Context

HEAD = """
module @test {
  step.neurons @pop0
  step.field @pop0.a : T[neuron] state
  step.field @pop0.b : T[neuron] state
  step.field @pop0.c : T[neuron] state
  step.map @pop0.update over neurons in @pop0 phase 4 {
    %a = step.read @pop0.a : T[neuron]
    %b = step.read @pop0.b : T[neuron]
    %c = step.read @pop0.c : T[neuron]
"""


def contracted(body: str, dtype: str = "f64") -> list[str]:
    """The ops of a map body after the pass, without reads and writes."""
    text = (HEAD + body + "  }\n}\n").replace("T[", f"{dtype}[")
    module = parse_module(text, Source(text, what="IR"))
    context = Context()
    FormFma().run(module, context)
    verify(module, "step", context.diagnostics)
    assert not context.diagnostics.errors
    lines = [line.strip() for line in print_module(module).splitlines()]
    return [line.removesuffix(f" : {dtype}[neuron]") for line in lines if "= arith." in line]


def test_a_sum_with_a_product_is_fused() -> None:
    body = """
    %m = arith.mul %a, %b : T[neuron]
    %s = arith.add %m, %c : T[neuron]
    step.write @pop0.a, %s
"""
    assert contracted(body) == ["%s = arith.fma %a, %b, %c"]
    assert contracted(body.replace("%m, %c", "%c, %m")) == ["%s = arith.fma %a, %b, %c"]


def test_differences_take_a_sign() -> None:
    body = """
    %m = arith.mul %a, %b : T[neuron]
    %s = arith.sub %m, %c : T[neuron]
    step.write @pop0.a, %s
"""
    assert contracted(body) == ["%x0 = arith.neg %c", "%s = arith.fma %a, %b, %x0"]
    assert contracted(body.replace("%m, %c", "%c, %m")) == ["%x0 = arith.neg %a", "%s = arith.fma %x0, %b, %c"]


def test_of_two_products_the_left_one_is_fused() -> None:
    body = """
    %m = arith.mul %a, %b : T[neuron]
    %n = arith.mul %b, %c : T[neuron]
    %s = arith.add %m, %n : T[neuron]
    step.write @pop0.a, %s
"""
    assert contracted(body) == ["%n = arith.mul %b, %c", "%s = arith.fma %a, %b, %n"]


def test_products_used_twice_and_integers_stay() -> None:
    body = """
    %m = arith.mul %a, %b : T[neuron]
    %s = arith.add %m, %c : T[neuron]
    %t = arith.add %s, %m : T[neuron]
    step.write @pop0.a, %t
"""
    assert len(contracted(body)) == 3
    assert not [line for line in contracted(body) if "fma" in line]
    once = body.replace("%t = arith.add %s, %m", "%t = arith.add %s, %s")
    assert len(contracted(once, "i32")) == 3


def reduce_module(body: str) -> Any:
    text = f"""
module @test {{
  loop.size @pop0.n
  loop.field @pop0.v : buf<f64> [@pop0.n] state
  loop.func @run (%t0: i64, %t1: i64) {{
    %v = mem.field @pop0.v : buf<f64>
    %r = loop.reduce add %i: i64 = %t0 to %t1 {{
      %x = mem.load %v[%i] : f64
{body}
    }} : f64
    mem.store %r, %v[%t0]
  }}
}}
"""
    return parse_module(text, Source(text, what="IR"))


def test_a_sum_of_products_becomes_a_reduction_by_fma() -> None:
    module = reduce_module("      %m = arith.mul %x, %x : f64\n      yield %m")
    assert FormFma().run(module, Context())
    text = print_module(module)
    assert "loop.reduce fma" in text
    assert "yield %x, %x" in text
    assert "arith.mul" not in text
    assert not FormFma().run(module, Context())


def test_other_reductions_stay() -> None:
    assert not FormFma().run(reduce_module("      yield %x"), Context())
