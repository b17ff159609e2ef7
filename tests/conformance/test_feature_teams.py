"""What the language and the API can say has the same bits for any number of workers of the CPU targets."""

from __future__ import annotations

import pytest
from support.features import FEATURES, outcome
from support.networks import assert_same_bits

from nnc.compiler.codegen.target import get_target

pytestmark = pytest.mark.filterwarnings("ignore::nnc.runtime.errors.NNCWarning")


@pytest.mark.parametrize("name", FEATURES)
def test_a_feature_has_the_bits_of_one_worker(name: str) -> None:
    wanted = outcome(FEATURES[name])
    assert_same_bits(wanted, outcome(FEATURES[name], num_threads=2))
    if get_target("openmp").available() is None:
        assert_same_bits(wanted, outcome(FEATURES[name], target="openmp", num_threads=3))
