"""The benchmark networks: sizes and parameters, one set for nnc, the hand-written kernels and all peers.

Imports nothing but the standard library: the scripts of peers read it in environments of their own. Units are ms and
mV; conductances are relative to the leak unless a name says nS.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Bench:
    """A network to time: `kind` is the family, `window` the simulated ms of one timed repeat, `warm` that before it.

    `k` synapses per neuron, None for all; `scale` multiplies the weights; `plastic` networks learn, with traces per
    neuron, or, by the rule of the `reference` simulator, with traces and a stamp per synapse; `unit` is that of the
    number that shows that the same work was done, a mean rate or the mean of r. `goal` is how many times the time of
    the hand-written kernel nnc may take.
    """

    kind: str
    n: int
    k: int | None
    dt: float
    window: float
    warm: float
    unit: str = "Hz"
    scale: float = 1.0
    j: float = 0.1
    plastic: bool = False
    reference: bool = False
    goal: float = 1.15

    @property
    def ne(self) -> int:
        """Excitatory neurons, the first ones."""
        return self.n * 4 // 5

    @property
    def kicks(self) -> float:
        """Brunel: mean number of external spikes per step, from as many sources as excitatory inputs."""
        return ETA * BRUNEL["v_t"] / (self.j * BRUNEL["tau_m"]) * self.dt

    @property
    def sources(self) -> int:
        """Brunel: external sources of a neuron."""
        return int(0.1 * self.ne)

    @property
    def thresholds(self) -> list[float]:
        """Brunel: distribution function of the number of external spikes per step."""
        terms = [math.exp(-self.kicks) * self.kicks**i / math.factorial(i) for i in range(12)]
        return [sum(terms[: i + 1]) for i in range(12)]


BENCHES = {
    "coba": Bench("coba", 4000, 80, 0.1, 300.0, 100.0),
    "coba20k": Bench("coba", 20000, 80, 0.1, 100.0, 50.0),
    "coba20k_k1000": Bench("coba", 20000, 1000, 0.1, 100.0, 50.0, scale=0.08),
    "cuba": Bench("cuba", 4000, 80, 0.1, 300.0, 100.0, goal=1.25),
    "cobahh": Bench("cobahh", 4000, 80, 0.1, 50.0, 50.0),
    "brunel": Bench("brunel", 12500, 1250, 0.1, 40.0, 50.0),
    "izhi": Bench("izhi", 1000, None, 1.0, 1000.0, 200.0, goal=1.25),
    "stdp1k": Bench("stdp1k", 1000, None, 0.1, 1000.0, 200.0, plastic=True, goal=1.25),
    "coba_stdp": Bench("coba", 4000, 80, 0.1, 200.0, 50.0, plastic=True, goal=1.25),
    "brunel_stdp": Bench("brunel", 2250, 225, 0.1, 100.0, 50.0, j=0.5, plastic=True, goal=1.25),
    "coba_stdp_ref": Bench("coba", 4000, 80, 0.1, 200.0, 50.0, plastic=True, reference=True, goal=1.25),
    "brunel_stdp_ref": Bench("brunel", 2250, 225, 0.1, 100.0, 50.0, j=0.5, plastic=True, reference=True, goal=1.25),
    "rate1k": Bench("rate", 1000, None, 1.0, 300.0, 200.0, "r"),
    "rate4k": Bench("rate", 4000, None, 1.0, 30.0, 200.0, "r"),
    "rates_k100": Bench("rate", 20000, 100, 1.0, 40.0, 100.0, "r"),
    "rates_k1000": Bench("rate", 20000, 1000, 1.0, 10.0, 50.0, "r"),
    "oja_k100": Bench("rate", 20000, 100, 1.0, 20.0, 50.0, "r", plastic=True, goal=1.25),
    "conv": Bench("conv", 256 * 256, None, 1.0, 50.0, 10.0, "r", goal=1.25),
}

EVENTS = Bench("events", 20000, 5000, 1.0, 100.0, 10.0, "")
"""For `gpu.py`: 10^8 synapses with weights of their own; `gpu.py` says how many fire in a step."""

COBA = dict(e_l=-60.0, v_r=-60.0, v_t=-50.0, tau_m=20.0, tau_e=5.0, tau_i=10.0, e_e=0.0, e_i=-80.0, drive=20.0)
COBA |= dict(refrac=5.0, w_e=0.6, w_i=6.7, g_leak_nS=10.0, c_pF=200.0)
"""Vogels and Abbott 2005; Brette et al. 2007. v starts at N(-55, 5); g_e, g_i at N(4, 1.5), N(20, 12) unless dense."""

CUBA = dict(e_l=-49.0, v_r=-60.0, v_t=-50.0, tau_m=20.0, tau_e=5.0, tau_i=10.0, refrac=5.0, w_e=1.62, w_i=9.0)
"""The current-based variant. v starts at U(-60, -50)."""

HH = dict(c=200.0, g_l=10.0, g_na=20000.0, g_k=6000.0, e_l=-60.0, e_na=50.0, e_k=-90.0, v_off=-63.0, e_e=0.0)
HH |= dict(e_i=-80.0, tau_e=5.0, tau_i=10.0, w_e=6.0, w_i=67.0, v_spike=-20.0, refrac=3.0)
"""Hodgkin-Huxley variant with the channels of Traub and Miles; nS, pF and mV."""

BRUNEL = dict(tau_m=20.0, v_t=20.0, v_r=10.0, refrac=2.0, delay=1.5)
"""Delta synapses, every neuron reached by a tenth of the others; v starts at U(0, v_t)."""

ETA, G = 2.0, 5.0
"""Brunel: external input in units of the threshold rate; strength of inhibition."""

STDP = dict(tau_pre=20.0, tau_post=20.0, a_pre=0.002, ratio=1.05)
"""Pair rule, additive, weights clipped to [0, w_max]; amplitudes are fractions of w_max, twice the initial weight."""

STDP1K = dict(rate_hz=15.0, tau_m=10.0, v_t=-54.0, v_r=-60.0, e_l=-74.0, e_e=0.0, tau_e=5.0, g_max=0.01)
STDP1K |= dict(tau_pre=20.0, tau_post=20.0, a_pre=0.01, ratio=1.05)
"""One cell with a thousand plastic Poisson inputs; weights start at U(0, g_max)."""

RATE = dict(tau=10.0, bias=1.0)
"""Leaky integrators. Weights U(0, 1 / k): the mean gain is 1/2, so r settles at 2."""

OJA = dict(tau=5000.0, alpha=200.0)
"""w relaxes to r_pre / (alpha r_post) = 1 / 200, the mean that it starts from with k = 100."""

FILTERS, TAPS = 8, 7
"""Of `conv`: so many square filters of so many taps along a side, then the maximum of 2 x 2."""
