// Rows chosen by an index, moments over rows, and sums and repetitions along a middle axis.
#ifdef CK_DESCRIPTORS

/// Each column's sum, and then each column's sum of squared deviations from its mean: 2 * columns elements. x is read
/// from afar once.
typedef struct {
  int64_t rows, columns;
  int64_t x, result;
} ck_column_moments;

/// `count` rows of `columns` elements that an index (held as elements, checked by the caller) chooses from `rows` rows.
typedef struct {
  int64_t count, rows, columns;
  int64_t source, index, target;
} ck_row_choice;

/// Elements that follow each other.
typedef struct {
  int64_t count;
  int64_t source, target;
} ck_copying;

#else

static void gather_rows(int64_t count, int64_t columns, const void *x, const void *index, void *y) {
  if (columns == 1) {
    const E *from = x, *places = index;
    E *to = y;
    for (int64_t i = 0; i < count; i++) to[i] = from[(int64_t)places[i]];
    return;
  }
  for (int64_t i = 0; i < count; i++)
    memcpy((E *)y + i * columns, (const E *)x + (int64_t)((const E *)index)[i] * columns, (size_t)columns * sizeof(E));
}

static void scatter_rows(
  int64_t count, int64_t rows, int64_t columns, const void *y, const void *index, void *x) {
  memset(x, 0, (size_t)(rows * columns) * sizeof(E));
  for (int64_t i = 0; i < count; i++) {
    const E *restrict from = (const E *)y + i * columns;
    E *restrict to = (E *)x + (int64_t)((const E *)index)[i] * columns;
    for (int64_t c = 0; c < columns; c++) to[c] += from[c];
  }
}

/// Sums over rows, and sums of squared deviations from the mean: those of a few rows at a time, which the
/// nearest cache holds, are put together with those of the rows before (T. Chan, G. Golub and R. LeVeque,
/// Updating formulae and a pairwise algorithm for computing sample variances, 1979).
INLINE void moments_of_columns(
  int64_t rows, int64_t all_columns, const int vectors, Part last, const E *x, E *sums, E *squares) {
  enum { most_rows_at_once = 32, most_vectors = 4 };
#define COLUMNS(p, v) (v == vectors - 1 ? load_part(last, (p) + v * vector_length) : load((p) + v * vector_length))
  V sum[most_vectors], square[most_vectors];
  UNROLL for (int v = 0; v < vectors; v++) sum[v] = square[v] = splat(0);
  for (int64_t first = 0; first < rows; first += most_rows_at_once) {
    const int64_t count = smaller(most_rows_at_once, rows - first);
    V own[most_vectors], own_square[most_vectors], mean[most_vectors];
    UNROLL for (int v = 0; v < vectors; v++) own[v] = own_square[v] = splat(0);
    const E *row = x + first * all_columns;
    for (int64_t r = 0; r < count; r++, row += all_columns)
      UNROLL for (int v = 0; v < vectors; v++) own[v] += COLUMNS(row, v);
    UNROLL for (int v = 0; v < vectors; v++) mean[v] = own[v] * splat((E)1 / (E)count);
    row = x + first * all_columns;
    for (int64_t r = 0; r < count; r++, row += all_columns)
      UNROLL for (int v = 0; v < vectors; v++) {
        const V deviation = COLUMNS(row, v) - mean[v];
        own_square[v] = fused(deviation, deviation, own_square[v]);
      }
    if (first > 0) {
      const V of_before = splat((E)1 / (E)first);
      const V weight = splat((E)((double)first * (double)count / (double)(first + count)));
      UNROLL for (int v = 0; v < vectors; v++) {
        const V distance = fused(sum[v], -of_before, mean[v]);
        own_square[v] = fused(distance * distance, weight, own_square[v]);
      }
    }
    UNROLL for (int v = 0; v < vectors; v++) sum[v] += own[v], square[v] += own_square[v];
  }
#undef COLUMNS
  UNROLL for (int v = 0; v < vectors; v++) {
    const bool is_last = v == vectors - 1;
    const Part part = is_last ? last : part_of(vector_length);
    store_part(part, sums + v * vector_length, sum[v]);
    store_part(part, squares + v * vector_length, square[v]);
  }
}

static void moments(int64_t rows, int64_t columns, const void *x_start, void *result) {
  const E *x = x_start;
  E *sums = result, *squares = sums + columns;
  for (int64_t j = 0; j < columns; j += 4 * vector_length) {
    const int64_t vectors = smaller(4, pieces_of(columns - j, vector_length));
    const Part last = part_of(smaller(vector_length, columns - j - (vectors - 1) * vector_length));
    switch (vectors) {
      case 1: moments_of_columns(rows, columns, 1, last, x + j, sums + j, squares + j); break;
      case 2: moments_of_columns(rows, columns, 2, last, x + j, sums + j, squares + j); break;
      case 3: moments_of_columns(rows, columns, 3, last, x + j, sums + j, squares + j); break;
      default: moments_of_columns(rows, columns, 4, last, x + j, sums + j, squares + j); break;
    }
  }
}

static void sum_middle(int64_t outer, int64_t middle, int64_t inner, const void *x, void *y) {
  for (int64_t o = 0; o < outer; o++) {
    E *restrict to = (E *)y + o * inner;
    for (int64_t k = 0; k < inner; k++) to[k] = 0;
    for (int64_t m = 0; m < middle; m++) {
      const E *restrict from = (const E *)x + (o * middle + m) * inner;
      for (int64_t k = 0; k < inner; k++) to[k] += from[k];
    }
  }
}

static void repeat_middle(int64_t outer, int64_t middle, int64_t inner, const void *y, void *x) {
  for (int64_t o = 0; o < outer; o++)
    for (int64_t m = 0; m < middle; m++)
      memcpy((E *)x + (o * middle + m) * inner, (const E *)y + o * inner, (size_t)inner * sizeof(E));
}

CALLED(moments, ck_column_moments, moments(d->rows, d->columns, AT(x), AT(result)))
CALLED(sum_middle, ck_middle_axis, sum_middle(d->outer, d->middle, d->inner, AT(source), AT(target)))
CALLED(
  repeat_middle, ck_middle_axis, repeat_middle(d->outer, d->middle, d->inner, AT(source), AT(target)))
CALLED(gather_rows, ck_row_choice, gather_rows(d->count, d->columns, AT(source), AT(index), AT(target)))
CALLED(
  scatter_rows, ck_row_choice,
  scatter_rows(d->count, d->rows, d->columns, AT(source), AT(index), AT(target)))
CALLED(copy, ck_copying, memcpy(AT(target), AT(source), (size_t)d->count * sizeof(E)))

#endif
