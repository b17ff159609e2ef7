"""Synaptic transmission with AMPA, NMDA and GABA receptors, in the style of ANNarchy 4.8.

Each neuron has other receptors for the same volley of spikes. The conductance of NMDA receptors rises in 2 ms, decays
in 80 ms, and is blocked by magnesium unless the neuron is depolarised (C. E. Jahr and C. F. Stevens: Voltage
dependence of NMDA-activated macroscopic conductances predicted by single-channel kinetics, Journal of Neuroscience
10, 1990). So NMDA receptors pass more current when AMPA receptors help, and less when GABA receptors shunt the
membrane. Writes synapses.png.
"""

import matplotlib.pyplot as plt

from nnc import *

setup(dt=0.1)

Cell = Neuron(
    parameters="""
        C = 0.2 : population          # nF
        gL = 0.01 : population        # uS
        EL = -70.0 : population       # mV
        Eexc = 0.0 : population
        Einh = -75.0 : population
        Mg = 1.0 : population         # mM
        tau_ampa = 2.0 : population   # ms
        tau_gaba = 10.0 : population
        tau_rise = 2.0 : population
        tau_nmda = 80.0 : population
    """,
    equations="""
        block = 1.0 / (1.0 + Mg / 3.57 * exp(-0.062 * v))
        I_nmda = s * block * (Eexc - v)
        C * dv/dt = gL * (EL - v) + g_ampa * (Eexc - v) + I_nmda + g_gaba * (Einh - v) : init = -70.0
        ds/dt = g_nmda / tau_rise - s / tau_nmda
        tau_rise * dg_nmda/dt = -g_nmda
        tau_ampa * dg_ampa/dt = -g_ampa
        tau_gaba * dg_gaba/dt = -g_gaba
    """,
    spike="v > 0.0",  # never reached: what synapses do is looked at below threshold
    reset="v = EL",
)

PROTOCOL = [
    {"ampa": 0.005},
    {"nmda": 0.003},
    {"gaba": 0.02},
    {"ampa": 0.005, "nmda": 0.003},
    {"ampa": 0.005, "nmda": 0.003, "gaba": 0.02},
]
volley = SpikeSourceArray([np.arange(20.0, 120.0, 5.0).tolist()])
cells = Population(len(PROTOCOL), Cell)
for rank, weights in enumerate(PROTOCOL):
    for receptor, weight in weights.items():
        Projection(volley, cells[rank], receptor).connect_all_to_all(weights=weight)
M = Monitor(cells, ["v", "block", "I_nmda"])
compile()
simulate(300.0)

data = M.get()
labels = [" + ".join(weights).upper() for weights in PROTOCOL]
charge = dict(zip(labels, data["I_nmda"].sum(axis=0) * dt(), strict=True))  # pC
for rank, label in enumerate(labels):
    print(f"{label:>18}: v from {data['v'][:, rank].min():.1f} to {data['v'][:, rank].max():.1f} mV")
print(
    f"charge through NMDA receptors: {charge['NMDA']:.0f} pC alone, {charge['AMPA + NMDA']:.0f} pC with AMPA, ", end=""
)
print(f"{charge['AMPA + NMDA + GABA']:.0f} pC with GABA as well")

fig, (top, bottom) = plt.subplots(2, 1, figsize=(8, 7), sharex=True, layout="constrained")
times = np.arange(len(data["v"])) * dt()
for rank, label in enumerate(labels):
    top.plot(times, data["v"][:, rank], label=label)
    bottom.plot(times, data["block"][:, rank])
top.set_ylabel("v (mV)")
top.legend()
bottom.set(ylabel="share of NMDA not blocked", xlabel="time (ms)")
fig.savefig("synapses.png")
print("wrote synapses.png")
