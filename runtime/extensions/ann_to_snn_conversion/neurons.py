"""The neurons of converted networks: inputs that code numbers by spikes, hidden units, and read-outs.

Each has a trace `mask` that decays with `mask_tau` (ms) and grows by `1 / mask_tau` with every spike: its integral is
the number of spikes, which convolution and pooling layers read.
"""

from __future__ import annotations

from typing import Final

from nnc.runtime.equations.neuron import Neuron

_TRACE: Final = "dmask/dt = -mask / mask_tau"
_MARK: Final = "mask += 1.0 / mask_tau"
_TAU: Final = "mask_tau = 20.0 : population\n"


def input_neuron(encoding: str) -> Neuron:
    """A neuron that spikes according to its `rates`: "CPN" or "poisson", "IB", "PSO"."""
    return _ENCODINGS[encoding]()


def _poisson() -> Neuron:
    """Spikes come at random at `rates` Hz (Diehl et al. 2015)."""
    return Neuron(
        parameters=_TAU + "rates = 0.0",
        equations=["p = Uniform(0.0, 1.0) * (1000.0 / dt)", _TRACE],
        spike="p < rates",
        reset=_MARK,
        name="PoissonInput",
        description="Spikes at random with a rate",
    )


def _bursting() -> Neuron:
    """Intrinsically bursting neuron of Izhikevich (2003) with `rates` as its current."""
    return Neuron(
        parameters=_TAU
        + """
            a = 0.02 : population
            b = 0.2 : population
            c = -55.0 : population
            d = 4.0 : population
            v_thresh = 30.0 : population
            rates = 0.0
        """,
        equations=[
            "dv/dt = 0.04 * v^2 + 5.0 * v + 140.0 - u + rates : init = -55.0",
            "du/dt = a * (b * v - u) : init = -13.0",
            _TRACE,
        ],
        spike="v > v_thresh",
        reset=f"v = c\nu += d\n{_MARK}",
        name="BurstingInput",
        description="Intrinsically bursting neuron of Izhikevich, driven by a current",
    )


def _phases() -> Neuron:
    """Spikes in phase j of a period of `k` steps if `rates > vt * 2^-(1 + j)`; the phases are those of Kim et al.
    (2018)."""
    return Neuron(
        parameters=_TAU
        + """
            k = 8.0 : population
            vt = 1.0 : population
            rates = 0.0
        """,
        equations=["phase = modulo(round(t / dt), k) : population", "P = vt * 2.0^(-1.0 - phase) : population", _TRACE],
        spike="rates > P",
        reset=_MARK,
        name="PhaseInput",
        description="Spikes in the phases of a global oscillation whose weight is below a number",
    )


_ENCODINGS: Final = {"CPN": _poisson, "poisson": _poisson, "IB": _bursting, "PSO": _phases}
ENCODINGS: Final = tuple(_ENCODINGS)
PROPORTIONAL: Final = ("CPN", "poisson")
"""Encodings whose spikes per second are proportional to the number."""


def integrate_and_fire(*, biased: bool = False, counts: bool = False) -> Neuron:
    """The hidden unit: sums up what arrives, fires above `vt` and starts again at `vr`.

    `biased`: with a constant current `bias` per ms. `counts`: with the number of its spikes, `nb_spikes`.
    """
    return Neuron(
        parameters=_TAU + "vt = 1.0 : population\nvr = 0.0 : population\n" + ("bias = 0.0" if biased else ""),
        equations=[
            f"dv/dt = g_exc{' + bias' if biased else ''} : min = -2.0",
            _TRACE,
            *(["nb_spikes += 0.0"] if counts else []),
        ],
        spike="v > vt",
        reset=f"v = vr\n{_MARK}" + ("\nnb_spikes += 1.0" if counts else ""),
        name="IaF",
        description="Integrate-and-fire neuron without a leak",
    )


def accumulator(*, biased: bool = False) -> Neuron:
    """The read-out by membrane potential: sums up what arrives and never fires."""
    return Neuron(
        parameters="bias = 0.0" if biased else "",
        equations=f"dv/dt = g_exc{' + bias' if biased else ''}",
        spike="False",
        name="Accumulator",
        description="Sums up its inputs and never fires",
    )


READ_OUTS: Final = ("spike_count", "time_to_first_spike", "time_to_k_spikes", "membrane_potential")
