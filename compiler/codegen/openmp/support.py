"""The fixed parts of a C file: the state block, and the functions that loop-level ops call."""

from __future__ import annotations

from typing import Final

HEADER: Final = """\
#include <math.h>
#include <omp.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#if defined(__clang__)
#define NNC_SIMD _Pragma("clang loop vectorize(assume_safety)")
#define NNC_SIMD_SHORT _Pragma("clang loop vectorize(assume_safety) unroll(disable)")
#define NNC_ROLLED _Pragma("clang loop unroll(disable)")
#else
#define NNC_SIMD _Pragma("GCC ivdep")
#define NNC_SIMD_SHORT _Pragma("GCC unroll 1") _Pragma("GCC ivdep")
#define NNC_ROLLED _Pragma("GCC unroll 1")
#endif

struct nnc_recorder {
  int64_t kind, source, element, count;
  int32_t *ranks;
  char *rows;
  int64_t period, phase, cursor, capacity, start, reserved;
};

struct nnc_block {
  int64_t abi, fingerprint, n_fields, n_sizes;
  void **field;
  int64_t *size;
  int64_t t, stop_after, status, seed, team, n_recorders;
  struct nnc_recorder *recorders;
  int64_t barrier[16];
};
"""

BOUND: Final = """\
static inline int64_t nnc_bound(int64_t n, int64_t p, int64_t team) {
  const int64_t first = 64 * ((n + 63) / 64 * p / team);
  return first < n ? first : n;
}
"""

BARRIER: Final = """\
#if defined(__linux__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#include <limits.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

static void nnc_barrier(struct nnc_block *block, int64_t *sense) {
  if (block->team == 1) return;
  const int64_t mine = *sense ^= 1;
  if (__atomic_add_fetch(&block->barrier[3], 1, __ATOMIC_ACQ_REL) == block->team) {
    block->barrier[3] = 0;
    __atomic_store_n(&block->barrier[11], mine, __ATOMIC_SEQ_CST);
#ifdef SYS_futex
    if (__atomic_load_n(&block->barrier[13], __ATOMIC_SEQ_CST) > 0)
      syscall(SYS_futex, &block->barrier[11], 129 /* wake, private */, INT_MAX, NULL, NULL, 0);
#endif
    return;
  }
  const int64_t pauses = block->barrier[14];
  for (int64_t spins = 0; __atomic_load_n(&block->barrier[11], __ATOMIC_ACQUIRE) != mine;) {
    if (spins++ < pauses) {
#if defined(__x86_64__) || defined(__i386__)
      __builtin_ia32_pause();
#elif defined(__aarch64__)
      __asm__ volatile("yield");
#endif
      continue;
    }
#ifdef SYS_futex
    __atomic_add_fetch(&block->barrier[13], 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&block->barrier[11], __ATOMIC_SEQ_CST) != mine)
      syscall(SYS_futex, &block->barrier[11], 128 /* wait, private */, (uint32_t)(mine ^ 1), NULL, NULL, 0);
    __atomic_sub_fetch(&block->barrier[13], 1, __ATOMIC_SEQ_CST);
#else
    sched_yield();
    spins = 0;
#endif
  }
}
"""

LEAVE: Final = """\
static inline bool nnc_leave(struct nnc_block *block, int64_t k) {
  return __atomic_load_n(&block->stop_after, __ATOMIC_RELAXED) <= k + 1;
}
"""

STOP: Final = """\
static void nnc_stop(struct nnc_block *block, int64_t k) {
  if (block->stop_after < k + 1) return;
  block->status = 2;
  __atomic_store_n(&block->stop_after, k + 1, __ATOMIC_RELAXED);
}
"""

COMPACT: Final = """\
static void nnc_compact(uint8_t *mask, int64_t lo, int64_t hi, int32_t *list, int64_t base, int32_t *count) {
  const int64_t n = hi > lo ? hi - lo : 0;
  int64_t found = *count;
  for (int64_t i = n; i & 7; i++) mask[i] = 0;
  for (int64_t i = 0; i < n; i += 8) {
    uint64_t word;
    memcpy(&word, mask + i, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    for (; word; word &= word - 1) list[base + found++] = (int32_t)(lo + i + (__builtin_ctzll(word) >> 3));
  }
  *count = (int32_t)found;
}
"""

RECORD: Final = """\
static void nnc_record_spikes(struct nnc_block *block, struct nnc_recorder *r, int64_t k) {
  const int64_t n = r->count, row = k % r->period;
  const int32_t *list = (const int32_t *)block->field[r->source] + row * n;
  const int32_t *count = (const int32_t *)block->field[r->source + 1] + row * block->team;
  int64_t *pairs = (int64_t *)r->rows, at = r->cursor;
  for (int64_t p = 0; p < block->team; p++) {
    const int32_t *part = list + nnc_bound(n, p, block->team);
    for (int32_t i = 0; i < count[p] && at < r->capacity; i++, at++) {
      pairs[2 * at] = k;
      pairs[2 * at + 1] = part[i];
    }
  }
  r->cursor = at;
  if (r->capacity - at < 2 * n && block->stop_after > k + 2) {
    block->status = 1;
    __atomic_store_n(&block->stop_after, k + 2, __ATOMIC_RELAXED);
  }
}

static void nnc_record(struct nnc_block *block, int64_t tid, int64_t k, int64_t targets) {
  for (int64_t i = 0; i < block->n_recorders; i++) {
    struct nnc_recorder *r = &block->recorders[i];
    if (k < r->start) continue;
    if (r->kind == 2 && !targets && tid == 0) nnc_record_spikes(block, r, k);
    if (r->kind != targets || (k - r->phase) % r->period) continue;
    const int64_t row = (k - r->reserved) / r->period, bytes = r->element;
    if (row >= r->capacity) continue;
    const int64_t lo = r->count * tid / block->team, hi = r->count * (tid + 1) / block->team;
    const char *from = (const char *)block->field[r->source];
    char *to = r->rows + row * r->count * bytes;
    if (!r->ranks) {
      memcpy(to + lo * bytes, from + lo * bytes, (hi - lo) * bytes);
      continue;
    }
    for (int64_t j = lo; j < hi; j++) memcpy(to + j * bytes, from + r->ranks[j] * bytes, bytes);
  }
}
"""

PHILOX: Final = """\
struct nnc_words {
  int32_t w0, w1, w2, w3;
};

static inline struct nnc_words nnc_philox(int32_t c0, int32_t c1, int32_t c2, int32_t c3, int32_t k0, int32_t k1) {
  uint32_t a = c0, b = c1, c = c2, d = c3, k = k0, l = k1;
#pragma GCC unroll 10
  for (int round = 0; round < 10; round++, k += 0x9E3779B9u, l += 0xBB67AE85u) {
    const uint64_t p = (uint64_t)0xD2511F53u * a, q = (uint64_t)0xCD9E8D57u * c;
    a = (uint32_t)(q >> 32) ^ b ^ k;
    b = (uint32_t)q;
    c = (uint32_t)(p >> 32) ^ d ^ l;
    d = (uint32_t)p;
  }
  return (struct nnc_words){a, b, c, d};
}
"""

CLOCK: Final = """\
#if !defined(__x86_64__) && !defined(__aarch64__)
#include <time.h>
#endif

static inline int64_t nnc_clock(void) {
#if defined(__x86_64__)
  return (int64_t)__builtin_ia32_rdtsc();
#elif defined(__aarch64__)
  int64_t now;
  __asm__ volatile("mrs %0, cntvct_el0" : "=r"(now));
  return now;
#else
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
#endif
}
"""

FUNCTIONS: Final = {
    "nnc_bound": BOUND,
    "nnc_barrier": BARRIER,
    "nnc_leave": LEAVE,
    "nnc_stop": STOP,
    "nnc_compact": COMPACT,
    "nnc_record": RECORD,
    "nnc_philox": PHILOX,
    "nnc_clock": CLOCK,
}
"""Functions by name, in an order in which they can stand in a file (`nnc_record` needs `nnc_bound`)."""

RUN: Final = """\
int64_t nnc_run(struct nnc_block *block, int64_t t0, int64_t t1) {
  if (block->team == 1) {
    nnc_worker(block, 0, t0, t1);
    return 0;
  }
  int64_t missing = 0;
#pragma omp parallel num_threads((int)block->team)
  {
    if (omp_get_num_threads() == block->team)
      nnc_worker(block, omp_get_thread_num(), t0, t1);
    else if (omp_get_thread_num() == 0)
      missing = block->team - omp_get_num_threads();
  }
  return missing;
}
"""
