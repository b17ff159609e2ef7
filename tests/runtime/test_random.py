"""Distributions on the Python side, and streams."""

import numpy as np
import pytest

from nnc.compiler.diagnostics import NNCError
from nnc.runtime import random as r
from nnc.runtime.block.streams import kernel_seed, stream


def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize(
    ("distribution", "mean", "deviation"),
    [
        (r.Uniform(0.0, 2.0), 1.0, 2 / 12**0.5),
        (r.DiscreteUniform(1, 3), 2.0, (2 / 3) ** 0.5),
        (r.Normal(1.0, 2.0), 1.0, 2.0),
        (r.Exponential(1.0), 1.0, 1.0),
        (r.Exponential(scale=4.0), 4.0, 4.0),
        (r.Exponential(rate=4.0), 0.25, 0.25),
        (r.Gamma(2.0, 3.0), 6.0, 18**0.5),
        (r.Binomial(10, 0.5), 5.0, 2.5**0.5),
        (r.LogNormal(0.0, 0.5), np.exp(0.125), ((np.exp(0.25) - 1) * np.exp(0.25)) ** 0.5),
    ],
)
def test_moments(distribution, mean, deviation):
    n = 20000
    x = distribution.draw(n, rng())
    assert abs(x.mean() - mean) < 5 * deviation / n**0.5
    assert abs(x.std() - deviation) < 0.05 * deviation


def test_values_outside_of_the_bounds_are_set_to_the_bound():
    x = r.Normal(0.0, 1.0, min=0.0).draw(1000, rng())
    assert x.min() == 0.0
    assert (x == 0.0).sum() > 300


def test_discrete_uniform_includes_both_ends():
    assert set(r.DiscreteUniform(1, 2).draw(100, rng()).tolist()) == {1, 2}


def test_a_seed_repeats_and_a_generator_is_shared():
    assert r.Uniform(0, 1, seed=3).get_list_values(3) == r.Uniform(0, 1, 3).get_list_values(3)
    g = rng()
    assert r.Uniform(0, 1, rng=g).get_value() != r.Uniform(0, 1, g).get_value()


def test_constant_uniform_is_allowed_but_not_a_reversed_one():
    assert r.Uniform(2.0, 2.0).draw(3, rng()).tolist() == [2.0] * 3
    with pytest.raises(NNCError, match="above max"):
        r.Uniform(2.0, 1.0)


@pytest.mark.parametrize("make", [lambda: r.Normal(0, -1), lambda: r.Normal("a", 1), lambda: r.Uniform(0, 1, "x")])
def test_misuse_is_refused(make):
    with pytest.raises(NNCError):
        make()


def test_the_base_class_cannot_be_drawn_from():
    with pytest.raises(NNCError):
        r.RandomDistribution().draw(1, rng())


def test_streams_depend_on_seed_and_key_only():
    assert stream(1, "a", 2).random() == stream(1, "a", 2).random()
    assert len({stream(1, "a", 2).random(), stream(1, "a", 3).random(), stream(2, "a", 2).random()}) == 3
    assert kernel_seed(1, 0) != kernel_seed(1, 1)
