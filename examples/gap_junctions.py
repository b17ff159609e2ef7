"""Gap junctions synchronise interneurons, in the style of ANNarchy 5.0.

A hundred fast-spiking neurons get slightly different currents. Without gap junctions each fires at its own rate; with
gap junctions to its neighbours on a ring they fire together. A junction transmits in every step, not only at spikes: it
is a synapse with the continuous `psp` "w * (pre.v - post.v)". Neuron: X.-J. Wang and G. Buzsaki, Gamma oscillation by
synaptic inhibition in a hippocampal interneuronal network model, Journal of Neuroscience 16, 1996; junctions in such
networks: N. Kopell and B. Ermentrout, Chemical and electrical synapses perform complementary roles in the
synchronization of interneuronal networks, PNAS 101, 2004; the measure of synchrony is 0 for independent and 1 for equal
neurons: D. Golomb and J. Rinzel, Physica D 72, 1994. Writes gap_junctions.png.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

import nnc as ann

N, REACH = 100, 8
DURATION = 300.0 if "--short" in sys.argv else 600.0  # ms

interneuron = ann.Neuron(
    parameters=dict(I=ann.Parameter(1.0, locality="local"), gNa=35.0, gK=9.0, gL=0.1, ENa=55.0, EK=-90.0, EL=-65.0),
    equations=[
        "before = v",
        "am = 0.1 * (v + 35.0) / (1.0 - exp(-0.1 * (v + 35.0)))",
        "m = am / (am + 4.0 * exp(-(v + 60.0) / 18.0))",
        ann.Variable("dh/dt = 5.0 * (0.07 * exp(-(v + 58.0) / 20.0) * (1 - h) - h / (1.0 + exp(-0.1 * (v + 28.0))))"),
        ann.Variable(
            "dn/dt = 5.0 * (0.01 * (v + 34.0) / (1.0 - exp(-0.1 * (v + 34.0))) * (1 - n)"
            " - 0.125 * exp(-(v + 44.0) / 80.0) * n)"
        ),
        "dv/dt = gL * (EL - v) + gNa * m^3 * h * (ENa - v) + gK * n^4 * (EK - v) + g_gap + I",
    ],
    spike="v > 0.0 and before <= 0.0",
)
junction = ann.Synapse(psp="w * (pre.v - post.v)")


def run(conductance: float) -> tuple[np.ndarray, np.ndarray, float]:
    """Times and ranks of the spikes, and the synchrony, of a ring with junctions of this conductance (mS/cm2)."""
    net = ann.Network(dt=0.02, seed=4)
    ring = net.create(N, interneuron)
    ring.I = net.default_rng.uniform(0.9, 1.1, N)
    ring.v = net.default_rng.uniform(-70.0, -50.0, N)
    distance = np.abs(np.arange(N)[:, None] - np.arange(N)[None, :])
    distance = np.minimum(distance, N - distance)
    near = (distance > 0) & (distance <= REACH)
    net.connect(ring, ring, "gap", junction).from_matrix(np.where(near, conductance, None))
    m = net.monitor(ring, ["v", "spike"], period=0.1)
    net.compile()
    net.simulate(DURATION)
    v = m.get("v")[-2000:]  # the last 200 ms
    return *m.raster_plot(m.get("spike")), float(v.mean(axis=1).var() / v.var(axis=0).mean())


fig, axes = plt.subplots(2, 1, figsize=(8, 6), sharex=True, layout="constrained")
synchrony = {}
for axis, conductance in zip(axes, (0.0, 0.03), strict=True):
    times, ranks, synchrony[conductance] = run(conductance)
    print(f"junctions of {conductance} mS/cm2: synchrony {synchrony[conductance]:.2f}")
    axis.plot(times, ranks, "k.", markersize=2.0)
    axis.set(ylabel="neuron", title=f"{conductance} mS/cm2: synchrony {synchrony[conductance]:.2f}")
axes[1].set_xlabel("time (ms)")
fig.savefig("gap_junctions.png")
print("wrote gap_junctions.png")
