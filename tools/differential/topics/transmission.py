"""Rate-coded sums, operations and delays; attributes of the sending and receiving neurons."""

from scripts import DELAYS, Case, Script, Topic, rate_synapse


def several(script: Script) -> None:
    """Several projections and targets end on the same neurons."""
    cells = script.cells(parameters="k = 1.0", equations="v = sum(exc) - sum(inh)\nr = v + sum(nothing)")
    script.link(script.waves(), cells)
    script.link(script.waves(), cells, scale=0.5, operation="max")
    script.link(script.waves(), cells, "inh", scale=0.3, psp="w*pre.v")
    script.record("cells", cells, "r v")


def recurrent(script: Script) -> None:
    """Neurons connected to themselves, with a delay, and to another population."""
    cells = script.cells(parameters="k = 1.0", equations="5.0*dv/dt = k - v + sum(exc) - sum(inh)\nr = pos(v)")
    script.link(script.waves(), cells, delays=2.0)
    loop = script.net.connect(cells, cells, "inh")
    loop.all_to_all(weights=0.3, delays=3.0)
    script.record("cells", cells, "r v")


def total(script: Script) -> None:
    """The sum over all targets."""
    cells = script.cells(parameters="k = 1.0", equations="r = sum()")
    script.link(script.waves(), cells)
    script.link(script.waves(), cells, "inh", scale=0.3)
    script.record("cells", cells, "r")


TAU = "tau = 5.0 : projection"

TOPIC = Topic(
    cases={
        "sum": rate_synapse(),
        "maximum": rate_synapse(operation="max"),
        "minimum": rate_synapse(operation="min"),
        "mean": rate_synapse(operation="mean"),
        "maximum of an expression": rate_synapse(operation="max", psp="w*pre.r + 0.1*pre.v*post.r"),
        "several projections": Case(several),
        "recurrent with delays": Case(recurrent),
        "sum of all targets": Case(total, differs="D17"),
        "psp with both sides": rate_synapse(psp="w*log((pre.r*post.r) + 2.0)"),
        "psp with a conditional": rate_synapse(psp="if pre.r > 0.1: w*pre.r else: 0.0"),
        "delay": rate_synapse(delays=3.0),
        "delay of a psp": rate_synapse(delays=4.0, psp="w*pre.r*pre.v - post.r"),
        "maximum with a delay": rate_synapse(delays=2.0, operation="max"),
        "delays of their own": rate_synapse(delays=DELAYS),
        "delays of their own, psp": rate_synapse(delays=DELAYS, psp="w*pre.r*pre.v"),
        "fraction of a step": rate_synapse(delays=2.6),
        "synaptic variable": rate_synapse(
            "y", parameters=TAU, equations="tau*dy/dt = pre.r - y : exponential", psp="w*y"
        ),
        "synaptic variable with a delay": rate_synapse(
            "y", delays=3.0, parameters=TAU, equations="y = pre.r*tau", psp="w*y"
        ),
        "synaptic variable, delays of their own": rate_synapse(
            "y", delays=DELAYS, parameters=TAU, equations="y = pre.r - pre.v", psp="w*y"
        ),
        "sums of the neurons": rate_synapse("y", parameters=TAU, equations="y = tau*post.sum(exc) + pre.r"),
        "parameter of the neurons": rate_synapse(psp="w*pre.f*post.k*pre.r"),
    },
)
