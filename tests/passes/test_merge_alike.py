"""Phases that are alike become one loop, and not a bit changes. Their texts are in tests/texts/merge_alike.ir."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.passes import transformed
from support.stages import Trail, compare
from support.whole_networks import random_network, repeated

from nnc.compiler.codegen.target import get_target
from nnc.compiler.ir.batch import Batch, is_over_members
from nnc.compiler.ir.parser import parse_module
from nnc.compiler.ir.verify import verify
from nnc.compiler.options import Options
from nnc.compiler.passes import DEFAULT_PIPELINE, load_pass
from nnc.compiler.passes.manager import Context
from nnc.compiler.passes.merge_alike import MergeAlike

if TYPE_CHECKING:
    from collections.abc import Callable

    from nnc.compiler.ir.model import Module

SEEDS = (7, 11, 17)
"""Small networks with many kinds of phases; see `test_whole_networks.py` for the long run."""


def test_texts(golden: Callable[[str, Callable[[str], str]], None]) -> None:
    golden("merge_alike.ir", lambda text: transformed(text, "merge-alike"))


def test_texts_of_tables(golden: Callable[[str, Callable[[str], str]], None]) -> None:
    golden("tabulate.ir", lambda text: transformed(text, "map-threads,tabulate"))


def finished(trail: Trail, pipeline: str, target: str | None = None) -> Module:
    """The module of a network after some passes; the trail learns its state before the first step."""
    module = trail.network.module()
    trail.prepare()
    for name in pipeline.split(","):
        context = Context(options=Options(target=target))
        load_pass(name)().run(module, context)
        context.diagnostics.raise_if_errors()
        if name == "choose-propagation":
            trail.take(module)
    verify(module)
    return module


@pytest.mark.parametrize("seed", SEEDS)
def test_merged_networks_have_the_bits_of_others_on_every_target_and_team(seed: int) -> None:
    trail = Trail(repeated(random_network(seed), 4))
    reference = trail.looped(finished(trail, DEFAULT_PIPELINE.replace("merge-alike,", "")), 1)
    module = finished(trail, DEFAULT_PIPELINE)
    assert any(is_over_members(op) for op in module.walk())
    for team in trail.teams:
        compare(reference, trail.looped(module, team), f"interpreter, {team} workers")
    for name in ("llvm", "openmp"):
        if get_target(name).available() is None:
            trail.on_target(module, name, reference)


def test_the_gpu_does_every_phase_at_once() -> None:
    trail = Trail(repeated(random_network(SEEDS[0]), 4))
    module = finished(trail, DEFAULT_PIPELINE, "cuda")
    assert not any(is_over_members(op) for op in module.walk())
    get_target("cuda").emit(module)


def test_fewer_than_the_least_number_stay_apart(request: pytest.FixtureRequest) -> None:
    text = (request.path.parents[1] / "texts" / "merge_alike.ir").read_text(encoding="utf-8").split("// -----\n")[0]
    module = parse_module(text)
    assert not MergeAlike(minimum=5).run(module, Context())
    assert MergeAlike(minimum=4).run(module, Context())
    assert len(list(module.find(Batch))) == 2
    assert not MergeAlike(minimum=2).run(module, Context()), "what is merged stays as it is"
