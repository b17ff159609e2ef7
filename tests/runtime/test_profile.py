"""`net.profile`: where the time goes, counted and measured."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import nnc as ann
from nnc.compiler.main import _run
from nnc.runtime.measuring.machine import Peaks, peaks

TYPING = Path(__file__).parents[1] / "typing"
TARGETS = ["llvm", "openmp", "interp"]
SCRIPT = """
import nnc as ann
net = ann.Network(dt=0.1, seed=3)
pop = net.create(64, ann.Izhikevich)
net.connect(pop, pop, "exc").all_to_all(weights=0.1)
pop.v = 40.0
net.compile()
net.simulate(2.0)
"""


def network(target: str, threads: int = 1, **settings: object) -> ann.Network:
    net = ann.Network(dt=1.0, seed=1)
    net.config(paradigm=target, num_threads=threads, **settings)
    cell = ann.Neuron(
        parameters="tau = 10.0 : population",
        equations="tau * dv/dt = 2.0 - v + g_exc",
        spike="v > 1.0",
        reset="v = 0.0",
    )
    pop = net.create(200, cell, name="cells")
    rates = net.create(50, ann.Neuron(equations="tau * dr/dt = sum(exc) - r", parameters="tau = 10.0"), name="rates")
    net.connect(pop, pop, "exc").fixed_number_pre(10, weights=0.01)
    net.connect(rates, rates, "exc").all_to_all(weights=0.01, allow_self_connections=True)
    net.compile(silent=True)
    return net


def by_kernel(profile: object) -> dict[str, object]:
    return {k.kernel: k for k in profile.kernels}


@pytest.mark.parametrize("target", TARGETS)
def test_work_is_counted_and_the_run_is_the_same(target: str) -> None:
    net, plain = network(target), network(target)
    profile = net.profile(20.0)
    plain.simulate(20.0)
    assert net.get_time() == 20.0
    cells, others = net.get_population("cells"), plain.get_population("cells")
    for name in ("v", "g_exc"):
        assert getattr(cells, name).tobytes() == getattr(others, name).tobytes()
    kernels = by_kernel(profile)
    sums = kernels["proj1.psp"].work
    # 50 x 50 weights and rates, each a product and a sum; 31 sums to fold each of 50 rows, and one to the input
    assert sums.flops == 20 * (2 * 50 * 50 + 50 * (31 + 1))
    # one weight for all is no memory; each rate is read for each synapse, each sum once
    assert sums.read == 20 * 8 * (50 * 50 + 50)
    update = kernels["pop0.update"].work
    assert update.written >= 20 * 200 * 2 * 8
    assert profile.steps == 20


@pytest.mark.parametrize("target", TARGETS)
def test_events_are_counted_as_they_happen(target: str) -> None:
    net = network(target)
    monitor = net.monitor(net.get_population("cells"), "spike")
    profile = net.profile(30.0)
    fired = monitor.get("spike")
    sent = sum(1 for times in fired.values() for t in times if t < 29)
    assert sent > 0
    synapses = net.get_projections()[0].synapses
    arrivals = sum(int((synapses.pre == rank).sum()) for rank, times in fired.items() for t in times if t < 29)
    assert by_kernel(profile)["proj0.on_pre"].work.flops == arrivals


def test_the_network_goes_on_unmeasured_from_where_it_was() -> None:
    net, plain = network("llvm"), network("llvm")
    net.simulate(5.0)
    net.profile(5.0)
    net.simulate(5.0)
    plain.simulate(15.0)
    assert net.get_population("cells").v.tobytes() == plain.get_population("cells").v.tobytes()
    assert not net.measured


@pytest.mark.parametrize("target", ["llvm", "openmp"])
@pytest.mark.parametrize("threads", [1, 2])
def test_times_add_up_to_the_whole(target: str, threads: int) -> None:
    profile = network(target, threads).profile(200.0)
    assert profile.threads == threads
    assert sum(k.seconds for k in profile.kernels) == pytest.approx(profile.seconds)
    assert sum(k.share for k in profile.kernels) == pytest.approx(1.0)
    rooflines = [k.roofline for k in profile.kernels if k.roofline is not None]
    assert rooflines
    assert all(r > 0.0 for r in rooflines)
    text = str(profile)
    assert "cells: neurons" in text
    assert "GB/s" in text


def test_the_interpreter_counts_but_has_no_clock() -> None:
    profile = network("interp").profile(2.0)
    assert all(k.seconds is None and k.roofline is None for k in profile.kernels)
    assert "  -" in str(profile)


def test_what_was_said_before_compile_measures_every_run(tmp_path: Path) -> None:
    net = network("llvm", profiling=True)
    net.simulate(10.0)
    net.simulate(10.0)
    profile = net.profile()
    assert profile.steps == 20
    assert net.profile(5.0).steps == 5
    assert net.profile().steps == 25
    profile.to_csv(tmp_path / "p.csv")
    with (tmp_path / "p.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["kernel"] for row in rows} >= {"pop0.update", "proj0.on_pre", "proj1.psp", "wait"}
    assert float(rows[0]["seconds"]) > 0.0


def test_a_profile_of_nothing_says_what_to_do() -> None:
    net = network("llvm")
    with pytest.raises(ann.ANNarchyException, match="duration"):
        net.profile()
    net.simulate(1.0)
    empty = ann.Network(dt=1.0)
    with pytest.raises(ann.ANNarchyException, match="not compiled"):
        empty.profile(1.0)


def test_the_older_spelling_prints_the_magic_network(capsys: pytest.CaptureFixture[str]) -> None:
    ann.clear()
    ann.setup(dt=1.0, profiling=True)
    try:
        ann.Population(10, ann.Neuron(equations="dr/dt = 1.0 - r"), name="little")
        ann.compile()
        ann.simulate(5.0)
        ann.check_profile_results()
    finally:
        ann.setup(profiling=False)
        ann.clear()
    assert "little: neurons" in capsys.readouterr().out


def test_traces_that_neurons_hold_have_names_of_their_own() -> None:
    net = ann.Network(dt=1.0, seed=1)
    net.config(event_time="exact")
    cell = ann.Neuron(equations="v += 0.3 + g_exc", spike="v > 1.0", reset="v = 0.0")
    pop = net.create(20, cell)
    net.connect(pop, pop, "exc", ann.STDP(), name="learning").fixed_probability(0.5, weights=0.01)
    net.compile(silent=True)
    found = {k.name for k in net.profile(20.0).kernels if k.name.startswith("learning: ")}
    assert found == {
        "learning: arriving spikes",
        "learning: post-synaptic spikes",
        "learning: traces of pre neurons",
        "learning: traces of post neurons",
        "learning: traces at arriving spikes",
        "learning: traces at post-synaptic spikes",
    }


def test_an_error_while_measuring_leaves_the_usual_program() -> None:
    net = network("llvm")

    @ann.every(period=2.0, net_id=net.id)
    def fail(n: int) -> None:
        raise RuntimeError("stop here")

    with pytest.raises(RuntimeError, match="stop here"):
        net.profile(10.0)
    net.simulate(1.0, callbacks=False)
    assert not net.measured


def test_the_command_prints_a_profile(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "model.py"
    path.write_text(SCRIPT, encoding="utf-8")
    assert _run(["--profile", str(path)]) == 0
    out = capsys.readouterr().out
    assert "arriving spikes" in out
    assert "roofline" in out
    assert _run(["--profile", "-p", "cse", str(path)]) == 2
    assert "leave out -p" in capsys.readouterr().err


def test_the_flag_of_a_script_prints_at_its_end_and_keeps_a_table(tmp_path: Path) -> None:
    path = tmp_path / "model.py"
    path.write_text(SCRIPT, encoding="utf-8")
    folder = tmp_path / "out"
    done = subprocess.run(
        [sys.executable, str(path), "--profile", "--profile-out", str(folder)],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(TYPING)},
    )
    assert "arriving spikes" in done.stdout
    assert sorted(p.name for p in folder.iterdir()) == ["kernels network 1.csv", "profile.csv"]


def test_what_is_possible_depends_on_the_size_of_the_data() -> None:
    known = Peaks((1000, 100_000), (4e9, 1e9), 1e10)
    assert known.bandwidth(500) == 4e9
    assert known.bandwidth(10**9) == 1e9
    assert known.seconds(10**9, 10**9, 500) == pytest.approx(0.25)
    assert known.seconds(10**6, 10**10, 500) == pytest.approx(1.0)


def test_the_machine_is_measured_once() -> None:
    first = peaks("float", 1)
    assert first is peaks("float", 1)
    assert first is not None
    assert first.flops > 1e8
    assert np.all(np.array(first.bandwidths) > 1e8)
