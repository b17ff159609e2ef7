"""The neuron models that come with the simulators."""

from typing import Any

from scripts import Case, Script, Topic


def rate_model(name: str, **parameters: Any) -> Case:
    """A rate-coded model with excitation and inhibition."""

    def build(script: Script) -> None:
        cells = script.standard(getattr(script.ann, name)(**parameters))
        script.link(script.waves(), cells)
        script.link(script.waves(), cells, "inh", scale=0.4)
        script.record("cells", cells, "v r")

    return Case(build)


def model(name: str, record: str, scale: float, **parameters: Any) -> Case:
    """A spiking model with excitation and inhibition."""

    def build(script: Script) -> None:
        cells = script.standard(getattr(script.ann, name)(**parameters))
        script.link(script.sources(), cells, scale=scale, delays=0.3)
        script.link(script.sources(), cells, "inh", scale=0.3 * scale)
        script.record("cells", cells, record + " g_exc g_inh spike")

    return Case(build)


TOPIC = Topic(
    dt=0.1,
    steps=600,
    cases={
        "LeakyIntegrator": rate_model("LeakyIntegrator", tau=5.0, B=0.3, T=0.1),
        "LeakyIntegrator, other sum": rate_model("LeakyIntegrator", sum="0.5*sum(exc) + 2.0*sum(inh)"),
        "Izhikevich": model("Izhikevich", "v u", 3.0, i_offset=10.0),
        "Izhikevich, refractory": model("Izhikevich", "v u", 3.0, i_offset=12.0, tau_refrac=2.0, a=0.05, d=4.0),
        "IF_curr_exp": model("IF_curr_exp", "v", 0.1, i_offset=1.0),
        "IF_curr_exp, refractory": model("IF_curr_exp", "v", 0.1, i_offset=1.2, tau_refrac=2.05),
        "IF_cond_exp": model("IF_cond_exp", "v", 0.01, i_offset=0.5),
        "IF_curr_alpha": model("IF_curr_alpha", "v alpha_exc alpha_inh", 0.1, i_offset=0.8),
        "IF_cond_alpha": model("IF_cond_alpha", "v alpha_exc alpha_inh", 0.01, i_offset=0.5),
        "EIF_cond_exp_isfa_ista": model("EIF_cond_exp_isfa_ista", "v w", 0.001, i_offset=0.9, tau_refrac=0.15),
        "EIF_cond_alpha_isfa_ista": model(
            "EIF_cond_alpha_isfa_ista", "v w alpha_exc", 0.001, i_offset=0.9, tau_refrac=0.15
        ),
        "HH_cond_exp": model("HH_cond_exp", "v n m h", 0.003, i_offset=0.5),
    },
)
