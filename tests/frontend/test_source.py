"""Finding the user's text in the user's file."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

import pytest

from nnc.compiler.diagnostics import DiagnosticError
from nnc.compiler.frontend.source import Site

if TYPE_CHECKING:
    from pathlib import Path


def caret(folder: Path, text: str, name: str = "user_model") -> tuple[int, int, str]:
    """Line, column and underlined text of the only error of a script that makes a wrong model."""
    path = folder / f"{name}.py"
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.raises(DiagnosticError) as caught:
        spec.loader.exec_module(module)
    (error,) = caught.value.diagnostics
    assert error.loc.source is not None
    assert error.loc.source.path == str(path)
    shown = error.render().splitlines()
    line, column = error.loc.source.position(error.loc.start)
    carets = shown[4]
    start, end = carets.index("^"), carets.rindex("^") + 1
    return line, column, shown[3][start:end]


HEAD = "import nnc as ann\nnet = ann.Network()\n"


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ('n = ann.Neuron(equations="r = wrng")\n', 3, 31),
        ('n = ann.Neuron(\n    equations="""\n        r = wrng\n    """)\n', 5, 13),
        ('n = ann.Neuron(equations="x = 1\\nr = wrng")\n', 3, 38),
        ("n = ann.Neuron(equations='x = 1\\n\\tr = wrng')\n", 3, 40),
        ('n = ann.Neuron(equations="""\\\n  x = 1\n  r = wrng""")\n', 5, 7),
        ('n = ann.Neuron(equations=["x = 1", "r = wrng"])\n', 3, 41),
        ('EQUATIONS = "r = wrng"\nn = ann.Neuron(equations=EQUATIONS)\n', 3, 18),
        ('n = ann.Neuron(equations="é = 1" if False else "r = wrng")\n', 3, 53),
        ('é = 1; n = ann.Neuron(equations="r = wrng")\n', 3, 38),
    ],
)
def test_carets_stand_in_the_users_file(tmp_path: Path, text: str, line: int, column: int) -> None:
    assert caret(tmp_path, HEAD + text + "net.create(1, n)\n") == (line, column, "wrng")


def test_a_text_that_was_put_together_is_shown_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "m.py"
    path.write_text("f('a' + b)\n", encoding="utf-8")
    source = Site(str(path), 1).source("r = a\nx = y", "equations")
    assert not source.exact
    assert source.position(10) == (2, 5)
