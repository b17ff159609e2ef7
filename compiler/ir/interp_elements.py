"""What code of the model level sees and does: neurons of a population, synapses of a projection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.compiler.ir import arith, model, step
from nnc.compiler.ir.distributions import draw, stream_of
from nnc.compiler.ir.interp_arith import convert, dtype_of
from nnc.compiler.ir.interp_code import DrawOps, run_code
from nnc.compiler.ir.interp_draws import draws
from nnc.compiler.ir.types import At, DType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from nnc.compiler.ir.core import Block, Op
    from nnc.compiler.ir.interp_network import Network, Owner, Population, Projection

    Array = NDArray[Any]


class Elements:
    """Some elements of an owner in step k. `index` are their indices by locality; none: there is one value for all.

    `after` is 1 for code that sees the time at the end of the step.
    """

    def __init__(self, network: Network, owner: Owner, k: int, index: dict[At, Array]) -> None:
        self.network, self.owner, self.k, self.index = network, owner, k, index
        self.state = network.state
        self.after = 0

    def run(self, body: Block) -> list[Array]:
        """Execute a region; what it yields."""
        return run_code(body, self.special, (), self.network.functions, self.network.constants)

    def special(self, op: Op, operands: list[Array]) -> Sequence[Array] | None:
        """The results of an op of the model level."""
        match op:
            case model.Get():
                return [self.get(op)]
            case model.Set(attr=attr, always=always):
                self.set(str(attr), operands[0], bool(always))
                return []
            case model.Time():
                return [self.milliseconds(np.int64(self.k + self.after), op.result.type.dtype)]
            case model.Dt():
                return [self.dt(op.result.type.dtype)]
            case model.Random():
                return [self.random(op, operands)]
            case step.Index():
                return [np.array(self.k, np.int64)]
        return None

    def get(self, op: model.Get) -> Array:
        """Value of an attribute of the owner, or of a named constant."""
        name = str(op.attr)
        if name.startswith("const."):
            return np.asarray(self.state.fields[name][0])
        return self.read(self.owner.field(name), self.owner.attributes[name].at)

    def read(self, field: str, at: At) -> Array:
        """The present values of a field for the elements at hand."""
        values = self.state.fields[field]
        return np.array(values[0] if at is At.one or len(values) == 1 else values[self.index[at]])

    def set(self, name: str, value: Array, always: bool) -> None:
        """Give an attribute of the owner new values."""
        self.store(name, value, None)

    def store(self, name: str, value: Array, mask: Array | None) -> None:
        """Store values, converted to the type of the attribute, in the elements where a mask holds."""
        field, type = self.state.fields[self.owner.field(name)], self.owner.attributes[name]
        new = convert(value, type.dtype)
        if type.at is At.one:
            field[0] = new.ravel()[0]
            return
        place = self.index[type.at]
        new = np.broadcast_to(new, place.shape)
        field[place] = new if mask is None else np.where(mask, new, field[place])

    def milliseconds(self, steps: Array | np.int64, dtype: DType) -> Array:
        """Steps as a time: the product of doubles, rounded once more in single precision."""
        dt = np.float64(self.network.dt if dtype is DType.f64 else np.float32(self.network.dt))
        return convert(np.asarray(np.float64(steps) * dt), dtype)

    def dt(self, dtype: DType) -> Array:
        """Length of a step in ms."""
        return np.array(self.network.dt, dtype.numpy)

    def random(self, op: model.Random, parameters: list[Array]) -> Array:
        """Numbers of a distribution; each is a function of the seed, the step, the occurrence and the element."""
        dtype, at = op.result.type.dtype, op.result.type.at
        real = dtype if dtype.is_float else self.network.float
        index = np.zeros(1, np.int64) if at is At.one else self.index[at]

        def source(kind: str, nth: int) -> Array:
            stream = stream_of(self.owner.symbol, op.draw, nth)
            name, format = ("uniform", DType.f64) if kind == "wide" else (kind, real)
            numbers = draws(name, stream, self.state.seed, self.k, index, format)
            return np.array(numbers[0]) if at is At.one else numbers

        known = [v.op.value if isinstance(v.op, arith.Const) and v.type.dtype is real else None for v in op.operands]
        value = draw(DrawOps(), op.distribution, [convert(p, real) for p in parameters], known, source)
        return convert(np.asarray(value), dtype)

    def total(self, population: Population, target: str, suffix: str, at: At, dtype: DType) -> Array:
        """The input of a target, or of all that are connected, in the order of the connections."""
        wanted = [target] if target else list(population.targets)
        sums = [self.read(population.field(f"sum_{t}{suffix}"), at) for t in wanted if t in population.targets]
        if not sums:
            return np.zeros((), dtype.numpy)
        value = sums[0]
        for other in sums[1:]:
            value = value + other
        return convert(value, dtype)


class Neurons(Elements):
    """Neurons of a population. Neurons that are not `active` keep all but conductances; `only` limits every change."""

    owner: Population

    def __init__(self, network: Network, owner: Population, k: int, index: dict[At, Array]) -> None:
        super().__init__(network, owner, k, index)
        self.active: Array | None = None
        self.only: Array | None = None

    def truth(self, condition: Block) -> Array:
        """For each neuron whether a condition holds."""
        (holds,) = self.run(condition)
        return np.array(np.broadcast_to(holds, self.owner.size))

    def special(self, op: Op, operands: list[Array]) -> Sequence[Array] | None:
        """Also spike times, inputs, reductions."""
        owner = self.owner
        match op:
            case model.LastSpike():
                steps = self.read(owner.field("last_spike"), At.neuron)
                return [self.milliseconds(steps, op.result.type.dtype)]
            case model.Sum(target=target):
                return [self.total(owner, str(target), "", At.neuron, op.result.type.dtype)]
            case model.Reduce(kind=kind, attr=attr):
                return [self.read(owner.field(f"{kind}_{attr}"), At.one)]
            case model.Spiked():
                return [self.read(owner.field("last_spike"), At.neuron) == self.k]
        return super().special(op, operands)

    def get(self, op: model.Get) -> Array:
        """Also inputs and values that are given for every step."""
        name = str(op.attr)
        if name in self.owner.inputs:
            return self.total(self.owner, self.owner.inputs[name], "", At.neuron, op.result.type.dtype)
        if name in self.owner.streams:
            return np.array(self.state.past[self.owner.field(f"{name}.ahead")][self.k])
        return super().get(op)

    def set(self, name: str, value: Array, always: bool) -> None:
        """Give an attribute new values, unless the neuron is refractory and the attribute stands still."""
        still = self.active is not None and not always and not name.startswith("g_")
        self.store(name, value, self.active if still else self.only)


class Synapses(Elements):
    """Synapses of a projection, or neurons. `place`: `psp`, `update`, `event`, `axon` (see 6.5 there), or `trace`.

    What is `held` by a neuron for its synapses is changed for the synapse at hand only.
    """

    owner: Projection

    def __init__(self, network: Network, owner: Projection, k: int, index: dict[At, Array], place: str) -> None:
        super().__init__(network, owner, k, index)
        self.place = place
        self.held: dict[str, Array | None] = {}

    def special(self, op: Op, operands: list[Array]) -> Sequence[Array] | None:
        """Also what a synapse sees of its neurons, and what it sends."""
        owner = self.owner
        match op:
            case model.LastSpike(side=side):
                steps = self.read(owner.at(side).field("last_spike"), At(side))
                return [self.milliseconds(steps, op.result.type.dtype)]
            case model.Sum(target=target, side=side):
                return [self.sum(str(target), str(side), op.result.type.dtype)]
            case model.Reduce(kind=kind, attr=attr, side=side):
                return [self.read(owner.at(side).field(f"{kind}_{attr}"), At.one)]
            case model.Coincident():
                return [self.read(owner.post.field("last_spike"), At.post) == self.k - self.delays()]
            case model.GetTarget():
                return [self.conductances(op.result.type.dtype)]
            case model.Transmit(mode=mode):
                self.transmit(str(mode), operands[0])
                return []
        return super().special(op, operands)

    def get(self, op: model.Get) -> Array:
        """Value of an attribute of the synapse, or of one of its neurons."""
        if op.side == "self":
            held = self.held.get(str(op.attr))
            return super().get(op) if held is None else held
        population = self.owner.at(op.side)
        field = population.field(str(op.attr))
        return self.read(field, At.post) if op.side == "post" else self.of_pre(field)

    def of_pre(self, field: str) -> Array:
        """What has travelled from the pre neurons; in events, what they have now."""
        if self.place in ("event", "axon"):
            return self.read(field, At.pre)
        steps = self.k - self.delays() + int(self.place == "update")
        rows, present = self.state.past[field], self.state.fields[field]

        def row(k: int) -> Array:
            return present if k >= self.k else rows.get(k, rows[-1])

        if steps.ndim == 0:
            past = row(int(steps))
            return np.array(past[0] if len(past) == 1 else past[self.index[At.pre]])
        own = self.index[At.pre] if len(present) > 1 else np.zeros(len(steps), np.int64)
        return np.array([row(int(k))[i] for k, i in zip(steps, own, strict=True)], present.dtype)

    def delays(self) -> Array:
        """Delays in steps, one for all or one for each synapse at hand."""
        if self.owner.op.delay == "one" or self.place == "axon":
            return np.array(1, np.int64)
        wires = self.state.connectivity[self.owner.symbol]
        if self.owner.op.delay == "uniform":
            return np.array(wires.delays, np.int64)
        return wires.each[self.index[At.syn]]

    def sum(self, target: str, side: str, dtype: DType) -> Array:
        """The input of one of the neurons; in psp, where it is just being summed up, that of the step before."""
        population, at = self.owner.at(side), At(side)
        if self.place == "psp" and (side == "post" or self.owner.op.delay == "one"):
            return self.total(population, target, ".last", at, dtype)
        if side == "post" or self.place in ("event", "axon"):
            return self.total(population, target, "", at, dtype)
        wanted = [target] if target else list(population.targets)
        sums = [self.of_pre(population.field(f"sum_{t}")) for t in wanted if t in population.targets]
        value = sums[0] if sums else np.zeros((), dtype.numpy)
        for other in sums[1:]:
            value = value + other
        return convert(value, dtype)

    def dt(self, dtype: DType) -> Array:
        """Length of a step; equations that run once in some steps take longer ones."""
        short = super().dt(dtype)
        if self.place != "update" or not self.owner.op.update_flag:
            return short
        return short * convert(np.array(self.network.period(self.owner)), dtype)

    def set(self, name: str, value: Array, always: bool) -> None:
        """Give an attribute a new value; the weight only if it is plastic. Of several targets the first one counts."""
        if name == "w" and not self.network.flag(self.owner, "plasticity", self.owner.op.plasticity_flag):
            return
        if name in self.held:
            self.held[name] = convert(value, self.owner.attributes[name].dtype)
            return
        self.store(name, value.ravel()[:1] if self.place in ("event", "axon") else value, None)

    def conductances(self, dtype: DType) -> Array:
        """Present values of all targets in the post neuron of an event."""
        (post,) = self.index[At.post]
        found = [self.state.fields[name][post] for name in self.owner.inputs]
        return convert(np.array(found), dtype) if found else np.zeros(1, dtype.numpy)

    def transmit(self, mode: str, value: Array) -> None:
        """Change every target of an event: by one value, or each by its own."""
        (post,) = self.index[At.post]
        for name, new in zip(self.owner.inputs, np.broadcast_to(value, max(len(self.owner.inputs), 1)), strict=False):
            field = self.state.fields[name]
            stored = convert(np.asarray(new), dtype_of(field))
            field[post] = stored if mode == "set" else field[post] + stored
