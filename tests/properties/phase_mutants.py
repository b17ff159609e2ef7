"""Steps in which a phase stands at a wrong place: one bug for every two phases that touch something in common.

The pairs left out commute whatever a network does: draws and targets (3 with 2), delay queues and reductions (5 with
6), stop conditions and records (9 with 10); structural changes are not part of the program.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

SUITE: Final = "tests/conformance/test_step_order.py"
EARLY: Final = (
    (2, 1),
    (4, 1),
    (4, 2),
    (4, 3),
    (5, 4),
    (6, 4),
    (7, 4),
    (7, 6),
    (8, 4),
    (8, 7),
    (10, 4),
    (10, 7),
    (10, 8),
)
"""A phase, and the one that it should follow but comes just before."""

LATE: Final = ((5, 7),)
"""A phase, and the one that it should precede but comes just after."""


def _moved(moved: int, place: float, name: str) -> Callable[[], None]:
    def plant() -> None:
        from nnc.compiler.passes import order_maps

        def by_phase(module: Any) -> list[Any]:
            phase = order_maps.phases(module)
            return sorted(order_maps.actions(module), key=lambda op: place if phase[op] == moved else phase[op])

        order_maps.by_phase = by_phase

    plant.__name__ = name
    plant.__doc__ = f"Phase {moved} of a step is done at {place}."
    return plant


PHASE_MUTANTS: Final[dict[str, Callable[[], None]]] = {
    plant.__name__: plant
    for plant in (
        *(_moved(moved, other - 0.25, f"phase_{moved}_before_{other}") for moved, other in EARLY),
        *(_moved(moved, other + 0.25, f"phase_{moved}_after_{other}") for moved, other in LATE),
    )
}
