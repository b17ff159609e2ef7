"""Which synapses the rules of a projection create or remove at the end of a step.

The conditions are computed by the IR's own interpreter and the probabilities by its counter-based draws, keyed by
(seed, projection, rule, step, pair of neurons): the same on every target and for every number of threads.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from nnc.compiler.description import ConstantRef, Drawn
from nnc.compiler.frontend.functions import build_functions, visible_functions
from nnc.compiler.frontend.model import DistributionCall
from nnc.compiler.frontend.rules import build_condition
from nnc.compiler.ir import model
from nnc.compiler.ir.interp_draws import draws
from nnc.compiler.ir.interp_expression import run_expression
from nnc.compiler.ir.interp_function import Recursion
from nnc.compiler.ir.types import DType
from nnc.runtime.attributes import distribution_of
from nnc.runtime.errors import NNCValueError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from nnc.compiler.frontend.model import Amount, StructuralRule
    from nnc.compiler.ir.core import Op
    from nnc.runtime.attributes import Attributes
    from nnc.runtime.projections.projection import Projection

    Array = NDArray[Any]

_PAIRS: Final = 1 << 20
"""Pairs of neurons that are tested at once."""


class Condition:
    """A rule of a projection, ready to be tested."""

    def __init__(self, projection: Projection, what: str, rule: StructuralRule) -> None:
        self.projection = projection
        self.what = what
        self.rule = rule
        net = projection.network
        self.dtype = DType.f32 if net.config_.precision == "float" else DType.f64
        own = projection._model
        globals = net.globals()
        self._functions = build_functions(globals, own.functions, self.dtype)
        pre, post = projection.pre_population, projection.post_population
        self._block = build_condition(
            rule,
            self.dtype,
            own.attributes,
            pre._model.attributes,
            post._model.attributes,
            globals.constants,
            visible_functions(globals, own.functions),
        )
        self._sides = {"pre": pre._values, "post": post._values, "self": projection._values}

    def missing(self, step: int) -> tuple[Array, Array]:
        """Post and pre neurons of the pairs that a creating rule connects, sorted."""
        found = [self._missing(posts, step) for posts in self._blocks()]
        if not found:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        return np.concatenate([a for a, _ in found]), np.concatenate([b for _, b in found])

    def doomed(self, step: int) -> Array:
        """Canonical indices of the synapses that a pruning rule removes."""
        synapses = self.projection.synapses
        pre, post = synapses.pre, synapses.post
        places = {"pre": pre, "post": post, "self": slice(None), "semiglobal": post}
        holds = np.broadcast_to(self._holds(step, places), (synapses.count,))
        at = np.flatnonzero(holds)
        return at[self._likely(post[at], pre[at], step)]

    def _blocks(self) -> Iterator[Array]:
        """The post neurons that have dendrites, in parts."""
        posts = self.projection.synapses.post_ranks
        size = max(1, _PAIRS // max(1, self.projection.pre.size))
        return (posts[i : i + size] for i in range(0, len(posts), size))

    def _missing(self, posts: Array, step: int) -> tuple[Array, Array]:
        proj, synapses = self.projection, self.projection.synapses
        pres = np.sort(np.asarray(proj.pre.ranks, np.int64))
        places = {"pre": pres[None, :], "post": posts[:, None], "semiglobal": posts[:, None]}
        free = np.array(np.broadcast_to(self._holds(step, places), (len(posts), len(pres))))
        first, last = synapses.row[posts[0]], synapses.row[posts[-1] + 1]
        there = np.searchsorted(pres, synapses.pre[first:last])
        inside = there < len(pres)
        inside[inside] = pres[there[inside]] == synapses.pre[first:last][inside]
        free[np.searchsorted(posts, synapses.post[first:last][inside]), there[inside]] = False
        if proj.pre_population is proj.post_population and not proj.may_meet_itself:
            free &= posts[:, None] != pres[None, :]
        i, j = np.nonzero(free)
        post, pre = posts[i], pres[j]
        chosen = self._likely(post, pre, step)
        return post[chosen], pre[chosen]

    def _holds(self, step: int, places: dict[str, Any]) -> Array:
        try:
            constants = self.projection.network.constant_values()
            return run_expression(self._block, self._reader(step, places), self._functions, constants)
        except Recursion as found:
            raise NNCValueError(f"the function '{found}' calls itself, which would never end") from None

    def _reader(self, step: int, places: dict[str, Any]) -> Callable[[Op], Array]:
        float_type = self.dtype.numpy.type
        dt = float_type(self.projection.network.dt)

        def read(op: Op) -> Array:
            if not isinstance(op, model.Get):
                return np.asarray(float_type(step) * dt if isinstance(op, model.Time) else dt)
            side = str(op.side or "self")
            return self._values(self._sides[side], side, str(op.attr), places)

        return read

    @staticmethod
    def _values(values: Attributes, side: str, name: str, places: dict[str, Any]) -> Array:
        locality = values.locality(name)
        present = np.asarray(values.read(name))
        if locality == "global" or present.ndim == 0:
            return present.reshape(())
        return np.asarray(present[places["semiglobal" if locality == "semiglobal" else side]])

    def _likely(self, post: Array, pre: Array, step: int) -> Array:
        """Which of the pairs the probability of the rule chooses."""
        net, proj = self.projection.network, self.projection
        proba = self._number(self.rule.proba)
        if proba >= 1.0:
            return np.ones(len(post), np.bool_)
        pair = np.asarray(post, np.int64) * proj.pre_population.size + pre
        stream = zlib.crc32(f"proj{proj.id}.{self.what}".encode())
        return draws("uniform", stream, net.state.block.seed, step, pair, DType.f64) < proba

    def _number(self, value: Amount) -> float:
        if isinstance(value, ConstantRef):
            return float(self.projection.network.constant_value(value.name))
        assert isinstance(value, bool | int | float)
        return float(value)

    def amounts(self, value: Amount, count: int, *key: str | int) -> Array:
        """Weights or delays of some new synapses; `key` names the draws of a distribution."""
        if isinstance(value, Drawn | DistributionCall):
            proj = self.projection
            generator = proj.network.stream("structural", proj.id, *key)
            return distribution_of(value).draw(count, generator).astype(np.float64)
        return np.full(count, self._number(value))
