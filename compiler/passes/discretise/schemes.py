"""The numerical methods by name, and which of them integrate the ODEs of a block as one system.

A scheme is given a scope and ODEs, and writes code that computes their new values from the state where the block
begins. It sets nothing: that is done for the whole block once all new values are there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from nnc.compiler.diagnostics import Diagnostics
from nnc.compiler.ir.core import Value
from nnc.compiler.ir.model import Ode
from nnc.compiler.passes.discretise.euler import explicit
from nnc.compiler.passes.discretise.exponential import exponential
from nnc.compiler.passes.discretise.implicit import implicit
from nnc.compiler.passes.discretise.midpoint import midpoint
from nnc.compiler.passes.discretise.rk4 import rk4
from nnc.compiler.passes.discretise.scope import Scope
from nnc.compiler.passes.discretise.semiimplicit import semiimplicit

Scheme = Callable[[Scope, Sequence[Ode], Diagnostics], list[Value]]

SCHEMES: Final[dict[str, Scheme]] = {
    "explicit": explicit,
    "exponential": exponential,
    "implicit": implicit,
    "midpoint": midpoint,
    "rk4": rk4,
    "semiimplicit": semiimplicit,
}
"""`event_driven` is none: no step executes it, see `event_driven.weave`."""

COUPLED: Final = frozenset({"implicit", "midpoint", "rk4"})
"""Methods that see the new or intermediate values of each other's variables."""
