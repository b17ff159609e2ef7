"""The check of units (`units={"v": "mV"}`): N0707 to N0710. It says what does not fit and changes nothing.

What has no declared unit is not checked. A number by itself fits everything it is added to or compared with; as a
factor it has no unit.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from nnc.compiler.diagnostics import did_you_mean
from nnc.compiler.frontend import syntax as ast
from nnc.compiler.frontend.builtins import DISTRIBUTIONS, REDUCTIONS
from nnc.compiler.frontend.dimensions import ONE, Unit, parse_unit
from nnc.compiler.frontend.model import NeuronModel, SynapseModel
from nnc.compiler.frontend.remarks import events
from nnc.compiler.frontend.values import number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nnc.compiler.diagnostics import Diagnostics, Loc
    from nnc.compiler.frontend.model import EventStatement, Model
    from nnc.compiler.frontend.syntax import Expr


class Open(enum.Enum):
    """What has no unit of its own."""

    UNKNOWN = "not declared"
    NUMBER = "a number, which takes the unit of its neighbours"


Quantity = Unit | Open

_MS: Final = parse_unit("ms")
_TIMES: Final = ("t", "dt", "t_last", "t_pre", "t_post")
_KEEPING: Final = frozenset(
    {*("abs", "fabs", "pos", "positive", "neg", "negative", "floor", "ceil", "ceiling", "round", "clip", "max", "min")}
    | {"hypot", "modulo", *REDUCTIONS}
)
_ROOTS: Final = {"sqrt": Fraction(1, 2), "cbrt": Fraction(1, 3)}
_POWERS: Final = ("pow", "power")
_ANY: Final = frozenset({"sign", "Heaviside", "isnan", "isfinite"})
_DEPTH: Final = 20


def check_units(
    model: Model,
    declared: Mapping[str, str],
    functions: Mapping[str, ast.FunctionDefinition],
    d: Diagnostics,
) -> None:
    """Report what does not fit in a model whose attributes have the `declared` units.

    Keys are attributes, constants, `pre.x`, `post.x`, `g_target` and `sum(target)`.
    """
    if not declared:
        return
    units = _read(model, declared, d)
    if d.errors:
        return
    checker = Checker(units, functions, d)
    for statement in model.statements:
        _statement(statement, checker)
    for info in model.attributes:
        for bound in info.bounds:
            checker.fit(checker.named(info.name), checker.of(bound.value), bound.value.loc, info.loc)
    for event in events(model):
        _event(event, checker)
    if isinstance(model, NeuronModel):
        for condition in (model.spike, model.axon_spike):
            if condition is not None:
                checker.of(condition.value)
    if isinstance(model, SynapseModel) and model.psp is not None:
        checker.of(model.psp)


def _read(model: Model, declared: Mapping[str, str], d: Diagnostics) -> dict[str, Unit]:
    units: dict[str, Unit] = {}
    names = [a.name for a in model.attributes]
    free = ("pre.", "post.", "sum(")
    for name, text in declared.items():
        if name not in names and name != "g_target" and not name.startswith(free):
            help = did_you_mean(name, names) or "units are given to attributes, 'pre.x', 'post.x' and 'sum(target)'"
            d.error("N0708", f"a unit is given to '{name}', which the model does not have", model.loc, help=help)
        try:
            units[name] = parse_unit(text)
        except ValueError as error:
            help = "write units as in 'mV', '1', 'nS*mV', 'mV/ms^2' or '1/(ms*nS)'"
            d.error("N0707", f"the unit {text!r} of '{name}' cannot be read: {error}", model.loc, help=help)
    return units


def _statement(statement: ast.Statement, checker: Checker) -> None:
    if isinstance(statement, ast.Ode):
        checker.fit(checker.of(statement.left), checker.of(statement.right), statement.right.loc, statement.left.loc)
    else:
        _assignment(statement, checker)


def _event(event: EventStatement, checker: Checker) -> None:
    _assignment(event.assignment, checker)
    target = checker.named(event.assignment.target.name)
    for bound in event.bounds:
        checker.fit(target, checker.of(bound.value), bound.value.loc, event.assignment.target.loc)


def _assignment(statement: ast.Assignment, checker: Checker) -> None:
    value, target = checker.of(statement.value), checker.named(statement.target.name)
    if statement.operator in ("*=", "/="):
        checker.pure(value, statement.value.loc, f"the factor of '{statement.operator}'")
        return
    if target is Open.UNKNOWN and statement.operator == "=" and isinstance(value, Unit):
        checker.units[statement.target.name] = value
        return
    checker.fit(target, value, statement.value.loc, statement.target.loc)


@dataclass
class Checker:
    """Units of expressions. `units` are those of names; assignments add what they find out."""

    units: dict[str, Unit]
    functions: Mapping[str, ast.FunctionDefinition]
    diagnostics: Diagnostics
    arguments: Mapping[str, Quantity] = field(default_factory=dict)
    depth: int = 0

    def named(self, name: str) -> Quantity:
        """The unit of a name."""
        if name in self.arguments:
            return self.arguments[name]
        if name in self.units:
            return self.units[name]
        if name in _TIMES:
            return _MS
        return Open.NUMBER if name == "pi" else Open.UNKNOWN

    def of(self, expr: Expr) -> Quantity:
        """The unit of an expression, all in it checked."""
        match expr:
            case ast.Number() | ast.Bool():
                return Open.NUMBER
            case ast.Name(name=name):
                return self.named(name)
            case ast.Attribute(side=side, name=name):
                return self.named(f"{side}.{name}")
            case ast.Derivative(variable=name):
                unit = self.named(name)
                return unit / _MS if isinstance(unit, Unit) else unit
            case ast.Unary(operator=operator, operand=operand):
                unit = self.of(operand)
                return Open.NUMBER if operator == "not" else unit
            case ast.Binary():
                return self.binary(expr)
            case ast.Compare(first=first, rest=rest):
                self.same((first, *(e for _, e in rest)))
                return Open.NUMBER
            case ast.Conditional(condition=condition, then=then, other=other):
                self.of(condition)
                return self.same((then, other))
            case ast.Call():
                return self.call(expr)

    def binary(self, expr: ast.Binary) -> Quantity:
        """The unit of an operation."""
        if expr.operator in ("+", "-", "%"):
            return self.same((expr.left, expr.right))
        if expr.operator == "**":
            return self.power(expr.left, expr.right)
        left, right = self.of(expr.left), self.of(expr.right)
        if expr.operator in ("and", "or") or (left is Open.NUMBER and right is Open.NUMBER):
            return Open.NUMBER
        a, b = (ONE if q is Open.NUMBER else q for q in (left, right))
        if not isinstance(a, Unit) or not isinstance(b, Unit):
            return Open.UNKNOWN
        return a * b if expr.operator == "*" else a / b

    def power(self, base: Expr, exponent: Expr) -> Quantity:
        """The unit of base ** exponent; only a number of known value changes a unit in a known way."""
        unit, value = self.of(base), number(exponent)
        self.pure(self.of(exponent), exponent.loc, "an exponent")
        if not isinstance(unit, Unit) or unit == ONE:
            return unit
        if value is None:
            self.pure(unit, base.loc, "the base of a power with a variable exponent")
            return Open.UNKNOWN
        return unit.power(Fraction(value).limit_denominator(1000))

    def same(self, terms: Sequence[Expr]) -> Quantity:
        """The common unit of terms that are added, compared or chosen from."""
        result = self.of(terms[0])
        for before, term in pairwise(terms):
            result = self.fit(result, self.of(term), term.loc, before.loc)
        return result

    def fit(self, a: Quantity, b: Quantity, at: Loc, other: Loc) -> Quantity:
        """N0709 if two units differ; gives what is known of both: nothing after an error, so that it is said once."""
        if isinstance(a, Unit) and isinstance(b, Unit):
            if a != b:
                help = "numbers in products have no unit: give them a name, and the name a unit"
                what = f"units do not fit: this is in {b}, but {a} is needed"
                self.diagnostics.error("N0709", what, at, help=help, related=((other, f"this is in {a}"),))
                return Open.UNKNOWN
            return a
        if isinstance(a, Unit) or isinstance(b, Unit):
            return a if isinstance(a, Unit) else b
        return a if a is b else Open.UNKNOWN

    def pure(self, quantity: Quantity, at: Loc, what: str) -> None:
        """N0710 if something that must be a pure number has a unit."""
        if isinstance(quantity, Unit) and quantity != ONE:
            help = "divide by something of the same unit"
            self.diagnostics.error("N0710", f"{what} is a number without unit, this is in {quantity}", at, help=help)

    def call(self, call: ast.Call) -> Quantity:
        """The unit of a function's value."""
        if call.name == "sum":
            target = call.arguments[0].name if call.arguments and isinstance(call.arguments[0], ast.Name) else ""
            return self.named(f"{call.side}.sum({target})" if call.side else f"sum({target})")
        if call.name in self.functions:
            return self.user_function(call, self.functions[call.name])
        if call.name in DISTRIBUTIONS:
            return self.distribution(call)
        if call.name in _KEEPING:
            return self.same(call.arguments)
        if call.name in _POWERS and len(call.arguments) == 2:
            return self.power(*call.arguments)
        units = [self.of(a) for a in call.arguments]
        if call.name in _ROOTS:
            unit = units[0]
            return unit.power(_ROOTS[call.name]) if isinstance(unit, Unit) else unit
        if call.name == "atan2":
            self.fit(units[0], units[1], call.arguments[1].loc, call.arguments[0].loc)
        elif call.name not in _ANY:
            for unit, argument in zip(units, call.arguments, strict=True):
                self.pure(unit, argument.loc, f"the argument of '{call.name}'")
        return Open.NUMBER if Open.NUMBER in units else ONE

    def distribution(self, call: ast.Call) -> Quantity:
        """The unit of a random number."""
        given = (*call.arguments, *(e for _, e in call.keywords))
        if call.name in ("Uniform", "DiscreteUniform", "Normal"):
            return self.same(given)
        units = [self.of(e) for e in given]
        if call.name == "Exponential" and isinstance(units[0], Unit):
            return ONE / units[0]
        if call.name == "Gamma":
            return units[-1]
        for unit, e in zip(units, given, strict=True):
            self.pure(unit, e.loc, f"a parameter of '{call.name}'")
        return Open.NUMBER

    def user_function(self, call: ast.Call, function: ast.FunctionDefinition) -> Quantity:
        """The unit of the body with the units of the arguments put in."""
        units = [self.of(a) for a in call.arguments]
        if self.depth >= _DEPTH:
            return Open.UNKNOWN
        names = (a.name for a in function.arguments)
        inner = Checker({}, self.functions, self.diagnostics, dict(zip(names, units, strict=False)), self.depth + 1)
        return inner.of(function.body)
