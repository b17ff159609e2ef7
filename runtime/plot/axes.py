"""Where plots are drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nnc.runtime.errors import NNCImportError

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def axes_for(ax: Axes | None, **figure: Any) -> Axes:
    """The given axes, or those of a new figure.

    Raises `NNCImportError` if matplotlib is not installed.
    """
    if ax is not None:
        return ax
    try:
        from matplotlib import pyplot
    except ImportError:
        raise NNCImportError('nnc.plot needs matplotlib: pip install "nnc-compiler[plot]"') from None
    return pyplot.subplots(**figure)[1]
