"""The rules of structural plasticity: `creating` and `pruning` of synapses (language specification, 2.16)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nnc.compiler.description import ConstantRef, Drawn, RuleDecl
from nnc.compiler.diagnostics import Loc, did_you_mean
from nnc.compiler.frontend import places
from nnc.compiler.frontend import syntax as ast
from nnc.compiler.frontend.builtins import DISTRIBUTIONS
from nnc.compiler.frontend.links import attribute_dtype
from nnc.compiler.frontend.lower_expr import Lowering, Meaning
from nnc.compiler.frontend.model import DistributionCall, StructuralRule
from nnc.compiler.frontend.names import check, walk
from nnc.compiler.frontend.values import drawn, number, same
from nnc.compiler.ir.builder import Builder
from nnc.compiler.ir.core import Block
from nnc.compiler.ir.types import At, value_type

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from nnc.compiler.diagnostics import Diagnostics, Source
    from nnc.compiler.frontend.model import Amount, AttributeInfo
    from nnc.compiler.frontend.names import Scope
    from nnc.compiler.frontend.texts import Texts
    from nnc.compiler.ir.types import DType, Type

_VALUES: Final = {"creating": ("proba", "w", "d"), "pruning": ("proba",)}
_CODE: Final = "N0601"


def read_rule(
    given: Source | RuleDecl | None, what: str, texts: Texts, constants: Collection[str]
) -> StructuralRule | None:
    """The rule that a text or a `Creating` or `Pruning` says; what cannot be is reported."""
    if given is None:
        return None
    condition = texts.condition(given.condition if isinstance(given, RuleDecl) else given)
    if condition is None:
        return None
    d = texts.diagnostics
    values = _declared(given) if isinstance(given, RuleDecl) else {}
    for name, expr in _flags(condition.flags, what, d).items():
        values[name] = _value(expr, name, constants, d)
    for name, value in values.items():
        _check_value(name, value, condition.loc, d)
    return StructuralRule(
        condition.value, values.get("proba", 1.0), values.get("w", 0.0), values.get("d"), condition.loc
    )


def _declared(given: RuleDecl) -> dict[str, Amount]:
    pairs = {"proba": given.proba, "w": given.w, "d": given.d}
    return {name: value for name, value in pairs.items() if value is not None}


def _flags(flags: Iterable[ast.Flag], what: str, d: Diagnostics) -> dict[str, ast.Expr]:
    found: dict[str, ast.Expr] = {}
    for flag in flags:
        if flag.name not in _VALUES[what]:
            help = did_you_mean(flag.name, _VALUES[what]) or f"'{what}' takes {', '.join(_VALUES[what])}"
            d.error("N0110", f"unknown flag '{flag.name}'", flag.loc, help=help)
        elif flag.value is None:
            d.error("N0111", f"the flag '{flag.name}' needs a value", flag.loc, help=f"write '{flag.name} = value'")
        elif flag.name in found and not same(found[flag.name], flag.value):
            d.error("N0113", f"the flag '{flag.name}' is given twice", flag.loc, help="keep one of them")
        else:
            found[flag.name] = flag.value
    return found


def _value(expr: ast.Expr, name: str, constants: Collection[str], d: Diagnostics) -> Amount:
    """A number, a constant, or (but for `proba`) a distribution of numbers."""
    if isinstance(expr, ast.Name) and expr.name in constants:
        return ConstantRef(expr.name)
    if isinstance(expr, ast.Call) and expr.side is None and expr.name in DISTRIBUTIONS:
        return drawn(expr, d)
    value = number(expr)
    if value is not None:
        return float(value)
    help = "it may be a number, a Constant" + (
        "" if name == "proba" else ", or a distribution such as Uniform(0.0, 1.0)"
    )
    d.error(_CODE, f"'{name}' of a rule must be known before the network runs", expr.loc, help=help)
    return 1.0


def _check_value(name: str, value: Amount, loc: Loc, d: Diagnostics) -> None:
    random = isinstance(value, DistributionCall | Drawn)
    if name == "proba" and (random or (isinstance(value, float | int) and not 0.0 <= value <= 1.0)):
        what = "a distribution" if random else f"{value}"
        d.error(_CODE, f"'proba' is a number in [0, 1], not {what}", loc, help="it is the probability at each test")
    if name == "d" and isinstance(value, float | int) and not 0.0 <= value < float("inf"):
        what = f"a delay is a finite, non-negative number of ms, not {value}"
        d.error(_CODE, what, loc, help="without 'd' a new synapse has the delay of the others")


def check_rule(rule: StructuralRule | None, what: str, scope: Scope, d: Diagnostics) -> None:
    """Names and calls of the condition; a synapse that is not there yet has no attributes."""
    if rule is None:
        return
    check(rule.condition, scope, places.rule(what), d)
    for expr in walk(rule.condition):
        info = scope.attributes.get(expr.name) if isinstance(expr, ast.Name) else None
        if what == "creating" and info is not None and info.locality == "local":
            help = "use 'pre.', 'post.' and attributes of the projection"
            d.error(_CODE, f"'{info.name}' belongs to a synapse, and there is none yet", expr.loc, help=help)


def build_condition(
    rule: StructuralRule,
    dtype: DType,
    own: Iterable[AttributeInfo],
    pre: Iterable[AttributeInfo],
    post: Iterable[AttributeInfo],
    constants: Iterable[str],
    functions: Mapping[str, ast.FunctionDefinition],
) -> Block:
    """The condition as IR: attributes are read by `model.get`, the block yields a boolean."""

    def types(attributes: Iterable[AttributeInfo], at: At) -> dict[str, Type]:
        return {a.name: value_type(attribute_dtype(a, dtype), at) for a in attributes}

    meaning = Meaning(
        dtype,
        At.syn,
        types(own, At.syn),
        types(pre, At.pre),
        types(post, At.post),
        frozenset(constants),
        functions,
    )
    block = Block()
    builder = Builder(block, loc=rule.loc)
    builder.yield_(Lowering(builder, meaning, At.syn).truth(rule.condition))
    return block
