"""The network of coba.py in the style of ANNarchy 5.0, as a class. Writes coba_5.png."""

import matplotlib.pyplot as plt
import numpy as np

import nnc as ann


class Coba(ann.Network):
    def __init__(self, w_exc=0.6, w_inh=6.7):
        cell = ann.Neuron(
            parameters=dict(
                El=-60.0, Vr=-60.0, Vt=-50.0, tau=20.0, tau_exc=5.0, tau_inh=10.0, Erev_exc=0.0, Erev_inh=-80.0, I=20.0
            ),
            equations=[
                ann.Variable(
                    "tau * dv/dt = (El - v) + g_exc * (Erev_exc - v) + g_inh * (Erev_inh - v) + I", init=-60.0
                ),
                ann.Variable("tau_exc * dg_exc/dt = - g_exc"),
                ann.Variable("tau_inh * dg_inh/dt = - g_inh"),
            ],
            spike="v > Vt",
            reset="v = Vr",
            refractory=5.0,
        )
        self.pop = self.create(geometry=4000, neuron=cell)
        self.pop.v = ann.Normal(-55.0, 5.0)
        self.pop.g_exc = ann.Normal(4.0, 1.5)
        self.pop.g_inh = ann.Normal(20.0, 12.0)
        self.exc = self.connect(self.pop[:3200], self.pop, "exc")
        self.exc.fixed_probability(probability=0.02, weights=w_exc)
        self.inh = self.connect(self.pop[3200:], self.pop, "inh")
        self.inh.fixed_probability(probability=0.02, weights=w_inh)
        self.spikes = self.monitor(self.pop, "spike")


net = Coba(dt=0.1, seed=1)
net.compile()
net.simulate(1000.0, measure_time=True)

data = net.spikes.get("spike")
t, n = net.spikes.raster_plot(data)
print(f"{len(t)} spikes, mean rate {net.spikes.mean_fr(data):.2f} Hz")

fig, (top, bottom) = plt.subplots(2, 1, figsize=(9, 6), sharex=True)
top.plot(t, n, "k.", markersize=0.5)
top.set_ylabel("neuron")
rate = net.spikes.population_rate(data, smooth=5.0)
bottom.plot(net.dt * np.arange(len(rate)), rate)
bottom.set_ylabel("population rate (Hz)")
bottom.set_xlabel("time (ms)")
fig.tight_layout()
fig.savefig("coba_5.png")
print("wrote coba_5.png")
