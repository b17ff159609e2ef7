"""How long `import nnc` and `compile()` take: cold (empty cache) and warm, per target, each in a fresh process.

    python benchmarks/compile_time.py [--repeats 5]

Python finds compiled modules, as in an installed package. Prints medians of CPU and wall milliseconds, children (a C
compiler) included. `front` is the time from the first
`Neuron(...)` to `compile()`: parsing and analysing the model, drawing what is drawn before.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

CHILD = r"""
import json, os, resource, sys, time
def cpu():
    own, kids = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + kids.ru_utime + kids.ru_stime
out, mark = {}, [cpu(), time.perf_counter()]
def lap(name):
    now = [cpu(), time.perf_counter()]
    out[name] = [1e3 * (a - b) for a, b in zip(now, mark)]
    mark[:] = now
import numpy
lap("numpy")
import nnc as ann
lap("import")
net = ann.Network(dt=0.1, seed=1)
cell = ann.Neuron(
    parameters=dict(El=-60.0, Vr=-60.0, Vt=-50.0, tau=20.0, te=5.0, ti=10.0, Ee=0.0, Ei=-80.0, I=20.0),
    equations=["tau * dv/dt = (El - v) + g_exc * (Ee - v) + g_inh * (Ei - v) + I",
               "te * dg_exc/dt = -g_exc", "ti * dg_inh/dt = -g_inh"],
    spike="v > Vt", reset="v = Vr", refractory=5.0)
pop = net.create(4000, cell)
pop.v = ann.Normal(-55.0, 5.0)
pop.g_exc = ann.Normal(4.0, 1.5)
pop.g_inh = ann.Normal(20.0, 12.0)
net.connect(pop[:3200], pop, "exc").fixed_probability(probability=0.02, weights=0.6)
net.connect(pop[3200:], pop, "inh").fixed_probability(probability=0.02, weights=6.7)
lap("front")
net.compile(silent=True, **json.loads(sys.argv[1]))
lap("compile")
net.simulate(100.0)
lap("100 ms")
print("RESULT", json.dumps(out))
"""


def run(arguments: dict[str, str], cache: str, bytecode: str) -> dict[str, list[float]]:
    env = {**os.environ, "NNC_CACHE_DIR": cache, "PYTHONPYCACHEPREFIX": bytecode}
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(
        [sys.executable, "-c", CHILD, json.dumps(arguments)], env=env, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(done.stderr)
    line = next(text for text in done.stdout.splitlines() if text.startswith("RESULT "))
    found: dict[str, list[float]] = json.loads(line[7:])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    print("COBA, 4000 neurons; median ms of CPU (wall), fresh process each")
    phases = ("import", "front", "compile", "100 ms")
    print(f"{'target':8} {'cache':6}" + "".join(f"{p:>18}" for p in phases))
    with tempfile.TemporaryDirectory() as bytecode:
        for target, arguments in (("llvm", {}), ("openmp", {"compiler": "gcc"})):
            rows: dict[str, list[dict[str, list[float]]]] = {"cold": [], "warm": []}
            run(arguments, "off", bytecode)
            for _ in range(repeats):
                with tempfile.TemporaryDirectory() as cache:
                    rows["cold"].append(run(arguments, cache, bytecode))
                    rows["warm"].append(run(arguments, cache, bytecode))
            show(target, rows, phases)


def show(target: str, rows: dict[str, list[dict[str, list[float]]]], phases: tuple[str, ...]) -> None:
    """Print the medians of cold and warm runs."""
    for state, found in rows.items():
        cells = []
        for phase in phases:
            cpu = statistics.median(f[phase][0] for f in found)
            wall = statistics.median(f[phase][1] for f in found)
            cells.append(f"{cpu:8.0f} ({wall:6.0f})")
        print(f"{target:8} {state:6}" + "".join(f"{c:>18}" for c in cells))


if __name__ == "__main__":
    main()
