"""The fixed parts of an LLVM module: the functions that loop-level ops call.

Offsets into the state block are those of `struct nnc_block`: field 32, size 40, t 48, stop_after 56, status 64,
seed 72, team 80, n_recorders 88, recorders 96, barrier 104 (its count 128, its sense 192, the
number of sleepers 208, pauses before a worker sleeps 216).
"""

from __future__ import annotations

from typing import Final

BOUND: Final = """\
define internal i64 @nnc_bound(i64 %n, i64 %p, i64 %team) alwaysinline {
  %a = add i64 %n, 63
  %tiles = sdiv i64 %a, 64
  %b = mul i64 %tiles, %p
  %c = sdiv i64 %b, %team
  %first = mul i64 %c, 64
  %below = icmp slt i64 %first, %n
  %r = select i1 %below, i64 %first, i64 %n
  ret i64 %r
}
"""

BARRIER: Final = """\
define internal void @nnc_barrier(ptr %block, ptr %sense) noinline {
entry:
  %team.at = getelementptr i8, ptr %block, i64 80
  %team = load i64, ptr %team.at
  %alone = icmp eq i64 %team, 1
  br i1 %alone, label %done, label %arrive
arrive:
  %old = load i64, ptr %sense
  %mine = xor i64 %old, 1
  store i64 %mine, ptr %sense
  %count.at = getelementptr i8, ptr %block, i64 128
  %sense.at = getelementptr i8, ptr %block, i64 192
  %sleepers.at = getelementptr i8, ptr %block, i64 208
  %pauses.at = getelementptr i8, ptr %block, i64 216
  %pauses = load i64, ptr %pauses.at
  %before = atomicrmw add ptr %count.at, i64 1 acq_rel
  %arrived = add i64 %before, 1
  %last = icmp eq i64 %arrived, %team
  br i1 %last, label %release, label %wait
release:
  store atomic i64 0, ptr %count.at monotonic, align 8
  store atomic i64 %mine, ptr %sense.at seq_cst, align 8
  {wake}
wait:
  %spins = phi i64 [ 0, %arrive ], [ %next, %pause ]{again}
  %now = load atomic i64, ptr %sense.at acquire, align 8
  %free = icmp eq i64 %now, %mine
  br i1 %free, label %done, label %again
again:
  %long = icmp sge i64 %spins, %pauses
  br i1 %long, label %sleep, label %pause
pause:
  {pause}
  %next = add i64 %spins, 1
  br label %wait
sleep:
  {sleep}
done:
  ret void
}
"""

YIELD: Final = {
    "declare": "declare i32 @sched_yield()\n",
    "wake": "br label %done",
    "again": ", [ 0, %sleep ]",
    "sleep": "%ignored = call i32 @sched_yield()\n  br label %wait",
}
"""How a worker waits long where nothing better is known: it lets others run, and looks again."""

FUTEX: Final = {
    "declare": "declare i64 @syscall(i64, ...)\n",
    "wake": """\
%sleepers = load atomic i64, ptr %sleepers.at seq_cst, align 8
  %some = icmp sgt i64 %sleepers, 0
  br i1 %some, label %wake, label %done
wake:
  %woken = call i64 (i64, ...) @syscall(i64 {number}, ptr %sense.at, i32 129, i32 2147483647, ptr null, ptr null, i32 0)
  br label %done""",
    "again": "",
    "sleep": """\
%in = atomicrmw add ptr %sleepers.at, i64 1 seq_cst
  %stale = trunc i64 %old to i32
  br label %look
look:
  %seen = load atomic i64, ptr %sense.at seq_cst, align 8
  %awake = icmp eq i64 %seen, %mine
  br i1 %awake, label %leave, label %doze
doze:
  %slept = call i64 (i64, ...) @syscall(i64 {number}, ptr %sense.at, i32 128, i32 %stale, ptr null, ptr null, i32 0)
  br label %look
leave:
  %out = atomicrmw sub ptr %sleepers.at, i64 1 seq_cst
  br label %done""",
}
"""On Linux it sleeps until the last worker wakes it: the system then gives a core to those who have work."""

_FUTEX_NUMBERS: Final = {"x86": 202, "aarch64": 98}


def barrier(machine: str, system: str) -> str:
    """The barrier for a kind of processor (a key of `PAUSES`) and a system (`sys.platform`)."""
    declaration, pause = PAUSES[machine]
    number = _FUTEX_NUMBERS.get(machine) if system == "linux" else None
    parts = YIELD if number is None else FUTEX
    text = BARRIER.replace("{pause}", pause)
    for name in ("wake", "again", "sleep"):
        text = text.replace("{" + name + "}", parts[name])
    return f"{parts['declare']}\n{declaration}{text.replace('{number}', str(number))}"


PAUSES: Final = {
    "x86": ("declare void @llvm.x86.sse2.pause()\n\n", "call void @llvm.x86.sse2.pause()"),
    "aarch64": ("declare void @llvm.aarch64.hint(i32)\n\n", "call void @llvm.aarch64.hint(i32 1)"),
    "": ("", "fence acquire"),
}
"""How a processor is told that this is a waiting loop: declaration and call."""

CLOCKS: Final = {
    "x86": ("declare i64 @llvm.readcyclecounter()\n\n", "call i64 @llvm.readcyclecounter()"),
    "aarch64": ("", 'call i64 asm sideeffect "mrs $0, cntvct_el0", "=r"()'),
    "": ("", "add i64 0, 0"),
}
"""How the time is read: declaration and instruction; 0 on machines of which it is not known."""

STOP: Final = """\
define internal void @nnc_stop(ptr %block, i64 %k) {
  %stop.at = getelementptr i8, ptr %block, i64 56
  %status.at = getelementptr i8, ptr %block, i64 64
  %end = add i64 %k, 1
  %old = load atomic i64, ptr %stop.at monotonic, align 8
  %earlier = icmp slt i64 %old, %end
  br i1 %earlier, label %done, label %set
set:
  store i64 2, ptr %status.at
  store atomic i64 %end, ptr %stop.at monotonic, align 8
  br label %done
done:
  ret void
}
"""

COMPACT: Final = """\
declare i64 @llvm.cttz.i64(i64, i1)

define internal void @nnc_compact(ptr %mask, i64 %lo, i64 %hi, ptr %list, i64 %base, ptr %count) {
entry:
  %difference = sub i64 %hi, %lo
  %some = icmp sgt i64 %difference, 0
  %n = select i1 %some, i64 %difference, i64 0
  %found32 = load i32, ptr %count
  %found0 = sext i32 %found32 to i64
  br label %clear
clear:
  %i = phi i64 [ %n, %entry ], [ %i.next, %zero ]
  %rest = and i64 %i, 7
  %even = icmp eq i64 %rest, 0
  br i1 %even, label %scan, label %zero
zero:
  %zero.at = getelementptr i8, ptr %mask, i64 %i
  store i8 0, ptr %zero.at
  %i.next = add i64 %i, 1
  br label %clear
scan:
  %j = phi i64 [ 0, %clear ], [ %j.next, %advance ]
  %found = phi i64 [ %found0, %clear ], [ %found1, %advance ]
  %more = icmp slt i64 %j, %n
  br i1 %more, label %word, label %done
word:
  %word.at = getelementptr i8, ptr %mask, i64 %j
  %bits0 = load i64, ptr %word.at, align 1
  %first = add i64 %lo, %j
  br label %bit
bit:
  %bits = phi i64 [ %bits0, %word ], [ %bits.next, %append ]
  %found1 = phi i64 [ %found, %word ], [ %found2, %append ]
  %none = icmp eq i64 %bits, 0
  br i1 %none, label %advance, label %append
append:
  %zeros = call i64 @llvm.cttz.i64(i64 %bits, i1 true)
  %byte = lshr i64 %zeros, 3
  %index = add i64 %first, %byte
  %entry32 = trunc i64 %index to i32
  %slot = add i64 %base, %found1
  %slot.at = getelementptr i32, ptr %list, i64 %slot
  store i32 %entry32, ptr %slot.at
  %found2 = add i64 %found1, 1
  %lower = sub i64 %bits, 1
  %bits.next = and i64 %bits, %lower
  br label %bit
advance:
  %j.next = add i64 %j, 8
  br label %scan
done:
  %total = trunc i64 %found to i32
  store i32 %total, ptr %count
  ret void
}
"""

_RECORD: Final = """\
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)

%nnc.recorder = type { i64, i64, i64, i64, ptr, ptr, i64, i64, i64, i64, i64, i64 }

define internal void @nnc_record_spikes(ptr %block, ptr %r, i64 %k) cold noinline optsize minsize {
entry:
  %source.at = getelementptr %nnc.recorder, ptr %r, i64 0, i32 1
  %source = load i64, ptr %source.at
  %n.at = getelementptr %nnc.recorder, ptr %r, i64 0, i32 3
  %n = load i64, ptr %n.at
  %rows.at = getelementptr %nnc.recorder, ptr %r, i64 0, i32 5
  %rows = load ptr, ptr %rows.at
  %ring.at = getelementptr %nnc.recorder, ptr %r, i64 0, i32 6
  %ring = load i64, ptr %ring.at
  %cursor.at = getelementptr %nnc.recorder, ptr %r, i64 0, i32 8
  %cursor = load i64, ptr %cursor.at
  %capacity.at = getelementptr %nnc.recorder, ptr %r, i64 0, i32 9
  %capacity = load i64, ptr %capacity.at
  %team.at = getelementptr i8, ptr %block, i64 80
  %team = load i64, ptr %team.at
  %fields.at = getelementptr i8, ptr %block, i64 32
  %fields = load ptr, ptr %fields.at
  %list.at = getelementptr ptr, ptr %fields, i64 %source
  %lists = load ptr, ptr %list.at
  %after = add i64 %source, 1
  %count.at = getelementptr ptr, ptr %fields, i64 %after
  %counts = load ptr, ptr %count.at
  %row = srem i64 %k, %ring
  %row.n = mul i64 %row, %n
  %row.team = mul i64 %row, %team
  br label %parts
parts:
  %p = phi i64 [ 0, %entry ], [ %p.next, %part.done ]
  %at = phi i64 [ %cursor, %entry ], [ %at.i, %part.done ]
  %p.more = icmp slt i64 %p, %team
  br i1 %p.more, label %part, label %parts.done
part:
  %start = call i64 @nnc_bound(i64 %n, i64 %p, i64 %team)
  %base = add i64 %row.n, %start
  %slot = add i64 %row.team, %p
  %slot.at = getelementptr i32, ptr %counts, i64 %slot
  %fired32 = load i32, ptr %slot.at
  %fired = sext i32 %fired32 to i64
  br label %spikes
spikes:
  %i = phi i64 [ 0, %part ], [ %i.next, %spike ]
  %at.i = phi i64 [ %at, %part ], [ %at.next, %spike ]
  %i.more = icmp slt i64 %i, %fired
  %room = icmp slt i64 %at.i, %capacity
  %go = and i1 %i.more, %room
  br i1 %go, label %spike, label %part.done
spike:
  %j = add i64 %base, %i
  %j.at = getelementptr i32, ptr %lists, i64 %j
  %neuron32 = load i32, ptr %j.at
  %neuron = sext i32 %neuron32 to i64
  %word = mul i64 %at.i, 2
  %step.to = getelementptr i64, ptr %rows, i64 %word
  store i64 %k, ptr %step.to
  %neuron.to = getelementptr i64, ptr %step.to, i64 1
  store i64 %neuron, ptr %neuron.to
  %i.next = add i64 %i, 1
  %at.next = add i64 %at.i, 1
  br label %spikes
part.done:
  %p.next = add i64 %p, 1
  br label %parts
parts.done:
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
}

define internal void @nnc_record_row(ptr %block, ptr %r, i64 %tid, i64 %k) cold noinline optsize minsize {
entry:
  %source.at = getelementptr %nnc.recorder, ptr %r, i64 0, i32 1
  %source = load i64, ptr %source.at
  %bytes.at = getelementptr %nnc.recorder, ptr %r, i64 0, i32 2
  %bytes = load i64, ptr %bytes.at
  %count.at = getelementptr %nnc.recorder, ptr %r, i64 0, i32 3
  %count = load i64, ptr %count.at
  %ranks.at = getelementptr %nnc.recorder, ptr %r, i64 0, i32 4
  %ranks = load ptr, ptr %ranks.at
  %rows.at = getelementptr %nnc.recorder, ptr %r, i64 0, i32 5
  %rows = load ptr, ptr %rows.at
  %period.at = getelementptr %nnc.recorder, ptr %r, i64 0, i32 6
  %period = load i64, ptr %period.at
  %phase.at = getelementptr %nnc.recorder, ptr %r, i64 0, i32 7
  %phase = load i64, ptr %phase.at
  %capacity.at = getelementptr %nnc.recorder, ptr %r, i64 0, i32 9
  %capacity = load i64, ptr %capacity.at
  %first.at = getelementptr %nnc.recorder, ptr %r, i64 0, i32 11
  %first = load i64, ptr %first.at
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
  %workers = load i64, ptr %team.at
  %team = mul i64 %workers, {width}
  %lo.a = mul i64 %count, %tid
  %lo = sdiv i64 %lo.a, %team
  %tid.next = add i64 %tid, 1
  %hi.a = mul i64 %count, %tid.next
  %hi = sdiv i64 %hi.a, %team
  %fields.at = getelementptr i8, ptr %block, i64 32
  %fields = load ptr, ptr %fields.at
  %from.at = getelementptr ptr, ptr %fields, i64 %source
  %from = load ptr, ptr %from.at
  %row.count = mul i64 %row, %count
  %row.bytes = mul i64 %row.count, %bytes
  %to = getelementptr i8, ptr %rows, i64 %row.bytes
  %whole = icmp eq ptr %ranks, null
  br i1 %whole, label %all, label %ranked
all:
  %lo.bytes = mul i64 %lo, %bytes
  %n = sub i64 %hi, %lo
  %n.bytes = mul i64 %n, %bytes
  %all.from = getelementptr i8, ptr %from, i64 %lo.bytes
  %all.to = getelementptr i8, ptr %to, i64 %lo.bytes
  call void @llvm.memcpy.p0.p0.i64(ptr %all.to, ptr %all.from, i64 %n.bytes, i1 false)
  br label %done
ranked:
  %j = phi i64 [ %lo, %copy ], [ %j.next, %one.done ]
  %j.more = icmp slt i64 %j, %hi
  br i1 %j.more, label %one, label %done
one:
  %rank.at = getelementptr i32, ptr %ranks, i64 %j
  %rank32 = load i32, ptr %rank.at
  %rank = sext i32 %rank32 to i64
  %rank.bytes = mul i64 %rank, %bytes
  %one.from = getelementptr i8, ptr %from, i64 %rank.bytes
  %j.bytes = mul i64 %j, %bytes
  %one.to = getelementptr i8, ptr %to, i64 %j.bytes
  switch i64 %bytes, label %one.1 [ i64 8, label %one.8
                                    i64 4, label %one.4
                                    i64 2, label %one.2 ]
one.8:
  %x8 = load i64, ptr %one.from
  store i64 %x8, ptr %one.to
  br label %one.done
one.4:
  %x4 = load i32, ptr %one.from
  store i32 %x4, ptr %one.to
  br label %one.done
one.2:
  %x2 = load i16, ptr %one.from
  store i16 %x2, ptr %one.to
  br label %one.done
one.1:
  %x1 = load i8, ptr %one.from
  store i8 %x1, ptr %one.to
  br label %one.done
one.done:
  %j.next = add i64 %j, 1
  br label %ranked
done:
  ret void
}

define internal void @nnc_record(ptr %block, i64 %tid, i64 %k, i64 %when) cold noinline optsize minsize {
entry:
  %n.at = getelementptr i8, ptr %block, i64 88
  %n = load i64, ptr %n.at
  %table.at = getelementptr i8, ptr %block, i64 96
  %table = load ptr, ptr %table.at
  %leader = icmp eq i64 %tid, 0
  %end = icmp eq i64 %when, 0
  %leads = and i1 %leader, %end
  br label %each
each:
  %i = phi i64 [ 0, %entry ], [ %i.next, %next ]
  %more = icmp slt i64 %i, %n
  br i1 %more, label %one, label %done
one:
  %r = getelementptr %nnc.recorder, ptr %table, i64 %i
  %start.at = getelementptr %nnc.recorder, ptr %r, i64 0, i32 10
  %start = load i64, ptr %start.at
  %early = icmp slt i64 %k, %start
  br i1 %early, label %next, label %kind
kind:
  %k.at = getelementptr %nnc.recorder, ptr %r, i64 0, i32 0
  %what = load i64, ptr %k.at
  %values = icmp eq i64 %what, %when
  br i1 %values, label %row, label %other
row:
  call void @nnc_record_row(ptr %block, ptr %r, i64 %tid, i64 %k)
  br label %next
other:
  %spikes = icmp eq i64 %what, 2
  %mine = and i1 %spikes, %leads
  br i1 %mine, label %list, label %next
list:
  call void @nnc_record_spikes(ptr %block, ptr %r, i64 %k)
  br label %next
next:
  %i.next = add i64 %i, 1
  br label %each
done:
  ret void
}
"""


def record(width: int = 1) -> str:
    """The recorder; `tid` counts the threads of the whole team, `width` those of one worker."""
    return _RECORD.replace("{width}", str(width))


def philox() -> str:
    """Philox4x32-10, unrolled, as a function that is always inlined so that loops over it vectorise."""
    words = "{ i32, i32, i32, i32 }"
    out = [f"define internal {words} @nnc_philox(i32 %a0, i32 %b0, i32 %c0, i32 %d0, i32 %k0, i32 %l0) alwaysinline {{"]
    for r in range(10):
        n = r + 1
        for product, factor, word in (("p", 0xD2511F53, "a"), ("q", 0xCD9E8D57, "c")):
            out += [
                f"  %{product}w{r} = zext i32 %{word}{r} to i64",
                f"  %{product}{r} = mul i64 %{product}w{r}, {factor}",
                f"  %{product}s{r} = lshr i64 %{product}{r}, 32",
                f"  %{product}h{r} = trunc i64 %{product}s{r} to i32",
            ]
        out += [
            f"  %x{r} = xor i32 %qh{r}, %b{r}",
            f"  %a{n} = xor i32 %x{r}, %k{r}",
            f"  %b{n} = trunc i64 %q{r} to i32",
            f"  %y{r} = xor i32 %ph{r}, %d{r}",
            f"  %c{n} = xor i32 %y{r}, %l{r}",
            f"  %d{n} = trunc i64 %p{r} to i32",
            f"  %k{n} = add i32 %k{r}, {0x9E3779B9 - (1 << 32)}",
            f"  %l{n} = add i32 %l{r}, {0xBB67AE85 - (1 << 32)}",
        ]
    last = "poison"
    for i, word in enumerate("abcd"):
        out.append(f"  %r{i} = insertvalue {words} {last}, i32 %{word}10, {i}")
        last = f"%r{i}"
    return "\n".join([*out, f"  ret {words} {last}", "}\n"])
