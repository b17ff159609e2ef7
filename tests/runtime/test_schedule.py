"""The timing rule of timed inputs, against a step-by-step reading of the specification."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnc.runtime.errors import NNCError
from nnc.runtime.inputs.schedule import Position, Schedule, period_of, times_of


def by_the_book(times, period, steps, tau=0, b=0, shown=-1):
    """The rule word by word; times and period in steps."""
    rows = []
    for _ in range(steps):
        if tau == times[b]:
            shown = b
            b = (b + 1) % len(times)
        if period > -1 and tau == period - 1:
            b, tau = 0, -1
        tau += 1
        rows.append(shown)
    return rows, Position(tau, b, shown)


@given(
    st.lists(st.integers(0, 12), min_size=1, max_size=6),
    st.integers(-1, 15),
    st.lists(st.integers(1, 9), min_size=1, max_size=6),
    st.sampled_from([0.1, 0.5, 1.0]),
)
def test_the_rule_is_that_of_the_specification_however_it_is_cut(times, period, stretches, dt):
    schedule = Schedule(tuple(x * dt for x in times), period * dt if period > -1 else -1.0)
    position, found = Position(), []
    for steps in stretches:
        rows, position = schedule.walk(position, steps, dt)
        found += rows.tolist()
    # a period of -1 ms is one of several steps if dt is small, and negative all the same
    assert (found, position) == by_the_book(times, period, sum(stretches))


@given(st.integers(0, 20), st.integers(0, 2), st.integers(1, 25))
def test_the_rule_holds_from_any_position(tau, row, steps):
    rows, after = Schedule((1.0, 4.0, 9.0), 12.0).walk(Position(tau, row, 1), steps, 1.0)
    assert (rows.tolist(), after) == by_the_book([1, 4, 9], 12, steps, tau, row, 1)


def test_times_are_rounded_to_steps_halves_to_even():
    rows, _ = Schedule((0.25, 0.75)).walk(Position(), 4, 0.5)
    assert rows.tolist() == [0, 0, 1, 1]


def test_a_number_is_the_time_between_rows_and_at_least_a_step():
    assert times_of("x", 10.0, 3, 0.5) == (0.0, 10.0, 20.0)
    assert times_of("x", 0.0, 3, 0.5) == times_of("x", -1, 3, 0.5) == (0.0, 0.5, 1.0)
    assert times_of("x", np.array([0, 3]), 3, 0.5) == (0.0, 3.0)


@pytest.mark.parametrize(
    ("schedule", "text"),
    [
        ([0.0, 1.0, 2.0, 3.0], "4 times for 3 rows"),
        ([0.0, -1.0], "at least 0"),
        ([0.0, 2.0, 2.0], "increase"),
        ([], "at least 0"),
        (["a"], "times in ms"),
        ("0", "number of ms or a list"),
        (True, "number of ms or a list"),
        (None, "number of ms or a list"),
    ],
)
def test_a_schedule_that_does_not_fit_is_refused(schedule, text):
    with pytest.raises(NNCError, match=text):
        times_of("x", schedule, 3, 1.0)


def test_a_period_is_a_number():
    assert period_of("x", None) == -1.0
    with pytest.raises(NNCError, match="period"):
        period_of("x", "often")
