"""Documents that show what the compiler makes are what it makes: `pytest --update-golden` writes them anew."""

from __future__ import annotations

from pathlib import Path

import pytest

import nnc as ann
from nnc.compiler import driver
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
