"""What projections with shared weights have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Self

import numpy as np

from nnc.compiler.description import ProjectionDescription
from nnc.compiler.frontend import syntax
from nnc.runtime.equations.synapse import Synapse
from nnc.runtime.errors import NNCRuntimeError, NNCTypeError, NNCValueError, with_hint
from nnc.runtime.populations.population import Population
from nnc.runtime.projections.projection import Projection

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nnc.compiler.frontend.syntax import Expr
    from nnc.runtime.connectors.rule import Ends, Rule, Wired
    from nnc.runtime.projections.connectivity import Connectivity


@dataclass(frozen=True, eq=False)
class Shared:
    """How a projection with shared weights was connected. `stored`: how many synapses are, None if not known yet."""

    name: str
    weights: Any
    delays: float
    multiple: bool = True
    stored: int | None = 0

    def expected(self, ends: Ends) -> int:
        """How many synapses will be stored, at most."""
        return ends.n_pre * ends.n_post if self.stored is None else self.stored

    def connect(self, ends: Ends, generator: np.random.Generator) -> Wired:
        """Not drawn: the projection knows its synapses itself."""
        raise NNCRuntimeError(f"{self.name} is no connector of other projections")


class SharedProjection(Projection):
    """A projection between whole populations whose synapses have no weights of their own, and cannot learn.

    `psp` is what a synapse contributes, None in spiking projections: each spike that arrives adds `w`. `operation`
    reduces the contributions to a post neuron.
    """

    stores_synapses = False
    _operations: tuple[str, ...] = ("sum", "max", "min", "mean")
    _connected_by: str = ""

    def __init__(
        self,
        pre: Any,
        post: Any,
        target: str | list[str],
        psp: str | None,
        operation: str,
        name: str | None,
        copied: bool = False,
        net_id: int = 0,
    ) -> None:
        label = type(self).__name__
        if operation not in self._operations:
            one_of = ", ".join(self._operations)
            hint = with_hint(f"{label}: unknown operation {operation!r}", str(operation), self._operations)
            raise NNCValueError(f"{hint}; it is one of {one_of}")
        if psp is None:
            if operation != "sum":
                raise NNCValueError(f"{label}: spikes add up, operation={operation!r} needs a psp")
            synapse = Synapse(pre_spike="g_target += w", name=label)
        else:
            synapse = Synapse(psp=psp, operation=operation, name=label)
        super().__init__(pre, post, target, synapse, name, net_id=net_id)

    def _check_ends(self) -> None:
        label = type(self).__name__
        for side, end in (("pre", self.pre), ("post", self.post)):
            if not isinstance(end, Population):
                raise NNCTypeError(f"{label}: {side} must be a whole population, not a part of '{end.population.name}'")

    def _model_of(self, synapse: object) -> tuple[Synapse, Literal["rate", "spiking"]]:
        assert isinstance(synapse, Synapse)
        if not synapse.described.pre_spike:
            return synapse, "rate"
        if not self._pre.is_spiking:
            raise NNCValueError(
                f"{type(self).__name__}: psp=None transmits spikes, but pre ('{self._pre.name}') is rate-coded; "
                "give it a psp such as 'pre.r * w'"
            )
        return synapse, "spiking"

    def _uses_weights(self) -> bool:
        psp = self._model.psp
        return psp is None or any(isinstance(e, syntax.Name) and e.name == "w" for e in _walk(psp))

    # Connection

    def _connect(self, rule: Rule) -> Self:
        if not isinstance(rule, Shared):
            raise NNCRuntimeError(
                f"{type(self).__name__} '{self.name}' is connected by {self._connected_by}, not by {rule.name}"
            )
        return super()._connect(rule)

    def _delay_of(self, call: str, delays: Any) -> float:
        """A uniform delay in ms."""
        if isinstance(delays, bool) or not isinstance(delays, int | float | np.number):
            raise NNCTypeError(f"{call}: delays is one number of ms for all synapses, not {delays!r}")
        if not 0.0 <= delays < np.inf:
            raise NNCValueError(f"{call}: delays is a number of ms from 0, not {delays!r}")
        return float(delays)

    def wire(self) -> None:
        """Give weights and delays and all assigned values their places."""
        if self._rule is None:
            raise NNCRuntimeError(f"projection '{self.name}' is not connected; call {self._connected_by}")
        self._lay_out()
        for name, value in self._given.items():
            self._write(name, value)
        self._values.resolve()

    def _lay_out(self) -> None:
        """Find the synapses, and give attributes their lengths."""
        raise NotImplementedError

    # Compilation

    def _facts(self) -> dict[str, Any]:
        """Of the description: what differs between the kinds of shared weights."""
        raise NotImplementedError

    def describe(self) -> ProjectionDescription:
        """What the compiler is told."""
        delays = self._delays
        return ProjectionDescription(
            id=self.id,
            model=self._model,
            pre=self._pre.id,
            post=self._post.id,
            targets=self._targets,
            delay="each" if not isinstance(delays, int) else "one" if delays == 1 else "uniform",
            transmission_flag="transmission" in self._flagged,
            update_flag="update" in self._flagged,
            plasticity_flag="plasticity" in self._flagged,
            **self._facts(),
        )

    # What there is not

    def check_recordable(self, variable: str) -> None:
        """Raises: what synapses share changes where a script sets it, or in the projection that it belongs to."""
        raise NNCValueError(
            f"Monitor: {type(self).__name__} '{self.name}' has nothing of its own to record; read its weights instead"
        )

    def _no_dendrites(self, *_: Any) -> NoReturn:
        raise NNCRuntimeError(
            f"the synapses of {type(self).__name__} '{self.name}' share their weights, there are no dendrites; "
            "see its weights and connectivity_matrix()"
        )

    def dendrite(self, *post: Any) -> NoReturn:
        """Raises: there are none."""
        self._no_dendrites()

    def synapse(self, pre: Any, post: Any) -> NoReturn:
        """Raises: there are none."""
        self._no_dendrites()

    def __iter__(self) -> Iterator[Any]:
        self._no_dendrites()

    def __getitem__(self, post: Any) -> NoReturn:
        self._no_dendrites()

    def save_connectivity(self, filename: Any) -> None:
        """Raises: no synapses are stored."""
        raise NNCRuntimeError(
            f"{type(self).__name__} '{self.name}' stores no synapses to save; connectivity_matrix() shows them"
        )

    def take_synapses(self, synapses: Connectivity, delays: Any) -> NoReturn:
        """Raises: the synapses follow from the arguments of the projection."""
        raise NNCRuntimeError(f"{type(self).__name__} '{self.name}' takes no synapses from elsewhere")


def _walk(expr: Expr) -> Iterator[Expr]:
    yield expr
    for child in syntax.children(expr):
        yield from _walk(child)


def numbers(call: str, what: str, given: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    """An array of finite numbers from whatever looks like one; always a copy."""
    try:
        array = np.array(given, np.float64)
    except (TypeError, ValueError):
        raise NNCTypeError(f"{call}: {what} must be an array of numbers, not {given!r}") from None
    if not np.isfinite(array).all():
        raise NNCValueError(f"{call}: {what} must be finite")
    return array


def listed(extents: Sequence[int]) -> str:
    """Extents as a script writes them."""
    return str(tuple(int(e) for e in extents))
