"""From texts and Python values to declared attributes: parameters, variables, event statements."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nnc.compiler.description import ConstantRef, Drawn, ParameterDecl, VariableDecl
from nnc.compiler.diagnostics import did_you_mean
from nnc.compiler.frontend import flags as fl
from nnc.compiler.frontend import syntax as ast
from nnc.compiler.frontend.builtins import METHODS
from nnc.compiler.frontend.model import AttributeInfo, Bound, EventStatement
from nnc.compiler.frontend.values import initial_value, number, parameter_value, same, stored

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from typing import Literal

    from nnc.compiler.description import Equations, Init, Kind
    from nnc.compiler.diagnostics import Diagnostics, Loc, Source
    from nnc.compiler.frontend.model import InitialValue
    from nnc.compiler.frontend.texts import Texts


@dataclass(frozen=True)
class Entry:
    """A statement with its flags read; `init` may be a Python value."""

    statement: ast.Statement
    flags: fl.Flags
    init: ast.Expr | Init | None

    @property
    def name(self) -> str:
        """The variable it defines."""
        return self.statement.variable if isinstance(self.statement, ast.Ode) else self.statement.target.name

    @property
    def loc(self) -> Loc:
        """Where the name of the variable stands."""
        return self.statement.variable_loc if isinstance(self.statement, ast.Ode) else self.statement.target.loc


class Declare:
    """Declares the attributes of one model."""

    def __init__(self, texts: Texts, owner: fl.Owner, constants: Collection[str], diagnostics: Diagnostics) -> None:
        self.texts = texts
        self.owner = owner
        self.constants = constants
        self.diagnostics = diagnostics

    # -- parameters

    def parameters(self, given: Source | tuple[Source | ParameterDecl, ...]) -> list[AttributeInfo]:
        """The parameters, in order. Those of texts are local unless flagged, others as they say."""
        out: list[AttributeInfo] = []
        for item in given if isinstance(given, tuple) else (given,):
            if isinstance(item, ParameterDecl):
                out.append(self._python_parameter(item))
            else:
                out += [self._parameter(p) for p in self.texts.parameters(item)]
        return out

    def _parameter(self, p: ast.Parameter) -> AttributeInfo:
        read = fl.read_flags(p.flags, fl.PARAMETER, self.owner, self.diagnostics)
        written = p.value if p.value is not None else read.init
        is_word = isinstance(written, ast.Bool) or (isinstance(written, ast.Name) and written.name in ("true", "false"))
        kind: Kind = read.kind or ("bool" if is_word else "float")
        value: InitialValue = stored(0, kind)
        if written is not None:
            value = parameter_value(written, kind, self.constants, self.diagnostics)
        return AttributeInfo(p.name.name, "parameter", read.locality or "local", kind, value, loc=p.name.loc)

    def _python_parameter(self, p: ParameterDecl) -> AttributeInfo:
        if p.locality == "semiglobal" and self.owner == "neuron":
            help = "a neuron knows 'local' and 'global'"
            self.diagnostics.error(
                "N0301", f"the parameter '{p.name}' of a neuron cannot be semiglobal", p.loc, help=help
            )
        if not p.name.isidentifier() or not p.name.isascii():
            help = "a name is made of letters, digits and '_'"
            self.diagnostics.error("N0203", f"{p.name!r} cannot be a name", p.loc, help=help)
        value: InitialValue
        if isinstance(p.value, ConstantRef | Drawn):
            value = p.value
        elif isinstance(p.value, str):
            value = self._named_constant(p.name, p.value, p.loc)
        else:
            value = stored(p.value, p.kind)
        return AttributeInfo(p.name, "parameter", p.locality, p.kind, value, loc=p.loc, soft=p.soft)

    def _named_constant(self, owner: str, name: str, loc: Loc) -> InitialValue:
        if name not in self.constants:
            help = (
                did_you_mean(name, self.constants) or "give a number, or declare Constant(...) before the model is used"
            )
            self.diagnostics.error("N0307", f"the value of '{owner}' names no constant: '{name}'", loc, help=help)
        return ConstantRef(name)

    # -- statements

    def entries(self, given: Equations, allowed: frozenset[fl.Group]) -> list[Entry]:
        """The statements of texts and `Variable`s in order, with their flags."""
        out: list[Entry] = []
        for item in given:
            if isinstance(item, VariableDecl):
                out += self._python_variable(item, allowed)
                continue
            for statement in self.texts.equations(item):
                read = self._flags(statement, allowed)
                out.append(Entry(statement, read, read.init))
        return out

    def _flags(self, statement: ast.Statement, allowed: frozenset[fl.Group]) -> fl.Flags:
        fitting = allowed if isinstance(statement, ast.Ode) else allowed - {"method"}
        read = fl.read_flags(statement.flags, fitting, self.owner, self.diagnostics)
        self._check_bounds(read.bounds)
        return read

    def _check_bounds(self, bounds: tuple[Bound, ...]) -> None:
        values = {b.side: number(b.value) for b in bounds}
        low, high = values.get("min"), values.get("max")
        if low is not None and high is not None and low > high:
            help = "the variable would always be at the bound that is written last"
            self.diagnostics.error("N0313", f"min = {low} is above max = {high}", bounds[0].loc, help=help)

    def _python_variable(self, v: VariableDecl, allowed: frozenset[fl.Group]) -> list[Entry]:
        statements = self.texts.equations(v.equation)
        if len(statements) > 1:
            help = "write one Variable for each equation"
            loc = statements[1].loc
            self.diagnostics.error("N0115", "a Variable holds one equation", loc, help=help)
        if not statements:
            return []
        statement = statements[0]
        written = self._flags(statement, allowed)
        merged = self._merged(v, written, statement, allowed)
        init: ast.Expr | Init | None = written.init
        if v.init is not None:
            init = self.texts.fragment(v.init, v.equation, "init") if isinstance(v.init, str) else v.init
            self._contradiction("init", written.init, init, statement.loc)
        return [Entry(statement, merged, init)]

    def _merged(
        self, v: VariableDecl, written: fl.Flags, statement: ast.Statement, allowed: frozenset[fl.Group]
    ) -> fl.Flags:
        """The flags of the text and the keywords together."""
        bounds = list(written.bounds)
        for side, value in (("min", v.min), ("max", v.max)):
            bounds += self._python_bound("min" if side == "min" else "max", value, v.equation, statement.loc, written)
        self._contradiction("type", written.kind, v.kind, statement.loc)
        self._contradiction("locality", written.locality, v.locality, statement.loc)
        if v.locality == "semiglobal" and self.owner == "neuron":
            help = "a neuron knows 'local' and 'global'"
            self.diagnostics.error("N0301", "a variable of a neuron cannot be semiglobal", statement.loc, help=help)
        merged = replace(
            written,
            bounds=tuple(bounds),
            kind=written.kind or v.kind,
            locality=written.locality or v.locality,
            method=self._python_method(v.method, written, statement, allowed),
        )
        if len(bounds) > len(written.bounds):
            self._check_bounds(merged.bounds)
        return merged

    def _python_bound(
        self, side: Literal["min", "max"], value: str | float | None, beside: Source, loc: Loc, written: fl.Flags
    ) -> list[Bound]:
        if value is None:
            return []
        expr: ast.Expr | None
        if isinstance(value, str):
            expr = self.texts.fragment(value, beside, side)
        else:
            expr = ast.Number(float(value), False, loc)
        if expr is None:
            return []
        before = next((b.value for b in written.bounds if b.side == side), None)
        self._contradiction(side, before, expr, loc)
        return [Bound(side, expr, loc)] if before is None else []

    def _python_method(
        self, method: str | None, written: fl.Flags, statement: ast.Statement, allowed: frozenset[fl.Group]
    ) -> str | None:
        if method is None:
            return written.method
        if method not in METHODS:
            known = [m for m in METHODS if m != "exact"]
            help = did_you_mean(method, known) or "methods are " + ", ".join(f"'{m}'" for m in known)
            self.diagnostics.error("N0504", f"unknown method '{method}'", statement.loc, help=help)
            return written.method
        if not isinstance(statement, ast.Ode) or "method" not in allowed:
            help = "an assignment is executed once per step as it stands; remove the method"
            what = f"the method '{method}' belongs to a differential equation"
            self.diagnostics.error("N0503", what, statement.loc, help=help)
            return None
        if written.method is not None and written.method != METHODS[method]:
            what = f"the flag '{written.method}' and the keyword method='{method}'"
            self.diagnostics.error(
                "N0501", f"two methods for one equation: {what}", written.method_loc, help="keep one"
            )
        return METHODS[method]

    def _contradiction(self, what: str, written: object, given: object, loc: Loc) -> None:
        if written is None or given is None or same(written, given):
            return
        self.diagnostics.error(
            "N0113",
            f"the text has a flag '{what}', the Variable a keyword '{what}', and they differ",
            loc,
            help="keep one",
        )

    # -- attributes

    def variables(self, entries: Iterable[Entry], parameters: Collection[str], method: str) -> list[AttributeInfo]:
        """The variables that the entries define; `method` is for equations that name none."""
        entries = list(entries)
        names = {*parameters, *(e.name for e in entries)}
        return [self.variable(e, names, method) for e in entries]

    def variable(self, e: Entry, names: Collection[str], method: str) -> AttributeInfo:
        """The variable of one entry, which all attributes in `names` may initialise."""
        kind: Kind = e.flags.kind or "float"
        is_ode = isinstance(e.statement, ast.Ode)
        return AttributeInfo(
            e.name,
            "variable",
            e.flags.locality or "local",
            kind,
            self._init(e.init, kind, names),
            e.flags.bounds,
            (e.flags.method or method) if is_ode else None,
            e.loc,
        )

    def _init(self, given: ast.Expr | Init | None, kind: Kind, names: Collection[str]) -> InitialValue:
        if given is None:
            return stored(0, kind)
        if isinstance(given, ConstantRef | Drawn):
            return given
        if isinstance(given, bool | int | float):
            return stored(given, kind)
        return initial_value(given, kind, names, self.constants, self.diagnostics)

    def events(self, given: Equations, what: str, allowed: frozenset[fl.Group]) -> list[tuple[EventStatement, Entry]]:
        """The assignments executed on an event; differential equations are refused."""
        out: list[tuple[EventStatement, Entry]] = []
        for entry in self.entries(given, allowed):
            statement = entry.statement
            if isinstance(statement, ast.Ode):
                help = "move the equation to 'equations', or write an assignment"
                message = f"{what} cannot hold a differential equation"
                self.diagnostics.error("N0505", message, statement.loc, help=help)
                continue
            out.append((EventStatement(statement, entry.flags.bounds, entry.flags.unless_post), entry))
        return out
