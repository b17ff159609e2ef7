"""`report`: a network as a document."""

from __future__ import annotations

import datetime
import os
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from nnc.runtime.errors import NNCRuntimeError, NNCTypeError, NNCValueError

if TYPE_CHECKING:
    from collections.abc import Callable

    from nnc.runtime.networks.network import Network

DEFAULT_FILE: Final = "./report.tex"
_FORMATS: Final = {
    ".tex": ("nnc.runtime.reporting.tex", "tex"),
    ".md": ("nnc.runtime.reporting.markdown", "markdown"),
    ".qmd": ("nnc.runtime.reporting.markdown", "markdown"),
    ".html": ("nnc.runtime.reporting.html", "html"),
}
"""Writers by the ending of the file name."""


def report(*given: Any, **named: Any) -> None:
    """Write what a network consists of to a file: tables and equations after Nordlie et al. (2009).

    `report(network, filename="./report.tex", ...)`, or `report(filename, ...)` for the magic network (or the one of
    the number `net_id`). For the other arguments see `Network.report`.
    """
    if given and isinstance(given[0], str | os.PathLike):
        _report_by_number(*given, **named)
    elif given or "network" in named:
        _report_of(*given, **named)
    else:
        _report_by_number(**named)


def _report_by_number(
    filename: Any = DEFAULT_FILE,
    standalone: bool = True,
    gather_subprojections: bool = False,
    title: str | None = None,
    author: str | None = None,
    date: str | None = None,
    net_id: int = 0,
) -> None:
    from nnc.runtime.networks.magic import network_of

    write_report(network_of(net_id), filename, standalone, gather_subprojections, title, author, date)


def _report_of(network: Any, filename: Any = DEFAULT_FILE, *given: Any, **named: Any) -> None:
    from nnc.runtime.networks.network import Network

    if not isinstance(network, Network):
        raise NNCTypeError(f"report takes a network or the name of a file first, not {network!r}")
    network.report(filename, *given, **named)


def write_report(
    network: Network,
    filename: Any,
    standalone: bool,
    gather_subprojections: bool,
    title: str | None,
    author: str | None,
    date: str | None,
) -> None:
    """Write the report of a network, see `Network.report`."""
    path = checked_path(filename)
    for name, value in (("title", title), ("author", author), ("date", date)):
        if value is not None and not isinstance(value, str):
            raise NNCTypeError(f"report: {name} is a text, not {value!r}")
    if not network.get_populations():
        raise NNCRuntimeError("report: the network has no population")
    from nnc.runtime.reporting.contents import contents

    today = datetime.date.today().isoformat() if date is None else date
    document = contents(network, title or _title(network), author or "", today, gather_subprojections)
    text = _writer(path)(document, standalone)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def checked_path(filename: Any) -> Path:
    """The path of a file name. Raises unless it ends in one of the formats."""
    if not isinstance(filename, str | os.PathLike):
        raise NNCTypeError(f"report: filename is a text or a path, not {filename!r}")
    path = Path(os.fsdecode(filename))
    if path.suffix not in _FORMATS:
        known = ", ".join(_FORMATS)
        raise NNCValueError(f"report: the file name must end in one of {known}, not {os.fsdecode(filename)!r}")
    return path


def _title(network: Network) -> str:
    return "Network model" if network.is_magic else f"Network model {network.id}"


def _writer(path: Path) -> Callable[[Any, bool], str]:
    module, name = _FORMATS[path.suffix]
    writer: Callable[[Any, bool], str] = getattr(import_module(module), name)
    return writer
