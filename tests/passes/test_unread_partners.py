"""The pre neuron of each synapse is stored by post neuron only where something asks for it there."""

import pytest

import nnc as ann

TRACE = ann.Neuron(parameters="tau = 20.0", equations="tau * dv/dt = 1.3 - v + g_exc", spike="v > 1.0", reset="v = 0.0")


def run(statement, target="llvm", threads=1):
    net = ann.Network(dt=1.0, seed=3)
    net.config(num_threads=threads, paradigm=target)
    synapse = ann.Synapse(post_spike=statement, pre_spike="g_target += w")
    pops = [net.create(90, TRACE) for _ in range(2)]
    pops[0].v = ann.Uniform(0.0, 1.0)
    pops[1].v = ann.Uniform(0.0, 1.0)
    proj = net.connect(*pops, "exc", synapse=synapse).fixed_probability(0.3, weights=0.1, force_multiple_weights=True)
    net.compile()
    fields = {f.name for f in net.state.block.layout.fields}
    net.simulate(60)
    return "proj0.back_pre" in fields, "proj0.back" in fields, proj.w


@pytest.mark.parametrize(("statement", "needed"), [("w += 0.01", False), ("w += 0.01 * pre.v", True)])
def test_partners_are_stored_where_they_are_read(statement, needed):
    partners, places, weights = run(statement)
    assert (partners, places) == (needed, True)
    assert weights[0][0] != 0.1
    for target, threads in (("interp", 1), ("llvm", 2)):
        assert run(statement, target, threads) == (partners, places, weights)
