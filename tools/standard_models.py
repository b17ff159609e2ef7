"""Writes docs/standard_models.md: every standard model with its equations, its defaults, and a picture of a run.

    python tools/standard_models.py           # the page and all pictures
    python tools/standard_models.py STDP      # the page and the picture of one model

Equations and defaults are taken from the models themselves. Needs matplotlib (`pip install "nnc-compiler[plot]"`).
"""

from __future__ import annotations

import inspect
import sys
import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import nnc as ann

if TYPE_CHECKING:
    from collections.abc import Callable

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE = DOCS / "standard_models.md"
IMAGES = DOCS / "images"

HEAD = """# Standard models

The neurons and synapses that come with nnc, in the order of `list_standard_neurons()` and `list_standard_synapses()`.
Parameters are keyword arguments: `ann.IF_curr_exp(tau_m=10.0)`. Units are mV, ms, nF, nA and µS. Parameters of neurons
have one value per neuron unless they are flagged `population`. Equations are those of the models; the numbers in `init`
are the parameters that the model was made with. This page and its pictures are written by
`python tools/standard_models.py`.
"""


@dataclass
class Panel:
    """One axis of a picture: lines by name over x, and spikes as vertical strokes."""

    label: str
    x: np.ndarray
    lines: dict[str, np.ndarray]
    spikes: np.ndarray = field(default_factory=lambda: np.zeros(0))
    unit: str = "t (ms)"


@dataclass
class Picture:
    """What is seen of a model, in words, and the panels that show it."""

    caption: str
    panels: list[Panel]


EXCITATION = [10.0, 12.0, 20.0, 30.0, 31.0, 45.0, 46.0, 47.0]
INHIBITION = [60.0, 62.0, 64.0]
ARRIVALS = "Spikes arrive at 10 to 47 ms (excitatory) and at 60 to 64 ms (inhibitory)"


def neurons_run(
    neuron: ann.Neuron, weights: float | None, duration: float, seen: tuple[str, ...]
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The variables of one neuron with excitatory and inhibitory spikes, and when it fired."""
    net = ann.Network(dt=0.1, seed=4)
    pop = net.create(1, neuron)
    if weights is not None:
        for times, target in ((EXCITATION, "exc"), (INHIBITION, "inh")):
            source = net.create(ann.SpikeSourceArray([times]))
            net.connect(source, pop, target).one_to_one(weights=weights)
    monitor = net.monitor(pop, ["spike", *seen])
    net.compile(silent=True)
    net.simulate(duration)
    data = monitor.get()
    return {name: np.asarray(data[name])[:, 0] for name in seen}, np.array(data["spike"][0]) * net.dt


def spiking(neuron: ann.Neuron, weights: float | None, caption: str, inputs: str = "", other: str = "") -> Picture:
    """The potential of a neuron, its spikes, and what drives it or what it adapts by."""
    names = tuple(inputs.split())
    rows, spikes = neurons_run(neuron, weights, 100.0, ("v", *names))
    t = np.arange(len(rows["v"])) * 0.1
    panels = [Panel("v (mV)", t, {"v": rows["v"]}, spikes)]
    if names:
        panels.append(Panel(other, t, {n: rows[n] for n in names}))
    return Picture(caption, panels)


def spike_current(name: str, inputs: str, weight: float) -> Picture:
    """An integrate-and-fire neuron with synaptic input."""
    unit = "input (nA)" if "curr" in name else "input (µS)"
    return spiking(getattr(ann, name)(), weight, f"{ARRIVALS}, with the weight {weight}.", inputs, unit)


def leaky_integrator() -> Picture:
    """Two steps of its input."""
    net = ann.Network(dt=1.0)
    source = net.create(1, ann.Neuron(equations="r = if t < 20: 0.0 else: if t < 60: 1.0 else: 0.3"))
    pop = net.create(1, ann.LeakyIntegrator(tau=10.0, T=0.2))
    net.connect(source, pop, "exc").one_to_one(weights=1.0)
    monitor = net.monitor(pop, ["v", "r"])
    net.compile(silent=True)
    net.simulate(100.0)
    lines = {name: np.asarray(monitor.get(name))[:, 0] for name in ("v", "r")}
    caption = "The input steps from 0 to 1 at 20 ms and to 0.3 at 60 ms; the threshold T is 0.2."
    return Picture(caption, [Panel("v, r", np.arange(100.0), lines)])


def gif(neuron: ann.Neuron, weights: float | None, duration: float, caption: str) -> Picture:
    """Escape noise: the spikes are random, their rate follows u - v."""
    names = ("u", "v") if weights is None else ("u", "v", "g_exc", "g_inh")
    rows, spikes = neurons_run(neuron, weights, duration, names)
    t = np.arange(len(rows["u"])) * 0.1
    panels = [Panel("u, v (mV)", t, {"u": rows["u"], "v": rows["v"]}, spikes)]
    if weights is not None:
        panels.append(Panel("input (pA)", t, {n: rows[n] for n in names[2:]}))
    return Picture(caption, panels)


def rate_plasticity(synapse: ann.Synapse, caption: str, extra: str = "") -> Picture:
    """Two inputs, one of which is active together with the post neuron more often."""
    net = ann.Network(dt=1.0)
    pre = net.create(2, ann.Neuron(parameters="phase = 0.0", equations="r = pos(sin(2*pi*t/100 + phase))"))
    pre.phase = [0.0, np.pi / 2]
    post = net.create(1, ann.Neuron(equations="r = sum(exc)"))
    proj = net.connect(pre, post, "exc", synapse).connect_from_matrix(np.array([[0.6, 0.3]]))
    net.compile(silent=True)
    monitor = net.monitor(proj.dendrite(0), ["w", *extra.split()])
    net.simulate(2000.0)
    w = np.asarray(monitor.get("w"))
    t = np.arange(len(w)) * 1.0
    panels = [Panel("w", t, {"from input 0": w[:, 0], "from input 1": w[:, 1]})]
    panels += [
        Panel(name, t, {name: np.asarray(monitor.get(name)).reshape(len(w), -1)[:, 0]}) for name in extra.split()
    ]
    return Picture(caption, panels)


def short_term() -> Picture:
    """Ten spikes at 20 Hz and one later: what is transmitted."""
    times = [*np.arange(10) * 50.0 + 20.0, 900.0]
    lines: dict[str, np.ndarray] = {}
    kinds = {
        "depressing (tau_rec=500, U=0.5)": ann.STP(tau_rec=500.0, tau_facil=0.01, U=0.5),
        "facilitating (tau_facil=500, U=0.1)": ann.STP(tau_rec=20.0, tau_facil=500.0, U=0.1),
    }
    for label, synapse in kinds.items():
        net = ann.Network(dt=1.0)
        source = net.create(ann.SpikeSourceArray([times]))
        pop = net.create(1, ann.Neuron(equations="10*dg_exc/dt = -g_exc : exponential", spike="False"))
        net.connect(source, pop, "exc", synapse).one_to_one(weights=1.0)
        monitor = net.monitor(pop, "g_exc")
        net.compile(silent=True)
        net.simulate(1000.0)
        lines[label] = np.asarray(monitor.get("g_exc"))[:, 0]
    caption = "Ten spikes at 20 Hz, and one 430 ms later, through a conductance that decays with 10 ms."
    return Picture(caption, [Panel("g_exc", np.arange(1000.0), lines)])


def spike_timing() -> Picture:
    """The change of the weight by one pair of spikes, as a function of their distance."""
    distances = np.arange(-60.0, 61.0)
    net = ann.Network(dt=1.0)
    firing = ann.Neuron(parameters="at = 0.0", equations="v = t", spike="v == at")
    pre, post = net.create(len(distances), firing), net.create(len(distances), firing)
    pre.at, post.at = 100.0 - distances, 100.0
    proj = net.connect(pre, post, "exc", ann.STDP()).one_to_one(weights=0.5)
    net.compile(silent=True)
    net.simulate(250.0)
    change = np.array([proj.dendrite(i).w[0] for i in range(len(distances))]) - 0.5
    caption = "The change of w = 0.5 by one pair of spikes; spikes arrive one step (1 ms) after they are emitted."
    return Picture(caption, [Panel("change of w", distances, {"": change}, unit="t_post - t_pre (ms)")])


ADAPTIVE = "A constant current of 1 nA; w adapts with every spike."

PICTURES: dict[str, Callable[[], Picture]] = {
    "LeakyIntegrator": leaky_integrator,
    "Izhikevich": lambda: spiking(
        ann.Izhikevich(i_offset=10.0), None, "A regular spiking neuron with i_offset = 10.", "u", "u"
    ),
    "IF_curr_exp": lambda: spike_current("IF_curr_exp", "g_exc g_inh", 3.0),
    "IF_cond_exp": lambda: spike_current("IF_cond_exp", "g_exc g_inh", 0.05),
    "IF_curr_alpha": lambda: spike_current("IF_curr_alpha", "alpha_exc alpha_inh", 1.0),
    "IF_cond_alpha": lambda: spike_current("IF_cond_alpha", "alpha_exc alpha_inh", 0.02),
    "EIF_cond_exp_isfa_ista": lambda: spiking(ann.EIF_cond_exp_isfa_ista(i_offset=1.0), None, ADAPTIVE, "w", "w (nA)"),
    "EIF_cond_alpha_isfa_ista": lambda: spiking(
        ann.EIF_cond_alpha_isfa_ista(),
        0.01,
        f"{ARRIVALS}, with the weight 0.01; w adapts with every spike.",
        "w alpha_exc alpha_inh",
        "w (nA), alpha (µS)",
    ),
    "HH_cond_exp": lambda: spiking(
        ann.HH_cond_exp(), 0.2, f"{ARRIVALS}, with the weight 0.2; the gates below.", "n m h", "gates"
    ),
    "GIF_curr": lambda: gif(
        ann.GIF_curr(), None, 500.0, "The default drive. Every spike raises the threshold v by J_v/tau_v."
    ),
    "GIF_curr_exp": lambda: gif(ann.GIF_curr_exp(I_ext=250.0), 250.0, 100.0, f"{ARRIVALS}, with the weight 250."),
    "Hebb": lambda: rate_plasticity(ann.Hebb(eta=0.001), "Two inputs whose phases differ: weights only grow."),
    "Oja": lambda: rate_plasticity(ann.Oja(eta=0.01), "The same inputs: the weights settle on a finite length."),
    "IBCM": lambda: rate_plasticity(
        ann.IBCM(eta=0.01, tau=200.0), "The same inputs: the threshold theta follows the square of the output.", "theta"
    ),
    "STP": short_term,
    "STDP": spike_timing,
}
"""By model: the run that its picture shows."""

COLOURS = ("#0072b2", "#d55e00", "#009e73")


def draw(picture: Picture, path: Path) -> None:
    """Write a picture as PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = len(picture.panels)
    figure = Figure(figsize=(6.4, 1.1 + 1.5 * rows), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, 1, sharex=True, squeeze=False, height_ratios=[3, *[2] * (rows - 1)][:rows])[:, 0]
    for axis, panel in zip(axes, picture.panels, strict=True):
        for (name, values), colour in zip(panel.lines.items(), COLOURS, strict=False):
            axis.plot(panel.x, values, color=colour, linewidth=1.2, label=name)
        top = max(float(np.max(v)) for v in panel.lines.values())
        low = min(float(np.min(v)) for v in panel.lines.values())
        if len(panel.spikes):
            axis.vlines(panel.spikes, top, top + 0.12 * (top - low), color="black", linewidth=0.8)
        if len(panel.lines) > 1:
            axis.legend(frameon=False, fontsize="small", loc="lower right", bbox_to_anchor=(1, 1), ncols=3, borderpad=0)
        axis.set_ylabel(panel.label)
        axis.spines[["top", "right"]].set_visible(False)
    axes[-1].set_xlabel(picture.panels[-1].unit)
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, dpi=80, metadata={"Software": None})


def equations_of(model: ann.Neuron | ann.Synapse) -> str:
    """The texts of a model, as they would be given to `Neuron` or `Synapse`."""
    described: Any = model.described
    parts = []
    for name in ("equations", "psp", "spike", "reset", "refractory", "pre_spike", "post_spike"):
        given = getattr(described, name, None)
        items = given if isinstance(given, tuple) else (given,)
        texts = [getattr(t, "text", str(t)) for t in items if t is not None and t != ""]
        if texts:
            body = "\n".join(textwrap.dedent(t).strip() for t in texts)
            lines = [line.strip() for line in body.splitlines() if line.strip()]
            parts.append(
                f"{name}: {lines[0]}" if len(lines) == 1 else f"{name}:\n" + textwrap.indent("\n".join(lines), "    ")
            )
    return "\n".join(parts)


def defaults_of(cls: type[Any]) -> str:
    """A table of the arguments of a model and their defaults."""
    arguments = list(inspect.signature(cls).parameters.values())
    names = " | ".join(f"`{a.name}`" for a in arguments)
    values = " | ".join(f"`{a.default!r}`" if isinstance(a.default, str) else str(a.default) for a in arguments)
    return f"| {names} |\n|{'---|' * len(arguments)}\n| {values} |"


def section(cls: type[Any], caption: str) -> str:
    """What the page says of one model."""
    doc = " ".join((inspect.getdoc(cls) or "").split())
    name = cls.__name__
    body = f"### {name}\n\n{textwrap.fill(doc, 120)}\n\n{defaults_of(cls)}\n\n"
    return f"{body}```text\n{equations_of(cls())}\n```\n\n![{name}](images/{name}.png)\n\n{caption}\n"


def page(captions: dict[str, str]) -> str:
    """The whole page, from the caption of each picture."""
    out = [HEAD]
    for title, models in (("Neurons", ann.list_standard_neurons()), ("Synapses", ann.list_standard_synapses())):
        out.append(f"## {title}\n")
        out += [section(cls, captions[cls.__name__]) for cls in models]
    return "\n".join(out)


def main(wanted: list[str]) -> None:
    """Run every model and write the page, and the pictures of those that are wanted (all by default)."""
    pictures = {name: run() for name, run in PICTURES.items()}
    PAGE.write_text(page({name: textwrap.fill(p.caption, 120) for name, p in pictures.items()}), encoding="utf-8")
    for name, picture in pictures.items():
        if not wanted or name in wanted:
            draw(picture, IMAGES / f"{name}.png")


if __name__ == "__main__":
    main(sys.argv[1:])
