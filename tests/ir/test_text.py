"""The text of the IR: printing and reading back."""

from __future__ import annotations

import math
import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnc.compiler.diagnostics import DiagnosticError, Loc, Source
from nnc.compiler.ir import REGISTRY, arith, loop
from nnc.compiler.ir.attributes import Symbol, attr_text, float_text, key, parse_float
from nnc.compiler.ir.builder import Builder
from nnc.compiler.ir.core import Block
from nnc.compiler.ir.define import create
from nnc.compiler.ir.model import Module
from nnc.compiler.ir.parser import parse_module
from nnc.compiler.ir.printer import print_module, print_op
from nnc.compiler.ir.types import DType, i64
from nnc.compiler.ir.verify import verify

TEXTS = Path(__file__).parent.parent / "texts"
LEVELS = {"any": "loop", "model": "model", "step": "step", "loop": "loop"}


def text_of(level: str) -> str:
    return (TEXTS / f"ops_{level}.ir").read_text(encoding="utf-8")


def function(*lines: str) -> str:
    body = "".join(f"    {line}\n" for line in lines)
    return f"module @m {{\n  loop.func @run(%t0: i64, %t1: i64) {{\n{body}  }}\n}}\n"


def failure(text: str) -> str:
    with pytest.raises(DiagnosticError) as caught:
        parse_module(text)
    return str(caught.value)


@pytest.mark.parametrize("level", LEVELS)
def test_a_printed_module_reads_back_byte_for_byte(level: str) -> None:
    text = text_of(level)
    assert print_module(parse_module(text)) == text


@pytest.mark.parametrize("level", LEVELS)
def test_the_texts_of_all_ops_verify_at_their_level(level: str) -> None:
    assert verify(parse_module(text_of(level)), LEVELS[level])


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_every_op_has_a_round_trip_text(name: str) -> None:
    level = REGISTRY[name].spec.level
    text = "\n".join(map(text_of, LEVELS)) if level == "any" else text_of(level)
    assert re.search(rf"(^|= ) *{re.escape(name)}( |$)", text, re.MULTILINE), f"add {name} to tests/texts"


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_every_attribute_operand_and_region_is_in_the_syntax(name: str) -> None:
    spec = REGISTRY[name].spec
    words = [w for word in spec.syntax for w in [word.rstrip("*")]]
    assert all(f"${a}" in words or f"?{a}" in words for a in spec.attributes)
    assert all(f"%{o}" in words for o in [*spec.operands, *([spec.variadic] if spec.variadic else [])])
    assert all(f"{{{r}}}" in words for r in spec.regions)
    assert (":r" in words) == bool(spec.results or spec.variadic_results)


@pytest.mark.parametrize("level", LEVELS)
def test_clones_print_the_same_and_share_nothing(level: str) -> None:
    module = parse_module(text_of(level))
    clone = module.clone()
    for region in module.regions:
        region.erase_all()
    assert print_module(clone) == text_of(level)
    assert verify(clone)


def test_names_start_anew_in_every_child_of_the_module() -> None:
    module = parse_module(text_of("step"))
    assert print_module(module).count("    %v = step.read @pop0.v : f64[neuron]\n") == 2


def test_equal_hints_get_suffixes_that_are_dropped_on_reading() -> None:
    module = parse_module(
        function("%v_7 = const 1.0 : f64", "%v_9 = arith.neg %v_7 : f64", "%x5 = arith.neg %v_9 : f64")
    )
    assert print_module(module) == function(
        "%v = const 1.0 : f64", "%v_1 = arith.neg %v : f64", "%x0 = arith.neg %v_1 : f64"
    )


@given(
    st.lists(
        st.sampled_from(["v", "v_1", "v_1_2", "x", "x1", "x_1", "_", "1", "é", "a.b", "a b", "", None]), max_size=12
    )
)
def test_any_hints_give_a_text_that_reads_back(hints: list[str | None]) -> None:
    module = create(Module, sym=Symbol("m"))
    func = create(loop.Func, sym=Symbol("run"), regions=[Block([i64, i64], ["t0", "t1"])])
    module.body.append(func)
    builder = Builder(func.body)
    for hint in hints:
        builder.const(1.0, DType.f64).hint = hint
    text = print_module(module)
    names = re.findall(r"(%\w+) =", text)
    assert len(set(names)) == len(hints)
    assert print_module(parse_module(text)) == text


@given(st.floats())
def test_floats_read_back_with_the_same_bits(value: float) -> None:
    assert key(parse_float(float_text(value))) == key(value)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=8))
def test_any_string_and_symbol_reads_back(text: str) -> None:
    module = create(Module, sym=Symbol(text))
    printed = print_module(module)
    assert parse_module(printed).sym == text
    assert attr_text(text) in f'"{printed}' or attr_text(text)[1:-1] in printed


def test_locations_are_printed_and_read() -> None:
    module = parse_module(function("%a = const 1.0 : f64"))
    op = next(module.find(arith.Const))
    op.loc = Loc(Source("v = 1.0", 'dir/a "b".py', 7, 31), 4, 7)
    text = print_module(module, locs=True)
    assert '%a = const 1.0 : f64 loc("dir/a \\"b\\".py":7:35)' in text
    again = parse_module(text)
    assert str(next(again.find(arith.Const)).loc) == 'dir/a "b".py:7:35'
    assert print_module(again, locs=True) == text


def test_ops_point_into_their_text() -> None:
    text = function("%a = const 1.0 : f64", "loop.for %i: i64 = %t0 to %t1 {", "}")
    module = parse_module(text, Source(text, "a.ir"))
    assert next(module.find(arith.Const)).loc.text == "%a = const 1.0 : f64"
    assert next(module.find(loop.For)).loc.text == "loop.for %i: i64 = %t0 to %t1"
    assert str(next(module.find(loop.For)).loc) == "a.ir:4:5"


def test_an_op_prints_by_itself_with_the_names_of_its_module() -> None:
    module = parse_module(function("%a = const 1.0 : f64", "%b = arith.neg %a : f64"))
    assert print_op(next(module.find(arith.Neg))) == "%b = arith.neg %a : f64"


def test_the_generic_form_shows_everything_in_mlir_syntax() -> None:
    text = print_module(parse_module(text_of("loop")), generic=True, locs=True)
    assert '"loop.team"() ({' in text
    assert "^bb0(%p: !nnc.val<i64>, %lo_1: !nnc.val<i64>, %hi: !nnc.val<i64>):" in text
    assert '(!nnc.buf<f64>, !nnc.val<i64>) -> !nnc.val<f64> loc("<IR>":' in text
    text = print_module(parse_module(text_of("any")), generic=True)
    assert '"const"() {value = 0xFFF0000000000000 : f64} : () -> !nnc.val<f64>' in text
    assert '"const"() {value = 1.0e-05 : f64}' in text
    assert "!nnc.val<f64, neuron>" in print_module(parse_module(text_of("model")), generic=True)


@pytest.mark.parametrize(
    ("lines", "code", "message"),
    [
        (["%a = arith.selct %t0, %t0 : i64"], "N0902", "did you mean 'arith.select'?"),
        (["%a = arith.add %t0, %t9 : i64"], "N0903", "%t9 is not defined here"),
        (["%t0 = const 1 : i64"], "N0903", "%t0 is defined twice"),
        (["%a = const 1.0 : f65"], "N0905", "'f65' is no type"),
        (["%a = arith.cmp lower %t0, %t1 : bool"], "N0904", "predicate must be one of eq, ne"),
        (["%a = const x : f64"], "N0901", "expected a number, true or false, found x"),
        (["%a = mem.alloca 1.5 : buf<f64>"], "N0901", "expected an integer"),
        (["const 1.0 : f64"], "N0901", "const gives 1 value, not 0"),
        (["%a, %b = const 1.0 : f64"], "N0901", "const gives 1 value, not 2"),
        (["loop.if %t0 {"], "N0901", "expected '}', found end of text"),
        (["loop.for %i: i64 = %i to %t1 {}"], "N0903", "%i is not defined here"),
        (["loop.for %i: i64 = %t0 to %t1 {}", "loop.if %i {}"], "N0903", "%i is not defined here"),
        (["$"], "N0901", "expected an operation, found $"),
        (["}", "}", "module"], "N0901", "expected the end of the text"),
        (["loop.record end at %t0 [@a, b]"], "N0901", "expected a symbol, found b"),
    ],
)
def test_errors_in_the_text_have_a_place(lines: list[str], code: str, message: str) -> None:
    error = failure(function(*lines))
    assert f"error[{code}]" in error
    assert message in error
    assert "^" in error


@given(st.data())
def test_a_damaged_text_is_an_error_with_a_place_or_reads(data: st.DataObject) -> None:
    text = text_of(data.draw(st.sampled_from(sorted(LEVELS))))
    start = data.draw(st.integers(0, len(text)))
    length = data.draw(st.integers(0, 12))
    damaged = (
        text[:start]
        + data.draw(st.sampled_from(["", "{", "}", "%", "@", '"', "[", "1", "\\", "//"]))
        + text[start + length :]
    )
    error = damage(damaged)
    assert error is None or all(d.loc.known for d in error.diagnostics)


def damage(text: str) -> DiagnosticError | None:
    try:
        parse_module(text)
    except DiagnosticError as error:
        return error
    return None


def test_special_floats_have_their_texts() -> None:
    assert [float_text(v) for v in (0.1, -0.0, math.inf, -math.inf, math.nan)] == ["0.1", "-0.0", "inf", "-inf", "nan"]


@pytest.mark.slow
def test_printing_and_parsing_are_fast() -> None:
    lines = ["%v0 = const 1.0 : f64", *(f"%v{n} = arith.mul %v{n - 1}, %v0 : f64" for n in range(1, 1000))]
    text = function(*lines)
    best = math.inf
    for _ in range(5):
        start = time.process_time()
        print_module(parse_module(text))
        best = min(best, time.process_time() - start)
    assert best < 0.04
