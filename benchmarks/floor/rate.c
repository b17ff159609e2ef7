/* Leaky integrators with dense or sparse weights by hand, the floor for one thread. Built with -DREAL=float|double. */
#include <stdint.h>
typedef REAL real;
#define R restrict

void dense(long steps, int n, real *R r, real *R x, const real *R w, real f, real b) {
  for (long s = 0; s < steps; s++) {
    for (int i = 0; i < n; i++) {
      real t = 0;
      const real *R q = w + (long)i * n;
      for (int j = 0; j < n; j++) t += q[j] * r[j];
      x[i] = t;
    }
    for (int i = 0; i < n; i++) r[i] += f * (x[i] + b - r[i]);
  }
}

void csr(long steps, int n, int k, real *R r, real *R x, const real *R w, const uint16_t *R col, real f, real b) {
  for (long s = 0; s < steps; s++) {
    for (int i = 0; i < n; i++) {
      real t = 0;
      for (long j = (long)i * k; j < (long)(i + 1) * k; j++) t += w[j] * r[col[j]];
      x[i] = t;
    }
    for (int i = 0; i < n; i++) r[i] += f * (x[i] + b - r[i]);
  }
}

/* Oja's rule: f times the rates, e / tau for the weights */
void oja(long steps, int n, int k, real *R r, real *R x, real *R w, const uint16_t *R col, real f, real b, real e,
         real alpha) {
  for (long s = 0; s < steps; s++) {
    for (int i = 0; i < n; i++) {
      real t = 0;
      for (long j = (long)i * k; j < (long)(i + 1) * k; j++) t += w[j] * r[col[j]];
      x[i] = t;
    }
    for (int i = 0; i < n; i++) r[i] += f * (x[i] + b - r[i]);
    for (int i = 0; i < n; i++) {
      const real q = r[i], up = e * q, down = 1 - e * alpha * q * q;
      for (long j = (long)i * k; j < (long)(i + 1) * k; j++) w[j] = w[j] * down + up * r[col[j]];
    }
  }
}
