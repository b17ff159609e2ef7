"""Projections whose synapses are the taps of a filter. The op stands beside the projection, on model and step level."""

from __future__ import annotations

import math

from nnc.compiler.ir.attributes import BOOL, INT, INTS, LITERAL, SYMBOL, enum_kind
from nnc.compiler.ir.core import Op
from nnc.compiler.ir.define import attribute, operation, optional

CENTRES = "stencil.centres"
"""Table of a stencil with `centres`: a row of pre coordinates per place."""

OUTSIDE = ("fill", "clamp")


@operation("step.stencil")
class Stencil(Op):
    """The synapses of `owner` are the taps of filters that are moved over the pre population; none is stored.

    Along axis a of the pre population, of extent pre[a], a filter has taps[a] taps. Its tap k for the post neuron at
    y is at the pre coordinate `stride[a] * y[axis[a]] + start[a] + k`, without the first term where axis[a] is -1.
    With `bank` > 0 the last post coordinate chooses one of so many filters. With `centres`, `stride[a] * y[axis[a]]` is
    entry [place, a] of the i32 table `@owner.stencil.centres`, with a place per post neuron, or per `bank` of them.

    Fields `[syn]` of the owner have an element per tap (`@owner.taps` in all): filter by filter, taps in row-major
    order. Sums of a post neuron start at 0.0 and take its taps one by one in that order; `mean` divides by the number
    of taps of a filter. Taps outside of the pre population: `clamp` takes the nearest neuron; `fill` reads the
    number `fill` for everything of the pre neuron, and `max` and `min` leave such taps out.
    """

    owner = attribute(SYMBOL)
    pre = attribute(INTS)
    post = attribute(INTS)
    taps = attribute(INTS)
    axis = attribute(INTS)
    stride = attribute(INTS)
    start = attribute(INTS)
    bank = optional(INT, 0)
    centres = optional(BOOL, False)
    outside = attribute(enum_kind(*OUTSIDE))
    fill = optional(LITERAL, 0.0)
    syntax = (
        "$owner pre $pre post $post taps $taps axis $axis stride $stride start $start ( bank $bank )? ?centres "
        "outside $outside ( fill $fill )?"
    )

    def verify_op(self) -> str | None:  # noqa: D102
        dimensions = len(self.pre)
        if any(len(each) != dimensions for each in (self.taps, self.axis, self.stride, self.start)):
            return "taps, axis, stride and start have an entry per axis of the pre population"
        if not self.post or min((*self.pre, *self.post, *self.taps), default=0) < 1:
            return "extents are at least 1"
        if any(not -1 <= a < len(self.post) for a in self.axis):
            return "axis names an axis of the post population, or -1"
        moving = [a for a in self.axis if a >= 0]
        if len(set(moving)) != len(moving):
            return "an axis of the post population moves one axis of the pre population"
        if self.bank < 0 or (self.bank > 0 and (self.post[-1] != self.bank or len(self.post) - 1 in self.axis)):
            return "the last axis of the post population has an entry per filter of a bank, and moves nothing"
        return None

    @property
    def filter_size(self) -> int:
        """Number of taps of one filter."""
        return math.prod(self.taps)

    @property
    def entries(self) -> int:
        """Number of taps of all filters."""
        return self.filter_size * max(1, int(self.bank))

    def stays_inside(self, a: int) -> bool:
        """Whether no tap can be outside along an axis of the pre population."""
        if self.centres:
            return False
        last = self.stride[a] * (self.post[self.axis[a]] - 1) if self.axis[a] >= 0 else 0
        first: int = self.start[a]
        return first >= 0 and bool(first + last + self.taps[a] <= self.pre[a])
