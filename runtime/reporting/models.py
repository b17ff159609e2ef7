"""Neuron and synapse models as formulas, read from the model level of the IR before any pass has touched it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, cast

from nnc.compiler.ir import arith, model
from nnc.runtime.reporting import names
from nnc.runtime.reporting.document import Cell, Formulas, Line, Maths, joined, text
from nnc.runtime.reporting.maths import Binary, Call, Compare, Expr, Negative, Over, Relation, Symbol
from nnc.runtime.reporting.names import symbols_of
from nnc.runtime.reporting.reading import Reader

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nnc.compiler.ir.core import Block, Op, Value

METHODS: Final = {
    "explicit": "explicit Euler",
    "implicit": "implicit Euler",
    "semiimplicit": "semi-implicit Euler",
    "exponential": "exponential Euler",
    "midpoint": "midpoint",
    "rk4": "Runge-Kutta of order 4",
    "event_driven": "event-driven",
}
_SHARED: Final = {
    "model.neuron": {"global": "one value for the population"},
    "model.synapse": {"global": "one value for the projection", "semiglobal": "one value per post neuron"},
}
_EVENTS: Final = {
    model.Reset: "Reset after a spike",
    model.AxonReset: "Reset after an axonal event",
    model.OnPre: "When a spike arrives",
    model.OnPost: "When the post neuron fires",
    model.OnAxon: "When an axonal event arrives",
}
_CONDITIONS: Final = {model.Spike: "Spike if", model.AxonSpike: "Axonal event if"}
_RESERVED: Final = (names.TIME, names.T_LAST, names.TARGET, Symbol("t", ("pre",)), Symbol("t", ("post",)))


Rule = tuple["Block", Cell]
"""A condition of structural plasticity, and how likely it is and what it makes."""


@dataclass(frozen=True)
class Equations:
    """What a model says, and the marks of `notation` that its formulas have."""

    parts: tuple[Formulas, ...]
    used: frozenset[str]


def symbols(owner: Op) -> dict[str, Symbol]:
    """The symbols of the attributes that a model declares, and of the constants that it reads, by name."""
    declared = [op for op in owner.regions[0].ops if isinstance(op, model.Param | model.State | model.Stream)]
    read = [str(op.attr) for op in owner.find(model.Get)]
    constants = [name.removeprefix("const.") for name in read if name.startswith("const.")]
    return symbols_of([*(str(op.sym).removeprefix("own.") for op in declared), *constants], _RESERVED)


def equations(
    owner: model.Neuron | model.Synapse,
    functions: Iterable[model.Function] = (),
    pre: Mapping[str, Symbol] | None = None,
    post: Mapping[str, Symbol] | None = None,
    rules: Mapping[str, Rule] | None = None,
    drives: bool = False,
) -> Equations:
    """The formulas of a model. `functions` are those of the network, `pre` and `post` the symbols of the neurons at
    the ends of a synapse, `rules` the conditions of structural plasticity by what they do; `drives`: the post neurons
    spike, so that sums go to a conductance."""
    return _Writer(owner, symbols(owner), pre, post, drives).write(functions, rules or {})


class _Writer:
    def __init__(
        self,
        owner: model.Neuron | model.Synapse,
        own: Mapping[str, Symbol],
        pre: Mapping[str, Symbol] | None,
        post: Mapping[str, Symbol] | None,
        drives: bool,
    ) -> None:
        self.owner = owner
        self.drives = drives
        self.reader = Reader(own, pre, post)
        self.locality = {
            str(op.sym): str(op.locality) for op in owner.body.ops if isinstance(op, model.Param | model.State)
        }

    def write(self, functions: Iterable[model.Function], rules: Mapping[str, Rule]) -> Equations:
        body = list(self.owner.body.ops)
        own = [op for op in body if isinstance(op, model.Function)]
        called = _called([self.owner, *own], [*own, *functions])
        parts = [
            Formulas("Functions", tuple(self._function(f) for f in called)),
            Formulas("Dynamics", tuple(self._statement(op) for op in body if isinstance(op, _STATEMENTS))),
            *(Formulas(title, tuple(self._condition(op, kind))) for kind, title in _CONDITIONS.items() for op in body),
            *(Formulas(title, tuple(self._events(op, kind))) for kind, title in _EVENTS.items() for op in body),
            Formulas("Refractory period", tuple(self._refractory(op) for op in body if _is_refractory(op))),
            *(Formulas("Transmission", (self._psp(op),)) for op in body if isinstance(op, model.Psp)),
            *(Formulas("Run ends if", (self._stop(op),)) for op in body if isinstance(op, model.Stop)),
            *(Formulas(title, (Line(self.reader.read(_value(b)), told),)) for title, (b, told) in rules.items()),
        ]
        used = set(self.reader.used)
        if isinstance(self.owner, model.Synapse) and any(
            op.side in ("pre", "post") for op in self.owner.find(model.Get)
        ):
            used.add("sides")
        return Equations(tuple(p for p in parts if p.lines), frozenset(used))

    def _function(self, op: model.Function) -> Line:
        name = str(op.sym).removeprefix(model.FUNCTION_PREFIX)
        arguments = tuple(names.symbol_of(a.hint or "x") for a in op.body.args)
        return Line(Relation(Call(name, arguments), "=", self.reader.read(_value(op.body))))

    def _statement(self, op: Op) -> Line:
        if isinstance(op, model.Equation):
            last = op.body.ops[-1]
            sides = Relation(self.reader.read(last.operands[0]), "=", self.reader.read(last.operands[1]))
            method = text(METHODS[str(op.method)])
            return Line(sides, self._remark(str(op.variable), [method], op.clamp))
        assert isinstance(op, model.Assign)
        sides = Relation(self.reader.attribute(str(op.variable)), "=", self.reader.read(_value(op.body)))
        return Line(sides, self._remark(str(op.variable), [], op.clamp))

    def _remark(self, name: str, cells: list[Cell], clamp: Block) -> Cell:
        shared = _SHARED[self.owner.name].get(self.locality.get(name, "local"))
        if shared is not None:
            cells.append(text(shared))
        cells += [(Maths(bound),) for bound in self._bounds(name, clamp)]
        return joined(cells)

    def _bounds(self, name: str, clamp: Block) -> list[Expr]:
        """The bounds that a clamp applies, in the order of the text."""
        found: list[Expr] = []
        value = _value(clamp) if clamp.ops else None
        while value is not None and isinstance(value.op, arith.Max | arith.Min | arith.Cast):
            op = value.op
            if not isinstance(op, arith.Cast):
                sign = "ge" if isinstance(op, arith.Max) else "le"
                found.insert(0, Compare((self.reader.attribute(name), self.reader.read(op.operands[0])), (sign,)))
            value = op.operands[-1]
        return found

    def _condition(self, op: Op, kind: type[Op]) -> list[Line]:
        return [Line(self.reader.read(_value(op.regions[0])))] if isinstance(op, kind) else []

    def _events(self, op: Op, kind: type[Op]) -> list[Line]:
        if not isinstance(op, kind):
            return []
        return [self._change(inner) for inner in op.regions[0].ops if isinstance(inner, model.Set | model.Transmit)]

    def _change(self, op: model.Set | model.Transmit) -> Line:
        value = self.reader.read(op.operands[0])
        if isinstance(op, model.Set):
            return Line(Relation(self.reader.attribute(str(op.attr)), "<-", value))
        self.reader.used.add("g_target")
        target = names.TARGET
        return Line(Relation(target, "<-", _plus(target, value) if op.mode == "add" else value))

    def _refractory(self, op: Op) -> Line:
        return Line(self.reader.read(_value(op.regions[0])), text("in ms"))

    def _psp(self, op: model.Psp) -> Line:
        value = self.reader.read(_value(op.body))
        if self.owner.kind == "spiking":
            self.reader.used.add("g_target")
            return Line(Relation(names.TARGET, "<-", _plus(names.TARGET, value)), text("in every step"))
        operation = cast('Literal["sum", "max", "min", "mean"]', str(cast("model.Synapse", self.owner).operation))
        remark = text("over the synapses of a post neuron")
        if self.drives:
            self.reader.used.add("g_target")
            return Line(Relation(names.TARGET, "<-", _plus(names.TARGET, Over(operation, value))), remark)
        self.reader.used.add("sum")
        return Line(Relation(Symbol("Sigma", ("target",)), "=", Over(operation, value)), remark)

    def _stop(self, op: model.Stop) -> Line:
        return Line(self.reader.read(_value(op.body)), text(f"in {op.over} neuron{'s' if op.over == 'all' else ''}"))


_STATEMENTS: Final = (model.Equation, model.Assign)


def _is_refractory(op: Op) -> bool:
    return isinstance(op, model.Refractory)


def _value(block: Block) -> Value:
    return block.ops[-1].operands[0]


def _plus(target: Expr, value: Expr) -> Expr:
    if isinstance(value, Negative):
        return Binary("-", target, value.operand)
    return Binary("+", target, value)


def _called(owners: list[Op], known: list[model.Function]) -> list[model.Function]:
    """The functions that are called, by each other too, in the order of their definition; own ones first."""
    by_name: dict[str, model.Function] = {}
    for function in known:
        by_name.setdefault(str(function.sym), function)
    wanted = {str(c.callee) for o in owners for c in o.find(model.Call)}
    grown = True
    while grown:
        calls = {str(c.callee) for n in wanted if n in by_name for c in by_name[n].find(model.Call)}
        grown = not calls <= wanted
        wanted |= calls
    return [f for name, f in by_name.items() if name in wanted]
