"""Functions of the script that run between steps."""

import pytest

import nnc as ann
from nnc.runtime.networks.config import Config
from nnc.runtime.networks.registry import REGISTRY

RAMP = dict(parameters=dict(k=1.0), equations="r = k * t")


@pytest.fixture(autouse=True)
def fresh_magic_network(monkeypatch):
    monkeypatch.setattr(REGISTRY, "template", Config())
    monkeypatch.setattr(REGISTRY, "magic", None)


@pytest.fixture(scope="module")
def compiled():
    """A network that is compiled once: callbacks may come later."""
    net = ann.Network(dt=0.5)
    net.p = net.create(1, ann.Neuron(**RAMP))
    net.compile()
    return net


@pytest.fixture
def net(compiled):
    compiled.clear_all_callbacks()
    compiled.enable_callbacks()
    compiled.reset()
    return compiled


def test_the_contract_example_on_the_magic_network():
    ann.Population(1, ann.Neuron(**RAMP))
    calls = []

    @ann.every(period=2.0, offset=-1.0)
    def note(n):
        calls.append((n, ann.get_time()))

    ann.compile()
    ann.simulate(6.0)
    assert calls == [(0, 1.0), (1, 3.0), (2, 5.0)]
    assert ann.get_time() == 6.0
    assert note is not None


@pytest.mark.parametrize(
    ("timing", "times"),
    [
        (dict(period=2.0, offset=-0.5), [1.5, 3.5, 5.5, 7.5, 9.5]),
        (dict(period=2.0), [0.0, 2.0, 4.0, 6.0, 8.0]),
        (dict(period=4.0, offset=1.0), [1.0, 5.0, 9.0]),
        (dict(period=4.0, wait=3.0, offset=1.0), [4.0, 8.0]),
        (dict(period=5.0, offset=50.0), [0.0, 5.0]),
        (dict(period=0.1, wait=9.0), [9.0, 9.5]),
        (dict(period=20.0, wait=10.0), []),
    ],
)
def test_when_callbacks_are_called(net, timing, times):
    found = []
    ann.every(network=net, **timing)(lambda n: found.append((n, net.time)))
    net.simulate(10.0)
    assert found == list(enumerate(times))
    assert net.time == 10.0


def test_times_and_numbers_start_anew_with_every_run(net):
    found = []
    ann.every(net, 2.0)(lambda n: found.append((n, net.time)))
    net.simulate(3.0)
    net.simulate(3.0)
    assert found == [(0, 0.0), (1, 2.0), (0, 3.0), (1, 5.0)]


def test_both_generations_of_the_signature(net):
    found = []
    ann.every(net, 4.0, 1.0, 2.0)(lambda n: found.append(net.time))
    net.simulate(8.0)
    assert found == [3.0, 7.0]
    magic = ann.magic_network()
    ann.every(4.0, 1.0, 2.0)(lambda n: None)
    assert [(c.period, c.offset, c.wait) for c in magic._callbacks] == [(4.0, 1.0, 2.0)]


def test_ties_are_called_in_the_order_of_declaration(net):
    found = []
    for name in "abc":
        ann.every(network=net, period=1.0)(lambda n, name=name: found.append(name))
    net.simulate(2.0)
    assert "".join(found) == "abcabc"


def test_what_a_callback_changes_holds_from_the_next_step_on(net):
    ann.every(network=net, period=1.0, wait=1.0)(lambda n: net.p.set({"k": float(n)}))
    net.simulate(2.5)
    assert net.p.r[0] == 1.0 * 2.0
    net.p.k = 1.0


def test_callbacks_can_be_switched_off_and_cleared_even_by_themselves(net):
    found = []
    ann.every(network=net, period=1.0)(lambda n: (found.append("a"), net.clear_all_callbacks()))
    ann.every(network=net, period=1.0)(lambda n: found.append("b"))
    net.simulate(3.0, callbacks=False)
    net.disable_callbacks()
    assert not net.callbacks_enabled()
    net.simulate(3.0)
    net.step()
    assert found == []
    net.enable_callbacks()
    net.simulate(3.0)
    assert found == ["a"]


def test_an_exception_ends_the_run_at_the_end_of_a_step(net):
    monitor = net.monitor(net.p, "r")

    @ann.every(network=net, period=10.0, wait=2.0)
    def fail(n):
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        net.simulate(5.0)
    assert net.time == 2.0
    assert monitor.get("r").shape == (4, 1)
    monitor.stop()


def test_the_module_functions_act_on_the_magic_network():
    ann.every(period=1.0)(lambda n: None)
    assert ann.callbacks_enabled()
    ann.disable_callbacks()
    assert not ann.callbacks_enabled()
    ann.enable_callbacks()
    assert ann.callbacks_enabled()
    ann.clear_all_callbacks()
    assert ann.magic_network()._callbacks == []


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: ann.every(period=1.0)(3), "a function is called"),
        (lambda: ann.every(lambda n: None), "write @every"),
        (lambda: ann.every(period="1"), "number of ms"),
        (lambda: ann.every(period=1.0, wait=-1.0), "must not be negative"),
        (lambda: ann.every(period=float("nan")), "finite"),
        (lambda: ann.every(1.0, 2.0, period=3.0), "each once"),
        (lambda: ann.every(perod=1.0), "each once"),
        (lambda: ann.every(network="net", period=1.0), "must be a Network"),
    ],
)
def test_misuse_is_refused_at_the_decorator(make, text):
    with pytest.raises((TypeError, ValueError), match=text) as caught:
        make()
    assert isinstance(caught.value, ann.ANNarchyException)
