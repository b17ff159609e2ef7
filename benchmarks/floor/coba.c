/* COBA by hand: struct of arrays, one row of posts per presynaptic cell. The floor a compiler can aim at on one
   thread. Built with -DREAL=float|double. Decays are forward Euler steps; spikes are collected in a second pass. */
#include <stdint.h>
typedef REAL real;

long coba(long steps, int n, int ne, real *restrict v, real *restrict ge, real *restrict gi, int *restrict ref,
          const real *restrict k, const uint32_t *restrict row, const uint16_t *restrict post, uint32_t *restrict hit) {
  const real a = k[0], el = k[1], ee = k[2], ei = k[3], vt = k[4], vr = k[5], de = k[6], di = k[7], we = k[8], wi = k[9];
  const int hold = (int)k[10];
  long total = 0;
  for (long s = 0; s < steps; s++) {
    for (int i = 0; i < n; i++) {
      real g = ge[i], h = gi[i], x = v[i];
      real y = x + a * (el - x + g * (ee - x) + h * (ei - x));
      v[i] = ref[i] > 0 ? x : y;
      ref[i] = ref[i] > 0 ? ref[i] - 1 : 0;
      ge[i] = g * de;
      gi[i] = h * di;
    }
    int m = 0;
    for (int b = 0; b < n; b += 64) {
      int e = b + 64 < n ? b + 64 : n, any = 0;
      for (int i = b; i < e; i++) any |= v[i] > vt;
      if (any)
        for (int i = b; i < e; i++)
          if (v[i] > vt) hit[m++] = i;
    }
    for (int q = 0; q < m; q++) {
      uint32_t p = hit[q];
      v[p] = vr;
      ref[p] = hold;
      real *restrict g = p < (uint32_t)ne ? ge : gi;
      const real w = p < (uint32_t)ne ? we : wi;
      for (uint32_t j = row[p]; j < row[p + 1]; j++) g[post[j]] += w;
    }
    total += m;
  }
  return total;
}
