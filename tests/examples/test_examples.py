"""The scripts of `examples/` run, in their short forms, draw something, and find what their topics are known for."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnc.runtime.networks.config import Config
from nnc.runtime.networks.registry import REGISTRY

matplotlib = pytest.importorskip("matplotlib")
Image = pytest.importorskip("PIL.Image")

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
Run = Callable[[str], dict[str, Any]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs a script as its users do, in an empty folder and with an empty global network; gives its variables."""
    matplotlib.use("Agg")
    from matplotlib import pyplot

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(REGISTRY, "template", Config())
    monkeypatch.setattr(REGISTRY, "magic", None)

    def script(name: str) -> dict[str, Any]:
        path = EXAMPLES / f"{name}.py"
        monkeypatch.setattr(sys, "argv", [str(path), "--short"])
        try:
            found = runpy.run_path(str(path), run_name="__main__")
        finally:
            pyplot.close("all")
        with Image.open(tmp_path / f"{name}.png") as picture:
            assert len(np.unique(np.asarray(picture.convert("L")))) > 20, "the picture is empty"
        return found

    return script


def test_adex_adapts_bursts_and_accelerates(run: Run) -> None:
    intervals = run("adex")["intervals"]
    assert np.ptp(intervals["tonic"][2:]) < 1.0
    assert intervals["adapting"][-1] > 3.0 * intervals["adapting"][0]
    assert intervals["accelerating"][-1] < 0.8 * intervals["accelerating"][0]
    for burst in ("bursting", "delayed bursting"):
        assert np.count_nonzero(intervals[burst] > 40.0) >= 1
        assert np.count_nonzero(intervals[burst] < 10.0) >= 2
    assert len(intervals["transient"]) <= 1
    irregular = intervals["irregular"]
    assert irregular.std() > 0.3 * irregular.mean()


def test_the_squid_axon_is_excitable_of_class_two(run: Run) -> None:
    found = run("hodgkin_huxley")
    onset = found["currents"][found["firing"]][0]
    assert 6.0 < onset < 7.0
    assert 45.0 < found["rates"][found["firing"]].min() < 65.0


def test_gap_junctions_synchronise(run: Run) -> None:
    synchrony = run("gap_junctions")["synchrony"]
    assert synchrony[0.0] < 0.1
    assert synchrony[0.03] > 0.3


def test_nmda_receptors_need_depolarisation(run: Run) -> None:
    charge = run("synapses")["charge"]
    assert charge["AMPA"] == charge["GABA"] == 0.0
    assert charge["AMPA + NMDA"] > 1.3 * charge["NMDA"]
    assert charge["AMPA + NMDA + GABA"] < charge["NMDA"]


def test_standard_cells_respond_to_both_synapses_and_fire(run: Run) -> None:
    for epsp, ipsp, spikes in run("standard_models")["summary"].values():
        assert 1.0 < epsp < 15.0
        assert -10.0 < ipsp < -1.0
        assert spikes >= 3


def test_short_term_plasticity_settles_where_its_equations_say(run: Run) -> None:
    found = run("stp")
    assert max(found["error"].values()) < 0.02


def test_pairs_of_spikes_map_out_the_stdp_windows(run: Run) -> None:
    found = run("stdp")
    assert np.abs(found["change"] - found["expected"]).max() < 0.01
    assert found["delta"][found["change"].argmax()] == 0.5
    assert found["delta"][found["change"].argmin()] == -1.5


def test_stdp_makes_the_weights_bimodal_and_the_neuron_slow(run: Run) -> None:
    found = run("stdp_song")
    assert found["outer"] > 0.65
    assert found["middle"] < 0.12
    assert np.mean(found["after"] > 0.8) > 0.1
    assert found["per_second"][-20:].mean() < 0.3 * found["per_second"][:5].mean()


def test_bcm_neurons_become_selective(run: Run) -> None:
    found = run("bcm")
    selectivity = found["selectivity"]
    assert selectivity(found["first"]).mean() < 0.3
    assert selectivity(found["last"]).min() > 0.65
    assert len(set(found["last"].argmax(axis=0))) >= 3


def test_every_bar_gets_a_neuron(run: Run) -> None:
    assert run("bars")["found"].sum() >= 15


def test_the_field_follows_one_bump(run: Run) -> None:
    found = run("neural_field")
    late = found["distance"][len(found["distance"]) // 2 :]
    assert late[:, found["attended"]].max() < 4.0
    others = np.delete(late, found["attended"], axis=1)
    assert others.min() > 10.0


def test_the_basal_ganglia_learn_and_relearn(run: Run) -> None:
    phases = run("basal_ganglia")["phases"]
    assert phases["learned"] > 0.85
    assert phases["after the reversal"] < 0.5
    assert phases["relearned"] > 0.85


def test_the_echo_state_network_generates_the_series(run: Run) -> None:
    assert run("echo_state")["nrmse"] < 0.2


def test_decoding_is_as_exact_as_counting_allows(run: Run) -> None:
    found = run("hybrid")
    for size in found["SIZES"]:
        assert 0.8 < found["error"][size] / found["expected"][size] < 1.2


def test_inhibition_makes_networks_slow_and_irregular(run: Run) -> None:
    found = run("sweep")
    assert np.all(np.diff(found["rates"], axis=0) < 0.0)
    assert found["cvs"][-1, -1] > 2.0 * found["cvs"][0, -1]
    again = found["again"]
    assert again.shape == (5, 2)
    assert 0.0 < again[:, 0].std() < 0.3 * again[:, 0].mean()


def test_a_fit_comes_close_to_the_recording(run: Run) -> None:
    pytest.importorskip("optuna")
    found = run("fitting")
    assert found["best"][-1] < 0.5 * found["best"][0]
    assert found["best"][-1] < 1.5


@pytest.mark.parametrize("name", ["izhikevich", "izhikevich_5", "coba", "coba_5"])
def test_spiking_networks_fire_at_their_known_rates(run: Run, name: str) -> None:
    found = run(name)
    assert len(found["t"]) > 1000
    size, low, high = (1000, 5.0, 12.0) if name.startswith("izh") else (4000, 12.0, 30.0)
    assert low < len(found["t"]) / size < high


@pytest.mark.parametrize("name", ["rate", "rate_5"])
def test_one_of_two_groups_wins(run: Run, name: str) -> None:
    found = run(name)
    left, right = found["rl"][-1].mean(), found["rr"][-1].mean()
    assert max(left, right) > 1.0
    assert min(left, right) < 0.1


def test_synapses_gather_near_the_diagonal(run: Run) -> None:
    found = run("structural_plasticity")
    assert np.mean(found["near"][found["after"] > 0]) > 0.9 > 0.3 > np.mean(found["near"][found["before"] > 0])


@pytest.mark.parametrize("name", ["inputs", "image", "convolution", "bold"])
def test_it_runs_and_draws(run: Run, name: str) -> None:
    run(name)


def test_a_task_is_learned_from_rewards_only(run: Run) -> None:
    errors = run("miconi")["errors"]
    assert errors[:100].mean() > 0.9
    assert errors[-200:].mean() < 0.85


def test_a_spiking_copy_of_a_trained_network_reads_digits(run: Run) -> None:
    pytest.importorskip("sklearn")
    shares = run("ann_to_snn")["shares"]
    assert max(shares.values()) > 0.85


def test_report_is_written_in_all_formats_and_its_formulas_are_drawn(run: Run) -> None:
    formulas = run("report")["formulas"]
    assert r"\tau_{m} \, \frac{\mathrm{d} v}{\mathrm{d} t} = E_{L} - v" in formulas[0]
    for ending in ("html", "tex", "md"):
        assert "EIF" in Path(f"report.{ending}").read_text(encoding="utf-8")
