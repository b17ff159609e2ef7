"""Many small populations alike, and projections between them: compile time, size of the code, time of a step.

    python benchmarks/many_populations.py [coba rate] [--target llvm openmp] [--counts 8 64 200] [--merge off]

Each network has K populations of 10 neurons in a ring of projections; `all` stands for 16 populations with a projection
from each to each, `one` for a single population of 640 neurons with as many synapses as the ring of 64. Prints CPU
milliseconds of the front (from the first population to `compile()`), of `compile()` with an empty cache and with a full
one, the size of the object file, and the microseconds of a step: the least of repeats, the networks in turn.
`--merge off` leaves out the pass `merge-alike`.
"""

import argparse
import os
import resource
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

NEURONS = 10
SYNAPSES = 5


def cpu() -> float:
    """Seconds of this process and its children."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(u.ru_utime + u.ru_stime for u in used)


def model(kind):
    """The neuron of a network: conductances and spikes, or a rate."""
    import nnc as ann

    if kind == "coba":
        return ann.Neuron(
            parameters=dict(El=-60.0, Vr=-60.0, Vt=-50.0, tau=20.0, te=5.0, ti=10.0, Ee=0.0, Ei=-80.0, I=20.0),
            equations=[
                "tau * dv/dt = (El - v) + g_exc * (Ee - v) + g_inh * (Ei - v) + I",
                "te * dg_exc/dt = -g_exc",
                "ti * dg_inh/dt = -g_inh",
            ],
            spike="v > Vt",
            reset="v = Vr",
            refractory=5.0,
        )
    return ann.Neuron(parameters=dict(tau=10.0, B=0.1), equations="tau * dr/dt + r = tanh(sum(exc)) + B : min=0.0")


def network(kind, shape):
    """A network: a number of populations in a ring, `all`, or `one`."""
    import nnc as ann

    net = ann.Network(dt=0.1, seed=1)
    count, size = {"one": (1, 640), "all": (16, NEURONS)}.get(shape, (0, NEURONS))
    cell = model(kind)
    pops = [net.create(size, cell) for _ in range(count or int(shape))]
    for pop in pops:
        if kind == "coba":
            pop.v = ann.Uniform(-60.0, -50.0)
        else:
            pop.r = ann.Uniform(0.0, 1.0)
    ring = [(i, (i + 1) % len(pops)) for i in range(len(pops))]
    pairs = [(i, j) for i in range(len(pops)) for j in range(len(pops))] if shape == "all" else ring
    for i, j in pairs:
        net.connect(pops[i], pops[j], "exc").fixed_number_pre(number=SYNAPSES, weights=ann.Uniform(0.0, 0.01))
    return net


@dataclass
class Row:
    """What was measured of a network."""

    shape: str
    net: object = None
    cpu: dict[str, float] = field(default_factory=dict)
    size: int = 0
    step: float = float("inf")


def compiled(kind, shape, arguments, cache):
    """Build a network twice: the first time for an empty cache."""
    row = Row(shape)
    before = set(Path(cache).rglob("*"))
    for state in ("cold", "warm"):
        start = cpu()
        row.net = network(kind, shape)
        row.cpu["front"] = cpu() - start
        start = cpu()
        row.net.compile(silent=True, **arguments)
        row.cpu[state] = cpu() - start
    made = set(Path(cache).rglob("*")) - before
    row.size = sum(path.stat().st_size for path in made if path.suffix in (".o", ".so"))
    row.net.simulate(20.0)
    return row


def measure(rows, repeats):
    """Take the least time of a step, one network after the other."""
    for _ in range(repeats):
        for row in rows:
            start = time.perf_counter()
            row.net.simulate(50.0)
            row.step = min(row.step, (time.perf_counter() - start) / 500)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kinds", nargs="*", default=["coba", "rate"])
    parser.add_argument("--target", nargs="*", choices=["llvm", "openmp"], default=["llvm"])
    parser.add_argument("--counts", nargs="*", default=["8", "64", "200"])
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--merge", choices=["on", "off"], default="on")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as cache:
        os.environ["NNC_CACHE_DIR"] = cache
        if asked.merge == "off":
            without_merging()
        print(f"{'':22}{'front':>9}{'cold':>9}{'warm':>9}{'object':>10}{'step':>10}{'of one':>8}")
        for target in asked.target:
            arguments = {"compiler": "gcc"} if target == "openmp" else {}
            for kind in asked.kinds:
                compiled(kind, "2", arguments, cache)
                rows = [compiled(kind, shape, arguments, cache) for shape in ("one", *asked.counts, "all")]
                measure(rows, asked.repeats)
                for row in rows:
                    times = "".join(f"{1e3 * row.cpu[name]:9.0f}" for name in ("front", "cold", "warm"))
                    step = f"{1e6 * row.step:7.2f} us{row.step / rows[0].step:8.2f}"
                    print(f"{kind:5} {target:7} {row.shape:>7} {times}{row.size / 1e3:7.1f} kB{step}")
                sys.stdout.flush()


def without_merging():
    """Compile with all passes but the one."""
    from nnc.compiler import driver, passes

    passes.DEFAULT_PIPELINE = passes.DEFAULT_PIPELINE.replace("merge-alike,", "")
    driver._sources_stamp = lambda: "without"


if __name__ == "__main__":
    main()
