"""For all tests: golden files, and how many examples properties are tried on.

`HYPOTHESIS_PROFILE` chooses: `dev` (50 examples, the default), `ci` (400, the same ones every time), `nightly` (5000).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from nnc.compiler.textfile import SEPARATOR, split

settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile("ci", max_examples=400, deadline=None, derandomize=True)
settings.register_profile("nightly", max_examples=5000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))

TEXTS = Path(__file__).parent / "texts"
Golden = Callable[[str, Callable[[str], str]], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="write the results into tests/texts instead of comparing"
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Check a function on text against a file of `tests/texts`.

    The parts of the file (between lines `// -----`) are pairs: an input, and what the function makes of it. With
    `--update-golden` the results are written; read the difference before committing it.
    """
    update = bool(request.config.getoption("--update-golden"))

    def check(name: str, transform: Callable[[str], str]) -> None:
        path = TEXTS / name
        parts = [text for _, text in split(path.read_text(encoding="utf-8"))]
        inputs, expected = parts[0::2], parts[1::2]
        results = [transform(text) for text in inputs]
        if update:
            pairs = [part for pair in zip(inputs, results, strict=True) for part in pair]
            path.write_text(f"{SEPARATOR}\n".join(pairs), encoding="utf-8")
            return
        assert len(inputs) == len(expected), f"{name} has an input without a result: run pytest --update-golden"
        for text, result, wanted in zip(inputs, results, expected, strict=True):
            assert result == wanted, f"{name}, for this input:\n{text}"

    return check
