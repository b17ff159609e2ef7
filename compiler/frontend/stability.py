"""Whether dt suits the equations: N0705, N0706 for linear equations whose coefficients are known numbers.

An equation is looked at as a straight line in the variables of its block (`Line`), with the parameters' values for
coefficients; consecutive equations that depend on each other are one system. Where a coefficient depends on a
variable or an input nothing is said, so there are no false alarms from a state that never occurs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from nnc.compiler.diagnostics import Diagnostics
from nnc.compiler.frontend import syntax as ast
from nnc.compiler.graphs import strongly_connected

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from nnc.compiler.diagnostics import Diagnostic
    from nnc.compiler.frontend.model import Model
    from nnc.compiler.frontend.syntax import Expr

    Array = NDArray[Any]

GROWTH: Final[Mapping[str, Callable[[Array], Array]]] = {
    "explicit": lambda z: 1 + z,
    "midpoint": lambda z: 1 + z + z**2 / 2,
    "rk4": lambda z: 1 + z + z**2 / 2 + z**3 / 6 + z**4 / 24,
}
"""By what a solution of dx/dt = x * z / dt is multiplied in one step."""

_SLACK: Final = 1e-9
_SAMPLES: Final = 1000


@dataclass(frozen=True)
class Line:
    """constant + sum of slope * variable; the constant is None if unknown, `bent` are variables without a slope."""

    constant: Array | None = None
    slopes: Mapping[str, Array] = field(default_factory=dict)
    bent: frozenset[str] = frozenset()

    @property
    def reads(self) -> frozenset[str]:
        """The variables it depends on."""
        return self.bent | self.slopes.keys()

    @property
    def known(self) -> bool:
        """Whether it is a number."""
        return self.constant is not None and not self.reads


def check_steps(model: Model, values: Mapping[str, Any], dt: float) -> tuple[Diagnostic, ...]:
    """Warnings for a step that is too long. `values` are those of parameters and constants, numbers or flat arrays."""
    d = Diagnostics()
    method = {a.name: a.method for a in model.attributes}
    locality = {a.name: a.locality for a in model.attributes}
    odes = [s for s in model.statements if isinstance(s, ast.Ode) and method.get(s.variable) != "event_driven"]
    if not odes:
        return ()
    known = _sampled(values)
    order = {id(s): i for i, s in enumerate(model.statements)}
    for _, run in groupby(enumerate(odes), lambda p: (order[id(p[1])] - p[0], locality.get(p[1].variable))):
        _block([ode for _, ode in run], known, method, dt, d)
    return tuple(d)


def _sampled(values: Mapping[str, Any]) -> dict[str, Array]:
    """Numbers as they are; of arrays the same elements of all, the extreme ones of each among them."""
    arrays = {name: np.asarray(v, np.float64).reshape(-1) for name, v in values.items()}
    length = max((len(a) for a in arrays.values()), default=1)
    if length <= _SAMPLES:
        return arrays
    wide = [a for a in arrays.values() if len(a) == length]
    chosen = {*range(0, length, -(-length // _SAMPLES)), *(int(f(a)) for a in wide for f in (np.argmin, np.argmax))}
    index = np.array(sorted(chosen))
    return {name: a[index] if len(a) == length else a for name, a in arrays.items() if len(a) in (1, length)}


def _block(
    odes: Sequence[ast.Ode],
    known: Mapping[str, Array],
    method: Mapping[str, str | None],
    dt: float,
    d: Diagnostics,
) -> None:
    names = [ode.variable for ode in odes]
    with np.errstate(all="ignore"):
        lines = {ode.variable: _derivative(ode, _Lines(known, frozenset(names))) for ode in odes}
        for names_of_group in strongly_connected({name: lines[name].reads for name in names}):
            group = frozenset(names_of_group)
            members = [ode for ode in odes if ode.variable in group]
            if any(lines[n].bent & group for n in group) or len({method[n] for n in group}) > 1:
                continue
            _system(members, lines, method[members[0].variable] or "", dt, d)


def _system(odes: Sequence[ast.Ode], lines: Mapping[str, Line], method: str, dt: float, d: Diagnostics) -> None:
    if method not in GROWTH:
        return
    zero = np.zeros(1)
    rows = [[lines[a.variable].slopes.get(b.variable, zero) for b in odes] for a in odes]
    flat = np.broadcast_arrays(*(x for row in rows for x in row))
    matrix = np.stack(flat, -1).reshape(-1, len(odes), len(odes))
    matrix = matrix[np.isfinite(matrix).all((1, 2))]
    if not len(matrix):
        return
    eigenvalues = np.linalg.eigvals(matrix).reshape(-1).astype(np.complex128)
    # what grows by itself is meant to grow
    fading = eigenvalues[(eigenvalues.real <= 0.0) & (np.abs(eigenvalues) > 0.0)]
    if not len(fading):
        return
    worst = complex(fading[np.argmax(np.abs(GROWTH[method](fading * dt)))])
    if abs(GROWTH[method](np.array(worst * dt))) > 1.0 + _SLACK:
        _unstable(odes, method, worst, fading, dt, d)
        return
    fastest = float(np.max(-fading.real))
    if dt * fastest > 1.0 + _SLACK:
        help = f"use a dt of at most {_short(1.0 / fastest)} ms, or {_alternative(odes)}"
        what = f"the time constant of {_names(odes)}, {_short(1.0 / fastest)} ms, is below dt = {_short(dt)} ms"
        d.warning("N0705", what, odes[0].loc, help=help)


def _unstable(odes: Sequence[ast.Ode], method: str, worst: complex, fading: Array, dt: float, d: Diagnostics) -> None:
    longest = _longest_step(method, fading, dt)
    smaller = f"use a dt of at most {_short(longest)} ms, or " if longest is not None else "use "
    value = _short(worst.real) if worst.imag == 0.0 else f"{_short(worst.real)} ± {_short(abs(worst.imag))}i"
    what = f"{_names(odes)} will oscillate with growing amplitude: dt = {_short(dt)} ms is too long for '{method}'"
    factor = _short(float(abs(GROWTH[method](np.array(worst * dt)))))
    notes = (f"the equation has the eigenvalue {value} per ms: its part is multiplied by {factor} in every step",)
    d.warning("N0706", what, odes[0].loc, help=smaller + _alternative(odes), notes=notes)


def _longest_step(method: str, eigenvalues: Array, dt: float) -> float | None:
    """The longest of the steps dt, dt * 0.98, ... that keeps all of them from growing, if there is one."""
    steps = dt * 0.98 ** np.arange(600)
    stable = (np.abs(GROWTH[method](steps[:, None] * eigenvalues[None, :])) <= 1.0 + 1e-12).all(1)
    return float(steps[np.argmax(stable)]) if stable.any() else None


def _alternative(odes: Sequence[ast.Ode]) -> str:
    return "the method 'exponential'" if len(odes) == 1 else "the method 'implicit'"


def _names(odes: Sequence[ast.Ode]) -> str:
    return " and ".join(f"'{ode.variable}'" for ode in odes)


def _short(x: float) -> str:
    return f"{x:.3g}"


def _derivative(ode: ast.Ode, lines: _Lines) -> Line:
    """The line of d(variable)/dt: the equation is solved for it."""
    both = lines.sub(lines.of(ode.right), lines.of(ode.left))
    derivative = both.slopes.get(_RATE)
    if derivative is None or _RATE in both.bent:
        return Line(None, {}, frozenset({ode.variable}))
    scale = -1.0 / derivative
    slopes = {n: s * scale for n, s in both.slopes.items() if n != _RATE}
    return Line(None, slopes, both.bent)


_RATE: Final = "d/dt"


class _Lines:
    """Expressions as straight lines. `known` are numbers, `moving` the variables of the block."""

    def __init__(self, known: Mapping[str, Array], moving: frozenset[str]) -> None:
        self.known = known
        self.moving = moving

    def of(self, expr: Expr) -> Line:
        """The line of an expression."""
        match expr:
            case ast.Number(value=value):
                return Line(np.array([value]))
            case ast.Name(name=name) if name in self.moving:
                return Line(np.zeros(1), {name: np.ones(1)})
            case ast.Name(name=name):
                return Line(self.known.get(name))
            case ast.Derivative():
                return Line(np.zeros(1), {_RATE: np.ones(1)})
            case ast.Unary(operator="+", operand=operand):
                return self.of(operand)
            case ast.Unary(operator="-", operand=operand):
                return self.sub(Line(np.zeros(1)), self.of(operand))
            case ast.Binary(operator="+", left=left, right=right):
                return self.sub(self.of(left), self.sub(Line(np.zeros(1)), self.of(right)))
            case ast.Binary(operator="-", left=left, right=right):
                return self.sub(self.of(left), self.of(right))
            case ast.Binary(operator="*", left=left, right=right):
                return self.product(self.of(left), self.of(right))
            case ast.Binary(operator="/", left=left, right=right):
                divisor = self.of(right)
                if divisor.known and divisor.constant is not None:
                    return self.product(self.of(left), Line(1.0 / divisor.constant))
                return self.curve(expr)
            case _:
                return self.curve(expr)

    def curve(self, expr: Expr) -> Line:
        """Something whose form is not looked at."""
        bent = frozenset[str]().union(*(self.of(child).reads for child in ast.children(expr)))
        return Line(None, {}, bent)

    def sub(self, a: Line, b: Line) -> Line:
        """a - b."""
        constant = None if a.constant is None or b.constant is None else a.constant - b.constant
        zero = np.zeros(1)
        slopes = {n: a.slopes.get(n, zero) - b.slopes.get(n, zero) for n in (*a.slopes, *b.slopes)}
        return Line(constant, slopes, a.bent | b.bent)

    def product(self, a: Line, b: Line) -> Line:
        """a * b, a line if one of them is a number."""
        if b.known:
            a, b = b, a
        if not a.known or a.constant is None:
            return Line(None, {}, a.reads | b.reads)
        constant = None if b.constant is None else a.constant * b.constant
        return Line(constant, {n: a.constant * s for n, s in b.slopes.items()}, b.bent)
