"""A recurrent network learns a task from delayed rewards only, in the style of ANNarchy 5.0.

Two stimuli follow each other; the output shall then be 1 if they differed and -1 if they were equal (delayed
exclusive or). Neurons are disturbed at random times. Every synapse sums up what its pre neuron did while the post
neuron left its running mean, cubed, and at the end of a trial this trace is multiplied by how much better the trial
was than such trials used to be (T. Miconi: Biologically plausible learning in recurrent neural networks reproduces
neural dynamics observed during cognitive tasks, eLife 6, 2017; here with half the neurons, a quarter of the time, and
a faster running mean). The error falls from 1, which is that of no answer, to about a half after 4000 trials. Writes
miconi.png.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

import nnc as ann

N, TRIALS = 100, 1500 if "--short" in sys.argv else 6000
STIMULUS, PAUSE, ANSWER = 50.0, 50.0, 50.0  # ms

neuron = ann.Neuron(
    parameters=dict(tau=30.0, rate=0.003, height=16.0, fixed=ann.Parameter(0.0, locality="local")),
    equations=[
        "kick = if Uniform(0.0, 1.0) < rate: height * Uniform(-1.0, 1.0) else: 0.0",
        "tau * dx/dt + x = sum(in) + sum(rec) + kick",
        "mean_x = 0.5 * mean_x + 0.5 * x",
        "r = if fixed != 0.0: fixed else: tanh(x)",
    ],
)
rule = ann.Synapse(
    parameters=dict(eta=0.7, better=0.0, trial_ends=False, max_change=5e-3),
    equations=[
        "trace = if trial_ends: trace else: trace + (pre.r * (post.x - post.mean_x))^3",
        "w = if trial_ends: w + clip(eta * trace * better, -max_change, max_change) else: w",
    ],
)

net = ann.Network(dt=1.0, seed=1)
inputs = net.create(ann.InputArray(2))
cells = net.create(N, neuron)
cells[1:3].fixed = [1.0, -1.0]  # biases; the output is neuron 0
net.connect(inputs, cells, "in").all_to_all(weights=ann.Uniform(-1.0, 1.0))
rec = net.connect(cells, cells, "rec", rule)
rec.all_to_all(weights=ann.Normal(0.0, 1.5 / np.sqrt(N)), allow_self_connections=True)
m = net.monitor(cells[0], "r")
net.compile()
rng = net.default_rng


def trial(first, second):
    """The error of the output during the answer."""
    cells.x = rng.uniform(-0.1, 0.1, N)
    cells.mean_x = 0.0
    rec.trace = 0.0
    for stimulus in (first, None, second, None):
        inputs.r = 0.0 if stimulus is None else np.eye(2)[stimulus]
        net.simulate(PAUSE if stimulus is None else STIMULUS)
    m.get()
    net.simulate(ANSWER)
    return np.abs(m.get("r") - (1.0 if first != second else -1.0)).mean()


usual, errors = np.full((2, 2), np.nan), []
for _ in range(TRIALS):
    kind = tuple(rng.integers(2, size=2))
    error = trial(*kind)
    errors.append(error)
    if not np.isnan(usual[kind]):
        rec.better = float(usual[kind] * (usual[kind] - error))
        rec.trial_ends = True
        net.step()
        rec.trial_ends = False
        usual[kind] = 0.67 * usual[kind] + 0.33 * error
    else:
        usual[kind] = error

errors = np.array(errors)
cells.rate = 0.0
final = {f"{first}{second}": trial(first, second) for first in (0, 1) for second in (0, 1)}
print(f"error {errors[:100].mean():.2f} in the first and {errors[-100:].mean():.2f} in the last hundred trials")
print("undisturbed at the end:", ", ".join(f"{kind}: {error:.2f}" for kind, error in final.items()))

fig, axis = plt.subplots(figsize=(8, 4), layout="constrained")
axis.plot(errors, ".", color="0.8", markersize=2)
axis.plot(np.arange(49, TRIALS), np.convolve(errors, np.ones(50) / 50, mode="valid"), "k")
axis.set(xlabel="trial", ylabel="error of the answer", ylim=(0, 2))
fig.savefig("miconi.png")
print("wrote miconi.png")
