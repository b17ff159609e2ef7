"""Leaky integrate-and-fire neurons, with currents or conductances, exponential or alpha-shaped."""

from __future__ import annotations

from nnc.runtime.equations.neuron import Neuron

_ALPHA_PEAKS = """
    gmax_exc = exp((tau_syn_E - dt/2.0)/tau_syn_E)
    gmax_inh = exp((tau_syn_I - dt/2.0)/tau_syn_I)
"""
_DECAYS = """
    tau_syn_E * dg_exc/dt = -g_exc : exponential
    tau_syn_I * dg_inh/dt = -g_inh : exponential
"""
_ALPHA_FILTERS = """
    tau_syn_E * dalpha_exc/dt = gmax_exc * g_exc - alpha_exc : exponential
    tau_syn_I * dalpha_inh/dt = gmax_inh * g_inh - alpha_inh : exponential
"""


class _IntegrateAndFire(Neuron):
    """What the four models share: the leak, the threshold, the reset."""

    def __init__(self, parameters: dict[str, float], drive: str, alpha: bool, description: str) -> None:
        membrane = f"""
            cm * dv/dt = cm/tau_m * (v_rest - v) + {drive} + i_offset : exponential, init = {parameters["v_reset"]}
        """
        before, after = (_ALPHA_PEAKS, _ALPHA_FILTERS) if alpha else ("", "")
        super().__init__(
            parameters="\n".join(f"{name} = {value}" for name, value in parameters.items()),
            equations=before + membrane + _DECAYS + after,
            spike="v > v_thresh",
            reset="v = v_reset",
            refractory="tau_refrac",
            name=type(self).__name__,
            description=description,
        )


class IF_curr_exp(_IntegrateAndFire):
    """Integrate-and-fire neuron with exponential synaptic currents (mV, ms, nF, nA)."""

    def __init__(
        self,
        v_rest: float = -65.0,
        cm: float = 1.0,
        tau_m: float = 20.0,
        tau_refrac: float = 0.0,
        tau_syn_E: float = 5.0,
        tau_syn_I: float = 5.0,
        v_thresh: float = -50.0,
        v_reset: float = -65.0,
        i_offset: float = 0.0,
    ) -> None:
        parameters = dict(
            v_rest=v_rest, cm=cm, tau_m=tau_m, tau_refrac=tau_refrac, tau_syn_E=tau_syn_E, tau_syn_I=tau_syn_I,
            v_thresh=v_thresh, v_reset=v_reset, i_offset=i_offset,
        )  # fmt: skip
        super().__init__(parameters, "g_exc - g_inh", False, "Leaky neuron, exponential currents")


class IF_curr_alpha(_IntegrateAndFire):
    """Integrate-and-fire neuron with alpha-shaped synaptic currents (mV, ms, nF, nA)."""

    def __init__(
        self,
        v_rest: float = -65.0,
        cm: float = 1.0,
        tau_m: float = 20.0,
        tau_refrac: float = 0.0,
        tau_syn_E: float = 5.0,
        tau_syn_I: float = 5.0,
        v_thresh: float = -50.0,
        v_reset: float = -65.0,
        i_offset: float = 0.0,
    ) -> None:
        parameters = dict(
            v_rest=v_rest, cm=cm, tau_m=tau_m, tau_refrac=tau_refrac, tau_syn_E=tau_syn_E, tau_syn_I=tau_syn_I,
            v_thresh=v_thresh, v_reset=v_reset, i_offset=i_offset,
        )  # fmt: skip
        super().__init__(parameters, "alpha_exc - alpha_inh", True, "Leaky neuron, alpha currents")


class IF_cond_exp(_IntegrateAndFire):
    """Integrate-and-fire neuron with exponential synaptic conductances (mV, ms, nF, µS)."""

    def __init__(
        self,
        v_rest: float = -65.0,
        cm: float = 1.0,
        tau_m: float = 20.0,
        tau_refrac: float = 0.0,
        tau_syn_E: float = 5.0,
        tau_syn_I: float = 5.0,
        e_rev_E: float = 0.0,
        e_rev_I: float = -70.0,
        v_thresh: float = -50.0,
        v_reset: float = -65.0,
        i_offset: float = 0.0,
    ) -> None:
        parameters = dict(
            v_rest=v_rest, cm=cm, tau_m=tau_m, tau_refrac=tau_refrac, tau_syn_E=tau_syn_E, tau_syn_I=tau_syn_I,
            e_rev_E=e_rev_E, e_rev_I=e_rev_I, v_thresh=v_thresh, v_reset=v_reset, i_offset=i_offset,
        )  # fmt: skip
        drive = "g_exc * (e_rev_E - v) + g_inh * (e_rev_I - v)"
        super().__init__(parameters, drive, False, "Leaky neuron, exponential conductances")


class IF_cond_alpha(_IntegrateAndFire):
    """Integrate-and-fire neuron with alpha-shaped synaptic conductances (mV, ms, nF, µS)."""

    def __init__(
        self,
        v_rest: float = -65.0,
        cm: float = 1.0,
        tau_m: float = 20.0,
        tau_refrac: float = 0.0,
        tau_syn_E: float = 5.0,
        tau_syn_I: float = 5.0,
        e_rev_E: float = 0.0,
        e_rev_I: float = -70.0,
        v_thresh: float = -50.0,
        v_reset: float = -65.0,
        i_offset: float = 0.0,
    ) -> None:
        parameters = dict(
            v_rest=v_rest, cm=cm, tau_m=tau_m, tau_refrac=tau_refrac, tau_syn_E=tau_syn_E, tau_syn_I=tau_syn_I,
            e_rev_E=e_rev_E, e_rev_I=e_rev_I, v_thresh=v_thresh, v_reset=v_reset, i_offset=i_offset,
        )  # fmt: skip
        drive = "alpha_exc * (e_rev_E - v) + alpha_inh * (e_rev_I - v)"
        super().__init__(parameters, drive, True, "Leaky neuron, alpha conductances")
