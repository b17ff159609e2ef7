"""Conditionals and Boolean expressions."""

from scripts import Topic, rate

FLAGS = "k = 1.0\non = True"

TOPIC = Topic(
    cases={
        "statement": rate("v = sum(exc)\nr = if v > 0.2: v else: -2.0*v"),
        "nested": rate("v = sum(exc)\nr = if v > 0.4: 1.0 else: if v > 0.0: v else: -1.0"),
        "nested in both branches": rate("v = sum(exc)\nr = if v > 0.0: (v) else: if k > 1.0: 3.0 else: v*v"),
        "over several lines": rate("v = sum(exc)\nr = if (v > 0.3) and (k > 1.0):\n        v\n    else:\n        0.5"),
        "conjunction and negation": rate("v = sum(exc)\nr = if (v > 0.1) and not (v > 0.5): 1.0 else: 0.0"),
        "disjunction": rate("v = sum(exc)\nr = if (v < -0.1) or (v >= 0.5): k else: v"),
        "equality": rate("v = modulo(t, 4.0)\nr = if v == 2.0: 1.0 else: if v != 3.0: 2.0 else: 5.0"),
        "ite": rate("v = sum(exc)\nr = 2.0*ite(v > 0.2, v, ite(v < -0.2, k, 1.0)) + 1.0"),
        "Boolean parameter": rate("v = sum(exc)\nr = if on: v else: 0.0", FLAGS),
        "Boolean variable": rate("v = sum(exc)\nb = v > 0.0 : bool\nr = if b: v else: -1.0"),
        "added": rate("v = sum(exc)\nr += if v > 0.0: 0.5 else: 0.0"),
        "in an equation, explicit": rate("10.0*dv/dt = if sum(exc) > 0.1: k - v else: -v\nr = v"),
        "in an equation with a left side": rate("10.0*dv/dt + v = if sum(exc) > 0.1: k else: 0.2\nr = v"),
        "in an exponential equation": rate(
            "10.0*dv/dt = if sum(exc) > 0.1: k - v else: -v : exponential\nr = v", differs="D10"
        ),
        "with an initial value": rate("v = sum(exc)\nr = if t > 5.0: r + v else: r : init=3.0"),
    },
)
