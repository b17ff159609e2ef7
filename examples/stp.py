"""Short-term plasticity: what is left of a synapse at a given rate, in the style of ANNarchy 5.0.

A depressing and a facilitating synapse get regular spikes. What the depressing one transmits per spike falls with the
inverse of the rate, so that rates above its limiting frequency look alike; the facilitating one prefers a rate (M. V.
Tsodyks and H. Markram: The neural code between neocortical pyramidal neurons depends on neurotransmitter release
probability, PNAS 94, 1997; H. Markram, Y. Wang and M. Tsodyks: Differential signaling via the same axon, PNAS 95,
1998). Lines are the stationary solution of the model, dots the simulation. Writes stp.png.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

import nnc as ann

RATES = np.array([1.0, 2.0, 5.0, 8.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 70.0, 100.0])  # Hz
DURATION = 8000.0 if "--short" in sys.argv else 20_000.0  # ms
KINDS = {  # ms
    "depressing": dict(tau_rec=800.0, tau_facil=0.01, U=0.5),
    "facilitating": dict(tau_rec=130.0, tau_facil=530.0, U=0.03),
}


def stationary(rate, tau_rec, tau_facil, U):
    """What a spike of a long regular train transmits with a weight of 1: u before the spike times x before it."""
    recovery, decay = np.exp(-1000.0 / rate / tau_rec), np.exp(-1000.0 / rate / tau_facil)
    u = U / (1.0 - (1.0 - U) * decay)
    return u * (1.0 - recovery) / (1.0 - (1.0 - u) * recovery)


net = ann.Network(dt=0.1)
trains = net.create(ann.SpikeSourceArray([np.arange(10.0, DURATION, 1000.0 / rate).tolist() for rate in RATES]))
listener = ann.Neuron(equations="v = g_exc", spike="v > 10.0")  # g_exc is what arrives in a step
monitors = {}
for kind, values in KINDS.items():
    listeners = net.create(len(RATES), listener)
    net.connect(trains, listeners, "exc", ann.STP(**values)).one_to_one(weights=1.0)
    monitors[kind] = net.monitor(listeners, "g_exc")
net.compile()
net.simulate(DURATION, measure_time=True)

fig, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
fine = np.geomspace(0.8, 120.0, 200)
error = {}
for kind, values in KINDS.items():
    received = monitors[kind].get("g_exc")
    arrivals = [column[column > 0.0] for column in received.T]
    last = np.array([amounts[-1] for amounts in arrivals])
    error[kind] = np.abs(last / stationary(RATES, **values) - 1.0).max()
    print(f"{kind}: within {error[kind]:.1e} of the stationary solution, first / last at 20 Hz: ", end="")
    print(f"{arrivals[6][0]:.3f} / {last[6]:.3f}")
    axes[0].plot(arrivals[6][:20], ".-", label=kind)
    (line,) = axes[1].loglog(fine, stationary(fine, **values), label=kind)
    axes[1].plot(RATES, last, "o", color=line.get_color())
axes[0].set(xlabel="spike number at 20 Hz", ylabel="transmitted")
axes[1].set(xlabel="rate (Hz)", ylabel="transmitted per spike, in the end")
axes[0].legend()
fig.savefig("stp.png")
print("wrote stp.png")
