"""Steps whose phases come in another order: one bug for every two phases that touch something in common.

The pairs left out commute whatever a network does: draws and targets (3 with 2), delay queues and reductions (5 with
6), stop conditions and records (9 with 10); structural changes are not part of the program.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

PAIRS: Final = (
    (1, 2),
    (1, 4),
    (2, 4),
    (3, 4),
    (4, 5),
    (4, 6),
    (5, 7),
    (6, 7),
    (4, 7),
    (7, 8),
    (4, 8),
    (8, 10),
    (7, 10),
    (4, 10),
)
SUITE: Final = "tests/conformance/test_step_order.py"


def _swapped(one: int, other: int) -> Callable[[], None]:
    def plant() -> None:
        from nnc.compiler.passes import order_maps

        def by_phase(module: Any) -> list[Any]:
            place = order_maps.phases(module)
            low, high = min(one, other), max(one, other)

            def key(op: Any) -> float:
                # the later phase comes just before the earlier one
                return low - 0.25 if place[op] == high else place[op]

            return sorted(order_maps.actions(module), key=key)

        order_maps.by_phase = by_phase

    plant.__name__ = f"phase_{other}_comes_before_{one}"
    plant.__doc__ = f"Phase {other} of a step is done before phase {one}."
    return plant


PHASE_MUTANTS: Final[dict[str, Callable[[], None]]] = {
    plant.__name__: plant for plant in (_swapped(one, other) for one, other in PAIRS)
}
