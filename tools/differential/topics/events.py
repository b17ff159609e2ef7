"""Spiking synapses: event statements, delays, event-driven equations, continuous transmission."""

from scripts import DELAYS, Case, Script, Topic, spiking_synapse

STDP = {
    "parameters": "tp = 8.0 : projection\ntm = 12.0 : projection\na = 0.05 : projection",
    "pre_spike": "g_target += w\nx += a\nw = clip(w + y, 0.0, 1.0)",
    "post_spike": "y -= a\nw = clip(w + x, 0.0, 1.0)",
}
TRACES = "tp*dx/dt = -x : {0}\ntm*dy/dt = -y : {0}"


def shipped(name: str, variables: str, **parameters: float) -> Case:
    """A synapse that comes with the simulators."""

    def build(script: Script) -> None:
        cells = script.cells(
            parameters="k = 1.0", equations="5.0*dv/dt = 0.8*k - v + g_exc", spike="v > 0.7", reset="v = 0.0"
        )
        synapse = getattr(script.ann, name)(**parameters)
        projection = script.joined(script.sources(), cells, "exc", 1.0, None, synapse)
        script.record("cells", cells, "v g_exc spike")
        script.record("synapses", projection, variables)

    return Case(build)


def gap(script: Script) -> None:
    """Gap junctions between the neurons of a population."""
    cells = script.cells(parameters="k = 1.0", equations="5.0*dv/dt = k - v + g_gap", spike="v > 0.9", reset="v = 0.0")
    synapse = script.ann.Synapse(psp="w*(pre.v - post.v)")
    junctions = script.net.connect(cells, cells, "gap", synapse=synapse)
    junctions.all_to_all(weights=0.4)
    script.record("cells", cells, "v g_gap spike")


def assigned(script: Script) -> None:
    """One projection assigns the conductance, a later one multiplies it."""
    cells = script.cells(parameters="k = 1.0", equations="v += 0.1*g_exc", spike="v > 3.0", reset="v = 0.0")
    script.link(script.sources(), cells, pre_spike="g_target = w")
    script.link(script.sources(), cells, scale=3.0, pre_spike="g_target *= w : max=8.0")
    script.record("cells", cells, "v g_exc spike")


def switched(script: Script) -> None:
    """Plasticity and transmission switched off."""
    cells = script.cells(
        parameters="k = 1.0", equations="5.0*dv/dt = 0.8*k - v + g_exc", spike="v > 0.7", reset="v = 0.0"
    )
    events = {"equations": "5.0*dx/dt = -x", "pre_spike": "g_target += w\nx += 1.0\nw += 0.01"}
    fixed = script.link(script.sources(), cells, **events)
    silent = script.link(script.sources(), cells, **events)
    fixed.plasticity = False
    silent.transmission = False
    script.record("cells", cells, "v g_exc spike")
    script.record("fixed", fixed, "x")
    script.record("silent", silent, "x")


PAIR = "0.2*dv/dt = 0.1*k - 0.2*v + 0.12*g_a - 0.05*g_b"

TOPIC = Topic(
    cases={
        "default": spiking_synapse(),
        "delay": spiking_synapse(delays=4.0),
        "delays of their own": spiking_synapse(delays=DELAYS),
        "scaled": spiking_synapse(parameters="s = 2.0 : projection", pre_spike="g_target += s*w"),
        "sum is implicit": spiking_synapse("x", parameters="s = 0.5", equations="x = x + 0.1", pre_spike="x += s"),
        "bounded conductance": spiking_synapse(pre_spike="g_target += w : max=0.8, min=-0.2"),
        "conductance first": spiking_synapse("x", equations="x = x", pre_spike="x += 1.0\ng_target += w*x\nx += 1.0"),
        "bounded statement": spiking_synapse("x", equations="x = x", pre_spike="g_target += w*x\nx += 0.3 : max=1.0"),
        "conditional statement": spiking_synapse(
            "x", equations="x = x", pre_spike="g_target += w\nx += if post.v > 0.3: 1.0 else: -1.0"
        ),
        "several targets": spiking_synapse(
            post=PAIR, cells="v g_a g_b spike", target=["a", "b"], pre_spike="g_target += w"
        ),
        "assigned and multiplied": Case(assigned),
        "times of the last spikes": spiking_synapse(
            "x y", equations="x = x\ny = y", pre_spike="g_target += w\nx = t - t_post", post_spike="y = t - t_pre"
        ),
        "times with a delay": spiking_synapse(
            "x y",
            delays=4.0,
            equations="x = x\ny = y",
            pre_spike="g_target += w\nx = t_pre",
            post_spike="y = t_pre - t",
        ),
        "order in one step": spiking_synapse(
            "x", equations="x = 2.0*x + 1.0 : max=1000.0", pre_spike="g_target += w\nx += 100.0", post_spike="x = 0.5*x"
        ),
        "attributes of the neurons": spiking_synapse(
            "x y z",
            equations="x = pre.c - post.v\ny = y\nz = z",
            pre_spike="g_target += w*post.k\ny = pre.c + post.v",
            post_spike="z = pre.c - post.v",
        ),
        "STDP event-driven": spiking_synapse("x y", equations=TRACES.format("event-driven"), **STDP),
        "STDP every step": spiking_synapse("x y", equations=TRACES.format("exponential"), **STDP),
        "STDP explicit": spiking_synapse("x y", equations=TRACES.format("explicit"), **STDP),
        "STDP with a delay": spiking_synapse("x y", delays=3.0, equations=TRACES.format("event-driven"), **STDP),
        "STDP with delays of their own": spiking_synapse(
            "x y", delays=DELAYS, equations=TRACES.format("event-driven"), **STDP
        ),
        "shipped STDP": shipped("STDP", "x y w", A_plus=0.05, A_minus=0.03, tau_plus=8.0),
        "shipped STP": shipped("STP", "x u", tau_rec=20.0, tau_facil=10.0, U=0.3),
        "shipped STP, depression": shipped("STP", "x u"),
        "event-driven towards a parameter": spiking_synapse(
            "x",
            parameters="s = 0.7 : projection",
            equations="8.0*dx/dt = s - x : event-driven",
            pre_spike="g_target += w*x\nx = 0.5*x",
        ),
        "event-driven towards a sum": spiking_synapse(
            "x",
            parameters="s = 0.7 : projection\nq = 0.2 : projection",
            equations="8.0*dx/dt = s - q - x : event-driven",
            pre_spike="g_target += w*x\nx = 0.5*x",
            differs="D33",
        ),
        "event-driven with bounds": spiking_synapse(
            "x", equations="8.0*dx/dt = 1.0 - x : event-driven, max=0.5", pre_spike="g_target += w*x", differs="D32"
        ),
        "continuous": spiking_synapse("x", psp="w*x", equations="8.0*dx/dt = -x : exponential", pre_spike="x += 1.0"),
        "continuous, nonlinear": spiking_synapse(
            "x y",
            psp="w*y*(1.0 - post.v)",
            pre_spike="x += 0.5",
            equations="4.0*dx/dt = -x\n8.0*dy/dt = x*(1.0 - y) - y",
        ),
        "gap junction": Case(gap),
        "homeostatic": spiking_synapse(
            "x",
            parameters="target = 0.2 : projection",
            equations="10.0*dx/dt = -x : exponential\nw += 0.01*(target - x)",
            pre_spike="g_target += w",
            post_spike="x += 0.3",
        ),
        "switches": Case(switched),
        "postsynaptic variable": spiking_synapse(
            "y", equations="6.0*dy/dt = post.v - y : postsynaptic", pre_spike="g_target += w*(1.0 - y)"
        ),
    },
)
