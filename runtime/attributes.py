"""The values of the attributes of a population or projection, before and after compilation.

Before, they are kept here: assigned values, else the initial ones of the model. After, they live in the state block.
A local parameter that is the same everywhere is one number in the block; when an array is assigned to it, the array
waits here until the network, told by `widened`, has made itself a program with room for it.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.compiler.description import ConstantRef, Drawn
from nnc.compiler.frontend.model import AttributeRef, DistributionCall
from nnc.compiler.ir.names import attribute_symbol
from nnc.runtime import random as distributions
from nnc.runtime.block.streams import stream
from nnc.runtime.building.blocks import building_threads, draw_blocks
from nnc.runtime.building.remade import Remade
from nnc.runtime.equations.constants import Constant
from nnc.runtime.errors import NNCError, NNCTypeError, NNCValueError, unknown_attribute
from nnc.runtime.random import RandomDistribution

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from numpy.typing import NDArray

    from nnc.runtime.block.state import State
    from nnc.runtime.networks.network import Network
    from nnc.runtime.projections.edits import Edit
    from nnc.runtime.slots import Slot

Value = Any
"""A number, or a flat array with a value per element."""


class Attributes:
    """Values by name. `lengths` gives the number of elements of a locality; it may be filled in later."""

    def __init__(self, owner: str, symbol: str, slots: Mapping[str, Slot], network: Network) -> None:
        self.owner = owner
        self.symbol = symbol
        self.slots = dict(slots)
        self.lengths: dict[str, int] = {"global": 1}
        self.assigned = Remade()
        self.initial = Remade()
        self.promoted: set[str] = set()
        self._apart: set[str] = set()
        self.distributions: dict[str, RandomDistribution] = {}
        """What the values assigned before `compile()` were drawn from, as far as one distribution gave them all."""
        self.guard: Callable[[str, bool], None] | None = None
        """Called before a value is assigned, with whether it differs between elements; it may raise."""
        self._network = network
        self._pending: dict[str, NDArray[Any]] = {}
        self._loose: dict[str, Value] = {}
        self._state: State | None = None
        self._draws: dict[str, int] = {}
        self._drawn = Remade()
        self._recipes: dict[str, tuple[Value, Callable[[], Value]]] = {}

    def slot(self, name: str) -> Slot:
        """The attribute of a name. Raises for an unknown one."""
        if name not in self.slots:
            raise unknown_attribute(self.owner, name, self.slots)
        return self.slots[name]

    def locality(self, name: str) -> str:
        """Its locality; a global parameter that was given different values is local."""
        return "local" if name in self.promoted else self.slot(name).locality

    def wide(self) -> frozenset[str]:
        """The parameters with a value per element."""
        return frozenset(
            name
            for name, slot in self.slots.items()
            if slot.is_parameter and self.locality(name) != "global" and (not slot.fixed or self._is_wide(name))
        )

    def may_differ(self, name: str) -> bool:
        """Whether a variable starts with different values, or has been given such ones since `compile()`."""
        start = self.initial if name in self.initial else self.assigned
        return name in self._apart or name in self._pending or start.is_wide(name)

    def _is_wide(self, name: str) -> bool:
        if name in self._pending:
            return True
        if self._state is not None and self._state.has(self._field(name)):
            return self._state.wide(self._field(name))
        return (self.initial if name in self.initial else self.assigned).is_wide(name)

    # Before compilation

    def preset(self, name: str) -> Value:
        """What an attribute starts with: assigned, else given by the model."""
        if name in self.assigned:
            return self.assigned[name]
        return self._from_model(self.slot(name))

    def resolve(self) -> None:
        """Fix the initial values: parameters first, then variables, each in order."""
        self.initial = Remade()
        self._loose = {}
        for slot in sorted(self.slots.values(), key=lambda s: not s.is_parameter):
            book = self.assigned if slot.name in self.assigned else self._drawn
            if book.is_released(slot.name):
                self.initial.share(slot.name, book)
            else:
                self.initial[slot.name] = self.preset(slot.name)

    def _from_model(self, slot: Slot) -> Value:
        init = slot.init
        if isinstance(init, ConstantRef):
            return slot.scalar(self._network.constant_value(init.name))
        if isinstance(init, Drawn | DistributionCall):
            if slot.name not in self._drawn:
                self._drawn[slot.name] = self.draw(distribution_of(init), slot.name)
            return self._drawn[slot.name]
        if isinstance(init, AttributeRef):
            return self.initial[init.name] if init.name in self.initial else self.preset(init.name)
        return slot.scalar(init)

    def draw(self, distribution: RandomDistribution, name: str, size: int | None = None) -> Value:
        """Draws for all elements (or for `size` of them), from a stream that belongs to this attribute."""
        count = self._draws[name] = self._draws.get(name, -1) + 1
        key = ("values", self.symbol, name, count)
        slot, locality = self.slot(name), self.locality(name)
        if locality == "global":
            return slot.scalar(distribution.draw(1, self._network.stream(*key))[0])
        return self._drawn_many(distribution, name, self.lengths[locality] if size is None else size, key)

    def assign_drawn(self, name: str, distribution: RandomDistribution, key: tuple[str | int, ...]) -> None:
        """Assign draws for all elements from the stream of a key."""
        self.write(name, self._drawn_many(distribution, name, self.lengths[self.locality(name)], key))

    def dtype(self, name: str) -> np.dtype[Any]:
        """The type of the values of an attribute in memory."""
        return self.slot(name).dtype(self._network.config_.precision)

    def _drawn_many(
        self, distribution: RandomDistribution, name: str, count: int, key: tuple[str | int, ...]
    ) -> NDArray[Any]:
        generate, dtype = partial(stream, self._network.seed, *key), self.dtype(name)
        threads = building_threads(self._network.config_["num_threads"])

        def make() -> NDArray[Any]:
            return draw_blocks(distribution, count, generate(), dtype, threads)

        drawn = make()
        if not distribution.has_own_generator:
            self.remember(name, drawn, make)
        return drawn

    def remember(self, name: str, values: Value, make: Callable[[], Value]) -> None:
        """How to make an array of initial values once more, so that it need not be held while the network runs."""
        self._recipes[name] = values, make

    def will_differ(self, name: str, make: Callable[[], Value]) -> None:
        """Elements will have different values under a name: be as if an array was assigned."""
        if self.locality(name) == "global":
            self._promote(self.slot(name), np.zeros(0), None)
        self.assigned.mark(name, make)

    @property
    def nbytes(self) -> int:
        """Memory of the initial values that are held."""
        return self.initial.nbytes

    def release(self) -> None:
        """Hold no large arrays of initial values that can be made again."""
        for name, (values, make) in self._recipes.items():
            for book in (self.assigned, self.initial, self._drawn):
                book.release(name, values, make)
        self._recipes.clear()

    # Reading

    def read(self, name: str) -> Value:
        """A number for a global attribute, else a fresh flat array."""
        slot, locality = self.slot(name), self.locality(name)
        value = self._present(name)
        if locality == "global":
            return slot.scalar(value[0] if isinstance(value, np.ndarray) else value)
        dtype = slot.dtype(self._network.config_.precision)
        if isinstance(value, np.ndarray) and value.size == self.lengths[locality]:
            return value.astype(dtype)
        return np.full(self.lengths[locality], value, dtype)

    def packed(self, name: str) -> NDArray[Any]:
        """A fresh array of the values, of length 1 where one value is held for all elements."""
        values = np.atleast_1d(np.asarray(self._present(name), self.slot(name).dtype(self._network.config_.precision)))
        return values.copy()

    def uniform(self, name: str) -> float | None:
        """The one value of a parameter that is held once, else None."""
        value = self._present(name)
        if name in self._pending or (isinstance(value, np.ndarray) and self._is_wide(name)):
            return None
        return float(value[0] if isinstance(value, np.ndarray) else value)

    def live(self, name: str) -> NDArray[Any]:
        """The memory of an attribute."""
        if self._state is None or not self._state.has(self._field(name)):
            raise NNCError(f"{self.owner}: '{name}' has no memory to look at before compile()")
        return self._state.live(self._field(name))

    def _present(self, name: str) -> Value:
        if name in self._pending:
            return self._pending[name]
        if self._state is None:
            return self.preset(name)
        if name in self._loose:
            return self._loose[name]
        if self._state.has(self._field(name)):
            return self._state.read(self._field(name))
        return self.initial[name]

    # Writing

    def write(self, name: str, value: Any, where: NDArray[np.integer[Any]] | None = None) -> None:
        """Assign a number, a distribution, an array, or the name of another attribute; `where` selects elements."""
        slot = self.slot(name)
        value = self._plain(value)
        many = where is not None or isinstance(value, RandomDistribution | np.ndarray)
        if self.guard is not None:
            self.guard(name, many)
        if self.locality(name) == "global" and many:
            self._promote(slot, value, where)
        self.distributions.pop(name, None)
        if isinstance(value, RandomDistribution):
            if where is None:
                self.distributions[name] = value
            value = self.draw(value, name, None if where is None else len(where))
        if isinstance(value, np.ndarray):
            self._check_length(slot, value, where)
        if where is None and not isinstance(value, np.ndarray):
            self._store_one(slot, slot.scalar(value))
        else:
            self._store_many(slot, value, where)

    def _plain(self, value: Any) -> Any:
        if isinstance(value, Constant):
            return value.value
        if isinstance(value, str):
            return self.read(value)
        if isinstance(value, RandomDistribution | bool | int | float):
            return value
        if isinstance(value, np.ndarray | np.generic | list | tuple | range):
            try:
                array = np.asarray(value)
                numbers = array if array.dtype.kind in "biuf" else array.astype(np.float64)
                flat = numbers if numbers.ndim == 1 else numbers.reshape(-1)
            except (TypeError, ValueError):
                raise NNCValueError(f"{self.owner}: cannot use {value!r} as values") from None
            return flat[0].item() if array.ndim == 0 else flat
        raise NNCTypeError(f"{self.owner}: an attribute takes numbers, arrays and distributions, not {value!r}")

    def _promote(self, slot: Slot, value: Any, where: NDArray[np.integer[Any]] | None) -> None:
        """A parameter that is global only by default becomes local when it gets different values."""
        if isinstance(value, RandomDistribution) and where is None and not slot.soft:
            return
        if not slot.soft or self._state is not None:
            what = "one value for all" if not slot.soft else "one value since compile()"
            raise NNCValueError(
                f"{self.owner}: '{slot.name}' is {what}; declare it with locality='local' to give different values"
            )
        self.promoted.add(slot.name)
        self._network.changed()

    def _check_length(self, slot: Slot, value: NDArray[Any], where: NDArray[np.integer[Any]] | None) -> None:
        expected = self.lengths[self.locality(slot.name)] if where is None else len(where)
        if value.size != expected:
            raise NNCValueError(f"{self.owner}: '{slot.name}' takes {expected} values, got {value.size}")

    def _store_one(self, slot: Slot, value: bool | int | float) -> None:
        name = slot.name
        if self._state is None:
            self.assigned[name] = value
            return
        if name in self._pending:
            self._pending[name][:] = value
        elif self._state.has(self._field(name)):
            self._state.write(self._field(name), value)
        else:
            self._loose[name] = value

    def _store_many(self, slot: Slot, value: Any, where: NDArray[np.integer[Any]] | None) -> None:
        name, field = slot.name, self._field(slot.name)
        if self._state is not None and name not in self._pending and self._state.has(field):
            if self._state.fits(field, value, where):
                self._state.write(field, value, where)
                return
            if not slot.is_parameter:
                self._apart.add(name)
        if where is None and isinstance(value, np.ndarray):
            drawn = name in self._recipes and self._recipes[name][0] is value
            values = value if drawn else value.astype(self.dtype(name))
        else:
            values = self.read(name)
            values[slice(None) if where is None else where] = value
        if self._state is None:
            self.assigned[name] = values
        elif self._state.has(field):
            self._pending[name] = values
            self._network.changed()
        else:
            self._loose[name] = values

    # Copies and files

    def make_room(self, name: str, *, local: bool, wide: bool) -> None:
        """See to it that different values can be assigned, after `compile()` too: with the next program.

        `local`: a parameter that is global by default was given different values; `wide`: it holds one per element.
        """
        slot = self.slot(name)
        if local and slot.locality == "global" and slot.soft and name not in self.promoted:
            self.promoted.add(name)
            self._network.changed()
        narrow = self._state is not None and self._state.has(self._field(name)) and not self._is_wide(name)
        if wide and narrow and slot.is_parameter and self.locality(name) == "local":
            self._pending[name] = self.read(name)
            self._network.changed()

    def set_apart(self, name: str) -> None:
        """Give each synapse a value of its own of a variable that synapses may share: with the next program."""
        if name not in self._apart:
            self._apart.add(name)
            self._network.changed()

    def resize(self, elements: int) -> None:
        """The number of elements changes: values per element are forgotten, the next program starts them anew."""
        self.lengths["local"] = elements
        for values in (self.assigned, self._drawn, self._pending, self._loose):
            for name in [n for n, v in values.items() if isinstance(v, np.ndarray) and self.locality(n) == "local"]:
                del values[name]
        self.resolve()

    def fields(self) -> frozenset[str]:
        """The names of the fields that hold them, in programs that have these."""
        return frozenset(self._field(name) for name in self.slots)

    def book(self) -> dict[str, Mapping[str, Value]]:
        """What initial values come from: assigned ones, those the model has drawn, how often was drawn."""
        return {"assigned": self.assigned, "drawn": self._drawn, "draws": self._draws}

    def keep_book(self, assigned: Mapping[str, Value], drawn: Mapping[str, Value], draws: Mapping[str, int]) -> None:
        """Take over what `book` told."""
        self.assigned.update(assigned)
        self._drawn.update(drawn)
        self._draws.update(draws)
        if self._state is not None:
            self.resolve()

    # Compilation

    def attach(self, state: State) -> None:
        """From now on the values are those of a state; what waited for room in it is written."""
        self._state = state
        for name, values in self._pending.items():
            if not state.wide(self._field(name)):
                raise NNCError(f"{self.owner}: the program has no room for different values of '{name}'")
            state.write(self._field(name), values)
        self._pending.clear()

    def initialise(self, names: Iterable[str] | None = None) -> None:
        """Write the initial values of all or some attributes into the state."""
        assert self._state is not None
        for name in self.slots if names is None else names:
            self._loose.pop(name, None)
            self._pending.pop(name, None)
            if self._state.has(self._field(name)):
                self._state.write(self._field(name), self.initial[name])

    def redraw(self) -> None:
        """Let the initial values that the model (not the script) draws be new ones."""
        self._drawn.clear()
        self.resolve()

    def fresh(self, count: int, given: Mapping[str, Value]) -> dict[str, Value]:
        """What the local attributes of new elements start with: those given, else declared initial values.

        Distributions are drawn anew; where a script assigned an array, the model's own initial value holds.
        """
        made: dict[str, Value] = {}
        for slot in sorted(self.slots.values(), key=lambda s: not s.is_parameter):
            if self.locality(slot.name) == "local":
                made[slot.name] = self._start_of(slot, count, given, made)
        return made

    def _start_of(self, slot: Slot, count: int, given: Mapping[str, Value], made: Mapping[str, Value]) -> Value:
        if slot.name in given:
            return given[slot.name]
        assigned = self.assigned.get(slot.name)
        if assigned is not None and not isinstance(assigned, np.ndarray):
            return assigned
        init = slot.init
        if isinstance(init, AttributeRef):
            return made[init.name] if init.name in made else self.read(init.name)
        if isinstance(init, Drawn | DistributionCall):
            return self.draw(distribution_of(init), slot.name, count)
        return self._from_model(slot)

    def edit(self, edit: Edit, fresh: Mapping[str, Value]) -> None:
        """Follow a change of the synapses in all that is kept here, see `fresh`."""
        for kept in (self.assigned, self.initial, self._loose, self._drawn):
            for name, values in kept.items():
                if isinstance(values, np.ndarray) and name in fresh:
                    kept[name] = edit.carry(values, fresh[name])
        self.lengths["local"] = edit.synapses.count

    def repeat_draws(self) -> None:
        """Let the next draws be those of the beginning again."""
        self._draws.clear()

    def forget(self) -> None:
        """Forget the state and all values: what is assigned next is from before another compilation."""
        self._state = None
        self._apart.clear()
        for values in (self.assigned, self.initial, self._pending, self._loose, self._drawn):
            values.clear()

    def _field(self, name: str) -> str:
        return f"{self.symbol}.{attribute_symbol(name)}"


def distribution_of(init: Drawn | DistributionCall) -> RandomDistribution:
    """The distribution that a model starts an attribute with: an object, or its constructor as text."""
    if isinstance(init, Drawn):
        assert isinstance(init.distribution, RandomDistribution)
        return init.distribution
    made: RandomDistribution = getattr(distributions, init.name)(*init.arguments, **dict(init.keywords))
    return made
