"""Rates given from Python: `InputArray`, `TimedArray` (specification of the API, 3.1 and 3.2)."""

import numpy as np
import pytest

import nnc as ann
from nnc import NNCError, NNCWarning
from nnc.runtime.inputs import timed
from nnc.runtime.networks.config import Config
from nnc.runtime.networks.registry import REGISTRY

ROWS = [[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]]
RATE = dict(equations="r = sum(exc)")
SPIKING = dict(equations="v = g_exc", spike="v > 1000.0", reset="v = 0.0")


@pytest.fixture(autouse=True)
def fresh_magic_network(monkeypatch):
    monkeypatch.setattr(REGISTRY, "template", Config())
    monkeypatch.setattr(REGISTRY, "magic", None)


def rates_of(make, steps, dt=1.0, then=lambda pop: None, more=0):
    """`r` of the first neuron of an input at the end of each step."""
    net = ann.Network(dt=dt)
    pop = net.create(make)
    m = net.monitor(pop, "r")
    net.compile()
    for _ in range(steps):
        net.step()
    then(pop)
    net.simulate(more * dt)
    return m.get("r").reshape(steps + more, -1)[:, 0].tolist()


# InputArray


def test_an_input_array_keeps_what_a_script_sets_until_reset():
    net = ann.Network()
    pop = net.create(ann.InputArray((2, 2)))
    out = net.create(4, ann.Neuron(**RATE))
    net.connect(pop, out, "exc").one_to_one(2.0)
    assert pop.variables == ["r"]
    pop.r = [[1.0, 2.0], [3.0, 4.0]]
    net.compile()
    net.simulate(3.0)
    assert pop.r.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    pop.r = 5.0
    net.simulate(2.0)
    assert out.r.tolist() == [10.0] * 4
    net.reset()
    assert pop.r.tolist() == [[1.0, 2.0], [3.0, 4.0]]


# TimedArray


@pytest.mark.parametrize(
    ("keywords", "expected"),
    [
        ({}, [1, 2, 3, 3, 3, 3]),
        ({"schedule": 2.0}, [1, 1, 2, 2, 3, 3]),
        ({"schedule": [1.0, 2.0, 5.0]}, [0, 1, 2, 2, 2, 3]),
        ({"period": 3.0}, [1, 2, 3, 1, 2, 3]),
        ({"period": 2.0}, [1, 2, 1, 2, 1, 2]),
        ({"schedule": [0.0, 2.0, 3.0], "period": 5.0}, [1, 1, 2, 3, 3, 1]),
    ],
)
def test_rates_follow_the_schedule(keywords, expected):
    assert rates_of(ann.TimedArray(rates=ROWS, **keywords), 6) == expected


def test_the_time_between_rows_is_that_of_the_network_it_is_created_in():
    assert rates_of(ann.TimedArray(rates=ROWS), 4, dt=0.1) == [1, 2, 3, 3]
    assert rates_of(ann.TimedArray(rates=ROWS, schedule=0.2), 6, dt=0.1) == [1, 1, 2, 2, 3, 3]


def test_downstream_sums_see_the_rates_one_step_later():
    net = ann.Network()
    pop = net.create(ann.TimedArray(rates=ROWS))
    out = net.create(2, ann.Neuron(**RATE))
    net.connect(pop, out, "exc").one_to_one(1.0)
    m = net.monitor(out, "r")
    net.compile()
    net.simulate(4.0)
    assert m.get("r").tolist() == [[0, 0], [1, 10], [2, 20], [3, 30]]


def test_geometry_and_attributes():
    pop = ann.TimedArray(rates=np.arange(24.0).reshape(2, 3, 4), schedule=5.0, period=10.0)
    assert (pop.geometry, pop.size) == ((3, 4), 12)
    assert pop.rates.shape == (2, 3, 4)
    assert (pop.schedule, pop.period) == ([0.0, 5.0], 10.0)
    assert ann.TimedArray(rates=[1.0, 2.0]).geometry == (1,)
    assert pop.attributes == ["r"]


def test_a_long_run_goes_through_many_fillings(monkeypatch):
    monkeypatch.setattr(timed, "ELEMENTS", 14)
    net = ann.Network()
    data = np.random.default_rng(1).random((50, 3))
    pop = net.create(ann.TimedArray(rates=data, period=50.0))
    m = net.monitor(pop, "r")
    net.compile()
    net.step()
    net.simulate(129.0)
    assert np.array_equal(m.get("r"), np.concatenate([data, data, data[:30]]))


def test_a_reset_starts_again_with_zero():
    net = ann.Network()
    pop = net.create(ann.TimedArray(rates=ROWS, schedule=[1.0, 2.0, 3.0]))
    net.compile()
    net.simulate(3.0)
    assert pop.r.tolist() == [2.0, 20.0]
    net.reset()
    assert pop.r.tolist() == [0.0, 0.0]
    net.step()
    assert pop.r.tolist() == [0.0, 0.0]
    net.step()
    assert pop.r.tolist() == [1.0, 10.0]
    pop.reset()
    net.simulate(2.0)
    assert pop.r.tolist() == [1.0, 10.0]


def test_the_clock_does_not_depend_on_the_time_of_the_network_and_stops_while_disabled():
    net = ann.Network()
    pop = net.create(ann.TimedArray(rates=ROWS))
    m = net.monitor(pop, "r")
    net.compile()
    net.time = 100.0
    net.step()
    pop.disable()
    net.simulate(3.0)
    pop.enable()
    net.simulate(2.0)
    assert m.get("r")[:, 0].tolist() == [1, 1, 1, 1, 2, 3]


NEW = [[5.0, 50.0], [6.0, 60.0], [7.0, 70.0], [8.0, 80.0]]


@pytest.mark.parametrize(
    ("keywords", "expected"),
    [
        ({}, [1, 1, 2, 5, 5, 6, 6, 7, 7]),
        ({"reset": False}, [1, 1, 2, 6, 7, 7, 8, 8, 8]),
        ({"schedule": 1.0}, [1, 1, 2, 5, 6, 7, 8, 8, 8]),
        ({"schedule": [1.0, 2.0], "period": 3.0}, [1, 1, 2, 2, 5, 6, 6, 5, 6]),
    ],
)
def test_update_replaces_the_rates(keywords, expected):
    warned = "schedule" in keywords and isinstance(keywords["schedule"], list)
    with pytest.warns(NNCWarning, match="last 2 rows") if warned else pytest.MonkeyPatch.context():
        found = rates_of(
            ann.TimedArray(rates=ROWS, schedule=2.0), 3, then=lambda pop: pop.update(NEW, **keywords), more=6
        )
    assert found == expected


def test_update_without_reset_shows_the_new_row_at_once():
    net = ann.Network()
    pop = net.create(ann.TimedArray(rates=ROWS, schedule=2.0))
    net.compile()
    net.simulate(3.0)
    pop.update(NEW, reset=False)
    assert pop.r.tolist() == [6.0, 60.0]


def test_assignments_replace_without_touching_the_clock():
    net = ann.Network()
    pop = net.create(ann.TimedArray(rates=ROWS, schedule=2.0))
    net.compile()
    net.step()
    pop.rates = NEW
    net.step()
    assert pop.r.tolist() == [1.0, 10.0]
    net.step()
    assert pop.r.tolist() == [6.0, 60.0]
    pop.period = 4.0
    pop.schedule = [0.0, 3.0, 4.0, 6.0]
    net.simulate(2.0)
    assert pop.r.tolist() == [5.0, 50.0]


def test_rates_may_come_later():
    net = ann.Network()
    pop = net.create(ann.TimedArray(geometry=2, schedule=[0.0, 2.0, 4.0]))
    net.compile()
    net.simulate(3.0)
    assert pop.r.tolist() == [0.0, 0.0]
    pop.update(ROWS)
    net.simulate(3.0)
    assert pop.r.tolist() == [2.0, 20.0]


def test_timed_arrays_are_checked():
    with pytest.raises(NNCError, match="rates or a geometry"):
        ann.TimedArray()
    with pytest.raises(NNCError, match="array of numbers"):
        ann.TimedArray(rates=[[1.0], [1.0, 2.0]])
    with pytest.raises(NNCError, match="4 times for 3"):
        ann.TimedArray(rates=ROWS, schedule=[0, 1, 2, 3])
    with pytest.warns(NNCWarning, match="last 1 rows"):
        pop = ann.TimedArray(rates=ROWS, schedule=[0.0, 1.0])
    with pytest.raises(NNCError, match="compile"):
        _ = pop.r
    with pytest.raises(NNCError, match="update"):
        pop.r = 1.0
    with pytest.raises(NNCError, match="geometry is"):
        pop.update([[1.0, 2.0, 3.0]])
    with pytest.raises(NNCError, match="at least one row"):
        pop.update(np.zeros((0, 2)))
    with pytest.raises(NNCError, match="2 times for 1"):
        pop.update([[1.0, 2.0]])


def test_a_schedule_finer_than_the_steps_is_reported():
    net = ann.Network(dt=1.0)
    net.create(ann.TimedArray(rates=ROWS, schedule=0.2))
    with pytest.warns(NNCWarning, match="fall into one step"):
        net.compile()
