"""Small models from equations as users write them, without the front end: for tests of the passes behind it."""

from __future__ import annotations

from nnc.compiler.diagnostics import Diagnostics, Source
from nnc.compiler.frontend import syntax as ast
from nnc.compiler.frontend.parse import parse_equations
from nnc.compiler.ir import arith, model
from nnc.compiler.ir.attributes import Symbol
from nnc.compiler.ir.builder import Builder
from nnc.compiler.ir.core import Block, Op, Value
from nnc.compiler.ir.define import create
from nnc.compiler.ir.model import Module
from nnc.compiler.ir.types import At, DType, value_type

METHODS = {"explicit", "implicit", "semiimplicit", "exponential", "midpoint", "rk4", "event-driven"}
COMPARE = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge", "==": "eq", "!=": "ne"}
BINARY = {"+": arith.Add, "-": arith.Sub, "*": arith.Mul, "/": arith.Div}
WIDE = {"population": ("global", At.one), "projection": ("global", At.one), "postsynaptic": ("semiglobal", At.post)}


def neuron(equations: str, parameters: str = "", arrays: str = "", method: str = "explicit", **options: str) -> Module:
    """A module with one neuron @n; `parameters` are one number each, `arrays` one per neuron."""
    return _Maker(At.neuron, method, **options).module(equations, parameters, arrays)


def synapse(
    equations: str, parameters: str = "", pre: str = "", post: str = "", method: str = "explicit", **options: str
) -> Module:
    """A module with one spiking synapse @n; `pre` and `post` are event statements."""
    return _Maker(At.syn, method, **options).module(equations, parameters, "", pre=pre, post=post)


class _Maker:
    def __init__(self, at: At, method: str, dtype: str = "f64", kind: str = "") -> None:
        self.at = at
        self.method = method
        self.dtype = DType(dtype)
        self.kind = kind or ("rate" if at is At.neuron else "spiking")
        self.types: dict[str, tuple[DType, At]] = {}
        self.draws = 0

    def module(self, equations: str, parameters: str, arrays: str, pre: str = "", post: str = "") -> Module:
        cls = model.Neuron if self.at is At.neuron else model.Synapse
        owner = create(cls, sym=Symbol("n"), kind=self.kind)
        module = create(Module, sym=Symbol("m"), dt=1.0)
        module.body.append(owner)
        self.body = owner.body
        for text, at in ((parameters, At.one), (arrays, self.at)):
            for name in text.split():
                self.declare(model.Param, name, "local", self.dtype, at)
        statements = parse(equations)
        for statement in statements:
            self.declare_variable(statement)
        for statement in statements:
            self.body.append(self.statement(statement))
        for event, text in ((model.OnPre, pre), (model.OnPost, post)):
            if text:
                self.event(event, text)
        return module

    def declare(self, cls: type[Op], name: str, locality: str, dtype: DType, at: At) -> None:
        self.types[name] = dtype, at
        self.body.append(create(cls, sym=Symbol(name), type=value_type(dtype, at), locality=locality))

    def declare_variable(self, statement: ast.Statement) -> None:
        flags = {f.name for f in statement.flags}
        name = statement.variable if isinstance(statement, ast.Ode) else statement.target.name
        locality, at = next((WIDE[f] for f in flags if f in WIDE), ("local", self.at))
        self.declare(model.State, name, locality, DType.i32 if "int" in flags else self.dtype, at)

    def statement(self, s: ast.Statement) -> Op:
        clamp = self.clamp(s)
        body = Block()
        self.b = Builder(body, loc=s.loc)
        if isinstance(s, ast.Assignment):
            name = s.target.name
            value = self.expr(s.value)
            if s.operator != "=":
                value = self.b.value(BINARY[s.operator[0]], self.get(name), value)
            self.b.yield_(self.b.cast(value, self.types[name][0]))
            return create(model.Assign, regions=[body, clamp], variable=Symbol(name), loc=s.loc)
        self.b.op(model.Equal, self.expr(s.left), self.expr(s.right))
        method = next((f.name for f in s.flags if f.name in METHODS), self.method).replace("-", "_")
        attributes = {"variable": Symbol(s.variable), "method": method}
        return create(model.Equation, regions=[body, clamp], loc=s.loc, **attributes)

    def clamp(self, s: ast.Statement) -> Block:
        bounds = [f for f in s.flags if f.name in ("min", "max")]
        if not bounds:
            return Block()
        name = s.variable if isinstance(s, ast.Ode) else s.target.name
        block = Block([value_type(self.dtype, self.types[name][1])])
        self.b = Builder(block)
        value = block.args[0]
        for flag in bounds:
            bound = self.expr(flag.value)
            outside = self.b.cmp("lt" if flag.name == "min" else "gt", value, bound)
            value = self.b.select(outside, bound, value)
        self.b.yield_(value)
        return block

    def event(self, cls: type[Op], text: str) -> None:
        op = create(cls)
        self.body.append(op)
        for s in parse(text):
            self.b = Builder(op.regions[0], loc=s.loc)
            value = self.expr(s.value)
            if s.target.name == "g_target":
                self.b.op(model.Transmit, value, mode="add")
                continue
            if s.operator != "=":
                value = self.b.value(BINARY[s.operator[0]], self.get(s.target.name), value)
            self.b.op(model.Set, value, attr=Symbol(s.target.name))

    def get(self, name: str) -> Value:
        dtype, at = self.types[name]
        got = self.b.value(model.Get, types=(value_type(dtype, at),), attr=Symbol(name))
        return self.b.cast(got, self.dtype)

    def expr(self, node: ast.Expr) -> Value:
        b, scalar = self.b, value_type(self.dtype)
        match node:
            case ast.Number(value=value):
                return b.const(float(value), self.dtype)
            case ast.Name(name="t"):
                return b.value(model.Time, types=(scalar,))
            case ast.Name(name="dt"):
                return b.value(model.Dt, types=(scalar,))
            case ast.Name(name=name):
                return self.get(name)
            case ast.Attribute(side=side, name=name):
                return b.value(model.Get, types=(scalar.with_at(At(side)),), attr=Symbol(name), side=side)
            case ast.Derivative(variable=name):
                at = self.types[name][1] if name in self.types else self.at
                return b.value(model.Ddt, types=(value_type(self.dtype, at),), variable=Symbol(name))
            case ast.Unary(operator="-", operand=a):
                return b.neg(self.expr(a))
            case ast.Binary(operator="**", left=x, right=y):
                return b.math("pow", self.expr(x), self.expr(y))
            case ast.Binary(operator=op, left=x, right=y):
                return b.value(BINARY[op], self.expr(x), self.expr(y))
            case ast.Compare(first=x, rest=((op, y),)):
                return b.cmp(COMPARE[op], self.expr(x), self.expr(y))
            case ast.Conditional(condition=c, then=x, other=y):
                return b.select(self.expr(c), self.expr(x), self.expr(y))
            case ast.Call(name=name, arguments=arguments):
                return self.call(name, arguments)
        raise NotImplementedError(node)

    def call(self, name: str, arguments: tuple[ast.Expr, ...]) -> Value:
        b = self.b
        if name == "sum":
            return b.value(model.Sum, types=(value_type(self.dtype, At.neuron),), target=arguments[0].name)
        values = [self.expr(a) for a in arguments]
        if name == "Uniform":
            self.draws += 1
            type = value_type(self.dtype, self.at)
            return b.value(model.Random, *values, types=(type,), distribution="uniform", draw=self.draws)
        if name == "pos":
            return b.max(values[0], b.like(0, values[0]))
        if name in ("abs", "min", "max"):
            return getattr(b, name)(*values)
        return b.math(name, *values)


def parse(text: str) -> list[ast.Statement]:
    diagnostics = Diagnostics()
    statements = parse_equations(Source(text, what="equations"), diagnostics)
    diagnostics.raise_if_errors()
    return statements
