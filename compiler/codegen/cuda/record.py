"""The recorder of a device: rows are copied element by element, one per thread; spikes by the threads of worker 0.

The same as `nnc_record` of the CPU targets, but for who copies what.
"""

from __future__ import annotations

from typing import Final

_NAMES: Final = "kind source element count ranks rows period phase cursor capacity start first".split()  # noqa: SIM905
_WORDS: Final = {name: index for index, name in enumerate(_NAMES)}


def _word(name: str, kind: str = "i64") -> str:
    """Load a word of the recorder `%r`."""
    at = f"  %{name}.at = getelementptr i8, ptr %r, i64 {8 * _WORDS[name]}"
    return f"{at}\n  %{name} = load {kind}, ptr %{name}.at"


def _copies() -> str:
    """Copy an element of 8, 4, 2 or 1 bytes from `%from` to `%to`."""
    lines = ["  switch i64 %element, label %copy.1 [ i64 8, label %copy.8"]
    lines += ["    i64 4, label %copy.4", "    i64 2, label %copy.2 ]"]
    for size in (8, 4, 2, 1):
        lines += [
            f"copy.{size}:",
            f"  %x{size} = load i{8 * size}, ptr addrspace(1) %from",
            f"  store i{8 * size} %x{size}, ptr addrspace(1) %to",
            "  br label %copied",
        ]
    return "\n".join(lines)


_ROW: Final = f"""\
define internal void @nnc_record_row(ptr %block, ptr %r, i64 %tid, i64 %lane, i64 %k) {{
entry:
{_word("source")}
{_word("element")}
{_word("count")}
{_word("ranks", "ptr")}
{_word("rows", "ptr")}
{_word("period")}
{_word("phase")}
{_word("capacity")}
{_word("first")}
  %offset = sub i64 %k, %phase
  %rest = srem i64 %offset, %period
  %due = icmp eq i64 %rest, 0
  %since = sub i64 %k, %first
  %row = sdiv i64 %since, %period
  %room = icmp slt i64 %row, %capacity
  %go = and i1 %due, %room
  br i1 %go, label %copy, label %done
copy:
  %team.at = getelementptr i8, ptr %block, i64 80
  %team = load i64, ptr %team.at
  %stride = mul i64 %team, {{threads}}
  %thread.0 = mul i64 %tid, {{threads}}
  %thread = add i64 %thread.0, %lane
  %fields.at = getelementptr i8, ptr %block, i64 32
  %fields = load ptr, ptr %fields.at
  %field.at = getelementptr ptr, ptr %fields, i64 %source
  %field = load ptr, ptr %field.at
  %field.1 = addrspacecast ptr %field to ptr addrspace(1)
  %rows.1 = addrspacecast ptr %rows to ptr addrspace(1)
  %before = mul i64 %row, %count
  %whole = icmp eq ptr %ranks, null
  br label %each
each:
  %j = phi i64 [ %thread, %copy ], [ %j.next, %copied ]
  %more = icmp slt i64 %j, %count
  br i1 %more, label %one, label %done
one:
  br i1 %whole, label %place, label %ranked
ranked:
  %rank.at = getelementptr i32, ptr %ranks, i64 %j
  %rank32 = load i32, ptr %rank.at
  %rank = sext i32 %rank32 to i64
  br label %place
place:
  %i = phi i64 [ %j, %one ], [ %rank, %ranked ]
  %from.bytes = mul i64 %i, %element
  %from = getelementptr i8, ptr addrspace(1) %field.1, i64 %from.bytes
  %to.element = add i64 %before, %j
  %to.bytes = mul i64 %to.element, %element
  %to = getelementptr i8, ptr addrspace(1) %rows.1, i64 %to.bytes
{_copies()}
copied:
  %j.next = add i64 %j, %stride
  br label %each
done:
  ret void
}}
"""

_SPIKES: Final = f"""\
define internal void @nnc_record_spikes(ptr %block, ptr %r, i64 %lane, i64 %k) convergent noinline {{
entry:
{_word("source")}
  %n.at = getelementptr i8, ptr %r, i64 {8 * _WORDS["count"]}
  %n = load i64, ptr %n.at
{_word("rows", "ptr")}
{_word("period")}
{_word("cursor")}
{_word("capacity")}
  %rows.1 = addrspacecast ptr %rows to ptr addrspace(1)
  %team.at = getelementptr i8, ptr %block, i64 80
  %team = load i64, ptr %team.at
  %fields.at = getelementptr i8, ptr %block, i64 32
  %fields = load ptr, ptr %fields.at
  %list.at = getelementptr ptr, ptr %fields, i64 %source
  %lists = load ptr, ptr %list.at
  %after = add i64 %source, 1
  %counts.at = getelementptr ptr, ptr %fields, i64 %after
  %counts = load ptr, ptr %counts.at
  %row = srem i64 %k, %period
  %row.n = mul i64 %row, %n
  %row.team = mul i64 %row, %team
  br label %parts
parts:
  %p = phi i64 [ 0, %entry ], [ %p.next, %part.done ]
  %at = phi i64 [ %cursor, %entry ], [ %at.next, %part.done ]
  %p.more = icmp slt i64 %p, %team
  br i1 %p.more, label %part, label %parts.done
part:
  %start = call i64 @nnc_bound(i64 %n, i64 %p, i64 %team)
  %base = add i64 %row.n, %start
  %slot = add i64 %row.team, %p
  %slot.at = getelementptr i32, ptr %counts, i64 %slot
  %fired32 = load i32, ptr %slot.at
  %fired = sext i32 %fired32 to i64
  %room = sub i64 %capacity, %at
  %fits = icmp slt i64 %fired, %room
  %taken = select i1 %fits, i64 %fired, i64 %room
  br label %spikes
spikes:
  %i = phi i64 [ %lane, %part ], [ %i.next, %spike ]
  %i.more = icmp slt i64 %i, %taken
  br i1 %i.more, label %spike, label %part.done
spike:
  %j = add i64 %base, %i
  %j.at = getelementptr i32, ptr %lists, i64 %j
  %neuron32 = load i32, ptr %j.at
  %neuron = sext i32 %neuron32 to i64
  %pair = add i64 %at, %i
  %word = mul i64 %pair, 2
  %step.to = getelementptr i64, ptr addrspace(1) %rows.1, i64 %word
  store i64 %k, ptr addrspace(1) %step.to
  %neuron.to = getelementptr i64, ptr addrspace(1) %step.to, i64 1
  store i64 %neuron, ptr addrspace(1) %neuron.to
  %i.next = add i64 %i, {{threads}}
  br label %spikes
part.done:
  %at.next = add i64 %at, %taken
  %p.next = add i64 %p, 1
  br label %parts
parts.done:
  call void @llvm.nvvm.barrier0()
  %leader = icmp eq i64 %lane, 0
  br i1 %leader, label %note, label %done
note:
  store i64 %at, ptr %cursor.at
  %left = sub i64 %capacity, %at
  %need = mul i64 %n, 2
  %short = icmp slt i64 %left, %need
  %end = add i64 %k, 2
  %stop.at = getelementptr i8, ptr %block, i64 56
  %stop = load atomic i64, ptr %stop.at monotonic, align 8
  %later = icmp sgt i64 %stop, %end
  %full = and i1 %short, %later
  br i1 %full, label %set, label %done
set:
  %status.at = getelementptr i8, ptr %block, i64 64
  store i64 1, ptr %status.at
  store atomic i64 %end, ptr %stop.at monotonic, align 8
  br label %done
done:
  ret void
}}
"""

_EACH: Final = f"""\
define internal void @nnc_record(ptr %block, i64 %tid, i64 %lane, i64 %k, i64 %when) convergent noinline {{
entry:
  %n.at = getelementptr i8, ptr %block, i64 88
  %n = load i64, ptr %n.at
  %table.at = getelementptr i8, ptr %block, i64 96
  %table = load ptr, ptr %table.at
  %first.block = icmp eq i64 %tid, 0
  %at.end = icmp eq i64 %when, 0
  %lists = and i1 %first.block, %at.end
  br label %each
each:
  %i = phi i64 [ 0, %entry ], [ %i.next, %next ]
  %more = icmp slt i64 %i, %n
  br i1 %more, label %one, label %done
one:
  %r.bytes = mul i64 %i, {8 * len(_WORDS)}
  %r = getelementptr i8, ptr %table, i64 %r.bytes
{_word("start")}
  %early = icmp slt i64 %k, %start
  br i1 %early, label %next, label %what
what:
{_word("kind")}
  %values = icmp eq i64 %kind, %when
  br i1 %values, label %row, label %other
row:
  call void @nnc_record_row(ptr %block, ptr %r, i64 %tid, i64 %lane, i64 %k)
  br label %next
other:
  %spikes = icmp eq i64 %kind, 2
  %mine = and i1 %spikes, %lists
  br i1 %mine, label %list, label %next
list:
  call void @nnc_record_spikes(ptr %block, ptr %r, i64 %lane, i64 %k)
  br label %next
next:
  %i.next = add i64 %i, 1
  br label %each
done:
  ret void
}}
"""


def record(threads: int) -> str:
    """The functions, for blocks of so many threads; all threads of the grid call `nnc_record`."""
    return "\n".join((_ROW, _SPIKES, _EACH)).replace("{threads}", str(threads))
