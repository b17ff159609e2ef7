"""The number of workers may change between any two steps: no bit does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from support.features import FEATURES, outcome
from support.networks import RandomNetwork, assert_same_bits, random_networks, run
from support.restless import Restless

import nnc as ann
from nnc.compiler.codegen.recorder import LayoutError
from nnc.compiler.codegen.target import get_target
from nnc.extensions.convolution import Copy
from nnc.runtime.running import simulating

pytestmark = pytest.mark.filterwarnings("ignore::nnc.runtime.errors.NNCWarning")


@pytest.fixture
def restless(monkeypatch):
    monkeypatch.setattr(simulating, "tuner_for", Restless)


@pytest.mark.parametrize("feature", FEATURES)
def test_features_have_the_bits_of_one_worker(restless, feature):
    one = outcome(FEATURES[feature], steps=14)
    assert_same_bits(one, outcome(FEATURES[feature], steps=14, num_threads="tune"))


@pytest.mark.parametrize("target", ["openmp", "interp"])
@pytest.mark.parametrize("feature", ["spike_timing", "delays", "growth"])
def test_so_they_do_on_other_targets_in_single_precision(restless, feature, target):
    one = outcome(FEATURES[feature], steps=8, precision="float")
    if get_target(target).available() is not None:
        pytest.skip(f"{target} is not available")
    assert_same_bits(one, outcome(FEATURES[feature], target=target, steps=8, precision="float", num_threads="tune"))


@given(random_networks())
@settings(
    max_examples=8, derandomize=True, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)
def test_random_networks_do_too(restless, build: RandomNetwork):
    assert_same_bits(run(build, steps=17), run(build, steps=17, team="tune"))


def plastic(threads: int | str) -> tuple[ann.Network, ann.Projection]:
    """More synapses than are held as indices, so that they are made again from the state."""
    net = ann.Network(dt=1.0, seed=5)
    net.config(num_threads=threads)
    cell = ann.Neuron(equations="9.0 * dv/dt = 1.4 - v + g_exc", spike="v > 1.0", reset="v = 0.0")
    pop = net.create(400, cell)
    pop.v = ann.Uniform(0.0, 1.0)
    learn = ann.Synapse(
        equations=["9.0 * dx/dt = -x : event-driven", "7.0 * dy/dt = -y : event-driven"],
        pre_spike="g_target += w\nx += 0.1\nw = clip(w - y, -1.0, 1.0)",
        post_spike="y += 0.1\nw = clip(w + x, -1.0, 1.0)",
    )
    link = net.connect(pop, pop, "exc", learn).fixed_number_pre(200, weights=ann.Uniform(0.0, 0.001), delays=3.0)
    net.compile(silent=True)
    return net, link


def test_a_change_in_the_middle_keeps_values_recordings_and_the_order_of_scripts():
    nets = [plastic(1), plastic("tune")]
    monitors = [(net.monitor(link, "w", period=3.0), net.monitor(link.dendrite(7), "x")) for net, link in nets]
    for net, _ in nets:
        net.simulate(20.0)
    other, link = nets[1]
    for team in (4, 2, 7):
        other._running().share(other, team)
        assert (other.threads, other._running().state.block.sizes["team_n1.pop0"]) == (team, team * 401)
        assert np.array_equal(nets[0][1].w, link.w)
        assert len(other.state.block.recorders) == 2
        for net, _ in nets:
            net.simulate(7.0)
    link.dendrite(3).w = 0.5
    nets[0][1].dendrite(3).w = 0.5
    for net, projection in nets:
        net.simulate(30.0)
        assert projection.synapses.nbytes < 8 * 401 + 100, "the indices are made from the state again"
    assert np.array_equal(nets[0][1].w, link.w)
    for mine, theirs in zip(*monitors, strict=True):
        for name, rows in mine.get(force_dict=True).items():
            assert np.array_equal(rows, theirs.get(force_dict=True)[name])


def test_weights_that_are_lent_are_found_where_they_lie(restless):
    """The lender's synapses move, those of the borrower do not."""

    def build(net: ann.Network) -> None:
        cell = ann.Neuron(equations="9.0 * dv/dt = 1.4 - v + g_exc", spike="v > 1.0", reset="v = 0.0")
        unit = ann.Neuron(equations="r = sum(exc) + 0.1 * t")
        cells, units = net.create(130, cell), net.create(130, unit)
        learn = ann.Synapse(pre_spike="g_target += w\nw += 0.001")
        lender = net.connect(cells, cells, "exc", learn).fixed_probability(0.2, weights=ann.Uniform(0.0, 0.1))
        Copy(units, units, "exc").connect_copy(lender)

    assert_same_bits(run(build, steps=30), run(build, steps=30, team="tune"))


def test_a_team_has_a_worker():
    net, _ = plastic(1)
    with pytest.raises(LayoutError, match="at least one worker"):
        net.state.block.share(0)
