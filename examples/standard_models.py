"""Standard neurons side by side, with the names and units of PyNN, in the style of ANNarchy 4.8.

Every standard integrate-and-fire cell gets the same spikes through an excitatory and an inhibitory synapse, and then
a current that makes it fire (A. P. Davison et al.: PyNN: a common interface for neuronal network simulators,
Frontiers in Neuroinformatics 2, 2009; mV, ms, nF, nA, uS). Currents and conductances, exponentials and alpha
functions give the same picture with other shapes; the adaptive neurons slow down. (`HH_cond_exp`, whose equations are
those of ANNarchy, does not fire in this way: its sodium channels stay inactivated; see hodgkin_huxley.py.) Writes
standard_models.png.
"""

import matplotlib.pyplot as plt

from nnc import *

setup(dt=0.05)

# the cell, the weights of its synapses, and a current that makes it fire
CELLS = {
    "IF_curr_exp": (IF_curr_exp(), 0.6, 0.6, 1.0),
    "IF_curr_alpha": (IF_curr_alpha(), 0.3, 0.3, 1.0),
    "IF_cond_exp": (IF_cond_exp(), 0.01, 0.05, 1.0),
    "IF_cond_alpha": (IF_cond_alpha(), 0.005, 0.025, 1.0),
    "EIF_cond_exp_isfa_ista": (EIF_cond_exp_isfa_ista(), 0.006, 0.03, 0.8),
    "EIF_cond_alpha_isfa_ista": (EIF_cond_alpha_isfa_ista(), 0.003, 0.015, 0.8),
}
excitation = SpikeSourceArray([20.0, 25.0, 30.0])
inhibition = SpikeSourceArray([80.0, 85.0, 90.0])
cells, monitors = {}, {}
for name, (model, w_exc, w_inh, _) in CELLS.items():
    cells[name] = Population(1, model, name=name)
    Projection(excitation, cells[name], "exc").connect_all_to_all(weights=w_exc)
    Projection(inhibition, cells[name], "inh").connect_all_to_all(weights=w_inh)
    monitors[name] = Monitor(cells[name], ["v", "spike"])
compile()

simulate(150.0)
for name, (*_, current) in CELLS.items():
    cells[name].i_offset = current
simulate(200.0)

fig, axes = plt.subplots(len(CELLS), 1, figsize=(8, 11), sharex=True, layout="constrained")
summary = {}
for axis, (name, monitor) in zip(axes, monitors.items(), strict=True):
    data = monitor.get()
    v, spikes = data["v"][:, 0], np.array(data["spike"][0]) * dt()
    rest = v[int(15.0 / dt())]
    epsp, ipsp = (v[int(a / dt()) : int(b / dt())] - rest for a, b in ((20.0, 80.0), (80.0, 140.0)))
    summary[name] = epsp.max(), ipsp.min(), len(spikes)
    print(f"{name:>25}: EPSP {epsp.max():4.1f} mV, IPSP {ipsp.min():4.1f} mV, {len(spikes)} spikes")
    axis.plot(dt() * np.arange(len(v)), v, lw=0.8)
    axis.vlines(spikes, -40.0, 0.0, color="C0", lw=0.8)
    axis.set(title=name, ylabel="v (mV)", ylim=(-85.0, 45.0))
axes[-1].set_xlabel("time (ms)")
fig.savefig("standard_models.png")
print("wrote standard_models.png")
