"""Spiking neurons: thresholds, resets, refractoriness, conductances."""

from scripts import Case, Script, Topic, spiking

LEAKY = "5.0*dv/dt = 1.2*k - v + g_exc"


def set_before(script: Script) -> None:
    """The refractory period set from Python."""
    cells = script.cells(parameters="k = 1.0", equations=LEAKY, spike="v > 1.0", reset="v = 0.0", refractory=1.0)
    cells.refractory = 4.0
    script.link(script.sources(), cells)
    script.record("cells", cells, "v g_exc spike")


def rates(script: Script) -> None:
    """The mean firing rate."""
    cells = script.cells(parameters="k = 1.0", equations="v += 0.3*k", spike="v > 1.0", reset="v = 0.0")
    cells.compute_firing_rate(10.0)
    script.record("cells", cells, "r v spike")


def two_targets(script: Script) -> None:
    """Two conductances, one exponential and one instantaneous."""
    cells = script.cells(
        parameters="k = 1.0",
        equations=LEAKY + " - g_inh\n4.0*dg_exc/dt = -g_exc : exponential",
        spike="v > 1.0",
        reset="v = 0.0",
        refractory=2.0,
    )
    script.link(script.sources(), cells)
    script.link(script.sources(), cells, "inh", scale=0.2)
    script.record("cells", cells, "v g_exc g_inh spike")


TOPIC = Topic(
    cases={
        "leaky": spiking(LEAKY, record="v g_exc spike"),
        "leaky exponential": spiking(
            LEAKY + " : exponential\n3.0*dg_exc/dt = -g_exc : exponential", record="v g_exc spike"
        ),
        "quadratic": spiking(
            "dv/dt = 0.1*v*v + 0.2*k + 0.3*g_exc - 0.05*u\ndu/dt = 0.02*(v - u)",
            reset="v = -0.5\nu += 0.4",
            record="v u g_exc spike",
        ),
        "accumulated": spiking("v += 0.2*g_exc + 0.05*k", record="v g_exc spike"),
        "conductance read twice": spiking("u = g_exc\nv += 0.2*u + 0.1*g_exc", record="v u g_exc spike"),
        "two targets": Case(two_targets),
        "every step": spiking("v = t*k", spike="v > 20.0", reset=""),
        "condition of several attributes": spiking(
            LEAKY + "\nu = v - 0.1*t", spike="(v > 0.8) and (u < 3.0)", record="v u spike"
        ),
        "moving threshold": spiking(
            LEAKY + "\n20.0*du/dt = 0.5 - u", spike="v > u", reset="v = 0.0\nu += 0.7", record="v u spike"
        ),
        "adaptation": spiking(
            LEAKY + " - u\n30.0*du/dt = -u : exponential", reset="v = 0.0\nu += 0.3", record="v u spike"
        ),
        "reset in order": spiking(LEAKY + "\nu = u", reset="u = v\nv = u - 1.0\nu += t", record="v u spike"),
        "time of the last spike": spiking(LEAKY + "\nu = t - t_last", reset="v = 0.0", record="v u spike"),
        "last spike in the reset": spiking(LEAKY + "\nu = u", reset="v = 0.0\nu = t - t_last", record="v u spike"),
        "refractory": spiking(LEAKY, refractory=3.0, record="v g_exc spike"),
        "refractory, exponential": spiking(
            LEAKY + " : exponential\n3.0*dg_exc/dt = -g_exc\nu = t", refractory=3.0, record="v u g_exc spike"
        ),
        "refractory by a parameter": spiking(LEAKY, parameters="k = 1.0\nperiod = 5.0", refractory="period"),
        "refractory by a variable": spiking(
            LEAKY + "\nrf = 2.0", reset="v = 0.0\nrf = 4.0", refractory="rf", record="v rf spike"
        ),
        "refractory from Python": Case(set_before),
        "refractory with bounds": spiking("dv/dt = k : min=0.25", spike="v > 1.5", reset="v = -1.0", refractory=3.0),
        "refractory, midpoint": spiking(LEAKY + " : midpoint", refractory=2.0),
        "refractory, rk4": spiking(LEAKY + " : rk4", refractory=2.0),
        "refractory, implicit": spiking(LEAKY + " : implicit", refractory=2.0, differs="D36"),
        "refractory, assignment": spiking("u = 0.2*g_exc + 0.1*k\nv = v + u", refractory=2.0, record="v u g_exc spike"),
        "refractory, several targets of one step": spiking(
            "v = v + 0.3*g_exc + 0.2*k\ng_exc = 0.5*g_exc", refractory=4.0, record="v g_exc spike"
        ),
        "mean rate": Case(rates),
        "bounds": spiking(LEAKY + " : min=0.1, max=0.9", spike="v >= 0.9"),
        "population-wide variable": spiking(LEAKY + " + m\nm = 0.01*t : population", record="v m spike"),
        "mean potential": spiking(LEAKY + " - 0.2*mean(v)"),
    },
)
