"""A rate-coded network: leaky integrators, all-to-all weighted sums and noise, in the style of ANNarchy 4.8.

Two groups inhibit each other; noise decides which one wins. Writes rate.png.
"""

import matplotlib.pyplot as plt

from nnc import *

setup(dt=1.0)

unit = Neuron(
    parameters="""
        tau = 10.0 : population
        baseline = 1.0
        sigma = 0.5
    """,
    equations="""
        tau * dmp/dt + mp = sum(exc) - sum(inh) + baseline + sigma * Normal(0.0, 1.0)
        r = pos(mp) : max = 5.0
    """,
)

left = Population(geometry=100, neuron=unit)
right = Population(geometry=100, neuron=unit)

for pop in (left, right):
    within = Projection(pre=pop, post=pop, target="exc")
    within.connect_all_to_all(weights=Uniform(0.0, 0.014))
for pre, post in ((left, right), (right, left)):
    between = Projection(pre=pre, post=post, target="inh")
    between.connect_all_to_all(weights=Uniform(0.0, 0.02))

compile()

ml = Monitor(left, ["r", "sum(exc)"])
mr = Monitor(right, ["r"])
simulate(500.0, measure_time=True)

rl, rr = ml.get("r"), mr.get("r")
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
fig.savefig("rate.png")
print("wrote rate.png")
