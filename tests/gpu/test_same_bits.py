"""On a GPU: in strict mode the bits of the CPU, in fast mode its sums up to rounding.

`python -m pytest -m gpu` runs all of it on a device, `python -m pytest -m slow tests/gpu` on a stand-in for the driver.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from support.features import FEATURES, outcome
from support.networks import THREE, RandomNetwork, assert_same_bits, random_networks, run

import nnc as ann

if TYPE_CHECKING:
    from gpu.conftest import Place

pytestmark = pytest.mark.filterwarnings("ignore::nnc.runtime.errors.NNCWarning")
PRECISIONS = ("double", "float")
STEPS = {"izhikevich": 6, "coba": 8, "rate": 2}
EVERY_TIME = ("delays", "spike_timing", "axonal_spikes")
"""Features with spikes whose sums `fast` may reorder."""


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("name", THREE)
def test_examples(place_of_library: Place, name: str, precision: str) -> None:
    build, dt = THREE[name]
    more: dict[str, Any] = {"steps": place_of_library.steps(300, STEPS[name]), "dt": dt, "precision": precision}
    assert_same_bits(run(build, **more), run(build, target="cuda", **more))


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("name", FEATURES)
def test_features(place: Place, name: str, precision: str) -> None:
    more: dict[str, Any] = {"steps": place.steps(40, 4), "precision": precision}
    assert_same_bits(outcome(FEATURES[name], **more), outcome(FEATURES[name], target="cuda", **more))


def test_random_networks(place: Place) -> None:
    @settings(
        max_examples=place.steps(40, 4),
        derandomize=True,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(random_networks())
    def check(network: RandomNetwork) -> None:
        for precision in PRECISIONS:
            wanted = run(network, steps=12, precision=precision)
            assert_same_bits(wanted, run(network, steps=12, target="cuda", precision=precision))

    check()


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("name", EVERY_TIME)
def test_fast_differs_by_rounding_alone(place: Place, name: str, precision: str) -> None:
    more: dict[str, Any] = {"steps": 6, "precision": precision}
    wanted = outcome(FEATURES[name], **more)
    got = outcome(FEATURES[name], target="cuda", determinism="fast", **more)
    tolerance = 1e-12 if precision == "double" else 1e-4
    for key, values in wanted.items():
        assert got[key].shape == values.shape, key
        np.testing.assert_allclose(got[key], values, rtol=tolerance, atol=tolerance, err_msg=key)


def test_attributes_and_records_between_runs(place_of_library: Place) -> None:
    def history(target: str) -> list[Any]:
        net = ann.Network(dt=1.0, seed=2)
        net.config(paradigm=target, determinism="strict")
        pop = net.create(70, ann.Neuron(parameters="tau = 5.0", equations="tau * dv/dt = 1.2 - v\nr = v"))
        monitor = net.monitor(pop, "v", period=2.0)
        net.compile(silent=True)
        net.simulate(3.0)
        pop[:35].v, pop.tau = 3.0, 2.0
        net.simulate(3.0)
        return [pop.v.tolist(), monitor.get("v").tolist(), net.get_current_step()]

    assert history("cuda") == history("llvm")
