"""Every message of the front end: raised by a file that says where, at that line and column, and by no other."""

from __future__ import annotations

import re
import runpy
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest

from nnc.compiler.description import (
    Globals,
    NetworkDescription,
    PopulationDescription,
    ProceduralDescription,
    ProjectionDescription,
)
from nnc.compiler.diagnostics import Diagnostic, DiagnosticError, Diagnostics
from nnc.compiler.driver import lower
from nnc.compiler.frontend.analyse import analyse_neuron, analyse_synapse
from nnc.compiler.frontend.build import build_module
from nnc.compiler.frontend.codes import CODES
from nnc.compiler.frontend.source import Site
from nnc.compiler.options import Options
from nnc.runtime.equations.neuron import Neuron
from nnc.runtime.equations.synapse import Synapse

HERE = Path(__file__).parent
FILES = sorted(p for p in HERE.glob("*.py") if not p.name.startswith("test_"))
EXPECTED = re.compile(r"# (error|warning|note): (N\d{4}) (?:'(.*?)'(?: (\d+))?(?=$|  #)|-)")
ELSEWHERE = {
    "N0609": "tests of the targets: it names an operation of a program, not a text of the user",
    **dict.fromkeys(("N0703", "N0704", "N0705", "N0706"), "test_networks.py: they need a network"),
    **dict.fromkeys(("N0801", "N0802"), "test_running.py: they need a run"),
    **dict.fromkeys((c for c in CODES if c.startswith("N09")), "tests of the IR and of pipelines"),
}


@dataclass(frozen=True, order=True)
class Message:
    """What is compared; column 0 where the text does not stand in the file as it is."""

    line: int
    column: int
    severity: str
    code: str


def expected(path: Path) -> Counter[Message]:
    out: Counter[Message] = Counter()
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        for match in EXPECTED.finditer(line):
            severity, code, snippet, nth = match.groups()
            column = 0 if snippet is None else column_of(snippet, line[: match.start()], int(nth or 1))
            out[Message(number, column, severity, code)] += 1
    return out


def column_of(snippet: str, line: str, nth: int) -> int:
    before = r"(?<!\w)" if snippet[0].isalnum() else ""
    after = r"(?!\w)" if snippet[-1].isalnum() else ""
    return [m.start() for m in re.finditer(before + re.escape(snippet) + after, line)][nth - 1] + 1


def actual(path: Path) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    module = runpy.run_path(str(path))
    texts = module.get("functions", ())
    sources = tuple(Site(str(path), 1).source(text, "functions") for text in texts)
    if sources:
        found += messages_of(lambda: [analyse_neuron(Neuron(equations="r = 1").described, Globals(sources))])
    known = Globals((), module.get("constants", ()))
    for value in module.values():
        if isinstance(value, Neuron | Synapse):
            found += messages_of(lambda v=value: [analyse(v, known)])
        elif isinstance(value, FunctionType):  # refused where it is made
            found += messages_of(lambda v=value: [analyse(v(), known)])
        elif isinstance(value, dict) and "synapse" in value:
            found += messages_of(lambda v=value: network(v, known))
    return found


def analyse(given: Neuron | Synapse, known: Globals) -> Any:
    described = given.described
    return analyse_neuron(described, known) if isinstance(given, Neuron) else analyse_synapse(described, known)


def network(parts: dict[str, Any], known: Globals) -> list[Any]:
    pre, post = (analyse_neuron(parts[side].described, known) for side in ("pre", "post"))
    synapse = analyse_synapse(parts["synapse"].described, known, pre.kind)
    arrays = frozenset(parts.get("arrays", ()))
    streams = frozenset(parts.get("streams", ()))
    populations = (PopulationDescription(0, pre, arrays, streams=streams), PopulationDescription(1, post))
    to = 0 if parts.get("recurrent") else 1
    projection = ProjectionDescription(0, synapse, 0, to, ("exc",), delay=parts.get("delay", "one"))
    rows = parts.get("rows")
    if rows is not None:
        projection = replace(projection, procedural=ProceduralDescription(rows))
    diagnostics = Diagnostics()
    description = NetworkDescription(1.0, "double", populations, (projection,), known)
    build_module(description, diagnostics)
    diagnostics.raise_if_errors()
    lower(description, Options(), "lower-to-loops")
    return [synapse, diagnostics]


def messages_of(make: Any) -> list[Diagnostic]:
    try:
        made = make()
    except DiagnosticError as error:
        return list(error.diagnostics)
    return [d for item in made for d in (item if isinstance(item, Diagnostics) else item.diagnostics)]


def place(d: Diagnostic) -> Message:
    source = d.loc.source
    assert source is not None, d
    line, column = source.position(d.loc.start) if source.exact else (source.line, 0)
    return Message(line, column, d.severity, d.code)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_messages_stand_where_the_file_expects_them(path: Path) -> None:
    found = Counter(place(d) for d in actual(path))
    wanted = expected(path)
    assert sorted((wanted - found).elements()) == [], "missing"
    assert sorted((found - wanted).elements()) == [], "unexpected"


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_every_error_says_what_would_fix_it(path: Path) -> None:
    silent = [d.render() for d in actual(path) if d.severity == "error" and not d.help]
    assert silent == []


def test_every_code_has_an_example() -> None:
    shown = {m.code for path in FILES for m in expected(path)}
    assert sorted(set(CODES) - shown - set(ELSEWHERE)) == []
    assert shown <= set(CODES)


def test_every_code_in_the_sources_is_listed() -> None:
    files = [p for folder in ("compiler", "runtime") for p in (HERE.parents[1] / folder).rglob("*.py")]
    used = {c for p in files if p.name != "codes.py" for c in re.findall(r'"(N0\d{3})"', p.read_text("utf-8"))}
    assert used == set(CODES)
