// Rows chosen by an index, and sums and repetitions along a middle axis.

static void gather_rows(int64_t count, int64_t columns, const void *x, const void *index, void *y) {
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
