"""Functions of equations called from Python, and constants."""

import numpy as np
import pytest

import nnc as ann
from nnc.runtime.networks.config import Config
from nnc.runtime.networks.registry import REGISTRY


@pytest.fixture(autouse=True)
def fresh_magic_network(monkeypatch):
    monkeypatch.setattr(REGISTRY, "template", Config())
    monkeypatch.setattr(REGISTRY, "magic", None)


def test_numbers_give_numbers_and_anything_else_arrays():
    ann.add_function("f(x, y) = x * y + 1")
    f = ann.functions("f")
    assert (f(2, 3), type(f(2, 3))) == (7.0, float)
    assert f([1, 2], [3, 4]).tolist() == [4.0, 9.0]
    assert f(np.ones((2, 3)), 2.0).tolist() == [[3.0] * 3] * 2
    assert f(np.array([[1.0], [2.0]]), [1.0, 2.0]).shape == (2, 2)


def test_they_are_what_equations_compute_bit_for_bit():
    text = "f(x) = if x > 1: exp(-x) / (1 + sin(x)) else: x ** 3"
    for precision in ("double", "float"):
        net = ann.Network()
        net.config(precision=precision)
        net.add_function(text)
        p = net.create(64, ann.Neuron(parameters=dict(x=ann.Parameter(0.0, locality="local")), equations="r = f(x)"))
        p.x = np.linspace(-3.0, 3.0, 64)
        net.compile()
        net.step()
        assert net.functions("f")(p.x).tolist() == p.r.tolist()


def test_functions_call_each_other_and_read_constants_as_they_are_now():
    net = ann.Network()
    gain = net.constant("gain", 2.0)
    net.add_function("inner(x) = gain * x")
    net.add_function("outer(x) = inner(x) + inner(1)")
    assert net.functions("outer")(3) == 8.0
    gain.set(3.0)
    assert net.functions("outer")(3) == 12.0


def test_functions_of_models_are_methods_and_hide_those_of_the_network():
    net = ann.Network()
    net.add_function("f(x) = x")
    net.add_function("g(x) = 10 * x")
    p = net.create(2, ann.Neuron(equations="r = f(t)", functions="f(x) = g(x) + 1"))
    q = net.connect(p, p, "exc", ann.Synapse(functions="h(x, y) = x - y", psp="h(w, pre.r)")).all_to_all(1.0)
    assert (p.functions, q.functions) == (["f"], ["h"])
    assert p.f([1.0, 2.0]).tolist() == [11.0, 21.0]
    assert q.h(3, 1) == 2.0
    assert net.functions("f")(5) == 5.0
    net.compile()
    assert p.f(1) == 11.0


@pytest.mark.parametrize(
    ("call", "kind", "text"),
    [
        (lambda f: ann.functions("ff"), KeyError, "did you mean"),
        (lambda f: f(1), TypeError, "takes 2 arguments"),
        (lambda f: f("a", 2), TypeError, "numbers"),
        (lambda f: f([1, 2], [1, 2, 3]), ValueError, "do not fit"),
        (lambda f: ann.add_function("f(x) = x"), ValueError, "already"),
        (lambda f: ann.add_function("nothing"), ValueError, "takes a definition"),
        (lambda f: ann.add_function("g(x) = x +"), ann.NNCError, "N0101"),
        (lambda f: ann.add_function(3), ValueError, "takes a definition"),
    ],
)
def test_misuse_is_refused(call, kind, text):
    ann.add_function("f(x, y) = x + y")
    ann.add_function("f(x, y) = x + y")  # the same once more is nothing new
    with pytest.raises(kind, match=text) as caught:
        call(ann.functions("f"))
    assert isinstance(caught.value, ann.ANNarchyException)


def test_recursion_is_refused():
    net = ann.Network()
    net.add_function("f(x) = f(x - 1)")
    with pytest.raises(ann.NNCError, match="calls itself"):
        net.functions("f")(1.0)


def test_constants_of_networks_follow_the_global_one_and_can_be_set_alone():
    c = ann.Constant("c", 1.0)
    nets = [ann.Network() for _ in range(2)]
    pops = [net.create(1, ann.Neuron(equations="r = c")) for net in nets]
    for net in nets:
        net.compile()
        net.step()
    nets[0].get_constant("c").set(5.0)
    for net in nets:
        net.step()
    assert [p.r[0] for p in pops] == [5.0, 1.0]
    assert (c.value, nets[0].get_constant("c").value) == (1.0, 5.0)
    c.set(2.0)
    for net in nets:
        net.step()
    assert [p.r[0] for p in pops] == [2.0, 2.0]
    c.set(3.0, nets[1])
    assert (c.value, [n.get_constant("c").value for n in nets]) == (2.0, [2.0, 3.0])
    assert str(c) == "2.0"
    assert [n.name for n in nets[0].get_constants()] == ["c"]


def test_a_constant_is_defined_once():
    ann.Constant("c", 1.0)
    assert ann.Constant("c", 1.0).value == 1.0
    with pytest.raises(ann.ANNarchyException, match="already"):
        ann.Constant("c", 2.0)
    ann.Population(1, ann.Neuron(equations="r = c"))
    ann.compile()
    with pytest.raises(ann.ANNarchyException, match="already"):
        ann.Constant("c", 1.0)


def test_timeit_prints_and_returns(capsys):
    @ann.timeit
    def work(a, b=2):
        return a + b

    assert work(1, b=3) == 4
    assert "work(1, b=3) took" in capsys.readouterr().out
