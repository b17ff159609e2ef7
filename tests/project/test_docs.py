"""Documents that show what the compiler makes are what it makes: `pytest --update-golden` writes them anew."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from textwrap import dedent

import pytest

import nnc as ann
from nnc.compiler import driver
from nnc.compiler.diagnostics import DiagnosticError
from nnc.compiler.ir.printer import print_module
from nnc.compiler.main import main
from nnc.compiler.options import Options
from nnc.runtime.running.compiling import describe

DOCS = Path(__file__).resolve().parents[2] / "docs"

HEAD = """# One neuron through the compiler

What `nnc --emit-ir=STAGE` prints for a leaky neuron that spikes; written by `pytest --update-golden tests/project`, and
checked against the compiler by the tests.

```python
{script}```
"""

SCRIPT = """net = ann.Network(dt=0.1)
cell = ann.Neuron(
    parameters="tau = 20.0 : population",
    equations="tau * dv/dt = 1.2 - v + g_exc",
    spike="v > 1.0",
    reset="v = 0.0",
)
pop = net.create(100, cell)
"""

STAGES = {
    "model": "## Model: the equations as written, typed\n",
    "step": "## Step: one step of the network as maps over its elements, in order\n",
    "loop": "## Loop: buffers, loops, workers and barriers\n",
}


FOUR = """## Loop: four such populations are one loop over a table of them

What the pass `merge-alike` makes of their phases (`--print-ir-after=merge-alike`); `%b` is the number of the member.
"""


def network(populations: int) -> ann.Network:
    net = ann.Network(dt=0.1)
    cell = ann.Neuron(
        parameters="tau = 20.0 : population",
        equations="tau * dv/dt = 1.2 - v + g_exc",
        spike="v > 1.0",
        reset="v = 0.0",
    )
    for _ in range(populations):
        net.create(100, cell)
    return net


def document() -> str:
    net = network(1)
    out = [HEAD.format(script=SCRIPT)]
    for stage, title in STAGES.items():
        out.append(f"{title}\n```\n{driver.stage_text(describe(net), stage, Options())}```\n")
    lines = print_module(driver.lower(describe(network(4)), Options(), "merge-alike")).splitlines(keepends=True)
    first = next(i for i, line in enumerate(lines) if "loop.batch" in line)
    last = next(i for i, line in enumerate(lines) if "loop.record end" in line)
    return "\n".join([*out, f"{FOUR}\n```\n{dedent(''.join(lines[first:last]))}```\n"])


def test_the_stages_of_a_neuron_are_shown_as_they_are(request: pytest.FixtureRequest) -> None:
    path = DOCS / "stages.md"
    text = document()
    if request.config.getoption("--update-golden"):
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, "run pytest --update-golden tests/project and read the difference"


FORMULAS = {
    "explicit": "x + dt f(x)",
    "implicit": "solves x' = x + dt f(x'); coupled equations of a block together, nonlinear ones by Newton steps",
    "semiimplicit": "for x' = (S - x)/tau: x + dt/(dt + tau) (S - x)",
    "exponential": "for x' = (S - x)/tau: x + (1 - exp(-dt/tau)) (S - x)",
    "midpoint": "k = f(x), then x + dt f(x + dt/2 k)",
    "rk4": "the classical Runge-Kutta method of order 4",
    "event-driven": "exact decay between events (spiking synapses, linear equations)",
    "runge-kutta4": "the same as `rk4`",
    "exact": "the same as `event-driven` (deprecated)",
}


def _grammar() -> str:
    """The rules for expressions and statements, as the parser has them."""
    return (DOCS.parent / "compiler/frontend/equation.lark").read_text(encoding="utf-8")


def tables() -> dict[str, str]:
    from nnc.compiler.frontend.builtins import DISTRIBUTIONS, FUNCTIONS, METHODS, RESERVED
    from nnc.compiler.frontend.codes import CODES

    functions = [f"| `{name}` | {f.arity} |" for name, f in sorted(FUNCTIONS.items())]
    draws = [f"| `{name}({', '.join(d.parameters)})` |" for name, d in DISTRIBUTIONS.items()]
    methods = [f"| `{name}` | {FORMULAS[name]} |" for name in METHODS]
    codes = [f"| {code} | {meaning} |" for code, meaning in CODES.items()]
    return {
        "functions": "\n".join(["| function | |", "|---|---|", *functions]),
        "distributions": "\n".join(["| distribution |", "|---|", *draws]),
        "methods": "\n".join(["| flag | update of x' = f(x) |", "|---|---|", *methods]),
        "codes": "\n".join(["| code | |", "|---|---|", *codes]),
        "grammar": "```lark\n" + _grammar() + "```",
        "reserved": ", ".join(f"`{n}`" for n in sorted(RESERVED)),
    }


def test_the_language_reference_lists_what_the_compiler_knows(request: pytest.FixtureRequest) -> None:
    path = DOCS / "language.md"
    text = written = path.read_text(encoding="utf-8")
    for name, table in tables().items():
        start = written.index(f"<!-- {name} -->") + len(f"<!-- {name} -->")
        end = written.index("<!-- end -->", start)
        written = f"{written[:start]}\n{table}\n{written[end:]}"
    if request.config.getoption("--update-golden"):
        path.write_text(written, encoding="utf-8")
        return
    assert text == written, "run pytest --update-golden tests/project and read the difference"


def examples() -> list[tuple[str, str]]:
    text = (DOCS / "language.md").read_text("utf-8")
    found = re.findall(r"```(equations|parameters|functions|synapse)\n(.*?)```", text, re.S)
    assert {kind for kind, _ in found} == {"equations", "parameters", "functions", "synapse"}
    return found


def compiled(kind: str, text: str, given: str = "") -> None:
    """Compile a model that has an example as one of its texts, and parameters for the names that it reads."""
    net = ann.Network(dt=0.1)
    if kind == "synapse":
        pop = net.create(2, ann.Neuron(equations="v = g_exc", spike="v > 1"))
        synapse = ann.Synapse(parameters=given, equations=text, pre_spike="g_target += w")
        net.connect(pop, pop, "exc", synapse).all_to_all(weights=1.0)
    elif kind == "equations":
        net.create(2, ann.Neuron(parameters=given, equations=text, spike="t < 0"))
    elif kind == "parameters":
        net.create(2, ann.Neuron(parameters=text, equations="r = 1"))
    else:
        names = re.findall(r"^(\w+)\(([^)]*)\)", text, re.M)
        calls = "\n".join(f"v{i} = {f}({', '.join('1' for _ in a.split(','))})" for i, (f, a) in enumerate(names))
        net.create(2, ann.Neuron(equations=f"{calls}\nr = 1", functions=text))
    net.config(suppress_warnings=True)
    net.compile(silent=True)
    net.step()


@pytest.mark.parametrize(("kind", "text"), examples(), ids=lambda x: x.split()[0])
def test_the_examples_of_the_language_reference_run(kind: str, text: str) -> None:
    text = re.sub(r"^r =", "rate =", text, flags=re.M) if kind == "equations" else text
    given: list[str] = []
    while True:
        try:
            compiled(kind, text, "\n".join(f"{name} = 1.0" for name in given))
            return
        except DiagnosticError as error:
            unknown = [d.loc.text for d in error.diagnostics if d.code == "N0201"]
            if not unknown:
                raise
            given += dict.fromkeys(unknown)


def words() -> set[str]:
    """Every word of the language, from the tables of the compiler and the grammar."""
    from nnc.compiler.frontend import flags, places
    from nnc.compiler.frontend.builtins import (
        DISTRIBUTIONS,
        FUNCTION_TYPES,
        FUNCTIONS,
        METHODS,
        REDUCTIONS,
        RESERVED,
        RESERVED_IN_SYNAPSES,
    )

    grammar = re.sub(r"//.*|/(\\.|[^/\n])+/", "", _grammar())
    keywords = set(re.findall(r'"([A-Za-z]+)"', grammar))
    assert {"if", "else", "and", "or", "not", "is", "True", "False"} <= keywords
    tables = (DISTRIBUTIONS, FUNCTION_TYPES, FUNCTIONS, METHODS, REDUCTIONS, RESERVED, RESERVED_IN_SYNAPSES)
    known = keywords.union(*tables, places.PREDEFINED, {"ite", "sum", "w", "r", "pre", "post"})
    return known.union(flags._VALUES, flags._LOCALITIES, flags._TYPES, flags._EVENTS) - {
        "local",
        "global",
        "semiglobal",
    }


def test_every_word_of_the_language_is_in_the_reference() -> None:
    text = re.sub(r"```lark.*?```", "", (DOCS / "language.md").read_text("utf-8"), flags=re.S)
    code = " ".join(re.findall(r"```.*?```|`[^`\n]+`", text, re.S))
    missing = sorted(w for w in words() if not re.search(rf"(?<![\w-]){re.escape(w)}(?![\w-])", code))
    assert missing == []


def test_every_argument_of_a_model_is_in_the_reference() -> None:
    text = (DOCS / "language.md").read_text("utf-8")
    for model in (ann.Neuron, ann.Synapse):
        for argument in inspect.signature(model).parameters:
            assert f"`{argument}`" in text, argument


def test_the_script_of_the_readme_runs_and_its_error_is_real(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    script, error = (re.search(p, text, re.DOTALL) for p in (r"```python\n(.*?)```", r"```\n(error.*?)```"))
    assert script is not None
    assert error is not None
    path = tmp_path / "model.py"
    path.write_text(script.group(1).replace("net.simulate(1000.0)", "net.simulate(50.0)"), encoding="utf-8")
    with pytest.raises(SystemExit) as done:
        main([str(path)])
    assert not done.value.code
    path.write_text(script.group(1).replace("(El - v) + g_exc", "(E_l - v) + g_exc"), encoding="utf-8")
    capsys.readouterr()
    with pytest.raises(SystemExit):
        main([str(path)])
    assert capsys.readouterr().err.replace(str(path), "model.py") == error.group(1)
