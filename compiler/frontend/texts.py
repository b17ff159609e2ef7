"""Reading the texts of a model: values filled in, parsed, single expressions checked to be single."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from nnc.compiler.diagnostics import Loc, Source, did_you_mean
from nnc.compiler.frontend.lines import blank_comments
from nnc.compiler.frontend.parse import (
    parse_condition,
    parse_equations,
    parse_expression,
    parse_functions,
    parse_parameters,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nnc.compiler.description import Value
    from nnc.compiler.diagnostics import Diagnostics
    from nnc.compiler.frontend import syntax as ast

_KEY = re.compile(r"\{(\w+)\}|'(\w+)'|\"(\w+)\"")


class Texts:
    """Parses the texts of one model, with `extra_values` put in for `{name}` and `'name'`."""

    def __init__(self, diagnostics: Diagnostics, extra_values: Mapping[str, Value]) -> None:
        self.diagnostics = diagnostics
        self.extra_values = extra_values

    def equations(self, source: Source) -> list[ast.Statement]:
        """The statements of a text."""
        return parse_equations(self._filled(source), self.diagnostics)

    def parameters(self, source: Source) -> list[ast.Parameter]:
        """The definitions of a parameter text."""
        return parse_parameters(self._filled(source), self.diagnostics)

    def functions(self, source: Source | None) -> list[ast.FunctionDefinition]:
        """The definitions of a function text."""
        return [] if source is None else parse_functions(self._filled(source), self.diagnostics)

    def condition(self, source: Source | None) -> ast.Condition | None:
        """A single condition."""
        if source is None or not self._single(source, source.what):
            return None
        return parse_condition(self._filled(source), self.diagnostics)

    def expression(self, source: Source | None) -> ast.Expr | None:
        """A single expression; line breaks in it are blanks."""
        if source is None or not self._single(source, source.what):
            return None
        return parse_expression(self._filled(source), self.diagnostics)

    def fragment(self, text: str, beside: Source, what: str) -> ast.Expr | None:
        """An expression given as a Python string of its own, such as the bound of a `Variable`."""
        return parse_expression(replace(beside, text=text, column=1, exact=False, what=what), self.diagnostics)

    def _single(self, source: Source, what: str) -> bool:
        position = blank_comments(source.text).rstrip("; \t\n").find(";")
        if position < 0:
            return True
        loc = Loc(source, position, position + 1)
        self.diagnostics.error(
            "N0115", f"{what} must be a single expression", loc, help="join conditions by 'and', 'or'"
        )
        return False

    def _filled(self, source: Source) -> Source:
        """The text with values for its keys; then it no longer stands in the file as it is."""
        if not self.extra_values or _KEY.search(source.text) is None:
            return source

        def value(match: re.Match[str]) -> str:
            name = next(g for g in match.groups() if g)
            if name not in self.extra_values:
                help = did_you_mean(name, self.extra_values)
                loc = Loc(source, match.start(), match.end())
                self.diagnostics.error("N0116", f"'{name}' is not in extra_values", loc, help=help)
                return "0"
            return repr(self.extra_values[name])

        return replace(source, text=_KEY.sub(value, source.text), exact=False)
