"""Event-driven variables that neurons hold for their synapses look as if each synapse held its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import nnc as ann

if TYPE_CHECKING:
    from pathlib import Path

PRE = "g_target += w\nx += 0.1\nw = clip(w - y, 0.0, 1.0)"
POST = "y += 0.05\nw = clip(w + x, 0.0, 1.0)"


def built(
    method: str = "event-driven",
    event_time: str = "exact",
    start: Any = None,
    delays: Any = 1.0,
    equations: str = "10.0*dx/dt = -x : {0}\n8.0*dy/dt = -y : {0}",
    pre: str = PRE,
    post: str | None = POST,
    parameters: str = "",
    probability: float = 0.3,
    **config: Any,
) -> tuple[ann.Network, Any]:
    """Two populations whose spikes do not depend on the synapses between them; compiled."""
    net = ann.Network(dt=0.5, seed=3)
    net.config(event_time=event_time, **config)
    cell = ann.Neuron(
        parameters=dict(drive=ann.Parameter(0.1, locality="local")),
        equations="v += drive\ng_exc *= 0.8",
        spike="v > 1.0",
        reset="v = 0.0",
        axon_spike="v > 5.0",
    )
    pops = [net.create(n, cell) for n in (20, 15)]
    for pop in pops:
        pop.drive = np.linspace(0.03, 0.2, pop.size)
    rule = {"equations": equations.format(method), "pre_spike": pre, "parameters": parameters}
    link = net.connect(pops[0], pops[1], "exc", ann.Synapse(**rule, **({} if post is None else {"post_spike": post})))
    link.fixed_probability(probability, weights=ann.Uniform(0.2, 0.8), delays=delays)
    if "tau" in parameters:
        link.tau = ann.Uniform(5.0, 9.0)
    net.compile(silent=True)
    if start is not None:
        link.x = start(link)
    return net, link


def different(link: Any) -> list[list[float]]:
    """A value for each synapse."""
    return [[0.01 * i for i in range(len(row))] for row in link.w]


def weights(link: Any) -> np.ndarray[Any, Any]:
    return np.concatenate([np.ravel(row) for row in link.w])


def sides(net: ann.Network) -> list[str]:
    """Who holds the variables."""
    return [line.split("is held by ")[1].split(":")[0] for line in net.explain().splitlines() if "is held by" in line]


def close(a: Any, b: Any) -> None:
    np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=1e-11, atol=1e-13)


def test_values_are_read_per_synapse_and_are_those_of_now() -> None:
    (net, link), (other, each_step) = built(), built("exponential")
    watched = [n.monitor(p, ["x", "y"], period=1.0) for n, p in ((net, link), (other, each_step))]
    single = net.monitor(link.dendrite(4), "x")
    assert sides(net) == ["pre neurons", "post neurons"]
    for n in (net, other):
        n.simulate(30.0)
    for name in ("x", "y"):
        for row, wanted in zip(getattr(link, name), getattr(each_step, name), strict=True):
            close(row, wanted)
    for rows, wanted in zip(watched[0].get("x"), watched[1].get("x"), strict=True):
        close(np.concatenate(rows), np.concatenate(wanted))
    dendrite = link.dendrite(4)
    assert dendrite.x == link.x[link.post_ranks.index(4)]
    assert dendrite.synapse(dendrite.pre_ranks[1]).x == dendrite.x[1]
    assert single.get("x")[-1].tolist() == dendrite.x
    field = link.dendrite(4).receptive_field("x")
    assert field[dendrite.pre_ranks].tolist() == dendrite.x
    assert link._matrix("x", -1.0)[4][dendrite.pre_ranks].tolist() == dendrite.x


def test_one_value_and_values_that_agree_are_kept_by_neurons() -> None:
    net, link = built()
    net.simulate(10.0)
    link.x = 0.25
    assert {v for row in link.x for v in row} == {0.25}
    link.x = [[0.01 * pre for pre in row] for row in link.pre_ranks]
    assert sides(net) == ["pre neurons", "post neurons"]
    assert link.x == [[0.01 * pre for pre in row] for row in link.pre_ranks]
    net.simulate(1.0)
    assert sides(net) == ["pre neurons", "post neurons"]


@pytest.mark.parametrize("how", ["all", "dendrite", "synapse"])
def test_values_that_differ_give_each_synapse_its_own(how: str) -> None:
    found = []
    for method in ("event-driven", "exponential"):
        net, link = built(method)
        net.simulate(12.0)
        if how == "all":
            link.x = different(link)
        elif how == "dendrite":
            link.dendrite(3).x = 0.7
        else:
            link.dendrite(3).synapse(link.dendrite(3).pre_ranks[0]).x = 0.7
        now = [v for row in link.x for v in row]
        net.simulate(15.0)
        found.append((now, weights(link)))
        if method == "event-driven":
            assert sides(net) == ["each synapse"] * 2
            net.reset()
            net.simulate(5.0)
            assert sides(net) == ["each synapse"] * 2
    close(found[0][0], found[1][0])
    close(found[0][1], found[1][1])


@pytest.mark.parametrize("there", [None, different])
@pytest.mark.parametrize("here", [None, different])
def test_a_state_goes_on_whoever_holds_the_variables(here: Any, there: Any, tmp_path: Path) -> None:
    net, link = built(start=there)
    net.simulate(13.0)
    net.save(str(tmp_path / "state.npz"))
    net.simulate(20.0)
    other, again = built(start=here)
    other.simulate(3.0)
    other.load(str(tmp_path / "state.npz"))
    other.simulate(20.0)
    if here is there:
        assert again.w == link.w
    close(weights(again), weights(link))
    assert sides(other) == (["pre neurons", "post neurons"] if here is there is None else ["each synapse"] * 2)


def test_a_copy_goes_on() -> None:
    for start in (None, different):
        net, link = built(start=start)
        net.simulate(9.0)
        copy = net.copy(state=True)
        for each in (net, copy):
            each.simulate(11.0)
        assert copy.get_projections()[0].w == link.w


def test_synapses_that_come_and_go_hold_their_own() -> None:
    found = []
    for method in ("event-driven", "exponential"):
        net, link = built(method, structural_plasticity=True)
        net.simulate(12.0)
        if method == "event-driven":
            assert sides(net) == ["pre neurons", "post neurons"]
        dendrite = link.dendrite(3)
        dendrite.prune_synapse(dendrite.pre_ranks[0])
        free = next(i for i in range(20) if i not in dendrite.pre_ranks)
        dendrite.create_synapse(free, w=0.5)
        net.simulate(15.0)
        found.append(weights(link))
        if method == "event-driven":
            assert sides(net) == ["each synapse"] * 2
            assert "synapses come and go" in net.explain()
    close(*found)


@pytest.mark.parametrize("switch", ["transmission", "update", "plasticity"])
def test_time_passes_whatever_is_switched_off(switch: str) -> None:
    found = []
    for start in (None, different):
        net, link = built(start=start)
        if start is not None:
            link.x = 0.0
        net.simulate(8.0)
        setattr(link, switch, False)
        net.simulate(6.0)
        setattr(link, switch, True)
        net.simulate(8.0)
        found.append(weights(link))
    close(*found)


def test_weights_that_decay_belong_to_their_synapses() -> None:
    net, _ = built(
        equations="10.0*dx/dt = -x : {0}\n50.0*dw/dt = -w : {0}", pre="g_target += w\nx += 1\nw += 0.1", post=None
    )
    assert sides(net) == ["each synapse"] * 2


APART: dict[str, tuple[dict[str, Any], str]] = {
    "both events": ({"post": POST + "\nx -= 0.01"}, "events of both neurons change it"),
    "from the weight": ({"pre": PRE + "\nx += 0.1*w"}, "what events add to it differs"),
    "from another one": ({"pre": PRE + "\nx += y"}, "what events add to it differs"),
    "under a condition": ({"pre": PRE + "\nx = ite(w > 0.5, 1.0, x)"}, "what events add to it differs"),
    "unless post": ({"pre": PRE + "\nx += 1.0 : unless_post"}, "what events add to it differs"),
    "by chance": ({"pre": PRE + "\nx += Uniform(0, 1)"}, "what events add to it differs"),
    "from a neuron": ({"pre": PRE + "\nx += post.v"}, "what events add to it differs"),
    "of a neuron": ({"equations": "10.0*dx/dt = pre.v - x : {0}\n8.0*dy/dt = -y : {0}"}, "its equation reads 'v'"),
    "arrays": (
        {"equations": "tau*dx/dt = -x : {0}\n8.0*dy/dt = -y : {0}", "parameters": "tau = 7.0"},
        "its equation reads 'tau'",
    ),
    "initial values": (
        {"equations": "9.0*dx/dt = -x : {0}, init=Uniform(0.0, 0.1)\n8.0*dy/dt = -y : {0}"},
        "different values of 'x'",
    ),
    "delays": ({"delays": ann.Uniform(0.5, 3.0)}, "arrive at different times"),
    "a neighbour": (
        {
            "equations": "9.0*dx/dt = -x : {0}\ntau*dz/dt = -z : {0}",
            "parameters": "tau = 7.0",
            "pre": "x += z",
            "post": None,
        },
        "its equation reads 'tau'",
    ),
    "few": ({"probability": 0.04}, "fewer synapses than neurons"),
    "the reference": ({"event_time": "reference"}, "each synapse has a stamp"),
}


@pytest.mark.parametrize("case", APART)
def test_what_differs_between_synapses_stays_theirs(case: str) -> None:
    given, reason = APART[case]
    net, link = built(**given)
    assert sides(net) == ["each synapse"] * 2
    assert reason in net.explain()
    net.simulate(4.0)
    assert "proj0.last_event" in net.state.block.fields
    assert len(net.state.block.fields["proj0.x"]) == link.nb_synapses


def test_a_synapse_takes_its_weight_and_its_index() -> None:
    net, _ = built(probability=1.0, precision="float")
    fields = {f.name: net.state.block.fields[f.name].size for f in net.state.block.layout.fields}
    assert fields["proj0.x"] == 20
    assert fields["proj0.y"] == 15
    assert "proj0.last_event" not in fields
