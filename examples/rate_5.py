"""The network of rate.py in the style of ANNarchy 5.0, with the standard leaky integrator. Writes rate_5.png."""

import matplotlib.pyplot as plt
import numpy as np

import nnc as ann

net = ann.Network(dt=1.0, seed=3)
unit = ann.LeakyIntegrator(tau=10.0, B=1.0, noise="0.5 * Normal(0.0, 1.0)")
left = net.create(100, unit)
right = net.create(100, unit)

for pop in (left, right):
    net.connect(pop, pop, "exc").all_to_all(weights=ann.Uniform(0.0, 0.014))
for pre, post in ((left, right), (right, left)):
    net.connect(pre, post, "inh").all_to_all(weights=ann.Uniform(0.0, 0.02))

monitors = [net.monitor(pop, "r") for pop in (left, right)]
net.compile()
net.simulate(500.0, measure_time=True)

rl, rr = (m.get("r") for m in monitors)
print(f"mean rates at the end: left {rl[-1].mean():.2f}, right {rr[-1].mean():.2f}")

fig, (top, bottom) = plt.subplots(2, 1, figsize=(9, 6), sharex=True)
top.imshow(np.hstack([rl, rr]).T, aspect="auto", origin="lower", interpolation="nearest")
top.set_ylabel("unit (left below, right above)")
bottom.plot(rl.mean(axis=1), label="left")
bottom.plot(rr.mean(axis=1), label="right")
bottom.set_ylabel("mean r")
bottom.set_xlabel("time (ms)")
bottom.legend()
fig.tight_layout()
fig.savefig("rate_5.png")
print("wrote rate_5.png")
