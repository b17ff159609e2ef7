"""Reading and writing attributes of populations, views, neurons, projections, dendrites and synapses."""

import numpy as np
from programs import WEIGHTS, Bench, Program


def before(b: Bench):
    net = b.ann.Network(dt=1.0)
    pop = net.create((2, 3), b.ramp())
    pop.b = np.arange(6.0).reshape(2, 3)
    pop.k = 2.0
    seen = {"b": pop.b, "k": pop.k}
    b.compile(net)
    net.simulate(3.0)
    return {**seen, "r": pop.r}


def after(b: Bench):
    net = b.ann.Network(dt=1.0)
    pop = net.create((2, 3), b.ramp())
    b.compile(net)
    pop.b = np.arange(6.0).reshape(2, 3)
    pop.k = 0.25
    net.simulate(3.0)
    first = pop.r
    pop.set({"b": 7.0, "k": 1.0})
    net.simulate(1.0)
    return {"array": first, "number": pop.get("r"), "b": pop.get("b"), "k": pop.k}


def views(b: Bench):
    net = b.ann.Network(dt=1.0)
    pop = net.create((4, 5), b.ramp())
    pop[1:3, 0].b = 2.0
    b.compile(net)
    pop[2:6].b = [3.0, 4.0, 5.0, 6.0]
    pop[7].b = 9.0
    net.simulate(1.0)
    return {
        "b": pop.b,
        "view": pop[2:6].r,
        "ranks": [list(pop[1:3, 0].ranks), list(pop[:, 2].ranks), list((pop[0:2] + pop[5:7]).ranks)],
        "geometry": list(pop[1:3, 1:4].geometry),
    }


def neurons(b: Bench):
    net = b.ann.Network(dt=1.0)
    pop = net.create((2, 3), b.ramp())
    b.compile(net)
    pop.neuron(1, 2).b = 4.0
    pop[0, 1].b = 5.0
    pop.neuron(3).b = 6.0
    net.simulate(1.0)
    return {"b": pop.b, "one": pop.neuron(1, 2).r, "ranks": [n.rank for n in pop]}


def coordinates(b: Bench):
    net = b.ann.Network(dt=1.0)
    pop = net.create((4, 5, 2), b.ramp())
    return {
        "rank": pop.rank_from_coordinates((1, 2, 1)),
        "coordinates": list(pop.coordinates_from_rank(23)),
        "normalized": list(pop.normalized_coordinates_from_rank(23)),
        "shape": [pop.size, pop.width, pop.height, pop.depth, pop.dimension],
    }


def projection(b: Bench):
    net, pre, post, proj = _learning(b)
    seen = {"w": proj.w, "post": proj.post_ranks, "pre": proj.pre_ranks, "count": proj.nb_synapses}
    proj.w = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    proj.eta = 0.01
    net.simulate(3.0)
    return {**seen, "learnt": proj.w, "r": post.r, "matrix": proj.connectivity_matrix()}


def dendrites(b: Bench):
    net, pre, post, proj = _learning(b)
    dendrite = proj.dendrite(1)
    dendrite.w = [0.1, 0.2, 0.3]
    proj.synapse(2, 0).w = 5.0
    net.simulate(2.0)
    return {
        "w": [d.w for d in proj],
        "ranks": dendrite.pre_ranks,
        "size": dendrite.size,
        "synapse": proj.synapse(2, 0).w,
        "r": post.r,
    }


def absent(b: Bench):
    net = b.ann.Network(dt=1.0)
    pre, post = net.create(3, b.ramp()), net.create(2, b.adder())
    weights = np.array([[1.0, None, 3.0], [0.0, 5.0, None]], dtype=object)
    proj = net.connect(pre, post, "exc")
    proj.from_matrix(weights)
    b.compile(net)
    net.simulate(3.0)
    return {"w": proj.w, "pre": proj.pre_ranks, "count": proj.nb_synapses, "r": post.r}


def shared(b: Bench):
    net = b.ann.Network(dt=0.5)
    pre, post = net.create(3, b.ramp()), net.create(2, b.adder())
    proj = net.connect(pre, post, "exc")
    proj.all_to_all(weights=0.5)
    b.compile(net)
    seen = {"w": proj.w, "delay": proj.delay}
    proj.w = 0.25
    net.simulate(3.0)
    return {**seen, "r": post.r, "changed": proj.w}


def semiglobal(b: Bench):
    net = b.ann.Network(dt=1.0)
    pre, post = net.create(3, b.ramp()), net.create(2, b.adder())
    model = b.ann.Synapse(parameters="g = 2.0 : postsynaptic\nh = 0.5 : projection", psp="w*g*h*pre.r")
    proj = net.connect(pre, post, "exc", model)
    proj.from_matrix(WEIGHTS)
    b.compile(net)
    seen = {"g": proj.g, "h": proj.h, "one": proj.dendrite(0).g}
    proj.g = [3.0, 4.0]
    net.simulate(3.0)
    return {**seen, "changed": proj.g, "r": post.r}


def functions(b: Bench):
    net = b.ann.Network(dt=1.0)
    model = b.ann.Neuron(parameters="a = 2.0", equations="r = f(t, a)", functions="f(x, y) = x*y + 1.0")
    pop = net.create(2, model)
    b.compile(net)
    net.simulate(3.0)
    return {"r": pop.r, "called": list(pop.f([1.0, 2.0], [3.0, 4.0]))}


def constants(b: Bench):
    net = b.ann.Network(dt=1.0)
    c = net.constant("c", 2.0)
    pop = net.create(2, b.ann.Neuron(equations="r = c*t"))
    b.compile(net)
    net.simulate(3.0)
    first = pop.r
    c.set(5.0)
    net.simulate(1.0)
    return {"first": first, "second": pop.r}


def refractory(b: Bench):
    net = b.ann.Network(dt=0.5)
    cells = b.three(net)
    cells.refractory = 3.0
    m = net.monitor(cells, "spike")
    b.compile(net)
    net.simulate(30.0)
    return {"spikes": m.get("spike")}


def firing_rate(b: Bench):
    net = b.ann.Network(dt=0.5)
    cells = b.three(net)
    cells.compute_firing_rate(20.0)
    m = net.monitor(cells, "r")
    b.compile(net)
    net.simulate(60.0)
    return {"r": m.get("r")}


def disabled(b: Bench):
    net = b.ann.Network(dt=1.0)
    pop = net.create(2, b.ramp())
    b.compile(net)
    net.simulate(3.0)
    pop.disable()
    net.simulate(4.0)
    first = pop.r
    pop.enable()
    net.simulate(1.0)
    return {"frozen": first, "thawed": pop.r}


def _learning(b: Bench):
    net = b.ann.Network(dt=1.0)
    pre, post = net.create(3, b.ramp()), net.create(2, b.adder())
    proj = net.connect(pre, post, "exc", b.ann.Hebb(eta=0.001))
    proj.from_matrix(WEIGHTS)
    b.compile(net)
    return net, pre, post, proj


PROGRAMS = {
    "set before compile": Program(before),
    "set after compile": Program(after),
    "views": Program(views),
    "neurons": Program(neurons),
    "ranks and coordinates": Program(coordinates, "normalised coordinates, which ANNarchy keeps in single precision"),
    "weights of a projection": Program(projection),
    "dendrites and synapses": Program(dendrites),
    "absent synapses": Program(absent),
    "a weight for all": Program(shared),
    "values per post neuron": Program(semiglobal),
    "functions": Program(functions),
    "constants": Program(constants),
    "refractory period": Program(refractory),
    "firing rate": Program(firing_rate),
    "disabled population": Program(disabled),
}
