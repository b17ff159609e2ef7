"""Random distributions as Python objects: weights, delays, initial values.

Inside equations the same names are functions of the equation language. A distribution without `seed` or `rng` is
bound when it is used: the numbers come from a stream of the network that uses it, keyed by what they are for.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from nnc.runtime.errors import NNCTypeError, NNCValueError, warn

Shape = int | tuple[int, ...]
Array = np.ndarray[Any, np.dtype[Any]]


class RandomDistribution:
    """Base of the distributions; itself it cannot be drawn from."""

    integer: ClassVar[bool] = False

    def __init__(self, seed: object = None, rng: object = None) -> None:
        self._generator = _generator(type(self).__name__, seed, rng)
        self._by_hand: np.random.Generator | None = None

    @property
    def has_own_generator(self) -> bool:
        """Whether the draws come from a generator of its own, given by `seed` or `rng`."""
        return self._generator is not None

    def get_values(self, shape: Shape) -> Array:
        """An array of draws; without `seed` or `rng` from a stream of the magic network."""
        if self._generator is None and self._by_hand is None:
            from nnc.runtime.networks.magic import magic_network

            self._by_hand = magic_network().default_rng.spawn(1)[0]
        return self.draw(shape, self._by_hand)

    def get_list_values(self, size: int) -> list[Any]:
        """A list of draws."""
        values: list[Any] = self.get_values(size).tolist()
        return values

    def get_value(self) -> float:
        """One draw."""
        return self.get_list_values(1)[0]  # type: ignore[no-any-return]

    def draw(self, shape: Shape, generator: np.random.Generator | None) -> Array:
        """Draws from the own generator if there is one, else from the given one."""
        source = self._generator if self._generator is not None else generator
        if source is None:
            raise NNCTypeError(f"{type(self).__name__}: no generator to draw from")
        return np.asarray(self._draw(source, shape))

    def bounds(self) -> tuple[float, float]:
        """The least and the greatest value that can come (infinite where there is no bound)."""
        low, high = getattr(self, "min", None), getattr(self, "max", None)
        return (-np.inf if low is None else float(low), np.inf if high is None else float(high))

    @classmethod
    def keywords(cls) -> list[str]:
        """Names of all distributions."""
        return [c.__name__ for c in (Uniform, DiscreteUniform, Normal, LogNormal, Exponential, Gamma, Binomial)]

    def _draw(self, generator: np.random.Generator, shape: Shape) -> Array:
        raise NNCTypeError("RandomDistribution is the base class: use Uniform, Normal, ...")

    def _clipped(self, values: Array) -> Array:
        low, high = self.bounds()
        return values if low == -np.inf and high == np.inf else np.clip(values, low, high)

    def __repr__(self) -> str:
        shown = ", ".join(f"{k}={v!r}" for k, v in vars(self).items() if not k.startswith("_"))
        return f"{type(self).__name__}({shown})"


class Uniform(RandomDistribution):
    """Uniform on `[min, max)`; `min == max` is the constant."""

    def __init__(self, min: float, max: float, seed: object = None, rng: object = None) -> None:
        super().__init__(seed, rng)
        self.min = _number("Uniform", "min", min)
        self.max = _number("Uniform", "max", max)
        if self.min > self.max:
            raise NNCValueError(f"Uniform: min ({min}) is above max ({max})")

    def _draw(self, generator: np.random.Generator, shape: Shape) -> Array:
        return generator.uniform(self.min, self.max, shape)


class DiscreteUniform(RandomDistribution):
    """Integers from `min` to `max`, both included."""

    integer = True

    def __init__(self, min: int, max: int, seed: object = None, rng: object = None) -> None:
        super().__init__(seed, rng)
        self.min = int(_number("DiscreteUniform", "min", min))
        self.max = int(_number("DiscreteUniform", "max", max))
        if self.min > self.max:
            raise NNCValueError(f"DiscreteUniform: min ({min}) is above max ({max})")

    def _draw(self, generator: np.random.Generator, shape: Shape) -> Array:
        return generator.integers(self.min, self.max, shape, endpoint=True)


class Normal(RandomDistribution):
    """Normal with mean `mu` and deviation `sigma`; values outside `[min, max]` are set to the bound."""

    def __init__(
        self,
        mu: float,
        sigma: float,
        min: float | None = None,
        max: float | None = None,
        seed: object = None,
        rng: object = None,
    ) -> None:
        super().__init__(seed, rng)
        self.mu = _number("Normal", "mu", mu)
        self.sigma = _positive("Normal", "sigma", sigma)
        self.min, self.max = _limits("Normal", min, max)

    def _draw(self, generator: np.random.Generator, shape: Shape) -> Array:
        return self._clipped(generator.normal(self.mu, self.sigma, shape))


class LogNormal(RandomDistribution):
    """Exponential of a normal with mean `mu` and deviation `sigma`; clipped to `[min, max]`."""

    def __init__(
        self,
        mu: float,
        sigma: float,
        min: float | None = None,
        max: float | None = None,
        seed: object = None,
        rng: object = None,
    ) -> None:
        super().__init__(seed, rng)
        self.mu = _number("LogNormal", "mu", mu)
        self.sigma = _positive("LogNormal", "sigma", sigma)
        self.min, self.max = _limits("LogNormal", min, max)

    def _draw(self, generator: np.random.Generator, shape: Shape) -> Array:
        return self._clipped(generator.lognormal(self.mu, self.sigma, shape))


class Exponential(RandomDistribution):
    """Exponential with rate `Lambda`, that is mean `1 / Lambda`, as inside equations; clipped to `[min, max]`.

    `rate=` and `scale=` (the mean) say the same without doubt. The reference simulator draws with mean `Lambda` here.
    """

    def __init__(
        self,
        Lambda: float | None = None,
        min: float | None = None,
        max: float | None = None,
        seed: object = None,
        rng: object = None,
        *,
        rate: float | None = None,
        scale: float | None = None,
    ) -> None:
        super().__init__(seed, rng)
        if sum(x is not None for x in (Lambda, rate, scale)) != 1:
            raise NNCTypeError("Exponential: give one of Lambda, rate and scale")
        if Lambda is not None:
            if _number("Exponential", "Lambda", Lambda) not in (0.0, 1.0):
                warn(
                    "Exponential(Lambda) draws with mean 1/Lambda, as its documentation says; write scale= for a mean."
                )
            rate = Lambda
        self.Lambda = (
            1.0 / _positive("Exponential", "scale", scale) if scale else _positive("Exponential", "rate", rate)
        )
        if self.Lambda == 0.0:
            raise NNCValueError("Exponential: the rate must be above zero")
        self.min, self.max = _limits("Exponential", min, max)

    def _draw(self, generator: np.random.Generator, shape: Shape) -> Array:
        return self._clipped(generator.exponential(1.0 / self.Lambda, shape))


class Gamma(RandomDistribution):
    """Gamma with shape `alpha` and scale `beta` (mean `alpha * beta`); clipped to `[min, max]`."""

    def __init__(
        self,
        alpha: float,
        beta: float = 1.0,
        min: float | None = None,
        max: float | None = None,
        seed: object = None,
        rng: object = None,
    ) -> None:
        super().__init__(seed, rng)
        self.alpha = _positive("Gamma", "alpha", alpha)
        self.beta = _positive("Gamma", "beta", beta)
        self.min, self.max = _limits("Gamma", min, max)

    def _draw(self, generator: np.random.Generator, shape: Shape) -> Array:
        return self._clipped(generator.gamma(self.alpha, self.beta, shape))


class Binomial(RandomDistribution):
    """Successes in `n` trials of probability `p`."""

    integer = True

    def __init__(self, n: int, p: float, seed: object = None, rng: object = None) -> None:
        super().__init__(seed, rng)
        self.n = int(_positive("Binomial", "n", n))
        self.p = _number("Binomial", "p", p)
        if not 0.0 <= self.p <= 1.0:
            raise NNCValueError(f"Binomial: p is a probability, not {p}")

    def bounds(self) -> tuple[float, float]:
        """Zero to n."""
        return 0.0, float(self.n)

    def _draw(self, generator: np.random.Generator, shape: Shape) -> Array:
        return generator.binomial(self.n, self.p, shape)


def _generator(owner: str, seed: object, rng: object) -> np.random.Generator | None:
    if seed is not None and rng is not None:
        raise NNCTypeError(f"{owner}: give seed or rng, not both")
    given = seed if rng is None else rng
    if given is None or isinstance(given, np.random.Generator):
        return given
    if isinstance(given, int | np.integer) and not isinstance(given, bool):
        return np.random.default_rng(int(given))
    raise NNCTypeError(f"{owner}: the last argument is a seed (int) or a numpy Generator, not {given!r}")


def _number(owner: str, name: str, value: object) -> float:
    if isinstance(value, int | float | np.number) and not isinstance(value, complex | np.complexfloating):
        return float(value)
    raise NNCTypeError(f"{owner}: {name} must be a number, not {value!r}")


def _positive(owner: str, name: str, value: object) -> float:
    number = _number(owner, name, value)
    if not number >= 0.0:
        raise NNCValueError(f"{owner}: {name} must not be negative, got {value}")
    return number


def _limits(owner: str, low: object, high: object) -> tuple[float | None, float | None]:
    bounds = (
        None if low is None else _number(owner, "min", low),
        None if high is None else _number(owner, "max", high),
    )
    if bounds[0] is not None and bounds[1] is not None and bounds[0] > bounds[1]:
        raise NNCValueError(f"{owner}: min ({low}) is above max ({high})")
    return bounds
