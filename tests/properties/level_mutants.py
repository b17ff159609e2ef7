"""Bugs in the passes that lower, in layouts and in targets, each with the test file that must notice it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

Owner = Any


# -- discretise


def clamps_are_forgotten() -> None:
    """Bounds of variables are not applied."""
    from nnc.compiler.passes.discretise import scope

    def store(self: Owner, statement: Owner, value: Owner) -> None:
        self.set(statement.variable, value)

    scope.Scope.store = store  # type: ignore[method-assign]


def equations_of_a_block_see_new_values() -> None:
    """The ODEs of a block are integrated one after the other."""
    from nnc.compiler.passes import discretise

    whole = discretise._integrate

    def integrate(scope: Owner, odes: Owner, diagnostics: Owner) -> None:
        for ode in odes:
            whole(scope, [ode], diagnostics)

    discretise._integrate = integrate


def midpoints_are_ends() -> None:
    """Intermediate stages are a whole step away."""
    from nnc.compiler.passes.discretise import midpoint

    half = midpoint.part
    midpoint.part = lambda system, rates, fraction: half(system, rates, 1.0)


def events_age_by_one_step() -> None:
    """Event-driven variables forget how long ago the last event was."""
    from nnc.compiler.passes.discretise import event_driven

    after = event_driven.after
    event_driven.after = lambda form, time: after(form, form.rate.scale)


def any_variable_is_the_same_for_all_synapses() -> None:
    """Neurons hold what is computed from weights."""
    from nnc.compiler.passes import narrow_traces

    narrow_traces._Synapse._alike = lambda self, value, narrow: True  # type: ignore[method-assign]


def both_neurons_hold_a_variable() -> None:
    """A variable that both events change is taken for one of the pre neuron."""
    from nnc.compiler.passes import narrow_traces

    judged = narrow_traces._Synapse._equation

    def equation(self: Owner, ode: Owner) -> Owner:
        found = judged(self, ode)
        return None if found == "events of both neurons change it" else found

    narrow_traces._Synapse._equation = equation  # type: ignore[method-assign]


def the_stamp_of_a_synapse_is_forgotten() -> None:
    """Neurons hold variables by the rule of the reference simulator, too."""
    from nnc.compiler.frontend import lower_expr

    made = lower_expr.Meaning.__init__

    def exact(self: Owner, *given: Owner, **more: Owner) -> None:
        made(self, *given, **{**more, "exact_time": True})

    lower_expr.Meaning.__init__ = exact  # type: ignore[method-assign]


def synapses_start_alike() -> None:
    """Values that differ between synapses are not told to the compiler."""
    from nnc.runtime import attributes

    attributes.Attributes.may_differ = lambda self, name: False  # type: ignore[method-assign]


def neurons_keep_time_for_themselves() -> None:
    """Variables that neurons hold are lost with the program."""
    from nnc.runtime.block import state

    state.State.begin_stamps = lambda self, owner: None  # type: ignore[method-assign]


# -- instantiate to choose-propagation


def refractory_neurons_go_on() -> None:
    """Refractoriness freezes nothing."""
    from nnc.compiler.passes.instantiate import body, populations

    populations.NeuronBody.set = body.Body.set  # type: ignore[method-assign]


def the_last_delay_step_is_missing() -> None:
    """Rings are read one step too late."""
    from nnc.compiler.passes import lower_delays

    whole = lower_delays._delay

    def delay(b: Owner, read: Owner, kind: str) -> Owner:
        steps = whole(b, read, kind)
        return b.sub(steps, b.like(1, steps))

    lower_delays._delay = delay


def input_does_not_count_as_a_change() -> None:
    """Conductances seen in psp are the present ones."""
    from nnc.compiler.passes import lower_delays

    lower_delays._changed_by_input = lambda module: set()


def maps_fuse_across_their_elements() -> None:
    """Fusion takes any two maps over the same elements."""
    from nnc.compiler.passes import fuse_maps

    fuse_maps._elementwise = lambda a, b: True


def order_does_not_matter() -> None:
    """Maps have no dependences."""
    from nnc.compiler.passes import order_maps

    order_maps.dependences = lambda program: {op: set() for op in reversed(program)}
    order_maps.by_phase = lambda module: list(reversed(order_maps.actions(module)))


# -- lower-to-loops


def spikes_take_a_step_more() -> None:
    """Spikes arrive one step late."""
    from nnc.compiler.passes.lower_to_loops import frame

    whole = frame.Frame.slot

    def slot(self: Owner, depth: Owner, age: Owner = None) -> Owner:
        return whole(self, depth, None if age is None else self.b.add(age, self.number(1)))

    frame.Frame.slot = slot  # type: ignore[method-assign]


def neurons_meet_themselves() -> None:
    """A full projection without autapses has them."""
    from nnc.compiler.passes.lower_to_loops import frame

    frame.Elements.skip = property(lambda self: None, lambda self, value: None)  # type: ignore[assignment]


def neurons_are_updated_before_others_have_read_them() -> None:
    """A map over neurons goes along with sums that read what it changes."""
    from nnc.compiler.passes.lower_to_loops import followers

    followers._apart = lambda host, guest: True


def own_delays_do_not_count() -> None:
    """Spikes reach all synapses at once."""
    from nnc.compiler.passes.lower_to_loops import spikes

    (visitor,) = [v for v in vars(spikes).values() if isinstance(v, type) and hasattr(v, "_arrives")]
    visitor._arrives = lambda self, synapse, age: None  # type: ignore[attr-defined]


def rows_are_pushed_late() -> None:
    """Rings are filled in the row of the step before."""
    from nnc.compiler.passes.lower_to_loops import frame

    whole = frame.Frame.ring_row
    frame.Frame.ring_row = lambda self, ring, age=None: whole(self, ring, self.number(1) if age is None else age)  # type: ignore[method-assign]


# -- threads and barriers


def everybody_is_first() -> None:
    """What worker 0 should do alone, all do."""
    from nnc.compiler.passes import map_threads

    map_threads._Worker.is_first = property(lambda self: self.b.cmp("eq", self.id, self.id))  # type: ignore[assignment]


def parts_overlap() -> None:
    """A worker's part goes to the end of the domain."""
    from nnc.compiler.ir import loop
    from nnc.compiler.ir.types import i64
    from nnc.compiler.passes import map_threads

    whole = map_threads._Worker.part

    def part(self: Owner, op: Owner) -> Owner:
        lo, _ = whole(self, op)
        return lo, self.b.value(loop.SizeRef, types=(i64,), size=op.domain)

    map_threads._Worker.part = part  # type: ignore[method-assign]


def nothing_is_shared() -> None:
    """Barriers are placed as if workers read only what is theirs."""
    from nnc.compiler.passes import place_barriers

    place_barriers._between = lambda *given: iter(())


def the_past_is_safe() -> None:
    """Rows of earlier steps need no barrier."""
    from nnc.compiler.passes import place_barriers

    whole = place_barriers._between
    past = place_barriers.Whose.PAST
    place_barriers._between = lambda w, how, r, read, n: iter(()) if read is past else whole(w, how, r, read, n)


def a_barrier_is_saved() -> None:
    """One barrier fewer than needed is placed."""
    from nnc.compiler.passes import place_barriers

    line = place_barriers._stab_line
    place_barriers._stab_line = lambda arcs: line(arcs)[:-1]


# -- batches


def entries_change_places() -> None:
    """The first two entries of every table are swapped."""
    from nnc.compiler.passes import merge_alike

    whole = merge_alike._Tables._table

    def table(self: Owner, value: Owner, entries: Owner) -> Owner:
        return whole(self, value, (entries[1], entries[0], *entries[2:]))

    merge_alike._Tables._table = table  # type: ignore[method-assign]


def everything_may_pass() -> None:
    """Phases pass others whatever they share."""
    from nnc.compiler.passes import merge_alike

    merge_alike._may_join = lambda groups, place, member: True


def numbers_are_all_alike() -> None:
    """The numbers of the first phase stand for those of all."""
    from nnc.compiler.ir import loop
    from nnc.compiler.passes import merge_alike

    whole = merge_alike._Tables.use

    def use(self: Owner, column: Owner) -> None:
        if isinstance(column[0].value.op, (loop.FieldRef, loop.SizeRef)):
            whole(self, column)

    merge_alike._Tables.use = use  # type: ignore[method-assign]


def what_changes_is_tabulated() -> None:
    """What a run writes counts as given."""
    from nnc.compiler.passes import tabulate

    tabulate.written_fields = lambda op: frozenset()


def rows_start_one_late() -> None:
    """The row of a ring in the first step is that of the second."""
    from nnc.compiler.ir.builder import Builder
    from nnc.compiler.passes import tabulate

    class Late(Builder):
        def sub(self, a: Owner, b: Owner) -> Owner:
            return a

    tabulate.Builder = Late  # type: ignore[misc]


def members_are_done_backwards() -> None:
    """A batch starts with its last member."""
    from nnc.compiler.passes import merge_alike

    whole = merge_alike._merged
    merge_alike._merged = lambda members: whole(list(reversed(members)))


# -- layout


def tiles_are_cut_off() -> None:
    """Scratch for draws ends with the last neuron, not with the last tile."""
    from nnc.compiler.codegen import layout

    whole = layout._size
    layout._size = lambda name, known: int(known[name[:-2]]) if name.endswith(".n64") else whole(name, known)


def layouts_look_alike() -> None:
    """The fingerprint does not see the types of fields."""
    from nnc.compiler.codegen import layout

    plain = property(lambda self: hash((self.sizes, tuple(f.name for f in self.fields))) >> 2)
    layout.Layout.fingerprint = plain  # type: ignore[assignment]


def buffers_start_anywhere() -> None:
    """Buffers are not aligned to cache lines."""
    from nnc.compiler.codegen import layout

    whole = layout.aligned
    layout.aligned = lambda length, dtype: whole(length + 1, dtype)[1:]


# -- targets


def llvm_minimum_takes_the_other_zero() -> None:
    """Of equal numbers, which may be 0.0 and -0.0, the first is taken."""
    from nnc.compiler.codegen import llvm_expr

    llvm_expr._ROWS["arith.min"] = llvm_expr._extreme("ole", "sle")  # type: ignore[index]


def llvm_remainder_is_a_quotient() -> None:
    """`arith.rem` divides."""
    from nnc.compiler.codegen import llvm_expr

    llvm_expr._ROWS["arith.rem"] = llvm_expr._quotient  # type: ignore[index]


def c_maximum_is_a_minimum() -> None:
    """`arith.max` takes the smaller number."""
    from nnc.compiler.codegen import c_expr

    table = next(v for v in vars(c_expr).values() if isinstance(v, dict) and "arith.max" in v)
    table["arith.max"] = table["arith.min"]


def c_shifts_keep_the_sign() -> None:
    """`arith.shr` is arithmetic."""
    from nnc.compiler.codegen import c_expr

    table = next(v for v in vars(c_expr).values() if isinstance(v, dict) and "arith.shr" in v)
    table["arith.shr"] = table["arith.sar"]


def doubles_have_the_bits_of_one_word() -> None:
    """The second word of a uniform double does not count."""
    from nnc.compiler.passes.lower_to_loops import draws

    whole = draws.uniform64
    draws.uniform64 = lambda b, high, low: whole(b, high, high)


def blocks_of_philox_never_wait() -> None:
    """All blocks of Philox of a region are computed at the first of them that needs the others."""
    from nnc.compiler.passes import expand_math

    expand_math._apart = lambda block: [[op for op in block.ops if op.name == "random.philox"]]  # type: ignore[assignment]


def rows_are_fetched_past_the_end_of_the_list() -> None:
    """The last neuron of a list has a next one."""
    from nnc.compiler.codegen import prefetching

    class Builder(prefetching.Builder):
        def min(self, a: Owner, b: Owner) -> Owner:
            return a

    prefetching.Builder = Builder  # type: ignore[misc]


def the_row_at_hand_is_fetched_again() -> None:
    """What is fetched ahead is the row that is read anyway."""
    from nnc.compiler.codegen import prefetching

    prefetching._Ahead._next_row = lambda self: (self.row.lo, self.row.hi)  # type: ignore[method-assign]


# -- rows that are made again


def workers_make_whole_rows() -> None:
    """Every worker adds to the post neurons of all."""
    from nnc.compiler.passes.lower_to_loops import making

    def columns(self: Owner, lo: Owner, hi: Owner) -> Owner:
        return self.number(0), self.size(f"{self.partner}_count")

    making.Making.columns = columns  # type: ignore[method-assign]


def gaps_are_too_long() -> None:
    """Gaps are drawn for another probability."""
    from nnc.compiler.passes.lower_to_loops import procedural

    whole = procedural.gap
    procedural.gap = lambda b, high, low, scale, most: whole(b, high, low, b.add(scale, b.like(-0.5, scale)), most)


def columns_stay_taken() -> None:
    """What one row has chosen, the next ones cannot."""
    from nnc.compiler.passes.lower_to_loops import fixed_numbers

    fixed_numbers.FixedNumbers._clear = lambda self, base: None  # type: ignore[method-assign]


SUITES: dict[str, tuple[Callable[[], None], ...]] = {
    "tests/passes/test_discretise.py": (
        clamps_are_forgotten,
        equations_of_a_block_see_new_values,
        midpoints_are_ends,
    ),
    "tests/passes/test_discretise_events.py": (events_age_by_one_step,),
    "tests/runtime/test_narrow_traces.py": (
        any_variable_is_the_same_for_all_synapses,
        both_neurons_hold_a_variable,
        the_stamp_of_a_synapse_is_forgotten,
        synapses_start_alike,
        neurons_keep_time_for_themselves,
    ),
    "tests/passes/test_instantiate_neurons.py": (refractory_neurons_go_on,),
    "tests/passes/test_lower_delays.py": (the_last_delay_step_is_missing, input_does_not_count_as_a_change),
    "tests/passes/test_fuse_maps.py": (maps_fuse_across_their_elements,),
    "tests/passes/test_followers.py": (neurons_are_updated_before_others_have_read_them,),
    "tests/passes/test_order_maps.py": (order_does_not_matter,),
    "tests/passes/test_lower_to_loops.py": (
        spikes_take_a_step_more,
        own_delays_do_not_count,
        rows_are_pushed_late,
    ),
    "tests/conformance/test_spike_times.py": (neurons_meet_themselves,),
    "tests/passes/test_map_threads.py": (everybody_is_first, parts_overlap),
    "tests/passes/test_place_barriers.py": (nothing_is_shared, the_past_is_safe, a_barrier_is_saved),
    "tests/passes/test_merge_alike.py": (
        entries_change_places,
        everything_may_pass,
        numbers_are_all_alike,
        what_changes_is_tabulated,
        rows_start_one_late,
        members_are_done_backwards,
    ),
    "tests/runtime/test_procedural.py": (workers_make_whole_rows, gaps_are_too_long, columns_stay_taken),
    "tests/codegen/test_layout.py": (tiles_are_cut_off, layouts_look_alike, buffers_start_anywhere),
    "tests/conformance/test_streams.py": (doubles_have_the_bits_of_one_word,),
    "tests/passes/test_expand_math.py": (blocks_of_philox_never_wait,),
    "tests/codegen/test_prefetching.py": (
        rows_are_fetched_past_the_end_of_the_list,
        the_row_at_hand_is_fetched_again,
    ),
    "tests/codegen/test_arithmetic.py": (
        llvm_minimum_takes_the_other_zero,
        llvm_remainder_is_a_quotient,
        c_maximum_is_a_minimum,
        c_shifts_keep_the_sign,
    ),
}
"""By the file that must notice them."""

LEVEL_MUTANTS: dict[str, Callable[[], None]] = {f.__name__: f for found in SUITES.values() for f in found}
SUITE_OF: dict[str, str] = {f.__name__: suite for suite, found in SUITES.items() for f in found}
