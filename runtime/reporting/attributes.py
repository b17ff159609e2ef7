"""Tables of parameters and initial values, one for each population and projection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nnc.runtime.populations.population import Population
from nnc.runtime.reporting import values
from nnc.runtime.reporting.document import Cell, Code, Maths, Section, Table, sentence, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nnc.runtime.networks.network import Network
    from nnc.runtime.projections.projection import Projection
    from nnc.runtime.reporting.catalogue import Catalogue
    from nnc.runtime.reporting.maths import Symbol
    from nnc.runtime.slots import Slot

_WHERE: Final = {
    "population": {"local": "neuron", "global": "population"},
    "projection": {"local": "synapse", "semiglobal": "post neuron", "global": "projection"},
}
_WIDTHS: Final = (0.14, 0.2, 0.28, 0.38)


def attribute_sections(network: Network, catalogue: Catalogue) -> tuple[Section, ...]:
    """A section for each object that has attributes; weights are told with the connectivity."""
    tables = [(p.name, "Population ", _table(p, "population", "", catalogue)) for p in network.get_populations()]
    projections = network.get_projections(suppress_error=True)
    tables += [(p.name, "Projection ", _table(p, "projection", "w", catalogue)) for p in projections]
    return tuple(Section(sentence(what, Code(name)), (table,)) for name, what, table in tables if table.rows)


def _table(owner: Population | Projection, what: str, hidden: str, catalogue: Catalogue) -> Table:
    symbols, units = catalogue.symbols_of(owner), _units(owner)
    slots = [s for s in owner._values.slots.values() if s.name != hidden and s.name in symbols]
    implicit = {a.name for a in owner._model.attributes if a.implicit}
    rows = [
        _row(owner, slot, what, symbols, units)
        for slot in sorted(slots, key=lambda s: not s.is_parameter)
        if slot.is_parameter or slot.name not in implicit or slot.name in owner._values.assigned
    ]
    header = ("Symbol", "Name", "Role", "Value")
    return Table(header, tuple(rows), _WIDTHS)


def _units(owner: Population | Projection) -> Mapping[str, str]:
    if isinstance(owner, Population):
        return owner.neuron_type.described.units
    return owner.synapse_type.described.units


def _row(
    owner: Population | Projection, slot: Slot, what: str, symbols: Mapping[str, Symbol], units: Mapping[str, str]
) -> tuple[Cell, ...]:
    name = slot.name
    role = "parameter" if slot.is_parameter else "initial value"
    kind = "" if slot.kind == "float" else f", {slot.kind}"
    where = _WHERE[what][owner._values.locality(name)]
    unit = units.get(name, "ms" if name == "refractory" else "")
    value = _value(owner, slot)
    shown = (*value, *text(f" {unit}")) if unit else value
    return (Maths(symbols[name]),), (Code(name),), text(f"{role} per {where}{kind}"), shown


def _value(owner: Population | Projection, slot: Slot) -> Cell:
    network, name = owner.network, slot.name
    if not isinstance(owner, Population) and not network.compiled and name in owner._given:
        return values.shown(owner._given[name], network)
    find = values.parameter if slot.is_parameter else values.initial
    return find(owner._values, name, network)
