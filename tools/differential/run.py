"""Runs the scripts of `topics/` on nnc and on ANNarchy and compares what they record, step by step.

`python tools/differential/run.py --annarchy VENV/bin/python --work FOLDER` runs all topics and writes
`docs/differential.md`; `--topics events` runs some of them and only prints, or writes what there is with `--write`.
Results of ANNarchy stay in the work folder and are used again while the scripts do not change. The exit status is 1
if a difference is not explained.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import importlib
import inspect
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parent.parent
TOLERANCE: Final = 1e-10
"""Largest relative difference of a value in any step: round-off of formulas that are written differently."""
TOPICS: Final = sorted(path.stem for path in (HERE / "topics").glob("[a-z]*.py"))
LIBRARIES: Final = ("nnc", "ANNarchy")


@dataclass
class Recorded:
    """What one library made of some cases: traces by name, and what it said to the cases it refused."""

    traces: dict[str, np.ndarray]
    refused: dict[str, str]


@dataclass(frozen=True)
class Row:
    """The result of a case."""

    topic: str
    case: str
    status: str
    difference: float | None
    good: bool


@dataclass(frozen=True)
class Runner:
    """Starts simulators in processes of their own, one after the other."""

    pythons: dict[str, Path]
    work: Path

    def recorded(self, library: str, topic: str, cases: list[str]) -> Recorded:
        """What a library records; cases that cannot be compiled are found by halving and count as refused."""
        folder = self.work / library / f"{topic}-{self.key(library, topic, cases)}"
        if not (folder / "traces.npz").exists() and not self.run(library, topic, cases, folder):
            refused = json.loads((folder / "refused.json").read_text()) if (folder / "refused.json").exists() else {}
            rest = [case for case in cases if case not in refused]
            if len(rest) <= 1:
                return Recorded({}, refused | dict.fromkeys(rest, "does not compile"))
            halves = [self.recorded(library, topic, part) for part in (rest[::2], rest[1::2])]
            return Recorded(halves[0].traces | halves[1].traces, refused | halves[0].refused | halves[1].refused)
        with np.load(folder / "traces.npz") as found:
            return Recorded(dict(found), json.loads((folder / "refused.json").read_text()))

    def key(self, library: str, topic: str, cases: list[str]) -> str:
        """Changes with all that the result depends on; results of nnc are never used again."""
        programs = getattr(importlib.import_module(f"topics.{topic}"), "PROGRAMS", None)
        if programs is None:
            sources = [(HERE / name).read_text() for name in ("scripts.py", f"topics/{topic}.py")]
        else:
            sources = [(HERE / "programs.py").read_text(), *(called(programs[case].run) for case in cases)]
        text = "\n".join([*cases, *sources])
        extra = str(os.getpid()) if library == "nnc" else ""
        return hashlib.sha256((text + extra).encode()).hexdigest()[:12]

    def run(self, library: str, topic: str, cases: list[str], folder: Path) -> bool:
        """Runs cases in one network; False if the process fails."""
        folder.mkdir(parents=True, exist_ok=True)
        python = self.pythons[library]
        environment = {
            **os.environ,
            "PATH": f"{python.parent}{os.pathsep}{os.environ.get('PATH', '')}",  # CMake takes the Python on it
            "PYTHONPATH": os.pathsep.join([str(HERE), *([str(ROOT / "tests" / "typing")] if library == "nnc" else [])]),
        }
        command = [str(python), str(HERE / "trace.py"), library, topic, str(folder), *cases]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        (folder / "log.txt").write_text(done.stdout + done.stderr)
        return done.returncode == 0


def called(run: Any) -> str:
    """The text of a function, with the values that a closure holds."""
    held = [repr(found.cell_contents) for found in run.__closure__ or ()]
    return "\n".join([inspect.getsource(run), *held])


def difference(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The largest difference relative to the largest absolute value up to then; infinite for other shapes or NaNs."""
    if ours.shape != theirs.shape or not np.array_equal(np.isfinite(ours), np.isfinite(theirs)):
        return float("inf")
    ours, theirs = np.atleast_1d(ours), np.atleast_1d(theirs)
    same = (ours == theirs) | ~np.isfinite(ours)
    scale = np.maximum(np.abs(ours), np.abs(theirs))
    scale = np.maximum.accumulate(np.where(np.isfinite(scale), scale, 0.0), axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        relative = np.where(same, 0.0, np.abs(ours - theirs) / scale)
    return float(relative.max(initial=0.0))


def cases_of(topic: str) -> dict[str, Any]:
    """The cases of a topic, or its programs, by name."""
    module = importlib.import_module(f"topics.{topic}")
    return module.PROGRAMS if hasattr(module, "PROGRAMS") else module.TOPIC.cases


def recorded(runner: Runner, library: str, topic: str, cases: list[str]) -> Recorded:
    """What a library records of a topic; each program in a process of its own."""
    if not hasattr(importlib.import_module(f"topics.{topic}"), "PROGRAMS"):
        return runner.recorded(library, topic, cases)
    parts = [runner.recorded(library, topic, [case]) for case in cases]
    everything = Recorded({}, {})
    for part in parts:
        everything.traces |= part.traces
        everything.refused |= part.refused
    return everything


def compared(topic: str, ours: Recorded, theirs: Recorded) -> Iterable[Row]:
    """A row for each case of a topic."""
    for name, case in cases_of(topic).items():
        if name in ours.refused:
            yield Row(topic, name, f"refused by nnc: {ours.refused[name]}", None, good=False)
            continue
        if name in theirs.refused:
            yield Row(topic, name, "not supported by ANNarchy", None, good=True)
            continue
        parts = [trace for trace in ours.traces if trace.startswith(f"{name}/")]
        found = {part: limited(part, ours.traces[part], theirs.traces.get(part)) for part in parts}
        largest = max(found.values())
        if largest <= TOLERANCE:
            yield Row(topic, name, "equal", largest, good=True)
        elif case.differs:
            yield Row(topic, name, f"explained by {case.differs}", largest, good=True)
        else:
            wrong = ", ".join(part.split("/", 1)[1] for part, value in found.items() if value > TOLERANCE)
            yield Row(topic, name, f"**different**: {wrong}", largest, good=False)


def limited(name: str, ours: np.ndarray, theirs: np.ndarray | None) -> float:
    """The difference of a trace; spikes are equal or they are not.

    ANNarchy gives the rows of a population-wide variable the geometry of the population: the same values, wrongly cut.
    """
    if theirs is None:
        return float("inf")
    if ours.size == theirs.size:
        theirs = theirs.reshape(ours.shape)
    if name.endswith(".spike"):
        return 0.0 if np.array_equal(ours, theirs) else float("inf")
    return difference(ours, theirs)


def page(rows: list[Row], versions: str) -> str:
    """The table as Markdown."""
    counts = {word: sum(row.status.startswith(word) for row in rows) for word in ("equal", "explained", "not supp")}
    lines = [
        "# Differential runs",
        "",
        f"Written by `tools/differential/run.py` on {datetime.date.today():%Y-%m-%d}: {versions}.",
        "",
        "Each script runs unchanged on nnc and on ANNarchy; all that is recorded is compared in every step, spikes",
        f"exactly, values to a relative difference of {TOLERANCE:.0e} (of the largest absolute value up to that step).",
        "`Dnn` are items of the register of divergences in the language specification. `not supported by ANNarchy`:",
        "it refuses the script, or its C++ compiler does.",
        "",
        f"{len(rows)} scripts: {counts['equal']} equal, {counts['explained']} explained, "
        f"{counts['not supp']} not supported by ANNarchy, {sum(not row.good for row in rows)} open.",
        "",
        "| topic | script | status | largest relative difference |",
        "|---|---|---|---|",
    ]
    missing = [topic for topic in TOPICS if topic not in {row.topic for row in rows}]
    if missing:
        lines[-3:-3] = ["", f"Not run this time: {', '.join(missing)}."]
    for row in rows:
        number = "" if row.difference is None else f"{row.difference:.1e}" if row.difference else "0"
        lines.append(f"| {row.topic} | {row.case} | {row.status.replace('|', '/')} | {number} |")
    return "\n".join(lines) + "\n"


def version(python: Path, package: str, path: str = "") -> str:
    """Name and version of an installed package."""
    code = f"import {package} as p, platform; print('{package}', p.__version__, 'on Python', platform.python_version())"
    done = subprocess.run(
        [str(python), "-c", code], capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": path}
    )
    return done.stdout.strip().splitlines()[-1]


def main() -> int:
    """Runs the topics and writes the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--annarchy", type=Path, required=True, help="Python of an environment with ANNarchy")
    parser.add_argument("--work", type=Path, required=True, help="folder for traces and for what ANNarchy builds")
    parser.add_argument("--topics", nargs="*", choices=TOPICS, help="only these; nothing is written then")
    parser.add_argument("--write", action="store_true", help="write the table even if it is not complete")
    options = parser.parse_args()
    sys.path.insert(0, str(HERE))
    pythons = {"nnc": Path(sys.executable), "ANNarchy": options.annarchy.absolute()}
    runner = Runner(pythons, options.work.resolve())
    rows: list[Row] = []
    for topic in options.topics or TOPICS:
        cases = list(cases_of(topic))
        ours, theirs = (recorded(runner, library, topic, cases) for library in LIBRARIES)
        rows += compared(topic, ours, theirs)
        for row in rows:
            if row.topic == topic:
                print(f"{topic:14} {row.case:42} {row.status} {row.difference}", flush=True)
    versions = [
        version(pythons["nnc"], "nnc", str(ROOT / "tests" / "typing")),
        version(pythons["ANNarchy"], "ANNarchy"),
    ]
    text = page(rows, ", ".join(versions))
    if options.write or not options.topics:
        (ROOT / "docs" / "differential.md").write_text(text)
    return 0 if all(row.good for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
