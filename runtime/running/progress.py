"""A bar on the terminal that shows how far a long run is."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType

_T = TypeVar("_T")

PATIENCE: Final = 2.0
"""Seconds after which a run is long enough for a bar that nobody asked for."""


def on_terminal() -> bool:
    """Whether somebody can look at a bar: a terminal, or a notebook."""
    return sys.stderr.isatty() or "ipykernel" in sys.modules


class Progress:
    """Called with the number of steps just done. The bar appears at once if `wanted`, else only in long runs, and then
    only if standard error is a terminal.
    """

    def __init__(self, steps: int, dt: float, wanted: bool = False) -> None:
        self._total, self._dt = steps, dt
        self._wanted = wanted
        self._allowed = wanted or on_terminal()
        self._begin = time.perf_counter()
        self._done = 0
        self._bar: Any = None

    def __call__(self, steps: int) -> None:
        """Note that steps have been done."""
        self._done += steps
        if self._bar is not None:
            self._bar.update(steps * self._dt)
        elif self._allowed and (self._wanted or time.perf_counter() - self._begin > PATIENCE):
            self._show()

    def _show(self) -> None:
        from tqdm.auto import tqdm

        form = "{l_bar}{bar}| {n:.0f}/{total:.0f} ms [{elapsed}<{remaining}]"
        total = self._total * self._dt
        self._bar = tqdm(total=total, initial=self._done * self._dt, bar_format=form, leave=self._wanted)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()


def counted(items: Sequence[_T], unit: str) -> Iterator[_T]:
    """The items one after the other; a bar tells how many are done, if that takes long and somebody can look at it."""
    begin, bar = time.perf_counter(), None
    try:
        for done, item in enumerate(items):
            yield item
            if bar is not None:
                bar.update(1)
            elif time.perf_counter() - begin > PATIENCE and on_terminal() and done + 1 < len(items):
                from tqdm.auto import tqdm

                bar = tqdm(total=len(items), initial=done + 1, unit=unit, leave=False)
    finally:
        if bar is not None:
            bar.close()
