"""The fixed parts of a CUDA module, as LLVM text for NVPTX: the grid barrier and the exact remainder."""

from __future__ import annotations

from typing import Final

SYNC: Final = """\
declare void @llvm.nvvm.barrier0() convergent
declare i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()
declare i32 @llvm.nvvm.read.ptx.sreg.tid.x()
"""

WARPS_MEET: Final = """\
declare void @llvm.nvvm.bar.warp.sync(i32) convergent
declare i32 @llvm.nvvm.vote.ballot.sync(i32, i1) convergent
declare i32 @llvm.nvvm.shfl.sync.down.i32(i32, i32, i32, i32) convergent
declare i32 @llvm.nvvm.shfl.sync.idx.i32(i32, i32, i32, i32) convergent
declare i32 @llvm.nvvm.shfl.sync.up.i32(i32, i32, i32, i32) convergent
declare i32 @llvm.nvvm.match.any.sync.i32(i32, i32) convergent
declare i32 @llvm.ctpop.i32(i32)
"""
"""What the 32 threads of a warp do together."""

BARRIER: Final = """\
define internal void @nnc_barrier(ptr %block, i64 %lane, ptr %sense) convergent {
entry:
  call void @llvm.nvvm.barrier0()
  %leader = icmp eq i64 %lane, 0
  br i1 %leader, label %arrive, label %done
arrive:
  %team.at = getelementptr i8, ptr %block, i64 80
  %team = load i64, ptr %team.at
  %old = load i64, ptr %sense
  %mine = xor i64 %old, 1
  store i64 %mine, ptr %sense
  %count.at = getelementptr i8, ptr %block, i64 128
  %sense.at = getelementptr i8, ptr %block, i64 192
  fence syncscope("device") acq_rel
  %before = atomicrmw add ptr %count.at, i64 1 syncscope("device") monotonic
  %arrived = add i64 %before, 1
  %last = icmp eq i64 %arrived, %team
  br i1 %last, label %release, label %wait
release:
  store atomic i64 0, ptr %count.at syncscope("device") monotonic, align 8
  fence syncscope("device") acq_rel
  store atomic i64 %mine, ptr %sense.at syncscope("device") monotonic, align 8
  br label %done
wait:
  %now = load atomic i64, ptr %sense.at syncscope("device") monotonic, align 8
  %free = icmp eq i64 %now, %mine
  br i1 %free, label %passed, label %wait
passed:
  fence syncscope("device") acq_rel
  br label %done
done:
  call void @llvm.nvvm.barrier0()
  ret void
}
"""
"""All blocks of the grid must be resident: the launcher sees to it. Thread 0 of each block meets the others."""

FMOD: Final = """\
define internal double @nnc_fmod(double %x, double %y) {
entry:
  %bx = bitcast double %x to i64
  %by = bitcast double %y to i64
  %ax = and i64 %bx, 9223372036854775807
  %ay = and i64 %by, 9223372036854775807
  %sign = xor i64 %bx, %ax
  %x.bad = icmp uge i64 %ax, 9218868437227405312
  %y.zero = icmp eq i64 %ay, 0
  %y.nan = icmp ugt i64 %ay, 9218868437227405312
  %bad.1 = or i1 %x.bad, %y.zero
  %bad = or i1 %bad.1, %y.nan
  br i1 %bad, label %none, label %finite
none:
  ret double 0x7FF8000000000000
finite:
  %small = icmp ult i64 %ax, %ay
  br i1 %small, label %whole, label %divide
whole:
  ret double %x
divide:
  %ex.raw = lshr i64 %ax, 52
  %ey.raw = lshr i64 %ay, 52
  %x.tiny = icmp eq i64 %ex.raw, 0
  %y.tiny = icmp eq i64 %ey.raw, 0
  %ex = select i1 %x.tiny, i64 1, i64 %ex.raw
  %ey = select i1 %y.tiny, i64 1, i64 %ey.raw
  %fx = and i64 %ax, 4503599627370495
  %fy = and i64 %ay, 4503599627370495
  %ix = or i64 %fx, 4503599627370496
  %iy = or i64 %fy, 4503599627370496
  %mx = select i1 %x.tiny, i64 %fx, i64 %ix
  %my = select i1 %y.tiny, i64 %fy, i64 %iy
  %first = urem i64 %mx, %my
  %steps = sub i64 %ex, %ey
  br label %each
each:
  %r = phi i64 [ %first, %divide ], [ %r.next, %shift ]
  %d = phi i64 [ %steps, %divide ], [ %d.next, %shift ]
  %more = icmp sgt i64 %d, 0
  br i1 %more, label %shift, label %scale
shift:
  %twice = shl i64 %r, 1
  %less = sub i64 %twice, %my
  %fits = icmp uge i64 %twice, %my
  %r.next = select i1 %fits, i64 %less, i64 %twice
  %d.next = sub i64 %d, 1
  br label %each
scale:
  %exponent = sub i64 %ey, 52
  %normal = icmp sgt i64 %exponent, 0
  %normal.bits = shl i64 %exponent, 52
  %tiny.shift = sub i64 %ey, 1
  %tiny.shift.in = and i64 %tiny.shift, 63
  %tiny.bits = shl i64 1, %tiny.shift.in
  %power.bits = select i1 %normal, i64 %normal.bits, i64 %tiny.bits
  %power = bitcast i64 %power.bits to double
  %digits = uitofp i64 %r to double
  %magnitude = fmul double %digits, %power
  %magnitude.bits = bitcast double %magnitude to i64
  %result = or i64 %magnitude.bits, %sign
  %value = bitcast i64 %result to double
  ret double %value
}
"""
"""C fmod by long division of the mantissas: exact. (NVPTX itself would compute x - trunc(x / y) * y.)"""
