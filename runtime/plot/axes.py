"""Where plots are drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nnc.runtime.extras import extra

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def axes_for(ax: Axes | None, **figure: Any) -> Axes:
    """The given axes, or those of a new figure.

    Raises `NNCImportError` if matplotlib is not installed.
    """
    if ax is not None:
        return ax
    made: Axes = extra("matplotlib.pyplot", "plot", "nnc.plot").subplots(**figure)[1]
    return made
