"""The neuron of Hodgkin and Huxley, in the form of Traub."""

from __future__ import annotations

from nnc.runtime.equations.neuron import Neuron


class HH_cond_exp(Neuron):
    """Sodium, potassium and leak currents with exponential synaptic conductances (mV, ms, nF, µS)."""

    def __init__(
        self,
        gbar_Na: float = 20.0,
        gbar_K: float = 6.0,
        gleak: float = 0.01,
        cm: float = 0.2,
        v_offset: float = -63.0,
        e_rev_Na: float = 50.0,
        e_rev_K: float = -90.0,
        e_rev_leak: float = -65.0,
        e_rev_E: float = 0.0,
        e_rev_I: float = -80.0,
        tau_syn_E: float = 0.2,
        tau_syn_I: float = 2.0,
        i_offset: float = 0.0,
        v_thresh: float = 0.0,
    ) -> None:
        super().__init__(
            parameters=f"""
                gbar_Na = {gbar_Na}
                gbar_K = {gbar_K}
                gleak = {gleak}
                cm = {cm}
                v_offset = {v_offset}
                e_rev_Na = {e_rev_Na}
                e_rev_K = {e_rev_K}
                e_rev_leak = {e_rev_leak}
                e_rev_E = {e_rev_E}
                e_rev_I = {e_rev_I}
                tau_syn_E = {tau_syn_E}
                tau_syn_I = {tau_syn_I}
                i_offset = {i_offset}
                v_thresh = {v_thresh}
            """,
            equations=f"""
                prev_v = v
                an = 0.032 * (15.0 - v + v_offset) / (exp((15.0 - v + v_offset)/5.0) - 1.0)
                am = 0.32 * (13.0 - v + v_offset) / (exp((13.0 - v + v_offset)/4.0) - 1.0)
                ah = 0.128 * exp((17.0 - v + v_offset)/18.0)
                bn = 0.5 * exp((10.0 - v + v_offset)/40.0)
                bm = 0.28 * (v - v_offset - 40.0) / (exp((v - v_offset - 40.0)/5.0) - 1.0)
                bh = 4.0 / (1.0 + exp(10.0 - v + v_offset))
                dn/dt = an * (1.0 - n) - bn * n : init = 0.0, exponential
                dm/dt = am * (1.0 - m) - bm * m : init = 0.0, exponential
                dh/dt = ah * (1.0 - h) - bh * h : init = 1.0, exponential
                cm * dv/dt = gleak * (e_rev_leak - v) + gbar_K * n^4 * (e_rev_K - v)
                    + gbar_Na * m^3 * h * (e_rev_Na - v)
                    + g_exc * (e_rev_E - v) + g_inh * (e_rev_I - v) + i_offset : exponential, init = {e_rev_leak}
                tau_syn_E * dg_exc/dt = -g_exc : exponential
                tau_syn_I * dg_inh/dt = -g_inh : exponential
            """,
            spike="(v > v_thresh) and (prev_v <= v_thresh)",
            name="HH_cond_exp",
            description="Hodgkin-Huxley neuron with exponential conductances",
        )
