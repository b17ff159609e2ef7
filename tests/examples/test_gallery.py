"""docs/gallery.md and examples/README.md show all scripts of `examples/`; `python tools/gallery.py` writes them."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("PIL")
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
TOOL: dict[str, Any] = runpy.run_path(str(ROOT / "tools/gallery.py"))
NAMES = [name for group in TOOL["GROUPS"].values() for name in group]


def test_every_script_is_in_the_gallery_once() -> None:
    assert sorted(NAMES) == sorted(path.stem for path in (ROOT / "examples").glob("*.py"))


def test_every_script_is_tested() -> None:
    text = (Path(__file__).parent / "test_examples.py").read_text(encoding="utf-8")
    assert not [name for name in NAMES if f'"{name}"' not in text]


def test_the_pages_say_what_the_scripts_say() -> None:
    text = TOOL["PAGE"].read_text(encoding="utf-8")
    printed = TOOL["outputs"](text)
    assert sorted(printed) == sorted(NAMES)
    assert text == TOOL["page"](printed), "run python tools/gallery.py --pages"
    assert TOOL["INDEX"].read_text(encoding="utf-8") == TOOL["index"](), "run python tools/gallery.py --pages"


def test_there_is_no_picture_without_a_script() -> None:
    assert sorted(path.stem for path in TOOL["IMAGES"].iterdir()) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_script_has_a_small_picture(name: str) -> None:
    path = TOOL["IMAGES"] / f"{name}.png"
    assert path.stat().st_size < TOOL["LIMIT"]
    with Image.open(path) as image:
        assert len(np.unique(np.asarray(image.convert("L")))) > 5


@pytest.mark.parametrize("name", NAMES)
def test_scripts_are_short_and_tell_what_they_show(name: str) -> None:
    path = ROOT / "examples" / f"{name}.py"
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 115
    assert len(TOOL["docstring"](name)) > 60
