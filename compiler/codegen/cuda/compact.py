"""`mem.compact` by all threads of a block, in order: ballots in the warps, and a sum over the warps before."""

from __future__ import annotations

from typing import Final

WARP: Final = 32
"""Threads of a warp."""

_TEXT: Final = """\
@warps = internal addrspace(3) global [{twice} x i32] undef, align 64

define internal void @nnc_compact(ptr addrspace(3) %mask, i64 %lo, i64 %hi, ptr addrspace(1) %list, i64 %base,
                                  ptr addrspace(1) %count, i64 %lane) convergent {
entry:
  %difference = sub i64 %hi, %lo
  %some = icmp sgt i64 %difference, 0
  br i1 %some, label %begin, label %done
begin:
  %found32 = load i32, ptr addrspace(1) %count
  %found0 = sext i32 %found32 to i64
  %within = and i64 %lane, 31
  %warp = lshr i64 %lane, 5
  %within32 = trunc i64 %within to i32
  %power = shl i32 1, %within32
  %lower = sub i32 %power, 1
  %first = icmp eq i64 %within, 0
  br label %chunk
chunk:
  %c = phi i64 [ 0, %begin ], [ %c.next, %next ]
  %found = phi i64 [ %found0, %begin ], [ %found.next, %next ]
  %half = phi i64 [ 0, %begin ], [ %half.next, %next ]
  %i = add i64 %c, %lane
  %inside = icmp slt i64 %i, %difference
  br i1 %inside, label %read, label %vote
read:
  %flag.at = getelementptr i8, ptr addrspace(3) %mask, i64 %i
  %flag = load i8, ptr addrspace(3) %flag.at
  %flag.set = icmp ne i8 %flag, 0
  br label %vote
vote:
  %set = phi i1 [ false, %chunk ], [ %flag.set, %read ]
  %bits = call i32 @llvm.nvvm.vote.ballot.sync(i32 -1, i1 %set)
  br i1 %first, label %tell, label %meet
tell:
  %own = call i32 @llvm.ctpop.i32(i32 %bits)
  %own.index = add i64 %half, %warp
  %own.at = getelementptr i32, ptr addrspace(3) @warps, i64 %own.index
  store i32 %own, ptr addrspace(3) %own.at
  br label %meet
meet:
  call void @llvm.nvvm.barrier0()
  %half.at = getelementptr i32, ptr addrspace(3) @warps, i64 %half
{sums}
  br i1 %set, label %append, label %next
append:
  %mine = and i32 %bits, %lower
  %rank = call i32 @llvm.ctpop.i32(i32 %mine)
  %rank.all = add i32 %rank, %before{warps}
  %offset = zext i32 %rank.all to i64
  %slot.first = add i64 %base, %found
  %slot = add i64 %slot.first, %offset
  %slot.at = getelementptr i32, ptr addrspace(1) %list, i64 %slot
  %index = add i64 %lo, %i
  %entry32 = trunc i64 %index to i32
  store i32 %entry32, ptr addrspace(1) %slot.at
  br label %next
next:
  %total64 = zext i32 %total{warps} to i64
  %found.next = add i64 %found, %total64
  %c.next = add i64 %c, {threads}
  %half.next = xor i64 %half, {warps}
  %more = icmp slt i64 %c.next, %difference
  br i1 %more, label %chunk, label %end
end:
  %round = add i64 %difference, 7
  %whole = and i64 %round, -8
  %tail = add i64 %difference, %lane
  %beyond = icmp slt i64 %tail, %whole
  br i1 %beyond, label %clear, label %cleared
clear:
  %tail.at = getelementptr i8, ptr addrspace(3) %mask, i64 %tail
  store i8 0, ptr addrspace(3) %tail.at
  br label %cleared
cleared:
  %leader = icmp eq i64 %lane, 0
  br i1 %leader, label %give, label %done
give:
  %sum = trunc i64 %found.next to i32
  store i32 %sum, ptr addrspace(1) %count
  br label %done
done:
  ret void
}
"""


def compact(threads: int) -> str:
    """The function, for blocks of so many threads.

    The counts of the warps alternate between two halves of `@warps`, so that the threads meet once in each chunk.
    """
    warps = threads // WARP
    lines = ["  %before0 = add i32 0, 0", "  %total0 = add i32 0, 0"]
    for w in range(warps):
        lines += [
            f"  %count{w}.at = getelementptr i32, ptr addrspace(3) %half.at, i64 {w}",
            f"  %count{w} = load i32, ptr addrspace(3) %count{w}.at",
            f"  %earlier{w} = icmp ugt i64 %warp, {w}",
            f"  %counts{w} = select i1 %earlier{w}, i32 %count{w}, i32 0",
            f"  %before{w + 1} = add i32 %before{w}, %counts{w}",
            f"  %total{w + 1} = add i32 %total{w}, %count{w}",
        ]
    values = {"twice": 2 * warps, "warps": warps, "threads": threads, "sums": "\n".join(lines)}
    text = _TEXT
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text
