// Small symmetric positive definite and triangular matrices, one after another.
#ifdef CK_DESCRIPTORS

/// So many n x n matrices `a`, and as many of n x columns, `b`.
typedef struct {
  int64_t count, n, columns;
  int32_t upper, transposed, unit;  ///< of a triangle; the second also of whole matrices
  int64_t a, b, result;  ///< places
} ck_triangle;

#else

/// to += factor * from.
INLINE void add_row(int64_t width, E factor, const E *from, E *to) {
  const V f = splat(factor);
  for (int64_t j = 0; j < width; j += vector_length) {
    const Part part = part_of(smaller(vector_length, width - j));
    store_part(part, to + j, fused(f, load_part(part, from + j), load_part(part, to + j)));
  }
}

/// L with L L' = A, of A's lower triangle; zeros above. Not a number from where A is not positive definite.
static void cholesky(int64_t count, int64_t n, const E *a, E *l) {
  for (int64_t m = 0; m < count; m++, a += n * n, l += n * n)
    for (int64_t i = 0; i < n; i++) {
      for (int64_t j = 0; j <= i; j++) {
        double sum = a[i * n + j];
        for (int64_t k = 0; k < j; k++) sum -= (double)l[i * n + k] * (double)l[j * n + k];
        l[i * n + j] = (E)(i == j ? __builtin_sqrt(sum) : sum / (double)l[j * n + j]);
      }
      for (int64_t j = i + 1; j < n; j++) l[i * n + j] = 0;
    }
}

/// Z with T Z = B, T the lower or upper triangle of a matrix, perhaps transposed, perhaps with ones on its diagonal.
static void solve_triangle(const ck_triangle *d, const E *t, const E *b, E *z) {
  const int64_t n = d->n, m = d->columns;
  // Transposed, the lower triangle is an upper one.
  const bool forward = d->upper == d->transposed;
  for (int64_t q = 0; q < d->count; q++, t += n * n, b += n * m, z += n * m)
    for (int64_t s = 0; s < n; s++) {
      const int64_t i = forward ? s : n - 1 - s;
      E *row = z + i * m;
      memcpy(row, b + i * m, (size_t)m * sizeof(E));
      for (int64_t r = 0; r < s; r++) {
        const int64_t k = forward ? r : n - 1 - r;
        const E factor = -(d->transposed ? t[k * n + i] : t[i * n + k]);
        for (int64_t j = 0; j < m; j += vector_length) {
          const Part part = part_of(smaller(vector_length, m - j));
          store_part(
            part, row + j, fused(splat(factor), load_part(part, z + k * m + j), load_part(part, row + j)));
        }
      }
      if (!d->unit)
        for (int64_t j = 0; j < m; j++) row[j] /= t[i * n + i];
    }
}

CALLED(cholesky, ck_triangle, cholesky(d->count, d->n, AT(a), AT(result)))
CALLED(solve_triangle, ck_triangle, solve_triangle(d, AT(a), AT(b), AT(result)))

/// Gaussian elimination with partial pivoting of a copy; gives log |det A|. Rows of b, if any, go along.
static double eliminate(int64_t n, int64_t m, E *a, E *b) {
  double logarithm = 0;
  for (int64_t k = 0; k < n; k++) {
    int64_t pivot = k;
    for (int64_t i = k + 1; i < n; i++)
      if (!(__builtin_fabs((double)a[i * n + k]) <= __builtin_fabs((double)a[pivot * n + k]))) pivot = i;
    if (pivot != k) {
      for (int64_t j = 0; j < n; j++) {
        const E x = a[k * n + j];
        a[k * n + j] = a[pivot * n + j], a[pivot * n + j] = x;
      }
      for (int64_t j = 0; j < m; j++) {
        const E x = b[k * m + j];
        b[k * m + j] = b[pivot * m + j], b[pivot * m + j] = x;
      }
    }
    const double size = __builtin_fabs((double)a[k * n + k]);
    logarithm += size > 0 ? log(size) : size == 0 ? -__builtin_inf() : size;
    for (int64_t i = k + 1; i < n; i++) {
      const E factor = a[i * n + k] / a[k * n + k];
      for (int64_t j = k + 1; j < n; j++) a[i * n + j] -= factor * a[k * n + j];
      for (int64_t j = 0; j < m; j++) b[i * m + j] -= factor * b[k * m + j];
    }
  }
  return logarithm;
}

static void solve_matrix(const ck_triangle *d, const E *a, const E *b, E *z, E *copy) {
  const int64_t n = d->n, m = d->columns;
  for (int64_t q = 0; q < d->count; q++, a += n * n, b += n * m, z += n * m) {
    if (d->transposed) transpose_elements(n, n, a, n, copy, n);
    else memcpy(copy, a, (size_t)(n * n) * sizeof(E));
    memcpy(z, b, (size_t)(n * m) * sizeof(E));
    eliminate(n, m, copy, z);
    for (int64_t i = n - 1; i >= 0; i--) {
      for (int64_t k = i + 1; k < n; k++) add_row(m, -copy[i * n + k], z + k * m, z + i * m);
      for (int64_t j = 0; j < m; j++) z[i * m + j] /= copy[i * n + i];
    }
  }
}

static void log_determinants(const ck_triangle *d, const E *a, E *result, E *copy) {
  for (int64_t q = 0; q < d->count; q++, a += d->n * d->n) {
    memcpy(copy, a, (size_t)(d->n * d->n) * sizeof(E));
    result[q] = (E)eliminate(d->n, 0, copy, NULL);
  }
}

PLANNED(plan_elimination, ck_triangle, return d->n * d->n)
CALLED(solve_matrix, ck_triangle, solve_matrix(d, AT(a), AT(b), AT(result), workspace))
CALLED(log_determinants, ck_triangle, log_determinants(d, AT(a), AT(result), workspace))

#endif
