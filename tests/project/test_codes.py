"""Every code of a message is raised somewhere in the tests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODE = re.compile(r"N\d{4}")


def codes(folder: str, *suffixes: str) -> dict[str, str]:
    """Codes in the sources of a folder, each with a file that has it."""
    found: dict[str, str] = {}
    for path in sorted((ROOT / folder).rglob("*")):
        if path.suffix in suffixes and path.name not in ("codes.py", "test_codes.py"):
            for code in CODE.findall(path.read_text(encoding="utf-8")):
                found.setdefault(code, str(path.relative_to(ROOT)))
    return found


RAISED = {**codes("compiler", ".py"), **codes("runtime", ".py")}
TESTED = codes("tests", ".py", ".ir")


@pytest.mark.parametrize("code", sorted(RAISED))
def test_a_code_has_an_example_that_fails(code: str) -> None:
    assert code in TESTED, f"{code}, raised in {RAISED[code]}, is in no test"
