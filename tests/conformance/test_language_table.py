"""Forms of the language, each beside what it gives: language specification, 2.3 to 2.8, 2.17, 3.1 and 3.2.

All models of a table are populations of one network, compiled once per target and precision; dt = 0.5, two steps.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from support.bench import TARGETS, Bench, given

from nnc import Neuron, Parameter, Synapse, Variable

EVERYWHERE = pytest.mark.parametrize("precision", ["double", "float"])
TARGET = pytest.mark.parametrize("target", TARGETS)
pytestmark = pytest.mark.filterwarnings("ignore::nnc.NNCWarning")

Case = tuple[dict[str, Any], dict[str, Any]]


def _of(parameters: Any, **expected: Any) -> Case:
    """Parameters alone, and what they are after two steps."""
    return {"parameters": parameters, "equations": "r = 0"}, expected


def _runs(equations: Any, parameters: Any = "", functions: str | None = None, **expected: Any) -> Case:
    lines = [equations] if isinstance(equations, str | Variable) else equations
    return {"parameters": parameters, "equations": [*lines, "r = 0"], "functions": functions}, expected


EACH, ONE = "each neuron", "one value"
PARAMETERS: dict[str, Case] = {
    "text": _of("a = 2.5", a=(EACH, float, 2.5)),
    "arithmetic": _of("a = 2*3\nb = 10.0/4\nc = 1e-3; d = -1", a=6, b=2.5, c=1e-3, d=-1),
    "other numbers": _of("a = 0x10\nb = 1_000\nc = .5\nd = 2**3 - 1\ne = -(1 + 2)*2", a=16, b=1000, c=0.5, d=7, e=-6),
    "shared": _of("a = 2.5 : population", a=(ONE, float, 2.5)),
    "integer": _of("a = 10.5 : int\nb = -2.7 : int", a=(EACH, int, 10), b=(EACH, int, -2)),
    "shared integer": _of("a = 3 : int, population", a=(ONE, int, 3)),
    "words": _of(
        "a = True\nb = false\nc = 1 : bool", a=(EACH, bool, True), b=(EACH, bool, False), c=(EACH, bool, True)
    ),
    "no value": _of("a\nb : int\nc : bool\nd : init=4.0", a=0.0, b=(EACH, int, 0), c=(EACH, bool, False), d=4.0),
    "bounds are ignored": _of("a = 5 : min=10, max=20", a=5.0),
    "comments and blanks": _of("\n  # nothing\n a=1   # one\n\n;b = 2 ;", a=1.0, b=2.0),
    "list": _of(["a = 2.5", "b = 1 : int, population"], a=(EACH, float, 2.5), b=(ONE, int, 1)),
    "dict": _of({"a": 2.5, "b": 3}, a=(ONE, float, 2.5), b=(ONE, float, 3.0)),
    "bool in a dict": _of({"a": True}, a=(ONE, float, 1.0)),
    "Parameter": _of({"a": Parameter(2.5), "b": Parameter(2, "local")}, a=(ONE, float, 2.5), b=(EACH, float, 2.0)),
    "Parameter with type": _of(
        {"a": Parameter(2.5, type=int), "b": Parameter(1, "population", "bool"), "c": Parameter(3, "local", "int")},
        a=(ONE, int, 2),
        b=(ONE, bool, True),
        c=(EACH, int, 3),
    ),
    "numpy numbers": _of({"a": np.float32(0.5), "b": np.int64(3)}, a=(ONE, float, 0.5), b=(ONE, float, 3.0)),
}
STATEMENTS: dict[str, Case] = {
    "assignment operators": _runs("a += 1; b -= 1; c *= 3 : init=1; d /= 4 : init=1", a=2, b=-2, c=9, d=1 / 16),
    "operators take the whole right side": _runs("a *= 1 + 1 : init=1; b -= 1 - 2; c /= 1 + 1 : init=8", a=4, b=2, c=2),
    "derivatives on the left": _runs(
        "dv/dt = 1\n10*du/dt + u = 1\n(1 + 3)*dx/dt - 2*y = 1\ny = 2\n3*z + 2*dz / dt = 4",
        v=1.0,
        u=0.05 + 0.5 * 0.095,
        x=0.5 / 4 + 0.5 * 5 / 4,
        z=1.0 + 0.5 * 0.5,
    ),
    "blanks in a derivative": _runs("d v/dt = 1\ntau * d u / dt = 2", "tau = 4.0", v=1.0, u=0.5),
    "continued lines": _runs("v = 1\n + 2\n - (3\n - u)\nu = 5", v=5),
    "conditional over lines": _runs("v = if t > 0:\n    3\n  else:\n    4 : init=1", v=3),
    "flags with commas in parentheses": _runs("v += 4 : init=1, min=max(2, 3), max = min(6.5, 9)", v=6.5),
    "integer variable": _runs("n += 0.6 : int, init=1; m = -2.7 : int; dk/dt = 3 : int", n=(EACH, int, 1), m=-2, k=2),
    "integer derivative": _runs("dk/dt = 3 : int", k=(EACH, int, 2)),
    "bool variable": _runs("b = t > 0 : bool; c = b + b; d = not b : bool", b=(EACH, bool, True), c=2, d=False),
    "shared variable": _runs("m += 1 : population; v = m", m=(ONE, float, 2.0), v=2),
    "Variable": _runs(Variable("dv/dt = 1", init=3.0, min=0.0, max=3.75, method="midpoint"), v=(EACH, float, 3.75)),
    "Variable with words": _runs(Variable("v += 1", init=2, type="int", locality="population"), v=(ONE, int, 4)),
    "Variable with types": _runs(
        [Variable("n = 2.7", type=int), Variable("b = n", type=bool)], n=(EACH, int, 2), b=True
    ),
    "Variable with bounds of text": _runs([Variable("v += 1", max="lo + 1")], "lo = 0.5", v=1.5),
    "Variable beside flags": _runs([Variable("v += 1 : init=2", max=3.5)], v=3.5),
    "several statements in one text": _runs(["a = 1; b = a + 1", "c = b + 1"], a=1, b=2, c=3),
    "attributes are known before they stand": _runs("a = b; b += 1 : init=5", a=6, b=7),
    "init of another attribute": _runs("a = a : init=q; b = b : init=a", "q = 4.0", a=4, b=4),
    "names with words in them": _runs(
        "elsewhere = 1; iffy = elsewhere; nota = 2; order = nota; e_ = if iffy > 0: order else: 3", e_=2
    ),
    "words of Python": _runs("lambda = 1; in = lambda + 1; class = in + 1", **{"lambda": 1, "in": 2, "class": 3}),
}
CONDITIONALS: dict[str, Case] = {
    "nested": _runs("v = if t < 0: 1 else: if t > 1: 2 else: if t == 0.5: 3 else: 4", v=3),
    "nested on both sides": _runs("v = if t > 0: if t > 0.25: 1 else: 2 else: if t > -1: 3 else: 4", v=1),
    "increment": _runs("v += if t > 0: 10 else: 1", v=11),
    "factor": _runs("v = 2*(if t > 0: 3 else: 5) + (if t > 1: 1 else: 7)", v=13),
    "function form": _runs("v = 1 + ite(t > 0, ite(t > 1, 1, 2), 3)*10", v=21),
    "of Python": _runs("v = 1 if t > 1 else 2 if t > 0 else 3", v=2),
    "without blanks": _runs("v = if(t>0):1 else:2", v=1),
    "bool attributes": _runs(
        "b = t > 0 : bool; v = if b: 1 else: 2; u = if not (b): 1 else: 2; x = if not b or b and t > 9: 3 else: 4",
        v=1,
        u=2,
        x=4,
    ),
    "truth words": _runs("v = if True: 1 else: 2; u = if False or t == 0.5: 3 else: 4", v=1, u=3),
    "untaken branches": _runs("v = if t < 0: log(-1.0*one) else: 3", "one = 1.0", v=3),
    "derivative": _runs("10*dv/dt + v = if t > 0: 2 else: 1", v=0.05 + 0.5 * 0.195),
    "derivative, exponential": _runs(
        "10*dv/dt + v = if t > 0: 2 else: 1 : exponential",
        v=(1 - math.exp(-0.05)) * (2 + math.exp(-0.05)),
    ),
    "bound": _runs("v = 10 : max = (if t > 0: 3 else: 4)", v=3),
    "function body": _runs("v = f(t) + f(-1)", functions="f(x) = if x > 0: 10 else: g(x)\ng(x) = x*x", v=11),
}
FUNCTIONS: dict[str, Case] = {
    "local": _runs("v = f(2) + g(1, 2)", functions="f(x) = x^2\ng(x, y) = x - y/4", v=4.5),
    "with types": _runs("v = h(2.7, 1.5)", functions="h(x, y) = x + y : int, float, float", v=4),
    "integer argument": _runs("v = k(2.7)", functions="k(x) = x*10 : float, int", v=20),
    "quotients are real": _runs("v = f(3)", functions="f(x) = x*(1/2)", v=1.5),
    "of the network": _runs("v = twice(3) + twice(c0)", v=7),
    "local before global": _runs("v = twice(3)", functions="twice(x) = 5*x", v=15),
    "chain": _runs("v = f(1)", functions="f(x) = 10*sq(x + 1)\nsq(x) = x*x", v=40),
}
TABLES = {"parameters": PARAMETERS, "statements": STATEMENTS, "conditionals": CONDITIONALS, "functions": FUNCTIONS}


def _check(value: Any, expected: Any, precision: str, of: str) -> None:
    if isinstance(expected, tuple):
        shape, kind, expected = expected
        scalar = not isinstance(value, np.ndarray)
        assert scalar == (shape == ONE), of
        found = value if scalar else value.dtype.type(0).item()
        assert type(found) is kind, of
    assert np.ravel(value).tolist() == given([float(expected)] * np.size(value), precision), of


@TARGET
@EVERYWHERE
@pytest.mark.parametrize("table", TABLES)
def test_models_of_one_neuron(table: str, precision: str, target: str) -> None:
    bench = Bench(target, dt=0.5, precision=precision)
    bench.net.constant("c0", 0.5)
    bench.net.add_function("twice(x) = 2*x")
    pops = {name: bench.net.create(2, Neuron(**model)) for name, (model, _) in TABLES[table].items()}
    bench.run(2)
    for name, (_, expected) in TABLES[table].items():
        for attribute, value in expected.items():
            _check(pops[name].get(attribute), value, precision, f"{name}: {attribute}")


CELL = Neuron(
    equations="v = g_exc\nk = k + 1", spike="k < 2.5", reset="n = if v > 0.5: 10 else: 20", parameters="n = 0.0"
)
SYNAPSES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "text": ({"parameters": "a = 1.5\nb = 2 : projection\nc = 3 : postsynaptic, int"}, {"a": 1.5, "b": 2.0, "c": 3}),
    "dict": (
        {"parameters": {"a": 1.5, "b": Parameter(2, "semiglobal"), "c": Parameter(3, "local")}},
        {"a": 1.5, "b": 2, "c": 3},
    ),
    "localities": (
        {"equations": "p += 1 : projection\ns = p + post.k : postsynaptic\nx = s + pre.k"},
        {"p": 2.0, "s": 4.0, "x": 6.0},
    ),
    "words of 5.0": (
        {"equations": [Variable("p += 1", locality="global"), Variable("s = p", locality="semiglobal"), "x = s"]},
        {"p": 2.0, "s": 2.0, "x": 2.0},
    ),
    "types": (
        {"equations": "n += 0.6 : int, init=1; b = t > 0 : bool; m = 2.7 : int, projection"},
        {"n": 1, "b": True, "m": 2},
    ),
    "bounds": ({"equations": "dx/dt = 4 : min=0, max=3.5"}, {"x": 3.5}),
    "conditional": ({"equations": "x = if t > 0: pre.k else: 0; y = 2*(if w > 0.5: 1 else: 3)"}, {"x": 2.0, "y": 2.0}),
    "events": (
        {
            "pre_spike": "g_target += if w > 0.5: 1 else: 0\nx += if t > 0: 2 else: 1 : max=1.5",
            "post_spike": "y += ite(t > 0, 1, 5); z = x*2",
        },
        {"x": 1.5, "y": 6.0, "z": 3.0},
    ),
    "new names in events": ({"pre_spike": "g_target += w; q = q + 3 : init=1"}, {"q": 4.0}),
    "weight of all": ({"parameters": "w = 1 : projection", "equations": "x = w"}, {"w": 2.0, "x": 2.0}),
    "functions": ({"equations": "x = f(pre.k, w)", "functions": "f(a, b) = a + 10*b"}, {"x": 22.0}),
}


@TARGET
@EVERYWHERE
def test_models_of_one_synapse(precision: str, target: str) -> None:
    bench = Bench(target, dt=0.5, precision=precision)
    pre, post = bench.net.create(1, CELL), bench.net.create(1, CELL)
    found = {
        name: bench.net.connect(pre, post, "exc", Synapse(**model)).one_to_one(weights=2.0)
        for name, (model, _) in SYNAPSES.items()
    }
    bench.run(2)
    for name, (_, expected) in SYNAPSES.items():
        for attribute, value in expected.items():
            got = found[name].get(attribute)
            got = got[0] if isinstance(got, list) else got
            assert np.ravel(got).tolist() == given([float(value)], precision), (name, attribute)


LARGE = [
    1e20,
    -1e20,
    1e300,
    math.nan,
    math.inf,
    -math.inf,
    2.0**31,
    -(2.0**31) - 5,
    4503599627370497.5,
    0.49999999999999994,
]
AT_LARGE = {
    "modulo(x, 7)": lambda x: math.fmod(math.trunc(x), 7),
    "modulo(7, x)": lambda x: math.fmod(7, math.trunc(x)),
    "x % 7": lambda x: math.fmod(x, 7),
    "round(x)": lambda x: math.copysign(
        math.floor(abs(x) + (abs(x) < 2**52) * 0.5 - (abs(x) == 0.49999999999999994)), x
    ),
    "floor(x)": lambda x: math.floor(x),
    "ceil(x)": lambda x: math.ceil(x),
    "x // 7": lambda x: x // 7 if abs(x) < 1e15 else x / 7,
    "power(x, 2)": lambda x: x * x,
    "tanh(x)": math.tanh,
    "erf(x)": math.erf,
    "cbrt(x)": np.cbrt,
    "asinh(x)": math.asinh,
    "hypot(x, x)": lambda x: math.hypot(x, x),
    "atan2(x, -x)": lambda x: math.atan2(x, -x),
    "expm1(x)": lambda x: np.expm1(np.float64(x)),
    "exp(x)": lambda x: np.exp(np.float64(x)),
    "sign(x)": lambda x: float(np.sign(x)),
    "isfinite(x)": lambda x: float(math.isfinite(x)),
    "clip(x, 0, 1)": lambda x: x if math.isnan(x) else min(max(x, 0), 1),
}


@TARGET
def test_numbers_of_any_size_give_what_c_gives_and_never_garbage(target: str) -> None:
    bench = Bench(target, on_nonfinite="ignore")
    texts = "\n".join(f"f{i} = {text}" for i, text in enumerate(AT_LARGE))
    pop = bench.rate(f"{texts}\nn = x : int\nsine = sin(x)\nr = 1", n=len(LARGE), parameters="x = 0.0")
    pop.x = LARGE
    bench.run(1)
    for i, (text, function) in enumerate(AT_LARGE.items()):
        expected = []
        for x in LARGE:
            try:
                with np.errstate(all="ignore"):
                    expected.append(float(function(x)))
            except (ValueError, OverflowError, ZeroDivisionError):
                known = {"round(x)": x, "floor(x)": x, "ceil(x)": x, "modulo(7, x)": 7.0 if math.isinf(x) else math.nan}
                expected.append(known.get(text, math.nan))
        np.testing.assert_allclose(pop.get(f"f{i}"), expected, rtol=1e-15, err_msg=text)
    top = 2**31 - 1
    assert pop.n.tolist() == [top, -top - 1, top, 0, top, -top - 1, top, -top - 1, top, 0]
    # from 2^51 on, neighbouring numbers are half a radian and more apart
    assert np.isnan(pop.sine[[0, 1, 2, 3, 4, 5, 8]]).all()
    np.testing.assert_allclose(pop.sine[[6, 7, 9]], np.sin(np.array(LARGE)[[6, 7, 9]]), rtol=1e-15)
