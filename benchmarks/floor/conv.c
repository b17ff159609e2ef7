/* 8 filters of 7x7 over a square image, then the maximum of 2x2, by hand: the floor for one thread. The image has a
   border of zeros, the weights lie tap by tap, and eight pixels are done at once. Built with -DREAL=float|double. */
typedef REAL real;
#define R restrict
enum { F = 8, K = 7, H = K / 2, X = 8 };
typedef real lane __attribute__((vector_size(F * sizeof(real)), aligned(sizeof(real)), may_alias));

void conv(long steps, int n, const real *R image, const real *R w, real *R mid, real *R out) {
  const int wide = n + 2 * H;
  for (long s = 0; s < steps; s++) {
    for (int y = 0; y < n / 2; y++)
      for (int x = 0; x < n / 2; x++)
        for (int f = 0; f < F; f++) {
          const real *R a = mid + ((long)2 * y * n + 2 * x) * F + f, *R b = a + (long)n * F;
          const real p = a[0] > a[F] ? a[0] : a[F], q = b[0] > b[F] ? b[0] : b[F];
          out[((long)y * (n / 2) + x) * F + f] = p > q ? p : q;
        }
    for (int y = 0; y < n; y++)
      for (int x = 0; x < n; x += X) {
        lane t[X] = {{0}};
        for (int i = 0; i < K; i++)
          for (int j = 0; j < K; j++) {
            const lane q = *(const lane *)(w + (i * K + j) * F);
            const real *R p = image + (long)(y + i) * wide + x + j;
#pragma GCC unroll 8
            for (int c = 0; c < X; c++) t[c] += p[c] * q;
          }
#pragma GCC unroll 8
        for (int c = 0; c < X; c++) *(lane *)(mid + ((long)y * n + x + c) * F) = t[c];
      }
  }
}
