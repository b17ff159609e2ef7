/* Networks whose excitatory synapses learn by the additive pair rule, by hand: the floor for one thread. Traces belong
   to neurons, decay in every step, and are set at their spikes (but see PER_SYNAPSE); a spike walks its row (weights
   down, sent), and the column of its own inputs through an index of positions (weights up). Built with
   -DREAL=float|double. */
#include <stdint.h>
typedef REAL real;
#define R restrict

#ifdef PER_SYNAPSE
/* the rule of the reference simulator: traces and the step of the last event of each synapse, which loses a step to
   every spike that arrives. fade[n] is the decay of n steps; more than FADES leave nothing */
enum { FADES = 4096 };
struct synapse {
  real w, x, y;
  int32_t stamp;
};

static inline real since(const struct synapse *a, const real *fade, int last) {
  const int n = last - a->stamp;
  return fade[n < FADES ? n : FADES - 1];
}
#else
struct synapse {
  real w;
};
#endif

struct plastic {
  const uint32_t *row;  /* synapses of a pre neuron */
  const uint16_t *post;
  struct synapse *to;
  const uint32_t *col;  /* those of a post neuron: position in `to`, pre neuron */
  const uint32_t *at;
  const uint16_t *pre;
  real *x, *y; /* traces of pre and post neurons; x is the table of decays where synapses have traces */
};

static inline void before(const struct plastic *s, int p, real up, real *R g, long now) {
  struct synapse *R to = s->to;
  const uint16_t *R post = s->post;
#ifndef PER_SYNAPSE
  const real *R y = s->y;
  s->x[p] += up;
  (void)now;
#endif
  for (uint32_t j = s->row[p]; j < s->row[p + 1]; j++) {
    struct synapse *R a = to + j;
    const int q = post[j];
    g[q] += a->w;
#ifdef PER_SYNAPSE
    const real f = since(a, s->x, (int)now - 1);
    a->x = a->x * f + up;
    a->y *= f;
    a->stamp = (int)now;
    const real t = a->w - a->y;
#else
    const real t = a->w - y[q];
#endif
    a->w = t > 0 ? t : 0;
  }
}

static inline void after(const struct plastic *s, int p, real down, real top, long now) {
  struct synapse *R to = s->to;
  const real *R x = s->x;
#ifndef PER_SYNAPSE
  s->y[p] += down;
  (void)now;
#endif
  for (uint32_t c = s->col[p]; c < s->col[p + 1]; c++) {
    struct synapse *R a = to + s->at[c];
#ifdef PER_SYNAPSE
    const real f = since(a, x, (int)now);
    a->x *= f;
    a->y = a->y * f + down;
    a->stamp = (int)now;
    const real t = a->w + a->x;
#else
    const real t = a->w + x[s->pre[c]];
#endif
    a->w = t < top ? t : top;
  }
}

static inline void pass(real *R x, real *R y, real dx, int n) {
#ifndef PER_SYNAPSE
  for (int i = 0; i < n; i++) {
    x[i] *= dx;
    y[i] *= dx;
  }
#endif
}

static int collect(const real *R v, real vt, int n, uint16_t *R hit) {
  int m = 0;
  for (int b = 0; b < n; b += 64) {
    int e = b + 64 < n ? b + 64 : n, any = 0;
    for (int i = b; i < e; i++) any |= v[i] > vt;
    if (any)
      for (int i = b; i < e; i++)
        if (v[i] > vt) hit[m++] = i;
  }
  return m;
}

/* k: those of coba, then decay of the traces, up, down, w_max */
long coba_stdp(long steps, int n, int ne, real *R v, real *R ge, real *R gi, int *R ref, real *R x, real *R y,
               const real *R k, const uint32_t *R row, const uint16_t *R post, struct synapse *R w,
               const uint32_t *R col, const uint32_t *R at, const uint16_t *R pre, uint16_t *R hit, long *clock) {
  const real a = k[0], el = k[1], ee = k[2], ei = k[3], vt = k[4], vr = k[5], de = k[6], di = k[7], wi = k[9];
  const int hold = (int)k[10];
  const real dx = k[11], up = k[12], down = k[13], top = k[14];
  const struct plastic s = {row, post, w, col, at, pre, x, y};
  long total = 0;
  for (long t = 0; t < steps; t++) {
    for (int i = 0; i < n; i++) {
      real g = ge[i], h = gi[i], u = v[i];
      real z = u + a * (el - u + g * (ee - u) + h * (ei - u));
      v[i] = ref[i] > 0 ? u : z;
      ref[i] = ref[i] > 0 ? ref[i] - 1 : 0;
      ge[i] = g * de;
      gi[i] = h * di;
#ifndef PER_SYNAPSE
      x[i] *= dx;
      y[i] *= dx;
#endif
    }
    const int m = collect(v, vt, n, hit);
    for (int q = 0; q < m; q++) {
      const int p = hit[q];
      v[p] = vr;
      ref[p] = hold;
      after(&s, p, down, top, *clock);
    }
    ++*clock;
    for (int q = 0; q < m; q++) {
      const int p = hit[q];
      if (p < ne) before(&s, p, up, ge, *clock);
      else for (uint32_t j = row[p]; j < row[p + 1]; j++) gi[post[j]] += wi;
    }
    total += m;
  }
  return total;
}

/* plastic among the excitatory cells (row, post, w and its columns), one weight each for all others (row2, post2) */
long brunel_stdp(long steps, int n, int ne, real *R v, int *R ref, real *R in, uint32_t *R rs, const uint32_t *R cum,
                 real *R x, real *R y, const real *R k, const uint32_t *R row, const uint16_t *R post,
                 struct synapse *R w, const uint32_t *R col, const uint32_t *R at, const uint16_t *R pre, const uint32_t *R row2,
                 const uint16_t *R post2, uint16_t *R ring, int *R len, int lag, long *clock) {
  const real keep = k[0], vt = k[1], vr = k[2], j = k[3], ws[2] = {k[3], k[4]};
  const int hold = (int)k[5];
  const real dx = k[6], up = k[7], down = k[8], top = k[9];
  const struct plastic s = {row, post, w, col, at, pre, x, y};
  long total = 0;
  for (long t = 0; t < steps; t++) {
    const int slot = (int)(*clock % lag);
    uint16_t *R hit = ring + (long)slot * n;
    for (int q = 0; q < len[slot]; q++) {
      const int p = hit[q];
      const real z = ws[p >= ne];
      if (p < ne) before(&s, p, up, in, *clock);
      for (uint32_t b = row2[p]; b < row2[p + 1]; b++) in[post2[b]] += z;
    }
    for (int i = 0; i < n; i++) {
      uint32_t u = rs[i];
      u ^= u << 13; u ^= u >> 17; u ^= u << 5;
      rs[i] = u;
      int c = 0;
      for (int q = 0; q < 12; q++) c += u > cum[q];
      real z = v[i] * keep + in[i] + j * c;
      in[i] = 0;
      v[i] = ref[i] > 0 ? v[i] : z;
      ref[i] = ref[i] > 0 ? ref[i] - 1 : 0;
    }
    pass(x, y, dx, ne);
    const int m = collect(v, vt, n, hit);
    for (int q = 0; q < m; q++) {
      const int p = hit[q];
      v[p] = vr;
      ref[p] = hold;
      if (p < ne) after(&s, p, down, top, *clock);
    }
    len[slot] = m;
    total += m;
    ++*clock;
  }
  return total;
}

#ifndef PER_SYNAPSE
/* a thousand Poisson inputs of one cell. state: v, g, trace of the cell */
long stdp1k(long steps, int n, int ne, real *R state, real *R x, real *R w, uint32_t *R rs, uint16_t *R hit,
            const real *R k) {
  const real a = k[0], pull = k[1], el = k[2], vt = k[3], vr = k[4], de = k[5], dx = k[6], up = k[7], down = k[8],
             top = k[9];
  const uint32_t p = (uint32_t)((double)k[10] * 4294967296.0);
  real v = state[0], g = state[1], y = state[2];
  long total = 0;
  (void)ne;
  for (long t = 0; t < steps; t++) {
    for (int i = 0; i < n; i++) {
      uint32_t u = rs[i];
      u ^= u << 13; u ^= u >> 17; u ^= u << 5;
      rs[i] = u;
      x[i] *= dx;
    }
    int m = 0;
    for (int b = 0; b < n; b += 64) {
      int e = b + 64 < n ? b + 64 : n, any = 0;
      for (int i = b; i < e; i++) any |= rs[i] < p;
      if (any)
        for (int i = b; i < e; i++)
          if (rs[i] < p) hit[m++] = i;
    }
    y *= dx;
    v += a * (g * pull + el - v);
    g *= de;
    for (int q = 0; q < m; q++) {
      const int i = hit[q];
      const real z = w[i] - y;
      g += w[i];
      x[i] += up;
      w[i] = z > 0 ? z : 0;
    }
    if (v > vt) {
      v = vr;
      y += down;
      for (int i = 0; i < n; i++) {
        const real z = w[i] + x[i];
        w[i] = z < top ? z : top;
      }
      total++;
    }
  }
  state[0] = v; state[1] = g; state[2] = y;
  return total;
}
#endif
