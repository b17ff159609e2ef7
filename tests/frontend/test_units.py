"""The algebra of units, and what the check accepts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nnc as ann
from nnc.compiler.description import Globals
from nnc.compiler.diagnostics import DiagnosticError
from nnc.compiler.frontend.analyse import analyse_neuron
from nnc.compiler.frontend.dimensions import ONE, parse_unit


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("nS*mV", "pA"),
        ("pF*mV/ms", "pA"),
        ("MOhm*nA", "mV"),
        ("1/ms", "kHz"),
        ("mV^2 / mV", "mV"),
        ("mV**-1", "1/mV"),
        ("(mV*ms)/(ms)", "mV"),
        ("mol/L", "M"),
        ("uF/nF", "kV/V"),
        ("µA", "uA"),
        ("1", "ms/ms"),
    ],
)
def test_different_texts_for_the_same_unit(text, same):
    assert parse_unit(text) == parse_unit(same)


@pytest.mark.parametrize("text", ["", "mV/", "mV mV)", "(mV", "xV", "2", "mV^", "mV^x", "/ms", "m V"])
def test_what_is_no_unit_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        parse_unit(text)


UNITS = st.sampled_from(["mV", "V", "ms", "nS", "pA", "1", "Hz", "MOhm", "mol", "kg", "K"]).map(parse_unit)


@given(UNITS, UNITS, UNITS)
def test_units_are_a_group(a, b, c):
    assert a * b == b * a
    assert (a * b) * c == a * (b * c)
    assert a * b / b == a
    assert a / a == ONE


@given(UNITS, UNITS)
def test_the_text_of_a_unit_is_read_back(a, b):
    for unit in (a, b):
        assert parse_unit(str(unit)) == unit
    assert str(parse_unit("nS*mV")) == "pA"


def codes(equations: str, parameters: str = "", **units: str) -> list[str]:
    neuron = ann.Neuron(parameters=parameters, equations=equations + "\nr = 1", functions=FUNCTIONS, units=units)
    try:
        analyse_neuron(neuron.described, Globals())
    except DiagnosticError as error:
        return [d.code for d in error.diagnostics]
    return []


FUNCTIONS = "relative(x, y) = (x - y) / y\nsquare(x) = x * x"


@pytest.mark.parametrize(
    "equation",
    [
        "v = E",
        "v = E + 65.0",
        "v = 3.0",
        "v = clip(E, 1.0, 2.0) - pos(v)",
        "v = v + dt / tau * E",
        "v = sqrt(E * E + v ** 2)",
        "v = ite(t > tau, E, v)",
        "v = if v > 3.0: E else: 0.0",
        "v = relative(v, E) * E",
        "v = square(v) / E",
        "v = E * exp(-t / tau)",
        "v = Normal(E, 1.0) * Uniform(0.0, 1.0)",
        "v = what * E + anything",
        "v = v * (E > 2.0)",
        "v = E ** (t / tau) * 0 + what",
    ],
)
def test_what_fits_is_accepted(equation):
    found = codes(equation, "E = 1\ntau = 2\nwhat = 3\nanything = 4", E="mV", v="mV", tau="ms")
    assert found == (["N0710"] if "** (" in equation else [])


@pytest.mark.parametrize(
    ("equation", "code"),
    [
        ("v = tau", "N0709"),
        ("v = E * E", "N0709"),
        ("v = t + E", "N0709"),
        ("v = 0.1 * (tau - E)", "N0709"),
        ("v = max(E, tau)", "N0709"),
        ("v = relative(v, tau) * E", "N0709"),
        ("v = square(v)", "N0709"),
        ("v = E + ite(E < tau, 1.0, 2.0)", "N0709"),
        ("v = 1.0 : max = tau", "N0709"),
        ("v = E * sin(E)", "N0710"),
        ("v = E * 2.0 ** E", "N0710"),
        ("v *= tau", "N0710"),
        ("x = E * E\ny = x + v\nv = E", "N0709"),
    ],
)
def test_what_does_not_fit_is_refused(equation, code):
    assert codes(equation, "E = 1\ntau = 2", E="mV", v="mV", tau="ms") == [code]


def test_models_without_units_are_not_touched():
    assert codes("v = tau + E * E + t", "E = 1\ntau = 2") == []


def test_units_change_no_result():
    results = []
    for units in (None, {"v": "mV", "tau": "ms"}):
        net = ann.Network(dt=0.5)
        pop = net.create(1, ann.Neuron(parameters="tau = 7.0", equations="tau * dv/dt = 3.0 - v\nr = v", units=units))
        net.compile(silent=True)
        net.simulate(10.0)
        results.append(float(pop.v[0]))
    assert results[0] == results[1]


def test_units_are_texts():
    with pytest.raises(ann.NNCError, match="units are texts"):
        ann.Neuron(equations="r = 1", units={"r": 3})
