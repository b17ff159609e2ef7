"""Runs that end when the neurons say so."""

import pytest

import nnc as ann
from nnc.runtime.networks.config import Config
from nnc.runtime.networks.registry import REGISTRY

COUNT = dict(parameters=dict(by=ann.Parameter(1.0, locality="local"), top=5.0), equations="r = r + by")
FIRE = dict(
    parameters=dict(by=ann.Parameter(1.0, locality="local")), equations="v = v + by", spike="v >= 5", reset="v = 0"
)


@pytest.fixture(autouse=True)
def fresh_magic_network(monkeypatch):
    monkeypatch.setattr(REGISTRY, "template", Config())
    monkeypatch.setattr(REGISTRY, "magic", None)


def network(condition, model=COUNT, paradigm="llvm", dt=1.0, size=3, **settings):
    net = ann.Network(dt=dt)
    net.config(paradigm=paradigm, **settings)
    net.p = net.create(size, ann.Neuron(**model), stop_condition=condition)
    net.p.by = [1.0, 2.0, 4.0][:size]
    return net


@pytest.mark.parametrize("paradigm", ["llvm", "openmp", "interp"])
@pytest.mark.parametrize(
    ("condition", "model", "steps"),
    [
        ("r > 7", COUNT, 2),
        ("r > 7 : any", COUNT, 2),
        ("r > 7 : all", COUNT, 8),
        ("r > top and by < 3 : any", COUNT, 3),
        ("spiked : any", FIRE, 2),
        ("spiked : all", FIRE, 30),
        ("spiked and by == 1", FIRE, 5),
        ("t >= 4", COUNT, 4),
    ],
)
def test_a_run_ends_with_the_step_after_which_the_condition_holds(paradigm, condition, model, steps):
    net = network(condition, model, paradigm)
    net.compile()
    assert net.simulate_until(100.0, net.p) == steps
    assert net.current_step == steps


@pytest.mark.parametrize("threads", [1, 2])
def test_the_time_is_in_milliseconds_whatever_dt_and_threads(threads):
    net = network("r > 7 : all", dt=0.25, num_threads=threads, size=3)
    net.compile()
    assert net.simulate_until(100.0, net.p) == 2.0
    assert net.time == 2.0


def test_the_duration_is_the_most_there_is_and_other_runs_do_not_stop():
    net = network("r > 7 : all")
    net.compile()
    assert net.simulate_until(3.0, net.p) == 3.0
    net.simulate(20.0)
    assert net.time == 23.0
    assert net.simulate_until(20.0, net.p) == 1.0, "the state after the step counts, not the one before"
    assert net.simulate_until(0.0, net.p) == 0.0


@pytest.mark.parametrize(("operator", "time"), [("and", 8.0), ("or", 5.0)])
def test_several_populations(operator, time):
    net = network("r > 7 : all")
    q = net.create(1, ann.Neuron(equations="r = r + 1"), stop_condition="r >= 5")
    net.compile()
    assert net.simulate_until(100.0, [net.p, q], operator=operator) == time
    net.reset()
    assert net.simulate_until(100.0, populations=[q]) == 5.0, "only those count that are named"


def test_conditions_that_do_not_hold_at_once_do_not_end_a_run():
    net = network("r == 3", size=1)
    q = net.create(1, ann.Neuron(equations="r = r + 1"), stop_condition="r == 4")
    net.compile()
    assert net.simulate_until(10.0, [net.p, q]) == 10.0


def test_constants_and_functions_are_known_to_conditions():
    net = ann.Network()
    limit = net.constant("limit", 4.0)
    net.add_function("twice(x) = 2 * x")
    p = net.create(
        1, ann.Neuron(equations="r = r + 1", functions="half(x) = x / 2"), stop_condition="half(twice(r)) > limit"
    )
    net.compile()
    assert net.simulate_until(50.0, p) == 5.0
    limit.set(7.0)
    assert net.simulate_until(50.0, p) == 3.0


def test_records_end_where_the_run_ends():
    net = network("spiked : any", FIRE)
    m, s = net.monitor(net.p, "v"), net.monitor(net.p, "spike")
    net.compile()
    net.simulate_until(100.0, net.p)
    net.simulate_until(100.0, net.p)
    assert m.get("v")[:, 2].tolist() == [4.0, 0.0, 4.0]
    assert s.get("spike") == {0: [], 1: [2], 2: [1]}


def test_callbacks_are_left_out():
    net, calls = network("r > 7 : all"), []
    ann.every(network=net, period=1.0)(calls.append)
    net.compile()
    net.simulate_until(100.0, net.p)
    assert calls == []


def test_a_condition_can_be_changed_between_runs():
    net = network("r > 7 : all")
    net.compile()
    net.p.stop_condition = "r > 3 : all"
    assert net.p.stop_condition == "r > 3 : all"
    assert net.simulate_until(100.0, net.p) == 4.0


def test_the_contract_example_on_the_magic_network():
    s = ann.Population(1, ann.Neuron(equations="r = r + 1.0"), stop_condition="r > 4.5")
    ann.compile()
    assert (ann.simulate_until(100.0, s), ann.get_time()) == (5.0, 5.0)


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ("r >", "N0101"),
        ("r > limt", "N0201"),
        ("r > 1 : some", "N0110"),
        ("r > 1 : any, all", "N0113"),
        ("r > 1 : all = 3", "N0111"),
        ("spiked : any", "N0208"),
        ("sum(exc) > 1", "N0311"),
        ("mean(r) > 1", "N0309"),
        ("r > Uniform(0.0, 1.0)", "N0310"),
        ("r = 3", "N0106"),
    ],
)
def test_a_wrong_condition_is_refused_when_the_population_is_made(condition, code):
    net = ann.Network()
    with pytest.raises(ann.ANNarchyException, match=code):
        net.create(1, ann.Neuron(**COUNT), stop_condition=condition)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda net, q: net.simulate_until(1.0, q), "no stop_condition"),
        (lambda net, q: net.simulate_until(1.0, net.p, operator="xor"), "'and' or 'or'"),
        (lambda net, q: net.simulate_until(1.0, "p"), "a population or a list"),
        (lambda net, q: net.simulate_until(1.0, []), "a population or a list"),
        (lambda net, q: net.simulate_until(-1.0, net.p), "non-negative"),
        (lambda net, q: ann.Network().simulate_until(1.0, net.p), "another network|not compiled"),
    ],
)
def test_misuse_is_refused(call, text):
    net = network("r > 7")
    q = net.create(1, ann.Neuron(**COUNT))
    net.compile()
    with pytest.raises(ann.ANNarchyException, match=text):
        call(net, q)


def test_before_compile_there_is_nothing_to_run():
    net = network("r > 7")
    with pytest.raises(ann.ANNarchyException, match="not compiled"):
        net.simulate_until(1.0, net.p)
