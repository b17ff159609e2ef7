"""A report of a network: tables and typeset equations in HTML, LaTeX and Markdown, in the style of ANNarchy 5.0.

Two populations of exponential integrate-and-fire neurons with plastic excitatory synapses. The report comes from what
nnc has compiled, not from the text of the script; its formulas are read from the Markdown file and drawn beside the
spikes. Writes report.html, report.tex, report.md and report.png.
"""

import re
from pathlib import Path

import matplotlib.pyplot as plt

import nnc as ann

net = ann.Network(dt=0.1, seed=3)
cell = ann.Neuron(
    parameters=dict(tau_m=20.0, E_L=-65.0, V_T=-50.0, Delta_T=2.0, tau_exc=5.0, tau_inh=10.0, I_0=16.0),
    equations=[
        "tau_m * dv/dt = E_L - v + Delta_T * exp((v - V_T) / Delta_T) + g_exc - g_inh + I_0 : init=-65.0, max=0.0",
        ann.Variable("tau_exc * dg_exc/dt = -g_exc", method="exponential"),
        ann.Variable("tau_inh * dg_inh/dt = -g_inh", method="exponential"),
    ],
    spike="v > -40.0",
    reset="v = E_L",
    refractory=2.0,
    name="EIF",
    description="Exponential integrate-and-fire neuron",
    units={"v": "mV", "tau_m": "ms", "tau_exc": "ms", "tau_inh": "ms"},
)
exc, inh = net.create(80, cell, name="exc"), net.create(20, cell, name="inh")
for population in (exc, inh):
    population.v = ann.Uniform(-65.0, -50.0)
    net.connect(inh, population, "inh").fixed_probability(probability=0.2, weights=2.0)
    plastic = net.connect(exc, population, "exc", ann.STDP(A_plus=0.005))
    plastic.fixed_probability(probability=0.2, weights=ann.Uniform(0.0, 0.6), delays=1.5)
monitor = net.monitor(exc, "spike")
net.compile()

for ending in ("html", "tex", "md"):
    net.report(f"report.{ending}", title="Plastic exponential integrate-and-fire neurons", date="2026")
text = Path("report.md").read_text(encoding="utf-8")

net.simulate(300.0)
figure, (raster, page) = plt.subplots(1, 2, figsize=(11, 4.5))
ann.plot.raster(monitor, ax=raster)
formulas = [f.replace("\n", " ").strip() for f in re.findall(r"\$\$\n(.*?)\n\$\$", text, re.S)]
formulas = [
    re.sub(r"\\begin\{\w+\}|\\end\{\w+\}|\\\\|&|\\quad|\{\}", "", f) for f in formulas if "operatorname" not in f
]
print(f"{len(re.findall('^# ', text, re.M))} sections, {len(formulas)} formulas drawn")
for row, formula in enumerate(formulas):
    page.text(0.0, 1.0 - (row + 0.5) / len(formulas), f"${formula}$", fontsize=9, va="center")
page.axis("off")
figure.tight_layout()
figure.savefig("report.png")
print("wrote report.html, report.tex, report.md, report.png")
