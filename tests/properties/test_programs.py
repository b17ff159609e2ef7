"""Passes keep every bit of random programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from support.passes import run_passes
from support.programs import outcome, programs

from nnc.compiler.ir.parser import parse_module
from nnc.compiler.ir.printer import print_module
from nnc.compiler.ir.verify import verify

if TYPE_CHECKING:
    from nnc.compiler.ir.model import Module


@pytest.mark.parametrize("pipeline", ["canonicalize", "cse", "dce", "canonicalize,cse,dce"])
@given(module=programs)
def test_a_pass_keeps_every_bit(pipeline: str, module: Module) -> None:
    before = outcome(module)
    run_passes(module, pipeline)
    assert outcome(module) == before


@pytest.mark.parametrize("name", ["canonicalize", "cse", "dce"])
@given(module=programs)
def test_a_pass_finds_nothing_more_to_do(name: str, module: Module) -> None:
    run_passes(module, name)
    once = print_module(module)
    assert not run_passes(module, name)
    assert print_module(module) == once


@pytest.mark.parametrize("name", ["canonicalize", "cse", "dce"])
@given(module=programs)
def test_a_pass_says_whether_it_changed_something(name: str, module: Module) -> None:
    before = print_module(module)
    changed = run_passes(module, name)
    assert changed == (print_module(module) != before)


@pytest.mark.parametrize("name", ["canonicalize", "cse", "dce"])
@given(module=programs)
def test_a_pass_gives_the_same_for_text_as_for_memory(name: str, module: Module) -> None:
    again = parse_module(print_module(module))
    run_passes(module, name)
    run_passes(again, name)
    assert print_module(again) == print_module(module)


@given(module=programs)
def test_programs_verify_and_read_back(module: Module) -> None:
    assert verify(module, "loop")
    text = print_module(module)
    again = parse_module(text)
    assert print_module(again) == text
    assert outcome(again) == outcome(module)
