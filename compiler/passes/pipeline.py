"""The text of a pipeline: names of passes with commas between, options in braces.

    cse,dce{keep=true},lower-to-loops

Errors point into the text: N0921 syntax, N0922 unknown pass, N0923 option, N0924 levels that do not fit.
"""

from __future__ import annotations

import re
from dataclasses import fields
from typing import TYPE_CHECKING, NoReturn

from nnc.compiler.diagnostics import Diagnostic, DiagnosticError, Loc, Source, did_you_mean
from nnc.compiler.passes import PASSES, load_pass

if TYPE_CHECKING:
    from nnc.compiler.ir.define import Level
    from nnc.compiler.passes.manager import Pass

_TOKEN = re.compile(r"\s*([\w.+-]+|\S|$)")


def parse_passes(text: str, level: Level) -> list[Pass]:
    """The passes of a pipeline text that starts from a module of a level (`any`: not known)."""
    return _Reader(text).pipeline(level)


class _Reader:
    def __init__(self, text: str) -> None:
        self.source = Source(text, what="pipeline")
        self.position = 0
        self.token = ""
        self.start = 0
        self.advance()

    def advance(self) -> str:
        """Step to the next token and give the one left behind."""
        done = self.token
        match = _TOKEN.match(self.source.text, self.position)
        assert match is not None
        self.token, self.start, self.position = match[1], match.start(1), match.end()
        return done

    @property
    def loc(self) -> Loc:
        return Loc(self.source, self.start, self.start + len(self.token))

    def fail(self, code: str, message: str, loc: Loc, help: str | None = None) -> NoReturn:
        raise DiagnosticError([Diagnostic("error", code, message, loc, help)])

    def expect(self, text: str) -> None:
        if self.token != text:
            self.fail("N0921", f"expected '{text}', found '{self.token or 'end of text'}'", self.loc)
        self.advance()

    def pipeline(self, level: Level) -> list[Pass]:
        passes: list[Pass] = []
        while True:
            loc = self.loc
            step = self.one_pass()
            if "any" not in (level, step.takes) and level != step.takes:
                message = f"{step.name} needs {step.takes}-level IR, but here it is at level {level}"
                self.fail("N0924", message, loc, self.bridge(level, step.takes))
            level = step.gives if step.gives != "any" else step.takes if step.takes != "any" else level
            passes.append(step)
            if not self.token:
                return passes
            self.expect(",")

    def one_pass(self) -> Pass:
        name, loc = self.token, self.loc
        if not re.match(r"\w", name):
            self.fail("N0921", f"expected the name of a pass, found '{name or 'end of text'}'", loc)
        if name not in PASSES:
            help = did_you_mean(name, PASSES) or "the passes are " + ", ".join(PASSES)
            self.fail("N0922", f"unknown pass '{name}'", loc, help)
        self.advance()
        cls = load_pass(name)
        return cls(**self.options(cls)) if self.token == "{" else cls()

    def options(self, cls: type[Pass]) -> dict[str, bool | int | float | str]:
        kinds = {f.name: str(f.type) for f in fields(cls)}
        values: dict[str, bool | int | float | str] = {}
        self.expect("{")
        while self.token != "}":
            name, loc = self.token, self.loc
            if name not in kinds:
                help = did_you_mean(name, kinds) or f"its options are {', '.join(kinds) or 'none'}"
                self.fail("N0923", f"{cls.name} has no option '{name}'", loc, help)
            self.advance()
            self.expect("=")
            values[name] = self.value(name, kinds[name])
            if self.token != "}":
                self.expect(",")
        self.expect("}")
        return values

    def value(self, name: str, kind: str) -> bool | int | float | str:
        loc, text = self.loc, self.token
        if text in ("", "}", ","):
            self.fail("N0923", f"option '{name}' needs a value", loc)
        self.advance()
        try:
            if kind == "bool":
                return {"true": True, "false": False}[text]
            return int(text) if kind == "int" else float(text) if kind == "float" else text
        except (KeyError, ValueError):
            self.fail("N0923", f"option '{name}' must be a {kind}, not '{text}'", loc)

    def bridge(self, level: Level, wanted: Level) -> str | None:
        """Which pass would lead from one level to the other."""
        steps = {("model", "step"): "instantiate", ("step", "loop"): "lower-to-loops"}
        name = steps.get((level, wanted))
        return f"put {name} in front of it" if name else None
