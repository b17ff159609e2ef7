"""The Hodgkin-Huxley neuron: how its rate depends on the current, in the style of ANNarchy 4.8.

One population holds a neuron per current. The squid axon has a threshold near 6.3 uA/cm2, where repetitive firing sets
in at about 50 spikes per second at once: it is excitable of class 2 (A. L. Hodgkin and A. F. Huxley: A quantitative
description of membrane current and its application to conduction and excitation in nerve, Journal of Physiology 117,
1952; with today's sign of the potential, at 6.3 degrees Celsius). Writes hodgkin_huxley.png.
"""

import matplotlib.pyplot as plt

from nnc import *

DURATION = 300.0 if "--short" in sys.argv else 1000.0  # ms

setup(dt=0.02)

HH = Neuron(
    parameters="""
        C = 1.0 : population
        gNa = 120.0 : population
        gK = 36.0 : population
        gL = 0.3 : population
        ENa = 50.0 : population
        EK = -77.0 : population
        EL = -54.387 : population
        I = 0.0
    """,
    equations="""
        before = v
        C * dv/dt = gL * (EL - v) + gNa * m^3 * h * (ENa - v) + gK * n^4 * (EK - v) + I : init = -65.0, rk4
        dm/dt = am(v) * (1 - m) - bm(v) * m : init = 0.05, rk4
        dh/dt = ah(v) * (1 - h) - bh(v) * h : init = 0.6, rk4
        dn/dt = an(v) * (1 - n) - bn(v) * n : init = 0.32, rk4
    """,
    functions="""
        am(v) = 0.1 * (v + 40.0) / (1.0 - exp(-(v + 40.0) / 10.0))
        bm(v) = 4.0 * exp(-(v + 65.0) / 18.0)
        ah(v) = 0.07 * exp(-(v + 65.0) / 20.0)
        bh(v) = 1.0 / (1.0 + exp(-(v + 35.0) / 10.0))
        an(v) = 0.01 * (v + 55.0) / (1.0 - exp(-(v + 55.0) / 10.0))
        bn(v) = 0.125 * exp(-(v + 65.0) / 80.0)
    """,
    spike="v > 0.0 and before <= 0.0",
    name="Hodgkin-Huxley",
)

currents = np.linspace(0.0, 20.0, 81)
pop = Population(len(currents), HH)
pop.I = currents
M = Monitor(pop, ["spike"])
shown = int(np.argmin(abs(currents - 10.0)))
N = Monitor(pop[shown], ["v", "m", "h", "n"])
compile()
simulate(100.0)  # what is left of the step of the current
M.get()
trace = N.get()
simulate(DURATION, measure_time=True)

spikes = M.get("spike")
rates = np.array([len(spikes[rank]) for rank in range(pop.size)]) / DURATION * 1000.0
firing = rates > 10.0
print(f"fires from {currents[firing][0]:.2f} uA/cm2 on, with at least {rates[firing].min():.0f} spikes per second")

fig, axes = plt.subplots(3, 1, figsize=(8, 8), layout="constrained")
times = np.arange(len(trace["v"])) * dt()
axes[0].plot(times, trace["v"][:, 0])
axes[0].set(ylabel="v (mV)", xlabel="time (ms)", xlim=(0, 50), title=f"{currents[shown]:.1f} uA/cm2")
for gate in "mhn":
    axes[1].plot(times, trace[gate][:, 0], label=gate)
axes[1].set(ylabel="gates", xlabel="time (ms)", xlim=(0, 50))
axes[1].legend(loc="upper right")
axes[2].plot(currents, rates, "k.-")
axes[2].set(xlabel="current (uA/cm2)", ylabel="spikes per second")
fig.savefig("hodgkin_huxley.png")
print("wrote hodgkin_huxley.png")
