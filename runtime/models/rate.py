"""Rate-coded neurons."""

from __future__ import annotations

from nnc.runtime.equations.neuron import Neuron


class LeakyIntegrator(Neuron):
    """Leaky integrator with a rectified output: `tau dv/dt + v = input + B (+ noise)`, `r = max(v - T, 0)`.

    `sum` and `noise` are fragments of the equation; `tau` (ms) and `T` are one value per population, `B` one each.
    """

    def __init__(
        self,
        tau: float = 10.0,
        B: float = 0.0,
        T: float = 0.0,
        sum: str = "sum(exc) - sum(inh)",
        noise: str | None = None,
    ) -> None:
        drive = f"{sum} + B" + (f" + {noise}" if noise else "")
        super().__init__(
            parameters=f"""
                tau = {tau} : population
                B = {B}
                T = {T} : population
            """,
            equations=f"""
                tau * dv/dt + v = {drive} : exponential
                r = pos(v - T)
            """,
            name="LeakyIntegrator",
            description="Leaky integrator with a rectified output",
        )
