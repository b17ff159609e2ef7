"""Networks for reports: one with everything."""

from __future__ import annotations

import numpy as np

import nnc as ann
from nnc.extensions.convolution import Convolution, Pooling

RATE = """
    noise = Uniform(-1.0, 1.0)
    tau * dmp/dt + mp = sum(exc) - sum(inh) + clip(mp, -B, 1.0) + half(mp, B) : min=-10.0
    shared = mean(r) : population
    r = pos(mp)
"""
GROWING = "pre.r * post.r > limit : proba=0.1, w=Uniform(0.0, 1.0)"


def everything() -> ann.Network:
    """Rates, spikes, plasticity, structural rules, shared weights, hybrid projections, BOLD, inputs and constants."""
    net = ann.Network(dt=0.5, seed=1)
    net.config(structural_plasticity=True)
    limit = net.constant("limit", 1.5)
    rate = ann.Neuron(
        parameters=dict(tau=10.0, B=ann.Parameter(2, type="int", locality="local")),
        equations=RATE,
        functions="half(x, y) = (x - y) / 2.0",
        name="Rate",
        description="A rate-coded neuron",
        units={"tau": "ms"},
    )
    assert limit == 1.5
    image = net.create((4, 4), rate, name="image")
    area = net.create((4, 4), rate, name="area_1")
    small = net.create((2, 2), rate, name="small")
    image.B = np.arange(16)
    area.mp = ann.Normal(0.0, 0.5)
    Convolution(image, area, "exc").connect_filter(np.arange(9.0).reshape(3, 3))
    Pooling(image, small, "exc", operation="max").connect_pooling()
    oja = net.connect(image, area, "inh", synapse=ann.Oja).all_to_all(weights=ann.Normal(0.1, 0.2))
    grown = ann.Synapse(
        parameters=dict(tau=100.0),
        equations="tau * dw/dt = pre.r * post.r : min=0.0, max=1.0",
        creating=GROWING,
        pruning="w < 0.01",
        name="Grown",
    )
    net.connect(area, area, "inh", synapse=grown, name="grown").fixed_number_pre(3, weights=0.3, delays=2.0)
    poisson = net.create(ann.PoissonPopulation(10, rates=np.linspace(10.0, 50.0, 10)), name="noise")
    cells = net.create(10, ann.Izhikevich, name="cells")
    net.create(ann.SpikeSourceArray([[1.0, 2.0], [3.0]]), name="source")
    timed = net.create(ann.TimedArray(np.eye(10), schedule=10.0), name="timed")
    ann.CurrentInjection(timed, cells, "exc").connect_current()
    ann.DecodingProjection(poisson, area, "exc", window=10.0).all_to_all(weights=1.0)
    net.connect(poisson, cells, "exc").fixed_probability(probability=0.5, weights=2.0, delays=ann.Uniform(1.0, 5.0))
    for k in range(2):
        half = slice(5 * k, 5 * k + 5)
        net.connect(poisson[half], cells[half], "inh", synapse=ann.STDP).all_to_all(weights=1.0)
    net.boldmonitor([cells], mapping={"I_CBF": "v"}, normalize_input=100.0)
    net.monitor(cells[:3], ["spike", "v"], period=5.0)
    net.monitor(oja, ["w"], period=100.0)
    return net
