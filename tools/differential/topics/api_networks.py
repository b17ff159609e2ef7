"""Connectors and their geometry, delays, time, resets, files and networks."""

import numpy as np
from programs import WEIGHTS, Bench, Program

SINGLE = "its coordinates, which ANNarchy keeps in single precision"


def connector(name: str, *args, selves: bool = False, differs: str = "", **keywords):
    """What a deterministic connector makes of two populations in the plane."""

    def run(b: Bench):
        net = b.ann.Network(dt=1.0)
        pre = net.create((3, 4), b.ramp())
        post = pre if selves else net.create((3, 4), b.adder())
        proj = net.connect(pre, post, "other" if selves else "exc")
        getattr(proj, name)(*args, **keywords)
        b.compile(net)
        net.simulate(2.0)
        return {"pre": proj.pre_ranks, "w": proj.connectivity_matrix(), "r": post.r}

    return Program(run, differs)


def between_views(b: Bench):
    net = b.ann.Network(dt=1.0)
    pre, post = net.create(6, b.ramp()), net.create(5, b.adder())
    proj = net.connect(pre[1:4], post[2:5], "exc")
    proj.one_to_one(weights=2.0)
    rest = net.connect(pre[4:6], post[0:2], "exc")
    rest.all_to_all(weights=0.5)
    b.compile(net)
    net.simulate(2.0)
    return {"pre": proj.pre_ranks, "post": proj.post_ranks, "matrix": rest.connectivity_matrix(), "r": post.r}


def sparse(b: Bench):
    import scipy.sparse

    net = b.ann.Network(dt=1.0)
    pre, post = net.create(3, b.ramp()), net.create(2, b.adder())
    matrix = scipy.sparse.lil_matrix((3, 2))
    matrix[0, 1], matrix[2, 0], matrix[2, 1] = 0.5, 1.5, -2.0
    proj = net.connect(pre, post, "exc")
    proj.from_sparse(matrix)
    b.compile(net)
    net.simulate(2.0)
    return {"pre": proj.pre_ranks, "w": proj.w, "r": post.r}


def custom(b: Bench):
    def ring(pre, post, dt, weight):
        synapses = b.ann.LILConnectivity(dt)
        for rank in post.ranks:
            synapses.add(int(rank), [(int(rank) + 1) % pre.size], [weight * (int(rank) + 1)], [0.0])
        return synapses

    net = b.ann.Network(dt=1.0)
    pre, post = net.create(4, b.ramp()), net.create(4, b.adder())
    pre.b = np.arange(4.0)
    proj = net.connect(pre, post, "exc")
    proj.from_function(method=ring, weight=0.5)
    b.compile(net)
    net.simulate(2.0)
    return {"pre": proj.pre_ranks, "w": proj.w, "r": post.r}


def delays(b: Bench):
    net = b.ann.Network(dt=0.5)
    pre, post = net.create(3, b.ramp()), net.create(2, b.adder())
    proj = net.connect(pre, post, "exc")
    proj.from_matrix(WEIGHTS, delays=2.0)
    m = net.monitor(post, "r")
    b.compile(net)
    net.simulate(4.0)
    return {"r": m.get("r"), "delay": proj.delay, "steps": proj.max_delay}


def changed_delay(b: Bench):
    net = b.ann.Network(dt=1.0)
    pre, post = net.create(3, b.ramp()), net.create(2, b.adder())
    proj = net.connect(pre, post, "exc")
    proj.from_matrix(WEIGHTS, delays=4.0)
    m = net.monitor(post, "r")
    b.compile(net)
    net.simulate(10.0)
    proj.delay = 2.0
    net.simulate(5.0)
    return {"r": m.get("r"), "delay": proj.delay}


def each_delay(b: Bench):
    net = b.ann.Network(dt=1.0)
    pre, post = net.create(3, b.ramp()), net.create(2, b.adder())
    proj = net.connect(pre, post, "exc")
    proj.from_matrix(WEIGHTS, delays=np.array([[1.0, 2.0, 4.0], [3.0, 1.0, 2.0]]))
    m = net.monitor(post, "r")
    b.compile(net)
    seen = {"delay": proj.delay}
    net.simulate(8.0)
    return {**seen, "r": m.get("r")}


def time(b: Bench):
    net = b.ann.Network(dt=0.5)
    pop = net.create(2, b.ramp())
    b.compile(net)
    net.simulate(3.0)
    seen = [net.time, net.current_step]
    net.step()
    seen += [net.time, net.current_step]
    return {"time": seen, "r": pop.r}


def reset(b: Bench):
    net = b.ann.Network(dt=1.0)
    cells = b.three(net)
    m = net.monitor(cells, ["v", "spike"])
    b.compile(net)
    net.simulate(20.0)
    first = m.get()
    cells.drive = 9.0
    net.reset()
    seen = {"time": net.time, "drive": cells.drive, "v at 0": cells.v}
    net.simulate(20.0)
    return {**seen, "first": first["v"], "again": m.get("v")}


def reset_weights(b: Bench):
    net = b.ann.Network(dt=1.0)
    pre, post = net.create(3, b.ramp()), net.create(2, b.adder())
    proj = net.connect(pre, post, "exc", b.ann.Hebb(eta=0.01))
    proj.from_matrix(WEIGHTS)
    b.compile(net)
    net.simulate(5.0)
    net.reset(populations=True, projections=True)
    kept = proj.w
    net.simulate(1.0)
    return {"kept": kept, "r": post.r, "eta": proj.eta}


def until(b: Bench):
    net = b.ann.Network(dt=1.0)
    pop = net.create(3, b.ann.Neuron(parameters="k = 1.0", equations="r = k*t"), stop_condition="r > 5.0 : any")
    pop.k = np.array([1.0, 2.0, 0.5])
    b.compile(net)
    took = net.simulate_until(max_duration=100.0, population=pop)
    return {"took": took, "r": pop.r}


def callbacks(b: Bench):
    calls = []
    net = b.ann.Network(dt=0.5)
    pop = net.create(1, b.ramp())

    @b.ann.every(network=net, period=2.0, offset=-0.5)
    def note(n):
        calls.append([n, net.time])
        pop.b = float(n)

    m = net.monitor(pop, "r")
    b.compile(net)
    net.simulate(10.0)
    return {"calls": calls, "r": m.get("r")}


def saved(b: Bench):
    path = str(b.folder / "state.npz")
    net, pre, post, proj = _learning(b)
    net.simulate(5.0)
    net.save(path)
    net.simulate(5.0)
    last = proj.w
    net.load(path)
    seen = {"time": net.time, "w": proj.w}
    net.simulate(5.0)
    return {**seen, "last": last, "r": post.r}


def saved_connectivity(b: Bench):
    path = str(b.folder / "connectivity.npz")
    net, pre, post, proj = _learning(b)
    proj.save_connectivity(path)
    other = b.ann.Network(dt=1.0)
    pre, post = other.create(3, b.ramp()), other.create(2, b.adder())
    loaded = other.connect(pre, post, "exc")
    loaded.from_file(path)
    b.compile(other)
    other.simulate(3.0)
    return {"w": loaded.w, "pre": loaded.pre_ranks, "r": post.r}


def learning(b: Bench):
    net, pre, post, proj = _learning(b)
    net.disable_learning()
    net.simulate(3.0)
    first = proj.w
    net.enable_learning()
    net.simulate(3.0)
    return {"off": first, "on": proj.w}


def transmission(b: Bench):
    net, pre, post, proj = _learning(b)
    proj.transmission = False
    net.simulate(3.0)
    first = [post.r, proj.w]
    proj.transmission = True
    proj.plasticity = False
    net.simulate(3.0)
    return {"off": first, "on": post.r, "w": proj.w}


def global_network(b: Bench):
    pop = b.ann.Population(3, b.ramp())
    m = b.ann.Monitor(pop, "r")
    b.compile()
    b.ann.simulate(5.0)
    first = m.get("r")
    b.ann.reset()
    b.ann.simulate(2.0)
    return {"first": first, "second": m.get("r"), "time": b.ann.get_time(), "dt": b.ann.dt()}


def copies(b: Bench):
    pre, post = b.ann.Population(3, b.ramp()), b.ann.Population(2, b.adder())
    proj = b.ann.Projection(pre, post, "exc")
    proj.from_matrix(WEIGHTS)
    m = b.ann.Monitor(post, "r")
    net = b.ann.Network()
    net.add([pre, post, proj, m])
    b.compile(net)
    net.get(pre).b = 3.0
    net.simulate(4.0)
    return {"r": net.get(m).get("r"), "w": net.get(proj).w, "time": net.get_time() if hasattr(net, "get_time") else 4.0}


def subclass(b: Bench):
    class Model(b.ann.Network):
        def __init__(self, size, k=2.0):
            self.pop = self.create(size, b.ramp())
            self.pop.k = k
            self.m = self.monitor(self.pop, "r")

    net = Model(4, k=3.0, dt=0.5, seed=7)
    b.compile(net)
    net.simulate(3.0)
    return {"r": net.m.get("r"), "dt": net.dt, "seed": net.seed}


def spike_sources(b: Bench):
    net = b.ann.Network(dt=0.5)
    source = net.create(b.ann.SpikeSourceArray([[1.0, 3.0], [2.0], []]))
    m = net.monitor(source, "spike")
    b.compile(net)
    net.simulate(5.0)
    first = m.get("spike")
    net.reset()
    net.simulate(5.0)
    return {"first": first, "second": m.get("spike")}


def timed(b: Bench):
    net = b.ann.Network(dt=1.0)
    source = net.create(b.ann.TimedArray(rates=np.array([[1.0, 2.0], [3.0, 4.0]]), schedule=2.0))
    m = net.monitor(source, "r")
    b.compile(net)
    net.simulate(5.0)
    source.update(np.array([[9.0, 8.0], [7.0, 6.0], [5.0, 4.0]]))
    net.simulate(7.0)
    return {"r": m.get("r")}


def _learning(b: Bench):
    net = b.ann.Network(dt=1.0)
    pre, post = net.create(3, b.ramp()), net.create(2, b.adder())
    proj = net.connect(pre, post, "exc", b.ann.Hebb(eta=0.001))
    proj.from_matrix(WEIGHTS)
    b.compile(net)
    return net, pre, post, proj


PROGRAMS = {
    "all_to_all": connector("all_to_all", weights=0.5, force_multiple_weights=True),
    "all_to_all without selves": connector("all_to_all", 0.5, selves=True, force_multiple_weights=True),
    "all_to_all with selves": connector(
        "all_to_all", 0.5, selves=True, force_multiple_weights=True, allow_self_connections=True
    ),
    "one_to_one": connector("one_to_one", weights=2.0, force_multiple_weights=True),
    "gaussian": connector("gaussian", amp=2.0, sigma=0.3, differs=SINGLE),
    "gaussian, limit": connector("gaussian", amp=2.0, sigma=0.3, limit=0.2, differs=SINGLE),
    "gaussian without selves": connector("gaussian", amp=2.0, sigma=0.3, selves=True, differs=SINGLE),
    "dog": connector("dog", amp_pos=2.0, sigma_pos=0.2, amp_neg=0.7, sigma_neg=0.5, differs=SINGLE),
    "between views": Program(between_views),
    "sparse matrix": Program(sparse),
    "user-defined connector": Program(custom),
    "delay": Program(delays),
    "changed delay": Program(changed_delay),
    "delays of their own": Program(each_delay),
    "time and steps": Program(time),
    "reset": Program(reset),
    "reset of weights": Program(reset_weights),
    "simulate_until": Program(until),
    "callbacks": Program(callbacks),
    "state in a file": Program(saved),
    "connectivity in a file": Program(saved_connectivity),
    "learning switched": Program(learning),
    "transmission switched": Program(transmission),
    "global network": Program(global_network),
    "copies of objects": Program(copies),
    "subclass": Program(subclass),
    "spike sources after a reset": Program(spike_sources),
    "rates replaced": Program(
        timed, "times every 2 ms, which nnc goes on with for all rows of new rates; ANNarchy shows the first two"
    ),
}
