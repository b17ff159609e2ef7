"""Monitors and the analysis of spikes, as scripts call them."""

from programs import WEIGHTS, Bench, Program


def rates(b: Bench):
    net = b.ann.Network(dt=0.5)
    pop = net.create((2, 3), b.ramp())
    m = net.monitor(pop, "r")
    b.compile(net)
    net.simulate(5.0)
    first = m.get("r")
    net.simulate(2.0)
    return {"shaped": first, "flat": m.get("r", reshape=False), "empty": m.get("r").shape}


def period(b: Bench):
    net = b.ann.Network(dt=0.5)
    pop = net.create(3, b.ramp())
    m = net.monitor(pop, "r", period=2.0)
    n = net.monitor(pop, "r", period=3.0, period_offset=1.5)
    b.compile(net)
    net.simulate(20.0)
    return {"period": m.get("r"), "offset": n.get("r")}


def keep(b: Bench):
    net = b.ann.Network(dt=1.0)
    pop = net.create(3, b.ramp())
    m = net.monitor(pop, ["r"])
    b.compile(net)
    net.simulate(5.0)
    return {"kept": m.get("r", keep=True), "again": m.get(["r"], force_dict=True)["r"], "gone": len(m.get("r"))}


def pauses(b: Bench):
    net = b.ann.Network(dt=1.0)
    pop = net.create(2, b.ramp())
    m = net.monitor(pop, "r")
    b.compile(net)
    net.simulate(3.0)
    m.pause()
    net.simulate(4.0)
    m.resume()
    net.simulate(2.0)
    return {"rows": m.get("r"), "times": [m.times()["r"]["start"], m.times()["r"]["stop"]]}


def late(b: Bench):
    net = b.ann.Network(dt=1.0)
    pop = net.create(2, b.ramp())
    m = net.monitor(pop, "r", start=False)
    b.compile(net)
    net.simulate(3.0)
    m.start()
    n = net.monitor(pop, "r")
    net.simulate(4.0)
    return {"started": m.get("r"), "made late": n.get("r")}


def view(b: Bench):
    net = b.ann.Network(dt=0.5)
    cells = b.three(net)
    m = net.monitor(cells[1:], ["v", "spike"])
    b.compile(net)
    net.simulate(30.0)
    return {"v": m.get("v"), "spikes": m.get("spike")}


def conductance(b: Bench):
    net = b.ann.Network(dt=0.5)
    cells, targets = b.three(net), b.three(net, (0.5, 0.6, 0.7))
    net.connect(cells, targets, "exc").one_to_one(weights=0.4)
    m = net.monitor(targets, ["g_exc", "v"])
    b.compile(net)
    net.simulate(40.0)
    return {"g": m.get("g_exc"), "v": m.get("v")}


def sums(b: Bench):
    net = b.ann.Network(dt=1.0)
    pre, post = net.create(3, b.ramp()), net.create(2, b.adder())
    net.connect(pre, post, "exc").from_matrix(WEIGHTS)
    m = net.monitor(post, "sum(exc)")
    b.compile(net)
    net.simulate(6.0)
    return {"sums": m.get("sum(exc)"), "now": post.sum("exc")}


def weights(b: Bench):
    net = b.ann.Network(dt=1.0)
    pre, post = net.create(3, b.ramp()), net.create(2, b.adder())
    proj = net.connect(pre, post, "exc", b.ann.Hebb(eta=0.001))
    proj.from_matrix(WEIGHTS)
    m = net.monitor(proj, "w", period=2.0)
    b.compile(net)
    n = net.monitor(proj.dendrite(1), "w")
    net.simulate(8.0)
    return {"projection": [list(map(list, row)) for row in m.get("w")], "dendrite": [list(row) for row in n.get("w")]}


def raster(b: Bench):
    net, m = _spikes(b)
    spikes = m.get("spike")
    times, ranks = m.raster_plot(spikes)
    return {"spikes": spikes, "times": times, "ranks": ranks}


def histogram(b: Bench):
    net, m = _spikes(b)
    spikes = m.get("spike")
    return {"all": m.histogram(spikes, bins=5.0), "each": m.histogram(spikes, bins=5.0, per_neuron=True)}


def intervals(b: Bench):
    net, m = _spikes(b)
    spikes = m.get("spike")
    return {
        "intervals": sorted(m.inter_spike_interval(spikes)),
        "each": m.inter_spike_interval(spikes, per_neuron=True),
        "variation": m.coefficient_of_variation(spikes),
    }


def mean_rate(b: Bench):
    net, m = _spikes(b)
    return {"rate": m.mean_fr(m.get("spike"))}


def population_rate(b: Bench):
    net, m = _spikes(b, 1.0)
    spikes = m.get("spike")
    return {"raw": m.population_rate(spikes), "smooth": m.population_rate(spikes, smooth=10.0)}


def global_variable(b: Bench):
    net = b.ann.Network(dt=1.0)
    pop = net.create(3, b.ann.Neuron(equations="x = t*2.0 : population\nr = x"))
    m = net.monitor(pop, "x")
    b.compile(net)
    net.simulate(5.0)
    return {"x": [float(x) for x in m.get("x", reshape=False).ravel()]}


def _spikes(b: Bench, dt: float = 0.5):
    net = b.ann.Network(dt=dt)
    m = net.monitor(b.three(net), "spike")
    b.compile(net)
    net.simulate(100.0)
    return net, m


PROGRAMS = {
    "rates of a geometry": Program(rates),
    "period and offset": Program(period),
    "keeping data": Program(keep),
    "pause and resume": Program(pauses),
    "started late": Program(late),
    "view": Program(view),
    "conductances": Program(conductance),
    "weighted sums": Program(sums),
    "weights": Program(weights),
    "raster": Program(raster),
    "histogram": Program(histogram),
    "intervals between spikes": Program(intervals),
    "mean firing rate": Program(mean_rate),
    "population rate": Program(population_rate, "its smoothing, which ANNarchy does in single precision"),
    "population-wide variable": Program(global_variable),
}
