"""An echo state network goes on with a chaotic series by itself, in the style of ANNarchy 5.0.

A random recurrent network hears the Mackey-Glass series for a while. The weights from its neurons to the output are
then found by one linear regression, the output takes the place of the series, and the network generates it alone:
teacher forcing, then free running (H. Jaeger and H. Haas: Harnessing nonlinearity, Science 304, 2004; their 1000
neurons reach an error of 10^-4.2 standard deviations after 84 steps, the 600 here about the same). Writes
echo_state.png.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

import nnc as ann

SIZE = 300 if "--short" in sys.argv else 600
WARM_UP, TRAIN, FREE = 500, 3000, 600  # steps


def mackey_glass(steps, delay=17, substeps=10):
    """The series dx/dt = 0.2 x(t-17) / (1 + x(t-17)^10) - 0.1 x, a value per unit of time, squashed into -1..1."""
    past = delay * substeps
    x = np.full(past + steps * substeps, 1.2)
    for k in range(past, len(x)):
        x[k] = x[k - 1] + (0.2 * x[k - past] / (1.0 + x[k - past] ** 10) - 0.1 * x[k - 1]) / substeps
    return np.tanh(x[past::substeps] - 1.0)


series = mackey_glass(1000 + WARM_UP + TRAIN + FREE)[1000:]

net = ann.Network(dt=1.0, seed=2)
teacher = net.create(ann.TimedArray(series[:, None]))
output = net.create(
    1,
    ann.Neuron(
        parameters="forced = 1.0 : population", equations="r = if forced > 0.5: sum(teacher) else: sum(readout)"
    ),
)
unit = ann.Neuron(
    parameters=dict(tau=2.0, bias=ann.Parameter(0.0, locality="local")),
    equations="tau * dr/dt + r = tanh(sum(rec) + sum(back) + bias)",
)
reservoir = net.create(SIZE, unit)
reservoir.bias = ann.Uniform(-0.5, 0.5)

rng = np.random.default_rng(2)
weights = rng.standard_normal((SIZE, SIZE)) * (rng.random((SIZE, SIZE)) < 0.05)
weights *= 1.2 / np.abs(np.linalg.eigvals(weights)).max()  # the spectral radius
net.connect(reservoir, reservoir, "rec").from_matrix(np.where(weights != 0.0, weights, None))
net.connect(output, reservoir, "back").all_to_all(weights=ann.Uniform(-1.0, 1.0))
net.connect(teacher, output, "teacher").one_to_one(weights=1.0)
readout = net.connect(reservoir, output, "readout").all_to_all(weights=0.0, force_multiple_weights=True)
m = net.monitor(reservoir, "r")
heard = net.monitor(output, "r")
net.compile()

net.simulate(WARM_UP + TRAIN, measure_time=True)
states, target = (monitor.get("r")[WARM_UP:].astype(float) for monitor in (m, heard))  # double, also with --prec float
ridge = 1e-8 * np.eye(SIZE)  # r of step k - 1 is what the output sees in step k
readout.w = np.linalg.solve(states[:-1].T @ states[:-1] + ridge, states[:-1].T @ target[1:]).T
output.forced = 0.0
net.simulate(FREE)

free = heard.get("r")[:, 0]
truth = series[WARM_UP + TRAIN - 1 :][:FREE]
nrmse = np.sqrt((free[83] - truth[83]) ** 2 / series.var())
print(f"error after 84 free steps: {nrmse:.1e} standard deviations")

fig, (top, bottom) = plt.subplots(2, 1, figsize=(9, 6), sharex=True, layout="constrained")
top.plot(truth, "k", lw=2, alpha=0.4, label="series")
top.plot(free, "r--", lw=1, label="network, free running")
top.legend(loc="upper right")
bottom.semilogy(np.abs(free - truth) + 1e-12)
bottom.set(xlabel="steps since the network was left alone", ylabel="error")
fig.savefig("echo_state.png")
print("wrote echo_state.png")
