"""The results of a comparison as text: a line for each that took part, or one line of a markdown table."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from contest import PEERS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from specs import Bench

OTHERS = (*PEERS, "numpy")


class Key(NamedTuple):
    """Who, with how many threads."""

    what: str
    threads: int


@dataclass(frozen=True)
class Measured:
    """One network in one precision: times of all repeats in ms per simulated second, and what shows the work done."""

    name: str
    precision: str
    bench: Bench
    targets: tuple[str, ...]
    times: Mapping[Key, Sequence[float]]
    shows: Mapping[Key, float]

    def best(self, what: str, threads: int = 1) -> float | None:
        """The least time, None if it did not take part."""
        found = self.times.get(Key(what, threads))
        return min(found) if found else None

    @property
    def ours(self) -> float | None:
        """That of the faster target, one thread."""
        return min((t for w in self.targets if (t := self.best(w)) is not None), default=None)

    @property
    def rival(self) -> tuple[str, float] | None:
        """The fastest of all others, and its time."""
        found = [(t, w) for w in OTHERS if (t := self.best(w)) is not None]
        return (min(found)[1], min(found)[0]) if found else None


HEAD = ("network", "precision", "what", "threads", "ms/s", "median", "x floor", "peer / nnc", "shows")
PLAIN = "{:14}{:10}{:>9}{:>8}{:>10}{:>10}{:>9}{:>12}{:>12}"


def lines(measured: Measured) -> list[str]:
    """A line for each that took part."""
    floor, ours = measured.best("floor"), measured.ours
    found = []
    for key, times in measured.times.items():
        foreign = key.what in OTHERS
        cells = (
            measured.name,
            measured.precision,
            key.what,
            str(key.threads),
            f"{min(times):.1f}",
            f"{statistics.median(times):.1f}",
            _ratio(min(times), floor),
            _ratio(min(times), ours) if foreign else "",
            f"{measured.shows[key]:.2f} {measured.bench.unit}",
        )
        found.append(PLAIN.format(*cells))
    return found


def head(targets: Sequence[str], threads: Sequence[int]) -> str:
    """The first two lines of the markdown table."""
    cells = ["network", "precision", "floor, ms/s"]
    for target in targets:
        cells += [f"{target}, ms/s", "x floor"]
        cells += [f"{n} threads: x faster" for n in threads if n > 1]
    cells += ["goal", "best other", "its ms/s", "x nnc", "shows: floor, nnc"]
    return f"| {' | '.join(cells)} |\n{'|---' * len(cells)}|"


def line(measured: Measured, threads: Sequence[int]) -> str:
    """The line of the markdown table; what is above its goal is in bold."""
    floor = measured.best("floor")
    cells = [measured.name, measured.precision, _time(floor)]
    for target in measured.targets:
        one = measured.best(target)
        ratio = _ratio(one, floor)
        over = bool(ratio) and float(ratio) > measured.bench.goal
        cells += [_time(one), f"**{ratio}**" if over else ratio]
        cells += [_ratio(one, measured.best(target, n)) for n in threads if n > 1]
    rival = measured.rival
    cells.append(f"{measured.bench.goal:.2f}")
    cells += [rival[0], _time(rival[1]), _ratio(rival[1], measured.ours)] if rival else ["", "", ""]
    ours = next((measured.shows[k] for k in measured.shows if k.what in measured.targets), None)
    shown = [f"{value:.2f}" for value in (measured.shows.get(Key("floor", 1)), ours) if value is not None]
    cells.append(f"{', '.join(shown)} {measured.bench.unit}")
    return f"| {' | '.join(cells)} |"


def _time(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def _ratio(value: float | None, to: float | None) -> str:
    return f"{value / to:.2f}" if value and to else ""
