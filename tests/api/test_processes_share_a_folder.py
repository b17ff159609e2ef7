"""Many processes compile at once from one folder and with one cache: each gets its own right answer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import nnc as ann
from nnc.compiler.codegen.target import get_target

PATH = Path(__file__).resolve().parents[1] / "typing"
SCRIPT = """
import sys
import nnc as ann

number, target = int(sys.argv[1]), sys.argv[2]
net = ann.Network(dt=0.5, seed=number)
net.config(paradigm=target)
terms = " + ".join(["t"] * (1 + number % 7))
cell = ann.Neuron(parameters=f"k = {number}.0 : population", equations=f"r = k*({terms}) + {number}.25")
pop = net.create(3 + number % 5, cell)
post = net.create(2, ann.Neuron(equations="r = sum(exc)"))
net.connect(pop, post, "exc").all_to_all(weights=float(number))
net.compile(directory="annarchy", silent=True)
net.simulate(3.0)
print(repr(float(pop.r[0])), repr(float(post.r[0])))
"""


def expected(number):
    rate = [number * (1 + number % 7) * t + number + 0.25 for t in (2.0, 2.5)]
    return f"{rate[1]!r} {number * (3 + number % 5) * rate[0]!r}"


@pytest.mark.parametrize(
    ("target", "count"),
    [
        ("llvm", 6),
        ("openmp", 3),
        pytest.param("llvm", 32, marks=pytest.mark.slow),
        pytest.param("openmp", 32, marks=pytest.mark.slow),
    ],
)
def test_processes_do_not_mix(tmp_path, target, count):
    if (reason := get_target(target).available()) is not None:
        pytest.skip(reason)
    (tmp_path / "model.py").write_text(SCRIPT, encoding="utf-8")
    environment = {"PYTHONPATH": str(PATH), "NNC_CACHE_DIR": str(tmp_path / "cache"), "PATH": "/usr/bin:/bin"}
    started = [
        subprocess.Popen(
            [sys.executable, "model.py", str(number), target],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(count)
    ]
    for number, process in enumerate(started):
        out, error = process.communicate(timeout=300)
        assert process.returncode == 0, error
        assert out.strip() == expected(number)
    assert not [path.name for path in (tmp_path / "cache").iterdir() if path.name.startswith("tmp-")]


def test_the_folder_of_compile_keeps_what_is_in_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    there = tmp_path / "mine" / "deep" / "notes.txt"
    there.parent.mkdir(parents=True)
    there.write_text("keep", encoding="utf-8")
    for clean in (False, True):
        net = ann.Network()
        net.create(2, ann.Neuron(equations="r = t"))
        net.compile(directory="mine", clean=clean)
        net.simulate(1.0)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [there]
    assert there.read_text(encoding="utf-8") == "keep"


@pytest.mark.parametrize("fault", ["compiler", "flags", "model"])
def test_a_failed_compile_changes_nothing_and_can_be_tried_again(tmp_path, monkeypatch, fault):
    monkeypatch.chdir(tmp_path)
    net = ann.Network(seed=1)
    pop = net.create(3, ann.Neuron(parameters="a = 1.0", equations="r = a*t"))
    pop.a = ann.Uniform(0.0, 1.0)
    proj = net.connect(pop, pop, "exc")
    keys = {"compiler": "/nowhere/cc"} if fault == "compiler" else {}
    if fault == "flags":
        if get_target("openmp").available() is not None:
            pytest.skip("there is no C compiler")
        keys = {"compiler_flags": "--no-such-flag"}
    if fault != "model":  # else: a projection without a connector
        proj.one_to_one()
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    with pytest.raises(ann.NNCError):
        net.compile(**keys)
    assert not net.compiled
    assert Path.cwd() == tmp_path
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
    if fault == "model":
        proj.one_to_one()
    net.compile()
    net.simulate(3.0)
    assert (pop.r == 2.0 * pop.a).all()
