"""Documents that show what the compiler makes are what it makes: `pytest --update-golden` writes them anew."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import nnc as ann
from nnc.compiler import driver
from nnc.compiler.diagnostics import Diagnostics, Source
from nnc.compiler.frontend.parse import parse_equations, parse_functions, parse_parameters
from nnc.compiler.main import main
from nnc.compiler.options import Options
from nnc.runtime.compiling import describe

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


def document() -> str:
    net = ann.Network(dt=0.1)
    cell = ann.Neuron(
        parameters="tau = 20.0 : population",
        equations="tau * dv/dt = 1.2 - v + g_exc",
        spike="v > 1.0",
        reset="v = 0.0",
    )
    net.create(100, cell)
    out = [HEAD.format(script=SCRIPT)]
    for stage, title in STAGES.items():
        out.append(f"{title}\n```\n{driver.stage_text(describe(net), stage, Options())}```\n")
    return "\n".join(out)


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


def test_the_examples_of_the_language_reference_parse() -> None:
    parsers = {"equations": parse_equations, "parameters": parse_parameters, "functions": parse_functions}
    blocks = re.findall(
        r"```(equations|parameters|functions)\n(.*?)```", (DOCS / "language.md").read_text("utf-8"), re.S
    )
    assert {kind for kind, _ in blocks} == set(parsers)
    for kind, example in blocks:
        d = Diagnostics()
        assert parsers[kind](Source(example), d)
        d.raise_if_errors()


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
