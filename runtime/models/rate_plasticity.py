"""Learning rules of rate-coded projections."""

from __future__ import annotations

from nnc.runtime.equations.synapse import Synapse


class Hebb(Synapse):
    """Hebbian learning: `dw/dt = eta * pre.r * post.r`, never below zero."""

    def __init__(self, eta: float = 0.01) -> None:
        super().__init__(
            parameters=f"eta = {eta} : projection",
            equations="dw/dt = eta * pre.r * post.r : min = 0.0, explicit",
            psp="w * pre.r",
            name="Hebb",
            description="Hebbian learning",
        )


class Oja(Synapse):
    """Hebbian learning with Oja's regularisation of strength `alpha`."""

    def __init__(self, eta: float = 0.01, alpha: float = 1.0) -> None:
        super().__init__(
            parameters=f"""
                eta = {eta} : projection
                alpha = {alpha} : projection
            """,
            equations="dw/dt = eta * (pre.r * post.r - alpha * post.r^2 * w) : min = 0.0, explicit",
            psp="w * pre.r",
            name="Oja",
            description="Regularised Hebbian learning",
        )


class IBCM(Synapse):
    """Bienenstock-Cooper-Munro rule with a threshold that slides with time constant `tau` (ms)."""

    def __init__(self, eta: float = 0.01, tau: float = 2000.0) -> None:
        super().__init__(
            parameters=f"""
                eta = {eta} : projection
                tau = {tau} : projection
            """,
            equations="""
                tau * dtheta/dt + theta = post.r^2 : postsynaptic, exponential
                dw/dt = eta * post.r * (post.r - theta) * pre.r : min = 0.0, explicit
            """,
            psp="w * pre.r",
            name="IBCM",
            description="Intrator and Cooper's form of the BCM rule",
        )
