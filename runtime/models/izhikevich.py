"""The quadratic neuron of Izhikevich."""

from __future__ import annotations

from nnc.runtime.equations.neuron import Neuron


class Izhikevich(Neuron):
    """Quadratic membrane and a recovery variable, with instantaneous synapses (mV, ms).

    `conductance` is the fragment of the equation that reads the synapses.
    """

    def __init__(
        self,
        a: float = 0.02,
        b: float = 0.2,
        c: float = -65.0,
        d: float = 8.0,
        v_thresh: float = 30.0,
        i_offset: float = 0.0,
        noise: float = 0.0,
        tau_refrac: float = 0.0,
        conductance: str = "g_exc - g_inh",
    ) -> None:
        super().__init__(
            parameters=f"""
                noise = {noise}
                a = {a}
                b = {b}
                c = {c}
                d = {d}
                v_thresh = {v_thresh}
                i_offset = {i_offset}
                tau_refrac = {tau_refrac}
            """,
            equations=f"""
                I = {conductance} + noise * Normal(0.0, 1.0) + i_offset
                dv/dt = 0.04 * v^2 + 5.0 * v + 140.0 - u + I : init = {c}
                du/dt = a * (b * v - u) : init = {b * c}
            """,
            spike="v > v_thresh",
            reset="""
                v = c
                u += d
            """,
            refractory="tau_refrac",
            name="Izhikevich",
            description="Quadratic integrate-and-fire neuron of Izhikevich",
        )
