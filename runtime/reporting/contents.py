"""The contents of a report: the tables of Nordlie, Gewaltig and Plesser (2009), PLoS Comput. Biol. 5(8): e1000456."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nnc.compiler import __version__
from nnc.runtime.reporting import inputs, wiring
from nnc.runtime.reporting.attributes import attribute_sections
from nnc.runtime.reporting.catalogue import Catalogue, Entry
from nnc.runtime.reporting.document import (
    Block,
    Cell,
    Code,
    Document,
    Maths,
    Paragraph,
    Section,
    Table,
    Text,
    code,
    joined,
    sentence,
    text,
)
from nnc.runtime.reporting.maths import Symbol
from nnc.runtime.reporting.names import symbol_of
from nnc.runtime.reporting.notation import legend
from nnc.runtime.reporting.values import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnc.runtime.networks.network import Network
    from nnc.runtime.populations.population import Population
    from nnc.runtime.projections.projection import Projection
    from nnc.runtime.recording.monitor import Monitor

_NONE: Final = text("none")


def contents(network: Network, title: str, author: str, date: str, gather: bool) -> Document:
    """The report of a network as it is now. Raises `DiagnosticError` for models that do not fit together."""
    catalogue = Catalogue(network)
    sections = [
        Section(text("Model summary"), (_summary(network, catalogue),)),
        Section(text("Populations"), (_populations(network),)),
        _listed("Connectivity", _connectivity(network, catalogue if gather else None)),
        _models("Neuron models", catalogue.neurons),
        _models("Synapse models", catalogue.synapses),
        Section(text("Parameters and initial values"), (), attribute_sections(network, catalogue)),
        _listed("Input", _inputs(network)),
        _listed("Measurements", _measurements(network)),
        _listed("Constants", _constants(network)),
        _listed("Notation", _notation(catalogue.used)),
    ]
    return Document(title, author, date, tuple(s for s in sections if s.blocks or s.parts))


def _listed(title: str, table: Table) -> Section:
    return Section(text(title), (table,) if table.rows else ())


def _summary(network: Network, catalogue: Catalogue) -> Table:
    populations, projections = network.get_populations(), network.get_projections(suppress_error=True)
    spaces = [p for p in populations if p.dimension > 1]
    rules = dict.fromkeys(p._rule.name for p in projections if p._rule is not None)
    neurons = sum(p.size for p in populations)
    rows: list[tuple[str, Cell]] = [
        ("Populations", sentence(f"{len(populations)} with {neurons} neurons: ", *_named(populations))),
        ("Topology", joined([sentence(Code(p.name), f" {_extent(p)}") for p in spaces]) or _NONE),
        ("Connectivity", text(", ".join(rules)) if rules else _NONE),
        ("Neuron models", joined([code(e.title) for e in catalogue.neurons])),
        ("Synapse models", joined([code(e.title) for e in catalogue.synapses]) or _NONE),
        ("Plasticity", joined([code(e.title) for e in catalogue.synapses if e.plastic]) or _NONE),
        ("Input", _named(inputs.inputs_of(network)) or _NONE),
        ("Measurements", joined([code(m.name) for m in network.get_monitors()]) or _NONE),
        ("Simulation", _simulation(network)),
    ]
    return Table(("Aspect", "Description"), tuple((text(name), cell) for name, cell in rows), (0.2, 0.8))


def _named(objects: Sequence[Population | Projection]) -> Cell:
    return joined([code(o.name) for o in objects])


def _simulation(network: Network) -> Cell:
    dt = Maths(number(network.dt))
    precision = network.config_.precision
    rest = f" ms, {precision} precision, seed {network.seed}, target {network.target}, nnc {__version__}"
    return sentence(Maths(Symbol("dt")), " = ", dt, rest)


def _extent(population: Population) -> str:
    return " x ".join(map(str, population.geometry))


def _populations(network: Network) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for p in network.get_populations():
        size = f"{p.size}" if p.dimension == 1 else f"{p.size} ({_extent(p)})"
        stop = () if p.stop_condition is None else sentence("a run ends if ", Code(p.stop_condition))
        switched = () if p.enabled else text("disabled")
        targets = joined([code(t.removeprefix(".")) for t in p.targets])
        rows.append((code(p.name), code(p.neuron_type.name), text(size), targets, joined([stop, switched])))
    if not any(row[-1] for row in rows):
        rows = [row[:-1] for row in rows]
        return Table(("Name", "Neuron model", "Size", "Targets"), tuple(rows), (0.25, 0.3, 0.2, 0.25))
    return Table(("Name", "Neuron model", "Size", "Targets", "Remarks"), tuple(rows), (0.2, 0.2, 0.15, 0.15, 0.3))


def _connectivity(network: Network, gather: Catalogue | None) -> Table:
    header = ("Name", "Source", "Destination", "Target", "Synapse", "Pattern")
    projections = network.get_projections(suppress_error=True)
    groups = [[p] for p in projections] if gather is None else gather.gathered()
    return Table(header, tuple(_projection(group) for group in groups), (0.13, 0.14, 0.14, 0.09, 0.16, 0.34))


def _projection(group: list[Projection]) -> tuple[Cell, ...]:
    first = group[0]
    targets = joined([code(t.removeprefix(".")) for t in first.targets])
    synapse = code(first.synapse_type.name)
    if len(group) == 1:
        return code(first.name), wiring.end(first.pre), wiring.end(first.post), targets, synapse, _pattern(first)
    rules = dict.fromkeys(p._rule.name for p in group if p._rule is not None)
    counts = [wiring.synapses(p) for p in group]
    known = [int(c[0].text) for c in counts if len(c) == 1 and isinstance(c[0], Text) and c[0].text.isdigit()]
    total = text(f"{sum(known)} synapses") if len(known) == len(group) else ()
    pattern = joined([text(f"{len(group)} projections between parts"), text(", ".join(rules)), total], "; ")
    ends = code(first.pre_population.name), code(first.post_population.name)
    return sentence(Code(first.name), f" and {len(group) - 1} more"), *ends, targets, synapse, pattern


def _pattern(projection: Projection) -> Cell:
    cells = [wiring.rule(projection)]
    if projection._rule is None:
        return cells[0]
    for what, cell in (
        ("weights ", wiring.weights(projection)),
        ("delays ", wiring.delays(projection)),
        ("synapses: ", wiring.synapses(projection)),
    ):
        if cell:
            cells.append((Text(what), *cell))
    off = [flag for flag, on in projection._flags.items() if not on]
    return joined([*cells, *(text(f"{flag} switched off") for flag in off)], "; ")


def _models(title: str, entries: Sequence[Entry]) -> Section:
    return Section(text(title), (), tuple(_model(entry) for entry in entries))


def _model(entry: Entry) -> Section:
    used_by = sentence("Used by ", *_named(entry.owners), ".")
    what = f"{entry.kind.capitalize()}."
    if entry.description:
        what = f"{what} {entry.description.strip().rstrip('.')}."
    blocks: list[Block] = [Paragraph((Text(f"{what} "), *used_by)), *entry.parts]
    return Section(code(entry.title), tuple(blocks))


def _inputs(network: Network) -> Table:
    rows = [
        (code(p.name), text(type(p).__name__), text(str(p.size)), inputs.details(p)) for p in inputs.inputs_of(network)
    ]
    return Table(("Population", "Type", "Neurons", "Description"), tuple(rows), (0.2, 0.25, 0.1, 0.45))


def _measurements(network: Network) -> Table:
    rows = tuple(_monitor(m) for m in network.get_monitors())
    return Table(("Monitor", "Records", "Of", "Every"), rows, (0.25, 0.3, 0.25, 0.2))


def _monitor(monitor: Monitor) -> tuple[Cell, ...]:
    owner = monitor.object
    rank = getattr(owner, "post_rank", None)
    where = wiring.end(owner) if hasattr(owner, "ranks") else code(monitor.owner.name)
    if rank is not None:
        where = (*where, Text(f", post neuron {rank}"))
    variables = joined([code(v) for v in monitor.variables]) or text("nothing yet")
    period = sentence(Maths(number(float(f"{monitor.period:.12g}"))), " ms")
    return code(monitor.name), variables, where, period


def _constants(network: Network) -> Table:
    single = network.config_.precision == "float"
    rows = tuple(
        ((Maths(symbol_of(c.name)),), code(c.name), (Maths(number(network.constant_value(c.name), single)),))
        for c in network.get_constants()
    )
    return Table(("Symbol", "Name", "Value"), rows, (0.3, 0.4, 0.3))


def _notation(used: frozenset[str]) -> Table:
    rows = tuple(((Maths(expr),), text(meaning)) for expr, meaning in legend(used))
    return Table(("Notation", "Meaning"), rows, (0.35, 0.65))
