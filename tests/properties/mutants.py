"""Bugs planted into the compiler on purpose, to see whether the tests notice.

    python tests/properties/mutants.py [NAME ...]

runs the tests once without a bug and once with each, and says which bugs lived; exit status 1 if one did. Bugs of the
generic passes stand here and must be noticed by the tests of `SUITE`, those of other parts in `level_mutants.py`, each
with the file that must notice it, and phases of a step in a wrong order in `phase_mutants.py`. Takes half an hour: a
nightly job. A pytest plugin plants the bug named by NNC_MUTANT before any test is collected.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "properties")]

from level_mutants import LEVEL_MUTANTS, SUITE_OF  # noqa: E402
from phase_mutants import PHASE_MUTANTS  # noqa: E402
from phase_mutants import SUITE as SUITE_OF_PHASES  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

SUITE = (
    "tests/properties/test_tables.py",
    "tests/ir/test_text.py",
    "tests/ir/test_verify.py",
    "tests/ir/test_effects.py",
    "tests/properties/test_programs.py",
)
"""Quick ones first. Golden files are left out on purpose: they would kill most bugs without showing that the
properties can."""
Owner = Any


def _rule(op: str, position: int, rule: Callable[..., Any]) -> None:
    from nnc.compiler.passes import canonicalize

    rules = list(canonicalize._OWN[op])
    rules.insert(position, rule)
    canonicalize._OWN[op] = rules  # type: ignore[index]


def plus_zero_is_neutral() -> None:
    """`x + 0.0` becomes x."""
    from nnc.compiler.passes.canonicalize import neutral_right

    _rule("arith.add", 0, neutral_right(0.0, 0))


def minus_negative_zero_is_neutral() -> None:
    """`x - -0.0` becomes x."""
    from nnc.compiler.passes.canonicalize import neutral_right

    _rule("arith.sub", 0, neutral_right(-0.0, 0))


def times_zero_is_zero() -> None:
    """`x * 0.0` becomes 0.0."""
    from nnc.compiler.passes.canonicalize import constant

    def rule(op: Owner, rewriter: Owner) -> Any:
        return op.rhs if constant(op.rhs) == 0 else None

    _rule("arith.mul", 0, rule)


def masks_take_signs() -> None:
    """A mask of more bits than a narrow number has sees what was cut off."""
    from nnc.compiler.ir import arith

    def rule(op: Owner, rewriter: Owner) -> Any:
        wide = op.operands[0].op
        if not isinstance(wide, arith.Cast) or not isinstance(wide.operand.op, arith.Cast):
            return None
        source = wide.operand.op.operand
        if source.type is not op.results[0].type or not source.type.dtype.is_int:
            return None
        return rewriter.value(arith.And, source, op.operands[1], types=[op.results[0].type])

    _rule("arith.and", 0, rule)


def itself_minus_itself_is_zero() -> None:
    """`x - x` becomes 0.0 for floats too."""

    def rule(op: Owner, rewriter: Owner) -> Any:
        return rewriter.const(0.0, op.result.type) if op.lhs is op.rhs and op.lhs.type.dtype.is_float else None

    _rule("arith.sub", 0, rule)


def equal_to_itself() -> None:
    """`x == x` becomes true for floats too."""

    def rule(op: Owner, rewriter: Owner) -> Any:
        return rewriter.const(True, op.result.type) if op.lhs is op.rhs and op.predicate == "eq" else None

    _rule("arith.cmp", 0, rule)


def every_division_is_a_product() -> None:
    """`x / c` becomes `x * (1 / c)` for every c."""
    from nnc.compiler.ir import arith
    from nnc.compiler.passes.canonicalize import constant

    def rule(op: Owner, rewriter: Owner) -> Any:
        divisor = constant(op.rhs)
        if not isinstance(divisor, float) or divisor == 0:
            return None
        return rewriter.value(arith.Mul, op.lhs, rewriter.const(1.0 / divisor, op.rhs.type))

    _rule("arith.div", 0, rule)


def inverted_comparisons_ignore_nan() -> None:
    """`not (a < b)` becomes `a >= b` for floats too."""
    from nnc.compiler.ir import arith
    from nnc.compiler.passes.canonicalize import _INVERSE

    def rule(op: Owner, rewriter: Owner) -> Any:
        cmp = op.operand.op
        if not isinstance(cmp, arith.Cmp):
            return None
        return rewriter.value(arith.Cmp, *cmp.operands, types=[op.result.type], predicate=_INVERSE[cmp.predicate])

    _rule("arith.not", 0, rule)


def casts_through_narrow_types_vanish() -> None:
    """f64 to f32 and back, and i64 to i32 and back, count as exact."""
    from nnc.compiler.ir.types import DType
    from nnc.compiler.passes import canonicalize

    canonicalize._EXACT |= {(DType.f64, DType.f32), (DType.i64, DType.i32), (DType.i32, DType.f32)}  # type: ignore[misc]


def f32_is_folded_in_f64() -> None:
    """Constants of f32 are computed in f64 and not rounded."""
    from nnc.compiler.ir.interp import fold
    from nnc.compiler.ir.types import DType
    from nnc.compiler.passes import canonicalize

    def wide(name: str, attributes: Any, constants: Any, result: DType) -> Any:
        return fold(name, attributes, constants, DType.f64 if result is DType.f32 else result)

    canonicalize.fold = wide


def folding_rounds_late() -> None:
    """Constants of f32 are computed in f64 and rounded once, at the end."""
    from nnc.compiler.ir.arith import normalise
    from nnc.compiler.ir.interp import fold
    from nnc.compiler.ir.types import DType
    from nnc.compiler.passes import canonicalize

    def wide(name: str, attributes: Any, constants: Any, result: DType) -> Any:
        value = fold(name, attributes, constants, DType.f64 if result is DType.f32 else result)
        return None if value is None else normalise(value, result)

    canonicalize.fold = wide


def select_takes_the_other() -> None:
    """`select` on a known condition takes the wrong value."""
    from nnc.compiler.passes.canonicalize import constant

    def rule(op: Owner, rewriter: Owner) -> Any:
        known = constant(op.condition)
        return None if known is None else op.other if known else op.then

    _rule("arith.select", 0, rule)


def subtraction_is_commutative() -> None:
    """The trait says so."""
    from nnc.compiler.ir.arith import Sub
    from nnc.compiler.ir.define import COMMUTATIVE

    Sub.spec.traits |= COMMUTATIVE


def minimum_is_commutative() -> None:
    """The trait says so, which is wrong for zeros and NaN."""
    from nnc.compiler.ir.arith import Min
    from nnc.compiler.ir.define import COMMUTATIVE

    Min.spec.traits |= COMMUTATIVE


def zeros_are_equal() -> None:
    """cse compares attributes with ==: 0.0 is -0.0."""
    from nnc.compiler.passes import cse

    cse.key = lambda value: value  # type: ignore[assignment]


def predicates_do_not_count() -> None:
    """cse forgets attributes that are words."""
    from nnc.compiler.ir.attributes import key
    from nnc.compiler.passes import cse

    cse.key = lambda value: key("" if isinstance(value, str) else value)


def types_do_not_count() -> None:
    """cse merges casts to different types."""
    from nnc.compiler.passes import cse

    whole = cse._Walk.identity
    cse._Walk.identity = lambda self, op: (found := whole(self, op)) and (*found[:3], found[4])  # type: ignore


def reads_merge_across_writes() -> None:
    """cse does not count writes."""
    from nnc.compiler.passes import cse

    cse._Walk.written = lambda self, places: None  # type: ignore[method-assign]


def loops_run_once() -> None:
    """cse forgets that a loop comes again after its own writes."""
    from collections import defaultdict

    from nnc.compiler.ir.effects import NONE
    from nnc.compiler.passes import cse

    cse.summaries = lambda root: defaultdict(lambda: NONE)


def stores_are_dead() -> None:
    """A store has no effect."""
    from nnc.compiler.ir import effects

    effects._RULES["mem.store"] = lambda op: effects.NONE  # type: ignore[index]


def compaction_has_no_effect() -> None:
    """A compaction writes nothing."""
    from nnc.compiler.ir import effects

    effects._RULES["mem.compact"] = lambda op: effects.NONE  # type: ignore[index]


def accumulating_only_reads() -> None:
    """An accumulation is no write."""
    from nnc.compiler.ir import effects

    effects._RULES["step.accumulate"] = effects._symbol("field", effects._reads)  # type: ignore[index]


def regions_have_no_effect() -> None:
    """Effects do not look into regions."""
    from nnc.compiler.ir import effects

    effects._collect = lambda op, found: found.setdefault(op, effects.own_effects(op))


def users_do_not_matter() -> None:
    """dce looks only at the last use of a value."""
    from nnc.compiler.passes import dce

    original = dce._sweep

    def sweep(block: Any, needed: Any, dead: Any) -> bool:
        for op in block.ops:
            for result in op.results:
                result.uses = result.uses[-1:]
        return original(block, needed, dead)

    dce._sweep = sweep


def shadowed_names_print_alike() -> None:
    """The printer gives equal names to values with equal hints."""
    from nnc.compiler.ir import printer

    name = printer._Namer.name_value

    def careless(self: Any, value: Any) -> None:
        self.counts.pop(printer.base_name(value.hint), None)
        name(self, value)

    printer._Namer.name_value = careless  # type: ignore[method-assign]


def dominance_is_not_checked() -> None:
    """The verifier lets values be used before they are defined."""
    from nnc.compiler.ir import verify

    class Everything(set[Any]):
        def __contains__(self, item: object) -> bool:
            return True

    verify.set = Everything  # type: ignore[attr-defined]


MUTANTS: dict[str, Callable[[], None]] = {
    f.__name__: f
    for f in (
        plus_zero_is_neutral,
        minus_negative_zero_is_neutral,
        masks_take_signs,
        times_zero_is_zero,
        itself_minus_itself_is_zero,
        equal_to_itself,
        every_division_is_a_product,
        inverted_comparisons_ignore_nan,
        casts_through_narrow_types_vanish,
        f32_is_folded_in_f64,
        folding_rounds_late,
        select_takes_the_other,
        subtraction_is_commutative,
        minimum_is_commutative,
        zeros_are_equal,
        predicates_do_not_count,
        types_do_not_count,
        reads_merge_across_writes,
        loops_run_once,
        stores_are_dead,
        compaction_has_no_effect,
        accumulating_only_reads,
        regions_have_no_effect,
        users_do_not_matter,
        shadowed_names_print_alike,
        dominance_is_not_checked,
    )
} | {**LEVEL_MUTANTS, **PHASE_MUTANTS}


def pytest_configure(config: object) -> None:
    """As a plugin: plant the bug."""
    sys.path.insert(0, str(ROOT / "tests" / "typing"))
    name = os.environ.get("NNC_MUTANT")
    if name:
        MUTANTS[name]()


def survives(name: str | None, suite: tuple[str, ...]) -> tuple[bool, str]:
    """Whether all tests of a suite pass with a bug planted, and the first test that failed."""
    planted = {"NNC_MUTANT": name or "", "HYPOTHESIS_PROFILE": "ci", "PYTHONPATH": str(Path(__file__).parent)}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "-p", "mutants", "-p", "no:cacheprovider"]
    # programs with a bug must not be taken for sound ones later, nor the other way round
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, **planted, "NNC_CACHE_DIR": cache}
        run = subprocess.run([*command, *suite], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    failed = [line for line in run.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return run.returncode == 0, failed[0].split(" - ")[0] if failed else run.stderr[-200:]


def suite_of(name: str) -> tuple[str, ...]:
    """The files that must notice a bug."""
    if name in PHASE_MUTANTS:
        return (SUITE_OF_PHASES,)
    return (SUITE_OF[name],) if name in SUITE_OF else SUITE


def main(names: list[str]) -> int:
    """Try the bugs; the exit status."""
    chosen = names or list(MUTANTS)
    for suite in dict.fromkeys(suite_of(name) for name in chosen):
        clean, failed = survives(None, suite)
        if not clean:
            print(f"the tests fail without any bug: {failed}")
            return 2
    alive = 0
    for name in chosen:
        lived, failed = survives(name, suite_of(name))
        alive += lived
        print(f"{'ALIVE ' if lived else 'killed'} {name:<36} {'' if lived else failed}", flush=True)
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
