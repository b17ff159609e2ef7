"""Rate-coded learning rules, localities of synaptic variables."""

from scripts import Case, Script, Topic, rate_synapse

POST = "5.0*dr/dt = sum(exc) - r + 0.3*k"
ETA = "eta = 0.05 : projection"


def shipped(name: str, **parameters: float) -> Case:
    """A learning rule that comes with the simulators."""

    def build(script: Script) -> None:
        cells = script.cells(parameters="k = 1.0", equations=POST)
        synapse = getattr(script.ann, name)(**parameters)
        projection = script.joined(script.waves(), cells, "exc", 1.0, None, synapse)
        script.record("cells", cells, "r")
        script.record("synapses", projection, "w")

    return Case(build)


def switched(script: Script) -> None:
    """Learning and transmission switched off."""
    cells = script.cells(parameters="k = 1.0", equations=POST)
    fixed = script.link(script.waves(), cells, parameters=ETA, equations="dw/dt = eta*pre.r*post.r")
    silent = script.link(script.waves(), cells, parameters=ETA, equations="dw/dt = eta*pre.r*post.r")
    fixed.update = False
    silent.transmission = False
    script.record("cells", cells, "r")
    script.record("fixed", fixed, "w")
    script.record("silent", silent, "w")


TOPIC = Topic(
    cases={
        "Hebb": shipped("Hebb", eta=0.05),
        "Oja": shipped("Oja", eta=0.05, alpha=2.0),
        "IBCM": shipped("IBCM", eta=0.05, tau=30.0),
        "switches": Case(switched),
        "covariance": rate_synapse(
            "w",
            post=POST,
            parameters=ETA,
            equations="dw/dt = eta*(pre.r - mean(pre.r))*(post.r - mean(post.r)) : min=-1.0, max=1.0",
        ),
        "bounded": rate_synapse("w", post=POST, parameters=ETA, equations="dw/dt = 5.0*eta*pre.r : min=0.0, max=0.6"),
        "implicit decay": rate_synapse(
            "w", post=POST, parameters=ETA, equations="20.0*dw/dt = eta*pre.r - w : implicit"
        ),
        "exponential decay": rate_synapse(
            "w", post=POST, parameters=ETA, equations="20.0*dw/dt = eta*pre.r*post.r - w : exponential"
        ),
        "midpoint": rate_synapse("w", post=POST, parameters=ETA, equations="20.0*dw/dt = pre.r - w*w*eta : midpoint"),
        "postsynaptic variable": rate_synapse(
            "w y",
            post=POST,
            parameters=ETA,
            equations="10.0*dy/dt = post.r^2 - y : postsynaptic\ndw/dt = eta*pre.r*(post.r - y)",
        ),
        "projection-wide variable": rate_synapse(
            "w m", post=POST, parameters=ETA, equations="m = 0.9*m + eta*t : projection\ndw/dt = 0.01*m*pre.r"
        ),
        "coupled to another variable": rate_synapse(
            "w y", post=POST, parameters=ETA, equations="dy/dt = (pre.r - y)/5.0\ndw/dt = eta*y*post.r - 0.01*w"
        ),
        "conditional": rate_synapse(
            "w", post=POST, parameters=ETA, equations="dw/dt = if post.r > 0.1: eta*pre.r else: -0.1*eta*w"
        ),
        "assigned": rate_synapse("w y", post=POST, parameters=ETA, equations="y = pre.r*post.r\nw += eta*y : max=1.0"),
        "two coupled rk4": rate_synapse(
            "x y",
            post=POST,
            parameters=ETA,
            equations="5.0*dx/dt = y - x + pre.r : rk4\n5.0*dy/dt = x - y : rk4",
            psp="w*x",
            differs="D26",
        ),
    },
)
