"""From text to syntax: runs the grammar statement by statement and says what is wrong where it does not fit."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal, cast

from nnc.compiler.diagnostics import Loc
from nnc.compiler.frontend import syntax as ast
from nnc.compiler.frontend.lines import Piece, blank_comments, lines, statements

if TYPE_CHECKING:
    from collections.abc import Callable

    from lark import Lark, Token

    from nnc.compiler.diagnostics import Diagnostics, Source

Start = Literal["statement", "parameter", "condition", "expression", "function"]
MAX_NESTING = 120
"""Deeper parentheses are refused: nobody writes them, and every stage may recurse."""


@cache
def _grammar() -> Lark:
    from lark import Lark

    text = resources.files("nnc.compiler.frontend").joinpath("equation.lark").read_text(encoding="utf-8")
    starts = ["statement", "parameter", "condition", "expression", "function"]
    return Lark(text, parser="lalr", start=starts, propagate_positions=True, maybe_placeholders=True)


def parse_equations(source: Source, diagnostics: Diagnostics) -> list[ast.Statement]:
    """Statements of `equations`, `reset`, `pre_spike`, ... in order; those with errors are left out."""
    found = (_Reader(source, piece, diagnostics).statement() for piece in statements(source, diagnostics))
    return [s for s in found if s is not None]


def parse_parameters(source: Source, diagnostics: Diagnostics) -> list[ast.Parameter]:
    """Definitions of a parameter text, one per line."""
    found = (_Reader(source, piece, diagnostics).parameter() for piece in lines(source))
    return [p for p in found if p is not None]


def parse_functions(source: Source, diagnostics: Diagnostics) -> list[ast.FunctionDefinition]:
    """Function definitions; a body may go on over several lines."""
    found = (_Reader(source, piece, diagnostics).function() for piece in statements(source, diagnostics))
    return [f for f in found if f is not None]


def parse_condition(source: Source, diagnostics: Diagnostics) -> ast.Condition | None:
    """One expression with optional flags (spike, stop, creating, pruning)."""
    return _Reader(source, Piece(blank_comments(source.text), 0), diagnostics).condition()


def parse_expression(source: Source, diagnostics: Diagnostics) -> ast.Expr | None:
    """One expression (psp)."""
    return _Reader(source, Piece(blank_comments(source.text), 0), diagnostics).expression()


class _Reader:
    """Parses one statement and turns the tree into syntax nodes with places in the source."""

    def __init__(self, source: Source, piece: Piece, diagnostics: Diagnostics) -> None:
        self.source = source
        self.piece = piece
        self.diagnostics = diagnostics

    # -- entry points

    def statement(self) -> ast.Statement | None:
        tree = self.parse("statement")
        if tree is None:
            return None
        left_tree, operator, right_tree, flag_tree = tree.children
        left, right = self.expr(left_tree), self.expr(right_tree, derivatives=False)
        flags = self.flags(flag_tree)
        loc = self.loc(tree)
        found = [n for n in _walk(left) if isinstance(n, ast.Derivative)]
        if not found:
            if isinstance(left, ast.Name):
                op = cast("Any", str(operator))
                return ast.Assignment(left, op, right, flags, loc)
            self.fail(
                "N0104",
                "no variable can be found on the left side",
                left.loc,
                help="write 'name = expression', or a derivative 'dname/dt' on the left",
            )
            return None
        if len(found) > 1:
            self.fail(
                "N0105",
                "a second derivative stands in this equation",
                found[1].loc,
                help="an equation defines one derivative; write one equation per variable",
            )
            return None
        if operator != "=":
            self.fail(
                "N0105", f"a differential equation cannot use '{operator}'", self.token_loc(operator), help="use '='"
            )
            return None
        return ast.Ode(found[0].variable, left, right, flags, found[0].loc, loc)

    def parameter(self) -> ast.Parameter | None:
        tree = self.parse("parameter")
        if tree is None:
            return None
        name, value, flags = tree.children
        return ast.Parameter(
            self.name(name),
            None if value is None else self.expr(value, derivatives=False),
            self.flags(flags),
            self.loc(tree),
        )

    def function(self) -> ast.FunctionDefinition | None:
        tree = self.parse("function")
        if tree is None:
            return None
        name, names, body, types = tree.children
        arguments = tuple(self.name(t) for t in names.children) if names is not None else ()
        kinds = tuple(str(t) for t in types.children) if types is not None else ()
        return ast.FunctionDefinition(
            self.name(name), arguments, self.expr(body, derivatives=False), kinds, self.loc(tree)
        )

    def condition(self) -> ast.Condition | None:
        tree = self.parse("condition")
        if tree is None:
            return None
        value, flags = tree.children
        return ast.Condition(self.expr(value, derivatives=False), self.flags(flags), self.loc(tree))

    def expression(self) -> ast.Expr | None:
        tree = self.parse("expression")
        return None if tree is None else self.expr(tree.children[0], derivatives=False)

    # -- parsing

    def parse(self, start: Start) -> Any:
        from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

        if not self.balanced():
            return None
        try:
            return _grammar().parse(self.piece.text, start=start)
        except UnexpectedCharacters as error:
            self.unexpected_character(error.pos_in_stream or 0)
        except UnexpectedToken as error:
            self.unexpected_token(error.token, set(error.accepts or error.expected), start)
        except UnexpectedInput as error:  # pragma: no cover - lark has no third kind with LALR
            self.unexpected_character(error.pos_in_stream or 0)
        return None

    def balanced(self) -> bool:
        opened: list[int] = []
        for index, char in enumerate(self.piece.text):
            if char == "(":
                opened.append(index)
            elif char == ")":
                if not opened:
                    here = self.span(index, index + 1)
                    self.fail("N0102", "this parenthesis closes nothing", here, help="remove it, or open it before")
                    return False
                opened.pop()
            if len(opened) > MAX_NESTING:
                self.fail(
                    "N0102",
                    f"more than {MAX_NESTING} parentheses inside each other",
                    self.span(index, index + 1),
                    help="split the expression into several equations",
                )
                return False
        if opened:
            here = self.span(opened[-1], opened[-1] + 1)
            self.fail("N0102", "this parenthesis is never closed", here, help="add ')' where the expression in it ends")
            return False
        if len(self.piece.text) > 20000 or _longest_run(self.piece.text) > MAX_NESTING:
            self.fail(
                "N0102",
                "this expression is too deep",
                self.piece.loc(self.source),
                help="split it into several equations",
            )
            return False
        return True

    def unexpected_character(self, position: int) -> None:
        word = re.match(r"[A-Za-z_]\w*", self.piece.text[position:])
        if word is not None:
            self.unexpected_word(word.group(), self.span(position, position + word.end()))
            return
        char = self.piece.text[position : position + 1]
        advice = {
            "!": "'not' negates, '!=' compares",
            "'": "the language has no strings",
            '"': "the language has no strings",
            "[": "the language has no lists; an attribute is used by its name for every neuron",
            "{": "the language has no braces",
        }.get(char, "the language knows names, numbers, '+ - * / ^ % ( ) ,', comparisons, 'and', 'or' and 'not'")
        self.fail("N0101", f"unexpected character {char!r}", self.span(position, position + 1), help=advice)

    def unexpected_word(self, word: str, loc: Loc) -> None:
        if word == "else":
            self.fail(
                "N0107", "'else' without its 'if condition:'", loc, help="write 'if condition: value else: value'"
            )
        else:
            self.fail("N0101", f"unexpected '{word}'", loc, help=f"'{word}' is a word of the language, not a name")

    def unexpected_token(self, token: Token, accepts: set[str], start: Start) -> None:
        if token.type == "$END":
            end = len(self.piece.text.rstrip())
            self.at_end(max(0, end), accepts, start)
            return
        begin = token.start_pos or 0
        loc = self.span(begin, token.end_pos or begin + 1)
        before = self.piece.text[:begin].rstrip()
        if token.type in ("ASSIGN", "EQUAL") or token == "=":
            if start in ("condition", "expression"):
                self.fail("N0106", "an assignment where a value is needed", loc, help="'==' compares two values")
            else:
                self.fail(
                    "N0106",
                    "only one assignment operator is allowed in a statement",
                    loc,
                    help="'==' compares two values; each statement needs a line of its own",
                )
            return
        if token.type == "NAME" and re.search(r"[\w.)]$", before):
            self.fail(
                "N0101",
                f"unexpected name '{token}'",
                loc,
                help="there is no implicit multiplication and there are no units: write '*', "
                "or give the number in ms, mV, ...",
            )
            return
        half = token.type == "COLON" and "else" not in before
        if (half or "ELSE" in accepts) and re.search(r"\bif\b", before):
            self.fail("N0107", "a conditional needs both values", loc, help="write 'if condition: value else: value'")
            return
        if token.type == "ELSE":
            self.unexpected_word("else", loc)
            return
        if token.type == "IF":
            inside = "inside an expression a conditional stands in parentheses: '(if condition: value else: value)'"
            self.fail("N0101", "unexpected 'if'", loc, help=inside)
            return
        self.fail("N0101", f"unexpected '{token}'", loc, help=_expectation(accepts))

    def at_end(self, end: int, accepts: set[str], start: Start) -> None:
        loc = self.span(max(0, end - 1), max(1, end))
        text = self.piece.text
        if not text.strip():
            self.fail("N0101", "an expression is missing", loc, help="write a number, a name or an expression here")
        elif start == "function" and "=" not in text:
            self.fail("N0103", "a function needs a body", loc, help="write 'name(x) = expression'")
        elif re.search(r"\bif\b", text) and not re.search(r"\belse\b", text):
            self.fail("N0107", "a conditional needs both values", loc, help="write 'if condition: value else: value'")
        else:
            self.fail("N0101", "the statement ends too early", loc, help=_expectation(accepts))

    def fail(self, code: str, message: str, loc: Loc, help: str | None = None) -> None:
        self.diagnostics.error(code, message, loc, help=help)

    # -- places

    def span(self, start: int, end: int) -> Loc:
        return Loc(self.source, self.piece.start + start, self.piece.start + end)

    def loc(self, tree: Any) -> Loc:
        return self.span(tree.meta.start_pos, tree.meta.end_pos)

    def token_loc(self, token: Token) -> Loc:
        return self.span(token.start_pos or 0, token.end_pos or 0)

    # -- nodes

    def name(self, token: Token) -> ast.Name:
        return ast.Name(str(token), self.token_loc(token))

    def flags(self, tree: Any) -> tuple[ast.Flag, ...]:
        if tree is None:
            return ()
        out = []
        for item in tree.children:
            words, value = item.children
            name = "-".join(str(w) for w in words.children)
            expr = None if value is None else self.expr(value, derivatives=False)
            if value is not None and _continued(self.loc(value).text):
                help = "write the flags behind the last line of the statement"
                self.fail("N0112", f"the statement goes on behind its flag '{name}'", self.loc(item), help=help)
            out.append(ast.Flag(name, expr, self.loc(item)))
        return tuple(out)

    def expr(self, node: Any, derivatives: bool = True) -> ast.Expr:
        """The expression of a tree. A `dx/dt` that is no derivative here is the quotient of `dx` and `dt`."""
        make: Callable[..., ast.Expr] = getattr(self, "_" + node.data)
        return make(node.children, self.loc(node), derivatives)

    def _number(self, children: list[Any], loc: Loc, _: bool) -> ast.Expr:
        text = str(children[0]).replace("_", "")
        if text[:2] in ("0x", "0X"):
            return ast.Number(float(int(text, 16)), True, loc)
        return ast.Number(float(text), text.isdigit(), loc)

    def _true(self, _children: list[Any], loc: Loc, _: bool) -> ast.Expr:
        return ast.Bool(True, loc)

    def _false(self, _children: list[Any], loc: Loc, _: bool) -> ast.Expr:
        return ast.Bool(False, loc)

    def _name(self, children: list[Any], loc: Loc, _: bool) -> ast.Expr:
        return ast.Name(str(children[0]), loc)

    def _parens(self, children: list[Any], _loc: Loc, derivatives: bool) -> ast.Expr:
        return self.expr(children[0], derivatives)

    def _derivative(self, children: list[Any], loc: Loc, derivatives: bool) -> ast.Expr:
        text = str(children[0])
        head = text[: text.index("/")].rstrip()
        if derivatives:
            return ast.Derivative(head[1:].strip(), loc)
        slash = loc.start + text.index("/")
        name = ast.Name("".join(head.split()), Loc(self.source, loc.start, loc.start + len(head)))
        return ast.Binary("/", name, ast.Name("dt", Loc(self.source, max(slash + 1, loc.end - 2), loc.end)), loc)

    def _attribute(self, children: list[Any], loc: Loc, _: bool) -> ast.Expr:
        side, name = str(children[0]), str(children[1])
        if side not in ("pre", "post"):
            self.fail(
                "N0108",
                f"'{side}.' means nothing here",
                self.token_loc(children[0]),
                help="only 'pre.' and 'post.' lead to attributes of another object",
            )
            return ast.Name(name, loc)
        return ast.Attribute(cast("Any", side), name, loc)

    def _arguments(self, tree: Any, derivatives: bool) -> tuple[tuple[ast.Expr, ...], tuple[tuple[str, ast.Expr], ...]]:
        positional: list[ast.Expr] = []
        keywords: list[tuple[str, ast.Expr]] = []
        for item in tree.children if tree is not None else ():
            if item.data == "keyword":
                keywords.append((str(item.children[0]), self.expr(item.children[1], derivatives)))
            else:
                positional.append(self.expr(item, derivatives))
        return tuple(positional), tuple(keywords)

    def _call(self, children: list[Any], loc: Loc, derivatives: bool) -> ast.Expr:
        arguments, keywords = self._arguments(children[1], derivatives)
        name = str(children[0])
        if name == "ite" and len(arguments) == 3 and not keywords:
            return ast.Conditional(arguments[0], arguments[1], arguments[2], loc)
        return ast.Call(name, arguments, keywords, None, self.token_loc(children[0]), loc)

    def _side_call(self, children: list[Any], loc: Loc, derivatives: bool) -> ast.Expr:
        side, name = str(children[0]), str(children[1])
        arguments, keywords = self._arguments(children[2], derivatives)
        if side not in ("pre", "post"):
            self.fail(
                "N0108",
                f"'{side}.' means nothing here",
                self.token_loc(children[0]),
                help="only 'pre.' and 'post.' lead to another object",
            )
        fixed = cast("Any", side if side in ("pre", "post") else None)
        return ast.Call(name, arguments, keywords, fixed, self.token_loc(children[1]), loc)

    def _ternary(self, children: list[Any], loc: Loc, derivatives: bool) -> ast.Expr:
        then, condition, other = (self.expr(c, derivatives) for c in children)
        return ast.Conditional(condition, then, other, loc)

    def _conditional(self, children: list[Any], loc: Loc, derivatives: bool) -> ast.Expr:
        condition, then, other = (self.expr(c, derivatives) for c in children)
        return ast.Conditional(condition, then, other, loc)

    def _fold(self, operator: Literal["and", "or"], children: list[Any], derivatives: bool) -> ast.Expr:
        out = self.expr(children[0], derivatives)
        for child in children[1:]:
            right = self.expr(child, derivatives)
            out = ast.Binary(operator, out, right, out.loc.to(right.loc))
        return out

    def _any(self, children: list[Any], _loc: Loc, derivatives: bool) -> ast.Expr:
        return self._fold("or", children, derivatives)

    def _all(self, children: list[Any], _loc: Loc, derivatives: bool) -> ast.Expr:
        return self._fold("and", children, derivatives)

    def _negate(self, children: list[Any], loc: Loc, derivatives: bool) -> ast.Expr:
        return ast.Unary("not", self.expr(children[0], derivatives), loc)

    def _compare(self, children: list[Any], loc: Loc, derivatives: bool) -> ast.Expr:
        rest = []
        for word, operand in zip(children[1::2], children[2::2], strict=True):
            text = " ".join(str(t) for t in word.children)
            sign = {"is": "==", "is not": "!="}.get(text, text)
            rest.append((cast("Any", sign), self.expr(operand, derivatives)))
        return ast.Compare(self.expr(children[0], derivatives), tuple(rest), loc)

    def _left(self, children: list[Any], _loc: Loc, derivatives: bool) -> ast.Expr:
        out = self.expr(children[0], derivatives)
        for operator, operand in zip(children[1::2], children[2::2], strict=True):
            right = self.expr(operand, derivatives)
            out = ast.Binary(cast("Any", str(operator)), out, right, out.loc.to(right.loc))
        return out

    def _sign(self, children: list[Any], loc: Loc, derivatives: bool) -> ast.Expr:
        return ast.Unary(cast("Any", str(children[0])), self.expr(children[1], derivatives), loc)

    def _power(self, children: list[Any], loc: Loc, derivatives: bool) -> ast.Expr:
        return ast.Binary("**", self.expr(children[0], derivatives), self.expr(children[1], derivatives), loc)


def _walk(node: ast.Expr) -> list[ast.Expr]:
    out = [node]
    for child in ast.children(node):
        out += _walk(child)
    return out


def _continued(text: str) -> bool:
    """Whether a line ends in an expression, outside of parentheses."""
    depth = 0
    for char in text.strip():
        depth += (char == "(") - (char == ")")
        if char == "\n" and depth == 0:
            return True
    return False


def _longest_run(text: str) -> int:
    """Longest run of prefix operators or powers, which nest without parentheses."""
    runs = re.findall(r"(?:(?:[-+~]|\bnot\b|\bif\b)\s*){2,}", text)
    prefixes = max((len(re.findall(r"[-+~]|not|if", r)) for r in runs), default=0)
    return max(prefixes, text.count("^") + text.count("**"), len(re.findall(r"\bif\b", text)))


_WORDS = {
    "NAME": "a name",
    "NUMBER": "a number",
    "RPAR": "')'",
    "LPAR": "'('",
    "COLON": "':'",
    "ASSIGN": "'='",
    "EQUAL": "'='",
    "ELSE": "'else'",
    "COMMA": "','",
}


def _expectation(accepts: set[str]) -> str:
    if "NUMBER" in accepts:
        return "a value is expected here"
    words = [_WORDS[a] for a in ("ASSIGN", "EQUAL", "COLON", "ELSE", "RPAR", "COMMA", "NAME") if a in accepts]
    return f"expected {' or '.join(words[:3])}" if words else "an operator or the end of the statement is expected here"
