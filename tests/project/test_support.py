"""`docs/support.md` says what the targets do: `python tools/support_table.py` writes it anew."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from nnc.compiler.codegen.target import get_target

ROOT = Path(__file__).resolve().parents[2]


def _tool() -> Any:
    spec = importlib.util.spec_from_file_location("support_table", ROOT / "tools" / "support_table.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TOOL = _tool()
NAMES = list(TOOL.FEATURES)
SAMPLE = NAMES[4::25]


def rows() -> dict[str, list[str]]:
    text = (ROOT / "docs" / "support.md").read_text(encoding="utf-8")
    cells = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return {name: rest for name, *rest in cells[1:]}


def test_the_page_has_a_row_for_every_feature() -> None:
    assert list(rows()) == NAMES
    assert {len(cells) for cells in rows().values()} == {len(TOOL.TARGETS) * len(TOOL.PRECISIONS)}


@pytest.mark.parametrize("name", [pytest.param(n, marks=() if n in SAMPLE else pytest.mark.slow) for n in NAMES])
def test_a_row_is_what_happens(name: str) -> None:
    if get_target("openmp").available() is not None:
        pytest.skip("there is no C compiler")
    assert [TOOL.cell(name, t, p) for t in TOOL.TARGETS for p in TOOL.PRECISIONS] == rows()[name]


def test_a_difference_of_one_bit_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    name, right = NAMES[0], TOOL.recorded

    def wrong(build: Any, target: str, precision: str) -> dict[str, Any]:
        found = right(build, target, precision)
        return found | {"pop0.k": b""} if target == "llvm" else found

    monkeypatch.setattr(TOOL, "recorded", wrong)
    assert TOOL.cell(name, "llvm", "double") == "other bits"
    assert TOOL.cell(name, "interp", "double") == "yes"
