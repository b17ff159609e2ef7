"""Generalised integrate-and-fire neurons: a stochastic threshold that adapts."""

from __future__ import annotations

from nnc.runtime.equations.neuron import Neuron

_DECAYS = """
    tau_g_exc * dg_exc/dt = -g_exc
    tau_g_inh * dg_inh/dt = -g_inh
"""


class _Gif(Neuron):
    """Both models; `times` are the time constants of the synapses, if these decay."""

    def __init__(
        self, parameters: dict[str, float], current: str, refractory_period: float, times: dict[str, float]
    ) -> None:
        shared = parameters | times
        drive = f" + {current}" if current else ""
        super().__init__(
            parameters="\n".join(
                [f"{name} = {value} : population" for name, value in shared.items()]
                + [f"R = {parameters['tau_m'] / parameters['C_m']} : population"]
            ),
            equations=f"""
                tau_m * du/dt = -u + u_r + R * I_ext{drive} : init = {parameters["u_r"]}
                tau_v * dv/dt = -(v - u_th) : init = {parameters["u_th"]}
                Lambda = c * exp((u - v)/delta_u)
                p = Uniform(0.0, 1.0) * (1000.0 / dt)
                {_DECAYS if times else ""}
            """,
            spike="p < Lambda",
            reset="""
                u = u_r
                v += J_v / tau_v
            """,
            refractory=refractory_period,
            name=type(self).__name__,
            description="Generalised integrate-and-fire neuron",
        )


class GIF_curr(_Gif):
    """Stochastic neuron with an adaptive threshold and instantaneous currents; all parameters are shared."""

    def __init__(
        self,
        C_m: float = 250.0,
        tau_m: float = 10.0,
        tau_v: float = 1000.0,
        J_v: float = 1000.0,
        u_r: float = -65.0,
        u_th: float = -50.0,
        c: float = 10.0,
        delta_u: float = 5.0,
        I_ext: float = 375.0,
        current: str = "R*(g_exc - g_inh)",
        refractory_period: float = 0.0,
    ) -> None:
        parameters = dict(
            C_m=C_m, tau_m=tau_m, tau_v=tau_v, J_v=J_v, u_r=u_r, u_th=u_th, c=c, delta_u=delta_u, I_ext=I_ext
        )
        super().__init__(parameters, current, refractory_period, {})


class GIF_curr_exp(_Gif):
    """As `GIF_curr`, with exponentially decaying currents (time constants in ms)."""

    def __init__(
        self,
        C_m: float = 250.0,
        tau_m: float = 10.0,
        tau_v: float = 1000.0,
        J_v: float = 1000.0,
        u_r: float = -65.0,
        u_th: float = -50.0,
        c: float = 10.0,
        delta_u: float = 5.0,
        tau_g_exc: float = 5.0,
        tau_g_inh: float = 5.0,
        I_ext: float = 375.0,
        current: str = "R*(g_exc - g_inh)",
        refractory_period: float = 0.0,
    ) -> None:
        parameters = dict(
            C_m=C_m, tau_m=tau_m, tau_v=tau_v, J_v=J_v, u_r=u_r, u_th=u_th, c=c, delta_u=delta_u, I_ext=I_ext
        )
        super().__init__(parameters, current, refractory_period, dict(tau_g_exc=tau_g_exc, tau_g_inh=tau_g_inh))
