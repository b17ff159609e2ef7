"""The balloon models: from neural activity over blood flow, volume and deoxyhaemoglobin to the BOLD signal.

Flow responds to activity as a damped oscillator (Friston et al. 2000, Neuroimage 12:466), the balloon of the venous
compartment as in Buxton, Wong & Frank 1998 (Magn. Reson. Med. 39:855). Coefficients of the signal and its linear form
are those of Stephan et al. 2007 (Neuroimage 38:387): classical ("C", Buxton) or revised ("R"), non-linear ("N") or
linear ("L"). All time constants are in seconds; `second` converts them to ms. Integrated by the explicit Euler method.
"""

from __future__ import annotations

from nnc.extensions.bold.model import BoldModel

_FLOW = """
    I_CBF = sum(I_CBF)
    ds/dt = (phi * I_CBF - kappa * s - gamma * (f_in - 1.0)) / second : explicit
    df_in/dt = s / second : explicit, init = 1.0, min = 0.01
"""

_VOLUME = """
    E = 1.0 - (1.0 - E_0)**(1.0 / f_in) : init = 0.3424
    dq/dt = (f_in * E / E_0 - (q / v) * f_out) / (tau * second) : explicit, init = 1.0, min = 0.01
    dv/dt = (f_in - f_out) / (tau * second) : explicit, init = 1.0, min = 0.01
    f_out = v**(1.0 / alpha) : init = 1.0, min = 0.01
"""

_CLASSICAL = """
    k_1 = (1.0 - V_0) * 4.3 * v_0 * E_0 * TE
    k_2 = 2.0 * E_0
    k_3 = 1.0 - epsilon
"""

_REVISED = """
    k_1 = 4.3 * v_0 * E_0 * TE
    k_2 = epsilon * r_0 * E_0 * TE
    k_3 = 1.0 - epsilon
"""

_NON_LINEAR = """
    BOLD = V_0 * (k_1 * (1.0 - q) + k_2 * (1.0 - q / v) + k_3 * (1.0 - v))
"""

_LINEAR = """
    BOLD = V_0 * ((k_1 + k_2) * (1.0 - q) + (k_3 - k_2) * (1.0 - v))
"""

_MAITH = """
    k_1 = 7.0 * E_0
    k_2 = 2.0
    k_3 = 2.0 * E_0 - 0.2
"""

_TWO_FLOWS = """
    I_CBF = sum(I_CBF)
    I_CMRO2 = sum(I_CMRO2)
    ds_CBF/dt = (phi_CBF * I_CBF - kappa_CBF * s_CBF - gamma_CBF * (f_in - 1.0)) / second : explicit
    df_in/dt = s_CBF / second : explicit, init = 1.0, min = 0.01
    ds_CMRO2/dt = (phi_CMRO2 * I_CMRO2 * gamma_CMRO2 / gamma_CBF - kappa_CMRO2 * s_CMRO2
        - gamma_CMRO2 * (r - 1.0)) / second : explicit
    dr/dt = s_CMRO2 / second : explicit, init = 1.0, min = 0.01
    dv = f_in - v**(1.0 / alpha)
    tau_out = if dv > 0.0: tau_out1 else: tau_out2
    f_out = v**(1.0 / alpha) + tau_out * dv / (tau + tau_out) : init = 1.0, min = 0.01
    dq/dt = (r - (q / v) * f_out) / (tau * second) : explicit, init = 1.0, min = 0.01
    dv/dt = dv / ((tau + tau_out) * second) : explicit, init = 1.0, min = 0.01
"""


def _parameters(**values: float) -> str:
    """Parameters that all neurons of the model share."""
    lines = [f"{name} = {float(value)!r} : population" for name, value in values.items()]
    return "\n".join([*lines, "second = 1000.0 : population"])


class _Balloon(BoldModel):
    """The classical models."""

    _equations = ""
    _title = ""

    def __init__(
        self,
        phi: float = 1.0,
        kappa: float = 1 / 1.54,
        gamma: float = 1 / 2.46,
        E_0: float = 0.34,
        tau: float = 0.98,
        alpha: float = 0.33,
        V_0: float = 0.02,
        v_0: float = 40.3,
        TE: float = 0.04,
        epsilon: float = 1.43,
    ) -> None:
        parameters = _parameters(
            phi=phi, kappa=kappa, gamma=gamma, E_0=E_0, tau=tau, alpha=alpha, V_0=V_0, v_0=v_0, TE=TE, epsilon=epsilon
        )
        name = type(self).__name__
        super().__init__(parameters, self._equations, "I_CBF", "BOLD", name=name, description=self._title)


class _RevisedBalloon(BoldModel):
    """The revised models."""

    _equations = ""
    _title = ""

    def __init__(
        self,
        phi: float = 1.0,
        kappa: float = 1 / 1.54,
        gamma: float = 1 / 2.46,
        E_0: float = 0.34,
        tau: float = 0.98,
        alpha: float = 0.33,
        V_0: float = 0.02,
        v_0: float = 40.3,
        TE: float = 0.04,
        epsilon: float = 1.43,
        r_0: float = 25.0,
    ) -> None:
        classical = dict(phi=phi, kappa=kappa, gamma=gamma, E_0=E_0, tau=tau, alpha=alpha, V_0=V_0)
        parameters = _parameters(**classical, v_0=v_0, TE=TE, epsilon=epsilon, r_0=r_0)
        name = type(self).__name__
        super().__init__(parameters, self._equations, "I_CBF", "BOLD", name=name, description=self._title)


class balloon_CN(_Balloon):
    """Balloon model with classical coefficients and the non-linear signal (Buxton et al. 1998, Stephan et al. 2007)."""

    _equations = _FLOW + _VOLUME + _CLASSICAL + _NON_LINEAR
    _title = "BOLD: balloon model, classical coefficients, non-linear"


class balloon_CL(_Balloon):
    """Balloon model with classical coefficients and the linear signal (Stephan et al. 2007)."""

    _equations = _FLOW + _VOLUME + _CLASSICAL + _LINEAR
    _title = "BOLD: balloon model, classical coefficients, linear"


class balloon_RN(_RevisedBalloon):
    """Balloon model with revised coefficients and the non-linear signal (Stephan et al. 2007)."""

    _equations = _FLOW + _VOLUME + _REVISED + _NON_LINEAR
    _title = "BOLD: balloon model, revised coefficients, non-linear"


class balloon_RL(_RevisedBalloon):
    """Balloon model with revised coefficients and the linear signal (Stephan et al. 2007)."""

    _equations = _FLOW + _VOLUME + _REVISED + _LINEAR
    _title = "BOLD: balloon model, revised coefficients, linear"


class balloon_maith2021(BoldModel):
    """Balloon model with the coefficients of Maith et al. 2021 (Eur. J. Neurosci. 53:2254), non-linear.

    Their signal goes back to Buxton et al. 1998 and Friston et al. 2000: k_1 = 7 E_0, k_2 = 2, k_3 = 2 E_0 - 0.2.
    """

    def __init__(self) -> None:
        parameters = _parameters(phi=1.0, kappa=0.665, gamma=0.412, E_0=0.3424, tau=1.0368, alpha=0.3215, V_0=0.02)
        equations = _FLOW + _VOLUME + _MAITH + _NON_LINEAR
        title = "BOLD: balloon model of Maith et al. (2021)"
        super().__init__(parameters, equations, "I_CBF", "BOLD", name="balloon_maith2021", description=title)


class balloon_two_inputs(BoldModel):
    """Balloon model driven by two signals: `I_CBF` for blood flow, `I_CMRO2` for the consumption of oxygen.

    Each drives a damped oscillator of its own (`f_in` and `r`, relative to rest), and the balloon is viscoelastic as in
    Buxton et al. 2004 (Neuroimage 23 Suppl 1:S220): its outflow lags with `tau_out1` while it swells, `tau_out2` while
    it shrinks. Revised coefficients, non-linear signal (Stephan et al. 2007; Maith et al. 2022).
    """

    def __init__(self) -> None:
        parameters = _parameters(
            kappa_CBF=0.7650920556760059,
            gamma_CBF=1 / 2.46,
            kappa_CMRO2=4.032389192727559,
            gamma_CMRO2=10 / 2.46,
            phi_CBF=1.0,
            phi_CMRO2=1.0,
            E_0=0.34,
            tau=0.98,
            tau_out1=0.0,
            tau_out2=20.0,
            alpha=0.33,
            V_0=0.02,
            v_0=40.3,
            TE=0.04,
            epsilon=1.0,
            r_0=25.0,
        )
        super().__init__(
            parameters,
            _TWO_FLOWS + _REVISED + _NON_LINEAR,
            ["I_CBF", "I_CMRO2"],
            "BOLD",
            name="balloon_two_inputs",
            description="BOLD: balloon model with separate inputs for blood flow and metabolism",
        )
