"""How many workers share a step. The results do not depend on it; the time does.

Workers meet once or twice per step, which takes 0.1 microseconds where every worker has a core to itself. The rule of
`num_threads="auto"`, with the measurements behind it, is in docs/performance.md; `num_threads="tune"` measures, see
`nnc.runtime.running.tuning`.
"""

from __future__ import annotations

from typing import Final

from nnc.compiler.codegen.layout import PAUSES
from nnc.runtime.running.cores import cores

AUTO: Final = "auto"
TUNE: Final = "tune"
WORDS: Final = (AUTO, TUNE)
"""What may stand in place of a number of threads."""

OMP_MIN_NB_NEURONS: Final = 100
"""For scripts that read it; nnc chooses the number of workers by the work of a step, see `team_size`."""

GRAIN: Final = 30_000
"""Units of work per step that keep one worker busy for some twelve microseconds, see `nnc.runtime.running.work`."""


def team_size(wanted: int | str, work: int) -> int:
    """The workers asked for; for a word as many as there are cores for this process and grains of work."""
    if wanted not in WORDS:
        return int(wanted)
    return max(1, min(cores(), work // GRAIN))


def pauses(team: int, there: int) -> int:
    """How often a waiting worker looks again before it sleeps: not at all where it holds the core of another one."""
    return PAUSES if team <= there else 0
