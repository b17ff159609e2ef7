/* Brunel's network by hand, the floor for one thread. Built with -DREAL=float|double. */
#include <stdint.h>
typedef REAL real;
#define R restrict

/* delta synapses, one axonal delay for all: a ring of spike lists; external input is
   Poisson by comparing one xorshift draw with the 12 steps of the cumulative */
long brunel(long steps, int n, int ne, real *R v, int *R ref, real *R in, uint32_t *R rs, const uint32_t *R cum,
            const real *k, const uint32_t *R row, const uint16_t *R post, uint16_t *R ring, int *R len, int lag, long *clock) {
  const real keep = k[0], vt = k[1], vr = k[2], j = k[3], w[2] = {k[3], k[4]};
  const int hold = (int)k[5];
  long total = 0;
  for (long s = 0; s < steps; s++) {
    const int slot = (int)(*clock % lag);
    uint16_t *R hit = ring + (long)slot * n;
    for (int q = 0; q < len[slot]; q++) {
      const int p = hit[q];
      const real x = w[p >= ne];
      for (uint32_t b = row[p]; b < row[p + 1]; b++) in[post[b]] += x;
    }
    for (int i = 0; i < n; i++) {
      uint32_t u = rs[i];
      u ^= u << 13; u ^= u >> 17; u ^= u << 5;
      rs[i] = u;
      int c = 0;
      for (int q = 0; q < 12; q++) c += u > cum[q];
      real y = v[i] * keep + in[i] + j * c;
      in[i] = 0;
      v[i] = ref[i] > 0 ? v[i] : y;
      ref[i] = ref[i] > 0 ? ref[i] - 1 : 0;
    }
    int m = 0;
    for (int b = 0; b < n; b += 64) {
      int e = b + 64 < n ? b + 64 : n, any = 0;
      for (int i = b; i < e; i++) any |= v[i] > vt;
      if (any) for (int i = b; i < e; i++) if (v[i] > vt) { hit[m++] = i; v[i] = vr; ref[i] = hold; }
    }
    len[slot] = m;
    total += m;
    ++*clock;
  }
  return total;
}
