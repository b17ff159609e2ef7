"""`num_threads="tune"`: what is tried, what is chosen, what is kept. Times are made up."""

from __future__ import annotations

import json
import signal

import numpy as np
import pytest

import nnc as ann
from nnc.compiler.codegen.cache import default_cache
from nnc.compiler.codegen.target import Status
from nnc.runtime.running import compiling, team, tuning, verdicts
from nnc.runtime.running.trials import Trials
from nnc.runtime.running.tuning import PIECE, SHARE, WORTH, Tuner, candidates
from nnc.runtime.running.verdicts import Verdict


@pytest.fixture(autouse=True)
def idle(monkeypatch):
    """A machine with little to do."""
    monkeypatch.setattr("os.getloadavg", lambda: (0.5, 0.5, 0.5), raising=False)


@pytest.mark.parametrize(
    ("cores", "teams"),
    [(1, (1,)), (2, (1, 2)), (3, (1, 2, 3)), (6, (1, 2, 3, 4, 6)), (8, (1, 2, 3, 4, 8)), (20, (1, 2, 3, 4, 8, 16, 20))],
)
def test_teams_to_try(cores, teams):
    assert candidates(cores) == teams


def tried(trials, times):
    """The order of the ways, with the times of each taken one by one."""
    order = []
    while (way := trials.next()) is not None:
        order.append(way)
        trials.took(times[way].pop(0))
    return order


def test_ways_alternate_and_their_usual_times_count():
    trials = Trials("ab", rounds=3)
    assert tried(trials, {"a": [5.0, 4.0, 9.0], "b": [3.0, 8.0, 3.5]}) == list("ababab")
    assert trials.seconds == {"a": 5.0, "b": 3.5}
    assert trials.best() == "b"


@pytest.mark.parametrize("second", [[0.7, 1.0, 1.1], [0.95, 0.95, 0.7], [0.91, 0.8, 0.92]])
def test_a_way_that_is_faster_for_moments_is_left_alone(second):
    trials = Trials("ab", rounds=3)
    tried(trials, {"a": [1.0, 1.0, 1.0], "b": second})
    assert trials.best() == "a"


def test_few_visits_are_longer():
    trials = Trials("ab", rounds=1, pieces=3)
    assert tried(trials, {"a": [1.0] * 3, "b": [2.0] * 3}) == list("aaabbb")


def test_what_has_clearly_lost_is_not_tried_again():
    trials = Trials("abc", rounds=3)
    assert tried(trials, {"a": [1.0] * 3, "b": [1.4] * 3, "c": [2.1]}) == list("abcabab")
    alone = Trials("ab", rounds=3)
    assert tried(alone, {"a": [1.0], "b": [2.1]}) == list("ab")


@pytest.mark.parametrize(("second", "third", "best"), [(0.95, 0.91, "a"), (0.89, 0.85, "b"), (0.95, 0.8, "c")])
def test_a_later_way_must_be_clearly_faster(second, third, best):
    trials = Trials("abc", rounds=1)
    tried(trials, {"a": [1.0], "b": [second], "c": [third]})
    assert trials.best() == best


class Run:
    """A network whose steps take as long as `pace` says for each team, and whose state takes `cost` to be shared."""

    def __init__(self, pace, cost=0.0, known=None, expected=None, team=1):
        self.now, self.pace, self.cost = 0.0, pace, cost
        self.steps, self.kept, self.changes = [], [], []
        expected = cost if expected is None else expected
        self.tuner = Tuner(tuple(pace), team, self.change, expected, known, self.kept.append, lambda: self.now)

    def change(self, team):
        self.now += self.cost
        self.changes.append(team)

    def go(self, steps):
        self.now += steps * self.pace[self.tuner.team]
        self.steps.append((self.tuner.team, steps))
        return steps, Status.DONE

    def advance(self, steps):
        done = sum(n for _, n in self.steps)
        assert self.tuner.advance(steps, self.go) is Status.DONE
        assert sum(n for _, n in self.steps) == done + steps


def test_the_fastest_team_goes_on():
    run = Run({1: 1e-4, 2: 6e-5, 4: 4e-5})
    run.advance(20_000)
    assert run.tuner.team == 4
    (verdict,) = run.kept
    assert (verdict.workers, verdict.cores, run.tuner.fresh) == (4, 4, True)
    assert verdict.seconds == pytest.approx({1: 1e-4, 2: 6e-5, 4: 4e-5})
    # two seconds of one worker; all but the trials by four
    assert run.now < 20_000 * 4e-5 + 15 * PIECE * 2.5


@pytest.mark.parametrize("other", [0.96e-4, 1e-4, 3e-4, 4e-3])
def test_more_workers_that_are_not_clearly_faster_are_left_alone(other):
    run = Run({1: 1e-4, 2: other})
    run.advance(20_000)
    assert run.tuner.team == 1
    assert run.now < 20_000 * 1e-4 * 1.09


def test_one_worker_is_chosen_where_the_rule_began_with_more():
    run = Run({1: 1e-4, 2: 3e-4}, team=2)
    run.advance(20_000)
    assert run.tuner.team == 1


def test_a_short_run_is_just_run():
    run = Run({1: 1e-5, 2: 1e-6})
    run.advance(int(0.9 * WORTH / 1e-5))
    assert not run.changes
    assert run.tuner.verdict is None


def test_many_short_runs_are_tuned_together():
    run = Run({1: 1e-4, 2: 5e-5})
    for _ in range(int(WORTH / 1e-3) + 20):
        run.advance(10)
    assert run.tuner.team == 2


@pytest.mark.parametrize("seconds", [0.5, 4.0, 30.0])
def test_sharing_the_state_takes_a_small_part_of_the_run_at_most(seconds):
    run = Run({1: 1e-4, 2: 5e-5}, cost=0.05)
    run.advance(int(seconds / 1e-4))
    assert 0.05 * len(run.changes) <= SHARE * seconds
    assert run.tuner.team == (1 if seconds < 2.0 else 2)


def test_a_sharing_that_takes_longer_than_thought_ends_the_trials():
    run = Run({1: 1e-4, 2: 5e-5}, cost=0.1, expected=1e-3)
    run.advance(10_000)
    assert run.changes == [2]
    assert run.tuner.team == 2


def test_a_verdict_is_taken_until_steps_take_another_time():
    known = Verdict(2, {1: 1e-4, 2: 6e-5}, 2, 0.5, "2026-11-29")
    run = Run({1: 1e-4, 2: 6e-5}, known=known, team=2)
    run.advance(100_000)
    assert not run.changes
    assert not run.tuner.fresh
    run.pace[2] = 5e-4  # the other core is gone
    run.advance(100_000)
    assert run.tuner.team == 1
    assert run.kept[-1].seconds[2] == pytest.approx(5e-4)


def test_trials_follow_each_other_at_a_distance():
    run = Run({1: 1e-4, 2: 6e-5})
    run.advance(20_000)
    for _ in range(40):
        run.pace = {team: 2.0 * pace for team, pace in run.pace.items()} if run.pace[1] < 1e-3 else {1: 1e-4, 2: 6e-5}
        run.advance(int(0.6 / run.pace[2]))
    assert len(run.changes) < 0.05 * run.now / PIECE


def test_a_stop_ends_a_piece_and_the_run():
    run = Run({1: 1e-4, 2: 5e-5})

    def go(steps):
        run.go(steps)
        return min(steps, 3), Status.STOPPED

    assert run.tuner.advance(100, go) is Status.STOPPED
    assert len(run.steps) == 1


def test_no_steps_are_done_by_asking_for_none():
    run = Run({1: 1e-4, 2: 5e-5})
    run.advance(0)
    assert run.steps == [(1, 0)]


@pytest.mark.parametrize(("load", "kept"), [(1.9, 1), (2.5, 0), (None, 1)])
def test_what_a_busy_machine_says_is_not_kept(monkeypatch, load, kept):
    if load is None:
        monkeypatch.delattr("os.getloadavg", raising=False)
    else:
        monkeypatch.setattr("os.getloadavg", lambda: (load, 0.0, 0.0), raising=False)
    run = Run({1: 1e-4, 2: 6e-5})
    run.advance(20_000)
    assert (run.tuner.team, len(run.kept)) == (2, kept)


# Networks


@pytest.fixture
def two_cores(monkeypatch, tmp_path):
    """And nothing known of earlier runs."""
    monkeypatch.setenv("NNC_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(compiling, "cores", lambda: 2)


def small(threads="tune", n=200, clean=False):
    net = ann.Network(dt=1.0, seed=3)
    net.config(num_threads=threads)
    pop = net.create(n, ann.Neuron(equations="9.0 * dr/dt = sum(exc) + 1.0 - r"))
    net.connect(pop, pop, "exc").fixed_number_pre(7, weights=ann.Uniform(0.0, 0.1))
    net.compile(silent=True, clean=clean)
    return net


def tuned(net, monkeypatch, chosen):
    """Let a network take what is made up for a measurement."""
    monkeypatch.setattr(tuning, "WORTH", 0.0)
    monkeypatch.setattr(tuning, "SHARE", 1e9)
    monkeypatch.setattr(tuning, "PIECE", 1e-9)
    monkeypatch.setattr(Trials, "best", lambda self: chosen)
    net.simulate(400.0)
    assert net.threads == chosen


def test_a_network_tells_what_was_tried_and_the_next_one_knows(two_cores, monkeypatch):
    net = small()
    assert "threads: 1 so far" in net.explain()
    with monkeypatch.context() as context:
        tuned(net, context, 2)
    told = net.explain().splitlines()[0]
    assert told.startswith("threads: 2, measured in this run: 1 took ")
    again = small()
    assert again.threads == 2
    assert again.explain().startswith("threads: 2, kept from an earlier run: 1 took ")
    rule = small("auto")
    assert rule.threads == 2
    assert rule.explain().startswith("threads: 2, by the measurement of num_threads='tune': 1 took ")
    assert small(1).threads == 1
    assert small(n=201).threads == 1
    assert small(clean=True).threads == 1
    again.simulate(400.0)
    assert np.array_equal(again.get_population("pop0").r, net.get_population("pop0").r)


@pytest.mark.parametrize(("load", "first"), [(0.3, 2), (2.6, 1)])
def test_a_busy_machine_begins_with_one_worker(two_cores, monkeypatch, load, first):
    monkeypatch.setattr("os.getloadavg", lambda: (load, 0.0, 0.0), raising=False)
    monkeypatch.setattr(compiling, "work_of", lambda net: 10**6)
    monkeypatch.setattr(team, "cores", lambda: 2)
    assert small().threads == first
    assert small("auto").threads == 2


def test_another_number_of_cores_has_another_verdict(two_cores, monkeypatch):
    with monkeypatch.context() as context:
        tuned(small(), context, 2)
    monkeypatch.setattr(compiling, "cores", lambda: 3)
    assert small().threads == 1


def test_a_verdict_can_be_read_by_people(two_cores, monkeypatch):
    net = small()
    with monkeypatch.context() as context:
        tuned(net, context, 2)
    name = net._compiled.plan.name
    found = json.loads((default_cache().root / name).read_text())
    assert found["workers"] == 2
    assert found["cores"] == 2
    assert set(found["seconds"]) == {"1", "2"}


@pytest.mark.parametrize("text", ["", "[]", '{"workers": 2}', '{"workers": 3, "seconds": {"1": 1.0}, "cores": 2}'])
def test_a_damaged_verdict_is_none(two_cores, text):
    default_cache().write("0" * 64 + ".json", text.encode())
    assert verdicts.find_verdict("0" * 64 + ".json") is None


def test_a_program_that_is_made_anew_keeps_its_team(two_cores, monkeypatch):
    net = small()
    with monkeypatch.context() as context:
        tuned(net, context, 2)
    profile = net.profile(10.0)
    assert profile.threads == 2
    net.simulate(10.0)
    assert net.threads == 2


def test_a_profiled_program_is_not_tuned(two_cores):
    net = ann.Network(dt=1.0)
    net.config(num_threads="tune", profiling=True)
    net.create(3, ann.Neuron(equations="r = 1.0"))
    net.compile(silent=True)
    net.simulate(3.0)
    assert "no others are tried while a profile is taken" in net.explain()


def test_without_memory_to_share_the_state_nothing_is_tried(two_cores, monkeypatch):
    monkeypatch.setattr(tuning, "available_memory", lambda: 1000)
    assert tuning.tuner_for(small(), small()._compiled).teams == (1, 2)
    net = ann.Network(dt=1.0, seed=1)
    net.config(num_threads="tune")
    pop = net.create(30, ann.Neuron(equations="v += g_exc", spike="v > 1.0", reset="v = 0.0"))
    net.connect(pop, pop, "exc").fixed_number_pre(5, weights=0.1)
    net.compile(silent=True)
    assert net._compiled.moved == 150
    assert tuning.tuner_for(net, net._compiled).teams == (1,)


def test_an_interrupt_waits_until_the_state_is_whole(two_cores, monkeypatch):
    net = small()
    shared = type(net._compiled).share

    def share(self, network, team):
        signal.raise_signal(signal.SIGINT)
        shared(self, network, team)

    monkeypatch.setattr(type(net._compiled), "share", share)
    tuner = tuning.tuner_for(net, net._compiled)
    with pytest.raises(KeyboardInterrupt):
        tuner._move(2)
    assert net.threads == 2


def test_a_number_that_is_set_later_holds(two_cores, monkeypatch):
    net = small()
    with monkeypatch.context() as context:
        tuned(net, context, 2)
    net.config(num_threads=1)
    net.profile(3.0)
    assert net.threads == 1
    net.config(num_threads="tune")
    net.simulate(10.0)
    assert net.threads == 1


def test_visible_cores_are_all_that_is_tried(two_cores):
    net = ann.Network(dt=1.0)
    net.config(num_threads="tune", visible_cores=[0])
    net.create(3, ann.Neuron(equations="r = 1.0"))
    net.compile(silent=True)
    net.simulate(3.0)
    assert net.explain().startswith("threads: 1, since there is one core")
