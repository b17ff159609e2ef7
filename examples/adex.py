"""The firing patterns of the adaptive exponential neuron, in the style of ANNarchy 5.0.

Eight neurons differ in their parameters only, and each gets a step of current (R. Brette and W. Gerstner: Adaptive
exponential integrate-and-fire model as an effective description of neuronal activity, Journal of Neurophysiology 94,
2005; the parameters are those of R. Naud, N. Marcille, C. Clopath and W. Gerstner: Firing patterns in the adaptive
exponential integrate-and-fire model, Biological Cybernetics 99, 2008, table 1). As there, the intervals between spikes
grow with adaptation and shrink with a < 0, and two neurons go on firing bursts. Writes adex.png.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

import nnc as ann

DURATION = 300.0 if "--short" in sys.argv else 500.0  # ms

# C (pF), gL (nS), EL (mV), a (nS), tau_w (ms), b (pA), Vr (mV), I (pA)
PATTERNS = {
    "tonic": (200, 10, -70, 2, 30, 0, -58, 500),
    "adapting": (200, 12, -70, 2, 300, 60, -58, 500),
    "initial burst": (130, 18, -58, 4, 150, 120, -50, 400),
    "bursting": (200, 10, -58, 2, 120, 100, -46, 210),
    "accelerating": (200, 12, -70, -10, 300, 0, -58, 300),
    "delayed bursting": (100, 10, -65, -10, 90, 30, -47, 110),
    "transient": (100, 10, -65, 10, 90, 100, -47, 180),
    "irregular": (100, 12, -60, -11, 130, 30, -48, 160),
}
NAMES = ("C", "gL", "EL", "a", "tau_w", "b", "Vr", "I")

adex = ann.Neuron(
    parameters={name: ann.Parameter(1.0, locality="local") for name in NAMES} | {"VT": -50.0, "DT": 2.0, "cut": 0.0},
    equations=[
        "C * dv/dt = gL * (EL - v) + gL * DT * exp((v - VT) / DT) - w + I",
        "tau_w * dw/dt = a * (v - EL) - w",
    ],
    spike="v > cut",
    reset=["v = Vr", "w += b"],
)

net = ann.Network(dt=0.02)  # the upstroke of a spike is steep
pop = net.create(len(PATTERNS), adex)
for name, values in zip(NAMES, zip(*PATTERNS.values(), strict=True), strict=True):
    pop.set({name: np.array(values, dtype=float)})
pop.v = pop.EL
m = net.monitor(pop, ["v", "spike"])
net.compile()
net.simulate(DURATION)

v, spikes = m.get("v"), m.get("spike")
intervals = {}
for rank, pattern in enumerate(PATTERNS):
    intervals[pattern] = np.diff(spikes[rank]) * net.dt
    shown = " ".join(f"{interval:.0f}" for interval in intervals[pattern][:12])
    print(f"{pattern:>16}: {len(spikes[rank]):2} spikes, intervals (ms) {shown}")

fig, axes = plt.subplots(4, 2, figsize=(9, 8), sharex=True, sharey=True, layout="constrained")
for rank, (axis, pattern) in enumerate(zip(axes.flat, PATTERNS, strict=True)):
    axis.plot(np.arange(len(v)) * net.dt, np.clip(v[:, rank], None, 0.0), lw=0.7)
    axis.set_title(pattern)
for axis in axes[-1]:
    axis.set_xlabel("time (ms)")
for axis in axes[:, 0]:
    axis.set_ylabel("v (mV)")
fig.savefig("adex.png")
print("wrote adex.png")
