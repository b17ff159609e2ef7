"""Golden texts: `tests/texts/model_*.ir` holds a module before and after the passes up to `discretise`.

To write the second part anew after a wanted change: `python tests/passes/test_discretise_texts.py` with the package
on the path.
"""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest

from nnc.compiler import textfile
from nnc.compiler.ir.parser import parse_module
from nnc.compiler.ir.printer import print_module
from nnc.compiler.passes.manager import Context, Pipeline

TEXTS = Path(__file__).parents[1] / "texts"
PASSES = "inline-functions,isolate-derivatives,order-equations,narrow-traces,discretise"


def lowered(text: str) -> str:
    module = parse_module(text)
    pipeline = Pipeline.parse(PASSES, "model")
    pipeline.crash_file = None
    pipeline.run(module, Context())
    return print_module(module)


@pytest.mark.parametrize("path", sorted(TEXTS.glob("model_*.ir")), ids=lambda p: p.stem)
def test_models_become_the_expected_code(path: Path) -> None:
    (_, before), (_, after) = textfile.split(path.read_text(encoding="utf-8"))
    got = lowered(before)
    difference = difflib.unified_diff(after.strip().splitlines(), got.strip().splitlines(), lineterm="", n=2)
    assert not list(difference)
    assert print_module(parse_module(got)) == got


def rewrite(path: Path) -> None:
    before = textfile.split(path.read_text(encoding="utf-8"))[0][1].strip()
    path.write_text(f"{before}\n// -----\n{lowered(before).strip()}\n", encoding="utf-8")


if __name__ == "__main__":
    for golden in sorted(TEXTS.glob("model_*.ir")):
        rewrite(golden)
