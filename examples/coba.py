"""COBA: a balanced network of 4000 conductance-based integrate-and-fire neurons, in the style of ANNarchy 4.8.

T. P. Vogels, L. F. Abbott: Signal propagation and logic gating in networks of integrate-and-fire neurons
(J Neurosci 25, 2005); benchmark 1 of R. Brette et al. (J Comput Neurosci 23, 2007). Writes coba.png.
"""

import matplotlib.pyplot as plt

from nnc import *

setup(dt=0.1)

COBA = Neuron(
    parameters="""
        El = -60.0      : population
        Vr = -60.0      : population
        Erev_exc = 0.0  : population
        Erev_inh = -80.0: population
        Vt = -50.0      : population
        tau = 20.0      : population
        tau_exc = 5.0   : population
        tau_inh = 10.0  : population
        I = 20.0        : population
    """,
    equations="""
        tau * dv/dt = (El - v) + g_exc * (Erev_exc - v) + g_inh * (Erev_inh - v) + I
        tau_exc * dg_exc/dt = - g_exc
        tau_inh * dg_inh/dt = - g_inh
    """,
    spike="v > Vt",
    reset="v = Vr",
    refractory=5.0,
)

P = Population(geometry=4000, neuron=COBA)
Pe = P[:3200]
Pi = P[3200:]
P.v = Normal(-55.0, 5.0)
P.g_exc = Normal(4.0, 1.5)
P.g_inh = Normal(20.0, 12.0)

Ce = Projection(pre=Pe, post=P, target="exc")
Ce.connect_fixed_probability(weights=0.6, probability=0.02)
Ci = Projection(pre=Pi, post=P, target="inh")
Ci.connect_fixed_probability(weights=6.7, probability=0.02)

compile()

m = Monitor(P, ["spike"])
one = Monitor(P[0], ["v"])
simulate(1000.0, measure_time=True)

data = m.get("spike")
t, n = m.raster_plot(data)
print(f"{len(t)} spikes, mean rate {m.mean_fr(data):.2f} Hz")

fig, (top, middle, bottom) = plt.subplots(3, 1, figsize=(9, 9), sharex=True)
top.plot(t, n, "k.", markersize=0.5)
top.set_ylabel("neuron")
v = one.get("v")
middle.plot(dt() * np.arange(len(v)), v[:, 0])
middle.set_ylabel("v of neuron 0 (mV)")
rate = m.population_rate(data, smooth=5.0)
bottom.plot(dt() * np.arange(len(rate)), rate)
bottom.set_ylabel("population rate (Hz)")
bottom.set_xlabel("time (ms)")
fig.tight_layout()
fig.savefig("coba.png")
print("wrote coba.png")
