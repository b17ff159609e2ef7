"""Statements, conditions and events of a model as ops with regions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nnc.compiler.frontend import compat
from nnc.compiler.frontend import syntax as ast
from nnc.compiler.frontend.lower_expr import Lowering, function_symbol, function_types
from nnc.compiler.ir import model
from nnc.compiler.ir.core import Block
from nnc.compiler.ir.define import create
from nnc.compiler.ir.names import attribute_symbol
from nnc.compiler.ir.types import At, DType, value_type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from nnc.compiler.frontend.lower_expr import Meaning
    from nnc.compiler.frontend.model import Bound, EventStatement, Model, StopCondition
    from nnc.compiler.ir.builder import Builder
    from nnc.compiler.ir.core import Op, Value

_TARGET = "g_target"


class Bodies:
    """Writes the parts of one model where the builder stands."""

    def __init__(self, builder: Builder, meaning: Meaning) -> None:
        self.builder = builder
        self.meaning = meaning

    # -- functions

    def functions(self, functions: Iterable[ast.FunctionDefinition]) -> None:
        """User functions; arguments and values of integer type are floats inside. Attributes are not visible there."""
        inside = replace(self.meaning, own={}, pre={}, post={})
        for f in functions:
            result, *types = function_types(f, self.meaning.dtype)
            names = [a.name for a in f.arguments]
            block = Block([value_type(t) for t in types], names)
            with self.builder.from_(f.loc):
                with self.builder.at(block):
                    floats = [
                        self.builder.cast(v, self.meaning.dtype) if v.type.dtype.is_int else v for v in block.args
                    ]
                    inner = Lowering(self.builder, inside, At.one, dict(zip(names, floats, strict=True)))
                    self.builder.yield_(inner.stored(f.body, result))
                self.builder.op(model.Function, sym=function_symbol(f.name.name), regions=[block])

    # -- equations

    def statements(self, owner: Model) -> None:
        """The statements of `equations`, in order."""
        for statement in owner.statements:
            name = statement.variable if isinstance(statement, ast.Ode) else statement.target.name
            info = owner.attribute(name)
            if info is None:
                raise ValueError(f"{name} passed the checks without a declaration")
            with self.builder.from_(statement.loc):
                clamp = self.clamp(name, info.bounds)
                if isinstance(statement, ast.Ode):
                    self.equation(statement, info.method or "explicit", clamp)
                else:
                    self.assignment(statement, clamp)

    def equation(self, ode: ast.Ode, method: str, clamp: Block) -> None:
        """`model.equation`."""

        def write(lowering: Lowering) -> None:
            left = lowering.number(ode.left)
            lowering.literal = self.meaning.strict and compat.is_conditional(ode.right)
            right = lowering.number(ode.right)
            self.builder.op(model.Equal, left, right)

        block = self.block(write, self.meaning.own[ode.variable].at)
        self.builder.op(
            model.Equation,
            variable=attribute_symbol(ode.variable),
            method=method,
            lagging=(self.meaning.strict and method == "exponential") or None,
            exact=(self.meaning.exact_time and method == "event_driven") or None,
            regions=[block, clamp],
        )

    def assignment(self, statement: ast.Assignment, clamp: Block) -> None:
        """`model.assign`."""
        type = self.meaning.own[statement.target.name]

        def write(lowering: Lowering) -> None:
            lowering.literal = self.meaning.strict and compat.written_out(statement)
            self._yield(lowering.stored(updated(statement), type.dtype))

        block = self.block(write, type.at)
        self.builder.op(model.Assign, variable=attribute_symbol(statement.target.name), regions=[block, clamp])

    def clamp(self, name: str, bounds: Sequence[Bound]) -> Block:
        """The region that bounds a new value; empty without bounds."""
        if not bounds:
            return Block()
        block = Block([self.meaning.own[name].with_dtype(self.meaning.dtype)], [name])
        with self.builder.at(block):
            self.builder.yield_(self.bounded(block.args[0], bounds, self.meaning.own[name].at))
        return block

    def bounded(self, value: Value, bounds: Sequence[Bound], at: At) -> Value:
        """The value within its bounds, which are applied in the order written; a NaN stays."""
        lowering = Lowering(self.builder, self.meaning, at)
        for bound in bounds:
            with self.builder.from_(bound.loc):
                limit = lowering.number(bound.value)
                value = self.builder.max(limit, value) if bound.side == "min" else self.builder.min(limit, value)
        return value

    # -- conditions and single expressions

    def condition(self, kind: type[Op], condition: ast.Condition) -> None:
        """An op whose region yields a boolean."""
        self.region(kind, condition.value, lambda w: w.truth(condition.value), literal=True)

    def stop(self, stop: StopCondition) -> None:
        """`model.stop`."""
        with self.builder.from_(stop.condition.loc):
            block = self.block(lambda w: self._yield(w.truth(stop.condition)), self.meaning.at)
            self.builder.insert(create(model.Stop, regions=[block], over=stop.over, loc=self.builder.loc))

    def psp(self, psp: ast.Expr) -> None:
        """`model.psp`."""
        self.region(model.Psp, psp, lambda w: w.number(psp), literal=True)

    def refractory(self, name: str) -> None:
        """`model.refractory`, read from an attribute."""
        block = self.block(lambda w: self._yield(self.builder.cast(w.read(name), self.meaning.dtype)), self.meaning.at)
        self.builder.op(model.Refractory, truncated=self.meaning.strict or None, regions=[block])

    def region(self, kind: type[Op], expr: ast.Expr, write: Callable[[Lowering], Value], literal: bool = False) -> None:
        """An op whose region yields one value."""

        def value(lowering: Lowering) -> None:
            lowering.literal = self.meaning.strict and literal
            self._yield(write(lowering))

        with self.builder.from_(expr.loc):
            block = self.block(value, self.meaning.at)
            self.builder.insert(create(kind, regions=[block], loc=self.builder.loc))

    # -- events

    def events(self, kind: type[Op], events: Sequence[EventStatement], owner: Model) -> None:
        """An op that executes statements in order; none is made without statements."""
        if not events:
            return
        block = Block()
        with self.builder.from_(events[0].assignment.loc), self.builder.at(block):
            for event in events:
                with self.builder.from_(event.assignment.loc):
                    self.event(event)
        self.builder.insert(create(kind, regions=[block], loc=events[0].assignment.loc))

    def event(self, event: EventStatement) -> None:
        """One statement, with the clamps of its line."""
        if event.assignment.target.name == _TARGET:
            self.transmit(event)
            return
        b, name = self.builder, event.assignment.target.name
        type = self.meaning.own[name]
        lowering = Lowering(b, self.meaning, self.meaning.at)
        lowering.literal = self.meaning.strict and compat.written_out(event.assignment)
        value = lowering.stored(updated(event.assignment), type.dtype)
        if event.bounds:
            value = self.bounded(b.cast(value, self.meaning.dtype), event.bounds, type.at)
        if event.unless_post:
            value = b.select(self.coincident(), b.cast(lowering.read(name), value.type.dtype), value)
        b.op(model.Set, b.cast(value, type.dtype), attr=attribute_symbol(name))

    def transmit(self, event: EventStatement) -> None:
        """A change of the conductance: added where that is what is meant, replaced otherwise."""
        b, statement = self.builder, event.assignment
        lowering = Lowering(b, self.meaning, self.meaning.at)
        lowering.literal = self.meaning.strict and compat.written_out(statement)
        if statement.operator in ("+=", "-=") and not event.bounds:
            value = lowering.number(statement.value)
            value = value if statement.operator == "+=" else b.neg(value)
            if event.unless_post:
                value = b.select(self.coincident(), b.like(0.0, value), value)
            b.op(model.Transmit, value, mode="add")
            return
        value = self.bounded(lowering.number(updated(statement)), event.bounds, self.meaning.at)
        if event.unless_post:
            value = b.select(self.coincident(), lowering.number(statement.target), value)
        b.op(model.Transmit, value, mode="set")

    def coincident(self) -> Value:
        """Whether the post neuron fired when the arriving spike was emitted."""
        return self.builder.value(model.Coincident, types=(value_type(DType.bool, At.syn),))

    # -- regions

    def block(self, write: Callable[[Lowering], None], draw_at: At) -> Block:
        """A region written by a function."""
        block = Block()
        with self.builder.at(block):
            write(Lowering(self.builder, self.meaning, draw_at))
        return block

    def _yield(self, value: Value) -> None:
        self.builder.yield_(value)


def updated(statement: ast.Assignment) -> ast.Expr:
    """The new value: `x += e` stands for `x + e`."""
    operators: dict[str, ast.BinaryOperator] = {"+=": "+", "-=": "-", "*=": "*", "/=": "/"}
    operator = operators.get(statement.operator)
    if operator is None:
        return statement.value
    return ast.Binary(operator, statement.target, statement.value, statement.loc)
