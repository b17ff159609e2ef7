"""Fitting a neuron to a recording by Bayesian optimisation, in the style of ANNarchy 5.0.

The recording is the response of an adaptive exponential neuron (adex.py) to four steps of current. A Bayesian
optimiser proposes parameters of a simpler neuron, leaky integrate-and-fire with adaptation; whole batches of
proposals are simulated at once, a row of neurons for each; and it learns from the mismatch of the numbers and the
times of the spikes. Needs Optuna, `pip install "nnc-compiler[examples]"` (T. Akiba et al.: Optuna, KDD 2019; the
sampler is that of J. Bergstra et al.: Algorithms for hyper-parameter optimization, NIPS 24, 2011). Writes
fitting.png.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np
import optuna

import nnc as ann

ROUNDS, BATCH = (15, 20) if "--short" in sys.argv else (40, 25)
CURRENTS = np.array([250.0, 350.0, 450.0, 550.0])  # pA
DURATION = 300.0

adex = ann.Neuron(
    parameters=dict(C=200.0, gL=12.0, EL=-70.0, VT=-50.0, DT=2.0, a=2.0, b=60.0, tau_w=300.0, Vr=-58.0)
    | {"I": ann.Parameter(0.0, locality="local")},
    equations=[
        ann.Variable("C * dv/dt = gL * (EL - v) + gL * DT * exp((v - VT) / DT) - w + I", init=-70.0),
        "tau_w * dw/dt = a * (v - EL) - w",
    ],
    spike="v > 0.0",
    reset=["v = Vr", "w += b"],
)
SPACE = {"C": (100.0, 400.0), "gL": (5.0, 20.0), "VT": (-58.0, -45.0), "b": (0.0, 150.0), "tau_w": (50.0, 500.0)}
model = ann.Neuron(  # integrate-and-fire with adaptation: simpler than what it is fitted to
    parameters={name: ann.Parameter(1.0, locality="local") for name in (*SPACE, "I")} | {"EL": -70.0, "Vr": -58.0},
    equations=[
        ann.Variable("C * dv/dt = gL * (EL - v) - w + I", init=-70.0),
        "tau_w * dw/dt = -w",
    ],
    spike="v > VT",
    reset=["v = Vr", "w += b"],
)


def recorded(net, pop):
    """The times of the spikes (ms) of every neuron."""
    m = net.monitor(pop, ["spike", "v"])
    net.compile(silent=True)

    def run(**parameters):
        net.reset()  # parameters are again what they were before compile()
        pop.set(parameters)
        net.simulate(DURATION)
        spikes, v = m.get("spike"), m.get("v")
        return [np.array(spikes[rank]) * net.dt for rank in range(pop.size)], v

    return run


def mismatch(times, wanted):
    """Differences of the counts, and of the times of the spikes that both have (in units of 10 ms)."""
    shared = min(len(times), len(wanted))
    return abs(len(times) - len(wanted)) + np.abs(times[:shared] - wanted[:shared]).mean() / 10.0 if shared else 10.0


net = ann.Network(dt=0.05)
cell = net.create(len(CURRENTS), adex)
cell.I = CURRENTS
wanted, potential = recorded(net, cell)()

batch = ann.Network(dt=0.05)
candidates = batch.create((BATCH, len(CURRENTS)), model)
candidates.I = np.tile(CURRENTS, (BATCH, 1))
run = recorded(batch, candidates)

optuna.logging.set_verbosity(optuna.logging.WARNING)
study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=1, multivariate=False))
best = []
for _ in range(ROUNDS):
    trials = [study.ask() for _ in range(BATCH)]
    proposals = {name: [trial.suggest_float(name, *bounds) for trial in trials] for name, bounds in SPACE.items()}
    spikes, _ = run(**{name: np.repeat(values, len(CURRENTS)) for name, values in proposals.items()})
    for k, trial in enumerate(trials):
        rows = spikes[k * len(CURRENTS) : (k + 1) * len(CURRENTS)]
        study.tell(trial, float(np.mean([mismatch(*pair) for pair in zip(rows, wanted, strict=True)])))
    best.append(study.best_value)

print(f"mismatch {best[0]:.2f} after the first batch of {BATCH}, {best[-1]:.2f} after {ROUNDS * BATCH} simulations")
print(", ".join(f"{name} = {value:.1f}" for name, value in study.best_params.items()))

fitted, model_potential = run(**{name: np.full(candidates.size, value) for name, value in study.best_params.items()})
for current, theirs, ours in zip(CURRENTS, wanted, fitted, strict=False):
    print(f"{current:.0f} pA: {len(theirs)} spikes recorded, {len(ours)} fitted")

fig, axes = plt.subplots(1 + len(CURRENTS), 1, figsize=(8, 9), layout="constrained")
axes[0].plot(BATCH * np.arange(1, ROUNDS + 1), best, ".-")
axes[0].set(xlabel="simulations", ylabel="best mismatch")
ms = net.dt * np.arange(len(potential))
for rank, axis in enumerate(axes[1:]):
    axis.plot(ms, np.clip(potential[:, rank], None, -30.0), "k", lw=0.8, label="recorded")
    axis.plot(ms, model_potential.reshape(len(ms), -1)[:, rank], "r", lw=0.8, label="fitted")
    axis.set(ylabel="v (mV)", title=f"{CURRENTS[rank]:.0f} pA")
axes[1].legend(loc="upper right")
axes[-1].set_xlabel("time (ms)")
fig.savefig("fitting.png")
print("wrote fitting.png")
