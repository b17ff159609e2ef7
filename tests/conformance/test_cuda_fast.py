"""`determinism="fast"` on target `cuda`: what spikes add is added in any order; nothing else changes."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from support.features import FEATURES, outcome
from support.networks import assert_same_bits
from support.ptx.device import InterpretedDriver

import nnc as ann
from nnc.compiler.codegen import cuda
from nnc.compiler.codegen.cuda.emit import emit_kernel
from nnc.compiler.driver import lower
from nnc.compiler.options import Options
from nnc.runtime.running.compiling import describe

pytestmark = pytest.mark.filterwarnings("ignore::nnc.runtime.errors.NNCWarning")


class Noting(InterpretedDriver):
    """Keeps the text of kernels."""

    text = ""

    def function(self, ptx: str, name: str) -> Any:
        self.text = ptx
        return super().function(ptx, name)


def fast(name: str, monkeypatch: pytest.MonkeyPatch, **more: Any) -> tuple[dict[str, Any], str]:
    driver = Noting(schedule=5)
    monkeypatch.setattr(cuda, "_device", lambda number: driver)
    return outcome(FEATURES[name], target="cuda", **{"determinism": "fast", **more}), driver.text


def additions(ptx: str) -> int:
    return len(re.findall(r"\b(?:red|atom)\.[\w.]*add\.f(?:32|64)", ptx))


@pytest.mark.parametrize(
    ("name", "precision", "event_time"),
    [
        ("delays", "double", "reference"),
        ("delays", "float", "reference"),
        ("axonal_spikes", "double", "reference"),
        ("short_term", "double", "exact"),  # then neurons hold the variables
    ],
)
def test_sums_over_spikes_differ_by_rounding_alone(
    name: str, precision: str, event_time: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    got, text = fast(name, monkeypatch, precision=precision, event_time=event_time)
    assert additions(text)
    wanted = outcome(FEATURES[name], precision=precision, event_time=event_time)
    assert got.keys() == wanted.keys()
    for key, values in wanted.items():
        assert got[key].shape == values.shape, key
        np.testing.assert_allclose(got[key], values, rtol=0, atol=1e-13 if precision == "double" else 1e-5, err_msg=key)


@pytest.mark.parametrize("name", ["one_to_one", "spike_timing", "short_term"])
def test_what_is_no_sum_over_spikes_keeps_its_bits(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    got, text = fast(name, monkeypatch)
    assert additions(text) == 0
    assert_same_bits(outcome(FEATURES[name]), got)


REORDERED = {"delays", "many_populations", "axonal_spikes", "lent_weights"}
"""Features with spikes that do nothing but add."""

SAME = {"one_to_one", "spike_timing", "short_term", "continuous_synapses", "reductions", "switches", "refractoriness"}


@pytest.mark.parametrize("name", sorted(REORDERED | SAME))
def test_the_kernel_is_another_one_only_where_spikes_do_nothing_but_add(name: str) -> None:
    net = ann.Network(dt=1.0, seed=7)
    FEATURES[name](net)
    net.compile(silent=True)
    module = lower(describe(net), Options(target="cuda"))
    strict, loose = emit_kernel(module), emit_kernel(module, fast=True)
    assert "atomicrmw fadd" not in strict
    assert ("atomicrmw fadd" in loose) == (strict != loose) == (name in REORDERED)


def test_strict_kernels_have_no_atomic_additions(monkeypatch: pytest.MonkeyPatch) -> None:
    _, text = fast("axonal_spikes", monkeypatch, determinism="strict")
    assert additions(text) == 0


def test_on_a_cpu_fast_is_strict() -> None:
    assert_same_bits(outcome(FEATURES["delays"]), outcome(FEATURES["delays"], determinism="fast"))


def test_another_word_is_an_error() -> None:
    with pytest.raises(ann.ANNarchyException, match="strict, fast"):
        ann.Network().config(determinism="loose")
