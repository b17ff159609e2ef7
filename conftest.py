"""Lets the tests run from a bare checkout: maps the folders of this tree onto the package `nnc`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "tests" / "typing"))
