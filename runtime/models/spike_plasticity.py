"""Plasticity of spiking projections, short-term and by spike timing."""

from __future__ import annotations

from nnc.runtime.equations.synapse import Synapse
from nnc.runtime.errors import NNCValueError


class STP(Synapse):
    """Short-term depression (`tau_rec`, ms) and facilitation (`tau_facil`, ms) of Tsodyks and Markram."""

    def __init__(self, tau_rec: float = 100.0, tau_facil: float = 0.01, U: float = 0.5) -> None:
        if tau_facil <= 0.0:
            raise NNCValueError(f"STP: tau_facil must be above zero, got {tau_facil}; a tiny value switches it off")
        super().__init__(
            parameters=f"""
                tau_rec = {tau_rec} : projection
                tau_facil = {tau_facil} : projection
                U = {U}
            """,
            equations=f"""
                dx/dt = (1 - x)/tau_rec : init = 1.0, event-driven
                du/dt = (U - u)/tau_facil : init = {U}, event-driven
            """,
            pre_spike="""
                g_target += w * u * x
                x *= (1 - u)
                u += U * (1 - u)
            """,
            name="STP",
            description="Short-term plasticity",
        )


class STDP(Synapse):
    """Spike-timing dependent plasticity with exponential windows (`tau_plus`, `tau_minus`, ms), all to all."""

    def __init__(
        self,
        tau_plus: float = 20.0,
        tau_minus: float = 20.0,
        A_plus: float = 0.01,
        A_minus: float = 0.01,
        w_min: float = 0.0,
        w_max: float = 1.0,
    ) -> None:
        super().__init__(
            parameters=f"""
                tau_plus = {tau_plus} : projection
                tau_minus = {tau_minus} : projection
                A_plus = {A_plus} : projection
                A_minus = {A_minus} : projection
                w_min = {w_min} : projection
                w_max = {w_max} : projection
            """,
            equations="""
                tau_plus * dx/dt = -x : event-driven
                tau_minus * dy/dt = -y : event-driven
            """,
            pre_spike="""
                g_target += w
                x += A_plus * w_max
                w = clip(w + y, w_min, w_max)
            """,
            post_spike="""
                y -= A_minus * w_max
                w = clip(w + x, w_min, w_max)
            """,
            name="STDP",
            description="Spike-timing dependent plasticity",
        )
