"""How JIT-compiled code starts its team: threads of the C library, without Python and without OpenMP.

Offsets into the state block: team 80, barrier 104 (its first word is the gate).
"""

from __future__ import annotations

from typing import Final

TEAM: Final = """\
%nnc.worker = type { ptr, i64, i64, i64 }

declare i32 @sched_yield()
declare i32 @pthread_create(ptr, ptr, ptr, ptr)
declare i32 @pthread_join(i64, ptr)

define internal ptr @nnc_thread(ptr %arg) {
entry:
  %block = load ptr, ptr %arg
  %tid.at = getelementptr %nnc.worker, ptr %arg, i64 0, i32 1
  %tid = load i64, ptr %tid.at
  %t0.at = getelementptr %nnc.worker, ptr %arg, i64 0, i32 2
  %t0 = load i64, ptr %t0.at
  %t1.at = getelementptr %nnc.worker, ptr %arg, i64 0, i32 3
  %t1 = load i64, ptr %t1.at
  %gate = getelementptr i8, ptr %block, i64 104
  br label %wait
wait:
  %state = load atomic i64, ptr %gate acquire, align 8
  switch i64 %state, label %done [ i64 0, label %yield
                                   i64 1, label %work ]
yield:
  %ignored = call i32 @sched_yield()
  br label %wait
work:
  call void @nnc_worker(ptr %block, i64 %tid, i64 %t0, i64 %t1)
  br label %done
done:
  ret ptr null
}

define i64 @nnc_run(ptr %block, i64 %t0, i64 %t1) {
entry:
  %team.at = getelementptr i8, ptr %block, i64 80
  %team = load i64, ptr %team.at
  %alone = icmp eq i64 %team, 1
  br i1 %alone, label %serial, label %start
serial:
  call void @nnc_worker(ptr %block, i64 0, i64 %t0, i64 %t1)
  ret i64 0
start:
  %args = alloca %nnc.worker, i64 %team
  %ids = alloca i64, i64 %team
  %gate = getelementptr i8, ptr %block, i64 104
  br label %create
create:
  %p = phi i64 [ 1, %start ], [ %p.next, %created ]
  %p.more = icmp slt i64 %p, %team
  br i1 %p.more, label %one, label %open
one:
  %arg = getelementptr %nnc.worker, ptr %args, i64 %p
  store ptr %block, ptr %arg
  %tid.at = getelementptr %nnc.worker, ptr %arg, i64 0, i32 1
  store i64 %p, ptr %tid.at
  %t0.at = getelementptr %nnc.worker, ptr %arg, i64 0, i32 2
  store i64 %t0, ptr %t0.at
  %t1.at = getelementptr %nnc.worker, ptr %arg, i64 0, i32 3
  store i64 %t1, ptr %t1.at
  %id.at = getelementptr i64, ptr %ids, i64 %p
  %error = call i32 @pthread_create(ptr %id.at, ptr null, ptr @nnc_thread, ptr %arg)
  %failed = icmp ne i32 %error, 0
  br i1 %failed, label %cancel, label %created
created:
  %p.next = add i64 %p, 1
  br label %create
cancel:
  store atomic i64 2, ptr %gate release, align 8
  br label %join
open:
  store atomic i64 1, ptr %gate release, align 8
  call void @nnc_worker(ptr %block, i64 0, i64 %t0, i64 %t1)
  br label %join
join:
  %j = phi i64 [ 1, %cancel ], [ 1, %open ], [ %j.next, %joined ]
  %j.more = icmp slt i64 %j, %p
  br i1 %j.more, label %joined, label %end
joined:
  %j.at = getelementptr i64, ptr %ids, i64 %j
  %j.id = load i64, ptr %j.at
  %j.error = call i32 @pthread_join(i64 %j.id, ptr null)
  %j.next = add i64 %j, 1
  br label %join
end:
  %missing = sub i64 %team, %p
  ret i64 %missing
}
"""
"""Starts a thread per worker; if one cannot be started the others are let go without work and their lack is told."""
