"""The rows that `step.procedural` stands for, against its definition followed one element after the other."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nnc.compiler.ir.interp_arith import evaluate
from nnc.compiler.ir.interp_procedural import RowRule, made_rows
from nnc.compiler.ir.procedural import TILE, scale_of
from nnc.compiler.ir.types import DType

KEY = 0x1234_5678_9ABC_DEF0


def words(*counter: int) -> list[int]:
    numbers = np.array([*counter, KEY & 0xFFFFFFFF, KEY >> 32], np.uint32).view(np.int32)
    found = evaluate("random.philox", {}, [np.array(n) for n in numbers], [DType.i32] * 4)
    return [int(w) & 0xFFFFFFFF for w in found]


def element(e: int, chunk: int, row: int, last: int) -> tuple[int, int]:
    """The two words of an element."""
    half = (e >> 4) & 1
    four = words((e >> 5) * 16 + (e & 15), chunk, row, last)
    return four[2 * half], four[2 * half + 1]


def by_hand(row: int, width: int, chunk: int, probability: float) -> list[tuple[int, float]]:
    """Columns of a row, and a weight from -1 to 3 of each."""
    found = []
    for c in range(-(-width // chunk)):
        column, e, end = c * chunk - 1, 0, min((c + 1) * chunk, width)
        while True:
            high, low = element(e, c, row, 0)
            u = ((high >> 6) * 2**26 + (low >> 6) + 0.5) * 2.0**-52
            column += 1 + (math.floor(math.log(u) / math.log1p(-probability)) if probability < 1.0 else 0)
            if column >= end:
                break
            high, low = element(e, c, row, 1)
            found.append((column, -1.0 + 4.0 * ((high << 21) + (low >> 11)) * 2.0**-53))
            e += 1
    return found


@pytest.mark.parametrize("batch", [TILE, 4 * TILE])
@pytest.mark.parametrize(("width", "chunk", "probability"), [(300, 100, 0.3), (150, 200, 0.01), (90, 64, 1.0)])
def test_a_row_is_drawn_as_defined_whatever_is_made_at_once(
    width: int, chunk: int, probability: float, batch: int
) -> None:
    bounds = (-1.0, 3.0, -math.inf, math.inf)
    rule = RowRule(KEY, width, chunk, batch, scale_of(probability), "uniform", bounds)
    rows = np.array([5, 7, 70000])
    made = made_rows(rule, rows)
    assert made.weights is not None
    for row in rows:
        mine = made.rows == row
        columns, weights = zip(*by_hand(int(row), width, chunk, probability), strict=True)
        assert made.columns[mine].tolist() == list(columns)
        np.testing.assert_allclose(made.weights[mine], weights, rtol=1e-15)


def test_a_rule_without_a_chance_makes_nothing() -> None:
    made = made_rows(RowRule(KEY, 500, 100, TILE, scale_of(0.0)), np.arange(50))
    assert not len(made.rows)
    assert made.weights is None


def test_step_procedural_stands_beside_its_projection() -> None:
    from support.step_networks import lowered, read

    from nnc.compiler.ir import step
    from nnc.compiler.ir.procedural import Procedural

    text = read("izhikevich")
    text = text.replace("model.param @w : f64[syn]", "model.param @w : f64")
    last = text.rindex("}")
    module = lowered(text[:last] + "  step.procedural @proj0 probability by pre weights one\n}\n")
    assert [op.layout for op in module.find(step.Synapses)] == ["procedural"]
    assert [op.owner for op in module.find(Procedural)] == ["proj0"]
