"""Flags: types, initial values, bounds, localities; both notations of parameters."""

from scripts import Case, Script, Topic, rate


def classes(script: Script) -> None:
    """Parameters and variables given as objects."""
    ann = script.ann
    cells = script.net.create(
        2,
        ann.Neuron(
            parameters=dict(tau=10.0, k=ann.Parameter(2.0, locality="local"), n=ann.Parameter(3, type="int")),
            equations=[
                ann.Variable("tau*dv/dt = k - v + sum(exc)", init=0.5, method="exponential", max=1.5),
                ann.Variable("u = n*v", min=0.3),
                "r = u + v",
            ],
        ),
    )
    cells.k = [1.0, 3.0]
    script.link(script.waves(), cells)
    script.record("cells", cells, "r v u")


def values(script: Script) -> None:
    """Values set from Python before compiling."""
    cells = script.cells(parameters="k = 1.0\nb = 2.0 : population", equations="10.0*dv/dt = k*b - v : init=1.0\nr = v")
    cells.b = 4.0
    cells.v = [0.25, 3.0]
    script.record("cells", cells, "r v")


TOPIC = Topic(
    cases={
        "classes": Case(classes),
        "values from Python": Case(values),
        "int variable": rate("v = 10.0*sum(exc) : int\nr = v"),
        "int increments": rate("v += 1.6*k : int\nr = v"),
        "int equation": rate("dv/dt = 0.6*k + 1.0 : int\nr = v"),
        "int parameter": rate("v = n*sum(exc)\nr = v", "k = 1.0\nn = 3 : int"),
        "int parameter, quotient": rate("v = sum(exc)\nr = n/2 + v", "k = 1.0\nn = 3 : int", differs="D08"),
        "initial values": rate("10.0*dv/dt = -v : init=2.0\nr = r + v : init=-1.0"),
        "minimum and maximum": rate("dv/dt = sum(exc) : min=-0.4, max=0.5\nr = v"),
        "bounds by attributes": rate("dv/dt = 4.0*sum(exc) : min=-k, max=k + 0.1*u\nu = v\nr = v", record="r v u"),
        "lower above upper bound": rate("v = sum(exc) : min=b, max=k\nr = v", "k = 1.0\nb = 1.0"),
        "bounds of a block": rate("dv/dt = 1.0 : max=2.5\ndu/dt = v : max=20.0\nr = v + u", record="r v u"),
        "bounds that move": rate("v = 2.0*sum(exc) : max=0.05*t\nr = v"),
        "one value per population": rate(
            "m = 0.1*t + a : population\n10.0*dv/dt = m - v + sum(exc)\nr = v",
            "k = 1.0\na = 2.0 : population",
            record="r v m",
        ),
        "global equation": rate("v = m*k\n10.0*dm/dt = 1.0 - m : population, exponential\nr = v", record="r v m"),
        "globals before locals": rate("v = m\nm = m + 1.0 : population\nr = v", record="r v m"),
        "order of statements": rate(
            "a = t\nb = a + 1.0\ndc/dt = b\ndd/dt = c\ne_ = d\ndf/dt = d + e_\nr = f", record="r a b c d e_ f"
        ),
    },
)
