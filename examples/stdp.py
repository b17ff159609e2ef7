"""Spike-timing dependent plasticity of single synapses, in the style of ANNarchy 4.8.

Every synapse sees 60 pairs of spikes, one per second, with its own time between the spike before and the spike behind
it. Its weight grows if the neuron behind fires second, and shrinks if it fires first, in windows of about 20 ms (G. Bi
and M. Poo: Synaptic modifications in cultured hippocampal neurons, Journal of Neuroscience 18, 1998, figure 7; S. Song,
K. D. Miller and L. F. Abbott, Nature Neuroscience 3, 2000, for the rule). Writes stdp.png.
"""

import matplotlib.pyplot as plt

from nnc import *

PAIRS = 10 if "--short" in sys.argv else 60

setup(dt=0.5)
delta = np.arange(-60.0, 60.5, 2.0) + 0.5  # ms, of the neuron behind after the arrival of the spike
arrivals = 100.0 + 1000.0 * np.arange(PAIRS)

pre = SpikeSourceArray([(arrivals - dt()).tolist()] * len(delta))  # a spike arrives one step later
trigger = SpikeSourceArray([(arrivals + d - dt()).tolist() for d in delta])
post = Population(len(delta), Neuron(equations="v = g_exc", spike="v > 0.5", reset="v = 0.0"))
Projection(trigger, post, "exc").connect_one_to_one(weights=1.0)

rule = STDP(tau_plus=17.0, tau_minus=34.0, A_plus=0.0075, A_minus=0.004)
proj = Projection(pre, post, "plastic", rule)  # nothing reads g_plastic: the synapses only watch
proj.connect_one_to_one(weights=0.5)
compile()
simulate(1000.0 * PAIRS, measure_time=True)

change = (np.array([dendrite.w[0] for dendrite in proj]) - 0.5) / 0.5
expected = np.where(delta > 0, 0.0075 * np.exp(-delta / 17.0), -0.004 * np.exp(delta / 34.0)) * PAIRS / 0.5
least, most = change.argmin(), change.argmax()
print(f"changes of {change[least]:.0%} at {delta[least]} ms and {change[most]:.0%} at {delta[most]} ms")
print(f"largest difference to the exponential windows: {abs(change - expected).max():.1e}")

fig, axis = plt.subplots(figsize=(7, 4.5), layout="constrained")
axis.axhline(0.0, color="0.8")
axis.axvline(0.0, color="0.8")
axis.plot(delta, 100 * change, "ko", markersize=4)
axis.plot(delta, 100 * expected, "r-", lw=1)
axis.set(xlabel="post spike after pre spike (ms)", ylabel="change of the weight (%)", title=f"{PAIRS} pairs at 1 Hz")
fig.savefig("stdp.png")
print("wrote stdp.png")
