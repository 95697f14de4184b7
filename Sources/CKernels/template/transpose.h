// Transposition by blocks of vector_length x vector_length elements in registers.
#ifdef CK_DESCRIPTORS

/// target[j * target_row + i] = source[i * source_row + j] for i < rows, j < columns.
typedef struct {
  int64_t rows, columns, source_row, target_row;
  int64_t source, target;
} ck_transposition;

#else

#if VECTOR_BYTES == 64 && !CK_DOUBLE_ELEMENT
#define ZIP_LOWER 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define ZIP_UPPER 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#elif VECTOR_BYTES == (CK_DOUBLE_ELEMENT ? 64 : 32)
#define ZIP_LOWER 0, 8, 1, 9, 2, 10, 3, 11
#define ZIP_UPPER 4, 12, 5, 13, 6, 14, 7, 15
#elif VECTOR_BYTES == (CK_DOUBLE_ELEMENT ? 32 : 16)
#define ZIP_LOWER 0, 4, 1, 5
#define ZIP_UPPER 2, 6, 3, 7
#else
#define ZIP_LOWER 0, 2
#define ZIP_UPPER 1, 3
#endif

/// target[j][i] = source[i][j] for i < rows, j < columns, both at most vector_length. Interleaving
/// row i with row i + vector_length / 2, log2(vector_length) times, transposes.
INLINE void transpose_block(
  int64_t rows, int64_t columns, const E *source, int64_t source_row, E *target,
  int64_t target_row) {
  V r[VECTOR_BYTES / sizeof(E)], z[VECTOR_BYTES / sizeof(E)];
  if (rows == vector_length && columns == vector_length) {
    UNROLL for (int i = 0; i < vector_length; i++) r[i] = load(source + i * source_row);
  } else {
    const Part part = part_of(columns);
    UNROLL for (int i = 0; i < vector_length; i++)
      r[i] = i < rows ? load_part(part, source + i * source_row) : splat(0);
  }
  UNROLL for (int width = 1; width < vector_length; width *= 2) {
    UNROLL for (int i = 0; i < vector_length / 2; i++) {
      const V upper = r[i + vector_length / 2];
      z[2 * i] = __builtin_shufflevector(r[i], upper, ZIP_LOWER);
      z[2 * i + 1] = __builtin_shufflevector(r[i], upper, ZIP_UPPER);
    }
    UNROLL for (int i = 0; i < vector_length; i++) r[i] = z[i];
  }
  if (rows == vector_length) {
    UNROLL for (int j = 0; j < vector_length; j++)
      if (j < columns) store(target + j * target_row, r[j]);
  } else {
    const Part part = part_of(rows);
    UNROLL for (int j = 0; j < vector_length; j++)
      if (j < columns) store_part(part, target + j * target_row, r[j]);
  }
}

// Whole blocks are turned in two halves side by side, which takes one step less and half the
// columns at a time: a vector holds half of row i and half of row i + half_length.
#if VECTOR_BYTES == 64 && !CK_DOUBLE_ELEMENT
#define ZIP_HALVES_LOWER 0, 16, 1, 17, 2, 18, 3, 19, 8, 24, 9, 25, 10, 26, 11, 27
#define ZIP_HALVES_UPPER 4, 20, 5, 21, 6, 22, 7, 23, 12, 28, 13, 29, 14, 30, 15, 31
#define JOINED 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
#elif VECTOR_BYTES == (CK_DOUBLE_ELEMENT ? 64 : 32)
#define ZIP_HALVES_LOWER 0, 8, 1, 9, 4, 12, 5, 13
#define ZIP_HALVES_UPPER 2, 10, 3, 11, 6, 14, 7, 15
#define JOINED 0, 1, 2, 3, 4, 5, 6, 7
#elif VECTOR_BYTES == (CK_DOUBLE_ELEMENT ? 32 : 16)
#define ZIP_HALVES_LOWER 0, 4, 2, 6
#define ZIP_HALVES_UPPER 1, 5, 3, 7
#define JOINED 0, 1, 2, 3
#else
#define ZIP_HALVES_LOWER 0, 2
#define ZIP_HALVES_UPPER 1, 3
#define JOINED 0, 1
#endif

enum { half_length = vector_length / 2 };

/// target[j][i] = source[i][j] for j < half_length and i < vector_length, or `few`: i < half_length.
INLINE void transpose_halves(
  const bool few, const E *source, int64_t source_row, E *target, int64_t target_row) {
  V r[half_length], z[half_length];
  UNROLL for (int i = 0; i < half_length; i++) {
    const Half lower = load_lower(source + i * source_row);
    const Half upper = few ? lower : load_lower(source + (i + half_length) * source_row);
    r[i] = __builtin_shufflevector(lower, upper, JOINED);
  }
  UNROLL for (int width = 1; width < half_length; width *= 2) {
    UNROLL for (int i = 0; i < half_length / 2; i++) {
      const V upper = r[i + half_length / 2];
      z[2 * i] = __builtin_shufflevector(r[i], upper, ZIP_HALVES_LOWER);
      z[2 * i + 1] = __builtin_shufflevector(r[i], upper, ZIP_HALVES_UPPER);
    }
    UNROLL for (int i = 0; i < half_length; i++) r[i] = z[i];
  }
  UNROLL for (int j = 0; j < half_length; j++) {
    E *to = target + j * target_row;
    if (few) store_lower(to, r[j]);
    else store(to, r[j]);
  }
}

static void transpose_elements(
  int64_t rows, int64_t columns, const E *source, int64_t source_row, E *target,
  int64_t target_row) {
  for (int64_t i = 0; i < rows; i += vector_length) {
    const int64_t here = smaller(vector_length, rows - i);
    const E *from = source + i * source_row;
    E *to = target + i;
    int64_t j = 0;
    if (here == vector_length)
      for (; j + half_length <= columns; j += half_length)
        transpose_halves(false, from + j, source_row, to + j * target_row, target_row);
    else if (here == half_length)
      for (; j + half_length <= columns; j += half_length)
        transpose_halves(true, from + j, source_row, to + j * target_row, target_row);
    for (; j < columns; j += vector_length)
      transpose_block(
        here, smaller(vector_length, columns - j), from + j, source_row, to + j * target_row,
        target_row);
  }
}

CALLED(
  transpose, ck_transposition,
  transpose_elements(d->rows, d->columns, AT(source), d->source_row, AT(target), d->target_row))

#endif
