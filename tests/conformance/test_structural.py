"""Structural plasticity: the same bits everywhere, a plain model of the rules, networks that are built so at once."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nnc as ann
from nnc.compiler.codegen.target import get_target

PRE, POST = 70, 90


def growing(target, threads, precision, steps):
    """A network with rates, spikes, delays and learning, in which synapses come and go."""
    net = ann.Network(dt=1.0, seed=3)
    net.config(paradigm=target, num_threads=threads, precision=precision)
    unit = ann.Neuron(parameters=dict(x=ann.Parameter(0.0, locality="local")), equations="r = x + 0.1*sin(t)")
    cell = ann.Neuron(
        equations="dv/dt = (0.5 - v)/10 + 0.1*g_exc + 0.3*Uniform(0.0, 1.0)", spike="v > 1", reset="v = 0"
    )
    a, b, c = net.create(PRE, unit), net.create(POST, ann.Neuron(equations="r = sum(exc)")), net.create(POST, cell)
    a.x = np.linspace(0.0, 1.0, PRE)
    fading = ann.Synapse(
        parameters=dict(tau=10.0),
        equations="dw/dt = -w/tau\nage = age + 1.0",
        creating=ann.Creating(
            "pre.r > 0.6 and post.r < 3", proba=0.05, w=ann.Uniform(0.5, 1.0), d=ann.Uniform(1.0, 4.0)
        ),
        pruning="w < 0.2 : proba = 0.5",
    )
    learning = ann.Synapse(
        equations="trace = 0.9*trace + 0.01*Normal(0.0, 1.0)\ndx/dt = -x/20.0 : event-driven",
        pre_spike="g_target += w\nx += 1.0",
        post_spike="w += 0.05*x",
        creating="pre.v > 0.9 and post.v > 0.9 : proba = 0.1, w = 0.2",
        pruning="trace < -0.02 or w > 0.9",
    )
    rate = net.connect(a, b, "exc", fading).fixed_probability(0.1, weights=ann.Uniform(0.0, 1.0))
    spikes = net.connect(c, c, "exc", learning).fixed_probability(0.1, weights=ann.Uniform(0.0, 0.3), delays=2.0)
    net.compile()
    rate.start_creating(3.0)
    rate.start_pruning(2.0)
    spikes.start_creating(4.0)
    spikes.start_pruning(7.0)
    net.simulate(steps)
    found = [(p.pre_ranks, p.w, p.delay) for p in (rate, spikes)]
    return [*found, rate.age, spikes.trace, spikes.x, b.r.tolist(), c.v.tolist()]


@pytest.mark.parametrize("precision", ["double", "float"])
def test_all_targets_and_teams_make_the_same_synapses(precision):
    """D21: a network that also spikes, and synapses made with delays."""
    reference = growing("llvm", 1, precision, 60.0)
    assert growing("llvm", 2, precision, 60.0) == reference
    if get_target("openmp").available() is None:
        assert growing("openmp", 2, precision, 60.0) == reference


def test_the_interpreter_makes_the_same_synapses():
    assert growing("interp", 2, "double", 5.0) == growing("llvm", 1, "double", 5.0)


@settings(max_examples=15)
@given(data=st.data())
def test_rules_do_what_a_plain_model_of_them_does(data):
    pre, post = data.draw(st.integers(1, 5), label="pre"), data.draw(st.integers(1, 5), label="post")
    present = data.draw(st.lists(st.tuples(st.integers(0, post - 1), st.integers(0, pre - 1)), unique=True, min_size=1))
    starts = {what: data.draw(st.integers(0, 4), label=f"start {what}") for what in ("creating", "pruning")}
    periods = {what: data.draw(st.integers(1, 3), label=f"period {what}") for what in ("creating", "pruning")}
    level = np.array(data.draw(st.lists(st.integers(0, 3), min_size=pre, max_size=pre), label="pre.x"), float)

    net = ann.Network(dt=1.0, seed=1)
    net.config(paradigm="interp")
    a = net.create(pre, ann.Neuron(parameters=dict(x=ann.Parameter(0.0, locality="local")), equations="r = x"))
    b = net.create(post, ann.Neuron(equations="r = sum(exc)"))
    synapse = ann.Synapse(
        equations="n = n + 1 + pre.r", creating="pre.r >= 2 and post.r < 3 : w = 0.5", pruning="n > 6 or w == 8"
    )
    matrix = [[None] * pre for _ in range(post)]
    for i, j in present:
        matrix[i][j] = 1.0 + (i + j) % 8
    proj = net.connect(a, b, "exc", synapse).from_matrix(matrix)
    net.compile()
    a.x = level
    weights = {(i, j): matrix[i][j] for i, j in present}
    counts = dict.fromkeys(weights, 0.0)
    rate, sums = np.zeros(pre), np.zeros(post)
    for k in range(8):
        for what, start in starts.items():
            if start == k:
                (proj.start_creating if what == "creating" else proj.start_pruning)(periods[what])
        net.step()
        sums = np.array([sum(w * rate[j] for (i, j), w in weights.items() if i == at) for at in range(post)])
        rate = level
        counts = {pair: n + 1 + rate[pair[1]] for pair, n in counts.items()}
        due = {w: k >= starts[w] and (k - starts[w]) % periods[w] == 0 for w in starts}
        if due["creating"]:
            for i in sorted({i for i, _ in present}):
                for j in range(pre):
                    if (i, j) not in weights and rate[j] >= 2 and sums[i] < 3:
                        weights[i, j], counts[i, j] = 0.5, 0.0
        if due["pruning"]:
            gone = [pair for pair, n in counts.items() if n > 6 or weights[pair] == 8]
            for pair in gone:
                del weights[pair], counts[pair]
        rows = sorted({i for i, _ in present})
        assert proj.pre_ranks == [sorted(j for i, j in weights if i == row) for row in rows]
        assert proj.n == [[counts[row, j] for j in sorted(j for i, j in weights if i == row)] for row in rows]
        assert b.r.tolist() == sums.tolist()


def build(matrix, delays, threads):
    """A spiking network with learning whose synapses and delays are given."""
    net = ann.Network(dt=1.0, seed=1)
    net.config(structural_plasticity=True, num_threads=threads, paradigm="interp")
    cell = ann.Neuron(equations="v = t + g_exc", spike="v % 3.0 == 0.0", reset="v = 0")
    pop = net.create(len(matrix), cell)
    synapse = ann.Synapse(
        equations="c = c + 1.0 + w : init = 0\nx = x : init = 0", pre_spike="g_target += w\nx += 1", post_spike="w += x"
    )
    proj = net.connect(pop, pop, "exc", synapse).from_matrix(matrix, delays=delays)
    monitor = net.monitor(pop, "spike")
    net.compile()
    return net, proj, monitor


@settings(max_examples=8)
@given(data=st.data())
def test_an_edited_network_runs_like_one_that_was_built_so(data):
    n, threads = 66, data.draw(st.sampled_from([1, 2]))
    pairs = st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), unique=True, min_size=2, max_size=40)
    generator = np.random.default_rng(data.draw(st.integers(0, 99)))
    first = sorted(data.draw(pairs, label="first"))
    weights, delays = generator.integers(1, 4, (n, n)).astype(float), generator.integers(1, 4, (n, n)).astype(float)
    posts = {i for i, _ in first}
    again = st.tuples(st.sampled_from(sorted(posts)), st.integers(0, n - 1))
    second = sorted(data.draw(st.lists(again, unique=True, min_size=1, max_size=40), label="second"))

    def as_matrices(chosen):
        made = [[[None] * n for _ in range(n)] for _ in range(2)]
        for i, j in chosen:
            made[0][i][j], made[1][i][j] = weights[i, j], delays[i, j]
        return made

    delays[first[0]] = 2.0
    delays[first[-1]] = 3.0
    net, proj, monitor = build(*as_matrices(first), threads)
    for i in posts:
        old, new = {j for a, j in first if a == i}, {j for a, j in second if a == i}
        proj[i].prune_synapses(sorted(old - new))
        fresh = sorted(new - old)
        proj[i].create_synapses(fresh, weights[i, fresh], delays[i, fresh])
    net.simulate(15.0)
    other, built, others = build(*as_matrices(second), threads)
    other.simulate(15.0)
    assert [row for row in proj.pre_ranks if row] == built.pre_ranks
    assert [row for row in proj.w if row] == built.w
    assert [row for row in proj.c if row] == built.c
    assert monitor.get("spike") == others.get("spike")
