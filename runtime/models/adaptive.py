"""Exponential integrate-and-fire neurons with spike-frequency adaptation."""

from __future__ import annotations

from nnc.runtime.equations.neuron import Neuron

_EXP = """
    I = g_exc * (e_rev_E - v) + g_inh * (e_rev_I - v) + i_offset
"""
_ALPHA = """
    gmax_exc = exp((tau_syn_E - dt/2.0)/tau_syn_E)
    gmax_inh = exp((tau_syn_I - dt/2.0)/tau_syn_I)
    I = alpha_exc * (e_rev_E - v) + alpha_inh * (e_rev_I - v) + i_offset
"""
_DECAYS = """
    tau_syn_E * dg_exc/dt = -g_exc : exponential
    tau_syn_I * dg_inh/dt = -g_inh : exponential
"""
_FILTERS = """
    tau_syn_E * dalpha_exc/dt = gmax_exc * g_exc - alpha_exc : exponential
    tau_syn_I * dalpha_inh/dt = gmax_inh * g_inh - alpha_inh : exponential
"""


class _Adaptive(Neuron):
    """Both models: the same parameters and membrane, other synapses."""

    _current: str
    _synapses: str

    def __init__(
        self,
        v_rest: float = -70.6,
        cm: float = 0.281,
        tau_m: float = 9.3667,
        tau_refrac: float = 0.1,
        tau_syn_E: float = 5.0,
        tau_syn_I: float = 5.0,
        e_rev_E: float = 0.0,
        e_rev_I: float = -80.0,
        tau_w: float = 144.0,
        a: float = 4.0,
        b: float = 0.0805,
        i_offset: float = 0.0,
        delta_T: float = 2.0,
        v_thresh: float = -50.4,
        v_reset: float = -70.6,
        v_spike: float = -40.0,
    ) -> None:
        super().__init__(
            parameters=f"""
                v_rest = {v_rest}
                cm = {cm}
                tau_m = {tau_m}
                tau_refrac = {tau_refrac}
                tau_syn_E = {tau_syn_E}
                tau_syn_I = {tau_syn_I}
                e_rev_E = {e_rev_E}
                e_rev_I = {e_rev_I}
                tau_w = {tau_w}
                a = {a}
                b = {b}
                i_offset = {i_offset}
                delta_T = {delta_T}
                v_thresh = {v_thresh}
                v_reset = {v_reset}
                v_spike = {v_spike}
            """,
            equations=f"""
                {self._current}
                tau_m * dv/dt = (v_rest - v + delta_T * exp((v - v_thresh)/delta_T))
                    + tau_m/cm * (I - w) : init = {v_reset}
                tau_w * dw/dt = a * (v - v_rest) / 1000.0 - w
                {self._synapses}
            """,
            spike="v > v_spike",
            reset="""
                v = v_reset
                w += b
            """,
            refractory="tau_refrac",
            name=type(self).__name__,
            description="Exponential integrate-and-fire neuron with adaptation",
        )


class EIF_cond_exp_isfa_ista(_Adaptive):
    """Adaptive exponential neuron with exponential conductances (mV, ms, nF, µS)."""

    _current = _EXP
    _synapses = _DECAYS


class EIF_cond_alpha_isfa_ista(_Adaptive):
    """Adaptive exponential neuron with alpha-shaped conductances (mV, ms, nF, µS)."""

    _current = _ALPHA
    _synapses = _DECAYS + _FILTERS
