"""Folding and simplification of single ops. That nothing changes a bit is in tests/properties."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.passes import transformed

if TYPE_CHECKING:
    from collections.abc import Callable


def test_texts(golden: Callable[[str, Callable[[str], str]], None]) -> None:
    golden("canonicalize.ir", lambda text: transformed(text, "canonicalize"))
