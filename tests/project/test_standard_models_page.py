"""docs/standard_models.md says what the models are; `python tools/standard_models.py` writes it."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import nnc as ann

TOOL: dict[str, Any] = runpy.run_path(str(Path(__file__).parents[2] / "tools/standard_models.py"))
MODELS = [cls.__name__ for cls in (*ann.list_standard_neurons(), *ann.list_standard_synapses())]
PAGE: Path = TOOL["PAGE"]


def test_equations_and_defaults_are_those_of_the_models() -> None:
    text = PAGE.read_text(encoding="utf-8")
    captions = dict(re.findall(r"!\[(\w+)\]\(images/\w+\.png\)\n\n(.+?)(?=\n\n#|\n*\Z)", text, re.DOTALL))
    assert list(captions) == MODELS
    assert text == TOOL["page"](captions), "run python tools/standard_models.py and read the difference"


@pytest.mark.parametrize("name", MODELS)
def test_every_model_has_a_small_picture(name: str) -> None:
    path = TOOL["IMAGES"] / f"{name}.png"
    assert path.stat().st_size < 60_000
    with Image.open(path) as image:
        assert len(np.unique(np.asarray(image.convert("L")))) > 5
    assert name in TOOL["PICTURES"]


@pytest.mark.parametrize("name", ["LeakyIntegrator", "STDP"])
def test_a_picture_shows_a_run(name: str, tmp_path: Path) -> None:
    picture = TOOL["PICTURES"][name]()
    assert all(np.ptp(values) > 0 for panel in picture.panels for values in panel.lines.values())
    TOOL["draw"](picture, tmp_path / "images" / "picture.png")
    assert (tmp_path / "images" / "picture.png").stat().st_size > 5_000
