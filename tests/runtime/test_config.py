"""Settings are checked before any is stored."""

import numpy as np
import pytest

from nnc.compiler.diagnostics import NNCError
from nnc.runtime.errors import NNCWarning
from nnc.runtime.networks.config import Config, float32


def test_a_wrong_value_changes_nothing():
    config = Config()
    with pytest.raises(NNCError):
        config.set({"dt": 0.5, "num_threads": 0})
    assert config.dt == 1.0


@pytest.mark.parametrize(
    "keys",
    [
        {"dt": 0.0}, {"dt": "a"}, {"dt": np.inf}, {"num_threads": 1.5}, {"paradigm": "opencl"}, {"method": "euler"},
        {"sparse_matrix_format": "foo"}, {"precision": "half"}, {"seed": -1},
    ],
)  # fmt: skip
def test_values_out_of_range_are_refused(keys):
    with pytest.raises(NNCError):
        Config().set(keys)


def test_an_unknown_key_warns_with_the_near_one():
    with pytest.warns(NNCWarning, match="num_threads"):
        Config().set({"num_thread": 2})


@pytest.mark.parametrize("value", [float32, np.float32, "float", "float32"])
def test_both_keys_for_precision(value):
    config = Config()
    config.set({"dtype": value})
    assert config.precision == "float"
    config.set({"precision": "double"})
    assert config["dtype"].bits == 64


def test_the_target_is_open_until_a_script_chooses():
    config = Config()
    assert config.target is None
    config.set({"paradigm": "openmp"})
    assert Config(config).target == "openmp"
