"""A stand-in for the compiler: programs whose steps are Python functions, with a state block like the real ones."""

import numpy as np
import pytest

from nnc.compiler.codegen.layout import Layout, LayoutField
from nnc.compiler.codegen.recorder import RecorderKind
from nnc.compiler.codegen.target import Status
from nnc.compiler.ir.types import DType
from nnc.runtime.networks.config import Config
from nnc.runtime.networks.registry import REGISTRY
from nnc.runtime.running import compiling

KINDS = {"float": DType.f64, "int": DType.i32, "bool": DType.bool}


def layout_of(description):
    """Fields as docs/design.md lists them: csr_pre for spiking projections, dense or csr_post for rate-coded ones."""
    fields, sizes = [], ["team"]

    def add(name, dtype, *extent, role="state"):
        fields.append(LayoutField(name, dtype, tuple(extent), role))
        sizes.extend(s for s in extent if s not in sizes)

    for name in description.globals.constants:
        add(f"const.{name}", DType.f64, role="constant")
    for pop in description.populations:
        s = pop.symbol
        sizes += [f"{s}.n", f"{s}.ring"]
        for a in pop.model.attributes:
            wide = a.locality == "local" and (a.role == "variable" or a.name in pop.arrays)
            role = "param" if a.role == "parameter" else "state"
            add(f"{s}.{a.name}", KINDS[a.kind], *([f"{s}.n"] if wide else []), role=role)
        for target in pop.model.targets if pop.model.kind == "rate" else ():
            add(f"{s}.sum_{target}", DType.f64, f"{s}.n")
        if pop.model.kind == "spiking":
            add(f"{s}.last_spike", DType.i64, f"{s}.n")
            add(f"{s}.spikes", DType.i32, f"{s}.ring", f"{s}.n")
            add(f"{s}.spikes.count", DType.i32, f"{s}.ring", "team")
            if pop.refractory or isinstance(pop.model.refractory, float):
                add(f"{s}.refractory", DType.f64, *([f"{s}.n"] if "refractory" in pop.arrays else []), role="param")
        if pop.can_disable:
            add(f"{s}.enabled", DType.bool, role="param")
    for proj in description.projections:
        s = proj.symbol
        sizes += [f"{s}.nnz", f"{s}.delay"]
        per_synapse = [f"{s}.nnz"]
        if proj.full:
            sizes += [f"{s}.pre_first", f"{s}.post_first"]
            per_synapse = [f"{s}.post_count", f"{s}.pre_count"]
            per_synapse = per_synapse if proj.model.kind == "rate" else per_synapse[::-1]
        elif proj.model.kind == "rate":
            add(f"{s}.row", DType.i32, f"pop{proj.post}.n1")
            add(f"{s}.pre", DType.i32, f"{s}.nnz")
        else:
            add(f"{s}.row", DType.i32, f"team_n1.pop{proj.pre}")
            add(f"{s}.post", DType.i32, f"{s}.nnz")
        if proj.delay == "each":
            add(f"{s}.delays", DType.i32, f"{s}.nnz")
        for a in proj.model.attributes:
            wide = a.locality == "local" and (a.role == "variable" or a.name in proj.arrays)
            extent = per_synapse if wide else [f"pop{proj.post}.n"] if a.locality == "semiglobal" else []
            add(f"{s}.{a.name}", KINDS[a.kind], *extent)
        for flag in ("transmission", "update", "plasticity"):
            if getattr(proj, f"{flag}_flag"):
                add(f"{s}.{flag}", DType.bool, role="param")
    return Layout(tuple(dict.fromkeys(sizes)), tuple(fields))


class FakeProgram:
    def __init__(self, layout, step):
        self.layout = layout
        self.step = step
        self.stretches = []

    def run(self, block, t0, t1):
        block.prepare(t0, t1)
        self.stretches.append((t0, t1))
        for k in range(t0, t1):
            self.step(block, k)
            block.t = k + 1
            for recorder in block.recorders:
                self.record(block, recorder, k)
        return Status.DONE

    @staticmethod
    def record(block, recorder, k):
        if recorder.kind is RecorderKind.SPIKES:
            n = block.count_of(recorder)
            row = k % (len(block.fields[recorder.source]) // n)
            count = int(block.fields[f"{recorder.source}.count"].reshape(-1, block.team)[row].sum())
            found = block.fields[recorder.source].reshape(-1, n)[row, :count]
            for neuron in found:
                recorder.rows[recorder.cursor] = (k, neuron)
                recorder.cursor += 1
        elif k >= recorder.start and (k - recorder.phase) % recorder.period == 0:
            row = (k - recorder.first) // recorder.period
            values = block.fields[recorder.source]
            recorder.rows[row] = values if recorder.ranks is None else values[recorder.ranks]


class FakeCompiler:
    """Called in place of the compiler. `step(block, k)` is what a step does; `programs` and `descriptions` are kept."""

    def __init__(self):
        self.step = lambda block, k: None
        self.programs, self.descriptions, self.options = [], [], []

    def __call__(self, description, options=None):
        self.descriptions.append(description)
        self.options.append(options)
        self.programs.append(FakeProgram(layout_of(description), lambda block, k: self.step(block, k)))
        return self.programs[-1]

    @staticmethod
    def fire(block, symbol, k, neurons):
        """Let neurons of a population spike in step k (teams of one)."""
        n = block.sizes[f"{symbol}.n"]
        lists = block.fields[f"{symbol}.spikes"].reshape(-1, n)
        lists[k % len(lists), : len(neurons)] = neurons
        block.fields[f"{symbol}.spikes.count"].reshape(-1, 1)[k % len(lists)] = len(neurons)
        block.fields[f"{symbol}.last_spike"][np.asarray(neurons, int)] = k


@pytest.fixture
def compiler(monkeypatch):
    fake = FakeCompiler()
    monkeypatch.setattr(compiling, "compile_network", fake)
    return fake


@pytest.fixture(autouse=True)
def fresh_magic_network(monkeypatch):
    monkeypatch.setattr(REGISTRY, "template", Config())
    monkeypatch.setattr(REGISTRY, "magic", None)
