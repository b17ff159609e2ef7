"""The standard neurons against values measured on the reference (dt = 0.1 ms, 50 ms, sources firing at five times)."""

import pytest

import nnc as ann

FIRING = "(v == 100) or (v == 120) or (v == 200) or (v == 300) or (v == 310)"


def record(neuron, weight, variables):
    net = ann.Network(dt=0.1)
    pop = net.create(1, neuron)
    if weight is not None:
        source = net.create(1, ann.Neuron(equations="v = floor(t / dt + 0.5)", spike=FIRING))
        net.connect(source, pop, "exc").one_to_one(weights=weight)
    m = net.monitor(pop, ["spike", *variables])
    net.compile()
    net.simulate(50.0)
    data = m.get()
    return data["spike"][0], {name: data[name][:, 0] for name in variables}


@pytest.mark.parametrize(
    ("neuron", "weight", "spikes", "samples"),
    [
        (
            ann.Izhikevich(i_offset=10.0),
            None,
            [33, 270],
            {
                "v": {0: -64.3, 1: -63.61204, 100: -66.72591161, 499: -68.89004353},
                "u": {1: -12.99972, 499: -4.950623304},
            },
        ),
        (
            ann.IF_curr_exp(i_offset=1.0),
            0.5,
            [181, 335],
            {
                "v": {0: -64.90024958, 101: -56.96003637, 499: -52.19075314},
                "g_exc": {101: 0.5, 102: 0.4900993367, 201: 0.6686159006},
            },
        ),
        (
            ann.IF_curr_exp(i_offset=1.0, tau_refrac=2.0),
            0.5,
            [181, 350],
            {"v": {200: -65.0, 201: -65.0, 499: -54.59791587}},
        ),
        (
            ann.IF_cond_exp(),
            0.05,
            [158, 257, 333],
            {"v": {101: -64.6766196, 150: -51.08722638, 499: -55.4661432}},
        ),
        (
            ann.IF_curr_alpha(),
            2.0,
            [167, 214, 256, 314, 349, 383, 434],
            {"v": {102: -64.9893686, 499: -56.04982424}, "alpha_exc": {101: 0.106580026, 150: 3.790252807}},
        ),
        (
            ann.IF_cond_alpha(),
            0.05,
            [154, 184, 217, 245, 278, 319, 343, 365, 390, 424, 498],
            {"v": {102: -64.98272627}, "alpha_exc": {499: 0.02478599549}},
        ),
        (
            ann.EIF_cond_exp_isfa_ista(i_offset=1.0),
            None,
            [118, 256, 416],
            {"v": {0: -70.24412724, 499: -55.49227693}, "w": {1: 9.885354535e-07, 499: 0.2222488711}},
        ),
        (
            ann.HH_cond_exp(i_offset=0.2),
            None,
            [],
            {
                "v": {0: -64.90024958, 150: -51.34973866, 499: -52.02737372},
                "n": {0: 0.001814521802},
                "m": {0: 0.006765153045},
                "h": {0: 0.999997587},
            },
        ),
    ],
    ids=lambda x: x.name if isinstance(x, ann.Neuron) else None,
)
def test_course_of_the_standard_neurons(neuron, weight, spikes, samples):
    found, values = record(neuron, weight, list(samples))
    for name, at in samples.items():
        for step, value in at.items():
            assert values[name][step] == pytest.approx(value, rel=2e-9), (name, step)
    assert found == spikes
