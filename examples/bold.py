"""The BOLD signal of two regions while a stimulus is switched on and off. Writes bold.png."""

import matplotlib.pyplot as plt
import numpy as np

import nnc as ann
from nnc.extensions.bold import balloon_RN

DT, REST, BLOCK, BLOCKS = 1.0, 10_000.0, 10_000.0, 3  # ms

net = ann.Network(dt=DT, seed=1)
unit = ann.LeakyIntegrator(tau=10.0, B=0.5, noise="0.2 * Normal(0.0, 1.0)")
stimulus = net.create(ann.TimedArray(rates=np.array([[0.0], [1.0]]), schedule=BLOCK, period=2 * BLOCK))
near = net.create(100, unit)
far = net.create(100, unit)
net.connect(stimulus, near, "exc").all_to_all(weights=ann.Uniform(0.2, 0.6))
net.connect(near, far, "exc").fixed_probability(probability=0.1, weights=0.03)
net.connect(far, near, "inh").fixed_probability(probability=0.1, weights=0.01)

rates = [net.monitor(pop, "r", period=100.0) for pop in (near, far)]
signals = [net.boldmonitor(pop, balloon_RN, normalize_input=5000.0, recorded_variables="I_CBF") for pop in (near, far)]
net.compile()

net.simulate(1000.0)  # until activity has settled
for signal in signals:
    signal.start()
net.simulate(REST + 2 * BLOCK * BLOCKS, measure_time=True)

bold = [signal.get("BOLD")[:, 0] for signal in signals]
for name, values in zip(("near", "far"), bold, strict=True):
    print(f"{name}: BOLD between {100 * values.min():.2f} % and {100 * values.max():.2f} %")

fig, (top, bottom) = plt.subplots(2, 1, figsize=(9, 6), sharex=True)
for name, monitor, values in zip(("near", "far"), rates, bold, strict=True):
    rows = monitor.get("r").mean(axis=1)
    top.plot(0.1 * np.arange(1, len(rows) + 1), rows, label=name)
    bottom.plot(1.0 + 0.001 * DT * np.arange(1, len(values) + 1), 100 * values, label=name)
top.set_ylabel("mean r")
top.legend()
bottom.set_ylabel("BOLD (%)")
bottom.set_xlabel("time (s)")
fig.tight_layout()
fig.savefig("bold.png")
print("wrote bold.png")
