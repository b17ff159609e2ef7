"""A model of the basal ganglia learns to choose, and to choose anew, in the style of ANNarchy 5.0.

Four stimuli each ask for one of two actions. Cortex excites D1 neurons (direct pathway: they inhibit GPi and so release
an action in the thalamus) and D2 neurons (indirect pathway: they hold it back). The reward minus the reward that was
expected sets the dopamine level, which strengthens what the chosen action's D1 neurons heard and weakens D2, or, below
its baseline, the opposite (M. J. Frank: Dynamic dopamine modulation in the basal ganglia, Journal of Cognitive
Neuroscience 17, 2005; A. G. E. Collins and M. J. Frank: Opponent actor learning, Psychological Review 121, 2014). Half
way the actions are exchanged, and the model learns the reversal. Writes basal_ganglia.png.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

import nnc as ann

STIMULI, ACTIONS = 4, 2
TRIALS = 400 if "--short" in sys.argv else 1200

unit = ann.Neuron(
    parameters=dict(tau=10.0, baseline=0.0, noise=0.0),
    equations="tau * dr/dt + r = baseline + sum(exc) - sum(inh) + noise * Uniform(-1.0, 1.0) : min = 0.0",
)
efferent = ann.Neuron(  # remembers the action of its channel for learning
    parameters=dict(tau=10.0, chosen=ann.Parameter(0.0, locality="local")),
    equations="tau * dr/dt + r = sum(exc) - sum(inh) + 0.2 * Uniform(-1.0, 1.0) : min = 0.0",
)


def rule(sign):
    """Three factors: input, own activity in the chosen channel, dopamine above its baseline."""
    return ann.Synapse(
        parameters=dict(eta=0.003 * sign),
        equations="dw/dt = eta * pre.r * post.chosen * post.sum(dopamine) : min = 0.0, max = 2.0",
    )


net = ann.Network(dt=1.0, seed=6)
cortex = net.create(ann.InputArray(STIMULI))
dopamine = net.create(ann.InputArray(1))
d1, d2 = net.create(ACTIONS, efferent), net.create(ACTIONS, efferent)
gpi, thalamus = net.create(ACTIONS, unit), net.create(ACTIONS, unit)
gpi.baseline, thalamus.baseline, thalamus.noise = 1.0, 1.1, 0.3

for striatum, sign in ((d1, 1.0), (d2, -1.0)):
    net.connect(cortex, striatum, "exc", rule(sign)).all_to_all(weights=ann.Uniform(0.45, 0.55))
    net.connect(dopamine, striatum, "dopamine").all_to_all(weights=1.0)
across = (np.ones((ACTIONS, ACTIONS)) - np.eye(ACTIONS)).astype(object)
across[across == 0.0] = None
net.connect(d1, gpi, "inh").one_to_one(weights=1.0)
net.connect(d2, gpi, "exc").one_to_one(weights=1.0)
net.connect(gpi, thalamus, "inh").one_to_one(weights=1.0)
net.connect(thalamus, thalamus, "inh").from_matrix(across)
m = net.monitor(thalamus, "r")
net.compile()

wanted = np.arange(STIMULI) % ACTIONS
expected = np.full((STIMULI, ACTIONS), 0.5)  # reward
rng, correct = np.random.default_rng(6), []
for trial in range(TRIALS):
    if trial == TRIALS // 2:
        wanted = 1 - wanted
    stimulus = int(rng.integers(STIMULI))
    cortex.r = np.eye(STIMULI)[stimulus]
    net.simulate(100.0)  # the thalamus decides
    action = int(np.argmax(thalamus.r))
    reward = float(action == wanted[stimulus])
    d1.chosen = d2.chosen = np.eye(ACTIONS)[action]
    dopamine.r = reward - expected[stimulus, action]
    net.simulate(50.0)  # dopamine is released, synapses learn
    expected[stimulus, action] += 0.1 * (reward - expected[stimulus, action])
    dopamine.r = 0.0
    d1.chosen = d2.chosen = 0.0
    cortex.r = 0.0
    net.simulate(50.0)
    correct.append(reward)

correct = np.array(correct)
half, tenth = TRIALS // 2, TRIALS // 10
phases = {
    "learned": correct[half - tenth : half].mean(),
    "after the reversal": correct[half : half + 20].mean(),
    "relearned": correct[-tenth:].mean(),
}
print(", ".join(f"{phase}: {share:.0%} correct" for phase, share in phases.items()))

fig, (top, bottom) = plt.subplots(2, 1, figsize=(8, 6), layout="constrained")
top.plot(np.convolve(correct, np.ones(20) / 20, mode="valid"))
top.axvline(half, color="k", ls="--", lw=0.8)
top.set(xlabel="trial", ylabel="correct (mean of 20)", ylim=(0, 1.05))
rates = m.get("r")[-1000:]
bottom.plot(rates, label=[f"action {action}" for action in range(ACTIONS)])
bottom.set(xlabel="time in the last five trials (ms)", ylabel="thalamus")
bottom.legend(loc="upper right")
fig.savefig("basal_ganglia.png")
print("wrote basal_ganglia.png")
