"""The part of a network that makes extensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nnc.extensions.bold import BoldModel, BoldMonitor
    from nnc.runtime.networks.network import Network


class Extending:
    """Extensions are loaded when they are first asked for; `get_extensions` finds them."""

    def boldmonitor(
        self,
        populations: Any,
        bold_model: BoldModel | type[BoldModel] | None = None,
        mapping: Mapping[str, str] | None = None,
        scale_factor: float | Sequence[float] | None = None,
        normalize_input: float | Sequence[float] | None = None,
        recorded_variables: str | Sequence[str] | None = None,
        start: bool = False,
        name: str | None = None,
    ) -> BoldMonitor:
        """The BOLD signal of populations of this network, see `nnc.extensions.bold.BoldMonitor`."""
        from nnc.extensions.bold import BoldMonitor, balloon_RN

        return BoldMonitor(
            populations,
            balloon_RN if bold_model is None else bold_model,
            mapping,
            scale_factor,
            normalize_input,
            recorded_variables,
            start,
            name=name,
            network=cast("Network", self),
        )

    def boldmonitor_from_slices(
        self,
        population: Any,
        slices: Sequence[Sequence[int]],
        bold_model: BoldModel | type[BoldModel] | None = None,
        mapping: Mapping[str, str] | None = None,
        normalize_input: float = 0.0,
        recorded_variables: str | Sequence[str] | None = None,
        start: bool = False,
        name: str | None = None,
    ) -> BoldMonitor:
        """A BOLD signal for each list of ranks of a population: rows of `get` are of shape `(T, len(slices))`."""
        from nnc.extensions.bold import BoldMonitor, balloon_RN

        return BoldMonitor.from_slices(
            population,
            slices,
            balloon_RN if bold_model is None else bold_model,
            mapping,
            normalize_input,
            recorded_variables,
            start,
            name=name,
            network=cast("Network", self),
        )

    def report(
        self,
        filename: Any = "./report.tex",
        standalone: bool = True,
        gather_subprojections: bool = False,
        title: str | None = None,
        author: str | None = None,
        date: str | None = None,
    ) -> None:
        """Write tables and equations of this network to a file, before or after `compile()`.

        The ending of the name chooses LaTeX (`.tex`), Markdown (`.md`), Quarto (`.qmd`) or HTML (`.html`); its folder
        is made. Without `standalone` the file is a part to include. `gather_subprojections` lists projections
        between parts of two populations once. `date` is today by default. Raises for other endings.
        """
        from nnc.runtime.reporting.report import write_report

        write_report(cast("Network", self), filename, standalone, gather_subprojections, title, author, date)
