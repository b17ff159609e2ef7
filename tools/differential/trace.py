"""Runs cases of a topic in one simulator and writes what they record: started by `run.py`, in a process of its own.

`python trace.py LIBRARY TOPIC FOLDER [CASE ...]` imports LIBRARY (`nnc` or `ANNarchy`), writes `FOLDER/traces.npz`, and
`FOLDER/refused.json` with what the library said to cases that it did not take.
"""

from __future__ import annotations

import importlib
import json
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from programs import Bench, Program, plain
from scripts import Script, traces

if TYPE_CHECKING:
    from types import ModuleType


def main() -> None:
    """Builds each case alone first: one that raises is left out of the common network."""
    library, topic_name, folder, *names = sys.argv[1:]
    out = Path(folder).resolve()
    del sys.argv[1:]  # both simulators read the command line
    warnings.simplefilter("ignore")
    ann = importlib.import_module(library)
    module = importlib.import_module(f"topics.{topic_name}")
    if hasattr(module, "PROGRAMS"):
        run_programs(ann, module.PROGRAMS, names, out)
        return
    topic = module.TOPIC
    refused: dict[str, str] = {}
    for name in names or topic.cases:
        try:
            topic.cases[name].build(Script(ann, ann.Network(dt=topic.dt), case=name))
        except Exception as error:
            refused[name] = f"{type(error).__name__}: {error}"
    (out / "refused.json").write_text(json.dumps(refused))
    script = Script(ann, ann.Network(dt=topic.dt))
    for name in names or topic.cases:
        if name not in refused:
            script.case = name
            topic.cases[name].build(script)
    found = {}
    if script.monitors:
        script.net.compile(directory=str(out / "build"), silent=True)
        script.net.simulate(topic.steps * topic.dt)
        found = dict(traces(script))
    np.savez(out / "traces.npz", **found)


def run_programs(ann: ModuleType, programs: dict[str, Program], names: list[str], out: Path) -> None:
    """Runs programs, which make and compile their networks themselves."""
    found, refused = {}, {}
    for name in names:
        try:
            found |= dict(plain(programs[name].run(Bench(ann, out)), name))
        except Exception as error:
            refused[name] = f"{type(error).__name__}: {error}"
    (out / "refused.json").write_text(json.dumps(refused))
    np.savez(out / "traces.npz", **found)


if __name__ == "__main__":
    main()
