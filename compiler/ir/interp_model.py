"""Executing a model-level module: the phases of a step as the language defines them, on whole populations.

Models are taken as `discretise` leaves them (`model.update`), before or after any pass that keeps them so. The state is
that of the step level, so a network can be run on both and compared: attributes, sums and events have the same names
and bits. Synapses of one event are visited one after the other, which is the plainest meaning that event statements
can have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.compiler.ir import model
from nnc.compiler.ir.interp_arith import convert, evaluate
from nnc.compiler.ir.interp_code import part_of
from nnc.compiler.ir.interp_elements import Neurons, Synapses
from nnc.compiler.ir.interp_network import Network
from nnc.compiler.ir.interp_step import by_post, total
from nnc.compiler.ir.types import At, DType

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from nnc.compiler.ir.core import Block, Op
    from nnc.compiler.ir.interp_network import Population, Projection
    from nnc.compiler.ir.interp_step import StepState

    Array = NDArray[Any]
    OnModelRecord = Callable[[str, int, StepState], None]

ROUND_OFF = 1e-6
"""Added to a refractory period in steps before it is cut to a whole number: 0.3 ms are 3 steps of 0.1 ms."""


def run_model(module: Op, state: StepState, k0: int, k1: int, on_record: OnModelRecord | None = None) -> int:
    """Do steps [k0, k1), changing the state in place; gives the next step, k1 unless a stop condition held.

    `state` needs the attributes, sizes and synapses; what else a network keeps (sums, events, spike times, ...) starts
    as it does in a new network where it is not there. `on_record` is called twice in a step, with `targets` and `end`.
    Raises `NotImplementedError` for projections with shared weights, whose synapses are no arrays.
    """
    network = Network(module, state)
    network.prepare()
    with np.errstate(all="ignore"):
        for k in range(k0, k1):
            if _Step(network, k).run(on_record):
                return k + 1
    return k1


class _Step:
    """One step; the methods are its phases, in order (language specification, 6.1)."""

    def __init__(self, network: Network, k: int) -> None:
        self.network, self.k = network, k
        self.state = network.state

    def run(self, on_record: OnModelRecord | None) -> bool:
        """All phases; whether a stop condition held."""
        network, record = self.network, on_record or (lambda when, k, state: None)
        active = [pop for pop in network.populations.values() if network.flag(pop, "enabled", pop.op.can_disable)]
        for pop in active:
            self.clear_inputs(pop)
        for proj in network.projections:
            if self.transmits(proj):
                self.arrive(proj)
        record("targets", self.k, self.state)
        for pop in active:
            self.update_neurons(pop)
        for pop in network.populations.values():
            self.firing_rates(pop)
        for pop in active:
            self.reduce(pop)
        for proj in network.projections:
            if self.learns(proj):
                self.update_synapses(proj)
            self.age(proj)
        for proj in network.projections:
            if self.transmits(proj):
                self.post_events(proj)
        stopped = self.stops()
        record("end", self.k, self.state)
        network.remember(self.k)
        return stopped

    # Phase 1

    def transmits(self, proj: Projection) -> bool:
        """Whether anything happens in a projection: its own flag, and that of the population it leads to."""
        enabled = self.network.flag(proj.post, "enabled", proj.post.op.can_disable)
        return enabled and self.network.flag(proj, "transmission", proj.op.transmission_flag)

    def clear_inputs(self, pop: Population) -> None:
        """Sums start at zero; projections still see those of the step before."""
        for target in pop.targets if not pop.spiking else ():
            name = pop.field(f"sum_{target}")
            self.state.fields[f"{name}.last"] = self.state.fields[name].copy()
            self.state.fields[name][:] = 0

    def arrive(self, proj: Projection) -> None:
        """Spikes that arrive, then axonal events, then continuous transmission."""
        wires = self.state.connectivity[proj.symbol]
        delays = wires.each if proj.op.delay != "one" else np.ones_like(wires.pre)
        if proj.pre.spiking:
            self._arrive(proj, model.OnPre, "spikes", delays)
            self._arrive(proj, model.OnAxon, "axon", np.ones_like(delays))
        for body in proj.bodies(model.Psp):
            (value,) = self.synapses(proj, "psp", np.arange(len(wires.pre))).run(body)
            kind = "add" if proj.operation == "sum" or proj.post.spiking else proj.operation
            for symbol in proj.inputs:
                target = self.state.fields[symbol]
                values = np.broadcast_to(value, wires.pre.shape).astype(target.dtype)
                by_post(kind, target, values, wires, full=bool(proj.op.full))

    def _arrive(self, proj: Projection, kind: type[Op], source: str, delays: Array) -> None:
        """Events by ascending delay, then by neuron; the synapses of one by their post neurons."""
        wires, events = self.state.connectivity[proj.symbol], self.state.events.get(proj.pre.field(source), {})
        for body in proj.bodies(kind):
            for age in np.unique(delays):
                for neuron in events.get(self.k - int(age), ()):
                    chosen = np.flatnonzero((wires.pre == neuron) & (delays == age))
                    self._events(proj, "event" if kind is model.OnPre else "axon", body, chosen, At.pre)
            if kind is model.OnPre and proj.narrowed("pre"):
                age = wires.delay if proj.op.delay != "one" else 1
                self._neurons(proj, body, events.get(self.k - age, ()), At.pre)

    def _events(self, proj: Projection, place: str, body: Block, chosen: Array, side: At) -> None:
        """The synapses of one event; what their neuron holds for them keeps its value meanwhile."""
        held = proj.narrowed(side.value)
        for synapse in chosen:
            code = self.synapses(proj, place, np.array([synapse]))
            code.held = dict.fromkeys(held)
            code.run(body)

    def _neurons(self, proj: Projection, body: Block, events: Sequence[int] | Array, side: At) -> None:
        """What the neurons of events hold for their synapses gets its new values, whether they have some or not."""
        part = part_of(body, proj.narrowed(side.value))
        for neuron in events:
            Synapses(self.network, proj, self.k, {side: np.array([neuron])}, "event").run(part)

    # Phase 4

    def update_neurons(self, pop: Population) -> None:
        """Equations, spike test, reset, refractoriness, axonal events."""
        for body in pop.updates("global"):
            Neurons(self.network, pop, self.k, {}).run(body)
        code = self.neurons(pop)
        refractory = pop.bodies(model.Refractory)
        hold = self.state.fields[pop.field("hold")] if refractory else None
        active = np.ones(pop.size, bool) if hold is None else hold <= 0
        if hold is not None:
            code.active = active
        for body in pop.updates("local"):
            code.run(body)
        code.active = None
        for condition in pop.bodies(model.Spike):
            if hold is not None:
                hold[...] = np.maximum(hold, 1) - 1
            fired = code.truth(condition) & active
            code.only = fired
            self._reset(pop, code, fired)
            code.only = None
            self.state.events[pop.field("spikes")][self.k] = np.flatnonzero(fired)
            self._axonal(pop, code, active, condition)

    def _reset(self, pop: Population, code: Neurons, fired: Array) -> None:
        for body in pop.bodies(model.Reset):
            code.run(body)
        for op in pop.ops(model.Refractory):
            steps = convert(code.run(op.body)[0], DType.f64) / np.float64(self.network.dt)
            held = convert(np.floor(steps + (0.0 if op.truncated else ROUND_OFF)), DType.i32)
            self.state.fields[pop.field("hold")][fired] = np.broadcast_to(held, fired.shape)[fired]
        if pop.field("last_spike") in self.state.fields:
            self.state.fields[pop.field("last_spike")][fired] = self.k

    def _axonal(self, pop: Population, code: Neurons, active: Array, spike: Block) -> None:
        """Tested on the state after a reset, also in neurons that have just spiked."""
        for condition in pop.bodies(model.AxonSpike):
            axonal = code.truth(condition) & active & ~code.truth(spike)
            code.only = axonal
            for body in pop.bodies(model.AxonReset):
                code.run(body)
            code.only = None
            self.state.events[pop.field("axon")][self.k] = np.flatnonzero(axonal)

    def firing_rates(self, pop: Population) -> None:
        """The mean firing rates: spikes of the last steps. A disabled population goes on forgetting."""
        lists = self.state.events.get(pop.field("spikes"), {})
        for rate, variable in pop.rates.items():
            window = int(self.state.fields[pop.field(f"{rate}.window")][0])
            recent = [lists[j] for j in range(self.k - window + 1, self.k + 1) if j in lists]
            count = np.bincount(np.concatenate([*recent, np.zeros(0, np.int64)]), minlength=pop.size)
            target = self.state.fields[pop.field(variable)]
            scale = self.state.fields[pop.field(f"{rate}.scale")]
            target[:] = convert(count.astype(scale.dtype) * scale, DType(target.dtype.name.replace("float", "f")))

    # Phase 6

    def reduce(self, pop: Population) -> None:
        """Reductions over a population that some model reads."""
        for kind, attr, dtype in pop.reductions:
            values = np.broadcast_to(convert(self.state.fields[pop.field(attr)], dtype), pop.size)
            if kind == "norm1":
                values = evaluate("arith.abs", {}, [values], [dtype])[0]
            elif kind == "norm2":
                values = values * values
            result = total(kind if kind in ("mean", "max", "min") else "add", values, np.arange(pop.size))
            if kind == "norm2":
                result = evaluate("math.sqrt", {}, [result], [dtype])[0]
            self.state.fields[pop.field(f"{kind}_{attr}")][0] = result

    # Phases 7 and 8

    def learns(self, proj: Projection) -> bool:
        """Whether the equations of the synapses run: in steps offset + i * period, while updating is on."""
        if not self.transmits(proj) or not self.network.flag(proj, "update", proj.op.update_flag):
            return False
        return not proj.op.update_flag or (self.k - self.network.offset(proj)) % self.network.period(proj) == 0

    def update_synapses(self, proj: Projection) -> None:
        """Equations of the projection, of its post neurons, of its synapses."""
        wires = self.state.connectivity[proj.symbol]
        for body in proj.updates("global"):
            Synapses(self.network, proj, self.k, {}, "update").run(body)
        for body in proj.updates("semiglobal"):
            Synapses(self.network, proj, self.k, {At.post: np.arange(proj.post.size)}, "update").run(body)
        for body in proj.updates("local"):
            self.synapses(proj, "update", np.arange(len(wires.pre))).run(body)

    def age(self, proj: Projection) -> None:
        """What passes in a step with the variables that neurons hold for their synapses, whatever is switched off."""
        for side in (At.pre, At.post):
            for body in proj.updates(side.value):
                neurons = {side: np.arange(proj.at(side.value).size)}
                Synapses(self.network, proj, self.k, neurons, "trace").run(body)

    def post_events(self, proj: Projection) -> None:
        """Statements of the synapses of neurons that have fired in this step."""
        wires = self.state.connectivity[proj.symbol]
        fired = self.state.events.get(proj.post.field("spikes"), {}).get(self.k, ())
        for body in proj.bodies(model.OnPost):
            for neuron in fired:
                self._events(proj, "event", body, np.flatnonzero(wires.post == neuron), At.post)
            self._neurons(proj, body, fired, At.post)

    # Phase 9

    def stops(self) -> bool:
        """Whether the stop conditions that are watched want the run to end."""
        held: list[bool] = []
        for pop in self.network.populations.values():
            for op in pop.ops(model.Stop):
                if self.state.fields[pop.field("stop.watched")][0]:
                    code = self.neurons(pop)
                    code.after = 1
                    holds = code.truth(op.regions[0])
                    held.append(bool(holds.any() if op.over == "any" else holds.all()))
        if not held:
            return False
        return any(held) if self.state.fields["stop.any"][0] else all(held)

    def neurons(self, pop: Population) -> Neurons:
        """All neurons of a population."""
        return Neurons(self.network, pop, self.k, {At.neuron: np.arange(pop.size)})

    def synapses(self, proj: Projection, place: str, chosen: Array) -> Synapses:
        """Some synapses of a projection; the place decides what `pre.x` means."""
        wires = self.state.connectivity[proj.symbol]
        index = {At.syn: chosen, At.pre: wires.pre[chosen], At.post: wires.post[chosen]}
        return Synapses(self.network, proj, self.k, index, place)


__all__ = ["run_model"]
