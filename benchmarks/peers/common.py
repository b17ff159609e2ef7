"""What all peers share: the command line, and repeats on demand.

`run.py` starts one process for each network and peer, writes a line for each repeat that it wants, and reads lines that
begin with RESULT: one when the network is ready, then one per repeat.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from specs import BENCHES, BRUNEL, ETA, G


def arguments(peer):
    """The command line; `spec` is the network as the scripts want it, `variant` a set of words."""
    parser = argparse.ArgumentParser(description=f"one network on {peer}")
    parser.add_argument("bench", choices=sorted(BENCHES))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--precision", choices=["double", "float"], default="double")
    parser.add_argument("--variant", default="", help="words with commas between, see the script of the peer")
    a = parser.parse_args()
    bench = BENCHES[a.bench]
    a.words = set(filter(None, a.variant.split(",")))
    a.window, a.warm, a.unit = bench.window, bench.warm, bench.unit
    a.spec = dict(name=a.bench, kind=bench.kind, n=bench.n, k=bench.k, dt=bench.dt, ne=bench.ne, ni=bench.n - bench.ne)
    a.spec |= dict(p=(bench.k or bench.n) / bench.n, w_scale=bench.scale, plastic=bench.plastic, j=bench.j, g=G)
    if bench.kind == "brunel":
        a.spec |= dict(ke=bench.sources, ki=int(0.1 * (bench.n - bench.ne)), ext_p=bench.kicks / bench.sources)
        a.spec |= dict(ext_hz=ETA * BRUNEL["v_t"] / (bench.j * BRUNEL["tau_m"]) * 1000.0)
    a.folder = tempfile.mkdtemp(prefix=f"bench_{peer}_")
    os.chdir(a.folder)
    return a


def tell(**fields):
    """One line for `run.py`."""
    print("\nRESULT " + json.dumps(fields), flush=True)


def wanted():
    """One turn for every repeat that is asked for."""
    while sys.stdin.readline():
        yield


def serve(a, model):
    """Repeats of a model with `simulate(ms)` and `sanity(ms simulated since warm-up)`; this process ends with them."""
    model.simulate(a.warm)
    if hasattr(model, "start"):
        model.start()
    done = 0.0
    tell(ready=1)
    for _ in wanted():
        wall, cpu = time.perf_counter(), time.process_time()
        model.simulate(a.window)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        done += a.window
        tell(cpu=cpu * 1e6 / a.window, wall=wall * 1e6 / a.window, sanity=float(model.sanity(done)))
    sys.stdout.flush()
    os._exit(0)
