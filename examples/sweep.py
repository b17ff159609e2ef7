"""Many networks at once: the states of a balanced network, in the style of ANNarchy 5.0 and with `nnc.sweep`.

A sparse network of excitatory and inhibitory neurons is run for a grid of inhibitory strengths g and external drives
(`nnc.sweep`: a process per core, compiled once), and one of them with five seeds (`net.parallel_run`). With g < 4
excitation wins, and neurons fire regularly near their maximal rate; with g > 4 inhibition wins, and neurons fire less
and less regularly (N. Brunel: Dynamics of sparsely connected networks of excitatory and inhibitory spiking neurons,
Journal of Computational Neuroscience 8, 2000, figure 2; a smaller network than there). Writes sweep.png.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

import nnc as ann

SHORT = "--short" in sys.argv
EXC, INH, P = (400, 100, 0.2) if SHORT else (1600, 400, 0.1)
G = [2.0, 3.0, 5.0, 7.0] if SHORT else [2.0, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 8.0]
DRIVE = [1.0, 2.0, 4.0] if SHORT else [1.0, 2.0, 3.0, 4.0]  # 1 is the rate that just reaches threshold
WEIGHT, TAU, THETA = 0.4, 20.0, 20.0  # mV, ms, mV

cell = ann.Neuron(
    parameters=dict(tau=TAU, theta=THETA, rate=0.0, w=WEIGHT),
    equations=[
        "arrived = g_exc - g_inh + w * Binomial(100, rate / 100.0)",  # mV in this step
        "tau * dv/dt = -v + arrived * tau / dt",
    ],
    spike="v > theta",
    reset="v = 10.0",
    refractory=2.0,
)


class Balanced(ann.Network):
    def __init__(self, g=5.0, drive=2.0):
        self.pop = self.create(EXC + INH, cell)
        self.pop.v = ann.Uniform(0.0, THETA)
        self.pop.rate = drive * THETA / (WEIGHT * TAU) * self.dt  # spikes per step
        exc, inh = self.pop[:EXC], self.pop[EXC:]
        self.connect(exc, self.pop, "exc").fixed_probability(P, weights=WEIGHT, delays=1.5)
        self.connect(inh, self.pop, "inh").fixed_probability(P, weights=g * WEIGHT, delays=1.5)
        self.spikes = self.monitor(self.pop[:100], "spike")


def rate_and_cv(net):
    """The mean rate (Hz) and the mean coefficient of variation of the intervals, after 100 ms."""
    net.simulate(100.0)
    net.spikes.get()
    net.simulate(400.0)
    spikes = net.spikes.get("spike")
    cv = net.spikes.coefficient_of_variation(spikes)
    return net.spikes.mean_fr(spikes), float(np.mean(cv)) if cv else np.nan


table = ann.sweep(lambda **point: Balanced(dt=0.1, **point), {"g": G, "drive": DRIVE}, rate_and_cv, seed=3)
rates, cvs = np.array([result for _, result in table]).reshape(len(G), len(DRIVE), 2).transpose(2, 0, 1)
print("g    rate (Hz) / CV for drives", *DRIVE)
for g, row, variations in zip(G, rates, cvs, strict=True):
    print(f"{g:.1f} ", *(f"{rate:6.1f} / {cv:.2f}" for rate, cv in zip(row, variations, strict=True)))

net = Balanced(g=5.0, drive=2.0, dt=0.1, seed=1)
net.compile()
again = np.array(net.parallel_run(rate_and_cv, number=5, seeds="sequential"))
print(f"g = 5, drive 2, five seeds: {again[:, 0].mean():.1f} +- {again[:, 0].std():.1f} Hz")

fig, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
for axis, values, title in ((axes[0], rates, "rate (Hz)"), (axes[1], cvs, "CV of the intervals")):
    image = axis.imshow(values.T, origin="lower", aspect="auto", cmap="viridis")
    axis.set(title=title, xlabel="inhibition g", ylabel="drive", xticks=range(len(G)), yticks=range(len(DRIVE)))
    axis.set_xticklabels(G)
    axis.set_yticklabels(DRIVE)
    fig.colorbar(image, ax=axis)
fig.savefig("sweep.png")
print("wrote sweep.png")
