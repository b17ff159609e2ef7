"""Networks: life cycle, time, seeds, look-ups, the magic network."""

import _thread
import signal
import threading
from itertools import pairwise

import pytest

import nnc as ann
from nnc import NNCError, NNCWarning
from nnc.compiler.session import EndOfScript, Session, session
from nnc.runtime.running.stretches import steps_in

CELL = dict(parameters="k = 1.0", equations="r = k")


def test_the_same_seed_gives_the_same_generator():
    assert ann.Network(seed=3).default_rng.random() == ann.Network(seed=3).default_rng.random()
    assert ann.Network().seed != ann.Network().seed


def test_positional_dt_is_refused():
    with pytest.raises(TypeError, match="by keyword"):
        ann.Network(0.1)


def test_a_subclass_needs_no_super_and_gets_dt_and_seed():
    class Mine(ann.Network):
        def __init__(self, size, gain=2.0):
            self.p = self.create(size, ann.Neuron(**CELL))
            self.p.k = gain * self.dt

    net = Mine(4, gain=3.0, dt=0.5, seed=7)
    assert net.p.k.tolist() == [1.5] * 4
    assert (net.dt, net.seed) == (0.5, 7)


def test_a_subclass_may_call_super_or_take_the_seed_itself():
    class Calls(ann.Network):
        def __init__(self):
            super().__init__(dt=0.25)

    class Takes(ann.Network):
        def __init__(self, seed=None):
            self.given = seed

    assert Calls(seed=2).dt == 0.25
    assert Calls(seed=2).seed == 2
    assert Takes(seed=9).given == Takes(seed=9).seed == 9


@pytest.mark.parametrize(
    ("duration", "dt", "steps"), [(0.3, 0.1, 3), (1000.0, 0.1, 10000), (1.05, 0.5, 3), (0.0, 1.0, 0), (1e-3, 1.0, 1)]
)
def test_steps_of_a_duration(duration, dt, steps):
    assert steps_in(duration, dt) == steps


def test_time_goes_on(compiler):
    net = ann.Network(dt=0.1)
    net.create(1, ann.Neuron(**CELL))
    assert net.time == 0.0
    net.compile()
    net.simulate(1.0)
    net.step()
    assert net.current_step == net.get_current_step() == 11
    assert net.time == pytest.approx(1.1)
    net.time = 5.0
    assert net.current_step == 50


def test_misuse_of_time(compiler):
    net = ann.Network()
    with pytest.raises(NNCError, match="call compile"):
        net.simulate(1.0)
    with pytest.warns(NNCWarning):
        net.time = 3.0
    net.create(1, ann.Neuron(**CELL))
    net.compile()
    for wrong in ("a", None):
        with pytest.raises(TypeError):
            net.simulate(wrong)
    with pytest.raises(ValueError, match="non-negative"):
        net.simulate(-5.0)


def test_a_second_compile_has_no_effect(compiler, capsys):
    net = ann.Network()
    net.create(1, ann.Neuron(**CELL))
    net.compile()
    net.compile()
    assert len(compiler.programs) == 1
    assert "already compiled" in capsys.readouterr().out


def test_measured_time_is_printed(compiler, capsys):
    ann.Population(1, ann.Neuron(**CELL))
    ann.compile()
    ann.simulate(1000.0, measure_time=True)
    assert capsys.readouterr().out.startswith("Simulating 1.0 seconds of the network took ")


def test_stretches_cover_every_step_once(compiler):
    net = ann.Network()
    net.create(1, ann.Neuron(**CELL))
    net.compile()
    net.simulate(5000.0)
    stretches = compiler.programs[0].stretches
    assert stretches[0][0] == 0
    assert stretches[-1][1] == 5000
    assert all(a[1] == b[0] for a, b in pairwise(stretches))
    assert len(stretches) > 1


@pytest.fixture
def interrupts_of_python():
    """Other packages, such as Dask, put handlers of their own in place."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interrupts_of_python")
def test_interrupts_stop_between_steps_with_all_records(compiler):
    net = ann.Network()
    m = net.monitor(net.create(1, ann.Neuron(**CELL)), "r")

    def step(block, k):
        if k == 20:
            _thread.interrupt_main(signal.SIGINT)

    compiler.step = step
    net.compile()
    assert threading.current_thread() is threading.main_thread()
    with pytest.raises(KeyboardInterrupt):
        net.simulate(1e6)
    assert len(m.get("r")) == net.current_step > 20
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_error_in_a_step_keeps_the_records_before_it(compiler):
    net = ann.Network()
    m = net.monitor(net.create(1, ann.Neuron(**CELL)), "r")

    def step(block, k):
        if k == 20:
            raise RuntimeError("boom")

    compiler.step = step
    net.compile()
    with pytest.raises(RuntimeError, match="boom"):
        net.simulate(100.0)
    assert len(m.get("r")) == net.current_step == 20


def test_noise_after_reset_is_repeated_by_networks_but_not_by_the_magic_one(compiler):
    def keys(net):
        net.create(1, ann.Neuron(**CELL))
        net.compile()
        first = net.state.block.seed
        net.reset()
        second = net.state.block.seed
        net.reset(reseed_rng=True)
        return first == second

    assert keys(ann.Network(seed=1))
    assert not keys(ann.magic_network())


def test_threads_precision_and_target_reach_the_compiler(compiler):
    net = ann.Network()
    net.config(num_threads=3, precision="float", paradigm="openmp")
    net.create(1, ann.Neuron(**CELL))
    net.compile()
    assert net.state.block.team == 3
    assert compiler.descriptions[0].precision == "float"
    assert compiler.options[0].target == "openmp"


def test_the_default_target_is_left_to_the_compiler_and_compiler_chooses_openmp(compiler):
    for keywords, target, options in (({}, None, {}), ({"compiler": "clang"}, "openmp", {"compiler": "clang"})):
        net = ann.Network()
        net.create(1, ann.Neuron(**CELL))
        net.compile(**keywords)
        assert compiler.options[-1].target == target
        assert compiler.options[-1].target_options == options


def test_settings_are_fixed_by_compile(compiler):
    net = ann.Network()
    net.create(1, ann.Neuron(**CELL))
    net.compile()
    with pytest.raises(NNCError, match="fixed"):
        net.dt = 0.5


def test_setup_is_the_template_of_later_networks():
    before = ann.Network()
    ann.setup(dt=0.25)
    assert (ann.dt(), ann.Network().dt, before.dt) == (0.25, 0.25, 1.0)


def test_warnings_point_at_the_line_of_the_script():
    with pytest.warns(NNCWarning) as caught:
        ann.setup(no_such_key=1)
    assert caught[0].filename == __file__


def test_look_ups():
    net = ann.Network()
    p = net.create(1, ann.Neuron(**CELL), name="a")
    q = net.connect(p, p, "exc", name="q").all_to_all(weights=1.0, allow_self_connections=True)
    assert net.get_population("a") is net["a"] is p
    assert net.get_projections(target="exc") == [q]
    assert net.get_projections(pre="b", suppress_error=True) == []
    with pytest.warns(NNCWarning, match="no population"):
        assert net.get_population("x") is None
    with pytest.raises(KeyError):
        net["x"]


def test_magic_names_are_unique_and_clear_forgets_them():
    ann.Population(1, ann.Neuron(**CELL), name="a")
    with pytest.raises(NNCError, match="already"):
        ann.Population(1, ann.Neuron(**CELL), name="a")
    ann.clear()
    assert ann.populations() == []
    ann.Population(1, ann.Neuron(**CELL), name="a")


def test_instances_wait_for_their_network_while_the_magic_one_is_compiled(compiler):
    ann.Population(1, ann.Neuron(**CELL), name="a")
    ann.compile()
    net = ann.Network()
    late = ann.InputArray(3)
    late.r = [1.0, 2.0, 3.0]
    with pytest.raises(NNCError, match="belongs to no network"):
        ann.simulate(1.0)
    taken = net.create(late)
    assert taken.network is net
    assert taken.r.tolist() == [1.0, 2.0, 3.0]
    assert net.get_populations() == [taken]
    ann.simulate(1.0)
    net.compile()
    net.simulate(1.0)


def test_constants_follow_set_everywhere(compiler):
    gain = ann.Constant("gain", 2.0)
    net = ann.Network()
    net.create(1, ann.Neuron(equations="r = gain"))
    net.compile()
    assert net.state.read("const.gain")[0] == 2.0
    gain.set(3.0)
    assert net.state.read("const.gain")[0] == 3.0
    assert (float(gain), gain * 2, 1 + gain, gain == 3.0) == (3.0, 6.0, 4.0, True)
    assert isinstance(gain, float)
    with pytest.raises(NNCError, match="already"):
        ann.Constant("gain", 5.0)


def test_a_looking_session_ends_the_script_at_the_first_simulation(compiler):
    net = ann.Network()
    net.create(1, ann.Neuron(**CELL))
    watching = Session(simulate=False)
    with session(watching):
        net.compile()
        with pytest.raises(EndOfScript):
            net.simulate(1.0)
    assert "in 1 population" in watching.networks[0]()
