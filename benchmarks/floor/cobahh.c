/* Hodgkin-Huxley cells of Traub and Miles with conductances by hand, the floor for one thread: exponential Euler, gcc
   calls the vector functions of libmvec. Built with -DREAL=float|double. */
#include <math.h>
#include <stdint.h>
typedef REAL real;
#define R restrict

static inline real rate(real x) { return fabs(x) < (real)1e-6 ? (real)1 : x / (EXP(x) - 1); }

long cobahh(long steps, int n, int ne, real *R v, real *R m_, real *R h_, real *R n_, real *R ge, real *R gi,
            uint8_t *R up, const real *R k, const uint32_t *R row, const uint16_t *R post, uint32_t *R hit) {
  const real dt = k[0], c = k[1], gl = k[2], gna = k[3], gk = k[4], el = k[5], ena = k[6], ek = k[7], off = k[8],
             ee = k[9], ei = k[10], de = k[11], di = k[12], we = k[13], wi = k[14], vs = k[15];
  long total = 0;
  for (long s = 0; s < steps; s++) {
    for (int i = 0; i < n; i++) {
      real x = v[i], q = x - off;
      real am = (real)1.28 * rate((13 - q) / 4), bm = (real)1.4 * rate((q - 40) / 5);
      real ah = (real)0.128 * EXP((17 - q) / 18), bh = 4 / (1 + EXP((40 - q) / 5));
      real an = (real)0.16 * rate((15 - q) / 5), bn = (real)0.5 * EXP((10 - q) / 40);
      real m = m_[i], h = h_[i], nn = n_[i];
      real ina = gna * m * m * m * h, ik = gk * nn * nn * nn * nn;
      real gt = gl + ina + ik + ge[i] + gi[i];
      real vi = (gl * el + ina * ena + ik * ek + ge[i] * ee + gi[i] * ei) / gt;
      real y = vi + (x - vi) * EXP(-dt * gt / c);
      real tm = am / (am + bm), th = ah / (ah + bh), tn = an / (an + bn);
      m_[i] = tm + (m - tm) * EXP(-dt * (am + bm));
      h_[i] = th + (h - th) * EXP(-dt * (ah + bh));
      n_[i] = tn + (nn - tn) * EXP(-dt * (an + bn));
      v[i] = y;
      up[i] = (y > vs) & (x <= vs);
      ge[i] *= de;
      gi[i] *= di;
    }
    int m = 0;
    for (int b = 0; b < n; b += 64) {
      int e = b + 64 < n ? b + 64 : n, any = 0;
      for (int i = b; i < e; i++) any |= up[i];
      if (any)
        for (int i = b; i < e; i++)
          if (up[i]) hit[m++] = i;
    }
    for (int q = 0; q < m; q++) {
      uint32_t p = hit[q];
      real *R g = p < (uint32_t)ne ? ge : gi;
      const real w = p < (uint32_t)ne ? we : wi;
      for (uint32_t j = row[p]; j < row[p + 1]; j++) g[post[j]] += w;
    }
    total += m;
  }
  return total;
}
