/* The current-based network by hand, the floor for one thread. Built with -DREAL=float|double. */
#include <stdint.h>
typedef REAL real;
#define R restrict

long cuba(long steps, int n, int ne, real *R v, real *R ge, real *R gi, int *R ref, const real *R k,
          const uint32_t *R row, const uint16_t *R post, uint32_t *R hit) {
  const real a = k[0], el = k[1], vt = k[2], vr = k[3], de = k[4], di = k[5], we = k[6], wi = k[7];
  const int hold = (int)k[8];
  long total = 0;
  for (long s = 0; s < steps; s++) {
    for (int i = 0; i < n; i++) {
      real g = ge[i], h = gi[i], x = v[i];
      real y = x + a * (el - x + g - h);
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
      real *R g = p < (uint32_t)ne ? ge : gi;
      const real w = p < (uint32_t)ne ? we : wi;
      for (uint32_t j = row[p]; j < row[p + 1]; j++) g[post[j]] += w;
    }
    total += m;
  }
  return total;
}
