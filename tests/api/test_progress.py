"""Bars: on a terminal, where something takes long; nowhere else."""

from __future__ import annotations

import io
import sys

import numpy as np
import pytest

import nnc as ann
from nnc.runtime.parallel import executor
from nnc.runtime.running import progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture(params=[True, False], ids=["terminal", "file"])
def screen(request, monkeypatch):
    """What a test may put in the place of standard error (pytest has its own until then); everything takes long."""
    monkeypatch.setattr(progress, "PATIENCE", -1.0)
    return Terminal() if request.param else io.StringIO()


class Unit(ann.Network):
    def __init__(self, k=1.0):
        pop = self.create(3, ann.Neuron(equations="r = t"))
        for target in ("a", "b", "c"):
            self.connect(pop, pop, target).one_to_one()


def test_runs_show_how_far_they_are(screen, monkeypatch):
    monkeypatch.setattr(sys, "stderr", screen)
    net = Unit()
    net.compile()
    assert ("projection" in screen.getvalue()) is screen.isatty()
    screen.truncate(0)
    net.simulate(3000.0)
    assert ("3000 ms" in screen.getvalue()) is screen.isatty()


def test_a_bar_that_is_asked_for_is_always_there(screen, monkeypatch):
    monkeypatch.setattr(sys, "stderr", screen)
    net = Unit()
    net.compile()
    net.simulate(50.0, progress_bar=True)
    assert "50/50 ms" in screen.getvalue()


def test_nothing_is_shown_of_what_is_quick(screen, monkeypatch):
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(progress, "PATIENCE", 100.0)
    net = Unit()
    net.compile()
    net.simulate(50.0)
    assert screen.getvalue() == ""


@pytest.mark.parametrize("wanted", [None, True, False])
def test_sweeps_count_their_runs(screen, monkeypatch, wanted):
    monkeypatch.setattr(sys, "stderr", screen)
    ann.sweep(Unit, {"k": [1.0, 2.0, 3.0]}, lambda net: net.simulate(1.0), processes=0, progress=wanted)
    shown = screen.isatty() if wanted is None else wanted
    assert ("3/3" in screen.getvalue()) is shown


def test_counting_goes_on_where_a_build_fails(screen, monkeypatch):
    monkeypatch.setattr(sys, "stderr", screen)

    def fail(k):
        for item in progress.counted([1, 2, 3], "thing"):
            if item == k:
                raise ValueError("on purpose")
        return True

    with pytest.raises(ValueError, match="on purpose"):
        fail(2)
    assert fail(4)
    assert executor.on_terminal() is screen.isatty()


def test_objects_show_themselves():
    net = Unit()
    pop, proj = net.get_populations()[0], net.get_projections()[0]
    monitor = net.monitor(pop, "r")
    for _ in range(2):
        for obj, words in [(net, "1 population"), (pop, "geometry (3,)"), (proj, "target 'a'"), (monitor, "['r']")]:
            assert words in repr(obj)
            html = obj._repr_html_()
            assert html.startswith("<table>")
            assert html.endswith("</table>")
            assert "<caption>" in html
        if not net.compiled:
            net.compile()
    assert "synapses" in net._repr_html_()
    assert np.all(pop[1:].ranks == [1, 2])
    assert "2 of 3 neurons" in repr(pop[1:])
