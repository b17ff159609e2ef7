"""One small network per feature of the language and the API, to compare targets with; 70 neurons are two parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import nnc as ann
from nnc.extensions.convolution import Convolution, Copy, Pooling, Transpose

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

N = 70
Built = list[Any]
"""What is to be monitored: populations, or pairs of an object and the names of variables."""


def _cell(**more: Any) -> ann.Neuron:
    given: dict[str, Any] = dict(
        parameters=dict(tau=8.0, drive=ann.Parameter(1.3, locality="local")),
        equations=["tau * dv/dt = drive - v + g_exc - g_inh", "5.0 * dg_exc/dt = -g_exc", "g_inh *= 0.5"],
        spike="v > 1.0",
        reset="v = 0.0",
    )
    return ann.Neuron(**{**given, **more})


def _cells(net: ann.Network, size: int = N, **more: Any) -> ann.Population:
    pop = net.create(size, _cell(**more))
    draw = np.random.default_rng(size)
    pop.v = draw.uniform(0.0, 1.05, size)
    pop.drive = draw.uniform(1.0, 3.0, size)
    return pop


def _unit(equations: str = "8.0 * dr/dt + r = x + sum(exc) - sum(inh)", **more: Any) -> ann.Neuron:
    return ann.Neuron(parameters=dict(x=ann.Parameter(0.5, locality="local")), equations=equations, **more)


def _units(net: ann.Network, size: int = N, **more: Any) -> ann.Population:
    pop = net.create(size, _unit(**more))
    pop.x = np.random.default_rng(size).uniform(-1.0, 1.0, size)
    return pop


def rate_sums(net: ann.Network) -> Built:
    """Sum, mean, maximum and minimum over synapses, sparse and dense."""
    source = _units(net, 40, equations="r = x*cos(t)")
    found: Built = [source]
    for operation in ("sum", "mean", "max", "min"):
        pop = net.create(N, ann.Neuron(equations="r = sum(exc) + 0.1*sum(inh)"))
        synapse = ann.Synapse(psp="w * pre.r", operation=operation)
        net.connect(source, pop, "exc", synapse).fixed_probability(0.3, weights=ann.Uniform(-1.0, 1.0))
        net.connect(source, pop, "inh", synapse).all_to_all(weights=ann.Uniform(-1.0, 1.0))
        found.append(pop)
    return found


def delays(net: ann.Network) -> Built:
    """One delay for all and one for each, of rates and of spikes."""
    cells, units = _cells(net), _units(net)
    net.connect(cells, cells, "exc").fixed_probability(0.2, weights=0.2, delays=3.0)
    net.connect(cells, cells, "inh").fixed_probability(0.2, weights=ann.Uniform(0.0, 0.2), delays=ann.Uniform(1.0, 4.0))
    net.connect(units, units, "exc").fixed_probability(0.2, weights=0.1, delays=ann.DiscreteUniform(1, 4))
    net.connect(units, units, "inh").all_to_all(weights=0.01, delays=2.0)
    return [cells, units]


def many_populations(net: ann.Network) -> Built:
    """Sizes that are no multiples of anything, views on both sides of projections."""
    pops = [_cells(net, size) for size in (1, 63, 65, 130)]
    for number, pre in enumerate(pops):
        post = pops[(number + 1) % len(pops)]
        net.connect(pre, post, "exc").all_to_all(weights=ann.Uniform(0.0, 0.4))
    net.connect(pops[3][60:100], pops[2][5:60], "inh").fixed_probability(0.5, weights=0.1)
    return list(pops)


def one_to_one(net: ann.Network) -> Built:
    """Rates between populations of the same size, and the neurons themselves left out."""
    a, b = _units(net), _units(net)
    net.connect(a, b, "exc").one_to_one(weights=ann.Uniform(0.0, 1.0))
    net.connect(b, b, "inh").all_to_all(weights=0.01, allow_self_connections=False)
    return [a, b]


def spike_timing(net: ann.Network) -> Built:
    """Event-driven traces, statements at spikes on both sides, limits of weights."""
    a, b = _cells(net), _cells(net, 90)
    link = net.connect(a, b, "exc", ann.STDP(tau_plus=10.0, tau_minus=10.0, A_plus=0.1, A_minus=0.05, w_max=0.5))
    link.fixed_probability(0.3, weights=ann.Uniform(0.0, 0.4))
    dense = net.connect(b, a, "exc", ann.STDP(tau_plus=10.0, tau_minus=10.0, A_plus=0.1, A_minus=0.05, w_max=0.5))
    dense.all_to_all(weights=ann.Uniform(0.0, 0.1))
    return [a, b, (link, ["w"]), (dense, ["w"])]


def traces_of_neurons(net: ann.Network) -> Built:
    """Traces that neurons hold for their synapses: sparse with a delay, dense, of a population with itself."""
    net.config(event_time="exact")
    a, b = _cells(net), _cells(net, 90)
    rule = ann.STDP(tau_plus=10.0, tau_minus=10.0, A_plus=0.1, A_minus=0.05, w_max=0.5)
    link = net.connect(a, b, "exc", rule).fixed_probability(0.3, weights=ann.Uniform(0.0, 0.4), delays=2.0)
    dense = net.connect(b, a, "exc", rule).all_to_all(weights=ann.Uniform(0.0, 0.1))
    own = net.connect(a, a, "inh", rule).fixed_probability(0.1, weights=ann.Uniform(0.0, 0.1))
    return [a, b, (link, ["w", "x", "y"]), (dense, ["w", "x", "y"]), (own, ["w", "x", "y"])]


def short_term(net: ann.Network) -> Built:
    """Synapses with variables of their own that change at spikes."""
    a, b = _cells(net), _cells(net)
    link = net.connect(a, b, "exc", ann.STP(tau_rec=20.0, tau_facil=10.0, U=0.3)).fixed_probability(0.3, weights=0.4)
    return [a, b, (link, ["x", "u"])]


def continuous_synapses(net: ann.Network) -> Built:
    """Equations of synapses in every step, with semiglobal and global values, of rates and of spikes."""
    units, cells = _units(net), _cells(net)
    learning = ann.Synapse(
        parameters="eta = 0.1 : projection\ngain = 0.5 : postsynaptic",
        equations="theta = mean(pre.r) : postsynaptic\n"
        "10.0 * dw/dt = eta*(pre.r - theta)*post.r*gain : min=0.0, max=1.0",
    )
    a = net.connect(units, units, "exc", learning).fixed_probability(0.3, weights=ann.Uniform(0.0, 0.3))
    b = net.connect(units, units, "inh", learning).all_to_all(weights=0.02)
    slow = ann.Synapse(equations="20.0 * dy/dt = -y + 0.1*post.v", pre_spike="g_target += w*(1 + y)\ny += 0.1")
    c = net.connect(cells, cells, "exc", slow).fixed_probability(0.3, weights=0.2)
    return [units, cells, (a, ["w"]), (b, ["w"]), (c, ["y"])]


def noise(net: ann.Network) -> Built:
    """Draws in neurons, one for all and one each, and in synapses, and of every distribution."""
    laws = "Uniform(0, 1) Normal(0, 1) Exponential(2.0) Gamma(2.5, 1.0) LogNormal(0, 1) Binomial(5, 0.3)"
    drawn = "\n".join(f"x{k} = {law})" for k, law in enumerate(laws[:-1].split(") ")))
    units = net.create(N, ann.Neuron(equations=f"s = Uniform(0.0, 1.0) : population\n{drawn}\nr = s + x1 + sum(exc)"))
    synapse = ann.Synapse(equations="w = 0.1*Normal(0.0, 1.0)")
    net.connect(units, units, "exc", synapse).fixed_probability(0.2, weights=0.0)
    net.connect(units, units, "exc", synapse).all_to_all(weights=0.0)
    return [units]


def reductions(net: ann.Network) -> Built:
    """Values of a whole population in its equations."""
    equations = "r = x + 0.1*(mean(r) - max(r) + min(r) + norm1(r) / 100.0 + norm2(r))"
    return [_units(net, 130, equations=equations)]


def rates_of_firing(net: ann.Network) -> Built:
    """Mean firing rates over a window."""
    cells = _cells(net)
    cells.compute_firing_rate(4.0)
    return [cells]


def refractoriness(net: ann.Network) -> Built:
    """Refractory periods: for all, for each, and while a condition holds."""
    own = dict(tau=8.0, period=3.0, drive=ann.Parameter(1.3, locality="local"))
    return [_cells(net, refractory=2.0), _cells(net, refractory="period", parameters=own), _with_periods(net)]


def _with_periods(net: ann.Network) -> ann.Population:
    pop = _cells(net, refractory=1.0)
    pop.refractory = np.arange(N) % 4 + 1.0
    return pop


def axonal_spikes(net: ann.Network) -> Built:
    """A second kind of events, with projections of its own."""
    cells = _cells(net, axon_spike="v > 0.7", axon_reset="v = v - 0.01")
    link = net.connect(cells, cells, "exc", ann.Synapse(pre_axon_spike="g_target += w"))
    link.fixed_probability(0.3, weights=0.1)
    return [cells]


def inputs(net: ann.Network) -> Built:
    """Populations and projections that are given their values."""
    array = net.create(ann.TimedArray(rates=np.arange(140.0).reshape(2, N), schedule=[1.0, 2.5], period=4.0))
    source = net.create(ann.SpikeSourceArray([[float(k % 9)] for k in range(N)]))
    noisy = net.create(ann.TimedPoissonPopulation(N, [0.0, 500.0], [0.0, 2.0]))
    shared = net.create(ann.HomogeneousCorrelatedSpikeTrains(N, [500.0, 900.0], 0.5, 5.0, schedule=[0.0, 3.0]))
    driven = net.create(ann.PoissonPopulation(N, target="exc"))
    out = _units(net)
    net.connect(ann.CurrentInjection(array, driven, "exc")).connect_current()
    net.connect(ann.DecodingProjection(noisy, out, "exc", window=2.0)).all_to_all(weights=0.5)
    net.connect(ann.DecodingProjection(source, out, "exc", window=3.0)).one_to_one()
    return [array, source, noisy, shared, driven, out]


def functions_and_conditions(net: ann.Network) -> Built:
    """Elementary functions, conditionals, integers, remainders, and numerical methods."""
    found: Built = []
    for method in ("explicit", "exponential", "implicit", "midpoint", "rk4"):
        cell = ann.Neuron(
            parameters="k = 3 : population, int\nb = 0.4",
            equations=f"""
                n = ite(v > 0.5, n + k, n - 1) : int, init=5
                3.0 * dv/dt = -v + q + sin(t) : {method}
                4.0 * dq/dt = cos(t) - q : {method}
                z = modulo(10*v, k) + v^3 + exp(-v^2) + log(1.0 + q^2) - sqrt(abs(q)) + power(abs(v), 1.5)
                r = clip(z + tanh(q), -3.0, 3.0) + floor(q*10) + ceil(v) + round(v*4) + (n % 3)
            """,
        )
        found.append(net.create(N, cell))
    return found


def switches(net: ann.Network) -> Built:
    """Periodic learning, with an offset."""
    units = _units(net)
    link = net.connect(units, units, "exc", ann.Oja(eta=0.1))
    link.fixed_probability(0.3, weights=ann.Uniform(0.0, 0.2))
    link.enable_learning(period=3.0, offset=1.0)
    return [units, (link, ["w"])]


def library(net: ann.Network) -> Built:
    """Models of the library with many variables."""
    found: Built = []
    for model in (ann.HH_cond_exp, ann.EIF_cond_alpha_isfa_ista, ann.IF_cond_alpha, ann.GIF_curr_exp, ann.Izhikevich):
        pop = net.create(33, model)
        net.connect(pop, pop, "exc").fixed_probability(0.3, weights=0.5, delays=1.0)
        found.append(pop)
    return found


def filters(net: ann.Network) -> Built:
    """Convolution and pooling, of rates and of spikes."""
    image = net.create((6, 8, 2), ann.Neuron(equations="r = Uniform(0.0, 1.0)"))
    unit = ann.Neuron(equations="r = sum(exc)")
    middle, small = net.create((6, 8, 3), unit), net.create((3, 4, 3), unit)
    draw = np.random.default_rng(2)
    Convolution(image, middle, "exc").connect_filters(weights=draw.normal(size=(3, 3, 4, 2)), delays=2.0)
    Convolution(middle, middle, "exc", operation="mean").connect_filter(
        weights=draw.normal(size=(3, 3)), keep_last_dimension=True, padding="border"
    )
    Pooling(middle, small, "exc").connect_pooling(extent=(2, 2, 1))
    cells = net.create((8, 9), ann.Neuron(equations="v = Uniform(0.0, 1.0)", spike="v > 0.8", reset="v = 0.0"))
    driven = net.create((8, 9), ann.Neuron(equations="dv/dt = g_exc - 0.1 * v", spike="v > 5.0", reset="v = 0.0"))
    Convolution(cells, driven, "exc", psp=None).connect_filter(weights=np.abs(draw.normal(size=(6, 6))), delays=2.0)
    return [middle, small, cells, driven]


def lent_weights(net: ann.Network) -> Built:
    """Projections that use the weights of others, the other way round too."""
    cells = [_cells(net, size) for size in (70, 90, 70, 90)]
    stdp = ann.STDP(tau_plus=20.0, tau_minus=20.0, A_plus=0.1, A_minus=0.1, w_min=0.0, w_max=0.5)
    lender = net.connect(cells[0], cells[1], "exc", stdp).fixed_probability(0.3, weights=ann.Uniform(0.0, 0.2))
    Copy(cells[2], cells[3], "exc", psp=None).copy(lender)
    Transpose(lender, "inh").transpose()
    return list(cells)


def growth(net: ann.Network) -> Built:
    """Synapses that come and go."""
    net.config(structural_plasticity=True)
    a, b = _units(net), net.create(N, ann.Neuron(equations="r = sum(exc)"))
    fading = ann.Synapse(
        equations="dw/dt = -w/10.0\nage = age + 1.0",
        creating=ann.Creating(
            "pre.r > 0.1 and post.r < 3", proba=0.05, w=ann.Uniform(0.5, 1.0), d=ann.Uniform(1.0, 4.0)
        ),
        pruning="w < 0.4 : proba = 0.5",
    )
    link = net.connect(a, b, "exc", fading).fixed_probability(0.1, weights=ann.Uniform(0.0, 1.0))
    return [a, b, (link, ["w"])]


def procedural(net: ann.Network) -> Built:
    """Synapses that are made again: of spikes and of rates, whole populations and ranges, with and without self."""
    cells, units = _cells(net), _units(net, 20)
    cells.drive = np.random.default_rng(1).uniform(2.0, 6.0, N)
    again: dict[str, Any] = dict(storage="procedural")
    net.connect(cells[10:60], cells[3:68], "inh").fixed_probability(0.7, ann.Uniform(0.0, 0.1), 2.0, **again)
    net.connect(cells[10:60], cells, "exc").fixed_number_post(20, weights=0.05, **again)
    net.connect(units, units, "exc").fixed_probability(0.3, ann.Normal(0.0, 0.2, max=0.3), 3.0, True, **again)
    most = ann.Synapse(psp="w * pre.r", operation="max")
    net.connect(units, units[5:15], "inh", most).fixed_number_pre(7, weights=ann.Uniform(0.0, 0.5), **again)
    return [cells, units]


FEATURES: dict[str, Callable[[ann.Network], Built]] = {
    build.__name__: build
    for build in (
        rate_sums, delays, many_populations, one_to_one, spike_timing, traces_of_neurons, short_term,
        continuous_synapses, noise, reductions,
        rates_of_firing, refractoriness, axonal_spikes, inputs, functions_and_conditions, switches, library,
        filters, lent_weights, growth, procedural,
    )
}  # fmt: skip


def _ragged(rows: Any) -> bool:
    return isinstance(rows, np.ndarray) and rows.dtype == object


def outcome(
    build: Callable[[ann.Network], Built], *, target: str = "llvm", steps: int = 8, **settings: Any
) -> dict[str, NDArray[Any]]:
    """All attributes of all objects, and all that was recorded, after two stretches of a fresh network."""
    net = ann.Network(dt=1.0, seed=7)
    net.config(**{"paradigm": target, "on_nonfinite": "ignore", "determinism": "strict", **settings})
    for each in build(net):
        obj, names = each if isinstance(each, tuple) else (each, None)
        if names is None:
            names = [*(["spike"] if obj.is_spiking else []), *obj.variables]
        net.monitor(obj, names)
    net.compile(silent=True)
    for link in net.get_projections(suppress_error=True):
        if link.synapse_type.described.creating is not None:
            link.start_creating(1.0)
            link.start_pruning(2.0)
    net.simulate(steps - steps // 2)
    net.simulate(steps // 2)
    found: dict[str, NDArray[Any]] = {}
    for obj in [*net.get_populations(), *net.get_projections(suppress_error=True)]:
        for name in obj.attributes:
            found[f"{obj.name}.{name}"] = np.asarray(obj._values.packed(name))
    for number, monitor in enumerate(net.get_monitors()):
        for name, rows in monitor.get(force_dict=True).items():
            if name == "spike":
                rows = np.array([(t, n) for n, times in sorted(rows.items()) for t in times]).reshape(-1, 2)
            flat = np.asarray(rows, object) if _ragged(rows) else np.asarray(rows)
            found[f"{number}.{name}"] = np.concatenate([np.ravel(x) for x in flat.ravel()]) if _ragged(rows) else flat
    return found
