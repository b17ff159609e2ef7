"""Flags of scripts, and the user's file."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import nnc as ann
from nnc.runtime.networks import commandline, network
from nnc.runtime.networks.commandline import CommandLine, parse, read_command_line
from nnc.runtime.networks.config import Config
from nnc.runtime.networks.userfile import UserFile, c_compiler, read_user_file

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("words", "settings"),
    [
        ("-j 4", {"num_threads": 4}),
        ("-j4", {"num_threads": 4}),
        ("--num-threads 2", {"num_threads": 2}),
        ("-j auto", {"num_threads": "auto"}),
        ("--num-threads=tune", {"num_threads": "tune"}),
        ("--num-threads=2", {"num_threads": 2}),
        ("--gpu", {"paradigm": "cuda"}),
        ("--visible-cores 0,1", {"visible_cores": [0, 1]}),
        ("--prec float", {"precision": "float"}),
        ("--precision=double", {"precision": "double"}),
        ("-d -v", {"debug": True, "verbose": True}),
        ("--trace both", {"trace_calls": "both"}),
        ("--auto-tuning", {"sparse_matrix_format": "auto", "sparse_matrix_storage_order": "auto"}),
        ("--profile", {"profiling": True}),
        ("--profile-out d", {"profiling": True, "profile_out": "d"}),
        ("--help -h --epochs 5 file.txt -x", {}),
        ("-- -j 4", {}),
    ],
)
def test_known_flags_are_settings_and_others_are_left_alone(words, settings):
    line = parse(words.split())
    assert line.settings == settings
    line.check()


def test_flags_that_are_no_settings():
    line = parse(["--gpu=2", "-c", "--report", "r.md"])
    assert (line.device, line.clean, line.report) == (2, True, "r.md")
    line.check()
    assert parse(["--gpu", "1", "x"]).device == 1


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("--visible-cores a,b", "visible-cores"),
        ("--prec half", "'float' or 'double'"),
        ("--trace all", "init, simulate, both"),
        ("--gpu=x", "number of a device"),
        ("--gpu -j 2", "exclude each other"),
        ("--report r.txt", "must end in one of .tex, .md, .qmd, .html"),
    ],
)
def test_wrong_flags_are_errors_of_compile(words, text):
    with pytest.raises(ann.ANNarchyException, match=text):
        parse(words.split()).check()


@pytest.mark.parametrize("words", ["-j x", "-j"])
def test_what_may_be_the_scripts_own_flag_is_a_warning(words):
    line = parse(words.split())
    assert line.settings == {}
    with pytest.warns(ann.NNCWarning, match="ignored"):
        line.check()


def test_test_runners_have_flags_of_their_own(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["pytest", "-j", "4"])
    assert read_command_line() == CommandLine()
    monkeypatch.setattr(commandline, "_HOSTS", ())
    assert read_command_line().settings == {"num_threads": 4}


def test_flags_stand_below_what_scripts_set():
    config = Config()
    config.set({"num_threads": 1})
    config.underlay({"num_threads": 2, "paradigm": "interp"})
    assert (config["num_threads"], config.target) == (1, "interp")
    config.set({"paradigm": "llvm"})
    config.underlay({"paradigm": "interp"})
    assert config.target == "llvm"
    assert Config(config).target == "llvm"


def test_compile_reads_the_flags_again(monkeypatch):
    line = CommandLine({"paradigm": "interp", "num_threads": 2})
    monkeypatch.setattr(network, "read_command_line", lambda: line)
    net = ann.Network()
    net.create(1, ann.Neuron(equations="r = t"))
    net.compile()
    assert (net.target, net.threads) == ("interp", 2)
    assert "interp, double precision, 2 threads" in net.summary()


SCRIPT = """
import nnc
net = nnc.Network()
p = net.create(3, nnc.Neuron(equations="r = t"))
net.compile()
net.simulate(2.0)
print(net.target, net.threads, net.config()["precision"], p.r.dtype)
"""


def test_a_script_run_with_flags(tmp_path):
    script = tmp_path / "model.py"
    script.write_text(SCRIPT)
    words = [sys.executable, str(script), "--epochs", "3", "-j2", "--prec", "float", "--help"]
    path = {"PYTHONPATH": str(ROOT / "tests" / "typing"), "HOME": str(tmp_path)}
    done = subprocess.run(words, capture_output=True, text=True, env=path, check=False, timeout=60)
    assert (done.stdout, done.stderr) == ("llvm 2 float float32\n", "")


# The user's file


def written(folder, content):
    folder.mkdir(parents=True)
    path = folder / ("nnc.json" if folder.name == "nnc" else "annarchy.json")
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


@pytest.fixture
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path / ".config"


def test_without_a_file_there_are_defaults(home):
    assert read_user_file() == UserFile()


def test_our_file_comes_before_that_of_annarchy(home):
    written(home / "ANNarchy", {"openmp": {"compiler": sys.executable, "flags": "-O2"}, "cuda": {"device": 3}})
    assert read_user_file() == UserFile(sys.executable, "-O2", 3)
    written(home / "nnc", {"openmp": {"flags": "-g"}})
    assert read_user_file() == UserFile(None, "-g", 0)


def test_a_compiler_that_is_not_there_is_only_an_error_where_it_is_asked_for(home, tmp_path):
    written(home / "nnc", {"openmp": {"compiler": "no-such-compiler", "flags": "-O2"}})
    assert read_user_file() == UserFile()
    asked = written(tmp_path / "asked", {"openmp": {"compiler": "no-such-compiler"}})
    assert read_user_file(str(asked)).compiler == "no-such-compiler"


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"openmp": 3}', '{"openmp": {"compiler": 3}}', '{"cuda": {"device": "0"}}']
)
def test_a_malformed_file_is_named(home, content):
    path = written(home / "nnc", content)
    net = ann.Network()
    net.create(1, ann.Neuron(equations="r = t"))
    with pytest.raises(ann.ANNarchyException, match=r"nnc\.json") as caught:
        net.compile()
    assert str(path) in str(caught.value)


def test_a_file_that_is_asked_for_must_be_there():
    net = ann.Network()
    net.create(1, ann.Neuron(equations="r = t"))
    with pytest.raises(FileNotFoundError, match="no configuration file") as caught:
        net.compile(annarchy_json="nowhere.json")
    assert isinstance(caught.value, ann.ANNarchyException)
    net.compile()


@pytest.mark.parametrize(
    ("given", "expected"),
    [("g++", "gcc"), ("g++-12", "gcc-12"), ("/usr/bin/clang++", "/usr/bin/clang"), ("clang", "clang"), ("c++", "cc")],
)
def test_scripts_name_cpp_compilers_and_we_write_c(given, expected):
    assert c_compiler(given) == expected
