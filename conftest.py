"""Lets the tests run from a bare checkout: maps the folders of this tree onto the package `nnc`."""

import sys
from pathlib import Path

TESTS = Path(__file__).parent / "tests"
sys.path.insert(0, str(TESTS / "typing"))
sys.path.append(str(TESTS))  # for `support`, last: `tests/typing` is no module `typing`
