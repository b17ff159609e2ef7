"""What the watch on NaN, infinite and runaway numbers costs: `python benchmarks/watch.py [--rounds 40]`.

The same network runs with `on_nonfinite="warn"` and "ignore" in turn, so that both see the same machine; what counts
is the best round of each. In one long call, and in many short ones, which the watch looks at as well. The last column
is the time inside the watch as a part of the run, the median of some: on a busy machine the difference of two runs
is mostly noise, and this is not.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import TYPE_CHECKING

import nnc as ann

if TYPE_CHECKING:
    from collections.abc import Callable


def network(size: int, on_nonfinite: str) -> ann.Network:
    """Izhikevich neurons with sparse synapses."""
    net = ann.Network(dt=0.1, seed=1)
    net.config(on_nonfinite=on_nonfinite)
    pop = net.create(size, ann.Izhikevich(i_offset=8.0))
    net.connect(pop, pop, "exc").fixed_probability(probability=0.1, weights=0.2)
    net.compile(silent=True)
    net.simulate(100.0)
    return net


def seconds(net: ann.Network, duration: float, calls: int) -> float:
    """Processor time of `calls` calls of `simulate`, which the load of the machine disturbs least."""
    begin = time.thread_time()
    for _ in range(calls):
        net.simulate(duration)
    return time.thread_time() - begin


class Timed:
    """Adds up the time in some methods of a watch; what that adds itself is counted as well."""

    def __init__(self, net: ann.Network) -> None:
        self.spent = 0.0
        watch = net._watch
        for name in ("begin", "after"):
            setattr(watch, name, self.timed(getattr(watch, name)))

    def timed(self, method: Callable[..., None]) -> Callable[..., None]:
        """The method, timed."""

        def call(*arguments: float) -> None:
            begin = time.perf_counter()
            method(*arguments)
            self.spent += time.perf_counter() - begin

        return call


def share(net: ann.Network, duration: float, calls: int, rounds: int) -> float:
    """The part of a run that is spent in the watch, in per cent."""
    timed, found = Timed(net), []
    for _ in range(rounds):
        timed.spent, begin = 0.0, time.perf_counter()
        seconds(net, duration, calls)
        found.append(100.0 * timed.spent / (time.perf_counter() - begin))
    for name in ("begin", "after"):
        delattr(net._watch, name)
    return statistics.median(found)


def main() -> None:
    """Print the cost in per cent for sizes and lengths of calls."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=40)
    rounds = parser.parse_args().rounds
    print("neurons | ms per call | calls | without (ms) | with (ms) | cost | in the watch")
    for size in (100,):
        nets = {mode: network(size, mode) for mode in ("ignore", "warn")}
        for duration, calls in ((10_000.0, 1), (1000.0, 10), (10.0, 200), (0.1, 1000)):
            best = dict.fromkeys(nets, float("inf"))
            for number in range(rounds):
                order = list(nets) if number % 2 else list(nets)[::-1]
                for mode in order:
                    best[mode] = min(best[mode], seconds(nets[mode], duration, calls))
            cost = 100.0 * (best["warn"] / best["ignore"] - 1.0)
            part = share(nets["warn"], duration, calls, max(3, rounds // 4))
            shown = f"{1e3 * best['ignore']:12.2f} | {1e3 * best['warn']:9.2f} | {cost:+.1f} % | {part:.2f} %"
            print(f"{size:7} | {duration:11g} | {calls:5} | {shown}", flush=True)


if __name__ == "__main__":
    main()
