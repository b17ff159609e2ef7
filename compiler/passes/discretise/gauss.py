"""Linear systems solved by Gaussian elimination, written out as ops."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nnc.compiler.ir.core import Value
    from nnc.compiler.passes.algebra import Algebra


def solve(algebra: Algebra, matrix: list[list[Value | None]], right: list[Value | None]) -> list[Value | None]:
    """The x with matrix * x = right; None is a known zero. Destroys its arguments.

    Pivots are taken down the diagonal without exchange: the matrices are 1 - dt * Jacobian, near the unit matrix for
    every step that resolves the equations. Each pivot is inverted once, so that elimination by a matrix of parameters
    leaves the loop and n * n products are left in it.
    """
    size = len(right)
    inverse = [_eliminate(algebra, matrix, right, pivot) for pivot in range(size)]
    for row in reversed(range(size)):
        for column in range(row + 1, size):
            right[row] = algebra.sub(right[row], algebra.mul(matrix[row][column], right[column]))
        right[row] = algebra.mul(right[row], inverse[row])
    return right


def _eliminate(algebra: Algebra, matrix: list[list[Value | None]], right: list[Value | None], pivot: int) -> Value:
    diagonal = matrix[pivot][pivot]
    if diagonal is None:
        raise ValueError("a pivot of an implicit system is one minus something, never a known zero")
    inverse = algebra.builder.div(algebra.builder.like(1, diagonal), diagonal)
    for row in range(pivot + 1, len(right)):
        if matrix[row][pivot] is None:
            continue
        factor = algebra.mul(matrix[row][pivot], inverse)
        for column in range(pivot + 1, len(right)):
            matrix[row][column] = algebra.sub(matrix[row][column], algebra.mul(factor, matrix[pivot][column]))
        right[row] = algebra.sub(right[row], algebra.mul(factor, right[pivot]))
    return inverse
