"""Texts of the IR as files: running passes on them, and checking the errors that they are meant to give."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nnc.compiler.diagnostics import DiagnosticError, Diagnostics, Source

if TYPE_CHECKING:
    from nnc.compiler.options import Options

SEPARATOR = "// -----"

_EXPECTED = re.compile(r"//\s*(error|warning|note)@([+-]\d+)\s+(N\d{4})(?::\s*(.*?))?\s*$")


def split(text: str) -> list[tuple[int, str]]:
    """The parts of a file cut at lines `// -----`: (number of the first line, text)."""
    parts: list[tuple[int, str]] = []
    lines: list[str] = []
    start = 1
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        if line.rstrip() == SEPARATOR:
            parts.append((start, "".join(lines)))
            start, lines = number + 1, []
        else:
            lines.append(line)
    parts.append((start, "".join(lines)))
    return parts


def run_passes(source: Source, options: Options, diagnostics: Diagnostics) -> str | None:
    """Parse, verify, run the pipeline of the options (none: nothing) and print; None after an error."""
    from nnc.compiler.ir.parser import parse_module
    from nnc.compiler.ir.printer import print_module
    from nnc.compiler.ir.verify import verify
    from nnc.compiler.passes.manager import Context, Pipeline

    try:
        module = parse_module(source.text, source)
        verify(module, diagnostics=diagnostics)
        if diagnostics.errors:
            return None
        if options.pipeline:
            context = Context(diagnostics=diagnostics, options=options)
            Pipeline.parse(options.pipeline).run(module, context)
    except DiagnosticError as error:
        for item in error.diagnostics:
            if item not in diagnostics.items:
                diagnostics.items.append(item)
    if diagnostics.errors:
        return None
    return print_module(module, locs=options.looks.locs, generic=options.looks.generic)


def verify_diagnostics(text: str, path: str, options: Options) -> list[str]:
    """Differences between the messages of each part and its `// error@+1 CODE: text` comments."""
    problems: list[str] = []
    for first, part in split(text):
        diagnostics = Diagnostics()
        run_passes(Source(part, path, first, 1, True, "IR"), options, diagnostics)
        found = []
        for item in diagnostics:
            line = item.loc.source.position(item.loc.start)[0] if item.loc.source is not None else first
            found.append((item.severity, line, item.code, item.message))
        for number, written in enumerate(part.splitlines(), first):
            match = _EXPECTED.search(written)
            if match is None:
                continue
            severity, offset, code, words = match.groups()
            wanted = number + int(offset)
            hit = next((f for f in found if f[:3] == (severity, wanted, code) and (words or "") in f[3]), None)
            if hit is None:
                problems.append(f"{path}:{number}: expected {severity} {code} at line {wanted}, which did not come")
            else:
                found.remove(hit)
        problems += [f"{path}:{line}: unexpected {severity} {code}: {words}" for severity, line, code, words in found]
    return problems
