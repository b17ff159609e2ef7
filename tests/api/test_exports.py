"""The names of `import nnc`."""

import subprocess
import sys
import time
from pathlib import Path

import nnc

ROOT = Path(__file__).parents[1] / "typing"


def run(code):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, env={"PYTHONPATH": str(ROOT)}
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_exported_name_is_there_and_known_to_the_loader():
    assert sorted(nnc.__all__) == sorted(set(nnc.__all__))
    assert all(getattr(nnc, name) is not None for name in nnc.__all__)
    assert set(nnc.__all__) == set(nnc._PLACES)


def test_star_import_brings_what_published_scripts_rely_on():
    assert run("from nnc import *; print(np.pi, time.time() > 0, ceil(1.5), Uniform, compile.__module__)")


def test_import_is_quick_and_loads_nothing_heavy():
    code = (
        "import sys, time; a = time.perf_counter(); import nnc; print(time.perf_counter() - a, 'numpy' in sys.modules)"
    )
    fastest, loaded = min(run(code).split() for _ in range(3))
    assert float(fastest) < 0.3
    assert loaded == "False"


def test_import_leaves_arguments_and_environment_alone():
    code = (
        "import sys, os; before = (list(sys.argv), dict(os.environ), os.getcwd()); from nnc import *; "
        "assert before == (sys.argv, dict(os.environ), os.getcwd())"
    )
    run(code)


def test_an_unknown_name_is_an_attribute_error():
    begin = time.perf_counter()
    assert not hasattr(nnc, "nothing_of_this_name")
    assert time.perf_counter() - begin < 1.0
