"""Loop level to C that reads like C: one function for a worker, fields under their own names, the user's equations as
comments. Values that are used once and cheap to read are folded into the expression that uses them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from nnc.compiler.codegen.c_expr import (
    HELPERS,
    MEMORY_TYPE,
    VALUE_TYPE,
    Expr,
    constant,
    expression,
    is_expression,
    needs_wide,
)
from nnc.compiler.codegen.layout import ABI, Layout, even
from nnc.compiler.codegen.openmp.reduce import emit_reduce
from nnc.compiler.codegen.openmp.support import FUNCTIONS, HEADER, RUN
from nnc.compiler.codegen.packing import first_of, stride
from nnc.compiler.codegen.target import unsupported
from nnc.compiler.ir import arith, batch, loop, random
from nnc.compiler.ir.batch import fields_of
from nnc.compiler.ir.types import DType

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nnc.compiler.diagnostics import Loc
    from nnc.compiler.ir.core import Block, Op, Value

LONGEST: Final = 72
"""An expression longer than this gets a name instead of being folded into its user."""

_TAKEN: Final = frozenset(
    """auto break case char const continue default do double else enum extern float for goto if inline int long register
    restrict return short signed sizeof static struct switch typedef union unsigned void volatile while bool true
    false asm block tid t0 t1 sense team sched errno y0 y1 j0 j1 yn jn gamma exp log pow sin cos tan index
    INFINITY NAN""".split()  # noqa: SIM905
)


class _Names:
    """Unused C identifiers, near to what was asked for."""

    def __init__(self) -> None:
        self.used: dict[str, int] = dict.fromkeys(_TAKEN, 1)

    def new(self, wanted: str) -> str:
        base = re.sub(r"[^A-Za-z0-9_]", "_", wanted)
        if not base or not base[0].isalpha() or base.startswith("nnc_"):
            base = "x" + base
        if base not in self.used:
            self.used[base] = 1
            return base
        while True:
            name = f"{base}_{self.used[base]}"
            self.used[base] += 1
            if name not in self.used:
                self.used[name] = 1
                return name


class Emitter:
    """Writes the function of a worker."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.names = _Names()
        self.lines: list[str] = []
        self.depth = 1
        self.values: dict[Value, Expr] = {}
        self.fields: dict[str, str] = {}
        self.sizes: dict[str, str] = {}
        self.tables: dict[tuple[str, str], str] = {}
        self.said: object = None

    def function(self, func: loop.Func) -> str:
        """The text of `nnc_worker`."""
        for name in self.layout.size_index:
            self.sizes[name] = self.names.new(name)
        for name in self.layout.field_index:
            self.fields[name] = self.names.new(name)
        for arg, name in zip(func.body.args, ("t0", "t1"), strict=True):
            self.values[arg] = Expr(name)
        self.block(func.body)
        return "\n".join(
            [
                "static void nnc_worker(struct nnc_block *const block, const int64_t tid, const int64_t t0,",
                "                       const int64_t t1) {",
                *self._declarations(func),
                *self.lines,
                "}\n",
            ]
        )

    def _declarations(self, func: loop.Func) -> list[str]:
        refs = {str(op.field) for op in func.find(loop.FieldRef)}
        sizes = {str(op.size) for op in func.find(loop.SizeRef)}
        out = [f"  static const {kind} {name}{text}" for (kind, text), name in self.tables.items()]
        if next(func.find(loop.Barrier), None):
            out.append("  int64_t sense = 0;")
        for i, name in enumerate(self.layout.sizes):
            if name in sizes:
                out.append(f"  const int64_t {self.sizes[name]} = block->size[{i}];")
        for i, f in enumerate(self.layout.fields):
            if f.name in refs:
                kind = MEMORY_TYPE[f.dtype]
                first, offset = first_of(self.layout, f.name) or (i, 0)
                start = f"((char *)block->field[{first}] + {offset})" if offset else f"block->field[{first}]"
                out.append(f"  {kind} *const {self.fields[f.name]} = ({kind} *){start};")
        return out

    def line(self, text: str) -> None:
        """One line at the present depth."""
        self.lines.append("  " * self.depth + text)

    def block(self, block: Block) -> None:
        """All ops of a region, but not its yield."""
        for op in block.ops:
            if isinstance(op, arith.Yield):
                return
            self.op(op)

    def nested(self, head: str, block: Block, tail: Callable[[], None] | None = None) -> None:
        """A region in braces."""
        self.line(head + " {")
        self.depth += 1
        said = self.said
        self.block(block)
        if tail is not None:
            tail()
        self.said = said
        self.depth -= 1
        self.line("}")

    def comment(self, loc: Loc) -> None:
        """The user's line, once for all the statements that follow from it."""
        if loc.source is None:
            return
        number, _ = loc.source.position(loc.start)
        if self.said == (loc.source, number):
            return
        self.said = (loc.source, number)
        text = loc.source.line_text(number).strip().replace("*/", "* /").replace("/*", "/ *")
        if text:
            self.line(f"/* {text} */")

    def atom(self, value: Value) -> str:
        """The text of a value as an operand of any operator."""
        return self.values[value].within(14)

    def text(self, value: Value) -> str:
        """The text of a value where nothing binds tighter."""
        return self.values[value].text

    def bind(self, value: Value, text: str, wanted: str | None = None) -> None:
        """Give a value a name."""
        name = self.names.new(value.hint or wanted or "x")
        self.values[value] = Expr(name)
        self.line(f"const {VALUE_TYPE[value.type.dtype]} {name} = {text};")

    def op(self, op: Op) -> None:
        """One op."""
        if isinstance(op, arith.Const):
            self.values[op.result] = constant(op.value, op.result.type.dtype, needs_wide(op))
        elif is_expression(op):
            self.expression(op)
        else:
            row = _ROWS.get(type(op))
            if row is None:
                raise unsupported(op, "openmp")
            row(self, op)

    def expression(self, op: Op) -> None:
        """An arithmetic op: folded into its only user, or named."""
        result = op.results[0]
        expr = expression(op, [self.values[v] for v in op.operands])
        if not result.uses or (len(result.uses) == 1 and self._folds(op, expr)):
            self.values[result] = expr
            return
        self.comment(op.loc)
        self.bind(result, expr.text)

    def _folds(self, op: Op, expr: Expr) -> bool:
        user, index = op.results[0].uses[0]
        if isinstance(user, (loop.For, loop.Reduce, loop.TimeLoop)):
            return False  # a loop would evaluate its bounds again and again
        if isinstance(user, arith.Select) and user.result.type.dtype.is_float and index > 0:
            return False  # C evaluates one side only, and a loop with such a branch may not be vectorised
        return user.parent is op.parent and len(expr.text) <= LONGEST

    def field_ref(self, op: loop.FieldRef) -> None:
        """A field is the variable declared at the top."""
        if str(op.field) not in self.fields:
            raise unsupported(op, "openmp", f"field @{op.field} is not declared")
        self.values[op.result] = Expr(self.fields[str(op.field)])

    def size_ref(self, op: loop.SizeRef) -> None:
        """A size is the variable declared at the top."""
        if str(op.size) not in self.sizes:
            raise unsupported(op, "openmp", f"size @{op.size} is not declared")
        self.values[op.result] = Expr(self.sizes[str(op.size)])

    def pick_field(self, op: batch.PickField) -> None:
        """The field of a member, from the table of the block."""
        kind = MEMORY_TYPE[op.result.type.dtype]
        name = self.names.new(op.result.hint or "field")
        at = self.entry_of(op, [self.layout.field_index[str(name)] for name in op.fields])
        self.values[op.result] = Expr(name)
        self.line(f"{kind} *const {name} = ({kind} *)block->field[{at}];")

    def pick_size(self, op: batch.PickSize) -> None:
        """The size of a member, from the table of the block."""
        at = self.entry_of(op, [self.layout.size_index[str(name)] for name in op.sizes])
        self.bind(op.result, f"block->size[{at}]")

    def pick_number(self, op: batch.PickNumber) -> None:
        """The number of a member, from a table."""
        dtype = op.result.type.dtype
        numbers = [constant(n, dtype).text for n in op.numbers]
        self.bind(op.result, self.from_table(op, VALUE_TYPE[dtype], numbers))

    def entry_of(self, op: Op, places: Sequence[int]) -> str:
        """The place of a member: computed where places are evenly spread, else from a table."""
        line = even(places)
        if line is None:
            return self.from_table(op, "int32_t", list(map(str, places)))
        return f"{line[0]} + {line[1]} * {self.atom(op.operands[0])}"

    def from_table(self, op: Op, kind: str, entries: Sequence[str]) -> str:
        """An entry of a constant table."""
        text = f"[{len(entries)}] = {{{', '.join(entries)}}};"
        if (kind, text) not in self.tables:
            self.tables[kind, text] = self.names.new("table")
        return f"{self.tables[kind, text]}[{self.text(op.operands[0])}]"

    def alloca(self, op: loop.Alloca) -> None:
        """Scratch on the stack, rounded up so that eight bytes may be cleared at a time."""
        name = self.names.new(op.result.hint or "scratch")
        self.values[op.result] = Expr(name)
        kind = MEMORY_TYPE[op.result.type.dtype]
        self.line(f"_Alignas(64) {kind} {name}[{max(8, -(-op.count // 8) * 8)}];")

    def load(self, op: loop.Load) -> None:
        """Memory is read at this very place, so a load always has a name."""
        self.comment(op.loc)
        test = " != 0" if op.result.type.dtype is DType.bool else ""
        buffer = self.text(op.buffer)
        self.bind(op.result, f"{buffer}[{self.index(op)}]{test}", f"{buffer}_at")

    def store(self, op: loop.Store) -> None:
        """An assignment."""
        self.comment(op.loc)
        value = self.text(op.value)
        if op.value.type.dtype is DType.bool:
            value = f"{value} ? 1 : 0"  # gcc 12 cannot turn a mask of two comparisons into bytes
        self.line(f"{self.text(op.buffer)}[{self.index(op)}] = {value};")

    def prefetch(self, op: loop.Prefetch) -> None:
        """Into the second-level cache: a row of synapses would push out of the first what it is added to."""
        self.line(f"__builtin_prefetch(&{self.text(op.buffer)}[{self.index(op)}], 0, 2);")

    def index(self, op: loop.Load | loop.Store | loop.Prefetch) -> str:
        """The index of an access, stretched where values have gaps between them."""
        names = fields_of(op.buffer)
        step = stride(self.layout, names[0]) if names else 1
        return self.text(op.index) if step == 1 else f"{step} * {self.atom(op.index)}"

    def compact(self, op: loop.Compact) -> None:
        """A call; the counter is passed by its address."""
        self.comment(op.loc)
        mask, lo, hi, entries, base = (self.text(v) for v in (op.mask, op.lo, op.hi, op.list, op.base))
        self.line(f"nnc_compact({mask}, {lo}, {hi}, {entries}, {base}, &{self.text(op.counts)}[{self.text(op.slot)}]);")

    def time(self, op: loop.TimeLoop) -> None:
        """The loop over steps; worker 0 notes where it ended."""
        k = self._loop_variable(op.body, "k")
        now = self.names.new("now")
        self.line(f"int64_t {now} = {self.text(op.lo)};")

        def leave() -> None:
            self.line(f"{now} = {k} + 1;")
            self.line(f"if (nnc_leave(block, {k})) break;")

        head = f"for (int64_t {k} = {self.text(op.lo)}; {k} < {self.text(op.hi)}; {k}++)"
        self.nested(head, op.body, leave)
        self.line(f"if (tid == 0) block->t = {now};")

    def counted(self, op: loop.For) -> None:
        """A counted loop."""
        i = self._loop_variable(op.body, "i")
        if op.simd:
            # What is written out before it is vectorised never is: a loop known to be short is a vector or two.
            self.line("NNC_SIMD_SHORT" if op.trips is not None else "NNC_SIMD")
        step = f"{i}++" if op.step == 1 else f"{i} += {op.step}"
        self.nested(f"for (int64_t {i} = {self.text(op.lo)}; {i} < {self.text(op.hi)}; {step})", op.body)

    def _loop_variable(self, body: Block, wanted: str) -> str:
        arg = body.args[0]
        name = self.names.new(arg.hint or wanted)
        self.values[arg] = Expr(name)
        return name

    def condition(self, op: loop.If) -> None:
        """A branch."""
        self.nested(f"if ({self.text(op.condition)})", op.body)

    def barrier(self, op: loop.Barrier) -> None:
        """Our own barrier: libgomp's is slow, and terrible on a busy machine."""
        self.line("nnc_barrier(block, &sense);")

    def record(self, op: loop.Record) -> None:
        """A call to the generic recorder."""
        self.line(f"nnc_record(block, tid, {self.text(op.step)}, {int(op.when == 'targets')});")

    def stop(self, op: loop.Stop) -> None:
        """Worker 0 alone decides."""
        self.comment(op.loc)
        self.line(f"if (tid == 0 && {self.atom(op.condition)}) nnc_stop(block, {self.text(op.step)});")

    def worker(self, op: loop.Id) -> None:
        """The argument of the function."""
        self.values[op.result] = Expr("tid")

    def team(self, op: loop.TeamSize) -> None:
        """From the block."""
        self.values[op.result] = Expr("block->team")

    def bound(self, op: loop.Bound) -> None:
        """A call."""
        self.bind(op.result, f"nnc_bound({self.text(op.n)}, {self.text(op.p)}, block->team)", "bound")

    def clock(self, op: loop.Clock) -> None:
        """A call."""
        self.bind(op.result, "nnc_clock()", "now")

    def lap(self, op: loop.Lap) -> None:
        """A mark, for readers only."""
        self.line(f"/* end of {op.kernel} */")

    def seed(self, op: loop.Seed) -> None:
        """From the block."""
        self.bind(op.result, "(int32_t)block->seed", "seed")

    def philox(self, op: random.Philox) -> None:
        """A call that gives four words."""
        name = self.names.new("words")
        args = ", ".join(self.text(v) for v in op.operands)
        self.line(f"const struct nnc_words {name} = nnc_philox({args});")
        for i, word in enumerate(op.results):
            self.values[word] = Expr(f"{name}.w{i}")


_ROWS: Final[dict[type[Op], Callable[[Emitter, Any], None]]] = {
    loop.FieldRef: Emitter.field_ref,
    loop.SizeRef: Emitter.size_ref,
    batch.PickField: Emitter.pick_field,
    batch.PickSize: Emitter.pick_size,
    batch.PickNumber: Emitter.pick_number,
    loop.Alloca: Emitter.alloca,
    loop.Load: Emitter.load,
    loop.Store: Emitter.store,
    loop.Prefetch: Emitter.prefetch,
    loop.Compact: Emitter.compact,
    loop.TimeLoop: Emitter.time,
    loop.For: Emitter.counted,
    loop.Reduce: emit_reduce,
    loop.If: Emitter.condition,
    loop.Barrier: Emitter.barrier,
    loop.Record: Emitter.record,
    loop.Stop: Emitter.stop,
    loop.Id: Emitter.worker,
    loop.TeamSize: Emitter.team,
    loop.Bound: Emitter.bound,
    loop.Seed: Emitter.seed,
    loop.Clock: Emitter.clock,
    loop.Lap: Emitter.lap,
    random.Philox: Emitter.philox,
}


def emit_c(module: Op) -> str:
    """The C file for a loop-level module."""
    layout = Layout.of(module, pack=True)
    func = next(module.find(loop.Func), None)
    if func is None:
        raise unsupported(module, "openmp", "there is no loop.func")
    worker = Emitter(layout).function(func)
    parts = [f"/* Made by nnc; state block ABI {ABI}. */\n{HEADER}"]
    called = set(re.findall(r"\bnnc_\w+", worker))
    if "nnc_record" in called:
        called.add("nnc_bound")
    if helpers := [text for name, text in HELPERS.items() if name in called]:
        parts.append("".join(helpers))
    parts += [text for name, text in FUNCTIONS.items() if name in called]
    return "\n".join([*parts, worker, RUN])
