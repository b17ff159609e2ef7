/* Izhikevich's network of 2003 by hand, the floor for one thread: dense weights, one row of posts per presynaptic
   cell, normal noise by Box-Muller on xorshift32. Built with -DREAL=float|double. */
#include <math.h>
#include <stdint.h>
typedef REAL real;
#define R restrict

/* p: sd, a, b, c, d of every neuron, one after the other */
long izhi(long steps, int n, int ne, real *R v, real *R u, real *R g, real *R z, const real *R p, const real *R w,
          uint32_t *R rs, uint32_t *R hit, int *R fired) {
  const real *R sd = p, *R a = p + n, *R b = p + 2 * n, *R c = p + 3 * n, *R d = p + 4 * n;
  const int half = n / 2;
  uint32_t *R rt = rs + half;
  real *R zt = z + half;
  long total = 0;
  int m = *fired;
  for (long s = 0; s < steps; s++) {
    for (int i = 0; i < n; i++) g[i] = 0;
    for (int q = 0; q < m; q++) {
      const real *R row = w + (long)hit[q] * n;
      const real sign = hit[q] < (uint32_t)ne ? 1 : -1;
      for (int j = 0; j < n; j++) g[j] += sign * row[j];
    }
    for (int i = 0; i < half; i++) {
      uint32_t x = rs[i], y = rt[i];
      x ^= x << 13; x ^= x >> 17; x ^= x << 5;
      y ^= y << 13; y ^= y >> 17; y ^= y << 5;
      rs[i] = x; rt[i] = y;
      const real r = SQRT(-2 * LOG(((x >> 8) + 1) * (real)5.9604644775390625e-8));
      const real angle = (y >> 8) * (real)(5.9604644775390625e-8 * 6.283185307179586);
      z[i] = r * COS(angle);
      zt[i] = r * SIN(angle);
    }
    for (int i = 0; i < n; i++) {
      const real in = g[i] + sd[i] * z[i], x = v[i], y = u[i];
      const real mid = x + (real)0.5 * ((real)0.04 * x * x + 5 * x + 140 - y + in);
      v[i] = mid + (real)0.5 * ((real)0.04 * mid * mid + 5 * mid + 140 - y + in);
      u[i] = y + a[i] * (b[i] * v[i] - y);
    }
    m = 0;
    for (int lo = 0; lo < n; lo += 64) {
      int hi = lo + 64 < n ? lo + 64 : n, any = 0;
      for (int i = lo; i < hi; i++) any |= v[i] >= 30;
      if (any) for (int i = lo; i < hi; i++) if (v[i] >= 30) { hit[m++] = i; v[i] = c[i]; u[i] += d[i]; }
    }
    total += m;
  }
  *fired = m;
  return total;
}
